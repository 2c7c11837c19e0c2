#include "pipeline/statistics/power.h"

#include <algorithm>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/tools/roots.hpp>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>

#include "base/counted_random.h"
#include "base/parallel.h"
#include "pipeline/statistics/permutation.h"

namespace wane {
namespace {

constexpr std::size_t most_simulated = 1000;  // participants
constexpr std::size_t null_trials = 20000, power_trials = 4000;
constexpr std::size_t trials_per_block = 32;
constexpr std::size_t largest_group = 100'000;
constexpr double normal_from = 1000;  // degrees of freedom from which the noncentral t is a shifted normal to 1e-3

double square_deviations(const std::vector<double>& values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

// Rank statistics of values without ties, in rising order of participants' values.
using Statistic = std::function<double(const std::vector<std::size_t>& order)>;

Statistic jonckheere_of(const DoseClasses& classes) {
  return [&classes](const std::vector<std::size_t>& order) {
    std::vector<int> below(classes.sizes.size(), 0);
    double pairs = 0;
    for (const auto participant : order) {
      const auto c = classes.class_of[participant];
      for (std::size_t lower = 0; lower < c; ++lower) pairs += below[lower];
      ++below[c];
    }
    double all = 0, placed = 0;
    for (const auto size : classes.sizes) {
      all += placed * static_cast<double>(size);
      placed += static_cast<double>(size);
    }
    return pairs - all / 2;
  };
}

Statistic spearman_of(const std::vector<double>& ranks) {
  return [&ranks](const std::vector<std::size_t>& order) {
    const double middle = 0.5 * static_cast<double>(ranks.size() + 1);
    double sum = 0;
    for (std::size_t place = 0; place < order.size(); ++place)
      sum += ranks[order[place]] * (static_cast<double>(place + 1) - middle);
    return sum;
  };
}

// The statistics of simulated trials with rates slope * score + normal noise of variance 1.
std::vector<double> simulated(const std::vector<double>& scores, double slope, const Statistic& statistic,
                              std::size_t trials, const CountedRandom& random) {
  const std::size_t n = scores.size();
  std::vector<double> statistics(trials);
  parallel_for(
      trials,
      [&](std::size_t trial) {
        std::vector<double> rates(n);
        for (std::size_t i = 0; i < n; ++i) rates[i] = slope * scores[i] + random.normal(trial * n + i);
        std::vector<std::size_t> order(n);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rates[a] < rates[b]; });
        statistics[trial] = statistic(order);
      },
      trials_per_block);
  return statistics;
}

// The smallest value that at most a share alpha of `statistics` reaches; empty where even the largest is too common.
std::optional<double> critical_value(std::vector<double> statistics, double alpha) {
  std::sort(statistics.begin(), statistics.end(), std::greater<>());
  const auto allowed = static_cast<std::size_t>(alpha * static_cast<double>(statistics.size()));
  double critical = 0;
  bool found = false;
  for (std::size_t i = 0; i < statistics.size() && i < allowed;) {
    std::size_t end = i;
    while (end < statistics.size() && statistics[end] > statistics[i] - 1e-9) ++end;
    if (end > allowed) break;
    critical = statistics[i];
    found = true;
    i = end;
  }
  if (!found) return std::nullopt;
  return critical;
}

std::optional<double> detectable_by_simulation(const std::vector<double>& scores, double about,
                                               const Statistic& statistic, const TestLevel& level, std::uint64_t seed) {
  const auto extent = [&](std::vector<double> statistics) {
    if (level.two_sided)
      for (double& value : statistics) value = std::abs(value);
    return statistics;
  };
  const auto critical =
      critical_value(extent(simulated(scores, 0, statistic, null_trials, CountedRandom(seed, 1))), level.alpha);
  if (!critical) return std::nullopt;
  const CountedRandom random(seed, 2);  // the same noise at every slope, so that power rises steadily
  const auto power = [&](double slope) {
    const auto statistics = extent(simulated(scores, slope, statistic, power_trials, random));
    const auto found =
        std::count_if(statistics.begin(), statistics.end(), [&](double value) { return value >= *critical - 1e-9; });
    return static_cast<double>(found) / static_cast<double>(power_trials);
  };
  double low = 0.5 * about, high = 2 * about;
  while (low > 0.01 * about && power(low) > level.power) low /= 2;
  while (power(high) < level.power) {
    high *= 2;
    if (high > 64 * about) return std::nullopt;
  }
  while (high - low > 0.005 * about) {
    const double middle = 0.5 * (low + high);
    (power(middle) < level.power ? low : high) = middle;
  }
  return high;
}

// Whether the values are the same when mirrored at their mean.
bool are_symmetric(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double ends = values.front() + values.back();
  const double tolerance = 1e-9 * (values.back() - values.front());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::abs(values[i] + values[values.size() - 1 - i] - ends) > tolerance) return false;
  return true;
}

// As everywhere p is compared: attained levels such as 1 / 20 are shares.
bool reaches(double p, const TestLevel& level) {
  return p <= level.alpha * (1 + 1e-9);
}

}  // namespace

double smallest_p(const std::vector<double>& scores, bool two_sided, bool rank_test) {
  if (scores.empty()) return 1;
  const double arrangements = arrangements_of(dose_classes(scores).sizes);
  const bool both_ends = two_sided && (rank_test || are_symmetric(scores));
  return std::min(1.0, (both_ends ? 2 : 1) / arrangements);
}

double power_of_t(double noncentrality, double degrees_of_freedom, const TestLevel& level) {
  const double tail = level.two_sided ? level.alpha / 2 : level.alpha;
  if (degrees_of_freedom > normal_from) {
    const boost::math::normal standard;
    const double critical = quantile(complement(standard, tail));
    return cdf(complement(standard, critical - noncentrality)) +
           (level.two_sided ? cdf(standard, -critical - noncentrality) : 0.0);
  }
  const double critical = quantile(complement(boost::math::students_t(degrees_of_freedom), tail));
  const boost::math::non_central_t shifted(degrees_of_freedom, noncentrality);
  return cdf(complement(shifted, critical)) + (level.two_sided ? cdf(shifted, -critical) : 0.0);
}

double detectable_noncentrality(double degrees_of_freedom, const TestLevel& level) {
  const auto lacking = [&](double noncentrality) {
    return power_of_t(noncentrality, degrees_of_freedom, level) - level.power;
  };
  double high = 4;
  while (lacking(high) < 0) high *= 2;
  std::uintmax_t steps = 200;
  const auto [low_end, high_end] =
      boost::math::tools::toms748_solve(lacking, 0.0, high, boost::math::tools::eps_tolerance<double>(48), steps);
  return 0.5 * (low_end + high_end);
}

DetectableTrend detectable_trend(const std::vector<double>& scores, const TestLevel& level, std::uint64_t seed) {
  DetectableTrend trend;
  const double squares = scores.empty() ? 0 : square_deviations(scores);
  if (scores.size() < 3 || !(squares > 0)) return trend;
  const double linear = detectable_noncentrality(static_cast<double>(scores.size() - 2), level) / std::sqrt(squares);
  if (reaches(smallest_p(scores, level.two_sided, false), level)) trend.linear = linear;
  if (scores.size() > most_simulated || !reaches(smallest_p(scores, level.two_sided, true), level)) return trend;
  const DoseClasses classes = dose_classes(scores);
  const auto ranks = mean_ranks(scores);
  trend.jonckheere = detectable_by_simulation(scores, linear, jonckheere_of(classes), level, seed);
  trend.spearman = detectable_by_simulation(scores, linear, spearman_of(ranks), level, seed);
  return trend;
}

double rate_sd(const NextTrial& trial) {
  const double spread = square_deviations(trial.visit_years);
  if (!(spread > 0)) throw std::logic_error("a rate needs visits at two times");
  return std::sqrt(trial.between_sd * trial.between_sd + trial.visit_error_sd * trial.visit_error_sd / spread);
}

double power_of_trial(const NextTrial& trial, std::size_t per_group, const TestLevel& level) {
  const double n = static_cast<double>(per_group * trial.scores.size());
  if (n < 3) return 0;
  const double spread = static_cast<double>(per_group) * square_deviations(trial.scores);
  return power_of_t(std::abs(trial.slope) * std::sqrt(spread) / rate_sd(trial), n - 2, level);
}

std::size_t fewest_for_exact_test(const NextTrial& trial, const TestLevel& level) {
  for (std::size_t per_group = 1; per_group < largest_group; ++per_group) {
    std::vector<double> scores;
    for (std::size_t i = 0; i < per_group; ++i) scores.insert(scores.end(), trial.scores.begin(), trial.scores.end());
    if (reaches(smallest_p(scores, level.two_sided, trial.rank_test), level)) return per_group;
  }
  return largest_group;
}

std::optional<std::size_t> participants_per_group(const NextTrial& trial, const TestLevel& level) {
  if (trial.slope == 0 || !(square_deviations(trial.scores) > 0)) return std::nullopt;
  if (power_of_trial(trial, largest_group, level) < level.power) return std::nullopt;
  std::size_t too_few = 0, enough = largest_group;
  while (enough - too_few > 1) {
    const std::size_t middle = too_few + (enough - too_few) / 2;
    (power_of_trial(trial, middle, level) < level.power ? too_few : enough) = middle;
  }
  return std::max(enough, fewest_for_exact_test(trial, level));
}

}  // namespace wane
