// Partial volume at the borders of tissues, linear in brightness.
//
// A voxel that two tissues share is as bright as the mean of both, weighted by what each fills of it: that is how a
// scanner adds up signal, and the one model of a mixed voxel that needs no assumption on its neighbours (Santago & Gage
// 1993; Tohka 2004). The posteriors of a mixture of classes with a Markov prior are steeper: they draw voxels that are
// mostly one tissue to that tissue, and a map that is steeper than the tissue is counts gray matter where there is CSF
// or white matter, which changes by something else.
#pragma once

#include <array>

#include "imaging/image.h"
#include "segmentation/tissue_maps.h"

namespace wane {

struct PartialVolumeOptions {
  // Voxels around a border, in each direction, whose fractions follow their brightness; farther in, noise would be
  // taken for partial volume. The blur of a voxel and of the interpolation reaches as far.
  int reach_voxels = 2;
  double pure = 0.9;                // fraction from which a voxel of `found` counts as one tissue there
  double purest = 0.98;             // and from which its brightness is that of the tissue
  double clear_of_rim_mm = 3;       // where, at the brain's rim, it is not: meninges and vessels
  double local_sigma_mm = 15;       // how far around a place the brightness of gray and white matter is averaged
  double whole_weight = 0.002;      // of the tissue as a whole, against the share of the surroundings that is pure
  double least_share_of_gap = 0.5;  // of the gap between two tissues as a whole that is left between them at any place
  std::size_t least_voxels = 200;   // of a tissue so pure; with fewer, its mean in the mixture is taken
};

// `found`: fractions as a mixture of classes gives them; `intensity`: the same grid, free of bias, T1-weighted;
// `mixture_mean`: brightness of CSF, GM and WM in it. Returns fractions that sum to 1 where those of `found` do, and
// are 0 elsewhere. Brightness of gray and white matter is local (deep gray matter is brighter than cortex), that of CSF
// is the same everywhere. Bright voxels count as white matter only where `found` has white matter within reach: others
// are vessels. Throws InputError where grids differ.
TissueMaps with_linear_partial_volume(const TissueMaps& found, const Volume& intensity,
                                      const std::array<double, 3>& mixture_mean,
                                      const PartialVolumeOptions& options = {});

}  // namespace wane
