#include "segmentation/brain_extraction.h"

#include <cmath>

#include "imaging/error.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"

namespace wane {

CarriedTemplate carry_template(const HeadTemplate& t, const Grid& grid, const DisplacementField& displacement,
                               const Affine& to_template) {
  const auto carry = [&](const Volume& volume) {
    return resample_displaced(volume, grid, Affine::Identity(), displacement, to_template);
  };
  CarriedTemplate result;
  result.brain_probability = carry(t.brain_probability);
  result.priors.csf = carry(t.csf_prior);
  result.priors.gm = carry(t.gm_prior);
  result.priors.wm = carry(t.wm_prior);
  Volume inside(t.intracranial_mask.grid);
  for (std::size_t n = 0; n < inside.size(); ++n) inside[n] = t.intracranial_mask[n];
  result.intracranial = threshold(carry(inside), 0.5F);
  return result;
}

Mask extract_brain(const Volume& corrected, const CarriedTemplate& carried, const BrainExtractionOptions&) {
  require_same_grid(corrected.grid, carried.brain_probability.grid, "the scan", "the carried template");
  return threshold(carried.brain_probability, 0.5F);
}

}  // namespace wane
