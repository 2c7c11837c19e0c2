// Finite differences on a grid.
#pragma once

#include <array>
#include <cstddef>

namespace wane {

// Central differences per voxel step at (i, j, k) of an array of `size` voxels, i fastest; one-sided at the border.
inline std::array<float, 3> gradient_at(const float* values, const std::array<int, 3>& size, int i, int j, int k) {
  const std::array<int, 3> at{i, j, k};
  const std::array<std::size_t, 3> step{1, std::size_t(size[0]), std::size_t(size[0]) * std::size_t(size[1])};
  const float* here = values + std::size_t(i) + step[1] * std::size_t(j) + step[2] * std::size_t(k);
  std::array<float, 3> gradient{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::size_t before = at[axis] > 0 ? step[axis] : 0;
    const std::size_t behind = at[axis] + 1 < size[axis] ? step[axis] : 0;
    const float width = before && behind ? 2.F : 1.F;
    gradient[axis] = (here[behind] - *(here - before)) / width;
  }
  return gradient;
}

}  // namespace wane
