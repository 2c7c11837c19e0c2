// Cubic B-splines over the voxels of a grid, fitted to values in a mask.
//
// Uniform knots; one control point more than the order beyond the spans of each axis. Everything is separable, so that
// a fit costs a few multiplications a voxel.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace wane {

// What one axis of `voxels` voxels needs to go between voxels and `control_points` (at least 4).
struct SplineAxis {
  SplineAxis(int voxels, int control_points);
  int control_points;
  std::vector<int> first;                     // of each voxel: the lowest of its four control points
  std::vector<std::array<double, 4>> weight;  // sum 1
};

class BSplineLattice {
 public:
  // Of zeros; voxels are those of a grid of `size`, i fastest.
  BSplineLattice(const std::array<int, 3>& size, const std::array<int, 3>& control_points);

  // Adds the lattice that approximates `values` at the voxels of the mask (Lee, Wolberg & Shin 1997, one level).
  // `values` and `mask` are of the grid's size; values outside of the mask do not count.
  void add_fit(const std::vector<double>& values, const std::vector<unsigned char>& mask);

  // The spline at every voxel.
  std::vector<double> values() const;

  // The same spline with every span halved.
  void refine();

 private:
  std::vector<double> gathered(const std::vector<double>& values, const std::vector<unsigned char>& mask,
                               int power) const;

  std::array<int, 3> size_;
  std::array<SplineAxis, 3> axes_;
  std::vector<double> control_;  // i fastest
};

}  // namespace wane
