// Partial volume of the tissues.
#pragma once

#include "imaging/image.h"

namespace wane {

// Fractions of each voxel, 0..1, on one grid; they sum to 1 inside the brain mask. Meninges and vessels at its rim
// count as CSF: what matters is that they are no brain.
struct TissueMaps {
  Volume gm, wm, csf;
};

}  // namespace wane
