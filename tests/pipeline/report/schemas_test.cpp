// The JSON that Wane writes against the JSON Schema files that it ships, by an independent validator
// (Debian: python3-jsonschema).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pipeline/report/participant_json.h"
#include "pipeline/report/trial_reports.h"
#include "tests/pipeline/report/reports_for_tests.h"
#include "tests/pipeline/report/schemas_for_tests.h"

namespace wane {
namespace {

TEST_F(Schemas, participant_reports_conform) {
  for (const auto& report : small_trial().reports)
    EXPECT_TRUE(conforms(participant_json_text(report, small_provenance()), "participant")) << report.participant_id;
}

TEST_F(Schemas, trial_and_dose_group_reports_conform) {
  for (const Trial& trial : {small_trial(), trial_with_dose_response(), Trial()})
    for (const auto& file : trial_reports(analyse(trial), small_provenance())) {
      if (!file.path.ends_with("_atrophy.json")) continue;
      EXPECT_TRUE(conforms(file.text, file.path == "trial_atrophy.json" ? "trial" : "dose-group")) << file.text;
    }
}

TEST_F(Schemas, the_dose_of_participants_left_out_is_a_number_or_null) {
  for (const auto& file : trial_reports(analyse(small_trial()), small_provenance())) {
    if (!file.path.ends_with("_atrophy.json")) continue;
    auto report = nlohmann::ordered_json::parse(file.text);
    if (report["left_out"].empty()) continue;
    report["left_out"][0]["dose"] = "24";
    EXPECT_FALSE(conforms(report.dump(), file.path == "trial_atrophy.json" ? "trial" : "dose-group")) << file.path;
  }
}

TEST_F(Schemas, blinded_trial_reports_conform_and_must_not_name_a_group) {
  Trial trial = small_trial();
  trial.blinded = true;
  trial.blinded_groups = {"group-1", "group-2"};
  trial.decisions = InputFile{"quality_decisions.tsv", "", std::string(64, 'd')};
  Provenance provenance = small_provenance();
  provenance.inputs = {{"participants.tsv", "", std::string(64, 'b')}};
  const auto files = trial_reports(analyse(trial), provenance);
  EXPECT_TRUE(files.front().path == "trial_atrophy.json") << "there are no reports of dose groups";
  const auto report = nlohmann::ordered_json::parse(files.front().text);
  EXPECT_TRUE(conforms(report.dump(), "trial")) << files.front().text;
  auto edited = report;
  edited["participants"][0]["dose_group"] = "group-1";
  EXPECT_FALSE(conforms(edited.dump(), "trial")) << "somebody's group";
  edited = report;
  edited["dose_groups"][0]["rates_percent_per_year"] = nullptr;
  EXPECT_FALSE(conforms(edited.dump(), "trial")) << "a mean";
  edited = report;
  edited["dose_groups"][0]["participants"] = 4;
  EXPECT_FALSE(conforms(edited.dump(), "trial")) << "the size of a group";
  edited = report;
  edited["inputs"][0].erase("hmac_sha256");
  EXPECT_FALSE(conforms(edited.dump(), "trial")) << "an input without any hash";
  edited = report;
  edited.erase("log");
  EXPECT_FALSE(conforms(edited.dump(), "trial")) << "without the log's head";
}

TEST_F(Schemas, a_response_without_its_tests_does_not_conform) {
  for (const auto& file : trial_reports(analyse(trial_with_dose_response()), small_provenance())) {
    if (file.path != "trial_atrophy.json") continue;
    auto edited = file.text;
    edited.replace(edited.find("\"tests\""), 7, "\"guess\"");
    EXPECT_FALSE(conforms(edited, "trial"));
  }
}

TEST_F(Schemas, analysis_plans_that_are_read_conform) {
  const std::string plan =
      R"({"measure": "gray_matter", "test": "linear", "scale": "rank", "alpha": 0.05, "sides": "two"})";
  EXPECT_EQ(parse_analysis_plan(plan, "x").scale, DoseScale::rank);
  EXPECT_TRUE(conforms(plan, "analysis-plan"));
  EXPECT_FALSE(conforms(R"({"measure": "gray_matter"})", "analysis-plan"));
}

TEST_F(Schemas, other_reports_do_not_conform) {
  const auto participant = participant_json_text(small_trial().reports.front(), small_provenance());
  EXPECT_FALSE(conforms(participant, "trial"));
  EXPECT_FALSE(conforms(participant, "dose-group"));
  EXPECT_FALSE(conforms("{}", "participant"));
  auto edited = participant;
  edited.replace(edited.find("negative = loss"), 8, "positive");
  EXPECT_FALSE(conforms(edited, "participant"));
}

}  // namespace
}  // namespace wane
