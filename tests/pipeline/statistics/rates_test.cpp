#include "pipeline/statistics/rates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace wane {
namespace {

using Days = std::vector<std::optional<double>>;

constexpr double year = 365.25;

TissueValues all(double value) {
  return {value, value, value};
}

Change change(std::size_t from, std::size_t to, double percent, double standard_error = 0) {
  return {from, to, all(percent), all(standard_error)};
}

// Percent changes between visits with these volumes, every pair, with the error of each visit's log volume.
// Percent of the mean of two volumes of this ratio.
double of_the_mean(double ratio) {
  return 200 * (ratio - 1) / (ratio + 1);
}

std::vector<Change> changes_between(const std::vector<double>& volumes, const std::vector<double>& log_errors = {}) {
  std::vector<Change> changes;
  for (std::size_t i = 0; i < volumes.size(); ++i)
    for (std::size_t j = i + 1; j < volumes.size(); ++j) {
      const double ratio = volumes[j] / volumes[i];
      const double slope = 400 * ratio / std::pow(ratio + 1, 2);  // of the percent change over the log of the ratio
      const double error = log_errors.empty() ? 0 : slope * std::hypot(log_errors[i], log_errors[j]);
      changes.push_back(change(i, j, of_the_mean(ratio), error));
    }
  return changes;
}

double brain_rate(const Days& days, const std::vector<Change>& changes) {
  return rates_percent_per_year(days, changes).value().brain;
}

TEST(Rates, a_year_between_two_visits_gives_the_change_itself) {
  EXPECT_NEAR(brain_rate({0.0, year}, {change(0, 1, -1.0)}), -1.0, 1e-12);
  EXPECT_NEAR(brain_rate({100.0, 100.0 + year}, {change(0, 1, 0.7, 0.1)}), 0.7, 1e-12);
}

TEST(Rates, half_a_year_compounds) {
  EXPECT_NEAR(brain_rate({0.0, year / 2}, {change(0, 1, of_the_mean(0.99))}), of_the_mean(0.9801), 1e-12);
}

TEST(Rates, loss_is_negative_and_swapping_the_visits_in_time_flips_it) {
  const double loss = brain_rate({0.0, year}, {change(0, 1, -2.0)});
  const double gain = brain_rate({year, 0.0}, {change(0, 1, -2.0)});
  EXPECT_LT(loss, 0);
  EXPECT_NEAR(gain, -loss, 1e-12);
}

TEST(Rates, a_steady_loss_is_found_from_any_visits) {
  std::vector<double> volumes;
  const Days days = {-90.0, 0.0, 200.0, 365.0, 1000.0};
  for (const auto& day : days) volumes.push_back(1200 * std::pow(0.992, *day / year));
  EXPECT_NEAR(brain_rate(days, changes_between(volumes)), of_the_mean(0.992), 1e-10);
  EXPECT_NEAR(brain_rate(days, changes_between(volumes, {0.001, 0.002, 0.001, 0.003, 0.001})), of_the_mean(0.992),
              1e-10);
}

// numpy.polyfit of the log of the volumes over days / 365.25, then 200 tanh(slope / 2).
TEST(Rates, agrees_with_a_line_fitted_elsewhere) {
  const Days days = {0.0, 180.0, 400.0, 730.0};
  const std::vector<double> volumes = {100, 99.6, 98.9, 98.7};
  EXPECT_NEAR(brain_rate(days, changes_between(volumes)), -0.6752731436449941, 1e-10);
  // Weights 1 / variance of visits with variances 1, 1, 4, 1.
  EXPECT_NEAR(brain_rate(days, changes_between(volumes, {1e-4, 1e-4, 2e-4, 1e-4})), -0.6527775136146408, 1e-10);
}

TEST(Rates, baseline_and_successive_changes_suffice) {
  const Days days = {0.0, 180.0, 400.0, 730.0};
  auto changes = changes_between({100, 99.6, 98.9, 98.7});
  std::erase_if(changes, [](const Change& c) { return c.from == 1 && c.to == 3; });
  EXPECT_NEAR(brain_rate(days, changes), -0.6752731436449941, 1e-10);
}

TEST(Rates, contradicting_changes_are_reconciled_evenly) {
  // In logs: 1 to 2 and 2 to 3 say 0 each, 1 to 3 says c. Least squares gives steps of c / 3 each.
  const double percent = -3.0;
  const std::vector<Change> changes = {change(0, 1, 0), change(1, 2, 0), change(0, 2, percent)};
  const double slope = std::log((200 + percent) / (200 - percent)) * 2 / 3 / 2;
  EXPECT_NEAR(brain_rate({0.0, year, 2 * year}, changes), of_the_mean(std::exp(slope)), 1e-10);
}

TEST(Rates, reversing_the_visits_changes_nothing_but_the_sign) {
  const std::vector<double> volumes = {100, 99.2, 99.4, 97.9};
  const std::vector<double> errors = {0.001, 0.003, 0.001, 0.002};
  const Days days = {0.0, 100.0, 350.0, 720.0};
  const Days mirrored = {0.0, 370.0, 620.0, 720.0};
  const auto reversed = [](auto values) {
    std::reverse(values.begin(), values.end());
    return values;
  };
  const double forward = brain_rate(days, changes_between(volumes, errors));
  const double backward = brain_rate(mirrored, changes_between(reversed(volumes), reversed(errors)));
  EXPECT_NEAR(forward, -backward, 1e-10);
}

TEST(Rates, tissues_are_apart_and_one_may_be_missing) {
  Change c{0, 1, {-1, -2, std::numeric_limits<double>::quiet_NaN()}, {}};
  const auto rates = rates_percent_per_year({0.0, year}, {c});
  ASSERT_TRUE(rates);
  EXPECT_NEAR(rates->brain, -1, 1e-12);
  EXPECT_NEAR(rates->gray_matter, -2, 1e-12);
  EXPECT_TRUE(std::isnan(rates->white_matter));
}

TEST(Rates, undated_visits_link_the_dated) {
  const Days days = {0.0, std::nullopt, year};
  EXPECT_NEAR(brain_rate(days, {change(0, 1, of_the_mean(0.5)), change(1, 2, of_the_mean(1.98))}), of_the_mean(0.99),
              1e-10);
}

TEST(Rates, there_is_none_without_two_dated_visits) {
  EXPECT_FALSE(rates_percent_per_year({}, {}));
  EXPECT_FALSE(rates_percent_per_year({0.0}, {}));
  EXPECT_FALSE(rates_percent_per_year({0.0, year}, {}));
  EXPECT_FALSE(rates_percent_per_year({0.0, std::nullopt}, {change(0, 1, -1)}));
  EXPECT_FALSE(rates_percent_per_year({7.0, 7.0}, {change(0, 1, -1)}));
  EXPECT_FALSE(rates_percent_per_year({0.0, year}, {change(0, 1, -200)}));
  EXPECT_FALSE(rates_percent_per_year({0.0, 1.0, 2.0, 3.0}, {change(0, 1, -1), change(2, 3, -1)}));
}

// With v = 1e-6 at each of three visits half a year apart, the slope's variance is 1e-6 / 0.5.
TEST(Rates, the_interval_follows_from_the_standard_errors) {
  const auto changes = changes_between({100, 99.5, 99.0025}, {1e-3, 1e-3, 1e-3});
  const auto rate = participant_rate({0.0, year / 2, year}, changes).brain.rate.value();
  EXPECT_EQ(rate.visits, 3u);
  EXPECT_NEAR(rate.percent_per_year, of_the_mean(0.990025), 1e-10);
  EXPECT_NEAR(*rate.standard_error, 400 * 0.990025 / std::pow(1.990025, 2) * std::sqrt(2e-6), 1e-6);
  EXPECT_NEAR(*rate.interval_95_low, of_the_mean(std::exp(2 * std::log(0.995) - 1.959963985 * std::sqrt(2e-6))), 1e-6);
  EXPECT_NEAR(*rate.interval_95_high, of_the_mean(std::exp(2 * std::log(0.995) + 1.959963985 * std::sqrt(2e-6))), 1e-6);
}

TEST(Rates, scatter_beyond_the_standard_errors_widens_the_interval) {
  const Days days = {0.0, 0.5 * year, year, 1.5 * year};
  const std::vector<double> errors(4, 1e-4);
  const auto steady = participant_rate(days, changes_between({100, 99.5, 99.0025, 98.5075}, errors)).brain.rate.value();
  const auto rough = participant_rate(days, changes_between({100, 99.0, 99.5, 98.5}, errors)).brain.rate.value();
  EXPECT_GT(*rough.standard_error, 5 * *steady.standard_error);
}

TEST(Rates, without_standard_errors_two_visits_have_no_interval_and_three_have) {
  EXPECT_FALSE(participant_rate({0.0, year}, {change(0, 1, -1)}).brain.rate->standard_error);
  EXPECT_TRUE(
      participant_rate({0.0, year, 2 * year}, changes_between({100, 99, 98.5})).brain.rate->standard_error.has_value());
}

TEST(Rates, a_later_baseline_leaves_out_the_early_loss) {
  const Days days = {0.0, 180.0, 180.0 + year, 180.0 + 2 * year};
  const auto changes = changes_between({100, 98, 97.02, 96.0498});
  EXPECT_NEAR(rates_percent_per_year(days, changes, {180})->brain, of_the_mean(0.99), 1e-10);
  EXPECT_LT(rates_percent_per_year(days, changes)->brain, -1.3);
  EXPECT_FALSE(rates_percent_per_year(days, changes, {10000}));
}

TEST(Rates, the_run_in_is_the_participants_own_control) {
  const Days days = {-0.25 * year, 0.0, year};
  const auto changes = changes_between({100.5037815, 100, 99.5}, {1e-3, 1e-3, 1e-3});  // -2 % per year, then -0.5
  const auto brain = participant_rate(days, changes).brain;
  EXPECT_NEAR(brain.rate->percent_per_year, of_the_mean(0.995), 1e-6);
  EXPECT_EQ(brain.rate->visits, 2u);
  EXPECT_NEAR(brain.run_in->percent_per_year, of_the_mean(std::pow(1.005037815, -4)), 1e-6);
  EXPECT_NEAR(brain.change_of_rate->percent_per_year, brain.rate->percent_per_year - brain.run_in->percent_per_year,
              1e-12);
  // Slopes (y0 - y-) / 0.25 and (y1 - y0) / 1 share y0; percents grow by 400 r / (r + 1)^2 with the log of r.
  const auto growth = [](double ratio) { return 400 * ratio / std::pow(ratio + 1, 2); };
  const double later = growth(0.995), before = growth(std::pow(1.005037815, -4));
  EXPECT_NEAR(*brain.change_of_rate->standard_error,
              1e-3 * std::sqrt(later * later + std::pow(later + 4 * before, 2) + std::pow(4 * before, 2)), 1e-6);
  EXPECT_FALSE(participant_rate({0.0, year}, {change(0, 1, -1)}).brain.run_in);
}

// `changes`, each with that noise and a scale error of a share of its size, as a measurement reports them.
std::vector<Change> with_scale(std::vector<Change> changes, double noise_percent, double share) {
  for (Change& change : changes) {
    change.errors = ChangeErrors{};
    change.errors->noise_percent = all(noise_percent);
    change.errors->scale_share = all(share);
    change.standard_error = all(std::hypot(noise_percent, share * change.percent.brain));
  }
  return changes;
}

// Steady loss with a disturbed last visit: least squares over the days weights all visits alike, and so must Wane where
// their noise is alike, however large the changes are.
TEST(Rates, the_scale_error_gives_no_visit_less_weight) {
  const Days days = {0.0, 0.25 * year, year, 2 * year};
  const std::vector<double> volumes = {100, 99.8, 99.1, 97.6};
  const auto plain = brain_rate(days, with_scale(changes_between(volumes), 0.1, 0));
  const auto scaled = brain_rate(days, with_scale(changes_between(volumes), 0.1, 0.1));
  EXPECT_NEAR(scaled, plain, 1e-9);
  double mean_year = 0, mean_log = 0, xy = 0, xx = 0;
  for (std::size_t i = 0; i < 4; ++i) mean_year += *days[i] / year / 4, mean_log += std::log(volumes[i]) / 4;
  for (std::size_t i = 0; i < 4; ++i) {
    xy += (*days[i] / year - mean_year) * (std::log(volumes[i]) - mean_log);
    xx += std::pow(*days[i] / year - mean_year, 2);
  }
  EXPECT_NEAR(scaled, of_the_mean(std::exp(xy / xx)), 0.002);  // noise in percent is not quite alike in logs
}

TEST(Rates, the_interval_holds_noise_and_scale) {
  const auto changes = with_scale({change(0, 1, -2.0)}, 0.3, 0.2);
  const auto rate = participant_rate({0.0, year}, changes).brain.rate.value();
  EXPECT_NEAR(*rate.scale_error, 0.4, 1e-9);
  EXPECT_NEAR(*rate.standard_error, 0.5, 1e-9);
  EXPECT_NEAR(*rate.interval_95_high - *rate.interval_95_low, 2 * 1.959963985 * 0.5, 1e-3);
}

TEST(Rates, more_visits_reduce_noise_and_not_scale) {
  const auto rate_of = [](std::size_t visits) {
    Days days;
    std::vector<double> volumes;
    for (std::size_t v = 0; v < visits; ++v) {
      days.push_back(year * double(v) / double(visits - 1));
      volumes.push_back(100 * std::pow(0.98, double(v) / double(visits - 1)));
    }
    return participant_rate(days, with_scale(changes_between(volumes), 0.2, 0.1)).brain.rate.value();
  };
  const Rate two = rate_of(2), nine = rate_of(9);
  EXPECT_NEAR(*nine.scale_error, *two.scale_error, 1e-6);
  EXPECT_LT(*nine.standard_error, *two.standard_error);
  EXPECT_GT(*nine.standard_error, *nine.scale_error);
}

TEST(Rates, the_scale_error_is_a_share_of_the_largest_tissues_rate) {
  Change c{0, 1, {-1, -3, 0}, {}};
  c.errors = ChangeErrors{};
  c.errors->noise_percent = all(0.1);
  c.errors->scale_share = {0.05, 0.1, 0.2};
  const TissueRates rates = participant_rate({0.0, year}, {c});
  EXPECT_NEAR(*rates.brain.rate->scale_error, 0.15, 1e-9);
  EXPECT_NEAR(*rates.gray_matter.rate->scale_error, 0.3, 1e-9);
  EXPECT_NEAR(*rates.white_matter.rate->scale_error, 0.6, 1e-9);
}

// Gray matter shrinks before and white matter after: both rates change by 2 % per year.
TEST(Rates, the_scale_error_of_a_change_of_rate_is_a_share_of_one_tissues_change) {
  const auto loss = [](std::size_t from, std::size_t to, double gray, double white) {
    Change c{from, to, {0, gray, white}, {}};
    c.errors = ChangeErrors{};
    c.errors->noise_percent = all(0.1);
    c.errors->scale_share = all(0.1);
    return c;
  };
  const auto rates = participant_rate({-year, 0.0, year}, {loss(0, 1, -2, 0), loss(1, 2, 0, -2)});
  EXPECT_NEAR(*rates.brain.change_of_rate->scale_error, 0.2, 1e-6);
}

}  // namespace
}  // namespace wane
