// Stage 5, all visits of a person: the deformation between visits and the volumes that follow from it.
//
// The part of the person's mean that all visits see is followed into each visit, so that its border moves with the
// tissue: leaving out what one visit does not show costs precision, but moves no tissue across a border. The outermost
// millimetres of the brain mask are left out too: dura and vessels there dilute the change (with them planted changes
// came out a tenth too small).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/option_field.h"
#include "imaging/image.h"
#include "pipeline/measurement/error_model.h"
#include "pipeline/measurement/volumes.h"
#include "pipeline/stages/extract.h"
#include "registration/calibration_drift.h"
#include "segmentation/tissue_maps.h"

namespace wane {

struct MeasureOptions {
  int iterations = 8;             // updates of the deformable registration at each level
  double neighbourhood_mm = 1.0;  // sigma of the neighbourhood that decides on a point's displacement
  bool calibration = true;        // drift of the scanner's voxel size, seen at the skull, is taken out of the volumes
  void validate() const;
};
OptionFields option_fields(MeasureOptions& options);

struct MeasuredVisit {
  TissueVolumes volumes_ml;  // free of calibration drift where that was seen and is not switched off
  // By how many percent in length this visit shows the head too large, against the mean of the visits; empty where the
  // skull is not seen.
  std::optional<double> calibration_drift_percent;
  // Of the deformation from the person's mean to this visit: the share of the places where changes are read whose
  // Jacobian determinant is 0 or less; there space is folded, and the change means nothing.
  double folded_share = 0;
  // The rest of what the skull shows about the scanner's voxel size: the drift along each axis of the visit's own image
  // against the mean of the visits, percent in length, and standard errors. Empty where the skull is not seen.
  std::optional<VisitDrift> voxel_size_drift;
  TissueMaps tissues;  // the joint maps carried to this visit's own anatomy, on the midpoint grid
  Mask brain_mask;     // likewise
  DisplacementField
      mean_to_visit;  // on the midpoint grid: a point of the person's mean -> this visit (both midpoint LPS mm)
  DisplacementField visit_to_mean;  // its inverse
  // How much of this visit's volume a small piece of the mean holds, free of calibration drift as the volumes are;
  // on a part of the midpoint grid, 0 where changes are not read. measurement/change_map.h makes maps of two.
  Volume volume_ratio{};
};

struct Measurement {
  std::vector<MeasuredVisit> visits;
  Volume mean;  // of the visits, sharpened by the deformation
  // Of the brain inside the outermost millimetres of its mask: what all visits see and none has cut. Changes are
  // measured there, and volumes of the whole change by as much.
  double share_compared = 1;
  // Whether drift of the voxel size was taken out of the volumes, and whether as three stretches, along the axes. It is
  // left in where it was asked for, and where it is not larger than its own error: the errors then carry it.
  bool drift_removed = false;
  bool drift_along_axes = false;
  // On the grid of the ratios: where changes are read, and the gray and white matter there that volumes are integrated
  // over, 0..1 and, because it is sharpened, a little beyond.
  Mask measured{};
  Volume measured_tissue{};
  std::vector<Change> changes;  // indices into visits; first to each later, and between successive visits
  double last_step_mm = 0;      // of the registration between visits: root mean square of its last update
  std::vector<std::string> warnings;
};

// `error_model`: how uncertain changes are.
Measurement measure(const ExtractedBrain& extracted, const TissueMaps& joint_tissues, const MeasureOptions& options,
                    const ErrorModel& error_model);

}  // namespace wane
