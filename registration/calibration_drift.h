// How much larger or smaller a scanner shows the same head at each visit: drift of the gradients' calibration, or voxel
// sizes that a conversion wrote wrongly. Half a percent in length is 1.5 % in volume, three years of atrophy.
//
// Skull and scalp do not atrophy (Smith 2002 holds to the skull for the same reason): around the brain the visits are
// registered with one common scale beside the rigid motion, symmetrically and robustly, as visits are registered; then
// with all stretches, because gradients drift, and headers are wrong, along one axis. Stretches that are much alike are
// taken for the one common scale, which is known better.
#pragma once

#include <optional>
#include <vector>

#include "imaging/image.h"

namespace wane {

struct VisitDrift {
  double length_percent = 0;        // in length, by which the visit shows the head too large, against the visits' mean
  double length_error_percent = 0;  // its standard error: by blocks of the shell, and by another model
  // The same along each axis of the visit's own image (its first, second and third).
  Vec3 axis_percent = Vec3::Zero();
  Vec3 axis_error_percent = Vec3::Zero();
};

struct CalibrationDrift {
  std::vector<VisitDrift> visits;  // their lengths sum to zero
  bool along_axes = false;         // the axes differ by more than chance: lengths are the mean of the three axes
};

// `visits` on one grid, rigidly aligned; `intracranial`: the inside of the skull; `seen`: 0..1, where all visits can be
// compared; `scan_axes`: of each visit, the axes of its own image as columns, in the common space. Empty where too
// little skull is seen (brain-extracted scans) or visits do not agree there.
std::optional<CalibrationDrift> calibration_drift(const std::vector<Volume>& visits, const Mask& intracranial,
                                                  const Volume& seen, const std::vector<Mat3>& scan_axes);

}  // namespace wane
