// The statistics against values that R computed independently, recorded in reference/.
#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/statistics/bootstrap.h"
#include "pipeline/statistics/groups.h"
#include "pipeline/statistics/isotonic.h"
#include "pipeline/statistics/mixed_model.h"
#include "pipeline/statistics/permutation.h"
#include "pipeline/statistics/shift.h"
#include "tests/pipeline/statistics/reference/reference.h"

namespace wane {
namespace {

using reference::numbers;

class Reference : public testing::TestWithParam<std::string> {
 protected:
  const nlohmann::json& set() const { return reference::set(GetParam()); }
  std::vector<double> doses() const { return numbers(set().at("dose")); }
  std::vector<double> rates() const { return numbers(set().at("rate")); }
};

void expect_same(const PermutationTest& test, const nlohmann::json& expected, const std::string& name) {
  EXPECT_EQ(test.method, PermutationMethod::exact) << name;
  EXPECT_EQ(test.arrangements, expected.at("arrangements").get<double>()) << name;
  EXPECT_NEAR(test.p_two_sided, expected.at("two_sided").get<double>(), 1e-10) << name;
  EXPECT_NEAR(test.p_greater, expected.at("greater").get<double>(), 1e-10) << name;
  EXPECT_NEAR(test.p_less, expected.at("less").get<double>(), 1e-10) << name;
  EXPECT_NEAR(test.statistic, expected.at("statistic").get<double>(), 1e-9) << name;
  EXPECT_NEAR(test.mean, expected.at("mean").get<double>(), 1e-9) << name;
  // R's is over all arrangements one by one.
  EXPECT_NEAR(test.standard_deviation, expected.at("sd").get<double>(), 1e-8 * (1 + test.standard_deviation)) << name;
}

class ExactReference : public Reference {};

TEST_P(ExactReference, permutation_tests) {
  const auto& exact = set().at("exact");
  expect_same(permute_jonckheere(doses(), rates()), exact.at("jonckheere"), "Jonckheere-Terpstra");
  expect_same(permute_linear(mean_ranks(doses()), mean_ranks(rates())), exact.at("spearman"), "Spearman");
  expect_same(permute_linear(doses(), rates()), exact.at("linear"), "linear");
  std::vector<double> logs, levels;
  const auto classes = dose_classes(doses());
  for (const double dose : doses()) logs.push_back(std::log(dose));
  for (const auto c : classes.class_of) levels.push_back(static_cast<double>(c + 1));
  expect_same(permute_linear(logs, rates()), exact.at("log"), "log");
  expect_same(permute_linear(levels, rates()), exact.at("rank"), "rank");
}

INSTANTIATE_TEST_SUITE_P(R, ExactReference,
                         testing::Values("balanced_12", "unbalanced_12", "ties_12", "missing_visits_12",
                                         "group_of_one_10", "leone_15", "two_visits_12", "singular_12"),
                         [](const auto& set) { return set.param; });

class VaryingReference : public Reference {};

TEST_P(VaryingReference, normal_approximations) {
  PermutationOptions none;
  none.most_draws = 0;  // neither exact
  none.most_sums = 0;   // nor sampled
  const auto& expected = set().at("asymptotic");
  const auto linear = permute_linear(doses(), rates(), none);
  EXPECT_EQ(linear.method, PermutationMethod::asymptotic);
  EXPECT_NEAR(linear.p_two_sided, expected.at("linear").get<double>(), 1e-10);
  EXPECT_NEAR(permute_linear(mean_ranks(doses()), mean_ranks(rates()), none).p_two_sided,
              expected.at("spearman").get<double>(), 1e-10);
  const auto jonckheere = permute_jonckheere(doses(), rates(), none);
  const double z = (jonckheere.statistic - jonckheere.mean) / jonckheere.standard_deviation;
  EXPECT_NEAR(std::erfc(std::abs(z) / std::sqrt(2.0)), expected.at("jonckheere").get<double>(), 1e-10);
}

TEST_P(VaryingReference, isotonic_curve) {
  const auto curve = isotonic_curve(doses(), rates());
  const auto expected = numbers(set().at(curve.rising ? "isotonic_rising" : "isotonic_falling"));
  const auto other = numbers(set().at(curve.rising ? "isotonic_falling" : "isotonic_rising"));
  ASSERT_EQ(curve.fitted.size(), expected.size());
  const auto classes = dose_classes(doses());
  double other_squares = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(curve.fitted[i], expected[i], 1e-10);
  for (std::size_t i = 0; i < rates().size(); ++i)
    other_squares += std::pow(rates()[i] - other[classes.class_of[i]], 2);
  EXPECT_LE(curve.residual_squares, other_squares + 1e-12) << "the better direction is taken";
}

TEST_P(VaryingReference, difference_of_highest_and_lowest_dose) {
  std::vector<double> low, high;
  const auto classes = dose_classes(doses());
  for (std::size_t i = 0; i < rates().size(); ++i) {
    if (classes.class_of[i] == 0) low.push_back(rates()[i]);
    if (classes.class_of[i] + 1 == classes.doses.size()) high.push_back(rates()[i]);
  }
  const auto shift = hodges_lehmann(low, high);
  const auto& expected = set().at("shift");
  EXPECT_NEAR(shift.estimate, expected.at("estimate").get<double>(), 1e-10);
  if (!shift.exact) return;
  ASSERT_EQ(shift.low.has_value(), expected.contains("low"));
  EXPECT_NEAR(shift.confidence, expected.at(shift.low ? "confidence" : "widest_confidence").get<double>(), 1e-10);
  if (!shift.low) return;
  EXPECT_NEAR(*shift.low, expected.at("low").get<double>(), 1e-10);
  EXPECT_NEAR(*shift.high, expected.at("high").get<double>(), 1e-10);
}

INSTANTIATE_TEST_SUITE_P(R, VaryingReference,
                         testing::Values("balanced_12", "unbalanced_12", "ties_12", "missing_visits_12",
                                         "group_of_one_10", "leone_15", "two_visits_12", "singular_12", "large_300"),
                         [](const auto& set) { return set.param; });

TEST_P(Reference, groups) {
  for (const auto& group : set().at("describe")) {
    std::vector<double> values;
    for (std::size_t i = 0; i < rates().size(); ++i)
      if (doses()[i] == group.at("dose").get<double>()) values.push_back(rates()[i]);
    const auto summary = summarise(values);
    EXPECT_EQ(summary.n, group.at("n").get<std::size_t>());
    EXPECT_NEAR(*summary.mean, group.at("mean").get<double>(), 1e-12);
    EXPECT_NEAR(*summary.median, group.at("median").get<double>(), 1e-12);
    if (summary.n > 1) {
      EXPECT_NEAR(*summary.standard_deviation, group.at("sd").get<double>(), 1e-12);
    }
    if (group.contains("t_interval")) {
      EXPECT_NEAR(*summary.interval_95_low, group.at("t_interval")[0].get<double>(), 1e-10);
      EXPECT_NEAR(*summary.interval_95_high, group.at("t_interval")[1].get<double>(), 1e-10);
    }
    if (group.contains("bca")) {
      const auto bca = bca_interval(values);
      EXPECT_NEAR(bca->low, group.at("bca")[0].get<double>(), 1e-10);
      EXPECT_NEAR(bca->high, group.at("bca")[1].get<double>(), 1e-10);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(R, Reference,
                         testing::Values("balanced_12", "unbalanced_12", "ties_12", "missing_visits_12",
                                         "group_of_one_10", "all_equal_12", "leone_15", "two_visits_12", "singular_12",
                                         "large_300"),
                         [](const auto& set) { return set.param; });

class MixedReference : public Reference {};

// 1e-6, relative for what is above 1: the response is 100 log mL, so that the first intercepts are several hundred.
double millionth(double value) {
  return 1e-6 * std::max(1.0, std::abs(value));
}

TEST_P(MixedReference, mixed_model) {
  const auto& expected = set().at("mixed");
  const auto model = fit_mixed_model(reference::subjects(set().at("visits")));
  EXPECT_EQ(model.random_slope, expected.at("random_slope").get<bool>());
  EXPECT_EQ(model.singular, expected.at("singular").get<bool>());
  EXPECT_TRUE(model.converged);
  EXPECT_NEAR(model.reml_deviance, expected.at("deviance").get<double>(), 1e-6);
  EXPECT_LE(model.reml_deviance, expected.at("deviance").get<double>() + 1e-8) << "lme4 found a better fit";
  EXPECT_NEAR(model.residual_sd, expected.at("sigma").get<double>(), 1e-6);
  EXPECT_NEAR(model.intercept_sd, expected.at("intercept_sd").get<double>(), 1e-6 * model.intercept_sd);
  if (model.random_slope) {
    EXPECT_NEAR(model.slope_sd, expected.at("slope_sd").get<double>(), 1e-6);
  }
  ASSERT_EQ(model.effects.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& effect = model.effects[i];
    EXPECT_NEAR(effect.estimate, expected.at("estimate")[i].get<double>(), millionth(effect.estimate)) << i;
    EXPECT_NEAR(effect.standard_error, expected.at("standard_error")[i].get<double>(), millionth(effect.standard_error))
        << i;
    const double df = expected.at("df")[i].get<double>();
    EXPECT_NEAR(effect.degrees_of_freedom, df, 1e-3 * df) << i;
    EXPECT_NEAR(effect.p_two_sided, expected.at("p")[i].get<double>(), 1e-5) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(R, MixedReference,
                         testing::Values("balanced_12", "unbalanced_12", "ties_12", "missing_visits_12",
                                         "group_of_one_10", "leone_15", "two_visits_12", "singular_12", "large_300"),
                         [](const auto& set) { return set.param; });

}  // namespace
}  // namespace wane
