#include "pipeline/statistics/dose_response.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace wane {
namespace {

std::vector<DoseAndRate> paired(const std::vector<double>& doses, const std::vector<double>& rates) {
  std::vector<DoseAndRate> pairs;
  for (std::size_t i = 0; i < doses.size(); ++i) pairs.push_back({doses[i], rates[i]});
  return pairs;
}

const std::vector<double> ladder = {5, 5, 5, 10, 10, 10, 16, 16, 16, 24, 24, 24};
const std::vector<double> ladder_rates = {-1.31, -1.02, -0.77, -0.93, -1.15, -0.64,
                                          -0.71, -0.35, -0.88, -0.22, -0.51, 0.05};

// Reference values: rho and slope from scipy.stats (spearmanr, linregress); p by counting every arrangement with
// itertools, independently of this program.
TEST(DoseResponse, twelve_participants_in_four_doses) {
  const auto result = dose_response(paired(ladder, ladder_rates), "brain");
  EXPECT_EQ(result.n, 12u);
  EXPECT_NEAR(*result.spearman_rho, 0.7988920066119314, 1e-12);
  EXPECT_NEAR(*result.p_two_sided, 1262.0 / 369600.0, 1e-15);
  EXPECT_EQ(result.p_method, "exact");
  EXPECT_NEAR(*result.slope_percent_per_year_per_dose, 0.04315483603154836, 1e-14);
  EXPECT_EQ(result.sentence,
            "Higher dose goes with less brain loss (Spearman rho of dose with rate +0.80, two-sided p = 0.0034 "
            "(exact), 12 participants).");
}

TEST(DoseResponse, ties_in_dose_and_rate) {
  const auto result = dose_response(paired({0, 1, 2, 2, 4, 8, 8}, {-.5, -.9, -.3, -.5, -.1, -.4, .2}), "gray matter");
  EXPECT_NEAR(*result.spearman_rho, 0.7431505414602935, 1e-12);
  EXPECT_NEAR(*result.p_two_sided, 352.0 / 5040.0, 1e-15);
  EXPECT_NEAR(*result.slope_percent_per_year_per_dose, 0.06950672645739911, 1e-14);
  EXPECT_NE(result.sentence.find("less gray matter loss in these participants, but not more clearly than chance"),
            std::string::npos);
}

TEST(DoseResponse, distinct_doses_with_more_loss_at_higher_dose) {
  const auto result = dose_response(paired({1, 2, 3, 4, 5, 6, 7, 8}, {-1, -3, -2, -4, -6, -5, -8, -7}), "brain");
  EXPECT_NEAR(*result.spearman_rho, -0.9285714285714287, 1e-12);
  EXPECT_NEAR(*result.p_two_sided, 90.0 / 40320.0, 1e-15);
  EXPECT_EQ(result.sentence.find("Higher dose goes with more brain loss ("), 0u);
  EXPECT_LT(*result.slope_percent_per_year_per_dose, 0);
}

TEST(DoseResponse, a_perfect_order_of_twelve_is_exact) {
  std::vector<double> doses, rates;
  for (int i = 1; i <= 12; ++i) {
    doses.push_back(i);
    rates.push_back(0.1 * i - 2);
  }
  const auto result = dose_response(paired(doses, rates), "brain");
  EXPECT_NEAR(*result.spearman_rho, 1.0, 1e-15);
  EXPECT_NEAR(*result.p_two_sided * 479001600.0, 2.0, 1e-9);  // 2 of 12! arrangements
  EXPECT_EQ(result.p_method, "exact");
  EXPECT_NE(result.sentence.find("p < 0.0001"), std::string::npos);
}

TEST(DoseResponse, the_order_of_the_participants_does_not_matter) {
  auto pairs = paired(ladder, ladder_rates);
  const auto result = dose_response(pairs, "brain");
  std::reverse(pairs.begin(), pairs.end());
  const auto reversed = dose_response(pairs, "brain");
  EXPECT_EQ(result.p_two_sided, reversed.p_two_sided);
  EXPECT_EQ(result.slope_percent_per_year_per_dose, reversed.slope_percent_per_year_per_dose);
  EXPECT_EQ(result.sentence, reversed.sentence);
}

TEST(DoseResponse, random_arrangements_agree_with_counting_and_are_labelled) {
  const auto sampled = dose_response(paired(ladder, ladder_rates), "brain", 1);
  EXPECT_NEAR(*sampled.p_two_sided, 1262.0 / 369600.0, 0.001);  // 5 standard errors of 100 000 arrangements
  EXPECT_EQ(sampled.p_method.find("100000 random arrangements, seed "), 0u);
  EXPECT_EQ(dose_response(paired(ladder, ladder_rates), "brain", 1).p_two_sided, sampled.p_two_sided);
}

TEST(DoseResponse, a_large_trial_is_sampled) {
  std::vector<double> doses, rates;
  for (int i = 0; i < 200; ++i) {
    doses.push_back(i);
    rates.push_back(std::sin(i * i));
  }
  const auto result = dose_response(paired(doses, rates), "brain");
  EXPECT_NE(result.p_method, "exact");
  EXPECT_GT(*result.p_two_sided, 0);
}

TEST(DoseResponse, a_flat_response_has_no_direction) {
  const auto result = dose_response(paired({1, 1, 2, 2}, {-1, -2, -1, -2}), "brain");
  EXPECT_NEAR(*result.spearman_rho, 0, 1e-15);
  EXPECT_EQ(*result.p_two_sided, 1.0);
  EXPECT_EQ(result.sentence.find("Dose and brain loss do not go together"), 0u);
}

TEST(DoseResponse, what_is_missing_is_said) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto few = dose_response(paired({1, 2, 3}, {-1, -2, nan}), "brain");
  EXPECT_EQ(few.n, 2u);
  EXPECT_FALSE(few.spearman_rho || few.p_two_sided || few.slope_percent_per_year_per_dose);
  EXPECT_NE(few.sentence.find("at least three participants with a dose and a rate, and there are 2"),
            std::string::npos);
  EXPECT_NE(dose_response(paired({0, 0, 0}, {-1, -2, -3}), "brain").sentence.find("the same dose"), std::string::npos);
  EXPECT_NE(dose_response(paired({1, 2, 3}, {-1, -1, -1}), "brain").sentence.find("the same rate"), std::string::npos);
}

}  // namespace
}  // namespace wane
