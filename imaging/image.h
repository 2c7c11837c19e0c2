// Values on a grid. Images are plain values: copied when copied, compared voxel by voxel, no hidden sharing.
#pragma once

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

// Throws InputError, naming both in words, unless the two are on the same grid.
void require_same_grid(const Grid& a, const Grid& b, const char* what_a, const char* what_b);

}  // namespace wane
