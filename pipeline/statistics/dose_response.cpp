#include "pipeline/statistics/dose_response.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <numeric>
#include <random>

namespace wane {
namespace {

constexpr int random_arrangements = 100000;
constexpr std::uint64_t seed = 20230112;

// Twice the rank from 1, equal values sharing their mean rank: whole numbers, so that sums compare exactly.
std::vector<std::int64_t> doubled_ranks(const std::vector<double>& values) {
  std::vector<std::int64_t> ranks;
  for (const double value : values) {
    const auto below = std::count_if(values.begin(), values.end(), [&](double v) { return v < value; });
    const auto equal = std::count(values.begin(), values.end(), value);
    ranks.push_back(2 * below + equal + 1);
  }
  return ranks;
}

std::int64_t product_sum(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Under every arrangement the sums of ranks and of squares stay the same, so rho is a rising line in the sum of
// products, with its zero at n (n + 1)^2 (doubled ranks: each mean is n + 1).
std::int64_t sum_at_zero_rho(std::size_t n) {
  const auto m = static_cast<std::int64_t>(n);
  return m * (m + 1) * (m + 1);
}

double correlation(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  const auto zero = sum_at_zero_rho(a.size());
  return static_cast<double>(product_sum(a, b) - zero) /
         std::sqrt(static_cast<double>(product_sum(a, a) - zero) * static_cast<double>(product_sum(b, b) - zero));
}

struct DoseClass {
  std::int64_t rank;   // in units of the ranks' common divisor
  std::size_t size;    // participants with this dose
  std::size_t stride;  // of its place in a state

  std::size_t taken(std::size_t state) const { return state / stride % (size + 1); }
};

std::int64_t common_divisor(const std::vector<std::int64_t>& values) {
  std::int64_t divisor = 0;
  for (const auto value : values) divisor = std::gcd(divisor, value);
  return divisor;
}

std::vector<DoseClass> classes_of(const std::vector<std::int64_t>& dose_ranks) {
  const auto unit = common_divisor(dose_ranks);
  std::map<std::int64_t, std::size_t> sizes;
  for (const auto rank : dose_ranks) ++sizes[rank / unit];
  std::vector<DoseClass> classes;
  std::size_t stride = 1;
  for (const auto& [rank, size] : sizes) {
    classes.push_back({rank, size, stride});
    stride *= size + 1;
  }
  return classes;
}

// The share of arrangements of the rates over the classes of equal dose with |rho| at least the observed one; empty
// where the table of sums would be larger than `most_cells`.
//
// ways[state][sum]: in how many ways the first participants (in order of rates) fill the classes to `state` (mixed
// radix: how many of each class are taken) with this sum of rank products, in units of the ranks' common divisors.
std::optional<double> exact_p(const std::vector<std::int64_t>& dose_ranks, const std::vector<std::int64_t>& rate_ranks,
                              std::size_t most_cells) {
  const auto rate_unit = common_divisor(rate_ranks), unit = common_divisor(dose_ranks) * rate_unit;
  // No sum of products is larger than this (Cauchy and Schwarz).
  const double largest = std::sqrt(double(product_sum(dose_ranks, dose_ranks))) *
                         std::sqrt(double(product_sum(rate_ranks, rate_ranks))) / double(unit);
  const auto sums = static_cast<std::size_t>(largest) + 2;
  if (dose_ranks.size() > 60) return std::nullopt;  // the number of states would not fit its type
  const auto classes = classes_of(dose_ranks);
  const std::size_t states = classes.back().stride * (classes.back().size + 1);
  if (states > most_cells / sums) return std::nullopt;

  std::vector<double> ways(states * sums, 0.0);  // whole numbers, exact to 2^53
  ways[0] = 1;
  for (std::size_t state = 0; state + 1 < states; ++state) {
    std::size_t taken = 0;
    for (const auto& c : classes) taken += c.taken(state);
    for (const auto& c : classes) {
      if (c.taken(state) == c.size) continue;
      const auto shift = static_cast<std::size_t>(c.rank * (rate_ranks[taken] / rate_unit));
      const double* from = &ways[state * sums];
      double* to = &ways[(state + c.stride) * sums];
      for (std::size_t sum = 0; sum + shift < sums; ++sum) to[sum + shift] += from[sum];
    }
  }
  const auto zero = sum_at_zero_rho(dose_ranks.size());
  const auto observed = std::abs(product_sum(dose_ranks, rate_ranks) - zero);
  double all = 0, as_far = 0;
  for (std::size_t sum = 0; sum < sums; ++sum) {
    const double count = ways[(states - 1) * sums + sum];
    all += count;
    if (std::abs(static_cast<std::int64_t>(sum) * unit - zero) >= observed) as_far += count;
  }
  return as_far / all;
}

// (b + 1) / (N + 1): the observed arrangement is one of those possible, so that p is never 0.
double sampled_p(const std::vector<std::int64_t>& dose_ranks, std::vector<std::int64_t> rate_ranks) {
  const auto zero = sum_at_zero_rho(dose_ranks.size());
  const auto observed = std::abs(product_sum(dose_ranks, rate_ranks) - zero);
  std::mt19937_64 random(seed);
  int as_far = 0;
  for (int i = 0; i < random_arrangements; ++i) {
    // Not std::shuffle, whose result differs between standard libraries.
    for (std::size_t k = rate_ranks.size() - 1; k > 0; --k) std::swap(rate_ranks[k], rate_ranks[random() % (k + 1)]);
    if (std::abs(product_sum(dose_ranks, rate_ranks) - zero) >= observed) ++as_far;
  }
  return (as_far + 1.0) / (random_arrangements + 1.0);
}

double least_squares_slope(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  double mean_x = 0, mean_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  double xx = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  return xy / xx;
}

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string in_words(const DoseResponse& result, const std::string& tissue) {
  const double rho = *result.spearman_rho, p = *result.p_two_sided;
  const std::string p_text = p < 0.0001 ? "p < 0.0001" : "p = " + formatted("%.4f", p);
  const std::string figures = "Spearman rho of dose with rate " + formatted("%+.2f", rho) + ", two-sided " + p_text +
                              " (" + result.p_method + "), " + std::to_string(result.n) + " participants";
  if (std::abs(rho) < 0.005) return "Dose and " + tissue + " loss do not go together (" + figures + ").";
  const std::string direction = "Higher dose goes with " + std::string(rho > 0 ? "less " : "more ") + tissue + " loss";
  if (p < 0.05) return direction + " (" + figures + ").";
  return direction + " in these participants, but not more clearly than chance would have it (" + figures + ").";
}

bool has_two_values(const std::vector<double>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) != values.end();
}

}  // namespace

DoseResponse dose_response(const std::vector<DoseAndRate>& participants, const std::string& tissue,
                           std::size_t most_cells) {
  std::vector<DoseAndRate> counted;
  for (const auto& p : participants)
    if (std::isfinite(p.dose) && std::isfinite(p.rate_percent_per_year)) counted.push_back(p);
  // A fixed order: results do not depend on the order of the participants, not even in the last bit.
  std::sort(counted.begin(), counted.end(), [](const auto& a, const auto& b) {
    return a.rate_percent_per_year != b.rate_percent_per_year ? a.rate_percent_per_year < b.rate_percent_per_year
                                                              : a.dose < b.dose;
  });
  std::vector<double> doses, rates;
  for (const auto& p : counted) {
    doses.push_back(p.dose);
    rates.push_back(p.rate_percent_per_year);
  }
  DoseResponse result;
  result.n = counted.size();
  const std::string unable = "Whether " + tissue + " loss depends on dose cannot be computed: ";
  if (result.n < 3) {
    result.sentence = unable + "it needs at least three participants with a dose and a rate, and there " +
                      (result.n == 1 ? "is " : "are ") + std::to_string(result.n) + ".";
    return result;
  }
  if (!has_two_values(doses) || !has_two_values(rates)) {
    result.sentence = unable + "all participants have the same " + (has_two_values(doses) ? "rate." : "dose.");
    return result;
  }
  const auto dose_ranks = doubled_ranks(doses), rate_ranks = doubled_ranks(rates);
  result.spearman_rho = correlation(dose_ranks, rate_ranks);
  result.p_two_sided = exact_p(dose_ranks, rate_ranks, most_cells);
  result.p_method = "exact";
  if (!result.p_two_sided) {
    result.p_two_sided = sampled_p(dose_ranks, rate_ranks);
    result.p_method = std::to_string(random_arrangements) + " random arrangements, seed " + std::to_string(seed);
  }
  result.slope_percent_per_year_per_dose = least_squares_slope(doses, rates);
  result.sentence = in_words(result, tissue);
  return result;
}

}  // namespace wane
