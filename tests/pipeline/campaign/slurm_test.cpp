#include "pipeline/campaign/slurm.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "pipeline/campaign/campaign_folder.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

TEST(MostArrayTasks, IsOneLessThanMaxArraySize) {
  EXPECT_EQ(most_array_tasks("MaxArraySize            = 1001\nMaxDBDMsgs = 20\n"), 1000U);
  EXPECT_EQ(most_array_tasks("MaxDBDMsgs = 20\n"), std::nullopt);
  EXPECT_EQ(most_array_tasks("MaxArraySize = many\n"), std::nullopt);
  EXPECT_EQ(most_array_tasks("MaxArraySize = 0\n"), std::nullopt) << "arrays are switched off";
}

// sbatch, scancel and squeue as programs of our own in PATH.
class SlurmStandIns : public testing::Test {
 protected:
  SlurmStandIns() : path_(std::getenv("PATH")) { setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1); }
  ~SlurmStandIns() override { setenv("PATH", path_.c_str(), 1); }
  void program(const std::string& name, const std::string& body) const {
    std::ofstream(folder_ / name) << "#!/bin/sh\necho \"" << name << " $*\" >>" << folder_ / "calls"
                                  << "\n"
                                  << body << "\n";
    fs::permissions(folder_ / name, fs::perms::owner_all);
  }
  std::string calls() const {
    std::ifstream stream(folder_ / "calls");
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  broken::ScratchFolder folder_;
  std::string path_;
};

TEST_F(SlurmStandIns, GroupJobWaitsForAllTasksHoweverTheyEnd) {
  program("sbatch", "echo '17;cluster'");
  const SubmittedJobs jobs = submit(folder_.path(), "a.sh", "b.sh");
  EXPECT_EQ(jobs.array, "17");
  EXPECT_EQ(calls(), "sbatch --parsable a.sh\nsbatch --parsable --dependency=afterany:17 b.sh\n");
}

TEST_F(SlurmStandIns, ArrayIsTakenBackWhereTheGroupJobIsRefused) {
  program("sbatch", "case $* in *afterany*) echo 'sbatch: error: no' >&2; exit 1;; *) echo 17;; esac");
  program("scancel", "");
  EXPECT_THROW(submit(folder_.path(), "a.sh", "b.sh"), ResourceError);
  EXPECT_NE(calls().find("scancel 17\n"), std::string::npos);
}

TEST_F(SlurmStandIns, WhatSbatchSaysIsInTheMessage) {
  program("sbatch", "echo 'sbatch: error: Invalid partition' >&2; exit 1");
  try {
    submit(folder_.path(), "a.sh", "b.sh");
    FAIL() << "it was refused";
  } catch (const ResourceError& error) {
    EXPECT_NE(std::string(error.what()).find("Invalid partition"), std::string::npos);
  }
}

TEST_F(SlurmStandIns, JobThatSlurmHasForgottenIsNotInTheQueue) {
  program("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
  EXPECT_FALSE(is_in_queue("17"));
  program("squeue", "echo 17_3");
  EXPECT_TRUE(is_in_queue("17"));
  program("squeue", "exit 0");
  EXPECT_FALSE(is_in_queue("17"));
  program("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1");
  EXPECT_THROW(is_in_queue("17"), ResourceError);
}

TEST(CampaignFolder, IsANewOneForEachPlanAndTheLatestIsFound) {
  const broken::ScratchFolder out;
  EXPECT_FALSE(latest_campaign(out.path()));
  const fs::path first = make_campaign_folder(out.path()), second = make_campaign_folder(out.path());
  EXPECT_EQ(first.filename(), "campaign-0001");
  EXPECT_EQ(second.filename(), "campaign-0002");
  write_campaign_record(first, {"/data", 5, 2, 3, 60.5, "17", "18"});
  write_campaign_record(second, {"/other", 1, 2, 1, 1, "", ""});
  EXPECT_EQ(latest_campaign(out.path())->record.dataset, "/other");
  const auto submitted = latest_submitted_campaign(out.path());
  ASSERT_TRUE(submitted);
  EXPECT_EQ(submitted->record.array_job, "17");
  EXPECT_EQ(submitted->record.participants, 5U);
  EXPECT_DOUBLE_EQ(submitted->record.cpu_seconds, 60.5);
}

}  // namespace
}  // namespace wane
