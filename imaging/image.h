// Values on a grid. Images are plain values: copied when copied, compared voxel by voxel, no hidden sharing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "imaging/grid.h"

namespace wane {

template <class T>
struct Image {
  Grid grid;
  std::vector<T> values;  // i fastest, then j, then k

  Image() = default;
  explicit Image(const Grid& g, T fill = T{}) : grid(g), values(g.voxel_count(), fill) {}

  T& at(int i, int j, int k) { return values[grid.offset(i, j, k)]; }
  const T& at(int i, int j, int k) const { return values[grid.offset(i, j, k)]; }
  T& operator[](std::size_t n) { return values[n]; }
  const T& operator[](std::size_t n) const { return values[n]; }
  std::size_t size() const { return values.size(); }
  bool empty() const { return values.empty(); }
};

using Volume = Image<float>;           // intensities, probabilities, partial volumes
using Mask = Image<std::uint8_t>;      // 0 or 1
using LabelMap = Image<std::int16_t>;  // small integers; tissue labels: 1 CSF, 2 GM, 3 WM

// Displacements in LPS mm at the voxels of a grid: a point x maps to x + displacement(x).
using DisplacementField = Image<Eigen::Vector3f>;

// The part from index `low` to `high` (both inclusive, clipped to the grid), on `cropped_grid` of them.
template <class T>
Image<T> cropped(const Image<T>& image, std::array<int, 3> low, std::array<int, 3> high) {
  Image<T> part(cropped_grid(image.grid, low, high));
  for (int axis = 0; axis < 3; ++axis) low[axis] = std::clamp(low[axis], 0, image.grid.size[axis] - 1);
  const auto& size = part.grid.size;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      std::copy_n(image.values.begin() + std::ptrdiff_t(image.grid.offset(low[0], low[1] + j, low[2] + k)), size[0],
                  part.values.begin() + std::ptrdiff_t(part.grid.offset(0, j, k)));
  return part;
}

// Throws InputError, naming both in words, unless the two are on the same grid.
void require_same_grid(const Grid& a, const Grid& b, const char* what_a, const char* what_b);

}  // namespace wane
