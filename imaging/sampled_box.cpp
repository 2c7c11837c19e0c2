#include "imaging/sampled_box.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/parallel.h"

namespace wane {

SampledBox sampled_box(const std::vector<const Volume*>& sources, double margin_voxels) {
  const Grid& grid = sources.front()->grid;
  struct Bounds {
    std::array<int, 3> low{1 << 30, 1 << 30, 1 << 30}, high{-1, -1, -1};
    Bounds& operator+=(const Bounds& o) {
      for (int axis = 0; axis < 3; ++axis) {
        low[axis] = std::min(low[axis], o.low[axis]);
        high[axis] = std::max(high[axis], o.high[axis]);
      }
      return *this;
    }
  };
  const Bounds bounds = parallel_sum(std::size_t(grid.size[2]), 1, Bounds{}, [&](std::size_t k, std::size_t) {
    Bounds part;
    const auto something = [](float v) { return v != 0; };
    for (const Volume* source : sources)
      for (int j = 0; j < grid.size[1]; ++j) {
        const float* row = source->values.data() + grid.offset(0, j, int(k));
        const float* end = row + grid.size[0];
        const float* first = std::find_if(row, end, something);
        if (first == end) continue;
        while (!something(end[-1])) --end;
        part += Bounds{{int(first - row), j, int(k)}, {int(end - row) - 1, j, int(k)}};
      }
    return part;
  });
  SampledBox box;
  if (bounds.high[0] < 0) return box;
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] = bounds.low[axis] - 1.001 - margin_voxels;
    box.high[axis] = bounds.high[axis] + 1.001 + margin_voxels;
  }
  // Beyond the outermost centres a border voxel is held for half a voxel, which the margin of one covers.
  return box;
}

std::pair<int, int> row_within(const SampledBox& box, const Affine& map, int size, int j, int k) {
  if (box.low[0] > box.high[0]) return {0, 0};
  const Vec3 start = map * Vec3(0, j, k), step = map.linear().col(0);
  double from = 0, to = size - 1;
  for (int axis = 0; axis < 3; ++axis) {
    if (std::abs(step[axis]) < 1e-12) {
      if (start[axis] < box.low[axis] || start[axis] > box.high[axis]) return {0, 0};
      continue;
    }
    const double a = (box.low[axis] - start[axis]) / step[axis], b = (box.high[axis] - start[axis]) / step[axis];
    from = std::max(from, std::min(a, b));
    to = std::min(to, std::max(a, b));
  }
  if (!(from <= to)) return {0, 0};
  return {int(std::floor(from)), std::min(size, int(std::ceil(to)) + 1)};
}

}  // namespace wane
