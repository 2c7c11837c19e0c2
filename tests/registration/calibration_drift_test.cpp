#include "registration/calibration_drift.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

Grid grid_for_tests() {
  return test::upright_grid({100, 120, 105}, Vec3::Constant(2.0));
}

// The head, larger by `percent` along each axis, with gain; its brain, but not its skull, `shrunken` in length.
Volume head(const Vec3& percent, double shrunken_percent = 0, double gain = 1) {
  const Vec3 scale = Vec3::Ones() + percent / 100;
  const double brain_scale = 1 - shrunken_percent / 100;
  return test::rendered(grid_for_tests(), [&](const Vec3& p) {
    const Vec3 at = p.cwiseQuotient(scale);
    return gain * test::head_at(test::in_brain(at) ? Vec3(at / brain_scale) : at);
  });
}

Volume head(double percent, double shrunken_percent = 0, double gain = 1) {
  return head(Vec3::Constant(percent), shrunken_percent, gain);
}

Mask inside_skull() {
  return test::rendered_mask(grid_for_tests(), [](const Vec3& p) { return test::in_brain(p); });
}

Volume all_seen() {
  return Volume(grid_for_tests(), 1.F);
}

std::optional<CalibrationDrift> drift_of(const std::vector<Volume>& visits, const Volume& seen = all_seen()) {
  return calibration_drift(visits, inside_skull(), seen, std::vector<Mat3>(visits.size(), Mat3::Identity()));
}

double length_between(const CalibrationDrift& drift, std::size_t from, std::size_t to) {
  return drift.visits[to].length_percent - drift.visits[from].length_percent;
}

Vec3 axes_between(const CalibrationDrift& drift, std::size_t from, std::size_t to) {
  return drift.visits[to].axis_percent - drift.visits[from].axis_percent;
}

TEST(CalibrationDrift, IsFoundToAFewHundredthsOfAPercentOfLength) {
  const auto drift = drift_of({head(0), head(0.5, 0, 1.4)});
  ASSERT_TRUE(drift);
  EXPECT_NEAR(length_between(*drift, 0, 1), 0.5, 0.03);
  EXPECT_NEAR(drift->visits[1].length_percent + drift->visits[0].length_percent, 0, 1e-12);
  EXPECT_FALSE(drift->along_axes);
  EXPECT_LT(drift->visits[1].length_error_percent, 0.05);
}

TEST(CalibrationDrift, IsNotSeenInABrainThatShrinksWithinItsSkull) {
  const auto drift = drift_of({head(0), head(0, 1.0)});
  ASSERT_TRUE(drift);
  EXPECT_NEAR(length_between(*drift, 0, 1), 0, 0.03);
  EXPECT_FALSE(drift->along_axes);
}

TEST(CalibrationDrift, ExchangedVisitsHaveExchangedDrift) {
  const auto forth = drift_of({head(0), head(-0.4)});
  const auto back = drift_of({head(-0.4), head(0)});
  ASSERT_TRUE(forth && back);
  EXPECT_NEAR(forth->visits[0].length_percent, back->visits[1].length_percent, 1e-6);  // volumes: single precision
}

TEST(CalibrationDrift, OfThreeVisitsSumsToZeroAndKeepsTheirDifferences) {
  const auto drift = drift_of({head(0), head(0.3), head(-0.3)});
  ASSERT_TRUE(drift);
  double sum = 0;
  for (const VisitDrift& visit : drift->visits) sum += visit.length_percent;
  EXPECT_NEAR(sum, 0, 1e-12);
  EXPECT_NEAR(length_between(*drift, 2, 1), 0.6, 0.05);
}

TEST(CalibrationDrift, AlongOneAxisIsFoundAlongThatAxis) {
  for (const double percent : {1.0, 5.0}) {
    const auto drift = drift_of({head(0), head(Vec3(0, 0, percent))});
    ASSERT_TRUE(drift) << percent;
    EXPECT_TRUE(drift->along_axes) << percent;
    const Vec3 along = axes_between(*drift, 0, 1);
    EXPECT_NEAR(along[0], 0, 0.1) << percent;
    EXPECT_NEAR(along[1], 0, 0.1) << percent;
    EXPECT_NEAR(along[2], 100 * std::log1p(percent / 100), 0.1) << percent;  // against the mean of both
    EXPECT_NEAR(length_between(*drift, 0, 1), 100 * std::log1p(percent / 100) / 3, 0.06) << percent;
  }
}

TEST(CalibrationDrift, IsGivenAlongTheScansOwnAxes) {
  Mat3 sagittal;  // its first axis leads up, its second to the left, its third back
  sagittal.col(0) = Vec3::UnitZ();
  sagittal.col(1) = Vec3::UnitX();
  sagittal.col(2) = Vec3::UnitY();
  const auto drift =
      calibration_drift({head(0), head(Vec3(0, 0, 1))}, inside_skull(), all_seen(), {Mat3::Identity(), sagittal});
  ASSERT_TRUE(drift);
  EXPECT_NEAR(drift->visits[0].axis_percent[2], -0.5, 0.06);
  EXPECT_NEAR(drift->visits[1].axis_percent[0], 0.5, 0.06);
  EXPECT_NEAR(drift->visits[1].axis_percent[2], 0, 0.06);
}

TEST(CalibrationDrift, OfAHeadAFifthTooLongIsFoundThoughNoCommonScaleFits) {
  const auto drift = drift_of({head(0), head(Vec3(0, 0, 20))});
  ASSERT_TRUE(drift);
  EXPECT_TRUE(drift->along_axes);
  EXPECT_NEAR(axes_between(*drift, 0, 1)[2], 18.2, 2);
  EXPECT_NEAR(axes_between(*drift, 0, 1)[0], 0, 2);
}

TEST(CalibrationDrift, IsUnknownWhereTheSkullIsNotSeen) {
  Volume only_brain = all_seen();
  const Mask inside = inside_skull();
  for (std::size_t n = 0; n < inside.size(); ++n) only_brain[n] = inside[n];
  EXPECT_FALSE(drift_of({head(0), head(0.5)}, only_brain));
  EXPECT_FALSE(drift_of({head(0)}));
}

}  // namespace
}  // namespace wane
