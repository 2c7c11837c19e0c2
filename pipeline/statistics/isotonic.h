// The best curve of mean rate over dose that never turns (pool adjacent violators; Barlow et al. 1972).
#pragma once

#include <vector>

namespace wane {

struct IsotonicCurve {
  bool rising = true;           // of the two directions, the one that fits better; rising: higher dose, less loss
  std::vector<double> doses;    // each dose once, rising
  std::vector<double> fitted;   // at each dose, in the unit of the values
  double residual_squares = 0;  // of all participants
};

// Least squares with every participant weighing the same. Equal fits of both directions count as rising.
IsotonicCurve isotonic_curve(const std::vector<double>& doses, const std::vector<double>& values);

}  // namespace wane
