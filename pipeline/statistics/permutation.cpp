#include "pipeline/statistics/permutation.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "base/counted_random.h"
#include "base/parallel.h"

namespace wane {
namespace {

constexpr double tie_tolerance = 1e-10;        // of the largest possible deviation of the statistic
constexpr std::size_t fewest_samples = 999;    // with fewer, the normal approximation is the smaller error
constexpr std::size_t most_cells = 1u << 24;   // of the table of the Jonckheere recursion
constexpr std::size_t samples_per_block = 64;  // a constant: results do not depend on the number of threads
constexpr std::size_t classes_per_block = 8;

struct Counts {
  double all = 0, greater = 0, less = 0, mirrored = 0;
  Counts& operator+=(const Counts& other) {
    all += other.all;
    greater += other.greater;
    less += other.less;
    mirrored += other.mirrored;
    return *this;
  }
};

// What lies at least as far as the observed deviation from the mean, above, below, and on the other side of the mean.
struct Thresholds {
  double observed;  // deviation from the mean
  double tolerance;

  double at_least() const { return observed - tolerance; }
  double at_most() const { return observed + tolerance; }
  bool mirrored(double deviation) const {
    return observed >= 0 ? deviation <= -observed + tolerance : deviation >= -observed - tolerance;
  }
  void count(double deviation, double weight, Counts& counts) const {
    counts.all += weight;
    if (deviation >= at_least()) counts.greater += weight;
    if (deviation <= at_most()) counts.less += weight;
    if (mirrored(deviation)) counts.mirrored += weight;
  }
};

void set_p_values(PermutationTest& test, const Counts& counts, const Thresholds& thresholds) {
  const double extra = test.method == PermutationMethod::sampled ? 1 : 0;  // the observed arrangement is one of them
  const double all = counts.all + extra;
  test.arrangements = counts.all;
  test.p_greater = (counts.greater + extra) / all;
  test.p_less = (counts.less + extra) / all;
  const double one_side = thresholds.observed >= 0 ? counts.greater : counts.less;
  test.p_two_sided = std::abs(thresholds.observed) <= thresholds.tolerance
                         ? 1.0
                         : std::min(1.0, (one_side + counts.mirrored + extra) / all);
  if (test.method == PermutationMethod::sampled)
    test.standard_error = std::sqrt(test.p_two_sided * (1 - test.p_two_sided) / counts.all);
}

void set_normal_p_values(PermutationTest& test) {
  test.method = PermutationMethod::asymptotic;
  const double z = (test.statistic - test.mean) / test.standard_deviation;
  const boost::math::normal standard;
  test.p_greater = cdf(complement(standard, z));
  test.p_less = cdf(standard, z);
  test.p_two_sided = 2 * cdf(standard, -std::abs(z));
}

std::size_t sample_count(std::size_t n, const PermutationOptions& options) {
  return std::min(options.samples, options.most_draws / std::max<std::size_t>(n, 1));
}

// Fisher and Yates with counted random numbers: arrangement number `sample` is the same in any order of drawing.
template <class T>
void shuffle(std::vector<T>& values, const CountedRandom& random, std::uint64_t sample) {
  const std::uint64_t first = sample * values.size();
  for (std::size_t k = values.size() - 1; k > 0; --k) {
    const auto other = static_cast<std::size_t>(random.uniform(first + k) * static_cast<double>(k + 1));
    std::swap(values[k], values[other]);
  }
}

// The statistic's deviation from its mean for `samples` random arrangements of `arranged`, counted.
template <class T, class Deviation>
Counts sampled_counts(const std::vector<T>& arranged, std::size_t samples, std::uint64_t seed,
                      const Thresholds& thresholds, const Deviation& deviation) {
  const CountedRandom random(seed);
  return parallel_sum(samples, samples_per_block, Counts(), [&](std::size_t begin, std::size_t end) {
    Counts counts;
    std::vector<T> shuffled;
    for (std::size_t sample = begin; sample < end; ++sample) {
      shuffled = arranged;
      shuffle(shuffled, random, sample);
      thresholds.count(deviation(shuffled), 1.0, counts);
    }
    return counts;
  });
}

// f(taken) for every way to take `count` from classes of these sizes.
void for_each_composition(const std::vector<std::size_t>& sizes, std::size_t count, std::vector<std::size_t>& taken,
                          std::size_t place, const std::function<void(const std::vector<std::size_t>&)>& f) {
  if (place + 1 == sizes.size()) {
    if (count > sizes[place]) return;
    taken[place] = count;
    f(taken);
    return;
  }
  for (std::size_t k = 0; k <= std::min(count, sizes[place]); ++k) {
    taken[place] = k;
    for_each_composition(sizes, count - k, taken, place + 1, f);
  }
}

double centre(std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (double& value : values) value -= mean;
  return mean;
}

double square_sum(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

struct LinearProblem {
  DoseClasses classes;         // of the centred scores
  std::vector<double> scores;  // centred
  std::vector<double> values;  // centred
  PermutationTest test;        // statistic and moments
  Thresholds thresholds{0, 0};
};

LinearProblem linear_problem(const std::vector<double>& scores, const std::vector<double>& values) {
  if (scores.size() != values.size() || scores.empty())
    throw std::logic_error("a permutation test needs as many scores as values");
  LinearProblem problem;
  problem.scores = scores;
  problem.values = values;
  const double n = static_cast<double>(scores.size());
  const double mean_score = centre(problem.scores), mean_value = centre(problem.values);
  problem.classes = dose_classes(problem.scores);
  const double largest = std::sqrt(square_sum(problem.scores) * square_sum(problem.values));
  double deviation = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) deviation += problem.scores[i] * problem.values[i];
  problem.test.mean = n * mean_score * mean_value;
  problem.test.statistic = problem.test.mean + deviation;
  problem.test.standard_deviation = n > 1 ? largest / std::sqrt(n - 1) : 0;
  problem.thresholds = {deviation, tie_tolerance * largest};
  return problem;
}

// Sums of score * value over all arrangements of a range of participants that take so many of each class.
void list_sums(const LinearProblem& problem, std::size_t begin, std::size_t end, std::vector<std::size_t>& left,
               double sum, std::vector<double>& sums) {
  if (begin == end) {
    sums.push_back(sum);
    return;
  }
  for (std::size_t c = 0; c < left.size(); ++c) {
    if (left[c] == 0) continue;
    --left[c];
    list_sums(problem, begin + 1, end, left, sum + problem.classes.doses[c] * problem.values[begin], sums);
    ++left[c];
  }
}

std::vector<double> sorted_sums(const LinearProblem& problem, std::size_t begin, std::size_t end,
                                std::vector<std::size_t> taken) {
  std::vector<double> sums;
  list_sums(problem, begin, end, taken, 0.0, sums);
  std::sort(sums.begin(), sums.end());
  return sums;
}

// Pairs (a, b) with a + b at least `threshold`; both sorted.
double pairs_at_least(const std::vector<double>& a, const std::vector<double>& b, double threshold) {
  double count = 0;
  std::size_t reaching = 0;  // of b, from the top
  for (const double value : a) {
    while (reaching < b.size() && value + b[b.size() - 1 - reaching] >= threshold) ++reaching;
    count += static_cast<double>(reaching);
  }
  return count;
}

double pairs_at_most(const std::vector<double>& a, const std::vector<double>& b, double threshold) {
  double count = 0;
  std::size_t reaching = b.size();
  for (const double value : a) {
    while (reaching > 0 && value + b[reaching - 1] > threshold) --reaching;
    count += static_cast<double>(reaching);
  }
  return count;
}

std::vector<std::size_t> complement_of(const std::vector<std::size_t>& taken, const std::vector<std::size_t>& sizes) {
  std::vector<std::size_t> rest = sizes;
  for (std::size_t c = 0; c < rest.size(); ++c) rest[c] -= taken[c];
  return rest;
}

Counts counts_of_halves(const LinearProblem& problem, std::size_t half, const std::vector<std::size_t>& taken) {
  const auto first = sorted_sums(problem, 0, half, taken);
  const auto second = sorted_sums(problem, half, problem.values.size(), complement_of(taken, problem.classes.sizes));
  const Thresholds& t = problem.thresholds;
  Counts counts;
  counts.all = static_cast<double>(first.size()) * static_cast<double>(second.size());
  counts.greater = pairs_at_least(first, second, t.at_least());
  counts.less = pairs_at_most(first, second, t.at_most());
  counts.mirrored = t.observed >= 0 ? pairs_at_most(first, second, -t.observed + t.tolerance)
                                    : pairs_at_least(first, second, -t.observed - t.tolerance);
  return counts;
}

// Empty where the halves have more than `most_sums` sums together.
std::optional<Counts> exact_linear_counts(const LinearProblem& problem, std::size_t most_sums) {
  const std::size_t n = problem.values.size(), half = n / 2;
  const auto& sizes = problem.classes.sizes;
  // Taking each class or not gives at least 2^half sums: no need to list what is too many.
  if (sizes.size() > 1 && half > 40) return std::nullopt;
  double compositions_bound = 1;
  for (const auto size : sizes) compositions_bound *= static_cast<double>(size + 1);
  if (compositions_bound > 4.0 * static_cast<double>(most_sums)) return std::nullopt;
  std::vector<std::vector<std::size_t>> all_taken;
  double sums = 0;
  std::vector<std::size_t> taken(sizes.size());
  for_each_composition(sizes, half, taken, 0, [&](const std::vector<std::size_t>& of_first) {
    all_taken.push_back(of_first);
    sums += arrangements_of(of_first) + arrangements_of(complement_of(of_first, sizes));
  });
  if (sums > static_cast<double>(most_sums)) return std::nullopt;
  return parallel_sum(all_taken.size(), classes_per_block, Counts(), [&](std::size_t begin, std::size_t end) {
    Counts counts;
    for (std::size_t i = begin; i < end; ++i) counts += counts_of_halves(problem, half, all_taken[i]);
    return counts;
  });
}

void enumerate(const LinearProblem& problem, std::size_t place, std::vector<std::size_t>& left, double sum,
               Counts& counts) {
  if (place == problem.values.size()) {
    problem.thresholds.count(sum, 1.0, counts);
    return;
  }
  for (std::size_t c = 0; c < left.size(); ++c) {
    if (left[c] == 0) continue;
    --left[c];
    enumerate(problem, place + 1, left, sum + problem.classes.doses[c] * problem.values[place], counts);
    ++left[c];
  }
}

// Jonckheere and Terpstra, in half points: 2 for a pair in the order of dose, 1 for a tied one.

// Numbers of equal values, in the order of the values.
std::vector<std::size_t> tie_sizes(std::vector<double> values) {
  return dose_classes(values).sizes;
}

double jonckheere_variance(const std::vector<std::size_t>& sizes, const std::vector<std::size_t>& ties, double n) {
  const auto sum = [](const std::vector<std::size_t>& counts, auto f) {
    double total = 0;
    for (const auto count : counts) total += f(static_cast<double>(count));
    return total;
  };
  const auto pairs = [](double m) { return m * (m - 1); };
  const auto triples = [](double m) { return m * (m - 1) * (m - 2); };
  const auto cubic = [](double m) { return m * (m - 1) * (2 * m + 5); };
  double variance = (cubic(n) - sum(sizes, cubic) - sum(ties, cubic)) / 72;
  if (n > 2) variance += sum(sizes, triples) * sum(ties, triples) / (36 * triples(n));
  if (n > 1) variance += sum(sizes, pairs) * sum(ties, pairs) / (8 * pairs(n));
  return std::max(0.0, variance);
}

// Counts of participants below, by class, with sums over lower classes in logarithmic time (Fenwick 1994).
class LowerCounts {
 public:
  explicit LowerCounts(std::size_t classes) : tree_(classes + 1, 0) {}
  void add(std::size_t class_index, std::int64_t count) {
    for (std::size_t i = class_index + 1; i < tree_.size(); i += i & (~i + 1)) tree_[i] += count;
  }
  std::int64_t below(std::size_t class_index) const {
    std::int64_t sum = 0;
    for (std::size_t i = class_index; i > 0; i -= i & (~i + 1)) sum += tree_[i];
    return sum;
  }

 private:
  std::vector<std::int64_t> tree_;
};

// `class_of`: the dose class of each participant, in rising order of values with these ties.
std::int64_t half_points(const std::vector<std::size_t>& class_of, const std::vector<std::size_t>& ties,
                         std::size_t classes) {
  LowerCounts lower(classes);
  std::int64_t points = 0;
  std::size_t begin = 0;
  std::vector<std::size_t> tied;
  for (const auto tie : ties) {
    tied.assign(class_of.begin() + static_cast<std::ptrdiff_t>(begin),
                class_of.begin() + static_cast<std::ptrdiff_t>(begin + tie));
    for (const auto c : tied) points += 2 * lower.below(c);
    std::sort(tied.begin(), tied.end());
    auto different = static_cast<std::int64_t>(tie * (tie - 1) / 2);
    for (std::size_t i = 0; i < tie;) {
      const auto end = static_cast<std::size_t>(std::upper_bound(tied.begin(), tied.end(), tied[i]) - tied.begin());
      different -= static_cast<std::int64_t>((end - i) * (end - i - 1) / 2);
      i = end;
    }
    points += different;
    for (const auto c : tied) lower.add(c, 1);
    begin += tie;
  }
  return points;
}

// The number of arrangements for each number of half points; empty where the table would be too large.
class JonckheereRecursion {
 public:
  JonckheereRecursion(const std::vector<std::size_t>& sizes, std::size_t most_half_points)
      : sizes_(sizes), points_(most_half_points + 1) {
    for (const auto size : sizes_) {
      strides_.push_back(states_);
      if (states_ > most_cells / (size + 1)) too_large_ = true;
      if (too_large_) return;
      states_ *= size + 1;
    }
    too_large_ = states_ > most_cells / points_;
  }

  std::optional<std::vector<double>> distribution(const std::vector<std::size_t>& ties) {
    if (too_large_ || work(ties) > 2e9) return std::nullopt;
    ways_.assign(states_ * points_, 0.0);
    ways_[0] = 1;
    std::size_t placed = 0;
    for (const auto tie : ties) {
      for (std::size_t state = 0; state < states_; ++state)
        if (total(state) == placed) spread(state, tie);
      placed += tie;
    }
    return std::vector<double>(ways_.end() - static_cast<std::ptrdiff_t>(points_), ways_.end());
  }

 private:
  std::size_t taken(std::size_t state, std::size_t c) const { return state / strides_[c] % (sizes_[c] + 1); }
  std::size_t total(std::size_t state) const {
    std::size_t sum = 0;
    for (std::size_t c = 0; c < sizes_.size(); ++c) sum += taken(state, c);
    return sum;
  }

  // An upper bound of additions: each state is left once, in as many ways as a tie can be shared out.
  double work(const std::vector<std::size_t>& ties) const {
    const std::size_t largest = *std::max_element(ties.begin(), ties.end());
    double ways = 1;
    for (std::size_t c = 1; c < sizes_.size(); ++c) ways *= static_cast<double>(largest + c) / static_cast<double>(c);
    return ways * static_cast<double>(states_) * static_cast<double>(points_);
  }

  // Shares the next `tie` equal values out over the classes, in every way.
  void spread(std::size_t state, std::size_t tie) {
    std::vector<std::size_t> free(sizes_.size()), added(sizes_.size());
    for (std::size_t c = 0; c < sizes_.size(); ++c) free[c] = sizes_[c] - taken(state, c);
    for_each_composition(free, tie, added, 0, [&](const std::vector<std::size_t>& add) {
      std::size_t target = state, shift = 0, below = 0, tied_below = 0;
      for (std::size_t c = 0; c < sizes_.size(); ++c) {
        shift += add[c] * (2 * below + tied_below);
        below += taken(state, c);
        tied_below += add[c];
        target += add[c] * strides_[c];
      }
      const double ways = arrangements_of(add);
      const double* from = &ways_[state * points_];
      double* to = &ways_[target * points_];
      for (std::size_t p = 0; p + shift < points_; ++p) to[p + shift] += ways * from[p];
    });
  }

  std::vector<std::size_t> sizes_, strides_;
  std::size_t points_, states_ = 1;
  bool too_large_ = false;
  std::vector<double> ways_;  // [state][half points]; whole numbers, exact to 2^53
};

}  // namespace

std::vector<double> mean_ranks(const std::vector<double>& values) {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> ranks;
  for (const double value : values) {
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), value);
    ranks.push_back(0.5 * static_cast<double>((low - sorted.begin()) + (high - sorted.begin()) + 1));
  }
  return ranks;
}

double arrangements_of(const std::vector<std::size_t>& sizes) {
  double ways = 1;
  std::size_t placed = 0;
  for (const auto size : sizes)
    for (std::size_t k = 1; k <= size; ++k) ways = ways * static_cast<double>(++placed) / static_cast<double>(k);
  return std::round(ways);
}

DoseClasses dose_classes(const std::vector<double>& doses) {
  DoseClasses classes;
  classes.doses = doses;
  std::sort(classes.doses.begin(), classes.doses.end());
  classes.doses.erase(std::unique(classes.doses.begin(), classes.doses.end()), classes.doses.end());
  classes.sizes.assign(classes.doses.size(), 0);
  for (const double dose : doses) {
    const auto place = std::lower_bound(classes.doses.begin(), classes.doses.end(), dose) - classes.doses.begin();
    classes.class_of.push_back(static_cast<std::size_t>(place));
    ++classes.sizes[static_cast<std::size_t>(place)];
  }
  return classes;
}

PermutationTest permute_linear(const std::vector<double>& scores, const std::vector<double>& values,
                               const PermutationOptions& options) {
  LinearProblem problem = linear_problem(scores, values);
  PermutationTest test = problem.test;
  if (const auto counts = exact_linear_counts(problem, options.most_sums)) {
    set_p_values(test, *counts, problem.thresholds);
    return test;
  }
  const std::size_t samples = sample_count(scores.size(), options);
  if (samples < std::min(fewest_samples, options.samples)) {
    set_normal_p_values(test);
    return test;
  }
  test.method = PermutationMethod::sampled;
  const auto deviation = [&](const std::vector<double>& shuffled) {
    double sum = 0;
    for (std::size_t i = 0; i < shuffled.size(); ++i) sum += problem.scores[i] * shuffled[i];
    return sum;
  };
  set_p_values(test, sampled_counts(problem.values, samples, options.seed, problem.thresholds, deviation),
               problem.thresholds);
  return test;
}

PermutationTest enumerate_linear(const std::vector<double>& scores, const std::vector<double>& values) {
  const LinearProblem problem = linear_problem(scores, values);
  PermutationTest test = problem.test;
  Counts counts;
  std::vector<std::size_t> left = problem.classes.sizes;
  enumerate(problem, 0, left, 0.0, counts);
  set_p_values(test, counts, problem.thresholds);
  return test;
}

PermutationTest permute_jonckheere(const std::vector<double>& doses, const std::vector<double>& values,
                                   const PermutationOptions& options) {
  if (doses.size() != values.size() || doses.empty())
    throw std::logic_error("a permutation test needs as many doses as values");
  const std::size_t n = doses.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  const DoseClasses classes = dose_classes(doses);
  std::vector<std::size_t> class_of;
  for (const auto i : order) class_of.push_back(classes.class_of[i]);
  const auto ties = tie_sizes(values);

  std::size_t pairs = n * (n - 1) / 2;
  for (const auto size : classes.sizes) pairs -= size * (size - 1) / 2;
  const std::int64_t observed = half_points(class_of, ties, classes.sizes.size());
  const auto mean = static_cast<std::int64_t>(pairs);  // in half points
  PermutationTest test;
  test.statistic = 0.5 * static_cast<double>(observed);
  test.mean = 0.5 * static_cast<double>(mean);
  test.standard_deviation = std::sqrt(jonckheere_variance(classes.sizes, ties, static_cast<double>(n)));
  const Thresholds thresholds{static_cast<double>(observed - mean), 0.25};

  if (ties.size() > 1) {
    if (const auto ways = JonckheereRecursion(classes.sizes, 2 * pairs).distribution(ties)) {
      Counts counts;
      for (std::size_t points = 0; points < ways->size(); ++points)
        thresholds.count(static_cast<double>(points) - static_cast<double>(mean), (*ways)[points], counts);
      set_p_values(test, counts, thresholds);
      return test;
    }
  } else {
    test.arrangements = arrangements_of(classes.sizes);  // all values equal: every arrangement gives the mean
    return test;
  }
  const std::size_t samples = sample_count(n, options);
  if (samples < std::min(fewest_samples, options.samples)) {
    set_normal_p_values(test);
    return test;
  }
  test.method = PermutationMethod::sampled;
  const auto deviation = [&](const std::vector<std::size_t>& shuffled) {
    return static_cast<double>(half_points(shuffled, ties, classes.sizes.size()) - mean);
  };
  set_p_values(test, sampled_counts(class_of, samples, options.seed, thresholds, deviation), thresholds);
  return test;
}

std::string method_in_words(const PermutationTest& test, const PermutationOptions& options) {
  char text[128];
  switch (test.method) {
    case PermutationMethod::exact:
      std::snprintf(text, sizeof text, "exact (%.0f arrangements)", test.arrangements);
      return text;
    case PermutationMethod::sampled:
      std::snprintf(text, sizeof text, "%.0f random arrangements, seed %llu, standard error of p %.2g",
                    test.arrangements, static_cast<unsigned long long>(options.seed), test.standard_error);
      return text;
    case PermutationMethod::asymptotic:
      return "normal approximation with the exact permutation variance";
  }
  return "";
}

}  // namespace wane
