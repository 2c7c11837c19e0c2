#include "pipeline/run/trial_request.h"

#include "pipeline/run/memory.h"

namespace wane {

namespace {
constexpr double bytes_in_gb = 1e9;
}

std::uint64_t memory_budget(const TrialRequest& request) {
  if (request.memory_gb > 0) return static_cast<std::uint64_t>(request.memory_gb * bytes_in_gb);
  return available_memory_bytes() / 10 * 8;
}

}  // namespace wane
