// Scans and tables that cannot be used: one clear sentence each, the others finish, the exit code says so.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

// The line on stdout that lists the participant's failure.
std::string failure_of(const std::string& participant, const ProgramResult& result) {
  const std::string key = "  failed: " + participant + ": ";
  const std::size_t begin = result.out.find(key);
  if (begin == std::string::npos) return "";
  return result.out.substr(begin + key.size(), result.out.find('\n', begin) - begin - key.size());
}

std::string reason_left_out(const nlohmann::json& trial, const std::string& participant) {
  for (const auto& left_out : trial["left_out"])
    if (left_out["participant_id"] == participant) return left_out["reason"];
  return "";
}

// A scan of plausible size in which every value is the same NaN.
std::string scan_of_nan() {
  broken::Recipe recipe;
  recipe.dim = {3, 60, 60, 60, 1, 1, 1, 1};
  recipe.pixdim = {1, 3, 3, 3, 1, 1, 1, 1};
  recipe.srow = {{{3, 0, 0, -90}, {0, 3, 0, -90}, {0, 0, 3, -90}}};
  recipe.qoffset = {-90, -90, -90};
  recipe.voxels.assign(60U * 60U * 60U, std::nan(""));
  return broken::nifti_bytes(recipe);
}

TEST(BadInputs, EachIsOneSentenceAndTheOthersFinish) {
  const broken::ScratchFolder scratch;
  const fs::path dataset = scratch / "dataset";
  copy_participants(dataset, {"sub-01", "sub-02", "sub-03", "sub-04", "sub-05", "sub-06", "sub-07"});

  const std::string whole = text_of(scan_of(dataset, "sub-03", "ses-01"));
  broken::Recipe four_volumes;
  four_volumes.dim = {4, 20, 18, 16, 3, 1, 1, 1};
  const auto spoil = [&](const std::string& participant, const std::string& bytes) {
    broken::write_bytes(scan_of(dataset, participant, "ses-02"), bytes);
  };
  spoil("sub-02", "");
  spoil("sub-03", broken::cut(whole, 0.5));
  spoil("sub-04", broken::gz_bytes(broken::nifti_bytes(four_volumes)));
  spoil("sub-05", broken::gz_bytes(scan_of_nan()));
  spoil("sub-06", "This is a text, whatever its name says.\n");
  fs::remove_all(dataset / "sub-07" / "ses-02");

  const ProgramResult result = wane({"run", dataset, scratch / "out", "--sloppy"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const nlohmann::json trial = json_of(scratch / "out/trial_atrophy.json");
  for (const char* participant : {"sub-02", "sub-03", "sub-04", "sub-05", "sub-06"}) {
    const std::string sentence = failure_of(participant, result);
    EXPECT_TRUE(contains(sentence, std::string(participant) + "_ses-02_T1w.nii.gz")) << sentence;
    EXPECT_TRUE(sentence.ends_with('.')) << sentence;
    EXPECT_FALSE(contains(sentence, "bug")) << sentence;
    EXPECT_TRUE(contains(reason_left_out(trial, participant), "failed")) << participant;
    EXPECT_FALSE(fs::exists(scratch / "out" / participant / (std::string(participant) + "_atrophy.json")));
  }
  EXPECT_TRUE(contains(failure_of("sub-02", result), "empty"));
  EXPECT_TRUE(contains(failure_of("sub-06", result), "text"));

  // One visit: volumes and no change. Two good visits: everything.
  const nlohmann::json one_visit = json_of(scratch / "out/sub-07/sub-07_atrophy.json");
  EXPECT_EQ(one_visit["visits"].size(), 1U);
  EXPECT_TRUE(one_visit["changes"].empty());
  EXPECT_TRUE(one_visit["rates_percent_per_year"].is_null());
  EXPECT_TRUE(contains(reason_left_out(trial, "sub-07"), "one visit"));
  const nlohmann::json good = json_of(scratch / "out/sub-01/sub-01_atrophy.json");
  EXPECT_EQ(good["changes"].size(), 1U);
  EXPECT_TRUE(good["rates_percent_per_year"].is_object());
}

TEST(BadInputs, WhereNobodyIsLeftTheExitCodeSaysInput) {
  const broken::ScratchFolder scratch;
  copy_participants(scratch / "dataset", {"sub-01"});
  broken::write_bytes(scan_of(scratch / "dataset", "sub-01", "ses-01"), "");
  const ProgramResult result = wane({"run", scratch / "dataset", scratch / "out", "--sloppy"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_TRUE(contains(failure_of("sub-01", result), "empty")) << result.out;

  // A cluster task's failure is known to `group` later.
  const ProgramResult group = wane({"group", scratch / "dataset", scratch / "out"});
  EXPECT_EQ(group.exit_code, 3) << group.err;
}

// The scans are as in the shared run, whose results are taken over; only tables differ.
class BadTables : public testing::Test {
 protected:
  BadTables() {
    const SharedRun run = sloppy_run();
    fs::copy(run.dataset, dataset_, fs::copy_options::recursive);
    fs::copy(run.out, out_, fs::copy_options::recursive);
  }
  ProgramResult run() const { return wane({"run", dataset_, out_, "--sloppy"}); }
  broken::ScratchFolder scratch_;
  const fs::path dataset_ = scratch_ / "dataset";
  const fs::path out_ = scratch_ / "out";
};

TEST_F(BadTables, WithoutParticipantsTsvEverybodyIsMeasured) {
  fs::remove(dataset_ / "participants.tsv");
  const ProgramResult result = run();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.err, "There is no participants.tsv")) << result.err;
  const nlohmann::json trial = json_of(out_ / "trial_atrophy.json");
  EXPECT_TRUE(trial["dose_groups"].empty());
  EXPECT_EQ(trial["participants"].size(), 1U);
  EXPECT_FALSE(fs::exists(out_ / "dose-groups" / "dose-A_atrophy.json")) << "the old group's report is still there";
}

TEST_F(BadTables, AnUnknownDoseGroupLeavesTheParticipantOut) {
  std::ofstream(dataset_ / "participants.tsv") << "participant_id\tdose_group\tdose\nsub-01\tn/a\tn/a\n";
  const ProgramResult result = run();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json trial = json_of(out_ / "trial_atrophy.json");
  EXPECT_TRUE(contains(reason_left_out(trial, "sub-01"), "dose group")) << trial["left_out"];
}

TEST_F(BadTables, ABrokenTableStopsTheRunBeforeAnythingIsMeasured) {
  std::ofstream(dataset_ / "participants.tsv") << "participant_id\tdose_group\tdose\nsub-01\tA\tmuch\n";
  const ProgramResult result = run();
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_TRUE(contains(result.err, "participants.tsv")) << result.err;
  EXPECT_TRUE(contains(result.err, "much")) << result.err;
}

TEST_F(BadTables, WhoIsAskedForAndHasNothingToMeasureFails) {
  std::ofstream(dataset_ / "participants.tsv", std::ios::app) << "sub-99\tA\t5\n";
  const auto asked_for = [&](const std::vector<std::string>& labels) {
    std::vector<std::string> arguments{"participant", dataset_, out_, "--sloppy", "--participant-label"};
    arguments.insert(arguments.end(), labels.begin(), labels.end());
    return wane(arguments);
  };
  const ProgramResult alone = asked_for({"99"});
  EXPECT_EQ(alone.exit_code, 3) << alone.err;
  EXPECT_TRUE(contains(failure_of("sub-99", alone), "There is nothing to measure")) << alone.out;
  const ProgramResult with_another = asked_for({"01", "99"});
  EXPECT_EQ(with_another.exit_code, 1) << with_another.err;
  EXPECT_TRUE(contains(failure_of("sub-99", with_another), "There is nothing to measure")) << with_another.out;
  const ProgramResult not_asked_for = wane({"participant", dataset_, out_, "--sloppy"});
  EXPECT_EQ(not_asked_for.exit_code, 0) << not_asked_for.err;
}

}  // namespace
}  // namespace wane::cases
