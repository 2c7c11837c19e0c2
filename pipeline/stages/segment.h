// Stage 4, all visits of a person: partial-volume maps of the tissues, made jointly from the person's average.
#pragma once

#include "imaging/image.h"
#include "imaging/option_field.h"
#include "pipeline/stages/extract.h"

namespace wane {

struct SegmentOptions {
  double smoothness = 0.15;  // weight of the Markov prior between neighbours
  void validate() const;
};
OptionFields option_fields(SegmentOptions& options);

struct TissueMaps {
  // Fractions of each voxel, 0..1, on the midpoint grid; they sum to 1 inside the brain mask. Meninges and vessels at
  // its rim count as CSF: what matters is that they are no brain.
  Volume gm, wm, csf;
};

TissueMaps segment(const ExtractedBrain& extracted, const SegmentOptions& options);

}  // namespace wane
