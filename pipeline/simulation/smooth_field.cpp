#include "pipeline/simulation/smooth_field.h"

#include <algorithm>
#include <cmath>

namespace wane {
namespace {

std::array<double, 4> cubic_weights(double t) {
  const double s = 1.0 - t;
  return {s * s * s / 6.0, (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0, (3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0,
          t * t * t / 6.0};
}

}  // namespace

SmoothField::SmoothField(const SpaceBox& box, double knot_spacing_mm, double amplitude, const CountedRandom& random)
    : low_mm_(box.low_mm), knot_spacing_mm_(knot_spacing_mm) {
  for (int a = 0; a < 3; ++a) knots_[a] = int(std::ceil((box.high_mm[a] - box.low_mm[a]) / knot_spacing_mm)) + 4;
  coefficients_.resize(std::size_t(knots_[0]) * knots_[1] * knots_[2]);
  for (std::size_t n = 0; n < coefficients_.size(); ++n) coefficients_[n] = random.uniform(n, -amplitude, amplitude);
}

double SmoothField::operator()(const Vec3& lps_mm) const {
  std::array<int, 3> first;
  std::array<std::array<double, 4>, 3> weights;
  for (int a = 0; a < 3; ++a) {
    const double cells = knots_[a] - 3;
    const double u = std::clamp((lps_mm[a] - low_mm_[a]) / knot_spacing_mm_, 0.0, cells);
    first[a] = std::min(int(u), knots_[a] - 4);
    weights[a] = cubic_weights(u - first[a]);
  }
  double sum = 0;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 4; ++j) {
      const double* row =
          &coefficients_[first[0] + std::size_t(knots_[0]) * (first[1] + j + std::size_t(knots_[1]) * (first[2] + k))];
      double along = 0;
      for (int i = 0; i < 4; ++i) along += weights[0][i] * row[i];
      sum += weights[2][k] * weights[1][j] * along;
    }
  return sum;
}

}  // namespace wane
