#include "pipeline/run/failure_record.h"

#include <nlohmann/json.hpp>
#include <system_error>

#include "base/atomic_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/json_values.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* failure_ending = "_failure.json";

fs::path failure_file(const fs::path& out, const std::string& participant_id) {
  return out / "logs" / failure_file_name(participant_id);
}

}  // namespace

std::string failure_file_name(const std::string& participant_id) {
  return participant_id + failure_ending;
}

void record_failure(const fs::path& out, const std::string& participant_id, const std::string& reason, int exit_code) {
  const Json json = {{"participant_id", participant_id}, {"reason", reason}, {"exit_code", exit_code}};
  write_text_atomically(failure_file(out, participant_id), json_text(json));
}

void remove_failure(const fs::path& out, const std::string& participant_id) {
  std::error_code error;
  fs::remove(failure_file(out, participant_id), error);
}

std::string recorded_failure(const fs::path& out, const std::string& participant_id) {
  std::string reason = text_member(json_in_file(failure_file(out, participant_id)), "reason");
  while (reason.ends_with('.')) reason.pop_back();
  return reason;
}

std::set<std::string> participants_with_failures(const fs::path& out) {
  std::set<std::string> failed;
  std::error_code error;
  for (fs::directory_iterator it(out / "logs", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (const auto at = name.rfind(failure_ending); at != std::string::npos && name.starts_with("sub-"))
      failed.insert(name.substr(0, at));
  }
  return failed;
}

}  // namespace wane
