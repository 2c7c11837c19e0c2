#include "pipeline/report/trial_reports.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pipeline/report/tables.h"
#include "tests/pipeline/report/reports_for_tests.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

ordered_json json_of(const std::vector<ReportText>& files, const std::string& path) {
  for (const auto& file : files)
    if (file.path == path) return ordered_json::parse(file.text);
  return nullptr;
}

std::vector<std::vector<std::string>> cells_of(const std::string& table) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) rows.back().push_back(cell);
  }
  return rows;
}

TEST(TrialReports, are_one_file_a_dose_group_one_of_the_trial_and_three_tables) {
  std::vector<std::string> paths;
  for (const auto& file : trial_reports(small_trial(), small_provenance())) paths.push_back(file.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"dose-groups/dose-A_atrophy.json", "dose-groups/dose-B-10-kg_atrophy.json",
                                             "dose-groups/dose-C_atrophy.json", "trial_atrophy.json", "volumes.tsv",
                                             "changes.tsv", "rates.tsv"}));
}

TEST(TrialReports, a_dose_group_has_its_summary_its_members_and_who_is_left_out) {
  const auto files = trial_reports(small_trial(), small_provenance());
  const auto group = json_of(files, "dose-groups/dose-A_atrophy.json");
  EXPECT_EQ(group["schema"], "wane/dose-group/1");
  EXPECT_EQ(group["dose_group"], "A");
  EXPECT_EQ(group["dose"], 5);
  EXPECT_EQ(group["dose_unit"], "million cells");
  const auto& brain = group["rates_percent_per_year"]["brain"];  // as in groups_test.cpp, from scipy
  EXPECT_EQ(brain.dump(),
            R"({"n":3,"mean":-0.8167,"standard_deviation":0.401,"median":-0.85,"interval_95":[-1.8129,0.1796],)"
            R"("minimum":-1.2,"maximum":-0.4})");
  ASSERT_EQ(group["participants"].size(), 3u);
  EXPECT_EQ(group["participants"][2]["participant_id"], "sub-3");
  EXPECT_EQ(group["participants"][2]["rates_percent_per_year"]["gray_matter"], -0.6);
  ASSERT_EQ(group["left_out"].size(), 1u);
  EXPECT_EQ(group["left_out"][0].dump(), R"({"participant_id":"sub-4","dose_group":"A","reason":"only one visit"})");

  const auto lone = json_of(files, "dose-groups/dose-B-10-kg_atrophy.json");
  EXPECT_EQ(lone["dose_group"], "B 10/kg");
  EXPECT_TRUE(lone["rates_percent_per_year"]["brain"]["interval_95"].is_null());
  EXPECT_EQ(lone["warnings"].size(), 1u);
  EXPECT_EQ(lone["left_out"].size(), 1u);

  const auto empty = json_of(files, "dose-groups/dose-C_atrophy.json");
  EXPECT_EQ(empty["rates_percent_per_year"]["brain"]["n"], 0);
  EXPECT_TRUE(empty["rates_percent_per_year"]["brain"]["mean"].is_null());
}

TEST(TrialReports, the_trial_has_every_group_the_direction_and_everybody_left_out) {
  const auto trial = json_of(trial_reports(small_trial(), small_provenance()), "trial_atrophy.json");
  ASSERT_EQ(trial["dose_groups"].size(), 3u);
  EXPECT_EQ(trial["dose_groups"][1]["file"], "dose-groups/dose-B-10-kg_atrophy.json");
  const auto& response = trial["dose_response"]["brain"];
  EXPECT_EQ(response["n"], 4);
  EXPECT_GT(response["spearman_rho"], 0);
  EXPECT_EQ(response["p_two_sided"], 0.5);  // the highest rate falls to the one at 10 by chance in 1 of 4, lowest alike
  EXPECT_EQ(response["p_method"], "exact");
  EXPECT_NE(response["sentence"].get<std::string>().find("Higher dose goes with less brain loss"), std::string::npos);
  EXPECT_EQ(trial["participants"].size(), 6u);
  ASSERT_EQ(trial["left_out"].size(), 4u);
  EXPECT_EQ(trial["left_out"][1]["reason"], "no dose group in participants.tsv");
  EXPECT_EQ(trial["warnings"][0], "A warning.");
}

TEST(TrialReports, an_empty_trial_is_reported_too) {
  const auto files = trial_reports({}, small_provenance());
  EXPECT_EQ(files.size(), 4u);
  const auto trial = json_of(files, "trial_atrophy.json");
  EXPECT_TRUE(trial["dose_groups"].empty());
  EXPECT_TRUE(trial["dose_unit"].is_null());
  EXPECT_NE(trial["dose_response"]["brain"]["sentence"].get<std::string>().find("there are 0"), std::string::npos);
}

TEST(TrialReports, the_same_trial_gives_the_same_bytes) {
  const auto first = trial_reports(small_trial(), small_provenance());
  const auto second = trial_reports(small_trial(), small_provenance());
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].text, second[i].text);
  for (const auto& file : first) EXPECT_EQ(file.text.find("nan"), std::string::npos) << file.path;
}

TEST(TrialReports, the_summary_for_the_terminal_says_direction_and_left_out) {
  const auto text = trial_summary(small_trial());
  EXPECT_NE(text.find("Dose group A, dose 5 million cells, n = 3, mean % per year:\n"
                      "  brain -0.82 (95 % interval -1.81 to +0.18)\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  brain -0.20\n"), std::string::npos);
  EXPECT_NE(text.find("Left out: sub-4, only one visit.\n"), std::string::npos);
}

TEST(DoseGroupFiles, have_safe_names_that_do_not_collide) {
  const std::vector<std::string> groups = {"A",   "a", "0.7 x10^6/kg",        "../../etc",           "B/1",
                                           "B-1", "é", std::string(200, 'x'), std::string(199, 'x'), "C"};
  auto labels = dose_group_file_labels(groups);
  EXPECT_EQ(labels[2], "0.7-x10-6-kg");
  EXPECT_EQ(labels[9], "C");
  for (const auto& label : labels) {
    EXPECT_EQ(label.find('/'), std::string::npos);
    EXPECT_LT(label.size(), 100u);
    EXPECT_GT(label.size(), 0u);
  }
  auto reversed_groups = groups;
  std::reverse(reversed_groups.begin(), reversed_groups.end());
  auto reversed = dose_group_file_labels(reversed_groups);
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(labels, reversed);
  for (auto& label : labels)
    std::transform(label.begin(), label.end(), label.begin(), [](unsigned char c) { return std::tolower(c); });
  std::sort(labels.begin(), labels.end());
  EXPECT_EQ(std::adjacent_find(labels.begin(), labels.end()), labels.end());
}

TEST(Tables, have_one_row_a_visit_a_change_and_a_participant) {
  const auto trial = small_trial();
  const auto volumes = cells_of(volumes_tsv(trial.reports));
  ASSERT_EQ(volumes.size(), 1u + 11u);
  EXPECT_EQ(volumes[1], (std::vector<std::string>{"sub-1", "A", "5", "ses-01", "0", "1200.123", "700.000", "500.500",
                                                  "300.000", "1500.000"}));
  EXPECT_EQ(volumes[7],
            (std::vector<std::string>{"sub-4", "A", "5", "ses-01", "n/a", "1.000", "2.000", "3.000", "4.000", "n/a"}));
  const auto changes = cells_of(changes_tsv(trial.reports));
  ASSERT_EQ(changes.size(), 1u + 5u);
  EXPECT_EQ(changes[1], (std::vector<std::string>{"sub-1", "A", "5", "ses-01", "ses-02", "365.25", "-1.2000", "-1.8000",
                                                  "-0.6000", "0.1000", "0.2000", "0.1500"}));
  const auto rates = cells_of(rates_tsv(trial.reports, trial.left_out));
  ASSERT_EQ(rates.size(), 1u + 8u);
  EXPECT_EQ(rates[1], (std::vector<std::string>{"sub-1", "A", "5", "2", "-1.2000", "-1.8000", "-0.6000", "n/a"}));
  EXPECT_EQ(rates[4], (std::vector<std::string>{"sub-4", "A", "5", "1", "n/a", "n/a", "n/a", "only one visit"}));
  EXPECT_EQ(rates[6][1], "n/a");
  EXPECT_EQ(rates[8], (std::vector<std::string>{"sub-8", "C", "n/a", "0", "n/a", "n/a", "n/a", "not measured"}));
  for (const auto* table : {&volumes, &changes, &rates})
    for (const auto& row : *table) EXPECT_EQ(row.size(), table->front().size());
}

TEST(Tables, text_cannot_break_the_columns) {
  auto report = report_with_one_visit("sub-1", "A\tB\nC");
  EXPECT_EQ(cells_of(volumes_tsv({report}))[1][1], "A B C");
}

TEST(WhyNoRate, names_what_is_missing) {
  auto report = report_with_two_visits("sub-1", "A", 5, -1);
  EXPECT_EQ(why_no_rate(report), "");
  report.rates_percent_per_year.reset();
  report.visits[1].days = 0;
  EXPECT_EQ(why_no_rate(report), "all visits have the same date");
  report.visits[1].days.reset();
  EXPECT_EQ(why_no_rate(report), "fewer than two visits have a date");
  report.changes.clear();
  EXPECT_EQ(why_no_rate(report), "no change was measured");
  report.visits.pop_back();
  EXPECT_EQ(why_no_rate(report), "only one visit");
}

}  // namespace
}  // namespace wane
