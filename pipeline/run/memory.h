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

// How much there is to work on: voxels of all scans, of the largest one, and of the midpoint space that the options
// lead to, sized for a large brain.
struct WorkVoxels {
  double of_scans = 0, of_the_largest_scan = 0, of_midpoint = 0;
};
WorkVoxels estimated_voxels(const std::vector<Grid>& scans, const RunOptions& options);

// The most memory that one participant's visits take while they are processed, in bytes. An estimate on the safe
// side, from voxel counts: of the scans as they are, and of the midpoint space that the options lead to, sized for a
// large brain. Its coefficients are fitted to the peak resident memory (as /usr/bin/time -v gives it) of `wane
// participant` on sub-oas1003 of shared/scans/rescan (160 x 197 x 164 voxels of 1 mm), one thread; estimates behind:
//   midpoint of 1 mm   one visit 957 MB (994), two 1345 MB (1388), the same on two threads 1363 MB, three 1679 MB
//   (1782) midpoint of 2 mm   one visit 370 MB (399), two 416 MB (466)
// and visits of 208 x 243 x 247 voxels: one at a midpoint of 2 mm 523 MB (560), two at 1 mm 1418 MB (1578), on two
// threads 1450 MB. What is changed in a stage is measured anew.
std::uint64_t estimated_bytes(const std::vector<Grid>& scans, const RunOptions& options);

struct WorkPlan {
  int participants_at_once = 1;
  int threads_each = 1;
};

// Participants side by side scale best, so: as many at once as there are threads, as far as `bytes_each` (of those
// that fit into the budget) allows, and the threads left over inside each.
WorkPlan plan_work(const std::vector<std::uint64_t>& bytes_each, int threads, std::uint64_t budget_bytes);

}  // namespace wane
