// Stage 4, all visits of a person: partial-volume maps of the tissues, made jointly from the person's mean.
#pragma once

#include "base/option_field.h"
#include "pipeline/stages/extract.h"
#include "segmentation/meninges.h"
#include "segmentation/partial_volume.h"
#include "segmentation/tissue_maps.h"
#include "segmentation/tissue_mixture.h"

namespace wane {

struct SegmentOptions {
  double smoothness = 0.15;      // weight of the Markov prior between neighbours
  TissueMixtureOptions mixture;  // without its markov_weight, which is the above
  PartialVolumeOptions partial_volume;
  MeningesOptions meninges;
  void validate() const;
};
OptionFields option_fields(SegmentOptions& options);

// Maps on the midpoint grid.
TissueMaps segment(const ExtractedBrain& extracted, const SegmentOptions& options);

}  // namespace wane
