#include "pipeline/report/pages.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pipeline/report/participant_json.h"
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
  EXPECT_TRUE(page["trial"]["dose_groups"].empty());
  EXPECT_TRUE(page["trial"]["with_excluded"]["dose_groups"].empty());
  for (const auto& person : page["participants"]) EXPECT_TRUE(person["dose_group"].is_null());
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
    for (auto& visit : quality_visits(report, true, false, no_picture)) all.push_back(visit);
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
  const auto visits = quality_visits(as_known_now(full, known), true, false, no_picture);
  EXPECT_EQ(visits[0].json["decision"]["reason"], "motion");
  EXPECT_EQ(visits[1].json["checks"][0]["name"], "same_data");
  EXPECT_EQ(visits[1].verdict, Verdict::fail);
}

TEST(quality_page, while_blinded_no_visit_names_a_group) {
  const ParticipantReport report = report_with_two_visits("sub-1", "group-2", std::nullopt, -1);
  for (const bool blinded : {true, false})
    for (const auto& visit : quality_visits(report, true, blinded, no_picture))
      EXPECT_EQ(visit.json.dump().find("group-2") == std::string::npos, blinded);
  EXPECT_TRUE(unmeasured_visit({"sub-1", "group-2", "gone"}, {"ses-01", 0.0, {}, {}}, std::nullopt, true)
                  .json["dose_group"]
                  .is_null());
}

TEST(quality_page, a_scan_that_could_not_be_read_cannot_be_passed) {
  ParticipantReport report = report_with_two_visits("sub-1", "A", 5, -1);
  report.visits[1].quality.checks = {{"usable", std::nullopt, std::nullopt, Verdict::fail, "Cut short."}};
  const auto visits = quality_visits(report, true, false, no_picture);
  EXPECT_TRUE(visits[0].json["usable"].get<bool>());
  EXPECT_FALSE(visits[1].json["usable"].get<bool>());
}

TEST(quality_page, a_scan_of_somebody_who_was_not_measured_is_not_called_bad) {
  const LeftOut failed = {"sub-1", "A", "failed: sub-1_ses-02_T1w.nii.gz is cut short"};
  const auto good = unmeasured_visit(failed, {"ses-01", 0.0, "/data/sub-1_ses-01_T1w.nii.gz", {}}, std::nullopt, false);
  const auto bad =
      unmeasured_visit(failed, {"ses-02", 365.0, "/data/sub-1_ses-02_T1w.nii.gz", {}}, std::nullopt, false);
  EXPECT_TRUE(good.json["usable"].get<bool>());
  EXPECT_TRUE(good.json["checks"].empty());
  EXPECT_EQ(good.json["not_measured_because"], "Failed: sub-1_ses-02_T1w.nii.gz is cut short.");
  EXPECT_FALSE(bad.json["usable"].get<bool>());
}

TEST(quality_page, a_scan_that_the_machine_could_not_read_is_not_called_bad) {
  const LeftOut failed = {"sub-1", "A", "failed: Cannot read 'sub-1_ses-01_T1w.nii.gz': Permission denied"};
  const auto visit =
      unmeasured_visit(failed, {"ses-01", 0.0, "/data/sub-1_ses-01_T1w.nii.gz", {}}, std::nullopt, false);
  EXPECT_TRUE(visit.json["usable"].get<bool>());
}

TEST(quality_page, what_was_decided_about_somebody_who_was_not_measured_stands_there) {
  const HumanDecision decision{false, "motion", "Anna", "2026-01-01T10:00:00Z"};
  const auto visit = unmeasured_visit({"sub-1", "A", "gone"}, {"ses-01", 0.0, {}, {}}, decision, false);
  EXPECT_EQ(visit.json["decision"]["decision"], "fail");
  EXPECT_EQ(visit.json["decision"]["reader"], "Anna");
}

TEST(quality_page, who_was_not_measured_comes_after_what_fails) {
  ParticipantReport failed = report_with_two_visits("sub-2", "A", 5, -1);
  for (auto& visit : failed.visits) visit.quality.checks = {{"noise", 1, 1, Verdict::fail, "Noisy."}};
  std::vector<QualityVisit> all = {
      unmeasured_visit({"sub-1", "A", "gone"}, {"ses-01", 0.0, {}, {}}, std::nullopt, false)};
  for (auto& visit : quality_visits(failed, true, false, no_picture)) all.push_back(visit);
  const auto page = quality_page_json(all, false, "0.1.0", std::string(16, 'a'), {});
  EXPECT_EQ(page["visits"][2]["participant_id"], "sub-1");
}

TEST(quality_page, a_visit_without_a_measurement_says_why) {
  ParticipantReport report = report_with_two_visits("sub-1", "A", 5, -1);
  report.visits[1].volumes_ml.brain = std::numeric_limits<double>::quiet_NaN();
  report.visits[1].quality.checks = {{"usable", std::nullopt, std::nullopt, Verdict::fail, "The scan is cut short."}};
  auto visits = quality_visits(report, true, false, no_picture);
  EXPECT_TRUE(visits[0].json["not_measured_because"].is_null());
  EXPECT_EQ(visits[1].json["not_measured_because"], "The scan is cut short.");
  report.visits[1].quality.checks.clear();
  report.visits[1].decision = HumanDecision{false, "motion", "me", "2026-01-01"};
  visits = quality_visits(report, true, false, no_picture);
  EXPECT_EQ(visits[1].json["not_measured_because"], "A reader took this visit out before it was measured.");
}

ordered_json participant_page(const ParticipantReport& measured, const ParticipantReport& known,
                              double baseline_after_days = 0) {
  ParticipantPageParts parts;
  parts.rate_options = {baseline_after_days};
  parts.rates = rate_of(known, parts.rate_options);
  return participant_page_json(ordered_json::parse(participant_json_text(measured, small_provenance())),
                               as_known_now(measured, known), parts, {});
}

TEST(participant_page, it_is_the_report_where_nothing_was_decided_since) {
  ParticipantReport report = report_with_two_visits("sub-1", "A", 5, -1);
  report.visits[0].quality.checks = {{"noise", 0.1, 1, Verdict::pass, ""}};
  set_rates(report);
  const auto page = participant_page(report, report);
  EXPECT_EQ(page["report"].dump(), ordered_json::parse(participant_json_text(report, small_provenance())).dump());
  EXPECT_EQ(page["counts"], ordered_json::parse(R"({"visits": [true, true], "changes": [true]})"));
  EXPECT_TRUE(page["left_out_because"].is_null());
}

TEST(participant_page, decisions_doses_and_checks_of_now_take_the_place_of_older_ones) {
  const ParticipantReport measured = report_with_two_visits("sub-1", "A", 5, -1);
  ParticipantReport known = measured;
  known.dose_group = "B";
  known.dose = 10;
  known.visits[1].decision = HumanDecision{false, "motion", "me", "2026-01-01"};
  known.visits[0].quality.checks = {{"same_data", std::nullopt, std::nullopt, Verdict::fail, "As sub-2."}};
  set_rates(known);
  const auto page = participant_page(measured, known);
  const auto& report = page["report"];
  EXPECT_EQ(report["dose_group"], "B");
  EXPECT_EQ(report["dose"], 10);
  EXPECT_EQ(report["verdict"], "fail");
  EXPECT_EQ(report["visits"][1]["decision"]["reason"], "motion");
  EXPECT_EQ(report["visits"][0]["quality"]["verdict"], "fail");
  EXPECT_EQ(report["visits"][0]["quality"]["checks"][0]["name"], "same_data");
  EXPECT_TRUE(report["rates_percent_per_year"].is_null());
  EXPECT_TRUE(report["rate_intervals"]["brain"]["rate"].is_null());
  EXPECT_TRUE(report.contains("rates_with_excluded_percent_per_year"));
  EXPECT_EQ(report["sentence"].get<std::string>().find("There is no rate of change: excluded by me"), std::string::npos)
      << "the first exclusion is named: " << report["sentence"];
  EXPECT_NE(report["sentence"].get<std::string>().find("There is no rate of change: failed quality: ses-01"),
            std::string::npos)
      << report["sentence"];
  EXPECT_EQ(page["counts"], ordered_json::parse(R"({"visits": [false, false], "changes": [false]})"));
  EXPECT_NE(page["left_out_because"].get<std::string>().find("As sub-2."), std::string::npos);
}

TEST(participant_page, the_sentence_is_of_the_same_visits_as_the_rates) {
  const ParticipantReport measured = report_with_two_visits("sub-1", "A", 5, -1);
  ParticipantReport known = measured;
  set_rates(known, {400});
  const auto page = participant_page(measured, known, 400);
  EXPECT_TRUE(page["report"]["rates_percent_per_year"].is_null());
  EXPECT_EQ(page["report"]["sentence"], "There is no rate of change: fewer than two visits on or after day 400.");
}

TEST(trial_page, what_does_not_count_is_marked) {
  Trial trial = small_trial();
  trial.reports[0].visits[1].decision = HumanDecision{false, "motion", "me", "2026-01-01"};
  trial.reports[1].changes[0].quality.checks = {{"noise", 1, 1, Verdict::fail, "Noisy."}};
  trial.reports[2].visits[0].volumes_ml.brain = std::numeric_limits<double>::quiet_NaN();
  const auto people = trial_page(trial)["participants"];
  EXPECT_FALSE(people[0]["visits"][1]["in_rate"].get<bool>());
  EXPECT_FALSE(people[0]["visits"][0]["in_rate"].get<bool>()) << "its only change does not count: there is no rate";
  EXPECT_FALSE(people[0]["changes"][0]["counts"].get<bool>()) << "one of its visits does not";
  EXPECT_FALSE(people[1]["visits"][1]["in_rate"].get<bool>()) << "in no rate, as visits.tsv says";
  EXPECT_FALSE(people[1]["changes"][0]["counts"].get<bool>());
  EXPECT_FALSE(people[2]["visits"][0]["in_rate"].get<bool>()) << "not measured";
}

TEST_F(Schemas, pages_with_everything_that_can_be_missing_conform) {
  Trial trial = small_trial();
  EXPECT_TRUE(conforms(trial_page(trial).dump(), "page-trial"));
  EXPECT_TRUE(conforms(trial_page(trial_with_dose_response()).dump(), "page-trial"));
  EXPECT_TRUE(conforms(trial_page(Trial()).dump(), "page-trial"));
  std::vector<QualityVisit> visits = quality_visits(trial.reports[0], false, false, no_picture);
  visits.push_back(unmeasured_visit(trial.left_out[0], {}, std::nullopt, false));
  const Methods methods = methods_of(analyse(trial), {});
  auto quality = quality_page_json(visits, false, "0.1.0", std::string(16, 'a'), methods);
  EXPECT_TRUE(conforms(quality.dump(), "page-quality"));
  quality["blinded"] = true;
  EXPECT_FALSE(conforms(quality.dump(), "page-quality")) << "a blinded page names a group";
}

}  // namespace
}  // namespace wane
