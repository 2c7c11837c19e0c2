#include "pipeline/validation/accuracy.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/normal_quantile.h"
#include "pipeline/measurement/volumes.h"

namespace wane {
namespace {

// The planter comes within 0.001 % of what is asked for: what is left where nothing is asked for has no slope.
constexpr double kLeastPlantedPercent = 0.01;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

std::optional<double> slope_of(const std::vector<PlantedAndMeasured>& changes) {
  double cross = 0, square = 0, largest = 0;
  for (const auto& change : changes) {
    cross += change.planted * change.measured;
    square += change.planted * change.planted;
    largest = std::max(largest, std::abs(change.planted));
  }
  if (largest < kLeastPlantedPercent) return std::nullopt;
  return cross / square;
}

std::optional<double> coverage_of(const std::vector<PlantedAndMeasured>& changes) {
  std::size_t with_interval = 0, held = 0;
  for (const auto& change : changes) {
    if (!change.standard_error || !std::isfinite(*change.standard_error)) continue;
    ++with_interval;
    if (std::abs(change.error()) <= normal_quantile_975 * *change.standard_error) ++held;
  }
  if (with_interval == 0) return std::nullopt;
  return 100.0 * static_cast<double>(held) / static_cast<double>(with_interval);
}

}  // namespace

Accuracy accuracy(const std::vector<PlantedAndMeasured>& changes) {
  if (changes.empty()) throw std::logic_error("the accuracy of no change at all was asked for");
  std::vector<double> absolute;
  double absolute_sum = 0, sum = 0;
  for (const auto& change : changes) {
    absolute.push_back(std::abs(change.error()));
    absolute_sum += absolute.back();
    sum += change.error();
  }
  const auto n = static_cast<double>(changes.size());
  Accuracy figures;
  figures.n = changes.size();
  figures.mean_absolute_error = absolute_sum / n;
  figures.median_absolute_error = median(absolute);
  figures.bias = sum / n;
  figures.worst = *std::max_element(absolute.begin(), absolute.end());
  figures.slope = slope_of(changes);
  figures.coverage_95_percent = coverage_of(changes);
  return figures;
}

double inverse_inconsistency(double change_12_percent, double change_21_percent) {
  return std::abs(change_12_percent + change_21_percent);
}

double transitivity_gap(double change_12_percent, double change_23_percent, double change_13_percent) {
  const double ratio = volume_ratio(change_12_percent) * volume_ratio(change_23_percent);
  return std::abs(change_13_percent - percent_change(1, ratio));
}

}  // namespace wane
