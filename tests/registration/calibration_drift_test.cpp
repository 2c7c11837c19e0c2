#include "registration/calibration_drift.h"

#include <gtest/gtest.h>

#include "imaging/error.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

Grid grid_for_tests() {
  return test::upright_grid({100, 120, 105}, Vec3::Constant(2.0));
}

// The head, `percent` larger, with gain; its brain, but not its skull, `shrunken` in length.
Volume head(double percent, double shrunken_percent = 0, double gain = 1) {
  const double scale = 1 + percent / 100, brain_scale = 1 - shrunken_percent / 100;
  return test::rendered(grid_for_tests(), [&](const Vec3& p) {
    const Vec3 at = p / scale;
    return gain * test::head_at(test::in_brain(at) ? Vec3(at / brain_scale) : at);
  });
}

Mask inside_skull() {
  return test::rendered_mask(grid_for_tests(), [](const Vec3& p) { return test::in_brain(p); });
}

Volume all_seen() {
  return Volume(grid_for_tests(), 1.F);
}

TEST(CalibrationDrift, IsFoundToAFewHundredthsOfAPercentOfLength) {
  const auto drift = calibration_drift_percent({head(0), head(0.5, 0, 1.4)}, inside_skull(), all_seen());
  ASSERT_TRUE(drift);
  EXPECT_NEAR((*drift)[1] - (*drift)[0], 0.5, 0.03);
  EXPECT_NEAR((*drift)[1] + (*drift)[0], 0, 1e-12);
}

TEST(CalibrationDrift, IsNotSeenInABrainThatShrinksWithinItsSkull) {
  const auto drift = calibration_drift_percent({head(0), head(0, 1.0)}, inside_skull(), all_seen());
  ASSERT_TRUE(drift);
  EXPECT_NEAR((*drift)[1] - (*drift)[0], 0, 0.03);
}

TEST(CalibrationDrift, ExchangedVisitsHaveExchangedDrift) {
  const auto forth = calibration_drift_percent({head(0), head(-0.4)}, inside_skull(), all_seen());
  const auto back = calibration_drift_percent({head(-0.4), head(0)}, inside_skull(), all_seen());
  ASSERT_TRUE(forth && back);
  EXPECT_NEAR((*forth)[0], (*back)[1], 1e-6);  // volumes are in single precision
}

TEST(CalibrationDrift, OfThreeVisitsSumsToZeroAndKeepsTheirDifferences) {
  const auto drift = calibration_drift_percent({head(0), head(0.3), head(-0.3)}, inside_skull(), all_seen());
  ASSERT_TRUE(drift);
  EXPECT_NEAR((*drift)[0] + (*drift)[1] + (*drift)[2], 0, 1e-12);
  EXPECT_NEAR((*drift)[1] - (*drift)[2], 0.6, 0.05);
}

TEST(CalibrationDrift, IsUnknownWhereTheSkullIsNotSeen) {
  Volume only_brain = all_seen();
  const Mask inside = inside_skull();
  for (std::size_t n = 0; n < inside.size(); ++n) only_brain[n] = inside[n];
  EXPECT_FALSE(calibration_drift_percent({head(0), head(0.5)}, inside, only_brain));
  EXPECT_FALSE(calibration_drift_percent({head(0)}, inside, all_seen()));
}

}  // namespace
}  // namespace wane
