#include "pipeline/run/run_log.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_folder.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"

namespace wane {

const char* const blinding_event = "blind";
const char* const unblinded_plan_member = "plan_sha256_unblinded";

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

namespace {

std::string user_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return entry.pw_name;
  return std::to_string(geteuid());  // a container without that user
}

// An entry names 2000 inputs at most, which is less than 1 MB; lines beyond the limit of parse_json would count as
// damaged.
constexpr std::size_t most_line_bytes = most_json_bytes;

constexpr std::string_view line_beginning = "{\"time\":";

[[noreturn]] void refuse(const std::filesystem::path& file, int reason_errno) {
  throw ResourceError("The log " + file.string() + " cannot be written: " + std::strerror(reason_errno) +
                      "; free space or choose another output folder.");
}

// An open file; its lock goes with it.
class LockedFile {
 public:
  explicit LockedFile(const std::filesystem::path& name) : name_(name) {
    // Blinding may put another file under the name: who waited for the old one waits again.
    constexpr int most_replacements = 1000;
    for (int n = 0; n < most_replacements; ++n) {
      descriptor_ = open(name.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
      if (descriptor_ < 0 && errno == ELOOP)
        throw ResourceError("The log " + name_.string() +
                            " is a link, which Wane does not follow: put the file itself there.");
      if (descriptor_ < 0) refuse(name_, errno);
      // A file system without locks: lines still come whole, only the chain of tasks at the same moment may fork.
      while (flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
      }
      if (is_still_there()) return;
      close(descriptor_);
    }
    refuse(name_, EAGAIN);
  }
  ~LockedFile() { close(descriptor_); }
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;

  // Without its line break; empty for an empty file.
  std::string last_line() const {
    constexpr off_t piece = 1 << 16;
    const off_t size = lseek(descriptor_, 0, SEEK_END);
    if (size < 0) refuse(name_, errno);
    std::string tail;
    for (off_t begin = size; begin > 0;) {
      const off_t length = std::min(piece, begin);
      begin -= length;
      std::string text(static_cast<std::size_t>(length), '\0');
      const ssize_t count = pread(descriptor_, text.data(), text.size(), begin);
      if (count != length) refuse(name_, count < 0 ? errno : EIO);
      tail.insert(0, text);
      const std::size_t end = tail.ends_with('\n') ? tail.size() - 1 : tail.size();
      if (tail.size() > most_line_bytes)
        throw ResourceError("The log " + name_.string() + " ends in a line of more than " +
                            std::to_string(most_line_bytes >> 20) +
                            " MiB, which Wane does not write: move it away, or choose another output folder.");
      const auto line_break = end > 0 ? tail.rfind('\n', end - 1) : std::string::npos;
      if (line_break != std::string::npos) return tail.substr(line_break + 1, end - line_break - 1);
    }
    if (tail.ends_with('\n')) tail.pop_back();
    return tail;
  }

  // All of it or nothing. Half a line, which only a kill in the middle leaves, is ended first.
  void append(std::string text) const {
    const off_t size = lseek(descriptor_, 0, SEEK_END);
    if (size < 0) refuse(name_, errno);
    char last = '\n';
    if (size > 0 && pread(descriptor_, &last, 1, size - 1) != 1) refuse(name_, errno);
    if (last != '\n') text.insert(0, 1, '\n');
    for (std::size_t written = 0; written < text.size();) {
      const ssize_t count = write(descriptor_, text.data() + written, text.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {  // after a part of it too: only the next write says why there was no more
        const int reason = count < 0 ? errno : ENOSPC;
        if (written > 0 && ftruncate(descriptor_, size) != 0) refuse(name_, errno);
        refuse(name_, reason);
      }
      written += static_cast<std::size_t>(count);
    }
  }

 private:
  bool is_still_there() const {
    struct stat held, named;
    if (fstat(descriptor_, &held) != 0) return true;
    if (lstat(name_.c_str(), &named) != 0) return errno != ENOENT;  // removed: it would be written to nobody's file
    return held.st_dev == named.st_dev && held.st_ino == named.st_ino;
  }

  std::filesystem::path name_;
  int descriptor_ = -1;
};

std::filesystem::path log_file(const std::filesystem::path& out) {
  return out / "logs" / "run.jsonl";
}

std::string hash_of_line(const std::string& line) {
  return line.empty() ? std::string(64, '0') : sha256_of_text(line);
}

// Not open where there is no log; a pipe would be waited for.
std::ifstream opened_log(const std::filesystem::path& out) {
  std::error_code error;
  std::ifstream stream;
  if (std::filesystem::is_regular_file(log_file(out), error)) stream.open(log_file(out), std::ios::binary);
  return stream;
}

// Names of files need not be UTF-8; a log must not fail over that.
std::string text_of_line(const nlohmann::ordered_json& line) {
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

nlohmann::ordered_json new_line(const std::string& event, const nlohmann::ordered_json& details,
                                const std::string& line_before) {
  nlohmann::ordered_json line = {
      {"time", utc_now()}, {"user", user_name()}, {"host", host_name()}, {"process", getpid()}, {"event", event}};
  line.update(details);
  line["previous"] = hash_of_line(line_before);
  return line;
}

std::optional<std::string> plan_in_log_of(const std::filesystem::path& out, bool blinded) {
  std::ifstream stream = opened_log(out);
  return stream.is_open() ? plan_at_first_run(stream, log_file(out).string(), blinded) : std::nullopt;
}

}  // namespace

RunLog::RunLog(const std::filesystem::path& out) : file_(log_file(out)) {
  require_inside(out, file_);
  make_folders_inside(out, file_.parent_path());
}

std::string RunLog::add(const std::string& event, const nlohmann::ordered_json& details) const {
  const LockedFile file(file_);
  const std::string line = text_of_line(new_line(event, details, file.last_line()));
  file.append(line + "\n");
  return hash_of_line(line);
}

void RunLog::begin_anew(
    const std::string& event,
    const std::function<nlohmann::ordered_json(const std::filesystem::path& so_far)>& details_of) const {
  const LockedFile file(file_);
  write_text_atomically(file_, text_of_line(new_line(event, details_of(file_), "")) + "\n");
}

LogVerification verify_log(const std::filesystem::path& out, const std::string& noted) {
  std::ifstream stream = opened_log(out);
  if (!stream.is_open())
    throw InputError("There is no log " + log_file(out).string() + "; name an output folder of Wane.");
  return verify_log(stream, log_file(out).string(), noted);
}

LogVerification verify_log(std::istream& log, const std::string& name, const std::string& noted) {
  LogVerification result;
  std::string before;
  for (std::string line; read_line(log, line, most_line_bytes, name); before = line) {
    ++result.entries;
    if (!noted.empty() && hash_of_line(line) == noted) result.noted_entry = result.entries;
    const auto json = parse_json(line);
    const bool names_previous = json.is_object() && json.contains("previous") && json["previous"].is_string();
    // What it named as the line before is lost; that nothing was put in its place, the line after it shows.
    if (json.is_discarded() && (line.starts_with(line_beginning) || line_beginning.starts_with(line))) {
      ++result.cut_short;
      continue;
    }
    if (!result.broken && (!names_previous || json["previous"] != hash_of_line(before)))
      result.broken = "Line " + std::to_string(result.entries) + " of " + name +
                      " does not fit to the line before it: one of the two was changed, or lines were removed, put in "
                      "or put in another order.";
  }
  result.head = hash_of_line(before);
  return result;
}

std::optional<std::string> plan_at_first_run(std::istream& log, const std::string& name, bool blinded) {
  const std::string member_text = std::string("\"blinded\":") + (blinded ? "true" : "false");
  for (std::string line; read_line(log, line, most_line_bytes, name);) {
    const bool may_tell = line.find(member_text) != std::string::npos ||
                          (!blinded && line.find(unblinded_plan_member) != std::string::npos);
    if (!may_tell) continue;  // most lines; they can be long
    const auto json = parse_json(line);
    // The log may have been edited: members can be missing or of any type.
    const auto is = [&](const char* member, const nlohmann::json& value) {
      return json.is_object() && json.contains(member) && json[member] == value;
    };
    if (!blinded && is("event", blinding_event) && json.contains(unblinded_plan_member) &&
        json[unblinded_plan_member].is_string())
      return json[unblinded_plan_member].get<std::string>();
    if (!is("event", "group") || !is("blinded", blinded)) continue;
    return json.contains("plan_sha256") && json["plan_sha256"].is_string() ? json["plan_sha256"].get<std::string>()
                                                                           : "none";
  }
  return std::nullopt;
}

std::string log_head_in_report(const std::filesystem::path& out) {
  const auto report = json_in_file(out / "trial_atrophy.json");
  return report.is_object() && report.contains("log") ? text_member(report["log"], "head_sha256") : "";
}

std::string unblinded_by(std::istream& log, const std::string& name) {
  for (std::string line; read_line(log, line, most_line_bytes, name);) {
    if (line.find("\"unblind\"") == std::string::npos) continue;
    const auto json = parse_json(line);
    const auto text = [&](const char* member) { return text_member(json, member); };
    if (text("event") == "unblind" && !text("user").empty() && !text("time").empty())
      return "by " + text("user") + " on " + text("host") + " at " + text("time");
  }
  return "";
}

std::string unblinded_by(const std::filesystem::path& out) {
  std::ifstream stream = opened_log(out);
  return stream.is_open() ? unblinded_by(stream, log_file(out).string()) : "";
}

std::optional<std::string> plan_at_first_blinded_run(const std::filesystem::path& out) {
  return plan_in_log_of(out, true);
}

std::optional<std::string> plan_at_first_unblinded_run(const std::filesystem::path& out) {
  return plan_in_log_of(out, false);
}

}  // namespace wane
