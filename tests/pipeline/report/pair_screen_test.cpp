#include "pipeline/report/pair_screen.h"

#include <gtest/gtest.h>

namespace wane {
namespace {

ParticipantReport pair_report() {
  ParticipantReport report;
  report.participant_id = "sub-pair";
  report.visits.resize(2);
  report.visits[0].session = "ses-01";
  report.visits[1].session = "ses-02";
  report.visits[0].volumes_ml = {1100, 650, 450, 300, 1400};
  report.visits[1].volumes_ml = {1089, 643.5, 445.5, 311, 1400};
  report.changes = {{"ses-01", "ses-02", std::nullopt, {-1.01, -1.2, 0.1}, {0.25, 0.5, 0.5}}};
  return report;
}

std::string screen_of(const ParticipantReport& report) {
  return pair_screen(report, {"a.nii.gz", "b.nii.gz"});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(PairScreen, NamesScansChangesErrorsIntervalsAndDirections) {
  const std::string screen = screen_of(pair_report());
  for (const char* words : {"First scan:  a.nii.gz\nSecond scan: b.nii.gz\n", "negative = loss", "-1.50 to -0.52",
                            "loss", "no clear change", "give --days N", "1100.0", "Quality: pass. Every check passed."})
    EXPECT_TRUE(has(screen, words)) << words << '\n' << screen;
  EXPECT_FALSE(pair_failed(pair_report()));
}

TEST(PairScreen, WithDaysThereIsARateAndWhereACheckFailedThereIsNone) {
  ParticipantReport report = pair_report();
  report.visits[0].days = 0;
  report.visits[1].days = 365.25;
  report.changes[0].days = 365.25;
  EXPECT_TRUE(has(screen_of(report), "Rate per year (365.25 days")) << screen_of(report);
  report.changes[0].quality.checks = {{"same_person", 0.4, 0.7, Verdict::fail, "The scans are of two people."}};
  const std::string failed = screen_of(report);
  EXPECT_TRUE(pair_failed(report));
  for (const char* words :
       {"Rate per year: none, because a check failed.", "Quality: FAILED. Do not use these numbers.",
        "FAILED, both scans: The scans are of two people."})
    EXPECT_TRUE(has(failed, words)) << words << '\n' << failed;
}

TEST(PairScreen, AWarningNamesTheScanAndIsNoFailure) {
  ParticipantReport report = pair_report();
  report.visits[1].quality.checks = {{"noise", 2, 1, Verdict::warn, "The scan is noisy."}};
  EXPECT_FALSE(pair_failed(report));
  EXPECT_TRUE(has(screen_of(report), "Quality: WARNING.")) << screen_of(report);
  EXPECT_TRUE(has(screen_of(report), "warning, second scan: The scan is noisy."));
}

}  // namespace
}  // namespace wane
