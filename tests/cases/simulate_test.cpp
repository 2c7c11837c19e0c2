// wane simulate on Debian's head: what it writes of what it was asked.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "imaging/nifti.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/simulation/simulated_dataset.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"
#include "tests/faults/process.h"
#include "tests/pipeline/simulation/phantom.h"

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

// Trials of a head without details, so that one takes seconds.
class SimulateTrial : public testing::Test {
 protected:
  SimulateTrial() {
    const test::Phantom phantom = test::phantom(3);
    write_nifti(scratch_ / "head.nii.gz", phantom.t1);
    write_nifti(scratch_ / "brain.nii.gz", phantom.brain);
  }
  std::vector<std::string> arguments(const fs::path& out) const {
    return {"simulate",
            "trial",
            "--head",
            scratch_ / "head.nii.gz",
            "--brain",
            scratch_ / "brain.nii.gz",
            "--participants-per-group",
            "1",
            "--threads",
            "1",
            "--out",
            out};
  }
  std::vector<std::string> validation(const fs::path& work) const {
    return {"validate", "--head", scratch_ / "head.nii.gz", "--brain", scratch_ / "brain.nii.gz", "--work", work};
  }
  static std::size_t entries(const fs::path& folder) {
    return std::size_t(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }
  broken::ScratchFolder scratch_;
  const fs::path out_ = scratch_ / "trial";
};

TEST_F(SimulateTrial, StoppedByCtrlCOrKilledTheSameCommandGoesOnToTheSameFiles) {
  ASSERT_EQ(faults::run(arguments(scratch_ / "undisturbed")).exit_code, 0);
  for (const int signal : {SIGINT, SIGKILL}) {
    const fs::path out = scratch_ / ("stopped by " + std::to_string(signal));
    faults::Process process(arguments(out));
    ASSERT_TRUE(process.says("simulated sub-01 (1 of 4)")) << process.err();
    const auto first = fs::last_write_time(out / "sub-01");
    process.send(signal);
    const faults::Ended ended = process.wait();
    EXPECT_EQ(ended.exit_code, 128 + signal) << ended.err;
    if (signal == SIGINT) {
      EXPECT_TRUE(
          ended.err.ends_with("wane: Interrupted. Run the same command again to continue; participants that "
                              "are finished are kept.\n"))
          << ended.err;
    }
    const faults::Ended resumed = faults::run(arguments(out));
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_EQ(fs::last_write_time(out / "sub-01"), first) << "it was simulated again";
    EXPECT_EQ(faults::difference(faults::hashes_below(scratch_ / "undisturbed"), faults::hashes_below(out)), "");
  }
}

// Killed in the moment between the last file of a participant and the removal of its lock.
TEST_F(SimulateTrial, TheLockThatAKilledProcessLeftBesideAFinishedParticipantIsRemoved) {
  ASSERT_EQ(faults::run(arguments(out_)).exit_code, 0);
  const auto expected = faults::hashes_below(out_);
  std::ofstream(out_ / ".sub-01.lock") << "{}";
  const faults::Ended again = faults::run(arguments(out_));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(faults::difference(expected, faults::hashes_below(out_)), "");
}

TEST_F(SimulateTrial, ASecondOneInTheSameFolderIsRefusedInASentenceThatNamesTheFirst) {
  faults::Process first(arguments(out_));
  ASSERT_TRUE(first.says("simulated sub-01")) << first.err();
  const faults::Ended second = faults::run(arguments(out_));
  EXPECT_EQ(second.exit_code, 5) << second.err;
  EXPECT_TRUE(contains(second.err, "The folder " + out_.string() + " is in use by another Wane (machine "))
      << second.err;
  EXPECT_TRUE(contains(second.err, "process " + std::to_string(first.id()))) << second.err;
}

TEST_F(SimulateTrial, AFolderThatIsNotWanesIsNotWrittenInto) {
  fs::create_directories(out_);
  std::ofstream(out_ / "notes.txt") << "mine";
  const std::vector<std::string> person = {
      "simulate", "person", "--head", scratch_ / "head.nii.gz", "--brain", scratch_ / "brain.nii.gz", "--out", out_};
  std::vector<std::string> faulty = validation(out_);
  faulty.push_back("--faults");
  for (const auto& command : {arguments(out_), person, validation(out_), faulty}) {
    const faults::Ended ended = faults::run(command);
    EXPECT_EQ(ended.exit_code, 2) << ended.err;
    EXPECT_TRUE(contains(ended.err, out_.string() + " is not Wane's: it holds notes.txt; name an empty folder"))
        << ended.err;
    EXPECT_EQ(entries(out_), 1U) << "something was written";
  }
}

TEST_F(SimulateTrial, WhatAnotherSimulationMadeIsNotMixedIn) {
  write_dataset_description(out_, "Another");
  fs::create_directories(out_ / "sub-01");
  EXPECT_EQ(faults::run(arguments(out_)).exit_code, 2) << "of other options";
  fs::remove(out_ / "sub-01");
  fs::create_directories(out_ / "sub-77");
  const faults::Ended ended = faults::run(arguments(out_));
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_TRUE(contains(ended.err, "sub-77 is not of this trial")) << ended.err;
  EXPECT_FALSE(fs::exists(out_ / "participants.tsv"));
}

TEST_F(SimulateTrial, TwoValidationsInOneFolderAreRefused) {
  write_dataset_description(out_ / "dataset", "Ladder");
  const OutputLock lock = lock_validation(out_);
  std::vector<std::string> faulty = validation(out_);
  faulty.push_back("--faults");
  for (const auto& command : {validation(out_), faulty}) {
    const faults::Ended ended = faults::run(command);
    EXPECT_EQ(ended.exit_code, 5) << ended.err;
    EXPECT_TRUE(contains(ended.err, "The working folder " + out_.string() + " is in use by another Wane")) << ended.err;
    EXPECT_FALSE(fs::exists(out_ / "out"));
  }
}

}  // namespace
}  // namespace wane::cases
