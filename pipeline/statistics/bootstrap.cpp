#include "pipeline/statistics/bootstrap.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "base/counted_random.h"
#include "base/parallel.h"

namespace wane {
namespace {

constexpr std::size_t most_enumerated = 6;  // 46 656 resamples
constexpr std::size_t usual_resamples = 9999, fewest_resamples = 999;
constexpr std::size_t most_draws = 20'000'000;
constexpr std::size_t resamples_per_block = 64;

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::vector<double> all_means(const std::vector<double>& values) {
  const std::size_t n = values.size();
  std::size_t resamples = 1;
  for (std::size_t i = 0; i < n; ++i) resamples *= n;
  std::vector<double> means(resamples);
  std::vector<std::size_t> drawn(n);
  for (std::size_t r = 0; r < resamples; ++r) {
    std::size_t digits = r;
    for (auto& index : drawn) {
      index = digits % n;
      digits /= n;
    }
    std::sort(drawn.begin(), drawn.end());  // the same resample has the same bits in whatever order it was drawn
    double sum = 0;
    for (const auto index : drawn) sum += values[index];
    means[r] = sum / static_cast<double>(n);
  }
  return means;
}

std::vector<double> drawn_means(const std::vector<double>& values, std::size_t resamples, std::uint64_t seed) {
  const CountedRandom random(seed);
  const std::size_t n = values.size();
  std::vector<double> means(resamples);
  parallel_for(
      resamples,
      [&](std::size_t r) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i)
          sum += values[static_cast<std::size_t>(random.uniform(r * n + i) * static_cast<double>(n))];
        means[r] = sum / static_cast<double>(n);
      },
      resamples_per_block);
  return means;
}

// Of the jackknife means: a sixth of their skewness.
double acceleration(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0, cubes = 0;
  for (const double value : values) {
    const double influence = value - mean;  // of the mean of the others, times -(n - 1)
    squares += influence * influence;
    cubes += influence * influence * influence;
  }
  return cubes / (6 * std::pow(squares, 1.5));
}

}  // namespace

std::optional<BootstrapInterval> bca_interval(std::vector<double> values, double confidence, std::uint64_t seed) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.size() < 2) return std::nullopt;
  std::sort(values.begin(), values.end());
  if (values.front() == values.back()) return std::nullopt;

  BootstrapInterval interval;
  std::vector<double> means;
  if (values.size() <= most_enumerated) {
    means = all_means(values);
    interval.method = "all " + std::to_string(means.size()) + " resamples";
  } else {
    means = drawn_means(values, std::clamp(most_draws / values.size(), fewest_resamples, usual_resamples), seed);
    interval.method = std::to_string(means.size()) + " resamples, seed " + std::to_string(seed);
  }
  std::sort(means.begin(), means.end());

  const double mean = mean_of(values), tolerance = 1e-12 * (values.back() - values.front());
  const auto below = std::lower_bound(means.begin(), means.end(), mean - tolerance) - means.begin();
  const auto up_to = std::upper_bound(means.begin(), means.end(), mean + tolerance) - means.begin();
  const double count = static_cast<double>(means.size());
  const boost::math::normal standard;
  const double share = 0.5 * static_cast<double>(below + up_to) / count;
  if (share <= 0 || share >= 1) return std::nullopt;
  const double bias = quantile(standard, share), skewness = acceleration(values);
  const auto end = [&](double level) {
    const double z = bias + quantile(standard, level);
    const double corrected = cdf(standard, bias + z / (1 - skewness * z));
    const auto place = static_cast<std::size_t>(std::max(1.0, std::ceil(corrected * count - 1e-9)));
    return means[std::min(place, means.size()) - 1];
  };
  interval.low = end((1 - confidence) / 2);
  interval.high = end((1 + confidence) / 2);
  return interval;
}

}  // namespace wane
