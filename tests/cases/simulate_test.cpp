// wane simulate on Debian's head: what it writes of what it was asked.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "imaging/nifti.h"
#include "imaging/sha256.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

const fs::path kHead = "/usr/share/mricron/templates/ch2.nii.gz";
const fs::path kBrain = "/usr/share/mricron/templates/ch2bet.nii.gz";

double dice(const Mask& a, const Mask& b) {
  double both = 0, sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    both += a[n] && b[n] ? 1 : 0;
    sum += a[n] + b[n];
  }
  return 2 * both / sum;
}

TEST(Simulate, AGainThickSlicesAndADriftAreWhatWasAskedFor) {
  const broken::ScratchFolder scratch;
  const ProgramResult result =
      wane({"simulate", "person", "--head", kHead, "--brain", kBrain, "--out", scratch / "d", "--gm", "0,0.5,-1",
            "--wm", "0,0.3,-0.5", "--voxels", "4,3x3x5,4", "--drift", "0,0.5,0", "--planting-spacing", "3"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json truth = json_of(scratch / "d/truth/sub-01.json");
  ASSERT_EQ(truth["visits"].size(), 3U);
  EXPECT_NEAR(truth["visits"][1]["gm_change_percent"].get<double>(), 0.5, 1e-3);
  EXPECT_NEAR(truth["visits"][2]["wm_change_percent"].get<double>(), -0.5, 1e-3);
  EXPECT_EQ(truth["visits"][1]["planted_scale_percent"], 0.5);
  EXPECT_EQ(truth["source"]["head"]["sha256"], sha256_of_file(kHead));
  EXPECT_EQ(truth["source"]["brain"]["sha256"], sha256_of_file(kBrain));
  const Vec3 slices = inspect_nifti(scan_of(scratch / "d", "sub-01", "ses-02")).grid.spacing_mm;
  EXPECT_TRUE(slices.isApprox(Vec3(3, 3, 5), 1e-6)) << slices.transpose();
}

TEST(Simulate, AHeadWithoutABrainFileGetsItsBrainFromWane) {
  const broken::ScratchFolder scratch;
  const ProgramResult result = wane({"simulate", "person", "--head", kHead, "--out", scratch / "d", "--voxel", "4",
                                     "--planting-spacing", "3", "--sloppy"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Mask brain = read_nifti_mask(scratch / "d/truth/sub-01_brain.nii.gz");
  EXPECT_GT(dice(brain, read_nifti_mask(kBrain)), 0.9);
  const nlohmann::json truth = json_of(scratch / "d/truth/sub-01.json");
  EXPECT_NEAR(truth["visits"][1]["brain_change_percent"].get<double>(), -1, 1e-3);
  EXPECT_TRUE(truth["source"]["brain"].contains("extracted_with"));
}

TEST(Simulate, WrongListsAreWrongUseAndNothingIsWritten) {
  const broken::ScratchFolder scratch;
  const auto simulate = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"simulate", "person", "--head", kHead,
                                          "--brain",  kBrain,   "--out",  scratch / "d"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return wane(arguments);
  };
  EXPECT_EQ(simulate({"--voxels", "1"}).exit_code, 2);
  EXPECT_EQ(simulate({"--voxels", "1,1x1"}).exit_code, 2);
  EXPECT_EQ(simulate({"--voxels", "1,1xwide"}).exit_code, 2);
  EXPECT_EQ(simulate({"--voxels", "1,1", "--voxel", "2"}).exit_code, 2);
  EXPECT_EQ(simulate({"--gm", "0,-1,-2"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(scratch / "d"));
}

}  // namespace
}  // namespace wane::cases
