#include "segmentation/brain_extraction.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/median.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"

namespace wane {

CarriedTemplate carry_template(const HeadTemplate& t, const Grid& grid, const DisplacementField& displacement,
                               const Affine& to_template) {
  const Volume inside = as_volume(t.intracranial_mask);
  std::vector<Volume> carried =
      resample_displaced({&t.brain_probability, &t.csf_prior, &t.gm_prior, &t.wm_prior, &inside}, grid,
                         Affine::Identity(), displacement, to_template);
  CarriedTemplate result;
  result.brain_probability = std::move(carried[0]);
  result.priors = {std::move(carried[1]), std::move(carried[2]), std::move(carried[3])};
  result.intracranial = threshold(carried[4], 0.5F);
  return result;
}

namespace {

constexpr const char* too_little_brain =
    "The scans show too little brain to find its border: look at them, and leave out those that do not show a whole "
    "brain.";

// Brightness of the tissues well inside the template's brain, by its priors.
double brightness_where(const Volume& corrected, const Volume& prior, const Mask& core) {
  std::vector<float> values;
  for (std::size_t n = 0; n < core.size(); ++n)
    if (core[n] && prior[n] > 0.7F) values.push_back(corrected[n]);
  if (values.size() < 100) throw InputError(too_little_brain);
  const double brightness = upper_median(std::move(values));
  if (!(brightness > 0)) throw InputError(too_little_brain);  // air where the brain should be
  return brightness;
}

}  // namespace

Mask extract_brain(const Volume& corrected, const CarriedTemplate& carried, const BrainExtractionOptions& options) {
  require_same_grid(corrected.grid, carried.brain_probability.grid, "the scan", "the carried template");
  const Mask expected = threshold(carried.brain_probability, 0.5F);
  const Mask core = eroded(expected, options.reach_mm);
  const double white = brightness_where(corrected, carried.priors.wm, core);
  // Fat of scalp and marrow and the blood of the sinuses are brighter than white matter; in the reach of the border
  // they are not brain where they hang together with what lies outside.
  const float bright = float(options.brighter_than_white * white);
  Mask kept(expected.grid);
  parallel_voxels(kept.size(), [&](std::size_t n) { kept[n] = expected[n] && (core[n] || corrected[n] < bright); });
  const Mask solid = largest_component(holes_filled(kept));
  // What the cut leaves ragged is smoothed; nothing is added that the template does not call brain.
  Mask result =
      closed(opened(solid, 1.5 * corrected.grid.spacing_mm.maxCoeff()), 2 * corrected.grid.spacing_mm.maxCoeff());
  parallel_voxels(result.size(), [&](std::size_t n) { result[n] = (result[n] || core[n]) && expected[n]; });
  return largest_component(holes_filled(result));
}

}  // namespace wane
