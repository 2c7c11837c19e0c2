// Masks: distances, growing and shrinking in millimetres, connected parts.
#pragma once

#include <array>

#include "base/parallel.h"
#include "imaging/image.h"

namespace wane {

// Euclidean distance in mm from every voxel outside the mask to the nearest voxel centre inside (0 inside).
// Felzenszwalb & Huttenlocher 2012. An empty mask gives a very large number everywhere.
Volume distance_to(const Mask& mask);

// Signed distance in mm to the mask's border: negative inside.
Volume signed_distance(const Mask& mask);

Mask dilated(const Mask& mask, double radius_mm);
Mask eroded(const Mask& mask, double radius_mm);  // outside the grid counts as outside the mask
Mask opened(const Mask& mask, double radius_mm);
Mask closed(const Mask& mask, double radius_mm);

// The largest 6-connected part. Ties go to the part met first in memory order.
Mask largest_component(const Mask& mask);
// The 6-connected parts of at least this volume, and the largest in any case.
Mask large_components(const Mask& mask, double least_ml);
// What cannot be reached from the grid's border by 6-connected steps outside the mask.
Mask holes_filled(const Mask& mask);

std::size_t count(const Mask& mask);
double volume_ml(const Mask& mask);

// 0 and 1 as numbers, for what interpolates or smooths.
Volume as_volume(const Mask& mask);

// The smallest index box that holds the mask; `empty` where there is none.
struct Box {
  std::array<int, 3> low{0, 0, 0};
  std::array<int, 3> high{-1, -1, -1};  // inclusive
  bool empty() const { return high[0] < low[0]; }
};
Box bounding_box(const Mask& mask);

// LPS mm of the middle of that box; of an empty mask, of its grid.
Vec3 box_middle_mm(const Mask& mask);

template <class T>
Mask threshold(const Image<T>& image, T at_least) {
  Mask mask(image.grid);
  parallel_voxels(image.size(), [&](std::size_t n) { mask[n] = image[n] >= at_least; });
  return mask;
}

}  // namespace wane
