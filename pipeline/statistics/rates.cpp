#include "pipeline/statistics/rates.h"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "base/normal_quantile.h"

namespace wane {
namespace {

constexpr double days_per_year = 365.25;
constexpr double most_variance_ratio = 4.0;  // of a visit's variance to the mean, either way
constexpr double none = std::numeric_limits<double>::quiet_NaN();

struct LogChange {
  Eigen::Index from, to;
  double value;  // log volume at `to` minus log volume at `from`
  double noise;  // standard error of value without the person's scale error; NaN or 0 where it is not known
};

// Where the parts of an error are not known, all of it may be noise.
const TissueValues& noise_percent(const Change& change) {
  return change.errors ? change.errors->noise_percent : change.standard_error;
}

// Of the person: the mean of what the changes say, which is the same where all visits were measured together.
double scale_share(const std::vector<Change>& changes, double TissueValues::*tissue) {
  double sum = 0;
  std::size_t known = 0;
  for (const auto& change : changes) {
    if (!change.errors || !std::isfinite(change.errors->scale_share.*tissue)) continue;
    sum += change.errors->scale_share.*tissue;
    ++known;
  }
  return known > 0 ? sum / static_cast<double>(known) : 0;
}

std::vector<LogChange> log_changes(const std::vector<Change>& changes, double TissueValues::*tissue,
                                   std::size_t visits) {
  std::vector<LogChange> result;
  for (const auto& change : changes) {
    const double ratio = volume_ratio(change.percent.*tissue);
    if (!std::isfinite(ratio) || ratio <= 0 || change.from == change.to) continue;
    if (change.from >= visits || change.to >= visits) continue;
    result.push_back({static_cast<Eigen::Index>(change.from), static_cast<Eigen::Index>(change.to), std::log(ratio),
                      noise_percent(change).*tissue * log_ratio_per_percent(change.percent.*tissue)});
  }
  return result;
}

bool all_have_errors(const std::vector<LogChange>& changes) {
  return std::all_of(changes.begin(), changes.end(),
                     [](const auto& c) { return std::isfinite(c.noise) && c.noise > 0; });
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
  double least_noise = 1.0;
  if (weighted) {
    least_noise = changes.front().noise;
    for (const auto& change : changes) least_noise = std::min(least_noise, change.noise);
  }
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(n, n);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(n);
  for (const auto& change : changes) {
    // Relative to the least noise, so that the weights are at most 1 and the pseudo-inverse's threshold fits.
    const double weight = weighted ? std::pow(least_noise / change.noise, 2) : 1.0;
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
    variances(i) = changes[i].noise * changes[i].noise;
  }
  const double mean = variances.mean() / 2.0;
  // Solved as a departure from the mean: where the changes do not tell, the smallest departure is none.
  const Eigen::VectorXd departure =
      sums.completeOrthogonalDecomposition().solve(variances - Eigen::VectorXd::Constant(rows, 2.0 * mean));
  return (departure.array() + mean).max(mean / most_variance_ratio).min(mean * most_variance_ratio);
}

// A line through visits: slope = sum of k_i y_i.
struct Line {
  double slope = 0;                  // of log volume, per year
  std::vector<double> coefficients;  // k_i, of the visits given
  std::optional<double> variance;    // of the slope, from the visits' variances
  double scatter_ratio = 1;          // variance around the line over what the visits' variances explain; 1: not more
  bool from_scatter = false;         // no variances were given: `variance` is of the scatter
};

std::optional<Line> line_through(const std::vector<ReconciledVisit>& visits) {
  if (visits.size() < 2) return std::nullopt;
  const bool weighted = std::all_of(visits.begin(), visits.end(), [](const auto& v) { return v.variance.has_value(); });
  double sum = 0, mean_x = 0, mean_y = 0, smallest = 1;
  if (weighted) {
    smallest = *visits.front().variance;
    for (const auto& v : visits) smallest = std::min(smallest, *v.variance);
  }
  std::vector<double> weights;
  for (const auto& v : visits) {
    weights.push_back(weighted ? smallest / *v.variance : 1.0);
    sum += weights.back();
    mean_x += weights.back() * v.years;
    mean_y += weights.back() * v.log_volume;
  }
  mean_x /= sum;
  mean_y /= sum;
  double xx = 0;
  for (std::size_t i = 0; i < visits.size(); ++i)
    xx += weights[i] * (visits[i].years - mean_x) * (visits[i].years - mean_x);
  if (!(xx > 0)) return std::nullopt;
  Line line;
  for (std::size_t i = 0; i < visits.size(); ++i) {
    line.coefficients.push_back(weights[i] * (visits[i].years - mean_x) / xx);
    line.slope += line.coefficients.back() * (visits[i].log_volume - mean_y);
  }
  double scatter = 0;
  for (std::size_t i = 0; i < visits.size(); ++i)
    scatter += weights[i] * std::pow(visits[i].log_volume - mean_y - line.slope * (visits[i].years - mean_x), 2);
  const double free = static_cast<double>(visits.size()) - 2;
  if (weighted) {
    line.variance = smallest / xx;
    if (free > 0) line.scatter_ratio = std::max(1.0, scatter / smallest / free);
  } else if (free > 0) {
    line.variance = scatter / free / xx;
    line.from_scatter = true;
  }
  return line;
}

double quantile_975(double degrees_of_freedom) {
  if (degrees_of_freedom <= 0) return normal_quantile_975;
  return boost::math::quantile(boost::math::students_t(degrees_of_freedom), 0.975);
}

// Of the mean of the volumes at the beginning and the end of a year, as changes are.
double percent_of(double slope) {
  return 200.0 * std::tanh(slope / 2);
}

// `scale_error`: percent per year.
Rate rate_of(const Line& line, double scale_error) {
  Rate rate;
  rate.percent_per_year = percent_of(line.slope);
  rate.visits = line.coefficients.size();
  if (!line.variance) return rate;
  const double error = std::sqrt(*line.variance * line.scatter_ratio);
  const bool by_scatter = line.from_scatter || line.scatter_ratio > 1;
  const double per_percent = log_ratio_per_percent(rate.percent_per_year);
  rate.scale_error = scale_error;
  rate.standard_error = std::hypot(error / per_percent, scale_error);
  const double half_width = std::hypot(quantile_975(by_scatter ? static_cast<double>(rate.visits) - 2 : 0) * error,
                                       normal_quantile_975 * scale_error * per_percent);
  rate.interval_95_low = percent_of(line.slope - half_width);
  rate.interval_95_high = percent_of(line.slope + half_width);
  return rate;
}

// Both lines share the visit at day 0: its error counts in both, with opposite signs.
double shared_covariance(const std::vector<ReconciledVisit>& before, const Line& run_in,
                         const std::vector<ReconciledVisit>& after, const Line& later) {
  double covariance = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    for (std::size_t j = 0; j < after.size(); ++j)
      if (before[i].visit == after[j].visit && before[i].variance)
        covariance += run_in.coefficients[i] * later.coefficients[j] * *before[i].variance;
  return covariance;
}

Rate change_of(const std::vector<ReconciledVisit>& before, const Line& run_in,
               const std::vector<ReconciledVisit>& after, const Line& later, double scale_error) {
  Rate change;
  change.percent_per_year = percent_of(later.slope) - percent_of(run_in.slope);
  change.visits = before.size() + after.size();
  if (!run_in.variance || !later.variance) return change;
  const double a = 1 / log_ratio_per_percent(percent_of(later.slope));
  const double b = 1 / log_ratio_per_percent(percent_of(run_in.slope));
  const double variance = a * a * *later.variance * later.scatter_ratio +
                          b * b * *run_in.variance * run_in.scatter_ratio -
                          2 * a * b * shared_covariance(before, run_in, after, later);
  change.scale_error = scale_error;
  change.standard_error = std::hypot(std::sqrt(std::max(0.0, variance)), scale_error);
  change.interval_95_low = change.percent_per_year - normal_quantile_975 * *change.standard_error;
  change.interval_95_high = change.percent_per_year + normal_quantile_975 * *change.standard_error;
  return change;
}

// The visits of one tissue in two parts, with the lines through them.
struct Parts {
  std::vector<ReconciledVisit> before, after;
  std::optional<Line> run_in, later;
};

Parts parts_of(const std::vector<std::optional<double>>& days, const std::vector<Change>& changes,
               double TissueValues::*tissue, const RateOptions& options) {
  Parts parts;
  const auto visits = reconciled_visits(days, changes, tissue);
  const double first_day = std::max(0.0, options.baseline_after_days);
  const bool has_run_in = std::any_of(visits.begin(), visits.end(), [&](const auto& v) { return *days[v.visit] < 0; });
  for (const auto& visit : visits) {
    if (*days[visit.visit] >= first_day) parts.after.push_back(visit);
    if (has_run_in && *days[visit.visit] <= 0) parts.before.push_back(visit);
  }
  parts.later = line_through(parts.after);
  parts.run_in = line_through(parts.before);
  return parts;
}

// The largest of the three tissues' rates, and of their changes, percent per year without sign: what scale errors are
// shares of.
struct LargestRates {
  double later = 0, run_in = 0, change = 0;
};

LargestRates largest_of(const std::array<Parts, 3>& tissues) {
  LargestRates largest;
  for (const Parts& parts : tissues) {
    const double later = parts.later ? percent_of(parts.later->slope) : 0;
    const double run_in = parts.run_in ? percent_of(parts.run_in->slope) : 0;
    largest.later = std::max(largest.later, std::abs(later));
    largest.run_in = std::max(largest.run_in, std::abs(run_in));
    if (parts.later && parts.run_in) largest.change = std::max(largest.change, std::abs(later - run_in));
  }
  return largest;
}

TissueRate tissue_rate(const Parts& parts, const LargestRates& largest, double share) {
  TissueRate result;
  if (parts.later) result.rate = rate_of(*parts.later, share * largest.later);
  if (parts.run_in) result.run_in = rate_of(*parts.run_in, share * largest.run_in);
  if (parts.later && parts.run_in)
    result.change_of_rate = change_of(parts.before, *parts.run_in, parts.after, *parts.later, share * largest.change);
  return result;
}

}  // namespace

std::vector<ReconciledVisit> reconciled_visits(const std::vector<std::optional<double>>& days,
                                               const std::vector<Change>& changes, double TissueValues::*tissue) {
  const auto logs = log_changes(changes, tissue, days.size());
  if (logs.empty()) return {};
  const auto linked = linked_to(logs.front().from, logs, days.size());
  if (std::any_of(logs.begin(), logs.end(), [&](const auto& c) { return !linked[c.from]; })) return {};
  const bool weighted = all_have_errors(logs);
  const auto volumes = log_volumes(logs, days.size(), weighted);
  const auto variances = weighted ? visit_variances(logs, days.size()) : Eigen::VectorXd();
  std::vector<ReconciledVisit> visits;
  for (std::size_t i = 0; i < days.size(); ++i) {
    if (!days[i] || !std::isfinite(*days[i]) || !linked[i]) continue;
    const auto visit = static_cast<Eigen::Index>(i);
    visits.push_back(
        {i, *days[i] / days_per_year, volumes(visit), weighted ? std::optional(variances(visit)) : std::nullopt});
  }
  return visits;
}

TissueRates participant_rate(const std::vector<std::optional<double>>& days, const std::vector<Change>& changes,
                             const RateOptions& options) {
  std::array<Parts, 3> parts;
  for (std::size_t t = 0; t < parts.size(); ++t) parts[t] = parts_of(days, changes, tissue_members[t], options);
  const LargestRates largest = largest_of(parts);
  const auto rate = [&](std::size_t t) {
    return tissue_rate(parts[t], largest, scale_share(changes, tissue_members[t]));
  };
  return {rate(0), rate(1), rate(2)};
}

std::optional<TissueValues> rates_percent_per_year(const TissueRates& all) {
  const auto value = [](const TissueRate& tissue) { return tissue.rate ? tissue.rate->percent_per_year : none; };
  const TissueValues rates{value(all.brain), value(all.gray_matter), value(all.white_matter)};
  if (std::isnan(rates.brain) && std::isnan(rates.gray_matter) && std::isnan(rates.white_matter)) return std::nullopt;
  return rates;
}

std::optional<TissueValues> rates_percent_per_year(const std::vector<std::optional<double>>& days,
                                                   const std::vector<Change>& changes, const RateOptions& options) {
  return rates_percent_per_year(participant_rate(days, changes, options));
}

}  // namespace wane
