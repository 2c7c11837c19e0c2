// How much larger or smaller a scanner shows the same head at each visit: drift of the gradients' calibration, or voxel
// sizes that a conversion wrote wrongly. Half a percent in length is 1.5 % in volume, three years of atrophy.
//
// Skull and scalp do not atrophy (Smith 2002 holds to the skull for the same reason): around the brain the visits are
// registered with one common scale beside the rigid motion, symmetrically and robustly, as visits are registered.
#pragma once

#include <optional>
#include <vector>

#include "imaging/image.h"

namespace wane {

// For each visit the percent in length by which it shows the head too large, against the mean of the visits (the values
// sum to zero). `visits` on one grid, rigidly aligned; `intracranial`: the inside of the skull; `seen`: 0..1, where all
// visits can be compared. Empty where too little skull is seen (brain-extracted scans) or visits do not agree there.
std::optional<std::vector<double>> calibration_drift_percent(const std::vector<Volume>& visits,
                                                             const Mask& intracranial, const Volume& seen);

}  // namespace wane
