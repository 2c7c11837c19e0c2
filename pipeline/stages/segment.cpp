#include "pipeline/stages/segment.h"

#include "base/error.h"
#include "base/parallel.h"
#include "segmentation/meninges.h"
#include "segmentation/partial_volume.h"
#include "segmentation/tissue_mixture.h"

namespace wane {

void SegmentOptions::validate() const {
  require_allowed_options("segment", *this);
}

OptionFields option_fields(SegmentOptions& o) {
  return {{"smoothness",
           "",
           "weight of the Markov prior between neighbouring voxels; more removes noise and thin gray matter",
           &o.smoothness,
           {0, 5},
           {OptionOrigin::Kind::choice, "a judgment, no measurement"},
           OptionKind::expert}};
}

TissueMaps segment(const ExtractedBrain& extracted, const SegmentOptions& options) {
  TissueMixtureOptions mixture;
  mixture.markov_weight = options.smoothness;
  TissueMixture found = segment_tissues(extracted.mean, extracted.brain_mask,
                                        {extracted.csf_prior, extracted.gm_prior, extracted.wm_prior}, mixture);
  TissueMaps maps{std::move(found.gm), std::move(found.wm), std::move(found.csf)};
  const Mask not_brain = meninges(gray_and_white(maps), extracted.brain_mask);
  maps = with_linear_partial_volume(maps, found.corrected, found.mean);
  parallel_voxels(not_brain.size(), [&](std::size_t n) {
    if (!not_brain[n]) return;
    maps.csf[n] += maps.gm[n] + maps.wm[n];
    maps.gm[n] = maps.wm[n] = 0;
  });
  return maps;
}

}  // namespace wane
