// Stage 4, all visits of a person: partial-volume maps of the tissues, made jointly from the person's mean.
#pragma once

#include "base/option_field.h"
#include "pipeline/stages/extract.h"
#include "segmentation/tissue_maps.h"

namespace wane {

struct SegmentOptions {
  double smoothness = 0.15;  // weight of the Markov prior between neighbours
  void validate() const;
};
OptionFields option_fields(SegmentOptions& options);

// Maps on the midpoint grid.
TissueMaps segment(const ExtractedBrain& extracted, const SegmentOptions& options);

}  // namespace wane
