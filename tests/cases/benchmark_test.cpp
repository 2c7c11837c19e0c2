// What `wane benchmark` prints, and that it leaves nothing behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

TEST(Benchmark, TimesEveryStageForEveryNumberOfThreads) {
  const SharedRun run = sloppy_run();
  const ProgramResult result = wane({"benchmark", scan_of(run.dataset, "sub-01", "ses-01"),
                                     scan_of(run.dataset, "sub-01", "ses-02"), "--sloppy", "--try-threads", "1,2"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::vector<nlohmann::json> lines;
  std::istringstream out(result.out);
  for (std::string line; std::getline(out, line);) lines.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(lines.size(), 2U);
  for (std::size_t n = 0; n < 2; ++n) {
    const nlohmann::json& line = lines[n];
    EXPECT_EQ(line["threads"], n + 1);
    EXPECT_EQ(line["visits"], 2);
    std::vector<std::string> names;
    std::map<std::string, double> memory_mib;
    double wall = 0, cpu = 0, share = 0, most_memory_mib = 0;
    for (const auto& stage : line["stages"]) {
      names.push_back(stage["stage"]);
      wall += stage["wall_s"].get<double>();
      cpu += stage["cpu_s"].get<double>();
      share += stage["share"].get<double>();
      if (!stage.contains("peak_memory_mib")) GTEST_SKIP() << "the kernel does not count memory anew for each stage";
      memory_mib[names.back()] = stage["peak_memory_mib"].get<double>();
      most_memory_mib = std::max(most_memory_mib, memory_mib[names.back()]);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"read", "conform", "align", "extract", "segment", "measure", "write"}));
    // The rest is the start and the end of the process.
    EXPECT_LE(wall, line["wall_s"].get<double>());
    EXPECT_GT(wall, 0.8 * line["wall_s"].get<double>());
    EXPECT_LE(cpu, line["cpu_s"].get<double>() + 0.01);
    EXPECT_GT(cpu, 0.8 * line["cpu_s"].get<double>());
    EXPECT_NEAR(share, wall / line["wall_s"].get<double>(), 1e-6);
    EXPECT_NEAR(line["voxels_per_second"].get<double>() * line["wall_s"].get<double>() / line["voxels"].get<double>(),
                1, 1e-6);
    EXPECT_GT(line["peak_memory_mib"], 50);
    EXPECT_LT(line["peak_memory_mib"], 2000);
    EXPECT_EQ(line["peak_memory_mib"], most_memory_mib);
    // Of each stage alone: reading the template takes less than the stages that work on the scans.
    EXPECT_GT(memory_mib["read"], 50);
    EXPECT_LT(memory_mib["read"], 0.9 * most_memory_mib);
  }
  EXPECT_NE(result.err.find("times as fast as one thread"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("share  peak MiB\n"), std::string::npos) << result.err;
}

TEST(Benchmark, SaysWhichScanCannotBeRead) {
  const broken::ScratchFolder scratch;
  const ProgramResult result = wane({"benchmark", scratch / "absent.nii.gz"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("absent.nii.gz"), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "");
}

}  // namespace
}  // namespace wane::cases
