#include "pipeline/statistics/between_participants.h"

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>

namespace wane {
namespace {

// Sum of squares around the weighted least-squares line, each weighted by 1 / (between^2 + standard_error^2).
double weighted_squares(const std::vector<MeasuredRate>& rates, double between_variance) {
  double weights = 0, x = 0, y = 0;
  const auto weight_of = [&](const MeasuredRate& rate) {
    return 1 / (between_variance + rate.standard_error * rate.standard_error);
  };
  for (const auto& rate : rates) {
    const double weight = weight_of(rate);
    weights += weight;
    x += weight * rate.score;
    y += weight * rate.percent_per_year;
  }
  x /= weights;
  y /= weights;
  double xx = 0, xy = 0;
  for (const auto& rate : rates) {
    const double weight = weight_of(rate);
    xx += weight * (rate.score - x) * (rate.score - x);
    xy += weight * (rate.score - x) * (rate.percent_per_year - y);
  }
  double squares = 0;
  for (const auto& rate : rates) {
    const double residual = rate.percent_per_year - y - xy / xx * (rate.score - x);
    squares += weight_of(rate) * residual * residual;
  }
  return squares;
}

// The variance between participants at which the sum of squares is `target`; 0 where it is below without any.
double variance_at(const std::vector<MeasuredRate>& rates, double target, double unweighted_squares) {
  // Without standard errors the sum at 0 is infinite, so the search starts just above.
  const double smallest = 1e-12 * (unweighted_squares > 0 ? unweighted_squares : 1);
  if (!(unweighted_squares > 0) || weighted_squares(rates, smallest) <= target) return 0;
  // The weights are at most 1 / between^2 each, so that the sum is at most unweighted / between^2.
  double low = smallest, high = unweighted_squares / target;
  while (high - low > 1e-12 * high) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;
    (weighted_squares(rates, middle) > target ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

bool scores_vary(const std::vector<MeasuredRate>& rates) {
  for (const auto& rate : rates)
    if (rate.score != rates.front().score) return true;
  return false;
}

}  // namespace

std::optional<BetweenParticipantsSd> between_participants_sd(const std::vector<MeasuredRate>& rates) {
  if (rates.size() < 3 || !scores_vary(rates)) return std::nullopt;
  std::vector<MeasuredRate> without_errors = rates;
  for (auto& rate : without_errors) rate.standard_error = 0;
  const double squares = weighted_squares(without_errors, 1);
  BetweenParticipantsSd sd;
  sd.degrees_of_freedom = rates.size() - 2;
  const auto freedom = static_cast<double>(sd.degrees_of_freedom);
  sd.estimate = std::sqrt(variance_at(rates, freedom, squares));
  const boost::math::chi_squared distribution(freedom);
  const double high = std::sqrt(variance_at(rates, quantile(distribution, 0.025), squares));
  if (!(high > 0)) return sd;
  sd.interval_95_low = std::sqrt(variance_at(rates, quantile(distribution, 0.975), squares));
  sd.interval_95_high = high;
  return sd;
}

}  // namespace wane
