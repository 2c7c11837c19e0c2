// The JSON that Wane writes against the JSON Schema files that it ships, by an independent validator
// (Debian: python3-jsonschema).
#include <gtest/gtest.h>

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
