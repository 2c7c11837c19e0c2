// What happens to each series: whose it is, which visit, and which of several is used.
#include "pipeline/import/plan.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "pipeline/dataset/visit_dates.h"
#include "tests/refusal.h"
#include "tests/sentences.h"

namespace wane {
namespace {

using test::any_has;
using test::has;

Series t1w(const std::string& patient, const std::string& date, int number = 3) {
  Series series;
  series.patient_id = patient;
  series.patient_name = patient;
  series.study_uid = "study of " + patient + date;
  series.series_uid = patient + date + std::to_string(number);
  series.series_number = number;
  series.day = calendar_day(date);
  series.time = "101500";
  series.first = patient + "/" + (date.empty() ? "undated" : date) + "/IM" + std::to_string(number);
  series.facts.modality = "MR";
  series.facts.description = "T1_MPRAGE";
  series.facts.acquisition_type = "3D";
  series.facts.image_type = {"ORIGINAL", "PRIMARY", "M"};
  series.facts.repetition_time_ms = 2300;
  series.facts.echo_time_ms = 2.98;
  series.facts.inversion_time_ms = 900;
  series.facts.images = 176;
  series.facts.coverage_mm = 176;
  series.facts.slice_thickness_mm = 1;
  return series;
}

Series flair(const std::string& patient, const std::string& date, int number = 5) {
  Series series = t1w(patient, date, number);
  series.facts.description = "FLAIR";
  series.facts.repetition_time_ms = 5000;
  series.facts.echo_time_ms = 386;
  series.facts.inversion_time_ms = 1800;
  return series;
}

ImportMap map_of(const std::string& text) {
  return import_map(parse_tsv(text, "map.tsv"));
}

ImportPlan plan(const std::vector<Series>& series, const ImportMap& map = {}, const ExistingDataset& existing = {},
                const ImportOptions& options = {}) {
  return plan_import(series, map, existing, options);
}

TEST(ImportPlan, VisitsAreNumberedByDateAndCountedInDays) {
  const auto result =
      plan({t1w("TRIAL-007", "2024-07-10"), t1w("TRIAL-007", "2024-01-10"), flair("TRIAL-007", "2024-01-10")});
  EXPECT_EQ(result.series[0].session, "02");
  EXPECT_EQ(result.series[1].session, "01");
  EXPECT_EQ(result.series[2].session, "01");
  EXPECT_EQ(result.series[1].participant, "TRIAL007");
  ASSERT_EQ(result.visits.size(), 2U);
  EXPECT_EQ(result.visits[0].days, 0);
  EXPECT_EQ(result.visits[1].days, 182);
  EXPECT_EQ(count_of(result, Action::import), 3U);
}

TEST(ImportPlan, OfRepeatsTheLastIsUsedAndTheOtherToldSo) {
  Series first = t1w("P1", "2024-01-10", 3), second = t1w("P1", "2024-01-10", 4);
  second.time = "102500";
  const auto result = plan({first, second});
  EXPECT_EQ(result.series[1].action, Action::import);
  EXPECT_EQ(result.series[0].action, Action::not_needed);
  EXPECT_TRUE(has(result.series[0].why, "repeated later: series 4")) << result.series[0].why;
}

TEST(ImportPlan, AnOriginalIsUsedBeforeACopyEvenIfTheCopyCameLater) {
  Series copy = t1w("P1", "2024-01-10", 9);
  copy.facts.image_type = {"DERIVED", "SECONDARY", "MPR"};
  const auto result = plan({t1w("P1", "2024-01-10", 3), copy});
  EXPECT_EQ(result.series[0].action, Action::import);
  EXPECT_TRUE(has(result.series[1].why, "an original image")) << result.series[1].why;
}

TEST(ImportPlan, ACopyAloneIsUsedWithAWarning) {
  Series copy = t1w("P1", "2024-01-10", 9);
  copy.facts.image_type = {"DERIVED", "SECONDARY", "MPR"};
  const auto result = plan({copy});
  EXPECT_EQ(result.series[0].action, Action::import);
  EXPECT_TRUE(any_has(result.series[0].warnings, "computed from other images"));
}

TEST(ImportPlan, TheNormalizedImageIsUsedUnlessAVisitLacksIt) {
  Series plain = t1w("P1", "2024-01-10", 3), normalized = t1w("P1", "2024-01-10", 4);
  normalized.facts.image_type.push_back("NORM");
  normalized.time = plain.time;
  EXPECT_EQ(plan({plain, normalized}).series[1].action, Action::import);
  const auto mixed = plan({plain, normalized, t1w("P1", "2024-07-10", 3)});
  EXPECT_EQ(mixed.series[0].action, Action::import) << "the other visit has only the plain kind";
  EXPECT_TRUE(has(mixed.series[1].why, "kind that more visits have")) << mixed.series[1].why;
}

TEST(ImportPlan, WithoutContrastAgentComesFirst) {
  Series with = t1w("P1", "2024-01-10", 8);
  with.facts.contrast_agent = true;
  const auto result = plan({with, t1w("P1", "2024-01-10", 3)});
  EXPECT_EQ(result.series[1].action, Action::import);
  EXPECT_TRUE(has(result.series[0].why, "no contrast agent"));
}

TEST(ImportPlan, MissingSlicesAreAProblemUnlessAWholeRepeatIsThere) {
  Series holed = t1w("P1", "2024-01-10", 8);
  holed.facts.missing_slices = 2;
  const auto alone = plan({holed});
  EXPECT_EQ(alone.series[0].action, Action::problem);
  EXPECT_TRUE(has(alone.series[0].why, "2 of its slices are missing")) << alone.series[0].why;
  EXPECT_TRUE(alone.visits.empty());
  const auto repeated = plan({holed, t1w("P1", "2024-01-10", 3)});
  EXPECT_EQ(repeated.series[1].action, Action::import);
  EXPECT_EQ(repeated.series[0].action, Action::not_needed);
}

TEST(ImportPlan, ThickSlicesAreAProblem) {
  Series thick = t1w("P1", "2024-01-10");
  thick.facts.slice_thickness_mm = 6;
  EXPECT_EQ(plan({thick}).series[0].action, Action::problem);
  Series thick_flair = flair("P1", "2024-01-10");
  thick_flair.facts.slice_thickness_mm = 6;
  EXPECT_EQ(plan({thick_flair}).series[0].action, Action::import);
}

TEST(ImportPlan, OnePatientIdOfTwoPeopleIsRefused) {
  Series one = t1w("ANON7", "2024-01-10"), other = t1w("ANON7", "2024-07-10");
  one.birth_date = "19500203";
  other.birth_date = "19610203";
  const auto result = plan({one, other});
  EXPECT_EQ(count_of(result, Action::problem), 2U);
  EXPECT_TRUE(has(result.series[0].why, "dates of birth differ")) << result.series[0].why;
  EXPECT_FALSE(has(result.series[0].why, "1950"));
  const auto told = plan({one, other}, map_of("folder\tparticipant_id\nANON7/2024-01-10\t01\nANON7/2024-07-10\t02\n"));
  EXPECT_EQ(count_of(told, Action::import), 2U);
}

TEST(ImportPlan, TwoPatientIdsOfOnePersonAreWarnedOf) {
  Series one = t1w("A1", "2024-01-10"), other = t1w("B2", "2024-07-10");
  for (Series* each : {&one, &other}) {
    each->patient_name = "DOE^JANE";
    each->birth_date = "19500203";
  }
  EXPECT_TRUE(any_has(plan({one, other}).warnings, "same name and date of birth"));
}

TEST(ImportPlan, PatientIdsThatWouldShareALabelAreRefused) {
  const auto result = plan({t1w("A-1", "2024-01-10"), t1w("A1", "2024-01-10")});
  EXPECT_EQ(count_of(result, Action::problem), 2U);
  EXPECT_TRUE(has(result.series[0].why, "would all become sub-A1")) << result.series[0].why;
}

TEST(ImportPlan, PatientIdsThatTellWhoSomebodyIsAreRefused) {
  Series named = t1w("doe_jane_1", "2024-01-10");
  named.patient_name = "DOE^JANE";
  EXPECT_TRUE(has(plan({named}).series[0].why, "name or date of birth"));
  Series born = t1w("030250-1234", "2024-01-10");
  born.birth_date = "19500203";
  EXPECT_TRUE(has(plan({born}).series[0].why, "name or date of birth"));
  for (const char* id : {"H19500203", "03021950-1", "02031950-1", "500203.7", "030250", "H020350"}) {
    Series dated = t1w(id, "2024-01-10");
    dated.birth_date = "19500203";
    EXPECT_TRUE(has(plan({dated}).series[0].why, "name or date of birth")) << id;
  }
  Series umlaut = t1w("MÜLLER7", "2024-01-10");
  umlaut.patient_name = "Müller^Jo";
  EXPECT_TRUE(has(plan({umlaut}).series[0].why, "name or date of birth")) << umlaut.patient_name;
  EXPECT_EQ(plan({t1w("TRIAL-001", "2024-01-10")}).series[0].action, Action::import) << "a code in both elements";
}

TEST(ImportPlan, PatientIdsThatHoldTheDayOfTheVisitAreRefusedUnlessDatesAreKept) {
  ImportOptions keep;
  keep.keep_dates = true;
  for (const char* id : {"P1-20240110", "P1-100124", "10012024"}) {
    EXPECT_TRUE(has(plan({t1w(id, "2024-01-10")}).series[0].why, "--keep-dates")) << id;
    EXPECT_EQ(plan({t1w(id, "2024-01-10")}, {}, {}, keep).series[0].action, Action::import) << id;
  }
}

TEST(ImportPlan, HostilePatientIdsCannotLeadOutOfTheDataset) {
  EXPECT_EQ(plan({t1w("../../etc/passwd1", "2024-01-10")}).series[0].participant, "etcpasswd1");
  EXPECT_EQ(plan({t1w("../..", "2024-01-10")}).series[0].action, Action::problem);
  EXPECT_EQ(plan({t1w("", "2024-01-10")}).series[0].action, Action::problem);
  EXPECT_EQ(plan({t1w(std::string(300, 'a') + "1", "2024-01-10")}).series[0].action, Action::problem);
}

TEST(ImportPlan, SeriesWithoutADateNeedATable) {
  const auto alone = plan({t1w("P1", "")});
  EXPECT_EQ(alone.series[0].action, Action::import);
  EXPECT_FALSE(alone.visits.at(0).days.has_value());
  EXPECT_TRUE(any_has(alone.warnings, "no study date"));
  const auto beside = plan({t1w("P1", ""), t1w("P1", "2024-01-10")});
  EXPECT_EQ(beside.series[0].action, Action::problem);
  EXPECT_EQ(beside.series[1].action, Action::import);
  const auto told =
      plan({t1w("P1", ""), t1w("P1", "2024-01-10")},
           map_of("folder\tparticipant_id\tstudy_date\nP1/undated\tP1\t2024-02-09\nP1/2024-01-10\tP1\tn/a\n"));
  EXPECT_EQ(told.series[0].session, "02");
  EXPECT_EQ(told.visits.at(1).days, 30);
}

TEST(ImportPlan, TheMapNamesParticipantsSessionsAndGroups) {
  const auto result = plan({t1w("H123", "2024-01-10"), t1w("H123", "2024-07-10"), t1w("X9", "2024-01-10")},
                           map_of("patient_id\tstudy_date\tparticipant_id\tsession\tdose_group\tdose\n"
                                  "H123\t2024-01-10\tsub-03\tses-base\tB\t5\nH123\t2024-07-10\t03\tm6\tB\t5\n"));
  EXPECT_EQ(result.series[0].session, "base");
  EXPECT_EQ(result.series[1].session, "m6");
  EXPECT_EQ(result.series[2].action, Action::problem);
  EXPECT_TRUE(has(result.series[2].why, "No row of the map"));
  ASSERT_EQ(result.participants.size(), 1U);
  EXPECT_EQ(result.participants[0].dose_group, "B");
}

TEST(ImportPlan, TwoVisitsInOneSessionOfTheMapAreRefused) {
  const auto result = plan({t1w("H1", "2024-01-10"), t1w("H1", "2024-07-10")},
                           map_of("patient_id\tparticipant_id\tsession\nH1\t01\t01\n"));
  EXPECT_EQ(count_of(result, Action::problem), 2U);
  EXPECT_TRUE(has(result.series[0].why, "182 days apart")) << result.series[0].why;
}

TEST(ImportPlan, APatternReadsNamesOfFolders) {
  ImportOptions options;
  options.pattern = "{participant}/{session}";
  Series scan = t1w("P-1", "2024-01-10");
  scan.first = "P-1/m6/IM3";
  const auto result = plan({scan}, {}, {}, options);
  EXPECT_EQ(result.series[0].participant, "P1");
  EXPECT_EQ(result.series[0].session, "m6");
  options.pattern = "site*/{participant}_{session}";
  EXPECT_EQ(plan({t1w("P-1", "2024-01-10")}, {}, {}, options).series[0].action, Action::problem);
}

TEST(ImportPlan, APatternGivesNoLabelsThatTellWhoOrWhen) {
  ImportOptions options;
  options.pattern = "{participant}/{session}";
  const auto why = [&](const std::string& path, bool dated = true) {
    Series scan = t1w("P-1", dated ? "2024-01-10" : "");
    scan.patient_name = "MÜLLER^JANE";
    scan.birth_date = "19500203";
    scan.first = path + "/IM3";
    const auto result = plan({scan}, {}, {}, options);
    return result.series[0].action == Action::problem ? result.series[0].why : "";
  };
  EXPECT_EQ(why("P1/m6"), "");
  EXPECT_TRUE(has(why("jane1/m6"), "name or date of birth")) << why("jane1/m6");
  EXPECT_TRUE(has(why("P030250/m6"), "name or date of birth"));
  EXPECT_TRUE(has(why("P1/Jane"), "name or date of birth"));
  for (const char* day : {"2024-01-10", "10.01.2024", "01-10-2024", "240110", "visit_20240110"}) {
    EXPECT_TRUE(has(why(std::string("P1/") + day), "--keep-dates")) << day;
    EXPECT_TRUE(has(why(std::string("P1/") + day), "--map")) << day;
  }
  EXPECT_TRUE(has(why("P1/2024-01-10", false), "--keep-dates")) << "also where the header has no date";
  EXPECT_EQ(why("P1/12345678", false), "");
  options.keep_dates = true;
  EXPECT_EQ(why("P1/2024-01-10"), "");
  EXPECT_TRUE(has(why("P030250/m6"), "name or date of birth"));
}

// What was imported before, of a series that is here again.
ExistingDataset with(const Series& series, const std::string& participant, const std::string& session, double days) {
  ExistingDataset existing;
  existing.of_series[series_mark(series)] = {participant, session};
  existing.visits[participant][session] = {{"T1w"}, days, true, false};
  return existing;
}

TEST(ImportPlan, RunningAgainAddsOnlyWhatIsNew) {
  const Series before = t1w("P1", "2024-01-10"), now = t1w("P1", "2024-07-10");
  const auto result = plan({before, now}, {}, with(before, "P1", "01", 0));
  EXPECT_EQ(result.series[0].action, Action::there);
  EXPECT_EQ(result.series[1].action, Action::import);
  EXPECT_EQ(result.series[1].session, "02");
  ASSERT_EQ(result.visits.size(), 1U) << "the first is listed already";
  EXPECT_EQ(result.visits[0].days, 182);
}

TEST(ImportPlan, DatesThatCannotBeKeptAreWarnedOf) {
  ImportOptions keep;
  keep.keep_dates = true;
  const Series before = t1w("P1", "2024-01-10"), now = t1w("P1", "2024-07-10");
  ExistingDataset existing = with(before, "P1", "01", 0);
  EXPECT_TRUE(any_has(plan({before, now}, {}, existing, keep).warnings, "no date of sub-P1 ses-01"));
  EXPECT_FALSE(any_has(plan({before, now}, {}, existing).warnings, "keep-dates"));
  existing.visits["P1"]["01"].dated = true;
  EXPECT_FALSE(any_has(plan({before, now}, {}, existing, keep).warnings, "keep-dates"));
  existing.tables_without_dates.insert("P1");
  EXPECT_TRUE(any_has(plan({before, now}, {}, existing, keep).warnings, "has no column acq_time"));
}

TEST(ImportPlan, ALaterVisitAloneHasNoDaysUnlessTheMapHasTheBaseline) {
  const Series before = t1w("P1", "2024-01-10"), now = t1w("P1", "2024-07-10");
  const auto result = plan({now}, {}, with(before, "P1", "01", 0));
  EXPECT_EQ(result.series[0].session, "02");
  EXPECT_FALSE(result.visits.at(0).days.has_value());
  EXPECT_TRUE(any_has(result.warnings, "baseline_date"));
  const auto told = plan({now}, map_of("patient_id\tparticipant_id\tbaseline_date\nP1\tP1\t2024-01-10\n"),
                         with(before, "P1", "01", 0));
  EXPECT_EQ(told.visits.at(0).days, 182);
}

TEST(ImportPlan, AVisitThatHasItsScanGetsNoSecond) {
  ExistingDataset existing;
  existing.visits["P1"]["01"] = {{"T1w"}, 0, true, false};
  const auto result =
      plan({t1w("P1", "2024-01-10")}, map_of("patient_id\tparticipant_id\tsession\nP1\tP1\t01\n"), existing);
  EXPECT_EQ(result.series[0].action, Action::not_needed);
  EXPECT_TRUE(has(result.series[0].why, "has a T1w scan"));
}

TEST(ImportMap, LabelsThatAreNoLabelsAreRefusedWithTheirLine) {
  const auto refusal = [](const std::string& text) { return test::refusal([&] { map_of(text); }); };
  for (const char* label : {"../x", "01,02", "0 1", "sub-0_1", "site-1", "\xc3\xa4", "*"}) {
    const std::string words = refusal("patient_id\tparticipant_id\nP0\t00\nP1\t" + std::string(label) + "\n");
    EXPECT_TRUE(has(words, "map.tsv, line 3: participant_id '")) << words;
    if (!std::string(label).starts_with("sub-")) {
      EXPECT_TRUE(has(words, "'" + std::string(label) + "'")) << words;
    }
  }
  EXPECT_TRUE(has(refusal("patient_id\tparticipant_id\tsession\nP1\t01\tmonth 6\n"), "line 2: session 'month 6'"));
  EXPECT_TRUE(has(refusal("patient_id\tparticipant_id\nP1\t" + std::string(65, 'a') + "\n"), "at most 64"));
  EXPECT_TRUE(has(refusal("patient_id\tparticipant_id\nP1\tn/a\n"), "participant_id is empty"));
  EXPECT_TRUE(has(refusal("patient_id\tfolder\tparticipant_id\nn/a\tn/a\t01\n"), "both patient_id and folder"));
  EXPECT_TRUE(has(refusal("patient_id\tparticipant_id\tstudy_date\nP1\t01\t01/02/2024\n"), "not a date"));
}

TEST(ImportMap, TwoRowsThatFitAsWellAndDifferAreRefused) {
  const auto map = map_of("patient_id\tparticipant_id\nP1\t01\nP1\t02\n");
  EXPECT_TRUE(has(test::refusal([&] { row_of(map, t1w("P1", "2024-01-10")); }), "Lines 2 and 3"));
}

TEST(Pattern, FindsLabelsAndRefusesWhatDoesNotFit) {
  const auto match = match_pattern("site*/{participant}_{session}/*.nii.gz", "site1/sub-07_m6/t1.nii.gz");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->participant, "07");
  EXPECT_EQ(match->session, "m6");
  EXPECT_FALSE(match_pattern("{participant}/{session}/x", "a/b"));
  EXPECT_FALSE(match_pattern("{participant}", "../x"));
  EXPECT_FALSE(match_pattern("*a*a*a*a*a*a*a*a*b{participant}", std::string(200, 'a'))) << "and it ends soon";
}

TEST(Series, MissingSlicesAreCounted) {
  EXPECT_EQ(missing_between({0, 1, 2, 3, 4}), 0U);
  EXPECT_EQ(missing_between({4, 0, 1, 3}), 1U);
  EXPECT_EQ(missing_between({0, 1.001, 2, 6, 7.002, 8, 9}), 3U);
}

TEST(Series, TextsThatSayThereIsNoContrastAgentNameNone) {
  for (const char* none : {"", "none", "None", "NONE", "no", "No", "NO", "n/a", "N/A", "na", " none "})
    EXPECT_FALSE(names_contrast_agent(none)) << none;
  for (const char* agent : {"Gadovist", "GD", "Dotarem 10 ml", "yes", "NOVIST"})
    EXPECT_TRUE(names_contrast_agent(agent)) << agent;
}

TEST(Series, DatesThatNoScannerHadAreNone) {
  EXPECT_FALSE(plausible_day("19000101", 20000));
  EXPECT_FALSE(plausible_day("20990101", 20000));
  EXPECT_TRUE(plausible_day("20240110", 20000));
}

}  // namespace
}  // namespace wane
