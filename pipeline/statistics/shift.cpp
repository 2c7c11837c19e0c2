#include "pipeline/statistics/shift.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace wane {
namespace {

constexpr std::size_t most_exact = 25;  // in a group: its counts are below 2^53

// Differences high - low that are at most x.
std::size_t count_at_most(const std::vector<double>& low, const std::vector<double>& high, double x) {
  std::size_t count = 0, reaching = 0;  // of low, those with value >= high - x
  for (auto h = high.rbegin(); h != high.rend(); ++h) {
    while (reaching < low.size() && *h - low[low.size() - 1 - reaching] <= x) ++reaching;
    count += reaching;
  }
  return count;
}

// The k-th smallest (from 1) of all differences of two sorted groups, without listing them: halving the range until
// its ends are neighbouring numbers.
double ordered_difference(const std::vector<double>& low, const std::vector<double>& high, std::size_t k) {
  double below = std::nextafter(high.front() - low.back(), -std::numeric_limits<double>::infinity());
  double reached = high.back() - low.front();
  for (;;) {
    const double middle = below + 0.5 * (reached - below);
    if (middle <= below || middle >= reached) return reached;
    (count_at_most(low, high, middle) >= k ? reached : below) = middle;
  }
}

// P(U <= k), k = 0, 1, ...: the number of pairs in order, for groups of m and n without ties (Mann and Whitney 1947).
std::vector<double> cumulative_pairs(std::size_t m, std::size_t n) {
  // Numbers of partitions into at most m parts of at most n, by multiplying (1 - q^(n+i)) / (1 - q^i).
  std::vector<double> ways(m * n + 1, 0.0);
  ways[0] = 1;
  for (std::size_t i = 1; i <= m; ++i) {
    for (std::size_t k = ways.size(); k-- > n + i;) ways[k] -= ways[k - n - i];
    for (std::size_t k = i; k < ways.size(); ++k) ways[k] += ways[k - i];
  }
  double all = 0;
  for (const double w : ways) all += w;
  double sum = 0;
  for (double& w : ways) {
    sum += w;
    w = sum / all;
  }
  return ways;
}

}  // namespace

Shift hodges_lehmann(std::vector<double> low_group, std::vector<double> high_group, double confidence) {
  if (low_group.empty() || high_group.empty()) throw std::logic_error("a shift needs two groups");
  std::sort(low_group.begin(), low_group.end());
  std::sort(high_group.begin(), high_group.end());
  const std::size_t m = low_group.size(), n = high_group.size(), pairs = m * n;
  const auto difference = [&](std::size_t k) { return ordered_difference(low_group, high_group, k); };
  Shift shift;
  shift.estimate = pairs % 2 ? difference(pairs / 2 + 1) : 0.5 * (difference(pairs / 2) + difference(pairs / 2 + 1));
  shift.widest_low = difference(1);
  shift.widest_high = difference(pairs);
  const double outside = (1 - confidence) / 2;
  std::size_t beyond = 0;  // differences outside of the interval, on each side
  if (m <= most_exact && n <= most_exact) {
    const auto cumulative = cumulative_pairs(m, n);
    while (beyond < pairs / 2 && cumulative[beyond] <= outside) ++beyond;
    shift.confidence = 1 - 2 * cumulative[beyond > 0 ? beyond - 1 : 0];
  } else {
    shift.exact = false;
    const double mean = 0.5 * static_cast<double>(pairs);
    const double deviation = std::sqrt(static_cast<double>(pairs) * static_cast<double>(m + n + 1) / 12);
    const double k = std::floor(mean + quantile(boost::math::normal(), outside) * deviation);
    beyond = k > 0 ? static_cast<std::size_t>(k) : 0;
    shift.confidence = confidence;
  }
  if (beyond == 0) return shift;
  shift.low = difference(beyond);
  shift.high = difference(pairs + 1 - beyond);
  return shift;
}

}  // namespace wane
