#include "pipeline/statistics/groups.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>

#include "base/natural_order.h"

namespace wane {
namespace {

double median_of_sorted(const std::vector<double>& sorted) {
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
}

Summary summary_of(const std::vector<ParticipantRates>& participants, double TissueValues::*tissue) {
  std::vector<double> values;
  for (const auto& participant : participants) values.push_back((*participant.rates_percent_per_year).*tissue);
  return summarise(values);
}

void set_dose(DoseGroup& group, std::vector<double> doses) {
  if (doses.empty()) return;
  std::sort(doses.begin(), doses.end());
  group.dose = median_of_sorted(doses);
  group.one_dose = doses.front() == doses.back();
}

bool before(const DoseGroup& a, const DoseGroup& b) {
  if (a.dose.has_value() != b.dose.has_value()) return a.dose.has_value();
  if (a.dose && *a.dose != *b.dose) return *a.dose < *b.dose;
  return natural_less(a.name, b.name);
}

}  // namespace

Summary summarise(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  Summary summary;
  summary.n = values.size();
  if (values.empty()) return summary;
  std::sort(values.begin(), values.end());  // also makes the sum independent of the order of the participants
  const double n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / n;
  summary.mean = mean;
  summary.median = median_of_sorted(values);
  summary.minimum = values.front();
  summary.maximum = values.back();
  if (values.size() < 2) return summary;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double deviation = std::sqrt(squares / (n - 1));
  const double half_width = boost::math::quantile(boost::math::students_t(n - 1), 0.975) * deviation / std::sqrt(n);
  summary.standard_deviation = deviation;
  summary.interval_95_low = mean - half_width;
  summary.interval_95_high = mean + half_width;
  summary.bootstrap = bca_interval(values);
  return summary;
}

DoseGroups dose_groups(const std::vector<ParticipantRates>& participants, const std::vector<LeftOut>& left_out) {
  DoseGroups result;
  std::map<std::string, DoseGroup> by_name;
  std::map<std::string, std::vector<double>> doses;
  for (const auto& participant : participants) {
    const auto& id = participant.participant_id;
    if (!participant.dose_group) {
      result.ungrouped.push_back(participant);
      result.left_out.push_back({id, std::nullopt, "no dose group in participants.tsv", participant.dose});
      continue;
    }
    DoseGroup& group = by_name[*participant.dose_group];
    if (participant.dose) doses[*participant.dose_group].push_back(*participant.dose);
    if (participant.rates_percent_per_year) {
      group.participants.push_back(participant);
      continue;
    }
    const std::string reason = participant.reason.empty() ? "no rate per year" : participant.reason;
    group.left_out.push_back({id, participant.dose_group, reason, participant.dose});
    result.left_out.push_back(group.left_out.back());
  }
  for (const auto& absent : left_out) {
    if (absent.dose_group) by_name[*absent.dose_group].left_out.push_back(absent);
    result.left_out.push_back(absent);
  }
  for (auto& [name, group] : by_name) {
    group.name = name;
    set_dose(group, doses[name]);
    group.rates_percent_per_year = {summary_of(group.participants, &TissueValues::brain),
                                    summary_of(group.participants, &TissueValues::gray_matter),
                                    summary_of(group.participants, &TissueValues::white_matter)};
    result.groups.push_back(std::move(group));
  }
  std::stable_sort(result.groups.begin(), result.groups.end(), before);
  return result;
}

}  // namespace wane
