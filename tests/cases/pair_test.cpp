// wane pair: two scans of one person, in one command.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"
#include "tests/faults/tiny_trial.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

fs::path sample(const std::string& participant, const std::string& session) {
  return scan_of(sample_trial(), participant, session);
}

// The number that stands in a tissue's first row.
double change_on(const std::string& screen, const std::string& tissue) {
  std::smatch found;
  if (!std::regex_search(screen, found, std::regex("\n  " + tissue + " +([+-][0-9.]+)"))) {
    ADD_FAILURE() << screen;
    return 0;
  }
  return std::stod(found[1]);
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0, begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    longest = std::max(longest, end - begin);
  return longest;
}

TEST(Pair, TheChangeStandsOnOneScreenAndNothingIsWritten) {
  const broken::ScratchFolder scratch;
  fs::create_directories(scratch / "scans");
  fs::copy_file(sample("sub-01", "ses-01"), scratch / "scans/a.nii.gz");
  fs::copy_file(sample("sub-01", "ses-02"), scratch / "scans/b.nii.gz");
  const std::string there = "cd " + quoted(scratch / "scans") + " && ";
  const std::string program = quoted(fs::path(WANE_BINARY_DIR) / "bin/wane");
  const ProgramResult result = shell(there + program + " pair a.nii.gz b.nii.gz --days 365 --sloppy");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files_below(scratch.path()), (std::vector<std::string>{"scans/a.nii.gz", "scans/b.nii.gz"}));
  for (const char* words : {"First scan:  a.nii.gz", "Second scan: b.nii.gz", "negative = loss", "std. error %",
                            "95 % interval", "Rate per year (365 days", "intracranial", "Quality: pass", "--sloppy"})
    EXPECT_TRUE(contains(result.out, words)) << words << '\n' << result.out;
  EXPECT_LT(change_on(result.out, "brain"), -0.3) << "1.4 % loss was planted";
  EXPECT_LE(std::count(result.out.begin(), result.out.end(), '\n'), 30) << "one screen";
  EXPECT_LE(longest_line(result.out), 90U) << result.out;
}

// With --out the numbers are those of wane run, and exchanging the scans flips the sign.
TEST(Pair, IsWhatWaneRunMeasuresAndExchangedScansFlipTheSign) {
  const SharedRun run = sample_trial_run();
  const broken::ScratchFolder scratch;
  const ProgramResult result = wane({"pair", sample("sub-01", "ses-01"), sample("sub-01", "ses-02"), "--days", "365",
                                     "--out", scratch / "out", "--derivatives", "minimal"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json pair = json_of(scratch / "out/sub-pair/sub-pair_atrophy.json");
  const nlohmann::json expected = json_of(run.out / "sub-01/sub-01_atrophy.json");
  for (const char* key : {"percent", "standard_error", "boundary_shift"})
    EXPECT_EQ(pair["changes"][0][key], expected["changes"][0][key]) << key;
  EXPECT_EQ(pair["rates_percent_per_year"], expected["rates_percent_per_year"]);
  EXPECT_NEAR(change_on(result.out, "gray matter"), expected["changes"][0]["percent"]["gray_matter"].get<double>(),
              0.006);
  for (const char* page : {"sub-pair.html", "trial.html", "dataset_description.json"})
    EXPECT_TRUE(fs::exists(scratch / "out" / page)) << page;

  const ProgramResult exchanged = wane({"pair", sample("sub-01", "ses-02"), sample("sub-01", "ses-01")});
  ASSERT_EQ(exchanged.exit_code, 0) << exchanged.err;
  EXPECT_NEAR(change_on(exchanged.out, "brain"), -change_on(result.out, "brain"), 0.011);
  EXPECT_TRUE(contains(exchanged.out, "give --days N")) << exchanged.out;
}

TEST(Pair, AFailedCheckIsSaidAndGivesExitCodeOne) {
  const ProgramResult result = wane({"pair", sample("sub-01", "ses-01"), sample("sub-05", "ses-02"), "--days", "365"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_TRUE(contains(result.out, "Quality: FAILED. Do not use these numbers.")) << result.out;
  EXPECT_TRUE(contains(result.out, "do not show the same person")) << result.out;
  EXPECT_TRUE(contains(result.out, "Rate per year: none, because a check failed.")) << result.out;
}

TEST(Pair, WhatCannotBeComparedIsRefusedWithASentence) {
  const broken::ScratchFolder scratch;
  std::ofstream(scratch / "text.nii.gz") << "no scan";
  fs::create_directories(scratch / "results/sub-07");
  std::ofstream(scratch / "results/dataset_description.json")
      << R"({"Name": "x", "BIDSVersion": "1.8.0", "GeneratedBy": [{"Name": "Wane"}]})";
  const fs::path scan = sample("sub-01", "ses-01"), other = sample("sub-01", "ses-02");
  const auto refused = [](const std::vector<std::string>& arguments, int exit_code, const std::string& words) {
    const ProgramResult result = wane(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_TRUE(contains(result.err, words)) << result.err;
    EXPECT_EQ(result.out, "");
  };
  refused({"pair", scan, scan}, 2, "Both scans are the same file");
  refused({"pair", scan, scratch.path()}, 2, "is a folder: name the two scans");
  refused({"pair", scan, scratch / "text.nii.gz"}, 3, "text.nii.gz");
  refused({"pair", scan, scratch / "absent.nii.gz"}, 3, "absent.nii.gz");
  refused({"pair", scan}, 2, "SECOND");
  refused({"pair", scan, other, "--days", "0"}, 2, "--days");
  refused({"pair", scan, other, "--out", scratch / "results"}, 2, "holds results of other participants (sub-07)");
}

}  // namespace
}  // namespace wane::cases
