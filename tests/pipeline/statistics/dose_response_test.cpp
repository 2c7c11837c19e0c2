#include "pipeline/statistics/dose_response.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/pipeline/statistics/reference/reference.h"

namespace wane {
namespace {

std::vector<DoseAndRate> paired(const std::vector<double>& doses, const std::vector<double>& rates) {
  std::vector<DoseAndRate> pairs;
  for (std::size_t i = 0; i < doses.size(); ++i) pairs.push_back({"sub-" + std::to_string(i), doses[i], rates[i]});
  return pairs;
}

const std::vector<double> ladder = {5, 5, 5, 10, 10, 10, 16, 16, 16, 24, 24, 24};
const std::vector<double> ladder_rates = {-1.31, -1.02, -0.77, -0.93, -1.15, -0.64,
                                          -0.71, -0.35, -0.88, -0.22, -0.51, 0.05};

// Reference values: rho and slope from scipy.stats (spearmanr, linregress); p by counting every arrangement with
// itertools, independently of this program.
TEST(DoseResponse, twelve_participants_in_four_doses) {
  const auto result = dose_response(paired(ladder, ladder_rates));
  EXPECT_EQ(result.n, 12u);
  EXPECT_NEAR(result.spearman.estimate, 0.7988920066119314, 1e-12);
  EXPECT_NEAR(result.spearman.p, 1262.0 / 369600.0, 1e-15);
  EXPECT_EQ(result.spearman.permutation.arrangements, 369600);
  EXPECT_NEAR(result.slope.slope, 0.04315483603154836, 1e-14);
}

TEST(DoseResponse, ties_in_dose_and_rate) {
  const auto result = dose_response(paired({0, 1, 2, 2, 4, 8, 8}, {-.5, -.9, -.3, -.5, -.1, -.4, .2}));
  EXPECT_NEAR(result.spearman.estimate, 0.7431505414602935, 1e-12);
  EXPECT_NEAR(result.spearman.p, 352.0 / 5040.0, 1e-15);
  EXPECT_NEAR(result.slope.slope, 0.06950672645739911, 1e-14);
}

TEST(DoseResponse, a_perfect_order_of_twelve_is_exact) {
  std::vector<double> doses, rates;
  for (int i = 1; i <= 12; ++i) {
    doses.push_back(i);
    rates.push_back(0.1 * i - 2);
  }
  const auto result = dose_response(paired(doses, rates));
  EXPECT_NEAR(result.spearman.estimate, 1.0, 1e-14);
  for (const auto trend : {Trend::jonckheere, Trend::spearman, Trend::linear}) {
    EXPECT_EQ(result.test(trend).permutation.method, PermutationMethod::exact);
    EXPECT_NEAR(result.test(trend).p * 479001600.0, 2.0, 1e-9);  // 2 of 12! arrangements
  }
  EXPECT_EQ(result.jonckheere.estimate, 1.0);
}

TEST(DoseResponse, swapped_doses_give_the_mirror_image) {
  auto swapped = ladder;
  for (double& dose : swapped) dose = 29 - dose;  // 5 <-> 24
  const auto up = dose_response(paired(ladder, ladder_rates)), down = dose_response(paired(swapped, ladder_rates));
  EXPECT_NEAR(up.slope.slope, -down.slope.slope, 1e-14);
  EXPECT_NEAR(*up.slope.low, -*down.slope.high, 1e-8);
  EXPECT_NEAR(up.spearman.estimate, -down.spearman.estimate, 1e-12);
  for (const auto trend : {Trend::jonckheere, Trend::spearman, Trend::linear}) {
    EXPECT_EQ(up.test(trend).permutation.p_two_sided, down.test(trend).permutation.p_two_sided);
    EXPECT_EQ(up.test(trend).permutation.p_greater, down.test(trend).permutation.p_less);
  }
  EXPECT_EQ(up.high_minus_low.estimate, -down.high_minus_low.estimate);
  EXPECT_TRUE(up.isotonic.rising);
  EXPECT_FALSE(down.isotonic.rising);
}

TEST(DoseResponse, the_order_of_the_participants_does_not_matter) {
  auto pairs = paired(ladder, ladder_rates);
  const auto result = dose_response(pairs);
  std::reverse(pairs.begin(), pairs.end());
  const auto reversed = dose_response(pairs);
  EXPECT_EQ(result.linear.p, reversed.linear.p);
  EXPECT_EQ(result.slope.slope, reversed.slope.slope);
  EXPECT_EQ(result.slope.low, reversed.slope.low);
  EXPECT_EQ(result.influence.front().participant_id, reversed.influence.front().participant_id);
}

TEST(DoseResponse, one_sided_looks_for_one_effect_only) {
  DoseResponseOptions options;
  options.sides = Sides::less_loss;
  const auto less = dose_response(paired(ladder, ladder_rates), options);
  options.sides = Sides::more_loss;
  const auto more = dose_response(paired(ladder, ladder_rates), options);
  EXPECT_LT(less.linear.p, 0.01);
  EXPECT_GT(more.linear.p, 0.99);
}

class SlopeReference : public testing::TestWithParam<std::string> {};

TEST_P(SlopeReference, slope_and_its_exact_interval) {
  const auto& set = reference::set(GetParam());
  const auto result = dose_response(paired(reference::numbers(set.at("dose")), reference::numbers(set.at("rate"))));
  EXPECT_NEAR(result.slope.slope, set.at("slope").at("slope").get<double>(), 1e-10);
  EXPECT_NEAR(result.residual_sd, set.at("slope").at("residual_sd").get<double>(), 1e-10);
  const double unit = result.residual_sd;
  EXPECT_NEAR(*result.slope.low, set.at("permutation_interval")[0].get<double>(), 1e-8 * unit);
  EXPECT_NEAR(*result.slope.high, set.at("permutation_interval")[1].get<double>(), 1e-8 * unit);
}

INSTANTIATE_TEST_SUITE_P(R, SlopeReference,
                         testing::Values("balanced_12", "unbalanced_12", "ties_12", "missing_visits_12",
                                         "group_of_one_10", "two_visits_12", "singular_12"),
                         [](const auto& set) { return set.param; });

TEST(DoseResponse, a_large_trial_is_sampled_and_has_students_interval) {
  const auto& set = reference::set("large_300");
  const auto result = dose_response(paired(reference::numbers(set.at("dose")), reference::numbers(set.at("rate"))));
  EXPECT_EQ(result.linear.permutation.method, PermutationMethod::sampled);
  EXPECT_EQ(result.linear.permutation.arrangements, 99999);
  EXPECT_NEAR(*result.slope.low, set.at("slope").at("low").get<double>(), 1e-10);
  EXPECT_NEAR(*result.slope.high, set.at("slope").at("high").get<double>(), 1e-10);
  EXPECT_TRUE(result.influence.empty());
  EXPECT_NE(result.influence_note.find("4 to 100"), std::string::npos);
}

TEST(DoseResponse, sampling_agrees_with_counting_within_its_standard_error) {
  DoseResponseOptions options;
  options.permutation.most_sums = 0;
  auto flat = ladder_rates;
  std::swap(flat[0], flat[9]);  // so that p is not close to 0
  const auto counted = dose_response(paired(ladder, flat));
  const auto sampled = dose_response(paired(ladder, flat), options);
  ASSERT_EQ(sampled.linear.permutation.method, PermutationMethod::sampled);
  EXPECT_NEAR(sampled.linear.p, counted.linear.p, 4 * sampled.linear.permutation.standard_error);
  EXPECT_EQ(dose_response(paired(ladder, flat), options).linear.p, sampled.linear.p);
}

TEST(DoseResponse, leaving_one_out_shows_who_carries_the_trend) {
  std::vector<double> rates(12, -1.0);
  for (std::size_t i = 0; i < 12; ++i) rates[i] += 0.01 * std::sin(7.0 * static_cast<double>(i));
  rates[11] = 3;
  const auto result = dose_response(paired(ladder, rates));
  ASSERT_EQ(result.influence.size(), 12u);
  const auto flattest = std::min_element(result.influence.begin(), result.influence.end(),
                                         [](auto& a, auto& b) { return std::abs(a.slope) < std::abs(b.slope); });
  EXPECT_EQ(flattest->participant_id, "sub-11");
}

TEST(DoseResponse, scales) {
  EXPECT_EQ(*dose_scores({10, 5, 10, 24}, DoseScale::rank), (std::vector<double>{2, 1, 2, 3}));
  EXPECT_EQ((*dose_scores({1, 2}, DoseScale::log))[1], std::log(2.0));
  EXPECT_FALSE(dose_scores({0, 2}, DoseScale::log));
  DoseResponseOptions options;
  options.scale = DoseScale::log;
  EXPECT_NE(dose_response(paired({0, 1, 2}, {-1, -2, -3}), options).unable->find("logarithm"), std::string::npos);
}

TEST(DoseResponse, what_is_missing_is_said) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto few = dose_response(paired({1, 2, 3}, {-1, -2, nan}));
  EXPECT_EQ(few.n, 2u);
  EXPECT_NE(few.unable->find("at least three participants with a dose and a rate, and there are 2"), std::string::npos);
  EXPECT_NE(dose_response(paired({0, 0, 0}, {-1, -2, -3})).unable->find("the same dose"), std::string::npos);
  EXPECT_NE(dose_response(paired({1, 2, 3}, {-1, -1, -1})).unable->find("the same rate"), std::string::npos);
}

TEST(Holm, agrees_with_R) {
  const auto& holm = reference::all().at("holm");
  const auto adjusted = holm_adjusted(reference::numbers(holm.at("p")));
  for (std::size_t i = 0; i < adjusted.size(); ++i)
    EXPECT_NEAR(adjusted[i], holm.at("adjusted")[i].get<double>(), 1e-15);
  EXPECT_EQ(holm_adjusted({0.9, 0.8}), (std::vector<double>{1, 1}));
}

TEST(DoseResponse, rates_that_lie_on_a_line_have_an_interval_that_is_that_line) {
  std::vector<DoseAndRate> participants;
  for (int i = 0; i < 9; ++i)
    participants.push_back({"sub-" + std::to_string(i), 1.0 + i / 3, -1.0 + 0.2 * (i / 3)});  // three a dose
  const auto response = dose_response(participants);
  EXPECT_NEAR(response.slope.slope, 0.2, 1e-12);
  EXPECT_NEAR(response.slope.low.value_or(0.2), 0.2, 1e-6);
  EXPECT_NEAR(response.slope.high.value_or(0.2), 0.2, 1e-6);
}

}  // namespace
}  // namespace wane
