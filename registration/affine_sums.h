// Least squares for all twelve parameters of an affine motion: how a residual changes with the motion's matrix (the
// products of gradient and position, row by row) and its translation (the gradient). The sums of models with fewer
// parameters are made of these.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "imaging/grid.h"

namespace wane {

struct AffineSums {
  Eigen::Matrix<double, 12, 12> normal = Eigen::Matrix<double, 12, 12>::Zero();  // its lower half
  Eigen::Matrix<double, 12, 1> right = Eigen::Matrix<double, 12, 1>::Zero();
  double weight = 0, ab = 0, aa = 0, bb = 0;  // of the two scans' values a and b: sums of w, w a b, w a a, w b b
  AffineSums& operator+=(const AffineSums& o);
};

// One point's part.
struct AffinePoint {
  double slope[12];     // how the residual changes with each of the twelve parameters
  double weighted[12];  // the same, times the weight
  double residual;
};
// gradient: of the residual, per mm. position: mm.
void set_point(const Vec3& gradient, const Vec3& position, double weight, double residual, AffinePoint& point);

// Adds the first `count` points in their order: sums have the same bits however many points are added at once.
void add_points(const std::vector<AffinePoint>& points, std::size_t count, AffineSums& sums);

}  // namespace wane
