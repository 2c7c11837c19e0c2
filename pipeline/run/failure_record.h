// Why a participant could not be measured: OUT/logs/sub-XX_failure.json. It outlives the process, so that `wane group`
// on a cluster can say why a participant has no report.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace wane {

// `reason`: a sentence; `exit_code`: that of a run of this participant alone.
void record_failure(const std::filesystem::path& out, const std::string& participant_id, const std::string& reason,
                    int exit_code);
void remove_failure(const std::filesystem::path& out, const std::string& participant_id);

// The reason, without its period; empty where none is recorded.
std::string recorded_failure(const std::filesystem::path& out, const std::string& participant_id);

// Those whose failure is recorded.
std::set<std::string> participants_with_failures(const std::filesystem::path& out);

// The file's name in OUT/logs, by which leftovers of killed processes are found.
std::string failure_file_name(const std::string& participant_id);

}  // namespace wane
