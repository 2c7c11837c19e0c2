#include "segmentation/tissue_maps.h"

#include "base/parallel.h"

namespace wane {

Volume gray_and_white(TissueMaps maps) {
  parallel_voxels(maps.gm.size(), [&](std::size_t n) { maps.gm[n] += maps.wm[n]; });
  return std::move(maps.gm);
}

Mask brain_of(const TissueMaps& maps) {
  Mask brain(maps.gm.grid);
  parallel_voxels(brain.size(), [&](std::size_t n) { brain[n] = maps.gm[n] + maps.wm[n] + maps.csf[n] >= 0.5F; });
  return brain;
}

}  // namespace wane
