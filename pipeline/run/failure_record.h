// What is left of a participant whose measuring failed: OUT/logs/sub-XX_failure.json. It outlives the process, so that
// `wane group`, `status` and `slurm` know of it.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace wane {

struct FailureRecord {
  std::string participant_id;
  std::string reason;  // a sentence
  int exit_code = 0;   // 3 input, 5 resources, 70 a bug
};

std::filesystem::path failure_file(const std::filesystem::path& out, const std::string& participant_id);

// Throws ResourceError.
void record_failure(const std::filesystem::path& out, const FailureRecord& failure);

void remove_failure(const std::filesystem::path& out, const std::string& participant_id);

// Without a reason where there is no record that can be read.
FailureRecord recorded_failure(const std::filesystem::path& out, const std::string& participant_id);

// Everybody who has one.
std::set<std::string> participants_with_failures(const std::filesystem::path& out);

}  // namespace wane
