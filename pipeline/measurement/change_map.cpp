#include "pipeline/measurement/change_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "imaging/parallel.h"
#include "pipeline/measurement/volumes.h"

namespace wane {
namespace {

// Where space is folded the determinant is 0 or less, and means nothing: the most that a voxel can lose or gain
// then stands in the map, and the quality check of folded places counts them.
constexpr float least_ratio = 1e-3F;

std::array<int, 3> place_in(const Grid& part, const Grid& full) {
  const Vec3 first = full.lps_to_index() * part.origin_mm;
  std::array<int, 3> place;
  for (int axis = 0; axis < 3; ++axis) {
    place[axis] = int(std::lround(first[axis]));
    constexpr double tolerance_voxels = 1e-3;
    if (std::abs(first[axis] - place[axis]) > tolerance_voxels || place[axis] < 0 ||
        place[axis] + part.size[axis] > full.size[axis])
      throw std::logic_error("a grid that is no part of the other");
  }
  return place;
}

// value(n) at each voxel n of `part`, put at its place among zeros.
template <class T, class F>
Image<T> filled_in(const Grid& part, const Grid& full, F&& value) {
  const std::array<int, 3> place = place_in(part, full);
  Image<T> result(full);
  parallel_for(std::size_t(part.size[2]), [&](std::size_t k) {
    for (int j = 0; j < part.size[1]; ++j)
      for (int i = 0; i < part.size[0]; ++i)
        result.at(place[0] + i, place[1] + j, place[2] + int(k)) = value(part.offset(i, j, int(k)));
  });
  return result;
}

}  // namespace

Volume volume_ratio_map(const Volume& jacobian, const Mask& measured, double drift_percent_length) {
  require_same_grid(jacobian.grid, measured.grid, "the Jacobian determinant", "what is measured");
  const auto factor = float(drift_free_factor(drift_percent_length));
  Volume ratio(jacobian.grid);
  parallel_voxels(ratio.size(), [&](std::size_t n) {
    if (measured[n]) ratio[n] = std::max(least_ratio, jacobian[n]) * factor;
  });
  return ratio;
}

Volume change_map_percent(const Volume& ratio_from, const Volume& ratio_to, const Grid& full) {
  require_same_grid(ratio_from.grid, ratio_to.grid, "the earlier visit", "the later visit");
  return filled_in<float>(ratio_from.grid, full,
                          [&](std::size_t n) { return float(percent_change(ratio_from[n], ratio_to[n])); });
}

Mask placed_on(const Mask& part, const Grid& full) {
  return filled_in<std::uint8_t>(part.grid, full, [&](std::size_t n) { return part[n]; });
}

}  // namespace wane
