// What a trial could have shown, and how large the next one has to be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace wane {

struct TestLevel {
  double alpha = 0.05;
  bool two_sided = true;
  double power = 0.8;
};

// The power of Student's t test with this noncentrality (true slope / its standard error). Closed form.
double power_of_t(double noncentrality, double degrees_of_freedom, const TestLevel& level);

// The noncentrality at which the power is level.power. Needs at least one degree of freedom.
double detectable_noncentrality(double degrees_of_freedom, const TestLevel& level);

// The smallest trend that each test finds with level.power, as a slope on `scores` in units of the standard deviation
// of rates around the trend, where rates are normal around a line in `scores`.
// linear: closed form (noncentral t with n - 2 degrees of freedom). The rank tests: by simulation of 4000 trials, to
// about 2 %; empty beyond 1000 participants, where the normal theory of the linear test is within 5 % of both.
// Empty too where no effect however large reaches the level (3 against 3 participants): see smallest_p.
struct DetectableTrend {
  std::optional<double> linear, jonckheere, spearman;
};
DetectableTrend detectable_trend(const std::vector<double>& scores, const TestLevel& level,
                                 std::uint64_t seed = 20230112);

// The smallest p that an exact permutation test of this design can give, for rates that all differ: 1 / arrangements of
// the rates over the doses; two-sided twice that where the distribution is symmetric, as it always is for the rank
// tests, and for the linear contrast where the scores of all participants lie symmetrically around their mean.
double smallest_p(const std::vector<double>& scores, bool two_sided, bool rank_test);

// A trial to be planned: so many participants at each dose, visits of each at these years.
struct NextTrial {
  std::vector<double> scores;       // one for each dose group, on the scale of the test
  double slope = 0;                 // percent per year for each unit of score: the effect to be found
  double between_sd = 0;            // of true rates around the trend, percent per year
  double visit_error_sd = 0;        // of one visit, percent of volume
  std::vector<double> visit_years;  // at least two different
  bool rank_test = false;           // it is to be analysed with: the least number of participants depends on it
};

// Standard deviation of a participant's measured rate: sqrt(between^2 + visit_error^2 / sum (t - mean t)^2).
double rate_sd(const NextTrial& trial);

// The power of the linear contrast with so many participants in each group, by noncentral t.
double power_of_trial(const NextTrial& trial, std::size_t per_group, const TestLevel& level);

// The fewest participants in each group with which the exact test can reach the level at all.
std::size_t fewest_for_exact_test(const NextTrial& trial, const TestLevel& level);

// The fewest participants in each group for level.power, and never fewer than fewest_for_exact_test; empty above
// 100 000 or without an effect.
std::optional<std::size_t> participants_per_group(const NextTrial& trial, const TestLevel& level);

}  // namespace wane
