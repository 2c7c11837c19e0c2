#include "segmentation/build_template.h"

#include <cmath>

#include "imaging/morphology.h"
#include "imaging/smooth.h"
#include "segmentation/tissue_mixture.h"

namespace wane {
namespace {

bool deep_gray(std::int16_t label) {
  return label >= 71 && label <= 78;
}

}  // namespace

HeadTemplate build_template(const Volume& head, const Volume& brain, const LabelMap& atlas) {
  require_same_grid(head.grid, brain.grid, "the head", "its brain");
  require_same_grid(head.grid, atlas.grid, "the head", "its atlas");
  Mask kept(head.grid);
  for (std::size_t n = 0; n < head.size(); ++n) kept[n] = brain[n] > 0 || atlas[n] > 0;
  // Sulci are closed and thin tails (optic nerves, pituitary) cut: what remains is what lies inside the dura.
  const Mask inside = largest_component(opened(holes_filled(closed(kept, 8.0)), 6.0));

  const TissueMixture tissues = segment_tissues(head, inside, flat_priors(head, inside));
  HeadTemplate result;
  result.head = head;
  result.intracranial_mask = inside;
  Volume csf = tissues.csf, gm = tissues.gm, wm = tissues.wm;
  for (std::size_t n = 0; n < head.size(); ++n) {
    if (!inside[n]) {
      csf[n] = 0.0F;
      continue;
    }
    // Thalamus and pallidum are nearly as bright as white matter, but gray by convention.
    if (deep_gray(atlas[n]) && csf[n] < 0.5F) {
      gm[n] += wm[n];
      wm[n] = 0;
    }
  }
  // One person's folds are not another's: the priors are blurred by about what a deformable alignment leaves.
  constexpr double blur_mm = 2.0;
  result.csf_prior = gaussian(csf, blur_mm);
  result.gm_prior = gaussian(gm, blur_mm);
  result.wm_prior = gaussian(wm, blur_mm);
  const Volume distance = signed_distance(inside);
  result.brain_probability = Volume(head.grid);
  for (std::size_t n = 0; n < head.size(); ++n)
    result.brain_probability[n] = 1.F / (1.F + std::exp(distance[n] / 1.0F));
  for (std::size_t n = 0; n < head.size(); ++n)
    if (result.brain_probability[n] < 1e-3F) result.brain_probability[n] = 0;
  return result;
}

}  // namespace wane
