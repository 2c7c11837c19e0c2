// Partial volume of the tissues.
#pragma once

#include "imaging/image.h"

namespace wane {

// Fractions of each voxel, 0..1, on one grid; they sum to 1 inside the brain mask. Meninges and vessels at its rim
// count as CSF: what matters is that they are no brain.
struct TissueMaps {
  Volume gm, wm, csf;
};

// What gray and white matter fill of each voxel together.
Volume gray_and_white(TissueMaps maps);

// The brain mask with its CSF: 1 where the three fill at least half of the voxel.
Mask brain_of(const TissueMaps& maps);

}  // namespace wane
