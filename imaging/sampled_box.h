// Where sampling of a volume gives more than zeros, so that inner loops can leave out the rest.
#pragma once

#include <utility>
#include <vector>

#include "imaging/image.h"

namespace wane {

// Continuous indices beyond which there is nothing but zeros; empty (low > high) where all is zero.
struct SampledBox {
  Vec3 low = Vec3::Constant(1), high = Vec3::Constant(0);
};

// Of volumes on one grid, for linear interpolation of points that may be moved by `margin_voxels` more.
SampledBox sampled_box(const std::vector<const Volume*>& sources, double margin_voxels);

// The voxels (i, j, k) of a row of `size` voxels that `map` may take into the box: i from .first to before .second.
// map: from the row's indices to the box's.
std::pair<int, int> row_within(const SampledBox& box, const Affine& map, int size, int j, int k);

}  // namespace wane
