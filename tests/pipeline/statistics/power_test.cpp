#include "pipeline/statistics/power.h"

#include <gtest/gtest.h>

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "base/counted_random.h"
#include "pipeline/statistics/permutation.h"
#include "tests/pipeline/statistics/reference/reference.h"

namespace wane {
namespace {

const std::vector<double> ladder = {5, 5, 5, 10, 10, 10, 16, 16, 16, 24, 24, 24};

TEST(Power, agrees_with_R) {
  const auto& r = reference::all().at("power");
  EXPECT_NEAR(detectable_noncentrality(10, {}), r.at("noncentrality_df10").get<double>(), 1e-8);
  EXPECT_NEAR(detectable_noncentrality(13, {}), r.at("noncentrality_df13").get<double>(), 1e-8);
  EXPECT_NEAR(power_of_t(2, 10, {}), r.at("power_delta2_df10").get<double>(), 1e-10);
}

TEST(Power, without_effect_is_the_level) {
  EXPECT_NEAR(power_of_t(0, 10, {}), 0.05, 1e-12);
  EXPECT_NEAR(power_of_t(0, 10, {0.025, false, 0.8}), 0.025, 1e-12);
}

// Trials simulated with the detectable trend are found as often as was asked, by the exact tests themselves.
TEST(Power, exact_tests_find_the_detectable_trend_in_four_of_five_trials) {
  const DetectableTrend trend = detectable_trend(ladder, {});
  const CountedRandom random(7);
  constexpr int trials = 1000;
  int linear = 0, jonckheere = 0, spearman = 0;
  const auto noisy = [&](double slope, int trial) {
    std::vector<double> rates;
    for (std::size_t i = 0; i < ladder.size(); ++i)
      rates.push_back(slope * ladder[i] + random.normal(static_cast<std::uint64_t>(trial) * ladder.size() + i));
    return rates;
  };
  const auto ranks = mean_ranks(ladder);
  for (int t = 0; t < trials; ++t) {
    linear += permute_linear(ladder, noisy(*trend.linear, t)).p_two_sided <= 0.05;
    jonckheere += permute_jonckheere(ladder, noisy(*trend.jonckheere, t)).p_two_sided <= 0.05;
    spearman += permute_linear(ranks, mean_ranks(noisy(*trend.spearman, t))).p_two_sided <= 0.05;
  }
  // Standard error of 1000 trials: 0.013.
  EXPECT_NEAR(linear / double(trials), 0.8, 0.04);
  EXPECT_NEAR(jonckheere / double(trials), 0.8, 0.04);
  EXPECT_NEAR(spearman / double(trials), 0.8, 0.04);
  EXPECT_GT(*trend.jonckheere, *trend.linear) << "the true trend is a line";
}

TEST(Power, what_three_against_one_cannot_show_is_empty) {
  const auto trend = detectable_trend({0, 0, 0, 1}, {});
  EXPECT_FALSE(trend.jonckheere);
  EXPECT_FALSE(trend.spearman);
  EXPECT_FALSE(detectable_trend({1, 1, 1}, {}).linear);
}

// Against the p of the exact tests themselves, of the most extreme rates that there are.
TEST(Power, the_smallest_p_is_that_of_the_exact_test_at_its_extreme) {
  const std::vector<std::vector<double>> designs = {
      {0.7, 1.4, 2.8}, {0, 0, 1, 1}, {1, 2, 3, 4}, {0, 0, 0, 1}, {0.7, 0.7, 1.4, 1.4, 5.7}, {1, 1, 2, 3, 3}};
  for (const auto& scores : designs) {
    const std::string design = testing::PrintToString(scores);
    // Rates that all differ, in the order of the scores.
    std::vector<double> rates;
    for (std::size_t i = 0; i < scores.size(); ++i) rates.push_back(scores[i] + 1e-7 * static_cast<double>(i * i));
    const auto linear = permute_linear(scores, rates);
    EXPECT_NEAR(smallest_p(scores, false, false), linear.p_greater, 1e-12) << design;
    const auto jonckheere = permute_jonckheere(scores, rates);
    EXPECT_NEAR(smallest_p(scores, true, true), jonckheere.p_two_sided, 1e-12) << design;
    EXPECT_NEAR(smallest_p(scores, false, true), jonckheere.p_greater, 1e-12) << design;
  }
  EXPECT_NEAR(smallest_p({0.7, 1.4, 2.8}, true, false), 1 / 6.0, 1e-12);
  EXPECT_NEAR(smallest_p({0, 0, 1, 1}, true, false), 2 / 6.0, 1e-12) << "groups exchanged are as far from the mean";
}

TEST(Power, nothing_is_detectable_where_no_p_reaches_the_level) {
  EXPECT_FALSE(detectable_trend({0.7, 1.4, 2.8}, {}).linear) << "6 arrangements";
  EXPECT_FALSE(detectable_trend({0, 0, 1, 1}, {}).linear);
  EXPECT_FALSE(detectable_trend({0, 0, 0, 1, 1, 1}, {}).linear) << "2 / 20";
  EXPECT_TRUE(detectable_trend({0, 0, 0, 1, 1, 1}, {0.05, false, 0.8}).linear) << "1 / 20 is the level";
  EXPECT_TRUE(detectable_trend({0, 0, 0, 0, 1, 1, 1, 1}, {}).linear) << "2 / 70";
}

TEST(SampleSize, is_never_below_what_the_exact_test_can_reach) {
  NextTrial huge{{0, 1}, 100, 0.1, 0, {0, 1}};
  EXPECT_EQ(fewest_for_exact_test(huge, {}), 4u) << "3 against 3 reach 2 / 20";
  EXPECT_EQ(participants_per_group(huge, {}), 4u);
  EXPECT_EQ(fewest_for_exact_test(huge, {0.05, false, 0.8}), 3u);
  EXPECT_EQ(fewest_for_exact_test(huge, {0.001, true, 0.8}), 7u) << "2 / 924 at 6, 2 / 3432 at 7";
  huge.scores = {5, 10, 16, 24};
  EXPECT_EQ(fewest_for_exact_test(huge, {}), 1u) << "1 / 24: the scores are not symmetric";
  huge.rank_test = true;
  EXPECT_EQ(fewest_for_exact_test(huge, {}), 2u) << "2 / 24 with one each";
}

// Closed form against trials simulated from the visits on.
TEST(SampleSize, agrees_with_simulated_trials) {
  NextTrial next;
  next.scores = {5, 10, 16, 24};
  next.slope = 0.6 / 19;
  next.between_sd = 0.45;
  next.visit_error_sd = 0.2;
  next.visit_years = {0, 0.5, 1};
  const auto per_group = participants_per_group(next, {});
  ASSERT_TRUE(per_group);
  EXPECT_GE(power_of_trial(next, *per_group, {}), 0.8);
  EXPECT_LT(power_of_trial(next, *per_group - 1, {}), 0.8);

  const CountedRandom random(11);
  std::uint64_t draw = 0;
  const double n = static_cast<double>(4 * *per_group);
  const double critical = quantile(complement(boost::math::students_t(n - 2), 0.025));
  constexpr int trials = 2000;
  int found = 0;
  for (int t = 0; t < trials; ++t) {
    std::vector<double> x, y;
    for (const double dose : next.scores)
      for (std::size_t i = 0; i < *per_group; ++i) {
        const double rate = next.slope * dose + next.between_sd * random.normal(draw++);
        double slope = 0;  // least squares over years 0, 0.5, 1
        for (const double year : next.visit_years)
          slope += (year - 0.5) * (rate * year + next.visit_error_sd * random.normal(draw++)) / 0.5;
        x.push_back(dose);
        y.push_back(slope);
      }
    double mx = 0, my = 0, xx = 0, xy = 0, rss = 0;
    for (std::size_t i = 0; i < x.size(); ++i) mx += x[i] / n, my += y[i] / n;
    for (std::size_t i = 0; i < x.size(); ++i) xx += (x[i] - mx) * (x[i] - mx), xy += (x[i] - mx) * (y[i] - my);
    for (std::size_t i = 0; i < x.size(); ++i) rss += std::pow(y[i] - my - xy / xx * (x[i] - mx), 2);
    found += std::abs(xy / xx) > critical * std::sqrt(rss / (n - 2) / xx);
  }
  EXPECT_NEAR(found / double(trials), power_of_trial(next, *per_group, {}), 0.03);  // standard error 0.009
}

TEST(SampleSize, more_visits_and_longer_follow_up_need_fewer) {
  NextTrial next{{0, 1, 2, 3}, 0.1, 0.3, 0.3, {0, 1}};
  const auto one_year = participants_per_group(next, {});
  next.visit_years = {0, 0.25, 0.5, 0.75, 1};
  const auto more_visits = participants_per_group(next, {});
  next.visit_years = {0, 2};
  const auto two_years = participants_per_group(next, {});
  EXPECT_LT(*more_visits, *one_year);
  EXPECT_LT(*two_years, *one_year);
  next.slope = 0;
  EXPECT_FALSE(participants_per_group(next, {}));
}

}  // namespace
}  // namespace wane
