// The scripts of a campaign as text: a job array that measures, a job that makes the reports, and the same as a list of
// commands. Names and folders may hold anything; every word is quoted for the shell. Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/campaign/plan.h"

namespace wane {

// What every job asks the scheduler for. Empty: the cluster's own choice.
struct JobRequest {
  std::string partition, account, qos;
  std::vector<std::string> more;  // further options of sbatch, as "--constraint=haswell"
  std::string time;               // as Slurm writes it: "1-06:00:00"
  int cpus = 1;
  std::uint64_t memory_bytes = 0;
};

// How the tasks call Wane: everything with its full path.
struct WaneCall {
  std::filesystem::path program;            // wane itself
  std::filesystem::path bids, out;          // the dataset, the output folder
  std::filesystem::path folder;             // where the campaign was planned: names in the options are relative to it
  std::vector<std::string> shared_options;  // of participant and of group: --config FILE
  std::vector<std::string> participant_options;  // --template DIR
  std::vector<std::string> group_options;        // --blind FILE, --no-pages
};

// Throws UsageError where a value of the request cannot stand in a line "#SBATCH --partition=VALUE".
void require_plain(const JobRequest& request);

// One line a task: its participants with tabs between. No label holds a tab (pipeline/dataset/file_label.h).
std::string task_table(const CampaignPlan& plan, const std::vector<ParticipantWork>& work);

// For `sbatch`, called in the folder where it lies: the tasks 1 to `tasks`, each of which measures those in its line of
// `table`.
std::string array_script(const WaneCall& call, const JobRequest& request, std::size_t tasks,
                         const std::filesystem::path& table);
// `asked`: what the user asked for; without a memory or time of its own the job gets 4 GB and two hours, and no more
// time than asked for: partitions may refuse it.
std::string group_script(const WaneCall& call, const JobRequest& asked);

// One command a line that a shell runs from any folder, for each participant.
std::string command_list(const WaneCall& call, const CampaignPlan& plan, const std::vector<ParticipantWork>& work,
                         int threads);
// ... and the one after them.
std::string group_command(const WaneCall& call);

// "0-02:30:00", rounded up to whole minutes.
std::string slurm_time(std::uint64_t seconds);

// Bytes of "4G", "4000M", "4000" (MiB), at least 100 MB; seconds of "90", "1:30:00", "2-12". Throw UsageError naming
// `option`.
std::uint64_t slurm_memory_bytes(const std::string& text, const std::string& option);
std::uint64_t slurm_time_seconds(const std::string& text, const std::string& option);

}  // namespace wane
