#include "pipeline/statistics/dose_response.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <functional>
#include <numeric>

namespace wane {
namespace {

constexpr std::size_t most_interval_sums = std::size_t{1} << 18;  // 50 tests are made: n = 16 in 4 groups

struct Line {
  double slope = 0, standard_error = 0, residual_sd = 0;
};

Line least_squares(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  Line line;
  line.slope = xy / xx;
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) squares += std::pow(y[i] - mean_y - line.slope * (x[i] - mean_x), 2);
  if (n > 2) line.residual_sd = std::sqrt(squares / (n - 2));
  line.standard_error = line.residual_sd / std::sqrt(xx);
  return line;
}

double p_on_sides(const PermutationTest& test, Sides sides) {
  switch (sides) {
    case Sides::two:
      return test.p_two_sided;
    case Sides::less_loss:
      return test.p_greater;
    case Sides::more_loss:
      return test.p_less;
  }
  return 1;
}

// The slope at which the one-sided p of rate - slope * score passes the level, by halving; `rising`: the low end.
std::optional<double> interval_end(const std::vector<double>& scores, const std::vector<double>& rates,
                                   const Line& line, double level, bool rising, const PermutationOptions& options) {
  const auto accepted = [&](double slope) {
    std::vector<double> residuals(rates.size());
    for (std::size_t i = 0; i < rates.size(); ++i) residuals[i] = rates[i] - slope * scores[i];
    const auto test = permute_linear(scores, residuals, options);
    return (rising ? test.p_greater : test.p_less) > level;
  };
  const double unit = line.standard_error > 0 ? line.standard_error : std::max(std::abs(line.slope), 1e-12) * 1e-6;
  double inside = line.slope, outside = line.slope, reach = 4 * unit;
  do {
    outside = line.slope + (rising ? -reach : reach);
    reach *= 4;
    if (reach > 1e6 * unit) return std::nullopt;
  } while (accepted(outside));
  while (std::abs(outside - inside) > 1e-8 * unit) {
    const double middle = 0.5 * (inside + outside);
    if (middle == inside || middle == outside) break;  // rates on a line: the ends are neighbouring numbers
    (accepted(middle) ? inside : outside) = middle;
  }
  return 0.5 * (inside + outside);
}

SlopeInterval slope_interval(const std::vector<double>& scores, const std::vector<double>& rates, const Line& line,
                             PermutationOptions options) {
  SlopeInterval interval;
  interval.slope = line.slope;
  options.most_sums = std::min(options.most_sums, most_interval_sums);
  options.most_draws = 0;
  if (permute_linear(scores, rates, options).method == PermutationMethod::exact) {
    interval.low = interval_end(scores, rates, line, 0.025, true, options);
    interval.high = interval_end(scores, rates, line, 0.025, false, options);
    interval.method = "exact, from the permutation tests of all slopes";
    return interval;
  }
  const double half_width =
      quantile(boost::math::students_t(static_cast<double>(rates.size()) - 2), 0.975) * line.standard_error;
  interval.low = line.slope - half_width;
  interval.high = line.slope + half_width;
  interval.method = "Student's t";
  return interval;
}

Shift high_minus_low(const std::vector<double>& rates, const DoseClasses& classes) {
  std::vector<double> low, high;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (classes.class_of[i] == 0) low.push_back(rates[i]);
    if (classes.class_of[i] + 1 == classes.doses.size()) high.push_back(rates[i]);
  }
  return hodges_lehmann(std::move(low), std::move(high));
}

bool varies(const std::vector<double>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) != values.end();
}

template <class T>
std::vector<T> without(std::vector<T> values, std::size_t place) {
  values.erase(values.begin() + static_cast<std::ptrdiff_t>(place));
  return values;
}

std::vector<Influence> influence_of(const std::vector<DoseAndRate>& participants, const std::vector<double>& scores,
                                    const std::vector<double>& rates, const DoseResponseOptions& options) {
  PermutationOptions permutation = options.permutation;
  permutation.samples = std::min<std::size_t>(permutation.samples, 9999);
  std::vector<Influence> influence;
  for (std::size_t i = 0; i < participants.size(); ++i) {
    const auto other_scores = without(scores, i), other_rates = without(rates, i);
    if (!varies(other_scores) || !varies(other_rates)) continue;
    const auto test = permute_linear(other_scores, other_rates, permutation);
    influence.push_back({participants[i].participant_id, least_squares(other_scores, other_rates).slope,
                         p_on_sides(test, options.sides)});
  }
  return influence;
}

std::vector<DoseAndRate> counted_in_order(const std::vector<DoseAndRate>& participants) {
  std::vector<DoseAndRate> counted;
  for (const auto& p : participants)
    if (std::isfinite(p.dose) && std::isfinite(p.rate_percent_per_year)) counted.push_back(p);
  std::stable_sort(counted.begin(), counted.end(), [](const auto& a, const auto& b) {
    return a.rate_percent_per_year != b.rate_percent_per_year ? a.rate_percent_per_year < b.rate_percent_per_year
           : a.dose != b.dose                                 ? a.dose < b.dose
                                                              : a.participant_id < b.participant_id;
  });
  return counted;
}

std::optional<std::string> why_unable(const std::vector<double>& doses, const std::vector<double>& rates,
                                      DoseScale scale) {
  if (doses.size() < 3)
    return "it needs at least three participants with a dose and a rate, and there " +
           std::string(doses.size() == 1 ? "is " : "are ") + std::to_string(doses.size());
  if (!varies(doses)) return "all participants have the same dose";
  if (!varies(rates)) return "all participants have the same rate";
  if (!dose_scores(doses, scale))
    return "the logarithm of a dose that is not above 0 does not exist; use another scale";
  return std::nullopt;
}

void set_tests(DoseResponse& result, const std::vector<double>& doses, const std::vector<double>& scores,
               const std::vector<double>& rates, const DoseResponseOptions& options) {
  const double n = static_cast<double>(rates.size());
  const auto ranks = mean_ranks(doses), rate_ranks = mean_ranks(rates);
  result.jonckheere.permutation = permute_jonckheere(doses, rates, options.permutation);
  result.spearman.permutation = permute_linear(ranks, rate_ranks, options.permutation);
  result.linear.permutation = permute_linear(scores, rates, options.permutation);
  result.jonckheere.estimate = result.jonckheere.permutation.statistic / (2 * result.jonckheere.permutation.mean);
  const auto& spearman = result.spearman.permutation;
  // The standard deviation over all arrangements is sqrt(SS_dose SS_rate / (n - 1)).
  result.spearman.estimate = (spearman.statistic - spearman.mean) / (spearman.standard_deviation * std::sqrt(n - 1));
  for (TrendTest* test : {&result.jonckheere, &result.spearman, &result.linear}) {
    test->p = p_on_sides(test->permutation, options.sides);
    if (test->permutation.method == PermutationMethod::sampled)
      test->permutation.standard_error = std::sqrt(test->p * (1 - test->p) / test->permutation.arrangements);
  }
}

void set_detectable(DoseResponse& result, const std::vector<double>& scores, const DoseResponseOptions& options) {
  const bool two_sided = options.sides == Sides::two;
  const auto trend = detectable_trend(scores, {options.alpha, two_sided, 0.8});
  result.linear.smallest_p = smallest_p(scores, two_sided, false);
  result.jonckheere.smallest_p = result.spearman.smallest_p = smallest_p(scores, two_sided, true);
  const auto in_percent = [&](std::optional<double> in_sd) {
    return in_sd && result.residual_sd > 0 ? std::optional(*in_sd * result.residual_sd) : std::nullopt;
  };
  result.linear.detectable_slope = in_percent(trend.linear);
  result.jonckheere.detectable_slope = in_percent(trend.jonckheere);
  result.spearman.detectable_slope = in_percent(trend.spearman);
}

}  // namespace

const TrendTest& DoseResponse::test(Trend trend) const {
  return trend == Trend::jonckheere ? jonckheere : trend == Trend::spearman ? spearman : linear;
}

std::optional<std::vector<double>> dose_scores(const std::vector<double>& doses, DoseScale scale) {
  std::vector<double> scores = doses;
  if (scale == DoseScale::rank) {
    const auto classes = dose_classes(doses);
    for (std::size_t i = 0; i < doses.size(); ++i) scores[i] = static_cast<double>(classes.class_of[i] + 1);
  }
  if (scale == DoseScale::log) {
    for (double& score : scores) {
      if (!(score > 0)) return std::nullopt;
      score = std::log(score);
    }
  }
  return scores;
}

DoseResponse dose_response(const std::vector<DoseAndRate>& participants, const DoseResponseOptions& options) {
  const auto counted = counted_in_order(participants);
  std::vector<double> doses, rates;
  for (const auto& p : counted) {
    doses.push_back(p.dose);
    rates.push_back(p.rate_percent_per_year);
  }
  DoseResponse result;
  result.n = counted.size();
  result.unable = why_unable(doses, rates, options.scale);
  if (result.unable) return result;

  const auto scores = *dose_scores(doses, options.scale);
  const auto classes = dose_classes(doses);
  result.doses = classes.doses;
  result.scores = *dose_scores(classes.doses, options.scale);
  set_tests(result, doses, scores, rates, options);
  const Line line = least_squares(scores, rates);
  result.linear.estimate = line.slope;
  result.residual_sd = line.residual_sd;
  set_detectable(result, scores, options);
  result.slope = slope_interval(scores, rates, line, options.permutation);
  result.isotonic = isotonic_curve(doses, rates);
  result.high_minus_low = high_minus_low(rates, classes);
  if (counted.size() <= options.most_influence && counted.size() > 3)
    result.influence = influence_of(counted, scores, rates, options);
  else
    result.influence_note = "Leaving out one participant at a time is done for 4 to " +
                            std::to_string(options.most_influence) + " participants.";
  return result;
}

std::vector<double> holm_adjusted(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - k) * p[order[k]]));
    adjusted[order[k]] = largest;
  }
  return adjusted;
}

}  // namespace wane
