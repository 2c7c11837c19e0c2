// The one trilinear interpolation that sampling of volumes and of vector fields share, for their inner loops.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace wane {

// The eight voxels around a point and its place between them.
struct TrilinearCell {
  std::size_t base;        // offset of the lowest of the eight
  std::size_t dx, dy, dz;  // steps in memory to the next voxel along i, j, k; 0 where the array is one voxel thick
  float fx, fy, fz;        // 0..1
};

// At the continuous index (x, y, z) of an array of `size` voxels, i fastest. A point beyond the outermost centres is
// taken to the nearest point within them.
inline TrilinearCell trilinear_cell(const std::array<int, 3>& size, float x, float y, float z) {
  x = std::clamp(x, 0.F, float(size[0] - 1));
  y = std::clamp(y, 0.F, float(size[1] - 1));
  z = std::clamp(z, 0.F, float(size[2] - 1));
  const int i = std::min(int(x), std::max(size[0] - 2, 0));
  const int j = std::min(int(y), std::max(size[1] - 2, 0));
  const int k = std::min(int(z), std::max(size[2] - 2, 0));
  const std::size_t row = size[0];
  const std::size_t slice = row * size[1];
  return {i + row * j + slice * k,
          std::size_t(size[0] > 1),
          size[1] > 1 ? row : 0,
          size[2] > 1 ? slice : 0,
          x - i,
          y - j,
          z - k};
}

// The array's value there; T is a number or a vector of numbers.
template <class T>
T trilinear(const T* data, const TrilinearCell& c) {
  const T* v = data + c.base;
  const T low =
      (1 - c.fy) * ((1 - c.fx) * v[0] + c.fx * v[c.dx]) + c.fy * ((1 - c.fx) * v[c.dy] + c.fx * v[c.dy + c.dx]);
  const T high = (1 - c.fy) * ((1 - c.fx) * v[c.dz] + c.fx * v[c.dz + c.dx]) +
                 c.fy * ((1 - c.fx) * v[c.dz + c.dy] + c.fx * v[c.dz + c.dy + c.dx]);
  return (1 - c.fz) * low + c.fz * high;
}

}  // namespace wane
