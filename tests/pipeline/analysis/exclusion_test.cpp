// What counts and what does not: verdicts, decisions, the same data twice.
#include "pipeline/analysis/exclusion.h"

#include <gtest/gtest.h>

#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/report/look_list.h"
#include "pipeline/report/words.h"
#include "tests/pipeline/report/reports_for_tests.h"

namespace wane {
namespace {

using Flags = std::vector<bool>;

QualityCheck check(const char* name, Verdict verdict, const char* sentence) {
  return {name, 0.5, 0.7, verdict, sentence};
}

const QualityCheck other_person =
    check("same_person", Verdict::fail, "The two visits do not show the same person: look for a mix-up.");
const QualityCheck short_interval = check("interval", Verdict::warn, "The visits are less than half a year apart.");
const HumanDecision passed{true, "seen by two", "reader-1", "2026-03-31T10:00Z"};
const HumanDecision refused{false, "motion", "reader-2", "2026-03-31T10:00Z"};

// Volumes fall by 1 % a year; every pair of the three visits.
ParticipantReport three_visits() {
  ParticipantReport report = report_with_two_visits("sub-1", "A", 5, -1);
  report.visits.push_back({"ses-03", 2 * 365.25, {1180, 690, 490, 320, 1500}, {}, {}, {}});
  report.changes.push_back({"ses-01", "ses-03", 2 * 365.25, {-2, -3, -1}, {0.1, 0.2, 0.15}});
  report.changes.push_back({"ses-02", "ses-03", 365.25, {-1, -1.5, -0.5}, {0.1, 0.2, 0.15}});
  return report;
}

TEST(WhatCounts, IsEverythingWhereNothingFails) {
  ParticipantReport report = three_visits();
  report.visits[1].quality.checks = {short_interval};
  report.changes[0].quality.checks = {short_interval};
  report.quality.checks = {short_interval};
  EXPECT_FALSE(what_counts(report).excluded_any());
  set_rates(report);
  EXPECT_FALSE(report.rates_with_excluded_percent_per_year);
}

TEST(WhatCounts, AFailedVisitTakesItsChangesWithIt) {
  ParticipantReport report = three_visits();
  report.visits[1].quality.checks = {check("motion", Verdict::fail, "The head moved.")};
  EXPECT_EQ(what_counts(report).visits, (Flags{true, false, true}));
  EXPECT_EQ(what_counts(report).changes, (Flags{false, true, false}));
}

TEST(WhatCounts, AFailedChangeLeavesItsVisits) {
  ParticipantReport report = three_visits();
  report.changes[0].quality.checks = {other_person};
  EXPECT_EQ(what_counts(report).visits, (Flags{true, true, true}));
  EXPECT_EQ(what_counts(report).changes, (Flags{false, true, true}));
}

TEST(WhatCounts, AFailedPersonHasNothing) {
  ParticipantReport report = three_visits();
  report.quality.checks = {other_person};
  EXPECT_EQ(what_counts(report).visits, (Flags{false, false, false}));
  EXPECT_EQ(what_counts(report).changes, (Flags{false, false, false}));
  for (auto& visit : report.visits) visit.decision = passed;
  EXPECT_FALSE(what_counts(report).excluded_any()) << "every visit was passed by a person";
}

TEST(WhatCounts, ADecisionStandsAboveTheChecks) {
  ParticipantReport report = three_visits();
  report.visits[1].quality.checks = {check("motion", Verdict::fail, "The head moved.")};
  report.visits[1].decision = passed;
  EXPECT_FALSE(what_counts(report).excluded_any());
  report.visits[2].decision = refused;
  EXPECT_EQ(what_counts(report).visits, (Flags{true, true, false}));
  EXPECT_EQ(what_counts(report).changes, (Flags{true, false, false}));
}

TEST(WhatCounts, AFailedChangeCountsAgainOnlyWhereBothVisitsWerePassed) {
  ParticipantReport report = three_visits();
  report.changes[0].quality.checks = {other_person};
  report.visits[0].decision = passed;
  EXPECT_FALSE(what_counts(report).changes[0]);
  report.visits[1].decision = passed;
  EXPECT_TRUE(what_counts(report).changes[0]);
}

TEST(WhatCounts, WithReportOnlyTheChecksDecideNothingAndPeopleStillDo) {
  ParticipantReport report = three_visits();
  report.quality_mode = QualityMode::report;
  report.visits[1].quality.checks = {other_person};
  report.changes[0].quality.checks = {other_person};
  report.quality.checks = {other_person};
  EXPECT_FALSE(what_counts(report).excluded_any());
  EXPECT_TRUE(exclusions_of(report).empty());
  report.visits[2].decision = refused;
  EXPECT_EQ(what_counts(report).visits, (Flags{true, true, false}));
}

TEST(Rates, RestOnWhatCountsAndAreGivenWithTheExcludedToo) {
  ParticipantReport report = three_visits();
  report.visits[2].volumes_ml.brain = 900;
  report.changes[1].percent = {-30, -30, -30};
  report.changes[2].percent = {-29, -29, -29};
  report.visits[2].quality.checks = {check("mask", Verdict::fail, "The brain mask is too small.")};
  set_rates(report);
  ASSERT_TRUE(report.rates_percent_per_year);
  EXPECT_NEAR(report.rates_percent_per_year->brain, -1, 1e-9) << "the two visits that count, as if alone";
  ASSERT_TRUE(report.rates_with_excluded_percent_per_year);
  EXPECT_LT(report.rates_with_excluded_percent_per_year->brain, -10);
  EXPECT_NE(participant_sentence(report).find("Not counted: failed quality: ses-03: The brain mask is too small."),
            std::string::npos)
      << participant_sentence(report);
}

TEST(Rates, WithoutAnyThatCountsSayTheSentenceOfTheCheck) {
  ParticipantReport report = report_with_two_visits("sub-1", "A", 5, -1);
  report.changes[0].quality.checks = {short_interval, other_person};
  set_rates(report);
  EXPECT_FALSE(report.rates_percent_per_year);
  EXPECT_NEAR(report.rates_with_excluded_percent_per_year->brain, -1, 1e-9);
  EXPECT_EQ(why_no_rate(report),
            "failed quality: ses-01 to ses-02: The two visits do not show the same person: look for a mix-up");
  report.changes[0].quality.checks.clear();
  report.visits[1].decision = refused;
  set_rates(report);
  EXPECT_EQ(why_no_rate(report), "excluded by reader-2: ses-02: motion");
}

TEST(Findings, AreSortedByWeightAndLeaveOutWhatAPersonPassed) {
  ParticipantReport report = three_visits();
  report.visits[0].quality.checks = {short_interval, check("noise", Verdict::pass, "")};
  report.changes[0].quality.checks = {other_person};
  const auto findings = findings_of(report);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].check, "same_person");
  EXPECT_EQ(place_in_words(findings[0]), "ses-01 to ses-02");
  EXPECT_EQ(findings[1].session, "ses-01");
  EXPECT_EQ(flags_of(report), "same_person:fail,interval:warn");
  EXPECT_EQ(flags_of(report, report.visits[0]), "interval:warn");
  EXPECT_EQ(flags_of(report, report.visits[1]), "");
  EXPECT_EQ(flags_of(report, report.changes[0]), "same_person:fail,interval:warn") << "its visits' flags too";
  EXPECT_EQ(worst_verdict(report), Verdict::fail);
  report.visits[0].decision = report.visits[1].decision = passed;
  EXPECT_TRUE(findings_of(report).empty());
  EXPECT_EQ(worst_verdict(report), Verdict::pass);
  EXPECT_NE(participant_sentence(report).find("ses-01 was passed by reader-1: seen by two."), std::string::npos);
}

TEST(Flags, NameEachCheckOnceWithItsWorstVerdictAndSayWhatIsSloppy) {
  ParticipantReport report = three_visits();
  report.visits[0].quality.checks = {check("noise", Verdict::warn, "a")};
  report.visits[1].quality.checks = {check("noise", Verdict::fail, "b")};
  report.sloppy = true;
  EXPECT_EQ(flags_of(report), "noise:fail,sloppy:warn");
  EXPECT_EQ(flags_of(report, report.visits[2]), "sloppy:warn");
}

TEST(Decisions, AreOfAVisitOrOfEveryVisitAndReplaceEarlierOnes) {
  QualityDecisions decisions;
  decisions.decisions = {{"sub-1", "", false, "withdrew", "reader-1", "2026-01-01", 0, false, 2},
                         {"sub-1", "ses-02", true, "fine", "reader-2", "2026-01-02", 1, false, 3}};
  ParticipantReport report = three_visits();
  apply_decisions(report, decisions);
  ASSERT_TRUE(report.visits[0].decision);
  EXPECT_FALSE(report.visits[0].decision->pass);
  EXPECT_EQ(report.visits[0].decision->reason, "withdrew");
  EXPECT_TRUE(report.visits[1].decision->pass);
  apply_decisions(report, {});
  EXPECT_FALSE(report.visits[0].decision);
}

std::vector<ParticipantReport> with_fingerprints(const std::vector<std::vector<std::string>>& prints) {
  std::vector<ParticipantReport> reports;
  for (std::size_t i = 0; i < prints.size(); ++i) {
    reports.push_back(report_with_two_visits("sub-" + std::to_string(i + 1), "A", 5, -1));
    for (std::size_t v = 0; v < prints[i].size(); ++v) reports.back().visits[v].fingerprint = prints[i][v];
  }
  return reports;
}

TEST(SameData, OfTwoParticipantsFailsBothAndNamesBoth) {
  auto reports = with_fingerprints({{"a", "b"}, {"c", ""}, {"b", "d"}, {"", "e"}});
  mark_same_data(reports);
  const auto& marked = reports[0].visits[1].quality.checks;
  ASSERT_EQ(marked.size(), 1U);
  EXPECT_EQ(marked[0].name, "same_data");
  EXPECT_EQ(marked[0].verdict, Verdict::fail);
  EXPECT_EQ(marked[0].sentence,
            "The scan of sub-1 ses-02 holds the same data as that of sub-3 ses-01: one of the two is filed under the "
            "wrong name.");
  EXPECT_EQ(reports[2].visits[0].quality.checks.at(0).sentence.find("The scan of sub-3 ses-01 holds the same data as "
                                                                    "that of sub-1 ses-02:"),
            0U);
  for (const auto* visit : {&reports[0].visits[0], &reports[1].visits[0], &reports[1].visits[1], &reports[2].visits[1],
                            &reports[3].visits[0]})
    EXPECT_TRUE(visit->quality.checks.empty()) << visit->fingerprint;
}

TEST(SameData, WithinOneParticipantIsNotThisCheck) {
  auto reports = with_fingerprints({{"a", "a"}, {"b", "c"}});
  mark_same_data(reports);
  EXPECT_TRUE(reports[0].visits[0].quality.checks.empty());
  reports = with_fingerprints({{"a", "a"}, {"b", "a"}});
  mark_same_data(reports);
  for (const auto* visit : {&reports[0].visits[0], &reports[0].visits[1], &reports[1].visits[1]})
    EXPECT_EQ(visit->quality.checks.size(), 1U);
}

TEST(LookListTest, PutsTheFailedFirstAndEndsAfterFiftyLines) {
  EXPECT_EQ(look_list({three_visits()}, 1).text, "");
  std::vector<ParticipantReport> reports;
  for (int i = 0; i < 60; ++i) {
    reports.push_back(three_visits());
    reports.back().participant_id = "sub-" + std::to_string(i + 1);
    reports.back().changes[0].quality.checks = {short_interval};
  }
  reports[57].changes[0].quality.checks.push_back(other_person);
  reports[57].visits[2].decision = refused;
  reports[58].visits[0].decision = refused;  // settled
  const LookList list = look_list(reports, 64);
  EXPECT_EQ(list.text.find("59 of 64 participants need a look:\n"
                           "  sub-58 ses-01 to ses-02: FAILED: The two visits do not show the same person: look for a "
                           "mix-up. (and 1 more)\n"
                           "  sub-1 ses-01 to ses-02: warning: The visits are less than half a year apart.\n"),
            0U)
      << list.text;
  EXPECT_EQ(std::count(list.text.begin(), list.text.end(), '\n'), 1 + 50 + 1);
  EXPECT_TRUE(list.text.ends_with("  and 9 more, see quality.tsv\n"));
  EXPECT_EQ(list.excluded, std::vector<std::string>{"sub-58"});
}

}  // namespace
}  // namespace wane
