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

}  // namespace

fs::path failure_file(const fs::path& out, const std::string& participant_id) {
  return out / "logs" / (participant_id + failure_ending);
}

void record_failure(const fs::path& out, const FailureRecord& failure) {
  const Json json = {
      {"participant_id", failure.participant_id}, {"reason", failure.reason}, {"exit_code", failure.exit_code}};
  write_text_atomically(failure_file(out, failure.participant_id), json_text(json));
}

void remove_failure(const fs::path& out, const std::string& participant_id) {
  std::error_code error;
  fs::remove(failure_file(out, participant_id), error);
}

FailureRecord recorded_failure(const fs::path& out, const std::string& participant_id) {
  const Json json = json_in_file(failure_file(out, participant_id));
  FailureRecord record{participant_id, text_member(json, "reason")};
  if (json.is_object() && json.contains("exit_code") && json["exit_code"].is_number_integer())
    record.exit_code = json["exit_code"].get<int>();
  return record;
}

std::set<std::string> participants_with_failures(const fs::path& out) {
  std::set<std::string> failed;
  std::error_code error;
  for (fs::directory_iterator it(out / "logs", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(failure_ending) && name.starts_with("sub-"))
      failed.insert(name.substr(0, name.size() - std::string(failure_ending).size()));
  }
  return failed;
}

}  // namespace wane
