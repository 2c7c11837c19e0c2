#include "segmentation/meninges.h"

#include "imaging/morphology.h"

namespace wane {
namespace {

// The parts of a mask from a size on, the largest always.
Mask large_parts(Mask mask, double least_ml) {
  Mask kept(mask.grid);
  for (bool first = true;; first = false) {
    const Mask part = largest_component(mask);
    if (count(part) == 0 || (!first && volume_ml(part) < least_ml)) return kept;
    for (std::size_t n = 0; n < mask.size(); ++n) {
      kept[n] |= part[n];
      mask[n] &= std::uint8_t(!part[n]);
    }
  }
}

}  // namespace

Mask meninges(const Volume& tissue, const Mask& brain, const MeningesOptions& options) {
  require_same_grid(tissue.grid, brain.grid, "the tissue map", "the brain mask");
  const double radius_mm = options.thickness_mm / 2;
  const Mask solid = threshold(tissue, 0.5F);
  const Mask thick = large_parts(eroded(solid, radius_mm), options.least_part_ml);
  Mask result(brain.grid);
  if (count(thick) == 0) return result;
  const Volume from_thick = distance_to(thick);
  const Volume from_border = signed_distance(brain);
  const auto near_mm = float(radius_mm + options.corner_mm);
  for (std::size_t n = 0; n < brain.size(); ++n)
    result[n] = brain[n] && tissue[n] > 0 && from_thick[n] > near_mm && -from_border[n] < options.reach_mm;
  return result;
}

}  // namespace wane
