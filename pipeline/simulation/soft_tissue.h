// Soft tissue maps for planting: simple and independent of the segmentation that the planted scans will test.
#pragma once

#include "imaging/image.h"

namespace wane {

struct SoftTissue {
  Volume gm, wm;  // fractions of each voxel, 0..1, 0 outside the brain
};

// A three-class Gaussian mixture on the T1 intensities of `brain` (CSF, GM, WM by rising mean); a voxel between two
// means is shared linearly. Throws InputError where the brain's intensities do not fall into three classes.
SoftTissue soft_tissue(const Volume& t1, const Mask& brain);

}  // namespace wane
