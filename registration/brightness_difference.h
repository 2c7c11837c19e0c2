// Slow differences of brightness between two scans that lie almost on one another: shading, and the scanner's scale.
//
// At every place the difference is fitted, in one least-squares problem, by a change of brightness and by a shift of
// borders (Lucas & Kanade 1981 with a linear change of appearance, as Baker & Matthews 2004, part 3), so that tissue
// which has moved is not taken for shading. What is mostly border counts little, and what is dark not at all: where a
// sulcus that is thinner than a voxel opens, it darkens.
#pragma once

#include <vector>

#include "imaging/image.h"

namespace wane {

// Chosen on three test-retest subjects: the apparent growth of the one whose scans are shaded differently at the
// brain's rim was 0.42, 0.23 and 0.22 % of the brain at 9, 5 and 4 mm; planted changes are the same for all three.
inline constexpr double brightness_sigma_mm = 5.0;

// (bright - reference) / their mean, smooth over `sigma_mm`, at most 0.5, on a coarse grid that covers `grid`:
// `resample` takes it there. All three vectors are values on `grid`; `weight` (0..1) says where the scans are compared.
// `level` is the mean brightness there: what is below 0.4 of it is dark. Where nothing is compared within some sigmas,
// the difference is 0. Throws InputError where the vectors are not of the grid's size.
Volume brightness_difference(const Grid& grid, const std::vector<float>& bright, const std::vector<float>& reference,
                             const std::vector<float>& weight, double level, double sigma_mm);

}  // namespace wane
