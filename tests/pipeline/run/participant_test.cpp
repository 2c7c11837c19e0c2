#include "pipeline/run/participant.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/atomic_file.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/run/trial.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

DatasetParticipant two_visits() {
  DatasetParticipant participant;
  participant.participant_id = "sub-01";
  participant.dose_group = "C";
  participant.dose = 16;
  participant.visits = {{"ses-01", 0.0, "/data/sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz", {"run-2 was used"}},
                        {"ses-02", 365.25, "/data/sub-01/ses-02/anat/sub-01_ses-02_T1w.nii.gz", {}}};
  participant.warnings = {"a warning of the tables"};
  return participant;
}

MeasuredTogether one_percent_lost() {
  ProcessedParticipant processed;
  processed.conformed.resize(2);
  processed.measurement.visits.resize(2);
  processed.measurement.visits[0].volumes_ml.brain = 1200;
  processed.measurement.changes = {{0, 1, {-1, -1.23456789, -0.5}, {0.1, 0.1, 0.1}}};
  processed.measurement.warnings = {"a warning of the measurement"};
  processed.quality.visits.resize(2);
  processed.quality.changes.resize(1);
  MeasuredTogether measured;
  measured.places = {0, 1};
  measured.scans.resize(2);
  measured.scan_quality.resize(2);
  measured.scan_quality[1].brain_extracted = true;
  measured.scan_quality[1].template_similarity = 0.75;
  measured.processed = std::move(processed);
  return measured;
}

std::vector<MeasuredTogether> one_round() {
  std::vector<MeasuredTogether> rounds;
  rounds.push_back(one_percent_lost());
  return rounds;
}

ParticipantReport report() {
  return report_of(two_visits(), "/data", one_round());
}

TEST(ParticipantReportOf, TakesEverythingTogether) {
  const ParticipantReport made = report();
  EXPECT_EQ(made.participant_id, "sub-01");
  EXPECT_EQ(made.dose_group, "C");
  ASSERT_EQ(made.visits.size(), 2U);
  EXPECT_EQ(made.visits[0].inputs, std::vector<std::string>{"sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz"});
  EXPECT_EQ(made.visits[0].notes, std::vector<std::string>{"run-2 was used"});
  EXPECT_EQ(made.visits[1].notes, std::vector<std::string>{"already brain-extracted"});
  EXPECT_EQ(made.visits[1].figures.at("template_similarity"), 0.75);
  ASSERT_EQ(made.changes.size(), 1U);
  EXPECT_EQ(made.changes[0].days, 365.25);
  EXPECT_EQ(made.changes[0].percent.gray_matter, -1.2346);
  ASSERT_TRUE(made.rates_percent_per_year);
  EXPECT_NEAR(made.rates_percent_per_year->brain, -1, 1e-9);
  EXPECT_EQ(made.warnings.size(), 2U);
}

// Three visits of which the middle one was taken out: what is left was measured anew without it.
TEST(ParticipantReportOf, WhatIsLeftIsReportedAsMeasuredWithoutWhatWasTakenOut) {
  DatasetParticipant participant = two_visits();
  participant.visits.push_back({"ses-03", 730.5, "/data/sub-01/ses-03/anat/sub-01_ses-03_T1w.nii.gz", {}});
  const QualityCheck failed{"same_person", 0.4, 0.7, Verdict::fail, "ses-02 shows another person."};
  MeasuredTogether all = one_percent_lost();
  all.places = {0, 1, 2};
  all.scans.resize(3);
  all.scan_quality.resize(3);
  all.processed->conformed.resize(3);
  all.processed->measurement.visits.resize(3);
  all.processed->measurement.visits[1].volumes_ml.brain = 900;
  all.processed->measurement.changes = {
      {0, 1, {-20, -20, -20}, {1, 1, 1}}, {0, 2, {-9, -9, -9}, {1, 1, 1}}, {1, 2, {+11, +11, +11}, {1, 1, 1}}};
  all.processed->quality.visits.resize(3);
  all.processed->quality.visits[1].checks = {failed};
  all.processed->quality.changes.resize(3);
  std::vector<MeasuredTogether> rounds;
  rounds.push_back(std::move(all));
  rounds.push_back(one_percent_lost());
  rounds.back().places = {0, 2};
  const ParticipantReport made = report_of(participant, "/data", rounds);
  EXPECT_TRUE(made.visits[0].measured_together);
  EXPECT_FALSE(made.visits[1].measured_together);
  EXPECT_EQ(made.visits[1].quality.verdict(), Verdict::fail);
  EXPECT_EQ(made.visits[1].volumes_ml.brain, 900);
  EXPECT_EQ(made.visits[0].volumes_ml.brain, 1200);  // of the second measurement
  ASSERT_EQ(made.changes.size(), 3U);
  EXPECT_EQ(made.changes[1].to, "ses-03");
  EXPECT_EQ(made.changes[1].percent.brain, -1);  // and not -9, which the wrong visit bent
  ASSERT_TRUE(made.rates_percent_per_year);
  EXPECT_NEAR(made.rates_percent_per_year->brain, -0.5, 0.01);
}

TEST(ParticipantReportOf, AScanThatCannotBeUsedIsListedWithItsReasonAndCostsTheOthersNothing) {
  DatasetParticipant participant = two_visits();
  participant.visits.push_back({"ses-03", 730.5, "/data/sub-01/ses-03/anat/sub-01_ses-03_T1w.nii.gz", {}});
  MeasuredTogether all;
  all.places = {0, 1, 2};
  all.scans.resize(3);
  all.scan_quality.resize(3);
  all.scan_quality[1].unusable = "ses-02.nii.gz holds no head.";
  all.why_not = all.scan_quality[1].unusable;
  std::vector<MeasuredTogether> rounds;
  rounds.push_back(std::move(all));
  rounds.push_back(one_percent_lost());
  rounds.back().places = {0, 2};
  const ParticipantReport made = report_of(participant, "/data", rounds);
  EXPECT_EQ(made.visits[1].quality.verdict(), Verdict::fail);
  EXPECT_EQ(made.visits[1].quality.checks.at(0).sentence, "ses-02.nii.gz holds no head.");
  EXPECT_TRUE(std::isnan(made.visits[1].volumes_ml.brain));
  EXPECT_FALSE(made.visits[1].measured_together);
  ASSERT_EQ(made.changes.size(), 1U);
  EXPECT_EQ(made.changes[0].to, "ses-03");
  EXPECT_NEAR(made.rates_percent_per_year->brain, -0.5, 0.01);
  EXPECT_EQ(made.warnings.size(), 2U) << "that it was not measured with the others goes without saying";
}

TEST(ParticipantReportOf, NoDatesNoRates) {
  DatasetParticipant participant = two_visits();
  participant.visits[1].days.reset();
  const auto made = report_of(participant, "/data", one_round());
  EXPECT_FALSE(made.changes[0].days);
  EXPECT_FALSE(made.rates_percent_per_year);
}

TEST(WithCurrentDataset, DoseDatesAndWarningsFollowTheTables) {
  DatasetParticipant participant = two_visits();
  participant.dose_group = "A";
  participant.dose = 5;
  participant.visits[1].days = 2 * 365.25;
  participant.warnings = {"another warning"};
  const ParticipantReport made = with_current_dataset(report(), participant);
  EXPECT_EQ(made.dose_group, "A");
  EXPECT_EQ(made.dose, 5);
  EXPECT_NEAR(made.rates_percent_per_year->brain, -0.5, 0.01);
  ASSERT_EQ(made.warnings.size(), 2U);
  EXPECT_EQ(made.warnings[0], "a warning of the measurement");
  EXPECT_EQ(made.warnings[1], "Dataset: another warning");
}

QualityDecisions decided(bool pass) {
  QualityDecisions decisions;
  decisions.decisions = {{"sub-01", "ses-02", pass, "seen", "reader-1", "2026-03-31", 0, false, 2}};
  return decisions;
}

TEST(WithCurrentDataset, DecisionsFollowTheTableAndWithThemTheRates) {
  const QualityDecisions fail = decided(false);
  ParticipantReport made = with_current_dataset(report(), two_visits(), {QualityMode::exclude, &fail});
  ASSERT_TRUE(made.visits[1].decision);
  EXPECT_FALSE(made.rates_percent_per_year);
  EXPECT_NEAR(made.rates_with_excluded_percent_per_year->brain, -1, 1e-9);
  made = with_current_dataset(made, two_visits());
  EXPECT_FALSE(made.visits[1].decision);
  EXPECT_TRUE(made.rates_percent_per_year);
  EXPECT_FALSE(made.rates_with_excluded_percent_per_year);
}

TEST(WithCurrentDataset, ReportOnlyLetsCountWhatFails) {
  ParticipantReport failed = report();
  failed.changes[0].quality.checks = {{"same_person", 0.4, 0.7, Verdict::fail, "Another person."}};
  EXPECT_FALSE(with_current_dataset(failed, two_visits()).rates_percent_per_year);
  EXPECT_TRUE(with_current_dataset(failed, two_visits(), {QualityMode::report, nullptr}).rates_percent_per_year);
}

class KeptUpToDate : public testing::Test {
 protected:
  KeptUpToDate() {
    fs::create_directories(out_ / "sub-01");
    write_text_atomically(file(), participant_json_text(report(), provenance_));
  }
  fs::path file() const { return report_file(out_.path(), "sub-01"); }
  bool kept(const DatasetParticipant& participant = two_visits()) const {
    return kept_up_to_date(participant, out_.path(), provenance_);
  }
  std::string text() const {
    std::ifstream stream(file());
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  broken::ScratchFolder out_;
  Provenance provenance_{"1.0.0",
                         R"({"dataset": {"dose_column": "dose"}, "align": {"spacing_mm": 0}})",
                         {{"sub-01/ses-01/anat/a.nii.gz", std::string(64, 'a')}}};
};

TEST_F(KeptUpToDate, TheSameIsKeptByteForByte) {
  const std::string before = text();
  EXPECT_TRUE(kept());
  EXPECT_EQ(text(), before);
}

// As chmod and rsync do.
TEST_F(KeptUpToDate, LooksSoAgainAfterAScanWasTouched) {
  DatasetParticipant participant = two_visits();
  const fs::path dataset = out_ / "bids";
  Provenance reference = provenance_;
  reference.inputs = {{"template", std::string(64, 't')}};
  provenance_.inputs.clear();
  fs::create_directories(dataset);
  for (std::size_t v = 0; v < participant.visits.size(); ++v) {
    const std::string name = "scan-" + std::to_string(v) + ".nii.gz";
    participant.visits[v].t1w = dataset / name;
    write_text_atomically(dataset / name, "scan");
    provenance_.inputs.push_back({name, std::string(64, 'a')});
  }
  provenance_.inputs.push_back(reference.inputs[0]);
  const auto looks_so = [&] { return looks_up_to_date(participant, dataset, out_.path(), reference); };
  const auto moment = [] { std::this_thread::sleep_for(std::chrono::milliseconds(30)); };  // clocks of files are coarse
  moment();
  write_text_atomically(file(), participant_json_text(report(), provenance_));
  ASSERT_TRUE(kept(participant));
  ASSERT_TRUE(looks_so());
  moment();
  fs::permissions(participant.visits[0].t1w, fs::perms::owner_read);
  EXPECT_FALSE(looks_so());
  moment();
  const std::string before = text();
  EXPECT_TRUE(kept(participant));
  EXPECT_EQ(text(), before);
  EXPECT_TRUE(looks_so());
}

TEST_F(KeptUpToDate, AnotherVersionOptionOrScanIsNot) {
  const Provenance same = provenance_;
  provenance_.version = "1.0.1";
  EXPECT_FALSE(kept());
  provenance_ = same;
  provenance_.options = R"({"dataset": {"dose_column": "dose"}, "align": {"spacing_mm": 2}})";
  EXPECT_FALSE(kept());
  provenance_ = same;
  provenance_.inputs[0].sha256 = std::string(64, 'b');
  EXPECT_FALSE(kept());
}

TEST_F(KeptUpToDate, NewDosesAreTakenWithoutMeasuringAgain) {
  DatasetParticipant unblinded = two_visits();
  unblinded.dose_group = "D";
  provenance_.options = R"({"dataset": {"dose_column": "cells"}, "align": {"spacing_mm": 0}})";
  EXPECT_TRUE(kept(unblinded));
  EXPECT_EQ(parse_participant_json(text(), "x").dose_group, "D");
}

TEST_F(KeptUpToDate, DecisionsThatChangeNoMeasurementAreTakenWithoutMeasuringAgain) {
  const QualityDecisions pass = decided(true);
  EXPECT_TRUE(kept_up_to_date(two_visits(), out_.path(), provenance_, {QualityMode::exclude, &pass}));
  const ParticipantReport made = parse_participant_json(text(), "x");
  EXPECT_EQ(made.visits[1].decision->reason, "seen");
  EXPECT_TRUE(made.rates_percent_per_year);
}

TEST_F(KeptUpToDate, ADecisionThatTakesAVisitOutOfTheMeasurementAsksForANewOne) {
  const QualityDecisions fail = decided(false);
  EXPECT_FALSE(kept_up_to_date(two_visits(), out_.path(), provenance_, {QualityMode::exclude, &fail}));
  EXPECT_FALSE(parse_participant_json(text(), "x").visits[1].decision);  // the report stays as it was
}

// What was kept stands in the report; asked for less, it stays as it is.
TEST_F(KeptUpToDate, FewerImagesThanAreWantedAskForANewMeasurementAndMoreDoNot) {
  ParticipantReport made = report();
  made.derivatives = "standard";
  write_text_atomically(file(), participant_json_text(made, provenance_));
  const std::string before = text();
  const auto kept_for = [&](DerivativesKept wanted) {
    return kept_up_to_date(two_visits(), out_.path(), provenance_, {}, wanted);
  };
  EXPECT_FALSE(kept_for(DerivativesKept::full));
  EXPECT_TRUE(kept_for(DerivativesKept::standard));
  EXPECT_TRUE(kept_for(DerivativesKept::minimal));
  EXPECT_EQ(text(), before);
}

TEST_F(KeptUpToDate, DamagedOrAbsentReportsAreNot) {
  write_text_atomically(file(), text().substr(0, 100));
  EXPECT_FALSE(kept());
  fs::remove(file());
  EXPECT_FALSE(kept());
}

TEST(ExitCode, SaysWhetherAllSomeOrNoneFinished) {
  const ParticipantOutcome done{"sub-01", ParticipantState::computed, "", 0};
  const ParticipantOutcome kept{"sub-02", ParticipantState::kept, "", 0};
  const ParticipantOutcome broken{"sub-03", ParticipantState::failed, "broken", 3};
  const ParticipantOutcome full{"sub-04", ParticipantState::failed, "disk full", 5};
  EXPECT_EQ(exit_code_of({done, kept}), 0);
  EXPECT_EQ(exit_code_of({done, broken, full}), 1);
  EXPECT_EQ(exit_code_of({kept, broken}), 1);
  EXPECT_EQ(exit_code_of({broken}), 3);
  EXPECT_EQ(exit_code_of({full, full}), 5);
}

TEST(ExitCode, IsTheWorstWhereNobodyFinishedAndTheReasonsDiffer) {
  const ParticipantOutcome broken{"sub-01", ParticipantState::failed, "broken", 3};
  const ParticipantOutcome full{"sub-02", ParticipantState::failed, "disk full", 5};
  const ParticipantOutcome bug{"sub-03", ParticipantState::failed, "a bug", 70};
  EXPECT_EQ(exit_code_of({broken, full}), 5);
  EXPECT_EQ(exit_code_of({full, broken}), 5);
  EXPECT_EQ(exit_code_of({broken, bug, full}), 70);
}

}  // namespace
}  // namespace wane
