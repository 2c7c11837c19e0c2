// Smooth random functions of space: cubic B-splines on a lattice with random coefficients.
#pragma once

#include <array>
#include <vector>

#include "base/counted_random.h"
#include "imaging/grid.h"

namespace wane {

// A box in LPS mm, sides along the axes.
struct SpaceBox {
  Vec3 low_mm = Vec3::Zero();
  Vec3 high_mm = Vec3::Zero();
};

class SmoothField {
 public:
  // Coefficients uniform in [-amplitude, amplitude], `knot_spacing_mm` apart; the values stay within the amplitude.
  // Outside the box the field goes on as at the box's border.
  SmoothField(const SpaceBox& box, double knot_spacing_mm, double amplitude, const CountedRandom& random);
  double operator()(const Vec3& lps_mm) const;

 private:
  Vec3 low_mm_;
  double knot_spacing_mm_;
  std::array<int, 3> knots_;
  std::vector<double> coefficients_;
};

}  // namespace wane
