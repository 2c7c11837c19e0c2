// Stage 5, all visits of a person: the deformation between visits and the volumes that follow from it.
#pragma once

#include <string>
#include <vector>

#include "imaging/image.h"
#include "imaging/option_field.h"
#include "pipeline/measurement/volumes.h"
#include "pipeline/stages/extract.h"
#include "pipeline/stages/segment.h"

namespace wane {

struct MeasureOptions {
  int iterations = 12;            // updates of the deformable registration at the finest level
  double neighbourhood_mm = 1.5;  // sigma of the neighbourhood that decides on a point's displacement
  void validate() const;
};
OptionFields option_fields(MeasureOptions& options);

struct MeasuredVisit {
  Volumes volumes_ml;
  TissueMaps tissues;  // the joint maps carried to this visit's own anatomy, on the midpoint grid
  Mask brain;          // likewise
  DisplacementField
      average_to_visit;  // on the midpoint grid: a point of the person's average -> this visit (both midpoint LPS mm)
  DisplacementField visit_to_average;  // its inverse
};

struct Measurement {
  std::vector<MeasuredVisit> visits;
  Volume average;               // sharpened by the deformation
  double share_compared = 1;    // of the brain: what all visits see and none has cut; the rest counts as unchanged
  std::vector<Change> changes;  // indices into visits; first to each later, and between successive visits
  std::vector<std::string> warnings;
};

Measurement measure(const ExtractedBrain& extracted, const TissueMaps& joint_tissues, const MeasureOptions& options);

}  // namespace wane
