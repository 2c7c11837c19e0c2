// What Wane asks Slurm: how large arrays may be, whether a job is still there, and to take a new one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace wane {

// The tasks 1, 2, ... that one array may have, from the text of `scontrol show config`; empty where it does not say.
std::optional<std::size_t> most_array_tasks(const std::string& scontrol_config);

// Asks scontrol; empty where there is no Slurm on this machine.
std::optional<std::size_t> most_array_tasks();

// Whether the job waits or runs. Throws ResourceError where Slurm does not answer.
bool is_in_queue(const std::string& job);

struct SubmittedJobs {
  std::string array, group;
};

// Submits `array_script` and `group_script`, which lie in `folder`; the group job starts when every task of the array
// has ended, however it ended ("afterany"): who failed is listed in the reports, as by `wane run`, and with "afterok" a
// single failure would keep the reports waiting for ever. Throws ResourceError with what sbatch said; the array is then
// not left behind without its group job.
SubmittedJobs submit(const std::filesystem::path& folder, const std::string& array_script,
                     const std::string& group_script);

}  // namespace wane
