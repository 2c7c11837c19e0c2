// How sharp the visits of a person are, made equal: a finer visit shows thin gyri brighter and sulci darker, which
// would be taken for change. 3 mm slices at one visit of two made 3 % of gray matter appear and 6 % of white matter
// vanish.
#pragma once

#include <vector>

#include "imaging/grid.h"

namespace wane {

// Sigmas (mm, along each scan's own axes) that blur a visit as far as the coarsest visit is blurred by its voxels:
// their full width at half maximum, and a sixth more because values between them are interpolated (with it, changes
// planted under 3 mm slices at one visit came out to 0.1 %; without, gray matter was 0.9 % off). 0 where no visit is a
// fifth coarser. `to_midpoint`: rotates directions of each scan into the common space.
std::vector<Vec3> blurs_to_coarsest_mm(const std::vector<Grid>& scans, const std::vector<Mat3>& to_midpoint);

}  // namespace wane
