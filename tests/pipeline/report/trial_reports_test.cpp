#include "pipeline/report/trial_reports.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "pipeline/report/tables.h"
#include "pipeline/report/words.h"
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

TEST(TrialReports, are_one_file_a_dose_group_one_of_the_trial_and_the_tables) {
  std::vector<std::string> paths;
  for (const auto& file : trial_reports(analyse(small_trial()), small_provenance())) paths.push_back(file.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"dose-groups/dose-A_atrophy.json",
                                             "dose-groups/dose-B-10-kg_atrophy.json",
                                             "dose-groups/dose-C_atrophy.json",
                                             "trial_atrophy.json",
                                             "volumes.tsv",
                                             "volumes.json",
                                             "volumes_long.tsv",
                                             "volumes_long.json",
                                             "changes.tsv",
                                             "changes.json",
                                             "changes_long.tsv",
                                             "changes_long.json",
                                             "rates.tsv",
                                             "rates.json",
                                             "rates_long.tsv",
                                             "rates_long.json",
                                             "visits.tsv",
                                             "visits.json",
                                             "dose_groups.tsv",
                                             "dose_groups.json",
                                             "dose_tests.tsv",
                                             "dose_tests.json",
                                             "next_trial.tsv",
                                             "next_trial.json"}));
}

TEST(TrialReports, a_dose_group_has_its_summary_its_members_and_who_is_left_out) {
  const auto files = trial_reports(analyse(small_trial()), small_provenance());
  const auto group = json_of(files, "dose-groups/dose-A_atrophy.json");
  EXPECT_EQ(group["schema"], "wane/dose-group/1");
  EXPECT_EQ(group["dose_group"], "A");
  EXPECT_EQ(group["dose"], 5);
  EXPECT_EQ(group["dose_unit"], "million cells");
  const auto& brain = group["rates_percent_per_year"]["brain"];  // as in groups_test.cpp, from scipy
  EXPECT_EQ(brain.dump(),
            R"({"n":3,"mean":-0.8167,"standard_deviation":0.401,"median":-0.85,"interval_95":[-1.8129,0.1796],)"
            R"("minimum":-1.2,"maximum":-0.4,)"
            R"("bootstrap_interval_95":{"interval":[-1.2,-0.4],"method":"BCa, all 27 resamples"}})");
  ASSERT_EQ(group["participants"].size(), 3u);
  EXPECT_EQ(group["participants"][2]["participant_id"], "sub-3");
  EXPECT_EQ(group["participants"][2]["rates_percent_per_year"]["gray_matter"], -0.6);
  ASSERT_EQ(group["left_out"].size(), 1u);
  EXPECT_EQ(group["left_out"][0].dump(),
            R"({"participant_id":"sub-4","dose_group":"A","reason":"only one visit","dose":5})");

  const auto lone = json_of(files, "dose-groups/dose-B-10-kg_atrophy.json");
  EXPECT_EQ(lone["dose_group"], "B 10/kg");
  EXPECT_TRUE(lone["rates_percent_per_year"]["brain"]["interval_95"].is_null());
  EXPECT_EQ(lone["warnings"].size(), 1u);
  EXPECT_EQ(lone["left_out"].size(), 1u);

  const auto empty = json_of(files, "dose-groups/dose-C_atrophy.json");
  EXPECT_EQ(empty["rates_percent_per_year"]["brain"]["n"], 0);
  EXPECT_TRUE(empty["rates_percent_per_year"]["brain"]["mean"].is_null());
}

TEST(TrialReports, the_table_of_visits_counts_everybody_whom_the_completed_visits_count) {
  Trial trial = small_trial();
  trial.reports[0].visits[1].volumes_ml.brain = std::numeric_limits<double>::quiet_NaN();  // an unusable scan
  const auto files = trial_reports(analyse(trial), small_provenance());
  const auto is_table = [](const ReportText& file) { return file.path == "visits.tsv"; };
  const auto rows = cells_of(std::find_if(files.begin(), files.end(), is_table)->text);
  const std::vector<std::string> left_out = {"sub-8", "C", "24", "ses-01", "NA", "no", "no", "NA"};
  EXPECT_NE(std::find(rows.begin(), rows.end(), left_out), rows.end());
  const auto all = json_of(files, "trial_atrophy.json")["completed_visits"];
  ASSERT_FALSE(all.empty());
  const auto second = std::find_if(all.begin(), all.end(), [](const auto& count) {
    return count["session"] == "ses-02" && count["dose_group"] == "A";
  });
  ASSERT_NE(second, all.end());
  EXPECT_EQ((*second)["completed"], 2) << "sub-2 and sub-3; that of sub-1 was not measured";
  for (const auto& count : all) {
    const auto matching = [&](const std::string& completed) {
      return std::count_if(rows.begin(), rows.end(), [&](const std::vector<std::string>& row) {
        const std::string group = row[1] == "NA" ? "n/a" : row[1];
        return row[3] == count["session"] && group == count["dose_group"] && row[5] == completed;
      });
    };
    EXPECT_EQ(matching("yes"), count["completed"].get<int>()) << count;
    EXPECT_EQ(matching("yes") + matching("no"), count["participants"].get<int>()) << count;
  }
}

// An analysis of everybody who was given a dose is made from these tables.
TEST(TrialReports, who_is_left_out_keeps_dose_and_group_in_the_table_of_rates) {
  const auto files = trial_reports(analyse(small_trial()), small_provenance());
  const auto is_table = [](const ReportText& file) { return file.path == "rates.tsv"; };
  std::size_t found = 0;
  for (const auto& row : cells_of(std::find_if(files.begin(), files.end(), is_table)->text)) {
    if (row[0] != "sub-7" && row[0] != "sub-8") continue;
    ++found;
    EXPECT_EQ(row[1], row[0] == "sub-7" ? "B 10/kg" : "C");
    EXPECT_EQ(row[2], row[0] == "sub-7" ? "NA" : "24");
    EXPECT_EQ(row[3], "0");
  }
  EXPECT_EQ(found, 2u);
}

TEST(TrialReports, a_covariate_of_numbers_may_be_categories) {
  Trial trial = trial_with_dose_response();
  Covariate site{"site", {}, false};
  for (std::size_t i = 0; i < trial.reports.size(); ++i)
    site.value_of[trial.reports[i].participant_id] = std::to_string(1 + i % 3);
  const auto effects_with = [&](bool category) {
    site.category = category;
    trial.covariates = {site};
    return analyse(trial).measures[0].effect_names;
  };
  const auto as_number = effects_with(false), as_category = effects_with(true);
  EXPECT_NE(std::find(as_number.begin(), as_number.end(), "site"), as_number.end());
  EXPECT_NE(std::find(as_category.begin(), as_category.end(), "site = 2"), as_category.end());
  EXPECT_NE(std::find(as_category.begin(), as_category.end(), "site = 3"), as_category.end());
}

TEST(TrialReports, the_trial_has_every_group_the_direction_and_everybody_left_out) {
  const auto trial = json_of(trial_reports(analyse(small_trial()), small_provenance()), "trial_atrophy.json");
  ASSERT_EQ(trial["dose_groups"].size(), 3u);
  EXPECT_EQ(trial["dose_groups"][1]["file"], "dose-groups/dose-B-10-kg_atrophy.json");
  const auto& response = trial["dose_response"]["brain"];
  EXPECT_EQ(response["n"], 4);
  EXPECT_GT(response["spearman_rho"], 0);
  EXPECT_EQ(response["p_two_sided"], 0.5);  // the highest rate falls to the one at 10 by chance in 1 of 4, lowest alike
  EXPECT_EQ(response["p_method"], "exact (4 arrangements)");
  EXPECT_NE(response["sentence"].get<std::string>().find("Higher dose goes with less brain loss"), std::string::npos);
  EXPECT_EQ(trial["participants"].size(), 6u);
  ASSERT_EQ(trial["left_out"].size(), 4u);
  EXPECT_EQ(trial["left_out"][1]["reason"], "no dose group in participants.tsv");
  EXPECT_EQ(trial["warnings"][0], "A warning.");
}

TEST(TrialReports, an_empty_trial_is_reported_too) {
  const auto files = trial_reports(analyse({}), small_provenance());
  EXPECT_EQ(files.size(), 21u);
  const auto trial = json_of(files, "trial_atrophy.json");
  EXPECT_TRUE(trial["dose_groups"].empty());
  EXPECT_TRUE(trial["dose_unit"].is_null());
  EXPECT_NE(trial["dose_response"]["brain"]["sentence"].get<std::string>().find("there are 0"), std::string::npos);
}

TEST(TrialReports, the_same_trial_gives_the_same_bytes) {
  const auto first = trial_reports(analyse(small_trial()), small_provenance());
  const auto second = trial_reports(analyse(small_trial()), small_provenance());
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].text, second[i].text);
  for (const auto& file : first) EXPECT_EQ(file.text.find("nan"), std::string::npos) << file.path;
}

TEST(TrialReports, the_summary_for_the_terminal_says_direction_and_left_out) {
  const auto text = trial_summary(analyse(small_trial()));
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

std::vector<std::vector<std::string>> table_of(const TrialAnalysis& analysis, const std::string& name) {
  for (const TrialTable& table : trial_tables)
    if (table.name == name) return cells_of(table.make(analysis).text);
  return {};
}

TEST(Tables, have_one_row_a_visit_a_change_and_a_participant) {
  const auto analysis = analyse(small_trial());
  const auto volumes = table_of(analysis, "volumes");
  ASSERT_EQ(volumes.size(), 1u + 11u);
  EXPECT_EQ(volumes[1], (std::vector<std::string>{"sub-1", "A", "5", "ses-01", "0", "1200.123", "700.000", "500.500",
                                                  "300.000", "1500.000", "NA"}));
  EXPECT_EQ(volumes[7], (std::vector<std::string>{"sub-4", "A", "5", "ses-01", "NA", "1.000", "2.000", "3.000", "4.000",
                                                  "NA", "NA"}));
  const auto changes = table_of(analysis, "changes");
  ASSERT_EQ(changes.size(), 1u + 5u);
  EXPECT_EQ(changes[1],
            (std::vector<std::string>{"sub-1", "A", "5", "ses-01", "ses-02", "365.25", "-1.2000", "-1.8000", "-0.6000",
                                      "0.1000", "0.2000", "0.1500", "-1.0800", "-1.4400", "-0.6000", "yes", "NA"}));
  const auto rates = table_of(analysis, "rates");
  const auto first = [](std::vector<std::string> row) {
    row.resize(8);
    return row;
  };
  ASSERT_EQ(rates.size(), 1u + 8u);
  EXPECT_EQ(first(rates[1]), (std::vector<std::string>{"sub-1", "A", "5", "2", "-1.2000", "-1.8000", "-0.6000", "NA"}));
  EXPECT_EQ(rates[1][8], "0.1000") << "the standard error of one change over a year is its own";
  EXPECT_EQ(first(rates[4]), (std::vector<std::string>{"sub-4", "A", "5", "1", "NA", "NA", "NA", "only one visit"}));
  EXPECT_EQ(rates[6][1], "NA");
  EXPECT_EQ(first(rates[8]), (std::vector<std::string>{"sub-8", "C", "24", "0", "NA", "NA", "NA", "not measured"}));
  const auto visits = table_of(analysis, "visits");
  ASSERT_EQ(visits.size(), 1u + 12u + 4u) << "two sessions of six people measured and two left out";
  EXPECT_EQ(visits[8], (std::vector<std::string>{"sub-4", "A", "5", "ses-02", "NA", "no", "no", "NA"}));
}

TEST(Tables, every_row_has_every_column_and_every_column_its_description) {
  const auto analysis = analyse(trial_with_dose_response());
  for (const auto& [name, make] : trial_tables) {
    const TableText table = make(analysis);
    const auto rows = cells_of(table.text);
    const auto dictionary = ordered_json::parse(table.dictionary);
    EXPECT_GT(rows.size(), 1u) << name;
    for (const auto& row : rows) EXPECT_EQ(row.size(), rows.front().size()) << name;
    for (const auto& column : rows.front()) EXPECT_TRUE(dictionary[column].contains("Description")) << column;
  }
}

// The value of a column in the first row of a table whose first cell is `first`.
std::string cell_of(const std::vector<std::vector<std::string>>& table, const std::string& first,
                    const std::string& column) {
  const auto place = std::find(table[0].begin(), table[0].end(), column) - table[0].begin();
  for (const auto& row : table)
    if (row[0] == first) return row.at(static_cast<std::size_t>(place));
  return "no row";
}

TEST(Tables, long_twins_say_the_same_with_units_in_their_names) {
  const auto analysis = analyse(small_trial());
  const auto changes = table_of(analysis, "changes_long");
  ASSERT_EQ(changes.size(), 1u + 3 * 5u);
  EXPECT_EQ(changes[2], (std::vector<std::string>{"sub-1", "A", "5", "ses-01", "ses-02", "365.25", "gray_matter",
                                                  "-1.8000", "0.2000", "-1.4400", "0.3000", "yes", "NA"}));
  const auto rates = table_of(analysis, "rates_long");
  ASSERT_EQ(rates.size(), 1u + 3 * 8u);
  EXPECT_EQ(cell_of(rates, "sub-2", "rate_percent_per_year"), "-0.8500");
  EXPECT_EQ(cell_of(rates, "sub-2", "standard_error_percent_per_year"), "0.1000");
  EXPECT_EQ(cell_of(rates, "sub-8", "dose"), "24") << "left out, and of a dose group all the same";
  EXPECT_EQ(cell_of(rates, "sub-8", "no_rate_because"), "not measured");
  EXPECT_EQ(table_of(analysis, "volumes_long").size(), 1u + 5 * 11u);
  EXPECT_EQ(cell_of(table_of(analysis, "dose_groups"), "A", "mean_percent_per_year"), "-0.8167");
}

TEST(Tables, columns_of_the_participants_stand_beside_the_rates_and_never_while_blinded) {
  Trial trial = small_trial();
  trial.other_columns = {{"age", {{"sub-1", "61"}, {"sub-8", "89+"}}}, {"visits", {{"sub-1", "many"}}}};
  for (const char* name : {"rates", "rates_long"}) {
    const auto table = table_of(analyse(trial), name);
    EXPECT_EQ(cell_of(table, "sub-1", "age"), "61");
    EXPECT_EQ(cell_of(table, "sub-2", "age"), "NA");
    EXPECT_EQ(cell_of(table, "sub-8", "age"), "89+") << "also of those who are left out";
    EXPECT_EQ(cell_of(table, "sub-1", "visits"), "2");
    EXPECT_EQ(cell_of(table, "sub-1", "participants_visits"), "many") << "no column twice";
  }
  trial.blinded = true;
  for (const auto& [name, make] : trial_tables)
    EXPECT_EQ(make(analyse(trial)).text.find("age"), std::string::npos) << name;
}

TEST(Tables, every_dictionary_entry_stands_alone) {
  const auto analysis = analyse(trial_with_dose_response());
  for (const auto& [name, make] : trial_tables) {
    const auto dictionary = ordered_json::parse(make(analysis).dictionary);
    for (const auto& [column, entry] : dictionary.items()) {
      if (!entry.is_object()) continue;
      const std::string text = entry["Description"];
      for (const char* start : {"its ", "of ", "on ", "between ", "adjusted "})
        EXPECT_NE(text.find(start), 0u) << name << ", " << column << ": " << text;
    }
  }
}

// The scatter of the rates around the trend.
void scatter_rates(Trial& trial, double factor, double standard_error) {
  for (std::size_t i = 0; i < trial.reports.size(); ++i) {
    auto& change = trial.reports[i].changes[0];
    const double brain = -1 + 0.02 * *trial.reports[i].dose + factor * static_cast<double>(int(i * 5 % 7) - 3);
    change.percent = {brain, 1.5 * brain, 0.5 * brain};
    change.standard_error = {standard_error, standard_error, standard_error};
  }
}

TEST(NextTrial, rests_on_this_trial_where_it_tells_and_else_on_a_named_published_value) {
  Trial trial = trial_with_dose_response();
  scatter_rates(trial, 0.2, 0.01);
  const auto own = analyse(trial).measures[0];
  EXPECT_EQ(own.planned_sd.source, SdSource::this_trial) << own.planned_sd.why;
  EXPECT_EQ(own.planned_sd.percent_per_year, own.between_sd->estimate);

  scatter_rates(trial, 0.02, 0.4);  // as in the sample trial: errors stated much larger than the scatter
  const auto analysis = analyse(trial);
  const auto& brain = analysis.measures[0];
  EXPECT_EQ(brain.between_sd->estimate, 0);
  EXPECT_EQ(brain.planned_sd.source, SdSource::published);
  EXPECT_EQ(brain.planned_sd.percent_per_year, 0.498);
  EXPECT_FALSE(brain.planned_sd.is_lower_bound);
  EXPECT_NE(brain.planned_sd.why.find("Chataway et al. 2014"), std::string::npos) << brain.planned_sd.why;
  for (const auto m : {1u, 2u}) {
    EXPECT_TRUE(analysis.measures[m].planned_sd.is_lower_bound) << "published of the whole brain";
    EXPECT_NE(analysis.measures[m].planned_sd.why.find("lower bounds"), std::string::npos);
  }
  ASSERT_FALSE(brain.next_trials.empty());
  for (const auto& next : brain.next_trials) EXPECT_GE(next.per_group.value(), 2u);
  EXPECT_EQ(cell_of(table_of(analysis, "next_trial"), "gray_matter", "is_lower_bound"), "yes");

  trial.options.next_between_sd = 0.8;
  const auto given = analyse(trial).measures[1];
  EXPECT_EQ(given.planned_sd.source, SdSource::option);
  EXPECT_EQ(given.planned_sd.percent_per_year, 0.8);
  EXPECT_FALSE(given.planned_sd.is_lower_bound);
}

TEST(NextTrial, an_uncertain_estimate_above_the_published_value_is_not_replaced_by_it) {
  Trial trial = trial_with_dose_response();
  scatter_rates(trial, 0.6, 1.2);
  const auto brain = analyse(trial).measures[0];
  ASSERT_EQ(*brain.between_sd->interval_95_low, 0);
  ASSERT_GT(brain.between_sd->estimate, 0.498);
  EXPECT_EQ(brain.planned_sd.source, SdSource::this_trial) << brain.planned_sd.why;
}

TEST(Sentences, say_where_no_p_of_the_design_reaches_the_level) {
  Trial trial;
  for (const double dose : {0.7, 1.4, 2.8})
    trial.reports.push_back(
        report_with_two_visits("sub-" + std::to_string(int(10 * dose)), "A", dose, -2 + 0.5 * dose));
  const auto analysis = analyse(trial);
  const auto sentence = response_sentence(analysis, 0);
  EXPECT_NE(sentence.find("cannot give a p below 0.1667, so that it misses a trend of any size at alpha 0.05."),
            std::string::npos)
      << sentence;
  EXPECT_EQ(sentence.find("80 % power"), std::string::npos) << sentence;
  EXPECT_FALSE(analysis.measures[0].response.linear.detectable_slope);
}

TEST(Tables, text_cannot_break_the_columns) {
  Trial trial;
  trial.reports = {report_with_one_visit("sub-1", "A\tB\nC")};
  EXPECT_EQ(table_of(analyse(trial), "volumes")[1][1], "A B C");
}

TEST(Sentences, name_direction_size_interval_p_and_power) {
  const auto sentence = response_sentence(analyse(trial_with_dose_response()), 0);
  EXPECT_EQ(sentence.find("Higher dose goes with less brain loss: the loss is smaller by 0."), 0u) << sentence;
  for (const char* part :
       {"% per year for each 10 million cells (95 % interval 0.", " smaller); linear contrast, exact p",
        "two-sided, n = 12 (exploratory). This design has 80 % power to detect a trend of 0.",
        "for each 10 million cells; smaller trends would often be missed."})
    EXPECT_NE(sentence.find(part), std::string::npos) << part << " in " << sentence;
}

TEST(Sentences, swapped_doses_say_the_reverse) {
  const auto sentence = response_sentence(analyse(trial_with_dose_response(true)), 1);
  EXPECT_EQ(sentence.find("Higher dose goes with more gray matter loss: the loss is larger by "), 0u) << sentence;
  EXPECT_NE(sentence.find(" larger); linear contrast"), std::string::npos) << sentence;
}

TEST(Sentences, what_chance_explains_is_said_so) {
  auto trial = trial_with_dose_response();
  for (std::size_t i = 0; i < trial.reports.size(); ++i) trial.reports[i].dose = i % 3 == 0 ? 5 : i % 3 == 1 ? 10 : 24;
  const auto sentence = response_sentence(analyse(trial), 0);
  EXPECT_NE(sentence.find("the trend is compatible with chance"), std::string::npos) << sentence;
}

TEST(Plan, names_the_primary_analysis_and_leaves_the_rest_exploratory) {
  auto trial = trial_with_dose_response();
  trial.plan.file = PlanFile{
      parse_analysis_plan(R"({"measure": "gray_matter", "test": "jonckheere", "scale": "log"})", "analysis_plan.json"),
      "analysis_plan.json", std::string(64, 'c')};
  const auto report = json_of(trial_reports(analyse(trial), small_provenance()), "trial_atrophy.json");
  EXPECT_EQ(report["dose_response"]["gray_matter"]["tests"]["jonckheere"]["role"], "primary");
  EXPECT_TRUE(report["dose_response"]["gray_matter"]["tests"]["jonckheere"]["p_holm_across_measures"].is_null());
  EXPECT_EQ(report["dose_response"]["brain"]["tests"]["jonckheere"]["role"], "exploratory");
  const auto& brain = report["dose_response"]["brain"]["tests"]["jonckheere"];
  EXPECT_GE(brain["p_holm_across_measures"].get<double>(), brain["p"].get<double>());
  EXPECT_FALSE(report["analysis_plan"]["changed_since_fixed"].get<bool>());
  EXPECT_NE(report["dose_response"]["gray_matter"]["sentence"].get<std::string>().find("for each doubling of the dose"),
            std::string::npos);
  const std::string sentence = report["sentence"];
  EXPECT_EQ(sentence.find("Primary analysis: gray matter, Jonckheere-Terpstra test, log scale of dose"), 0u)
      << sentence;
  EXPECT_NE(sentence.find("(primary analysis)."), std::string::npos);
  EXPECT_EQ(sentence.find("white matter loss"), std::string::npos) << "only the primary measure";

  trial.options.scale = "rank";
  EXPECT_NE(analyse(trial).trial.warnings.back().find("is the analysis plan's (log), not that of --scale (rank)"),
            std::string::npos);

  trial.plan.fixed_sha256 = std::string(64, 'd');
  const auto changed = json_of(trial_reports(analyse(trial), small_provenance()), "trial_atrophy.json");
  EXPECT_TRUE(changed["analysis_plan"]["changed_since_fixed"].get<bool>());
  EXPECT_NE(changed["analysis_plan"]["sentence"].get<std::string>().find("THE PLAN WAS CHANGED"), std::string::npos);
}

TEST(Plan, broken_plans_give_one_clear_sentence) {
  const auto refusal = [](const std::string& text) {
    try {
      parse_analysis_plan(text, "analysis_plan.json");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_NE(refusal("[1]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(refusal(R"({"measure": "brain"})").find("does not say which \"test\""), std::string::npos);
  EXPECT_NE(refusal(R"({"measure": "csf", "test": "linear"})").find("one of: brain, gray_matter, white_matter"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"measure": "brain", "test": "linear", "alpha": 5})").find("between 0 and 0.5"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"measure": "brain", "test": "linear", "tests": 1})").find("has a key \"tests\""),
            std::string::npos);
}

TEST(MixedModelOfTrial, two_visits_fall_back_to_a_random_intercept_and_agree_with_the_regression_of_changes) {
  const auto analysis = analyse(trial_with_dose_response());
  const auto& measure = analysis.measures[0];
  ASSERT_TRUE(measure.model) << measure.model_note;
  EXPECT_FALSE(measure.model->random_slope);
  EXPECT_NE(measure.model->note.find("only the intercept is random"), std::string::npos);
  // Log changes are within a few thousandths of percent changes here.
  EXPECT_NEAR(measure.model->effects[3].estimate, measure.response.slope.slope, 1e-3);
  EXPECT_NEAR(measure.model->effects[3].degrees_of_freedom, 10, 1e-2);
}

TEST(MixedModelOfTrial, covariates_are_adjusted_for_and_who_lacks_one_is_named) {
  auto trial = trial_with_dose_response();
  Covariate age{"age", {}}, site{"site", {}};
  for (std::size_t i = 0; i + 1 < trial.reports.size(); ++i) {
    age.value_of[trial.reports[i].participant_id] = std::to_string(40 + (i * 7) % 11);
    site.value_of[trial.reports[i].participant_id] = i % 2 ? "Milan" : "Terni";
  }
  trial.covariates = {age, site};
  const auto analysis = analyse(trial);
  const auto& measure = analysis.measures[0];
  ASSERT_TRUE(measure.model) << measure.model_note;
  EXPECT_EQ(measure.effect_names, (std::vector<std::string>{"intercept", "years", "dose", "dose x years", "age",
                                                            "age x years", "site = Terni", "site = Terni x years"}));
  EXPECT_NE(measure.model_note.find("sub-21"), std::string::npos);
}

TEST(Rates, a_later_baseline_leaves_people_out_with_the_reason) {
  auto trial = small_trial();
  trial.options.baseline_after_days = 100;
  const auto analysis = analyse(trial);
  ASSERT_FALSE(analysis.groups.left_out.empty());
  EXPECT_EQ(analysis.groups.left_out[0].reason, "fewer than two visits on or after day 100");
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
