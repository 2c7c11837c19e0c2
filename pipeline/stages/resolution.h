// How sharp the visits of a person are, made equal: a finer visit shows thin gyri brighter and sulci darker, which
// would be taken for change. 3 mm slices at one visit of two made 3 % of gray matter appear and 6 % of white matter
// vanish.
#pragma once

#include <vector>

#include "imaging/grid.h"
#include "imaging/image.h"

namespace wane {

// Sigmas (mm, along each scan's own axes) that blur a visit as far as the coarsest visit is blurred by its voxels, if
// these are as wide at half maximum as they are apart, and a sixth more because values between them are interpolated.
// 0 where no visit is a fifth coarser. `to_midpoint`: rotates directions of each scan into the common space.
std::vector<Vec3> blurs_to_coarsest_mm(const std::vector<Grid>& scans, const std::vector<Mat3>& to_midpoint);

bool is_any_blurred(const std::vector<Vec3>& blurs_mm);

// How far a voxel really blurs depends on the scanner: slices that overlap are blurred by Gaussians of 1.2 times the
// sigma of slices that are plain means of what they cover. Gives the factor (0.4 to 1.2) for the sigmas of all visits
// under which the visits' fine detail agrees best: the correlation of what is left of the scans when their mean over
// some 6 mm is taken off, within `region`. `region`: on a grid of the common space; `region_to_scan`: of each scan, LPS
// mm.
double matching_blur_factor(const std::vector<const Volume*>& scans, const std::vector<Affine>& region_to_scan,
                            const std::vector<Vec3>& blurs_mm, const Mask& region);

}  // namespace wane
