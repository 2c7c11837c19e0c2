// How many participants fit into the machine at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "imaging/grid.h"
#include "pipeline/run/options.h"

namespace wane {

// What this process may still take, in bytes: the least of /proc/meminfo's MemAvailable and what is left of the
// limits of its control groups (v1 and v2: Slurm, containers). `proc` and `cgroup` are where these are mounted.
std::uint64_t available_memory_bytes(const std::filesystem::path& proc = "/proc",
                                     const std::filesystem::path& cgroup = "/sys/fs/cgroup");

// The grid a NIfTI file's header declares; of no voxels where the header cannot be used. Good enough to estimate
// memory: the reading itself checks everything and says what is wrong.
Grid declared_grid(const std::filesystem::path& nifti_file);

// The most memory that one participant's visits take while they are processed, in bytes. An estimate on the safe
// side, from voxel counts: of the scans as they are, and of the midpoint space that the options lead to, sized for a
// large brain. Its coefficients are fitted to the peak resident memory (as /usr/bin/time -v gives it) of `wane
// participant` on sub-oas1003 of shared/scans/rescan (160 x 197 x 164 voxels of 1 mm), one thread; estimates behind:
//   midpoint of 1 mm   one visit 909 MB (953), two 1279 MB (1347), the same on two threads 1301 MB, three 1581 MB
//   (1741) midpoint of 2 mm   one visit 367 MB (394), two 418 MB (461)
// and visits of 208 x 243 x 247 voxels: one at a midpoint of 2 mm 518 MB (555), two at 1 mm 1310 MB (1537). What is
// changed in a stage is measured anew.
std::uint64_t estimated_bytes(const std::vector<Grid>& scans, const RunOptions& options);

struct WorkPlan {
  int participants_at_once = 1;
  int threads_each = 1;
};

// Participants side by side scale best, so: as many at once as there are threads, as far as `bytes_each` (of those
// that fit into the budget) allows, and the threads left over inside each.
WorkPlan plan_work(const std::vector<std::uint64_t>& bytes_each, int threads, std::uint64_t budget_bytes);

}  // namespace wane
