#include "pipeline/campaign/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <queue>
#include <utility>

#include "base/error.h"
#include "pipeline/run/memory.h"

namespace wane {

namespace {

// Nodes differ in speed by a factor of two, and a busy file system takes the rest; a task that is killed all the same
// is resumed.
constexpr double margin_of_time = 3;
constexpr double least_seconds = 600;  // schedulers start short jobs no sooner than these
constexpr double step_of_seconds = 300;
// Beyond the estimate, for libraries, the page cache of files being written, and what the kernel counts otherwise.
constexpr double margin_of_memory = 1.1;
constexpr std::uint64_t step_of_memory = 100'000'000;
// Two threads inside one participant are 1.77 times as fast as one (docs/performance.md): 2^0.82.
constexpr double exponent_of_threads = 0.82;

// With the least work so far; among equals the first.
using TaskLoad = std::pair<double, std::size_t>;
using LeastFirst = std::priority_queue<TaskLoad, std::vector<TaskLoad>, std::greater<>>;

std::vector<std::size_t> largest_first(const std::vector<ParticipantWork>& work) {
  std::vector<std::size_t> places(work.size());
  std::iota(places.begin(), places.end(), std::size_t(0));
  std::stable_sort(places.begin(), places.end(),
                   [&](std::size_t a, std::size_t b) { return work[a].cpu_seconds > work[b].cpu_seconds; });
  return places;
}

std::uint64_t rounded_up(double value, std::uint64_t step) {
  return static_cast<std::uint64_t>(std::ceil(value / static_cast<double>(step))) * step;
}

// How many of `participants` a task measures side by side.
int at_once(std::size_t participants, int cpus) {
  return static_cast<int>(std::min<std::size_t>(participants, static_cast<std::size_t>(cpus)));
}

double wall_seconds(double cpu_seconds, std::size_t participants, int cpus) {
  if (participants == 0) return 0;
  const int side_by_side = at_once(participants, cpus);
  const double threads_each = std::max(1, cpus / side_by_side);
  return cpu_seconds / (side_by_side * std::pow(threads_each, exponent_of_threads));
}

}  // namespace

CampaignPlan plan_campaign(const std::vector<ParticipantWork>& work, const CampaignLimits& limits) {
  if (limits.most_tasks < 1 || limits.cpus_per_task < 1)
    throw UsageError("A campaign needs at least one task and one processor a task.");
  CampaignPlan plan;
  if (work.empty()) return plan;

  plan.tasks.resize(std::min(work.size(), limits.most_tasks));
  LeastFirst loads;
  for (std::size_t task = 0; task < plan.tasks.size(); ++task) loads.emplace(0.0, task);
  std::uint64_t largest_bytes = 0;
  for (const std::size_t place : largest_first(work)) {
    const auto [load, task] = loads.top();
    loads.pop();
    plan.tasks[task].participants.push_back(place);
    loads.emplace(load + work[place].cpu_seconds, task);
    plan.cpu_seconds += work[place].cpu_seconds;
    if (limits.memory_bytes && work[place].memory_bytes > *limits.memory_bytes) {
      plan.too_large.push_back(place);
      continue;
    }
    largest_bytes = std::max(largest_bytes, work[place].memory_bytes);
  }
  std::sort(plan.too_large.begin(), plan.too_large.end());

  std::size_t most_participants = 0;
  for (CampaignTask& task : plan.tasks) {
    std::sort(task.participants.begin(), task.participants.end());
    double cpu_seconds = 0;
    for (const std::size_t place : task.participants) cpu_seconds += work[place].cpu_seconds;
    task.seconds = wall_seconds(cpu_seconds, task.participants.size(), limits.cpus_per_task);
    // One participant cannot be shared out between those that are measured side by side.
    const int cpus_each = limits.cpus_per_task / at_once(task.participants.size(), limits.cpus_per_task);
    for (const std::size_t place : task.participants)
      task.seconds = std::max(task.seconds, wall_seconds(work[place].cpu_seconds, 1, cpus_each));
    plan.longest_seconds = std::max(plan.longest_seconds, task.seconds);
    most_participants = std::max(most_participants, task.participants.size());
  }
  plan.seconds = rounded_up(std::max(least_seconds, margin_of_time * plan.longest_seconds),
                            static_cast<std::uint64_t>(step_of_seconds));
  const double bytes = static_cast<double>(largest_bytes) * at_once(most_participants, limits.cpus_per_task);
  plan.memory_bytes = limits.memory_bytes.value_or(rounded_up(margin_of_memory * bytes, step_of_memory));
  return plan;
}

double estimated_cpu_seconds(const std::vector<Grid>& scans, const RunOptions& options) {
  const WorkVoxels voxels = estimated_voxels(scans, options);
  // Fitted to CPU seconds of `wane participant` on one thread, which docs/scaling.md lists: finding each head takes its
  // time whatever the voxels, the rest follows the scans' voxels and, less, those of the midpoint space.
  constexpr double per_visit = 6.5;
  constexpr double per_million_scan_voxels = 1.1;
  constexpr double per_million_visit_midpoint_voxels = 0.15;
  constexpr double million = 1e6;
  const double visits = static_cast<double>(scans.size());
  return per_visit * std::max(1.0, visits) + per_million_scan_voxels * voxels.of_scans / million +
         per_million_visit_midpoint_voxels * visits * voxels.of_midpoint / million;
}

}  // namespace wane
