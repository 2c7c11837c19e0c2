// Trilinear sampling of many points at once, for inner loops: the same bits as LinearSampler, point by point.
#pragma once

#include <array>
#include <cstddef>

#include "imaging/grid.h"

namespace wane {

// `count` points at continuous indices of an array.
struct PointsView {
  std::size_t count;
  const float *x, *y, *z;
};

// Where the map takes the points (i, j, k) with i = i_begin, i_begin + i_step, ...: `count` numbers each to x, y and z.
// The same bits as map * Vec3(i, j, k), made floats.
void place_row(const Affine& map, int i_begin, int i_step, int j, int k, std::size_t count, float* x, float* y,
               float* z);

// The array's values at the points; `outside` more than half a voxel beyond the outermost centres.
// data: `size` voxels, i fastest, fewer than 2^31. value: `count` numbers.
void sample_points(const std::array<int, 3>& size, const float* data, const PointsView& points, float outside,
                   float* value);

// The same, and the gradient per voxel step (0 outside).
void sample_points_with_gradient(const std::array<int, 3>& size, const float* data, const PointsView& points,
                                 float outside, float* value, float* gradient_x, float* gradient_y, float* gradient_z);

}  // namespace wane
