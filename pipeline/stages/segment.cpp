#include "pipeline/stages/segment.h"

#include <utility>

#include "base/error.h"
#include "base/parallel.h"

namespace wane {

void SegmentOptions::validate() const {
  require_allowed_options("segment", *this);
}

OptionFields option_fields(SegmentOptions& o) {
  const OptionOrigin judgment{OptionOrigin::Kind::choice, "a judgment, no measurement"};
  const auto expert = [](const char* name, const char* unit, const char* help, auto* value, OptionRange range,
                         OptionOrigin origin) {
    return OptionField{name, unit, help, value, std::move(range), std::move(origin), OptionKind::expert, {}};
  };
  TissueMixtureOptions& mixture = o.mixture;
  PartialVolumeOptions& partial_volume = o.partial_volume;
  MeningesOptions& meninges = o.meninges;
  return {
      expert("smoothness", "",
             "weight of the Markov prior between neighbouring voxels; more removes noise and thin gray matter",
             &o.smoothness, {0, 5}, judgment),
      expert("prior_floor", "", "least prior of each tissue at any place: the template is another person's head",
             &mixture.prior_floor, {0.001, 1}, judgment),
      expert("bias_sigma_mm", "mm", "smoothness of the bias field that is refined with the tissues",
             &mixture.bias_sigma_mm, {4, 400, "not refined"}, judgment),
      expert("least_contrast", "",
             "least difference of gray and white matter, in units of their scatter, that is not refused",
             &mixture.least_contrast, {0, 100}, fitted("balls of known size and ten real scans")),
      expert(
          "partial_volume_reach_voxels", "voxels",
          "how far from a border fractions follow the brightness; farther in noise would be taken for partial volume",
          &partial_volume.reach_voxels, {0, 20}, judgment),
      expert("partial_volume_pure", "", "fraction of one tissue from which a voxel is no border", &partial_volume.pure,
             {0.5, 1}, judgment),
      expert("partial_volume_purest", "", "fraction of one tissue from which a voxel shows the tissue's brightness",
             &partial_volume.purest, {0.5, 1}, judgment),
      expert("partial_volume_clear_of_rim_mm", "mm",
             "distance from the mask's border within which no brightness of a tissue is taken: meninges and vessels",
             &partial_volume.clear_of_rim_mm, {0, 20}, judgment),
      expert("partial_volume_local_sigma_mm", "mm",
             "how far around a place the brightness of gray and white matter is averaged",
             &partial_volume.local_sigma_mm, {1, 1000}, judgment),
      expert("partial_volume_whole_weight", "",
             "weight of a tissue's brightness as a whole against the share of the surroundings that is the tissue",
             &partial_volume.whole_weight, {1e-6, 1}, judgment),
      expert("partial_volume_least_share_of_gap", "",
             "least share of the gap between two tissues' brightness that is left between them at any place",
             &partial_volume.least_share_of_gap, {0.01, 1}, judgment),
      expert("meninges_reach_mm", "mm", "how deep under the mask's border dura and vessels are looked for",
             &meninges.reach_mm, {0, 50}, judgment),
      expert("meninges_thickness_mm", "mm", "sheets and strands thinner than this are not brain unless they lie on it",
             &meninges.thickness_mm, {0, 20}, judgment),
      expert("meninges_corner_mm", "mm",
             "what rounding takes from the corners of gyri is given back up to this distance", &meninges.corner_mm,
             {0, 10}, judgment),
      expert("meninges_least_part_ml", "mL",
             "a thick part of the brain that hangs together with no other is kept from this size on",
             &meninges.least_part_ml, {0, 1000}, judgment),
  };
}

TissueMaps segment(const ExtractedBrain& extracted, const SegmentOptions& options) {
  TissueMixtureOptions mixture = options.mixture;
  mixture.markov_weight = options.smoothness;
  TissueMixture found = segment_tissues(extracted.mean, extracted.brain_mask,
                                        {extracted.csf_prior, extracted.gm_prior, extracted.wm_prior}, mixture);
  TissueMaps maps{std::move(found.gm), std::move(found.wm), std::move(found.csf)};
  const Mask not_brain = meninges(gray_and_white(maps), extracted.brain_mask, options.meninges);
  maps = with_linear_partial_volume(maps, found.corrected, found.mean, options.partial_volume);
  parallel_voxels(not_brain.size(), [&](std::size_t n) {
    if (!not_brain[n]) return;
    maps.csf[n] += maps.gm[n] + maps.wm[n];
    maps.gm[n] = maps.wm[n] = 0;
  });
  return maps;
}

}  // namespace wane
