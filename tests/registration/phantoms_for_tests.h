// Heads made of formulas: ellipsoids with soft borders, evaluated at any point of space.
#pragma once

#include <cmath>
#include <vector>

#include "tests/imaging/grids_for_tests.h"

namespace wane::test {

// 1 inside, 0 outside, soft over some `width_mm` to either side of `distance_mm` 0; negative distances are inside.
inline double soft_inside(double distance_mm, double width_mm) {
  return 0.5 * std::erfc(distance_mm / width_mm);
}

struct Ellipsoid {
  Vec3 centre_mm, radii_mm;
  double value;

  // The distance to the border, right to first order near it.
  double distance_mm(const Vec3& p) const {
    const Vec3 scaled = (p - centre_mm).cwiseQuotient(radii_mm);
    const double norm = scaled.norm();
    const double slope = scaled.cwiseQuotient(radii_mm).norm();
    return slope > 1e-9 ? norm * (norm - 1) / slope : -radii_mm.minCoeff();
  }
};

// Scalp, dark skull, brain, and inside of it ventricles and other parts, none of them symmetric to another.
inline double head_at(const Vec3& p, double width_mm = 2.0) {
  static const std::vector<Ellipsoid> parts{{{0, 0, 0}, {80, 98, 88}, 90},        // scalp
                                            {{0, 0, 0}, {74, 92, 82}, -75},       // skull
                                            {{0, 2, 3}, {66, 83, 72}, 75},        // brain, gray
                                            {{3, 5, 10}, {50, 62, 50}, 30},       // white
                                            {{14, -8, 14}, {7, 24, 12}, -90},     // ventricles
                                            {{-15, -2, 12}, {9, 28, 10}, -90},    // the other is larger
                                            {{20, 40, -35}, {22, 16, 13}, 20},    // cerebellum
                                            {{-30, -35, 20}, {14, 12, 16}, -35},  // sulci
                                            {{35, -20, 30}, {8, 15, 12}, -45},    // ...
                                            {{-25, 45, 25}, {12, 10, 18}, -40},   //
                                            {{15, 55, 35}, {14, 8, 9}, -30},      //
                                            {{-40, 5, -20}, {9, 17, 8}, -50},     //
                                            {{30, 10, -25}, {10, 8, 14}, 25},     //
                                            {{0, -55, -10}, {20, 10, 12}, -35},   //
                                            {{0, -100, -15}, {10, 14, 16}, 90},   // nose
                                            {{0, 25, -95}, {45, 45, 60}, 60}};    // neck
  double value = 0;
  for (const Ellipsoid& part : parts) value += part.value * soft_inside(part.distance_mm(p), width_mm);
  return std::max(value, 0.0);
}

inline bool in_brain(const Vec3& p) {
  return Ellipsoid{{0, 2, 3}, {70, 87, 76}, 1}.distance_mm(p) < 0;
}

// About an axis through 0.
inline Affine turned(double degrees, const Vec3& axis) {
  return Affine(Eigen::AngleAxisd(degrees * EIGEN_PI / 180, axis.normalized()));
}

// The largest distance between what two maps make of points spread over a ball of `radius_mm`.
inline double largest_difference_mm(const Affine& a, const Affine& b, double radius_mm = 80) {
  double most = 0;
  for (int axis = 0; axis < 3; ++axis)
    for (const double side : {-radius_mm, radius_mm}) {
      const Vec3 p = side * Vec3::Unit(axis);
      most = std::max(most, (a * p - b * p).norm());
    }
  return most;
}

}  // namespace wane::test
