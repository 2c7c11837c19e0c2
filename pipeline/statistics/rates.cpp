#include "pipeline/statistics/rates.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

namespace wane {
namespace {

constexpr double days_per_year = 365.25;
constexpr double most_variance_ratio = 4.0;  // of a visit's variance to the mean, either way
constexpr double none = std::numeric_limits<double>::quiet_NaN();

struct LogChange {
  Eigen::Index from, to;
  double value;           // log volume at `to` minus log volume at `from`
  double standard_error;  // of value; NaN or 0 where it is not known
};

std::vector<LogChange> log_changes(const std::vector<Change>& changes, double TissueValues::*tissue,
                                   std::size_t visits) {
  std::vector<LogChange> result;
  for (const auto& change : changes) {
    const double ratio = 1.0 + change.percent.*tissue / 100.0;
    if (!std::isfinite(ratio) || ratio <= 0 || change.from == change.to) continue;
    if (change.from >= visits || change.to >= visits) continue;
    result.push_back({static_cast<Eigen::Index>(change.from), static_cast<Eigen::Index>(change.to), std::log(ratio),
                      change.standard_error.*tissue / 100.0 / ratio});
  }
  return result;
}

bool all_have_errors(const std::vector<LogChange>& changes) {
  return std::all_of(changes.begin(), changes.end(),
                     [](const auto& c) { return std::isfinite(c.standard_error) && c.standard_error > 0; });
}

// The visits that the changes link, directly or over others, to visit `start`.
std::vector<bool> linked_to(Eigen::Index start, const std::vector<LogChange>& changes, std::size_t visits) {
  std::vector<bool> linked(visits, false);
  linked[start] = true;
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& change : changes) {
      if (linked[change.from] == linked[change.to]) continue;
      linked[change.from] = linked[change.to] = true;
      grew = true;
    }
  }
  return linked;
}

// Log volumes that fit all changes best; their mean is 0, because changes say nothing of it.
Eigen::VectorXd log_volumes(const std::vector<LogChange>& changes, std::size_t visits, bool weighted) {
  const auto n = static_cast<Eigen::Index>(visits);
  double smallest_error = 1.0;
  if (weighted) {
    smallest_error = changes.front().standard_error;
    for (const auto& change : changes) smallest_error = std::min(smallest_error, change.standard_error);
  }
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(n, n);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(n);
  for (const auto& change : changes) {
    // Relative to the smallest error, so that the weights are at most 1 and the pseudo-inverse's threshold fits.
    const double weight = weighted ? std::pow(smallest_error / change.standard_error, 2) : 1.0;
    normal(change.from, change.from) += weight;
    normal(change.to, change.to) += weight;
    normal(change.from, change.to) -= weight;
    normal(change.to, change.from) -= weight;
    right(change.to) += weight * change.value;
    right(change.from) -= weight * change.value;
  }
  return normal.completeOrthogonalDecomposition().solve(right);
}

// Variance of each visit from those of the changes; equal where they cannot be told apart.
Eigen::VectorXd visit_variances(const std::vector<LogChange>& changes, std::size_t visits) {
  const auto rows = static_cast<Eigen::Index>(changes.size()), n = static_cast<Eigen::Index>(visits);
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(rows, n);
  Eigen::VectorXd variances(rows);
  for (Eigen::Index i = 0; i < rows; ++i) {
    sums(i, changes[i].from) = sums(i, changes[i].to) = 1.0;
    variances(i) = changes[i].standard_error * changes[i].standard_error;
  }
  const double mean = variances.mean() / 2.0;
  // Solved as a departure from the mean: where the changes do not tell, the smallest departure is none.
  const Eigen::VectorXd departure =
      sums.completeOrthogonalDecomposition().solve(variances - Eigen::VectorXd::Constant(rows, 2.0 * mean));
  return (departure.array() + mean).max(mean / most_variance_ratio).min(mean * most_variance_ratio);
}

double slope(const std::vector<double>& x, const std::vector<double>& y, const std::vector<double>& weights) {
  double sum = 0, mean_x = 0, mean_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += weights[i];
    mean_x += weights[i] * x[i];
    mean_y += weights[i] * y[i];
  }
  mean_x /= sum;
  mean_y /= sum;
  double xx = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += weights[i] * (x[i] - mean_x) * (x[i] - mean_x);
    xy += weights[i] * (x[i] - mean_x) * (y[i] - mean_y);
  }
  return xy / xx;
}

double rate_of(const std::vector<std::optional<double>>& days, const std::vector<Change>& changes,
               double TissueValues::*tissue) {
  const auto logs = log_changes(changes, tissue, days.size());
  if (logs.empty()) return none;
  const auto linked = linked_to(logs.front().from, logs, days.size());
  if (std::any_of(logs.begin(), logs.end(), [&](const auto& c) { return !linked[c.from]; })) return none;

  const bool weighted = all_have_errors(logs);
  const auto volumes = log_volumes(logs, days.size(), weighted);
  const auto variances = weighted ? visit_variances(logs, days.size()) : Eigen::VectorXd();
  std::vector<double> years, log_volume, weights;
  for (std::size_t i = 0; i < days.size(); ++i) {
    if (!days[i] || !std::isfinite(*days[i]) || !linked[i]) continue;
    const auto visit = static_cast<Eigen::Index>(i);
    years.push_back(*days[i] / days_per_year);
    log_volume.push_back(volumes(visit));
    weights.push_back(weighted ? variances.mean() / variances(visit) : 1.0);
  }
  if (years.size() < 2) return none;
  const auto [first, last] = std::minmax_element(years.begin(), years.end());
  if (*first == *last) return none;
  return 100.0 * std::expm1(slope(years, log_volume, weights));
}

}  // namespace

std::optional<TissueValues> rates_percent_per_year(const std::vector<std::optional<double>>& days,
                                                   const std::vector<Change>& changes) {
  const TissueValues rates{rate_of(days, changes, &TissueValues::brain),
                           rate_of(days, changes, &TissueValues::gray_matter),
                           rate_of(days, changes, &TissueValues::white_matter)};
  if (std::isnan(rates.brain) && std::isnan(rates.gray_matter) && std::isnan(rates.white_matter)) return std::nullopt;
  return rates;
}

}  // namespace wane
