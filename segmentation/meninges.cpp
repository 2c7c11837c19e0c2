#include "segmentation/meninges.h"

#include "base/parallel.h"
#include "imaging/morphology.h"

namespace wane {

Mask meninges(const Volume& tissue, const Mask& brain, const MeningesOptions& options) {
  require_same_grid(tissue.grid, brain.grid, "the tissue map", "the brain mask");
  const double radius_mm = options.thickness_mm / 2;
  const Mask solid = threshold(tissue, 0.5F);
  const Mask thick = large_components(eroded(solid, radius_mm), options.least_part_ml);
  Mask result(brain.grid);
  if (count(thick) == 0) return result;
  const Volume from_thick = distance_to(thick);
  const Volume from_border = signed_distance(brain);
  const auto near_mm = float(radius_mm + options.corner_mm);
  parallel_voxels(brain.size(), [&](std::size_t n) {
    result[n] = brain[n] && tissue[n] > 0 && from_thick[n] > near_mm && -from_border[n] < options.reach_mm;
  });
  return result;
}

}  // namespace wane
