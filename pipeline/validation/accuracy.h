// How well known changes were measured: figures of planted and measured percent changes of one tissue.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace wane {

// All in percent of the mean of both volumes (pipeline/measurement/volumes.h).
struct PlantedAndMeasured {
  double planted = 0;
  double measured = 0;
  std::optional<double> standard_error;  // empty, or not finite: there is no interval
  double error() const { return measured - planted; }
};

struct Accuracy {
  std::size_t n = 0;
  double mean_absolute_error = 0;
  double median_absolute_error = 0;
  double bias = 0;   // mean error: positive where loss was measured too small
  double worst = 0;  // largest absolute error
  // Of measured against planted, through the origin, so that a tool which always says nine tenths has 0.9. Empty where
  // nothing was planted.
  std::optional<double> slope;
  // How often measured +- 1.96 standard errors held what was planted, in percent of those with a standard error. Empty
  // where none has one.
  std::optional<double> coverage_95_percent;
};

// Throws std::logic_error for an empty list.
Accuracy accuracy(const std::vector<PlantedAndMeasured>& changes);

// What exchanging two visits leaves over, |c12 + c21|: 0 where the change flips its sign and does nothing else.
double inverse_inconsistency(double change_12_percent, double change_21_percent);

// |c13 - (c12 then c23)|: the percent changes are made into volume ratios, chained, and made a percent again.
double transitivity_gap(double change_12_percent, double change_23_percent, double change_13_percent);

}  // namespace wane
