#include "pipeline/report/pages.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/pipeline/report/reports_for_tests.h"
#include "tests/pipeline/report/schemas_for_tests.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

std::string trial_report_text(const TrialAnalysis& analysis) {
  for (const auto& file : trial_reports(analysis, small_provenance()))
    if (file.path == "trial_atrophy.json") return file.text;
  return "";
}

ordered_json trial_page(const Trial& trial, const std::set<std::string>& with_page = {}) {
  const TrialAnalysis analysis = analyse(trial);
  return trial_page_json(analysis, ordered_json::parse(trial_report_text(analysis)), with_page,
                         methods_of(analysis, {}));
}

std::string no_picture(const std::string&) {
  return "";
}

TEST(page_html, data_stand_in_the_place_of_the_first_marker_alone) {
  EXPECT_EQ(page_html("<a>/*WANE-DATA*/</a>/*WANE-DATA*/", {{"n", 1}}), "<a>{\"n\":1}</a>/*WANE-DATA*/");
  EXPECT_THROW(page_html("<a></a>", {}), std::logic_error);
}

TEST(page_html, no_text_ends_its_element_and_every_text_comes_back) {
  const std::string evil = "</script><!--<b>&amp;\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xA6\"\\";
  const std::string page = page_html("/*WANE-DATA*/", {{evil, evil}});
  for (const char* part : {"<", ">", "&", "\xE2\x80\xA8", "\xE2\x80\xA9"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  EXPECT_EQ(ordered_json::parse(page), ordered_json({{evil, evil}}));
}

TEST(page_html, bytes_that_are_not_utf8_do_not_stop_it) {
  EXPECT_NO_THROW(page_html("/*WANE-DATA*/", {{"note", "\xB5g"}}));
}

TEST(trial_page, everybody_is_listed_with_the_reason_where_there_is_no_rate) {
  const auto page = trial_page(small_trial(), {"sub-1"});
  ASSERT_EQ(page["participants"].size(), 8U);
  EXPECT_EQ(page["participants"][0]["page"], "sub-1.html");
  EXPECT_TRUE(page["participants"][1]["page"].is_null());
  EXPECT_TRUE(page["participants"][0]["left_out_because"].is_null());
  EXPECT_EQ(page["participants"][3]["left_out_because"], "Only one visit.");
  EXPECT_EQ(page["participants"][6]["left_out_because"], "No T1w scan that can be used in sub-7.");
  EXPECT_TRUE(page["participants"][6]["verdict"].is_null());
  EXPECT_EQ(page["participants"][7]["dose"], 24);
}

TEST(trial_page, rates_are_those_of_the_report) {
  const auto page = trial_page(trial_with_dose_response());
  for (std::size_t i = 0; i < 12; ++i) {
    const auto &shown = page["participants"][i], &reported = page["trial"]["participants"][i];
    EXPECT_EQ(shown["participant_id"], reported["participant_id"]);
    EXPECT_EQ(shown["rates_percent_per_year"], reported["rates_percent_per_year"]);
    EXPECT_EQ(shown["rate_intervals_95"]["brain"], reported["rate_intervals"]["brain"]["rate"]["interval_95"]);
  }
}

TEST(trial_page, while_blinded_no_group_has_a_mean) {
  Trial trial = small_trial();
  ASSERT_TRUE(trial_page(trial)["trial"]["dose_groups"][0].contains("rates_percent_per_year"));
  trial.blinded = true;
  trial.reports[1].changes[0].quality.checks = {{"noise", 1, 1, Verdict::fail, "Noisy."}};
  const auto page = trial_page(trial);
  for (const auto& group : page["trial"]["dose_groups"]) EXPECT_FALSE(group.contains("rates_percent_per_year"));
  EXPECT_FALSE(page["trial"]["with_excluded"].contains("dose_groups"));
}

TEST(quality_page, the_worst_of_visit_pairs_and_person_comes_first) {
  ParticipantReport good = report_with_two_visits("sub-1", "A", 5, -1),
                    warned = report_with_two_visits("sub-2", "A", 5, -1),
                    failed = report_with_two_visits("sub-3", "A", 5, -1);
  warned.visits[1].quality.checks = {{"noise", 1, 1, Verdict::warn, "Noisy."}};
  failed.changes[0].quality.checks = {{"same_person", 1, 1, Verdict::fail, "Another person."},
                                      {"interval", 1, 1, Verdict::pass, ""}};
  std::vector<QualityVisit> all;
  for (const auto& report : {good, warned, failed})
    for (auto& visit : quality_visits(report, report, true, false, no_picture)) all.push_back(visit);
  const auto page = quality_page_json(all, false, "0.1.0", std::string(16, 'a'), {});
  const auto& visits = page["visits"];
  ASSERT_EQ(visits.size(), 6U);
  EXPECT_EQ(visits[0]["participant_id"], "sub-3");
  EXPECT_EQ(visits[0]["pairs"][0]["checks"].size(), 1U) << "only what did not pass";
  EXPECT_EQ(visits[1]["participant_id"], "sub-3") << "both visits of the pair";
  EXPECT_EQ(visits[2]["session"], "ses-02");
  EXPECT_EQ(visits[2]["verdict"], "warn");
  EXPECT_EQ(visits[3]["participant_id"], "sub-1");
}

TEST(quality_page, decisions_and_checks_that_only_the_trial_knows_are_shown) {
  const ParticipantReport full = report_with_two_visits("sub-1", "A", 5, -1);
  ParticipantReport known = full;
  known.visits[1].quality.checks = {{"same_data", std::nullopt, std::nullopt, Verdict::fail, "As sub-2."}};
  known.visits[0].decision = HumanDecision{false, "motion", "me", "2026-01-01"};
  const auto visits = quality_visits(full, known, true, false, no_picture);
  EXPECT_EQ(visits[0].json["decision"]["reason"], "motion");
  EXPECT_EQ(visits[1].json["checks"][0]["name"], "same_data");
  EXPECT_EQ(visits[1].verdict, Verdict::fail);
}

TEST(quality_page, while_blinded_no_visit_names_a_group) {
  const ParticipantReport report = report_with_two_visits("sub-1", "group-2", std::nullopt, -1);
  for (const bool blinded : {true, false})
    for (const auto& visit : quality_visits(report, report, true, blinded, no_picture))
      EXPECT_EQ(visit.json.dump().find("group-2") == std::string::npos, blinded);
  EXPECT_TRUE(unmeasured_visit({"sub-1", "group-2", "gone"}, "ses-01", 0, true).json["dose_group"].is_null());
}

TEST(quality_page, a_scan_that_could_not_be_read_cannot_be_passed) {
  ParticipantReport report = report_with_two_visits("sub-1", "A", 5, -1);
  report.visits[1].quality.checks = {{"usable", std::nullopt, std::nullopt, Verdict::fail, "Cut short."}};
  const auto visits = quality_visits(report, report, true, false, no_picture);
  EXPECT_TRUE(visits[0].json["usable"].get<bool>());
  EXPECT_FALSE(visits[1].json["usable"].get<bool>());
}

TEST_F(Schemas, pages_with_everything_that_can_be_missing_conform) {
  Trial trial = small_trial();
  EXPECT_TRUE(conforms(trial_page(trial).dump(), "page-trial"));
  EXPECT_TRUE(conforms(trial_page(trial_with_dose_response()).dump(), "page-trial"));
  EXPECT_TRUE(conforms(trial_page(Trial()).dump(), "page-trial"));
  std::vector<QualityVisit> visits = quality_visits(trial.reports[0], trial.reports[0], false, false, no_picture);
  visits.push_back(unmeasured_visit(trial.left_out[0], "", std::nullopt, false));
  const Methods methods = methods_of(analyse(trial), {});
  auto quality = quality_page_json(visits, false, "0.1.0", std::string(16, 'a'), methods);
  EXPECT_TRUE(conforms(quality.dump(), "page-quality"));
  quality["blinded"] = true;
  EXPECT_FALSE(conforms(quality.dump(), "page-quality")) << "a blinded page names a group";
}

}  // namespace
}  // namespace wane
