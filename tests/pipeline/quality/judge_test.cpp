#include "pipeline/quality/judge.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace wane {
namespace {

constexpr double intracranial_ml = 1400;

// A visit of which every check passes.
VisitQualityInput good_visit(const std::string& session) {
  VisitQualityInput visit;
  visit.scan.session = session;
  visit.scan.template_similarity = 0.75;
  visit.scan.template_lead = 0.5;
  visit.scan.facts.voxel_mm = Vec3(1, 1, 1);
  visit.scan.facts.white = 100;
  visit.scan.facts.white_rank = 0.8;
  visit.scan.facts.noise = 0.02;
  visit.scan.facts.ghost_level = 0.01;
  visit.scan.fingerprint = "fingerprint of " + session;
  visit.joint = {0.85, 0.06, 0.7, 0.5, 0.3, 0.08};  // ranks of white matter and CSF, gray, scatter, contrast, steepness
  visit.scan.facts.white_by_octant.fill(1);
  visit.volumes_ml = {1150, 650, 500, 250, intracranial_ml};
  return visit;
}

Change change_of(double brain_percent) {
  Change change;
  change.from = 0;
  change.to = 1;
  change.percent = {brain_percent, brain_percent, brain_percent};
  change.standard_error = {0.1, 0.15, 0.15};
  change.boundary_shift = ChangeEstimate{change.percent, {0.2, 0.3, 0.3}};
  return change;
}

PersonQualityInput good_person(std::size_t visits = 2) {
  PersonQualityInput input;
  for (std::size_t v = 0; v < visits; ++v) input.visits.push_back(good_visit("ses-0" + std::to_string(v + 1)));
  for (std::size_t from = 0; from < visits; ++from)
    for (std::size_t to = from + 1; to < visits; ++to) {
      input.agreement.push_back({from, to, 0.985, std::nullopt, std::nullopt, std::nullopt});
      input.enhancement.push_back({from, to, 0.2, 0.3});
    }
  if (visits > 1) input.changes.push_back(change_of(-0.5));
  input.brain = {1400, intracranial_ml, 1.02, 0.001};
  input.last_step_mm = 0.01;
  return input;
}

std::set<std::string> failing(const Quality& quality) {
  std::set<std::string> names;
  for (const QualityCheck& check : quality.checks)
    if (check.verdict == Verdict::fail) names.insert(check.name);
  return names;
}

std::set<std::string> notable(const Quality& quality) {
  std::set<std::string> names;
  for (const QualityCheck& check : quality.checks)
    if (check.verdict != Verdict::pass) names.insert(check.name);
  return names;
}

std::string sentence_of(const Quality& quality, const std::string& name) {
  for (const QualityCheck& check : quality.checks)
    if (check.name == name) return check.sentence;
  return "(no such check)";
}

using Names = std::set<std::string>;

TEST(Judge, GoodScansPassEveryCheckWithoutASentence) {
  const PersonQuality quality = judge_person(good_person(3), {});
  for (const Quality& visit : quality.visits) EXPECT_EQ(notable(visit), Names());
  for (const Quality& change : quality.changes) EXPECT_EQ(notable(change), Names());
  EXPECT_EQ(notable(quality.person), Names());
  for (const QualityCheck& check : quality.visits[0].checks) EXPECT_EQ(check.sentence, "") << check.name;
  EXPECT_GT(quality.visits[0].checks.size(), 8U);
}

TEST(Judge, TwoVisitsOfDifferentPeopleBothFailBecauseNobodyKnowsWhichIsRight) {
  PersonQualityInput input = good_person();
  input.agreement[0].correlation = 0.6;
  const PersonQuality quality = judge_person(input, {});
  EXPECT_EQ(failing(quality.visits[0]), Names{"same_person"});
  EXPECT_EQ(failing(quality.visits[1]), Names{"same_person"});
  EXPECT_EQ(failing(quality.changes[0]), Names{"same_person"});
  EXPECT_NE(sentence_of(quality.visits[1], "same_person").find("do not show the same person"), std::string::npos);
}

TEST(Judge, OfThreeVisitsTheOneThatAgreesWithNoneFailsAlone) {
  PersonQualityInput input = good_person(3);
  for (PairAgreement& pair : input.agreement)
    if (pair.from == 1 || pair.to == 1) pair.correlation = 0.5;
  const PersonQuality quality = judge_person(input, {});
  EXPECT_EQ(failing(quality.visits[0]), Names());
  EXPECT_EQ(failing(quality.visits[1]), Names{"same_person"});
  EXPECT_EQ(failing(quality.visits[2]), Names());
  EXPECT_NE(sentence_of(quality.visits[1], "same_person").find("ses-01 and ses-03"), std::string::npos);
}

TEST(Judge, TwoAndTwoVisitsThatAgreeAmongThemselvesAllFail) {
  PersonQualityInput input = good_person(4);
  for (PairAgreement& pair : input.agreement)
    if ((pair.from < 2) != (pair.to < 2)) pair.correlation = 0.4;
  for (const Quality& visit : judge_person(input, {}).visits) EXPECT_EQ(failing(visit), Names{"same_person"});
}

// With many visits not all pairs are looked at.
TEST(Judge, AVisitThatIsLinkedToItsOwnGroupAloneFailsWithIt) {
  PersonQualityInput input = good_person(5);
  std::erase_if(input.agreement, [](const PairAgreement& pair) { return pair.from == 0 && pair.to > 1; });
  for (PairAgreement& pair : input.agreement)
    if (pair.from == 1) pair.correlation = 0.4;
  const PersonQuality quality = judge_person(input, {});
  EXPECT_EQ(failing(quality.visits[0]), Names{"same_person"}) << "seen with the second visit alone";
  EXPECT_EQ(failing(quality.visits[1]), Names{"same_person"});
  EXPECT_EQ(failing(quality.visits[4]), Names());
}

TEST(Judge, VisitsThatAgreeThroughAThirdStayTogether) {
  PersonQualityInput input = good_person(3);
  input.agreement[1].correlation = 0.65;  // first and last; each agrees with the middle one
  const PersonQuality quality = judge_person(input, {});
  for (const Quality& visit : quality.visits) EXPECT_EQ(failing(visit), Names());
}

TEST(Judge, AMirroredVisitIsNamedAsMirroredAndNotAsAnotherPerson) {
  PersonQualityInput input = good_person();
  input.agreement[0].correlation = 0.55;
  input.agreement[0].mirrored_correlation = 0.93;
  const PersonQuality quality = judge_person(input, {});
  EXPECT_EQ(failing(quality.visits[1]), Names{"left_right"});
  EXPECT_EQ(failing(quality.changes[0]), Names{"left_right"});
}

TEST(Judge, AnotherPersonWhoseMirrorImageFitsNoBetterIsAnotherPerson) {
  PersonQualityInput input = good_person();
  input.agreement[0].correlation = 0.5;
  input.agreement[0].mirrored_correlation = 0.58;
  EXPECT_EQ(failing(judge_person(input, {}).visits[0]), Names{"same_person"});
}

TEST(Judge, BrightVesselsAloneAreNoOtherPerson) {
  PersonQualityInput input = good_person();
  input.agreement[0].correlation = 0.6;
  input.agreement[0].capped_correlation = 0.93;
  input.enhancement[0] = {0, 1, 0.2, 40.0};
  const PersonQuality quality = judge_person(input, {});
  EXPECT_EQ(failing(quality.visits[0]), Names());
  EXPECT_EQ(failing(quality.changes[0]), Names{"contrast_agent"});
  input.agreement[0].capped_correlation = 0.7;
  EXPECT_EQ(failing(judge_person(input, {}).visits[0]), Names{"same_person"});
}

TEST(Judge, VisitsThatAgreeLessThanTheirNoiseExplainsNeedALook) {
  PersonQualityInput input = good_person();
  for (VisitQualityInput& visit : input.visits) visit.scan.facts.noise = 0;
  input.agreement[0].correlation = 0.98;
  EXPECT_FALSE(notable(judge_person(input, {}).changes[0]).contains("agreement"));
  input.agreement[0].correlation = 0.95;
  EXPECT_TRUE(notable(judge_person(input, {}).changes[0]).contains("agreement"));
  // Noise of a fifth of the contrast of white and gray matter.
  for (VisitQualityInput& visit : input.visits) visit.scan.facts.noise = 0.2 * std::abs(1 - visit.joint.gray_to_white);
  EXPECT_FALSE(notable(judge_person(input, {}).changes[0]).contains("agreement"));
}

TEST(Judge, AWrongVoxelSizeNamesTheAxis) {
  PersonQualityInput input = good_person();
  input.agreement[0].correlation = 0.5;
  input.agreement[0].stretch = PairStretch{0.9, Vec3(0.1, -0.2, 20.0)};
  const PersonQuality quality = judge_person(input, {});
  EXPECT_EQ(failing(quality.visits[1]), Names{"voxel_size"});
  EXPECT_NE(sentence_of(quality.visits[1], "voxel_size").find("+20.0 % along the third axis"), std::string::npos);
}

TEST(Judge, DriftOfTheVoxelSizeWarnsAndFailsByTheAxisThatDiffersMost) {
  PersonQualityInput input = good_person();
  for (VisitQualityInput& visit : input.visits) visit.drift = VisitDrift{};
  input.visits[1].drift->axis_percent = Vec3(0, -1.0, 0);
  PersonQuality quality = judge_person(input, {});
  EXPECT_EQ(notable(quality.changes[0]), Names{"voxel_size"});
  EXPECT_EQ(failing(quality.changes[0]), Names());
  EXPECT_NE(sentence_of(quality.changes[0], "voxel_size").find("-1.0 % along the second axis"), std::string::npos);
  input.visits[1].drift->axis_percent = Vec3(0, 0, 5.0);
  EXPECT_EQ(failing(judge_person(input, {}).changes[0]), Names{"voxel_size"});
}

TEST(Judge, TheSameDataTwiceFailBothVisits) {
  PersonQualityInput input = good_person();
  input.visits[1].scan.fingerprint = input.visits[0].scan.fingerprint;
  const PersonQuality quality = judge_person(input, {});
  EXPECT_EQ(failing(quality.visits[0]), Names{"same_data"});
  EXPECT_EQ(failing(quality.visits[1]), Names{"same_data"});
}

TEST(Judge, ScansThatAreNotT1WeightedFail) {
  for (const double rank : {0.1, 0.4, 0.61}) {
    PersonQualityInput input = good_person();
    input.visits[1].joint.white_rank = rank;
    EXPECT_EQ(failing(judge_person(input, {}).visits[1]), Names{"t1w_tissues"}) << rank;
  }
  PersonQualityInput bright_fluid = good_person();
  bright_fluid.visits[0].joint.csf_rank = 0.95;
  EXPECT_EQ(failing(judge_person(bright_fluid, {}).visits[0]), Names{"csf_contrast"});
}

TEST(Judge, EachFaultOfOneScanIsSeenByItsOwnCheck) {
  const auto notable_after = [](auto&& spoil) {
    ScanQualityInput scan = good_visit("ses-01").scan;
    spoil(scan);
    return notable(judge_scan(scan, {}));
  };
  EXPECT_EQ(notable_after([](auto& s) { s.template_similarity = 0.25; }), Names{"template_alignment"});
  EXPECT_EQ(notable_after([](auto& s) { s.turned_degrees = 110; }), Names{"head_turned"});
  EXPECT_EQ(notable_after([](auto& s) { s.facts.voxel_mm[2] = 7; }), Names{"resolution"});
  EXPECT_EQ(notable_after([](auto& s) { s.facts.ghost_level = 0.6; }), Names{"ghosting"});
  EXPECT_EQ(notable_after([](auto& s) { s.values.saturated_share = 0.2; }), Names{"saturation"});
  EXPECT_EQ(notable_after([](auto& s) { s.values.wrapped_share = 0.01; }), Names{"wrapped_values"});
  EXPECT_EQ(notable_after([](auto& s) { s.values.unseen_share = 0.1; }), Names{"scan_coverage"});
  EXPECT_EQ(notable_after([](auto& s) { s.orientation_known = false; }), Names{"orientation"});
}

TEST(Judge, APoorAgreementWithTheTemplateIsEnoughOnlyWhereNoOtherPlaceComesNear) {
  ScanQualityInput scan = good_visit("ses-01").scan;
  scan.template_similarity = 0.4;
  EXPECT_EQ(notable(judge_scan(scan, {})), Names{"template_alignment"});
  EXPECT_TRUE(failing(judge_scan(scan, {})).empty());
  scan.template_lead = 0.05;
  EXPECT_EQ(failing(judge_scan(scan, {})), Names{"template_lead"});
  scan.template_similarity = 0.6;
  EXPECT_TRUE(notable(judge_scan(scan, {})).empty());
}

TEST(Judge, EachFaultOfAPairIsSeenByItsOwnCheck) {
  const auto notable_after = [](auto&& spoil) {
    PersonQualityInput input = good_person();
    spoil(input);
    return notable(judge_person(input, {}).changes[0]);
  };
  EXPECT_EQ(notable_after([](auto& p) { p.enhancement[0].bright_at_to_ml = 9; }), Names{"contrast_agent"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[1].joint.contrast = 0.2; }), Names{"tissue_contrast"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[1].joint.border_steepness_per_mm = 0.03; }), Names{"sharpness"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[1].joint.joint_variation = 1.5; }), Names{"tissue_scatter"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[1].scan.facts.voxel_mm[2] = 3; }), Names{"voxel_size_changed"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[1].folded_share = 0.01; }), Names{"folding"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[1].scan.facts.white_by_octant[3] = 1.5; }), Names{"shading"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[1].scan.facts.ghost_level = 0.02; }), Names{"air_signal"});
  EXPECT_EQ(notable_after([](auto& p) { p.last_step_mm = 0.5; }), Names{"convergence"});
  EXPECT_EQ(notable_after([](auto& p) { p.share_compared = 0.8; }), Names{"coverage"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[0].constant_head_ml = 40; }), Names{"constant_region"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[0].scan.values.surround = 0.8; }), Names{"air_differs"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[0].scan.values.subtracted = -60; }), Names{"background"});
  // Both below 0, as z-scores are; both above it is only another zero.
  const auto both_shifted = [&](double by) {
    return notable_after([by](auto& p) {
      for (auto& visit : p.visits) visit.scan.values.subtracted = by;
    });
  };
  EXPECT_EQ(both_shifted(-3), Names{"background"});
  EXPECT_EQ(both_shifted(1000), Names{});
  EXPECT_EQ(notable_after([](auto& p) {
              p.visits[0].scan.values.subtracted = -3;
              p.visits[1].scan.values.subtracted = 1000;
            }),
            Names{"background"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[0].scan.brain_extracted = true; }),
            Names{"brain_extracted_at_one_visit"});
  EXPECT_EQ(notable_after([](auto& p) { p.changes[0].boundary_shift->percent.brain = 0.5; }),
            Names{"measurements_agree"});
}

// A voxel size that is not known is in both standard errors, and moves both measurements alike.
TEST(Judge, TheCalibrationIsNoReasonForTheTwoMeasurementsToPart) {
  PersonQualityInput input = good_person();
  Change& change = input.changes[0];
  const double noise = 0.1, calibration = 0.39;
  change.percent.brain = -1;
  change.boundary_shift->percent.brain = -1.5;
  change.standard_error.brain = change.boundary_shift->standard_error.brain = std::hypot(noise, calibration);
  change.errors = ChangeErrors{};
  change.errors->calibration_percent = calibration;
  const PersonQuality quality = judge_person(input, {});
  EXPECT_TRUE(notable(quality.changes[0]).contains("measurements_agree"));
}

TEST(Judge, EachImplausibleBrainIsSeenByItsOwnCheck) {
  const auto notable_after = [](auto&& spoil) {
    PersonQualityInput input = good_person();
    spoil(input);
    const PersonQuality quality = judge_person(input, {});
    Names names = notable(quality.person);
    names.merge(notable(quality.visits[0]));
    return names;
  };
  EXPECT_EQ(notable_after([](auto& p) { p.brain.intracranial_ml = p.brain.mask_ml = 2500; }),
            Names{"intracranial_volume"});
  EXPECT_EQ(notable_after([](auto& p) { p.brain.mask_ml = 700; }), Names{"brain_in_skull"});
  EXPECT_EQ(notable_after([](auto& p) { p.brain.left_to_right = 0.6; }), Names{"left_against_right"});
  EXPECT_EQ(notable_after([](auto& p) { p.brain.bright_share = 0.2; }), Names{"mask_brightness"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[0].volumes_ml.brain = 300; }), Names{"brain_volume"});
  EXPECT_EQ(notable_after([](auto& p) { p.visits[0].volumes_ml.gray_matter = 5000; }), Names{"gray_to_white_volume"});
}

Quality dated(double brain_percent, std::optional<double> days, std::optional<double> span_days = std::nullopt) {
  Quality quality;
  judge_dates(quality, {brain_percent, brain_percent, brain_percent}, days, span_days.value_or(days.value_or(0)), {});
  return quality;
}

TEST(JudgeDates, AChangeThatNoBrainHasFailsAndAYearAllowsMoreThanADay) {
  EXPECT_EQ(failing(dated(-40, 365)), Names{"plausible_change"});
  EXPECT_EQ(failing(dated(+13.8, 3)), Names{"plausible_change"});
  EXPECT_EQ(failing(dated(-15, 730)), Names());
  EXPECT_EQ(notable(dated(-1.5, 365)), Names());
}

TEST(JudgeDates, LessThanHalfAYearIsMarkedAndHasNoRateWorthReading) {
  EXPECT_EQ(notable(dated(-0.3, 30)), Names{"interval"});
  EXPECT_EQ(notable(dated(-0.3, 182)), Names()) << "26 weeks";
  EXPECT_EQ(notable(dated(-0.3, 91, 365)), Names()) << "the rate is over all visits";
}

TEST(JudgeDates, TheOrderOfVisitsOnOneDayOrAgainstTimeIsDoubted) {
  EXPECT_EQ(notable(dated(-0.3, 0, 365)), Names{"order_known"});
  EXPECT_EQ(notable(dated(-0.3, -400, 400)), Names{"order_known"});
}

TEST(JudgeDates, WithoutDatesTheSignIsNotKnown) {
  EXPECT_EQ(notable(dated(-0.3, std::nullopt)), Names{"order_known"});
}

TEST(JudgeDates, OtherDatesReplaceTheirChecksAndLeaveTheRest) {
  Quality quality = dated(-0.3, 30);
  quality.checks.push_back({"same_person", 0.95, 0.7, Verdict::pass, ""});
  judge_dates(quality, {-0.3, -0.3, -0.3}, 365, 365, {});
  EXPECT_EQ(notable(quality), Names());
  EXPECT_EQ(quality.checks.size(), 3U);
}

TEST(QualityLimits, LimitsInTheWrongOrderAreRefused) {
  QualityLimits limits;
  limits.same_person_fail = 0.9;
  EXPECT_THROW(limits.validate(), UsageError);
  EXPECT_NO_THROW(QualityLimits().validate());
}

TEST(QualityLimits, EveryLimitIsAnOptionWithAName) {
  QualityLimits limits;
  std::set<std::string> names;
  for (const OptionField& field : option_fields(limits)) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_FALSE(field.help.empty()) << field.name;
  }
  EXPECT_EQ(names.size() * sizeof(double), sizeof(QualityLimits));  // none is forgotten
}

}  // namespace
}  // namespace wane
