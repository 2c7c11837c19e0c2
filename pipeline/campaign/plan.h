// How the participants of a campaign are divided into the tasks of a job array. Pure: no file and no cluster is
// touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imaging/grid.h"
#include "pipeline/run/options.h"

namespace wane {

// What measuring one participant takes.
struct ParticipantWork {
  std::string participant_id;
  std::uint64_t memory_bytes = 0;
  double cpu_seconds = 0;
};

struct CampaignLimits {
  std::size_t most_tasks = 1000;
  int cpus_per_task = 1;
  std::optional<std::uint64_t> memory_bytes;  // that a task may ask for; empty: as much as its participants need
};

struct CampaignTask {
  std::vector<std::size_t> participants;  // places in the list of work, ascending
  double seconds = 0;                     // that it is estimated to take
};

// Every participant is in one task. All tasks ask for the same, as a job array does.
struct CampaignPlan {
  std::vector<CampaignTask> tasks;
  std::uint64_t memory_bytes = 0;      // to ask for
  std::uint64_t seconds = 0;           // to ask for
  double cpu_seconds = 0;              // of all tasks
  double longest_seconds = 0;          // estimated, of the longest task
  std::vector<std::size_t> too_large;  // places of those who alone need more than limits.memory_bytes
};

// One participant a task as long as there are tasks for it, else several, so that the longest task is short: the
// largest work first, each to the task with the least so far. A task measures its participants side by side as far as
// its processors allow, and memory is asked for accordingly. The same work gives the same plan.
// Throws UsageError where most_tasks or cpus_per_task is below 1.
CampaignPlan plan_campaign(const std::vector<ParticipantWork>& work, const CampaignLimits& limits);

// Processor seconds to measure one participant, from what the scans' headers declare and the options: an estimate of
// the middle, fitted to the measurements that plan.cpp lists. The time that plan_campaign asks for has a margin for
// slower machines.
double estimated_cpu_seconds(const std::vector<Grid>& scans, const RunOptions& options);

}  // namespace wane
