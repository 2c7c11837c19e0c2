#include "pipeline/statistics/between_participants.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/counted_random.h"

namespace wane {
namespace {

const std::vector<double> ladder = {5, 5, 5, 10, 10, 10, 16, 16, 16, 24, 24, 24};

// Without standard errors the interval is that of a variance: residual sum of squares / chi-square quantiles. Of 12
// participants: 3.246973 and 20.48318 with 10 degrees of freedom (tables of the chi-square distribution).
TEST(BetweenParticipants, without_standard_errors_it_is_the_chi_square_interval) {
  std::vector<MeasuredRate> rates;
  for (std::size_t i = 0; i < ladder.size(); ++i) rates.push_back({ladder[i], i % 3 == 1 ? 1.0 : -0.5, 0});
  // Each dose has residuals -0.5, 1, -0.5 around a line without slope: squares 4 x 1.5.
  const auto sd = between_participants_sd(rates);
  ASSERT_TRUE(sd && sd->interval_95_low);
  EXPECT_EQ(sd->degrees_of_freedom, 10u);
  EXPECT_NEAR(sd->estimate, std::sqrt(6.0 / 10), 1e-6);
  EXPECT_NEAR(*sd->interval_95_low, std::sqrt(6.0 / 20.48318), 1e-5);
  EXPECT_NEAR(*sd->interval_95_high, std::sqrt(6.0 / 3.246973), 1e-5);
}

TEST(BetweenParticipants, equal_standard_errors_are_taken_off_as_variances) {
  std::vector<MeasuredRate> rates;
  for (std::size_t i = 0; i < ladder.size(); ++i) rates.push_back({ladder[i], i % 3 == 1 ? 1.0 : -0.5, 0.6});
  const auto sd = between_participants_sd(rates);
  ASSERT_TRUE(sd && sd->interval_95_low);
  EXPECT_NEAR(sd->estimate, std::sqrt(0.6 - 0.36), 1e-6);
  EXPECT_EQ(*sd->interval_95_low, 0) << "6 / 20.48 is less than the error's variance";
  EXPECT_NEAR(*sd->interval_95_high, std::sqrt(6.0 / 3.246973 - 0.36), 1e-5);
}

TEST(BetweenParticipants, rates_that_scatter_less_than_their_errors_have_no_interval) {
  std::vector<MeasuredRate> rates;
  for (std::size_t i = 0; i < ladder.size(); ++i) rates.push_back({ladder[i], i % 3 == 1 ? 0.02 : -0.01, 0.6});
  const auto sd = between_participants_sd(rates);
  ASSERT_TRUE(sd);
  EXPECT_EQ(sd->estimate, 0);
  EXPECT_FALSE(sd->interval_95_low || sd->interval_95_high);
}

TEST(BetweenParticipants, needs_three_participants_and_two_doses) {
  EXPECT_FALSE(between_participants_sd({{1, 0.1, 0.1}, {2, 0.3, 0.1}}));
  EXPECT_FALSE(between_participants_sd({{1, 0.1, 0.1}, {1, 0.3, 0.1}, {1, 0.2, 0.1}}));
}

// Standard errors that differ threefold; also where people do not differ at all.
TEST(BetweenParticipants, the_interval_holds_the_truth_in_95_of_100_trials) {
  constexpr int trials = 2000;
  for (const double truth : {0.0, 0.2, 0.5}) {
    const CountedRandom random(3, static_cast<std::uint64_t>(10 * truth));
    std::uint64_t draw = 0;
    int held = 0;
    for (int t = 0; t < trials; ++t) {
      std::vector<MeasuredRate> rates;
      for (std::size_t i = 0; i < ladder.size(); ++i) {
        const double error = 0.1 + 0.1 * static_cast<double>(i % 3);
        const double variance = truth * truth + error * error;
        rates.push_back({ladder[i], 0.03 * ladder[i] + std::sqrt(variance) * random.normal(draw++), error});
      }
      const auto sd = between_participants_sd(rates);
      held += sd->interval_95_high && *sd->interval_95_low <= truth && truth <= *sd->interval_95_high;
    }
    EXPECT_NEAR(held / double(trials), 0.95, 0.02) << truth;  // standard error 0.005
  }
}

}  // namespace
}  // namespace wane
