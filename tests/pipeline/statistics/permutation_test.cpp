// What R's recorded values do not show: counting in halves against counting one by one, sampling, and small cases.
#include "pipeline/statistics/permutation.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "base/counted_random.h"
#include "pipeline/statistics/bootstrap.h"
#include "pipeline/statistics/isotonic.h"
#include "pipeline/statistics/shift.h"

namespace wane {
namespace {

std::vector<double> noise(std::size_t n, std::uint64_t stream, bool coarse = false) {
  const CountedRandom random(5, stream);
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(coarse ? std::round(2 * random.normal(i)) : random.normal(i));
  return values;
}

TEST(Permutation, halves_count_the_same_as_one_by_one) {
  const std::vector<std::vector<double>> designs = {
      {1, 2}, {1, 1, 2}, {0, 0, 0, 5, 5, 9}, {1, 2, 3, 4, 5, 6, 7}, {5, 5, 5, 10, 10, 10, 16, 16, 24}, {3, 3, 3, 3, 8}};
  for (std::size_t d = 0; d < designs.size(); ++d)
    for (const bool ties : {false, true}) {
      const auto values = noise(designs[d].size(), d, ties);
      const auto halves = permute_linear(designs[d], values), all = enumerate_linear(designs[d], values);
      EXPECT_EQ(halves.arrangements, all.arrangements) << d;
      EXPECT_EQ(halves.p_two_sided, all.p_two_sided) << d;
      EXPECT_EQ(halves.p_greater, all.p_greater) << d;
      EXPECT_EQ(halves.p_less, all.p_less) << d;
    }
}

TEST(Permutation, two_participants_can_be_shared_out_in_two_ways) {
  const auto test = permute_linear({1, 2}, {-3, -1});
  EXPECT_EQ(test.p_greater, 0.5);
  EXPECT_EQ(test.p_less, 1.0);
  EXPECT_EQ(test.p_two_sided, 1.0);
  EXPECT_EQ(permute_jonckheere({1, 2}, {-3, -1}).statistic, 1.0);
}

TEST(Permutation, equal_values_give_no_evidence) {
  EXPECT_EQ(permute_linear({1, 1, 2, 2}, {3, 3, 3, 3}).p_two_sided, 1.0);
  EXPECT_EQ(permute_jonckheere({1, 1, 2, 2}, {3, 3, 3, 3}).p_two_sided, 1.0);
}

// Ties of values that are no round numbers: sums in another order must not be told apart.
TEST(Permutation, rounding_does_not_break_ties) {
  const std::vector<double> doses = {0.1, 0.1, 0.2, 0.2, 0.7, 0.7}, values = {0.1, 0.3, 0.1, 0.3, 0.1, 0.3};
  const auto test = permute_linear(doses, values);
  EXPECT_EQ(test.p_two_sided, 1.0) << "the statistic is at its mean";
}

TEST(Permutation, sampling_has_the_same_bits_for_any_number_of_threads) {
  std::vector<double> doses;
  for (int i = 0; i < 60; ++i) doses.push_back(i % 4);
  const auto values = noise(60, 9);
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto linear = permute_linear(doses, values), ordered = permute_jonckheere(doses, values);
  omp_set_num_threads(3);
  EXPECT_EQ(permute_linear(doses, values).p_two_sided, linear.p_two_sided);
  EXPECT_EQ(permute_jonckheere(doses, values).p_two_sided, ordered.p_two_sided);
  omp_set_num_threads(threads);
  EXPECT_EQ(linear.method, PermutationMethod::sampled);
  EXPECT_GT(linear.standard_error, 0);
}

TEST(Permutation, sampled_and_normal_p_agree_in_a_large_trial) {
  std::vector<double> doses, ranks;
  for (int i = 0; i < 200; ++i) doses.push_back(i % 4);
  const auto values = noise(200, 11);
  PermutationOptions normal;
  normal.most_draws = 0;
  normal.most_sums = 0;
  const auto sampled = permute_jonckheere(doses, values), approximated = permute_jonckheere(doses, values, normal);
  ASSERT_EQ(sampled.method, PermutationMethod::sampled);
  ASSERT_EQ(approximated.method, PermutationMethod::asymptotic);
  EXPECT_NEAR(sampled.p_two_sided, approximated.p_two_sided, 0.01);
}

TEST(HodgesLehmann, selects_the_same_differences_as_sorting_all) {
  const auto low = noise(40, 1), high = noise(30, 2);
  std::vector<double> differences;
  for (const double l : low)
    for (const double h : high) differences.push_back(h - l);
  std::sort(differences.begin(), differences.end());
  const auto shift = hodges_lehmann(low, high);
  EXPECT_EQ(shift.estimate, 0.5 * (differences[599] + differences[600]));
  EXPECT_EQ(*shift.widest_low, differences.front());
  EXPECT_EQ(*shift.widest_high, differences.back());
  EXPECT_FALSE(shift.exact);
  EXPECT_LT(*shift.low, shift.estimate);
  EXPECT_GT(*shift.high, shift.estimate);
}

TEST(Bootstrap, of_many_values_is_seeded_and_close_to_the_normal_interval) {
  const auto values = noise(400, 3);
  const auto first = bca_interval(values), second = bca_interval(values), other = bca_interval(values, 0.95, 1);
  EXPECT_EQ(first->low, second->low);
  EXPECT_NE(first->low, other->low);
  double mean = 0;
  for (const double value : values) mean += value / 400;
  EXPECT_NEAR(first->high - mean, 1.96 / 20, 0.02);
  EXPECT_NEAR(mean - first->low, 1.96 / 20, 0.02);
}

TEST(Bootstrap, of_fewer_than_two_different_values_is_empty) {
  EXPECT_FALSE(bca_interval({}));
  EXPECT_FALSE(bca_interval({1}));
  EXPECT_FALSE(bca_interval({2, 2, 2}));
}

TEST(Isotonic, takes_the_direction_that_fits) {
  EXPECT_TRUE(isotonic_curve({1, 2, 3}, {-3, -2, -1}).rising);
  const auto falling = isotonic_curve({1, 2, 3, 4}, {4, 2, 3, 0});
  EXPECT_FALSE(falling.rising);
  EXPECT_EQ(falling.fitted, (std::vector<double>{4, 2.5, 2.5, 0}));
}

}  // namespace
}  // namespace wane
