#include "pipeline/validation/accuracy.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace wane {
namespace {

TEST(Accuracy, IsWhatOneComputesByHand) {
  // Errors: +0.2, -0.1, +0.4, -0.3.
  const Accuracy figures = accuracy({{-1, -0.8, 0.2}, {-2, -2.1, 0.02}, {0, 0.4, 0.1}, {1, 0.7, 0.16}});
  EXPECT_EQ(figures.n, 4U);
  EXPECT_NEAR(figures.mean_absolute_error, 0.25, 1e-12);
  EXPECT_NEAR(figures.median_absolute_error, 0.25, 1e-12);
  EXPECT_NEAR(figures.bias, 0.05, 1e-12);
  EXPECT_NEAR(figures.worst, 0.4, 1e-12);
  EXPECT_NEAR(figures.slope.value(), (0.8 + 4.2 + 0.7) / 6, 1e-12);
  EXPECT_EQ(figures.coverage_95_percent, 50) << "0.2 < 1.96 x 0.2 and 0.3 < 1.96 x 0.16; the others are outside";
}

TEST(Accuracy, TheMedianOfAnOddNumberIsTheMiddleOne) {
  EXPECT_NEAR(accuracy({{0, 0.1, {}}, {0, -0.7, {}}, {0, 0.2, {}}}).median_absolute_error, 0.2, 1e-12);
}

TEST(Accuracy, AToolThatSaysNineTenthsHasThatSlope) {
  EXPECT_NEAR(accuracy({{-1, -0.9, {}}, {-2, -1.8, {}}, {0.5, 0.45, {}}}).slope.value(), 0.9, 1e-12);
}

TEST(Accuracy, HasNoSlopeWhereNothingWasPlanted) {
  EXPECT_FALSE(accuracy({{0, 0.1, 0.1}, {0, -0.1, 0.1}}).slope.has_value());
  // What a planter leaves where nothing was asked for.
  EXPECT_FALSE(accuracy({{3e-5, -0.3, {}}, {2e-5, -0.2, {}}, {3e-5, -0.3, {}}}).slope.has_value());
}

TEST(Accuracy, CoverageIsOfThoseWithAStandardError) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(accuracy({{0, 0.1, {}}, {0, 0.1, nan}}).coverage_95_percent.has_value());
  EXPECT_EQ(accuracy({{0, 0.1, {}}, {0, 0.1, 0.1}}).coverage_95_percent, 100);
  EXPECT_EQ(accuracy({{0, 0.1, 0.0}}).coverage_95_percent, 0) << "an interval without width holds nothing else";
}

TEST(Accuracy, OfNothingIsAnError) {
  EXPECT_THROW(accuracy({}), std::logic_error);
}

TEST(Consistency, AnExactInverseLeavesNothing) {
  EXPECT_EQ(inverse_inconsistency(-1.5, 1.5), 0);
  EXPECT_NEAR(inverse_inconsistency(-1.5, 1.4), 0.1, 1e-12);
}

TEST(Consistency, ChangesAreChainedAsVolumesAndNotAdded) {
  // 100 -> 90 -> 99 mL, in percent of the mean of both volumes.
  const double first = 200.0 * -10 / 190, second = 200.0 * 9 / 189, both = 200.0 * -1 / 199;
  EXPECT_NEAR(transitivity_gap(first, second, both), 0, 1e-12);
  EXPECT_NEAR(transitivity_gap(first, second, both + 0.3), 0.3, 1e-12);
  EXPECT_GT(transitivity_gap(first, second, first + second), 1e-3);
}

}  // namespace
}  // namespace wane
