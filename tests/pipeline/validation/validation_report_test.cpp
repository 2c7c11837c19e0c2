#include "pipeline/validation/validation_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/pipeline/report/schemas_for_tests.h"

namespace wane {
namespace {

ComparedParticipant participant(const std::string& id, double planted, double measured) {
  ComparedChange change;
  change.from = "ses-01";
  change.to = "ses-02";
  change.planted = {planted, planted, planted};
  change.measured = {measured, measured - 0.1, measured + 0.1};
  change.standard_error = TissueValues{0.06, 0.06, 0.06};
  change.planted_drift_percent = 0.5;
  change.measured_drift_percent = 0.47;
  return {id, "-", {change}, true, {}};
}

// A loss, the same with its visits exchanged, nothing planted, and somebody with three visits.
ValidationReport small_report() {
  TruthComparison comparison;
  comparison.participants = {participant("sub-01loss", -1, -0.9), participant("sub-01exchanged", 1, 0.93),
                             participant("sub-01zero", 0, 0.2), participant("sub-01visits", -1, -1)};
  comparison.participants.back().transitivity_gaps = {{0.01, 0.02, 0.03}, {0.02, 0.01, 0.03}};
  comparison.missing = {"sub-01gone: no report in out"};
  comparison.inputs = {{"truth/sub-01loss.json", std::string(64, 'a')}};
  return validation_report(comparison, {{"sub-01loss", {"loss of brain", "loss", "01", ""}},
                                        {"sub-01exchanged", {"exchanged visits", "exchanged", "01", "sub-01loss"}},
                                        {"sub-01zero", {"zero change", "zero", "01", ""}},
                                        {"sub-01visits", {"loss of brain", "visits", "01", ""}}});
}

TEST(ValidationReport, HasARowForEachKindInTheirOrderAndExchangedVisitsInNone) {
  const ValidationReport report = small_report();
  ASSERT_EQ(report.kinds.size(), 2U);
  EXPECT_EQ(report.kinds[0].kind, "loss of brain");
  EXPECT_EQ(report.kinds[0].tissue[0].n, 2U);
  EXPECT_NEAR(report.kinds[0].tissue[0].mean_absolute_error, 0.05, 1e-12);
  EXPECT_NEAR(report.kinds[1].tissue[1].worst, 0.1, 1e-12);
  EXPECT_EQ(report.all[0].n, 3U);
  EXPECT_NEAR(report.all[0].worst, 0.2, 1e-12);
  EXPECT_NEAR(report.all[0].coverage_95_percent.value(), 200.0 / 3, 1e-9);
}

TEST(ValidationReport, GivesTheWorstOfInverseConsistencyTransitivityAndDrift) {
  const ValidationReport report = small_report();
  ASSERT_TRUE(report.inverse && report.transitivity && report.drift);
  EXPECT_EQ(report.inverse->n, 1U);
  EXPECT_NEAR(report.inverse->worst.brain, 0.03, 1e-12);
  EXPECT_EQ(report.transitivity->n, 2U);
  EXPECT_EQ(report.transitivity->worst.brain, 0.02);
  EXPECT_EQ(report.transitivity->worst.gray_matter, 0.02);
  EXPECT_NEAR(report.drift->worst, 0.03, 1e-12);
}

TEST(ValidationReport, WithoutALadderThereIsTheRowOfAll) {
  TruthComparison comparison;
  comparison.participants = {participant("sub-01", -1, -0.9)};
  const ValidationReport report = validation_report(comparison);
  EXPECT_TRUE(report.kinds.empty());
  EXPECT_FALSE(report.inverse || report.transitivity);
  const auto json = nlohmann::json::parse(validation_json_text(report, {}, {"0.1.0", "{}", {}}));
  ASSERT_EQ(json["accuracy"].size(), 1U);
  EXPECT_EQ(json["accuracy"][0]["kind"], "all");
  EXPECT_TRUE(json["inverse_consistency"].is_null());
  EXPECT_TRUE(json["changes"][0]["kind"].is_null());
}

TEST(ValidationReport, TheJsonHoldsTheFiguresTheChangesAndTheirSource) {
  const auto json = nlohmann::json::parse(
      validation_json_text(small_report(), {{"01", "a/head.nii", "", true}}, {"0.1.0", R"({"a": 1})", {}}));
  EXPECT_EQ(json["schema"], "wane/validation/1");
  EXPECT_EQ(json["sign_convention"], "negative = loss");
  EXPECT_EQ(json["accuracy"][0]["brain"]["mean_absolute_error"], 0.05);
  EXPECT_TRUE(json["accuracy"][1]["brain"]["slope"].is_null());
  EXPECT_EQ(json["accuracy"][2]["kind"], "all");
  EXPECT_EQ(json["changes"].size(), 4U);
  EXPECT_EQ(json["changes"][1]["rung"], "exchanged");
  EXPECT_EQ(json["missing"][0], "sub-01gone: no report in out");
  EXPECT_TRUE(json["heads"][0]["brain"].is_null());
  EXPECT_EQ(json["options"]["a"], 1);
}

TEST_F(Schemas, validation_reports_conform_and_altered_ones_do_not) {
  const std::string text = validation_json_text(small_report(), {{"01", "a/head.nii", "", true}}, {"0.1.0", "{}", {}});
  EXPECT_TRUE(conforms(text, "validation")) << text;
  EXPECT_FALSE(conforms(text, "participant"));
  auto edited = text;
  edited.replace(edited.find("\"slope\""), 7, "\"slant\"");
  EXPECT_FALSE(conforms(edited, "validation"));
  TruthComparison comparison;
  comparison.participants = {participant("sub-01", -1, -0.9)};
  EXPECT_TRUE(conforms(validation_json_text(validation_report(comparison), {}, {"0.1.0", "{}", {}}), "validation"));
}

TEST(ValidationReport, TablesHaveARowForEachTissueAndTheDictionaryTheirColumns) {
  const std::pair<TableText, std::size_t> tables[] = {{accuracy_table(small_report()), 9},
                                                      {planted_changes_table(small_report()), 12}};
  for (const auto& [table, expected_rows] : tables) {
    std::istringstream lines(table.text);
    std::string header, line;
    std::getline(lines, header);
    const auto tabs = std::count(header.begin(), header.end(), '\t');
    std::size_t rows = 0;
    for (; std::getline(lines, line); ++rows) EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), tabs) << line;
    EXPECT_EQ(rows, expected_rows);
    const auto dictionary = nlohmann::json::parse(table.dictionary);
    std::istringstream names(header);
    for (std::string name; std::getline(names, name, '\t');) EXPECT_TRUE(dictionary.contains(name)) << name;
  }
}

TEST(ValidationReport, TheTableToReadHasEveryKindForEveryTissue) {
  const std::string text = accuracy_markdown(small_report());
  std::size_t found = 0;
  for (auto at = text.find("| zero change"); at != std::string::npos; at = text.find("| zero change", at + 1)) ++found;
  EXPECT_EQ(found, 3U);
  EXPECT_NE(text.find("abs(c12 + c21)"), std::string::npos);
  EXPECT_NE(text.find("0.030 |       "), std::string::npos) << text;
}

}  // namespace
}  // namespace wane
