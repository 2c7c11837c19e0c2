#include "pipeline/run/log_before_blinding.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_folder.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/run/run_log.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr unsigned owner_only = S_IRUSR | S_IWUSR, everybody_reads = owner_only | S_IRGRP | S_IROTH;
constexpr std::size_t digits_in_name = 12;
constexpr const char* kept_name = "run-before-blinding.jsonl";

// They name scans, options and failures, and no table and no report.
constexpr std::array<std::string_view, 4> events_of_measuring = {"start", "participant", "end", "interrupted"};

bool is_of_measuring(const std::string& line) {
  const std::string event = text_member(parse_json(line), "event");
  for (const std::string_view known : events_of_measuring)
    if (event == known) return true;
  return false;  // also what cannot be read
}

bool tells_of_measuring_alone(const fs::path& log) {
  std::ifstream stream(log, std::ios::binary);
  for (std::string line; read_line(stream, line, most_json_bytes, log.string());)
    if (!is_of_measuring(line)) return false;
  return true;
}

LogVerification verified(const fs::path& log) {
  std::ifstream stream(log, std::ios::binary);
  return verify_log(stream, log.string());
}

// As it is, whatever its size.
void copy_log(const fs::path& from, const fs::path& to, unsigned mode) {
  write_atomically(
      to,
      [&](const fs::path& temporary) {
        std::ifstream source(from, std::ios::binary);
        std::ofstream target(temporary, std::ios::binary);
        if (source.peek() != std::ifstream::traits_type::eof()) target << source.rdbuf();
        target.close();
        if (!source || !target) throw_cannot_write(to, errno);
      },
      mode);
}

// The line of the event "blind"; null where there is none.
nlohmann::json blinding_line(const fs::path& log) {
  std::error_code error;
  if (!fs::is_regular_file(log, error)) return nullptr;
  std::ifstream stream(log, std::ios::binary);
  for (std::string line; read_line(stream, line, most_json_bytes, log.string());) {
    if (line.find("\"log_before\"") == std::string::npos) continue;  // most lines; they can be long
    auto json = parse_json(line);
    if (text_member(json, "event") == blinding_event) return json;
  }
  return nullptr;
}

}  // namespace

bool tells_of_blinding(const fs::path& out) {
  return !blinding_line(out / "logs" / "run.jsonl").is_null();
}

fs::path log_beside_key(const fs::path& key_file, const std::string& head_hmac_sha256) {
  std::error_code error;
  const fs::path target = fs::canonical(key_file, error);  // a link may lie where everybody looks
  const fs::path key = error ? fs::absolute(key_file) : target;
  return key.parent_path() /
         (key.filename().string() + ".log-" + head_hmac_sha256.substr(0, digits_in_name) + ".jsonl");
}

void put_log_away(const fs::path& out, const fs::path& key_file, const std::string& secret,
                  const std::string& key_sha256) {
  const fs::path log = out / "logs" / "run.jsonl";
  if (text_member(blinding_line(log), "key_sha256") == key_sha256) return;
  const RunLog writer(out);
  Json details = {{"key_sha256", key_sha256}, {"log_before", nullptr}};
  std::error_code error;
  if (!fs::exists(log, error) || tells_of_measuring_alone(log)) {
    writer.add(blinding_event, details);
    return;
  }
  writer.begin_anew(blinding_event, [&](const fs::path& so_far) {
    const LogVerification before = verified(so_far);
    const std::string head = hmac_sha256(secret, before.head);
    if (const auto plan = plan_at_first_unblinded_run(out)) details[unblinded_plan_member] = *plan;
    details["log_before"] = {{"entries", before.entries}, {"head_hmac_sha256", head}};
    copy_log(so_far, log_beside_key(key_file, head), owner_only);
    return details;
  });
}

void remove_job_logs(const fs::path& out) {
  std::error_code error;
  for (fs::directory_iterator it(out / "logs", error), end; !error && it != end; it.increment(error)) {
    const fs::path campaign = it->path();
    if (!campaign.filename().string().starts_with(campaign_folder_start) || !it->is_directory()) continue;
    require_inside(out, campaign);
    std::vector<fs::path> job_logs;
    for (fs::directory_iterator file(campaign, error), last; !error && file != last; file.increment(error))
      if (file->path().extension() == ".log") job_logs.push_back(file->path());
    for (const fs::path& file : job_logs)
      if (!error) fs::remove(file, error);
    if (error) break;
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw ResourceError("What jobs printed in " + (out / "logs" / (std::string(campaign_folder_start) + "*")).string() +
                        " may name dose groups and cannot be removed: " + error.message() +
                        "; check the permissions, or remove the files that end in .log yourself.");
}

std::optional<std::string> bring_log_back(const fs::path& out, const fs::path& key_file, const std::string& secret) {
  const fs::path log = out / "logs" / "run.jsonl", kept = out / "logs" / kept_name;
  const nlohmann::json line = blinding_line(log);
  const std::string head =
      line.is_object() ? text_member(line.value("log_before", nlohmann::json()), "head_hmac_sha256") : "";
  if (head.empty()) return std::nullopt;
  std::error_code error;
  const fs::path beside = log_beside_key(key_file, head);
  if (!fs::is_regular_file(beside, error))
    return "The log of the time before the results were blinded is not beside the key: " + beside.string() +
           " is missing.";
  if (hmac_sha256(secret, verified(beside).head) != head)
    return "The log of the time before the results were blinded, " + beside.string() +
           ", is not the one that was put there: it was changed, or cut off.";
  require_inside(out, kept);
  copy_log(beside, kept, everybody_reads);
  return std::nullopt;
}

}  // namespace wane
