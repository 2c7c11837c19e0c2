// Slow differences of brightness between two scans that lie almost on one another: shading, and the scanner's scale.
//
// At every place the difference is fitted, in one least-squares problem, by a change of brightness and by a shift of
// borders (Lucas & Kanade 1981 with a linear change of appearance, as Baker & Matthews 2004, part 3), so that tissue
// which has moved is not taken for shading. What is mostly border counts little, and what is dark not at all: where a
// sulcus that is thinner than a voxel opens, brightness does change.
#pragma once

#include <vector>

#include "imaging/image.h"

namespace wane {

// (bright - reference) / their mean, smooth over `sigma_mm`, on a coarse grid that covers `grid`: `resample` takes it
// there. All three vectors are values on `grid`; `weight` (0..1) says where the scans are compared. `level` is the
// brightness of tissue. Where nothing is compared within some sigmas, the difference is 0.
Volume brightness_difference(const Grid& grid, const std::vector<float>& bright, const std::vector<float>& reference,
                             const std::vector<float>& weight, double level, double sigma_mm);

}  // namespace wane
