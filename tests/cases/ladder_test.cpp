// wane validate plants, measures and reports a ladder. Few rungs, coarse and quick: whether it works, not how well.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

ProgramResult run_ladder(const fs::path& work) {
  return wane(
      {"validate", "--work", work, "--quick", "--rungs", "loss1p0,visits3,exchanged1", "--voxel", "2", "--sloppy"});
}

nlohmann::json row_of(const nlohmann::json& report, const std::string& kind) {
  for (const auto& row : report["accuracy"])
    if (row["kind"] == kind) return row;
  ADD_FAILURE() << "no row " << kind;
  return {};
}

void change_brain_percent(const fs::path& report_file, double percent) {
  // In the order of its members, which is compared when it is decided whether a report is up to date.
  auto report = nlohmann::ordered_json::parse(text_of(report_file));
  report["changes"][0]["percent"]["brain"] = percent;
  std::ofstream(report_file) << report.dump(2) << "\n";
}

void expect_schema(const fs::path& file) {
  if (std::system("/usr/bin/python3 -W ignore -c 'import jsonschema' >/dev/null 2>&1") != 0) {
    std::cerr << "python3-jsonschema is not installed: " << file << " is not held to its schema\n";
    return;
  }
  const std::string schema = std::string(WANE_BINARY_DIR) + "/share/wane/schemas/validation.schema.json";
  EXPECT_EQ(
      std::system(("/usr/bin/python3 -W ignore -m jsonschema -i '" + file.string() + "' '" + schema + "'").c_str()), 0);
}

TEST(Ladder, IsSimulatedMeasuredReportedAndResumed) {
  const broken::ScratchFolder scratch;
  const fs::path work = scratch / "work";
  const ProgramResult first = run_ladder(work);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(contains(first.err, "3 people with 7 visits")) << first.err;
  for (const char* file : {"accuracy.tsv", "accuracy.json", "planted_changes.tsv", "planted_changes.json",
                           "accuracy.md", "validation.json"})
    EXPECT_TRUE(fs::exists(work / file)) << file;
  expect_schema(work / "validation.json");
  EXPECT_TRUE(contains(first.out, text_of(work / "accuracy.md")));
  EXPECT_TRUE(contains(text_of(work / "accuracy.tsv"), "\nloss of brain\tbrain\t1\t"));

  const nlohmann::json report = json_of(work / "validation.json");
  ASSERT_EQ(report["changes"].size(), 4U) << "one of two visits, its exchange, and two of three visits";
  EXPECT_EQ(row_of(report, "all")["n"], 3) << "exchanged visits do not count";
  for (const auto& change : report["changes"]) {
    const double planted = change["planted"]["brain"], measured = change["measured"]["brain"];
    EXPECT_LT(std::abs(measured - planted), 0.75 * std::abs(planted)) << change.dump();
  }
  EXPECT_EQ(report["inverse_consistency"]["n"], 1);
  EXPECT_LE(report["inverse_consistency"]["worst"]["brain"], 0.02);
  EXPECT_EQ(report["transitivity"]["n"], 1);
  EXPECT_LE(report["transitivity"]["worst"]["brain"], 0.05);
  EXPECT_TRUE(report["options"]["ladder"]["quick"]);

  // Resumed, with a person who had not been finished and a report that says something else.
  const auto scan = scan_of(work / "dataset", "sub-01visits3", "ses-01");
  const auto before = fs::last_write_time(scan);
  fs::remove_all(work / "dataset/sub-01exchanged1");
  change_brain_percent(work / "out/sub-01loss1p0/sub-01loss1p0_atrophy.json", 5);
  const ProgramResult second = run_ladder(work);
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(fs::last_write_time(scan), before);
  EXPECT_TRUE(contains(second.err, "sub-01exchanged1 is up to date")) << "the same visits were simulated again";
  const nlohmann::json altered = json_of(work / "validation.json");
  EXPECT_NEAR(row_of(altered, "loss of brain")["brain"]["mean_absolute_error"].get<double>(), 6.005, 0.01);
  EXPECT_EQ(row_of(altered, "loss of brain")["brain"]["coverage_95_percent"], 0);
  EXPECT_EQ(row_of(altered, "loss of brain")["gray_matter"], row_of(report, "loss of brain")["gray_matter"]);
  EXPECT_GT(altered["inverse_consistency"]["worst"]["brain"], 3);

  const ProgramResult fit = wane({"validate", "--fit", work, "--model", scratch / "model.json"});
  EXPECT_EQ(fit.exit_code, 3) << fit.err;
  EXPECT_TRUE(contains(fit.err, "different heads")) << fit.err;
  EXPECT_FALSE(fs::exists(scratch / "model.json"));
}

TEST(Ladder, WhatCannotBeIsSaidBeforeAnythingIsMade) {
  const broken::ScratchFolder scratch;
  const fs::path work = scratch / "work";
  const auto refused = [&](const std::vector<std::string>& more, int exit_code, const std::string& said) {
    std::vector<std::string> arguments = {"validate", "--work", work};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = wane(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_TRUE(contains(result.err, said)) << result.err;
    EXPECT_FALSE(fs::exists(work));
  };
  refused({"--rungs", "sideways"}, 2, "no rung \"sideways\"");
  refused({"--head", "a.nii", "--head", "b.nii", "--brain", "c.nii"}, 2, "each head needs its own");
  refused({"--brain", "c.nii"}, 2, "--head");
  refused({"--voxel", "40"}, 2, "between 0.5 and 4 mm");
  refused({"--template", scratch / "absent", "--quick"}, 3, "absent");
  refused({"--head", scratch / "absent.nii"}, 3, "absent.nii");
  refused({"--out", scratch / "o", "--truth", scratch / "t"}, 2, "--work");
}

}  // namespace
}  // namespace wane::cases
