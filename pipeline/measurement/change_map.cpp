#include "pipeline/measurement/change_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "base/parallel.h"
#include "imaging/smooth.h"
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

template <class T>
Image<T> placed(const Image<T>& part, const Grid& full) {
  const std::array<int, 3> place = place_in(part.grid, full);
  const auto& size = part.grid.size;
  Image<T> result(full);
  parallel_for(std::size_t(size[2]), [&](std::size_t k) {
    for (int j = 0; j < size[1]; ++j)
      std::copy_n(&part.at(0, j, int(k)), size[0], &result.at(place[0], place[1] + j, place[2] + int(k)));
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

Volume voxel_change_percent(const Volume& ratio_from, const Volume& ratio_to) {
  require_same_grid(ratio_from.grid, ratio_to.grid, "the earlier visit", "the later visit");
  Volume change(ratio_from.grid);
  parallel_voxels(change.size(), [&](std::size_t n) { change[n] = float(percent_change(ratio_from[n], ratio_to[n])); });
  return change;
}

Volume local_change_percent(const Volume& ratio_from, const Volume& ratio_to, const Volume& tissue) {
  require_same_grid(ratio_from.grid, ratio_to.grid, "the earlier visit", "the later visit");
  require_same_grid(ratio_from.grid, tissue.grid, "the visits", "the tissue");
  Volume gained(tissue.grid), held(tissue.grid);
  parallel_voxels(tissue.size(), [&](std::size_t n) {
    gained[n] = tissue[n] * (ratio_to[n] - ratio_from[n]);
    held[n] = tissue[n] * (ratio_to[n] + ratio_from[n]);
  });
  gained = gaussian(gained, neighborhood_mm);
  held = gaussian(held, neighborhood_mm);
  // A hundredth of what it is amid tissue: there the neighborhood is too far away to speak of this point.
  constexpr float least_held = 0.02F;
  parallel_voxels(tissue.size(),
                  [&](std::size_t n) { gained[n] = held[n] < least_held ? 0.F : 200 * gained[n] / held[n]; });
  return gained;
}

Volume placed_on(const Volume& part, const Grid& full) {
  return placed(part, full);
}

Mask placed_on(const Mask& part, const Grid& full) {
  return placed(part, full);
}

}  // namespace wane
