#include "pipeline/run/memory.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kGigabyte = 1'000'000'000;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

TEST(AvailableMemory, IsTheLeastOfMachineAndControlGroups) {
  const broken::ScratchFolder folder;
  write(folder / "proc/meminfo", "MemTotal: 4000000 kB\nMemAvailable: 3000000 kB\n");
  EXPECT_EQ(available_memory_bytes(folder / "proc", folder / "cgroup"), 3000000ULL * 1024);

  write(folder / "proc/self/cgroup", "0::/job/step\n");
  write(folder / "cgroup/job/memory.max", "2000000000\n");
  write(folder / "cgroup/job/memory.current", "500000000\n");
  write(folder / "cgroup/job/step/memory.max", "max\n");
  EXPECT_EQ(available_memory_bytes(folder / "proc", folder / "cgroup"), 1'500'000'000ULL);
}

TEST(AvailableMemory, ReadsTheOlderControlGroupsToo) {
  const broken::ScratchFolder folder;
  write(folder / "proc/meminfo", "MemAvailable: 3000000 kB\n");
  write(folder / "proc/self/cgroup", "7:cpu,cpuacct:/x\n5:memory:/slurm/job1\n");
  write(folder / "cgroup/memory/slurm/job1/memory.limit_in_bytes", "1000000000\n");
  EXPECT_EQ(available_memory_bytes(folder / "proc", folder / "cgroup"), kGigabyte);
}

TEST(DeclaredGrid, IsReadFromTheHeaderAlone) {
  const broken::ScratchFolder folder;
  broken::write_bytes(folder / "a.nii", broken::nifti_bytes({}).substr(0, 352));
  const Grid grid = declared_grid(folder / "a.nii");
  EXPECT_EQ(grid.voxel_count(), 20U * 18U * 16U);
  broken::write_bytes(folder / "b.nii.gz", broken::gz_bytes(broken::nifti_bytes({})));
  EXPECT_EQ(declared_grid(folder / "b.nii.gz").voxel_count(), 20U * 18U * 16U);
}

TEST(DeclaredGrid, IsEmptyForWhatCannotBeRead) {
  const broken::ScratchFolder folder;
  broken::write_bytes(folder / "text.nii.gz", "no scan at all");
  EXPECT_EQ(declared_grid(folder / "text.nii.gz").voxel_count(), 0U);
  EXPECT_EQ(declared_grid(folder / "absent.nii.gz").voxel_count(), 0U);
}

TEST(EstimatedBytes, GrowWithVoxelsAndVisits) {
  Grid grid;
  grid.size = {176, 256, 256};
  const RunOptions options;
  const auto two = estimated_bytes({grid, grid}, options);
  EXPECT_GT(estimated_bytes({grid, grid, grid}, options), two);
  RunOptions coarse;
  coarse.align.spacing_mm = 2;
  EXPECT_LT(estimated_bytes({grid, grid}, coarse), two);
  EXPECT_GT(two, kGigabyte);  // a pair at 1 mm takes gigabytes, not terabytes
  EXPECT_LT(two, 5 * kGigabyte);
}

TEST(EstimatedBytes, AreAboveWhatWasMeasuredButNotFarAbove) {
  constexpr double kMegabyte = 1e6;
  Grid scan, large_scan;
  scan.size = {160, 197, 164};
  large_scan.size = {208, 243, 247};
  const RunOptions fine;  // 1 mm
  RunOptions coarse;
  coarse.align.spacing_mm = 2;
  struct Measured {
    std::vector<Grid> scans;
    RunOptions options;
    double megabytes;
  };
  for (const Measured& measured :
       {Measured{{scan}, fine, 957}, Measured{{scan, scan}, fine, 1363}, Measured{{scan, scan, scan}, fine, 1679},
        Measured{{scan}, coarse, 370}, Measured{{scan, scan}, coarse, 416}, Measured{{large_scan}, coarse, 523},
        Measured{{large_scan, large_scan}, fine, 1450}}) {
    const auto estimate = static_cast<double>(estimated_bytes(measured.scans, measured.options));
    EXPECT_GT(estimate, measured.megabytes * kMegabyte);
    EXPECT_LT(estimate, 1.2 * measured.megabytes * kMegabyte);
  }
}

// docs/performance.md states it: a pair of whole heads at 1 mm stays below 1.5 GiB.
TEST(EstimatedBytes, OfAPairAtOneMillimetreAreBelowWhatIsStated) {
  Grid scan;
  scan.size = {208, 243, 247};
  EXPECT_LT(estimated_bytes({scan, scan}, RunOptions{}), std::uint64_t(3) << 29);
}

TEST(EstimatedBytes, GrowWithTheMargin) {
  Grid scan;
  scan.size = {160, 197, 164};
  RunOptions wide;
  wide.align.margin_mm = 60;
  EXPECT_GT(estimated_bytes({scan}, wide), estimated_bytes({scan}, RunOptions{}));
}

TEST(PlanWork, ManyParticipantsRunSideBySide) {
  const WorkPlan plan = plan_work(std::vector<std::uint64_t>(12, kGigabyte), 8, 100 * kGigabyte);
  EXPECT_EQ(plan.participants_at_once, 8);
  EXPECT_EQ(plan.threads_each, 1);
}

TEST(PlanWork, FewParticipantsShareTheThreads) {
  const WorkPlan plan = plan_work({kGigabyte, kGigabyte}, 8, 100 * kGigabyte);
  EXPECT_EQ(plan.participants_at_once, 2);
  EXPECT_EQ(plan.threads_each, 4);
}

TEST(PlanWork, NeverMoreInFlightThanFits) {
  const WorkPlan plan = plan_work({2 * kGigabyte, 3 * kGigabyte, 2 * kGigabyte}, 8, 7 * kGigabyte);
  EXPECT_EQ(plan.participants_at_once, 2);  // any two of them fit
  EXPECT_EQ(plan.threads_each, 4);
}

TEST(PlanWork, WhoDoesNotFitAtAllDoesNotSlowTheOthers) {
  const WorkPlan plan = plan_work({kGigabyte, 50 * kGigabyte, kGigabyte}, 2, 4 * kGigabyte);
  EXPECT_EQ(plan.participants_at_once, 2);
}

TEST(PlanWork, NobodyIsNoCrash) {
  EXPECT_EQ(plan_work({}, 2, kGigabyte).participants_at_once, 1);
  EXPECT_EQ(plan_work({5 * kGigabyte}, 2, kGigabyte).participants_at_once, 1);
}

}  // namespace
}  // namespace wane
