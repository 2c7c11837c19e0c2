#include "segmentation/partial_volume.h"

#include <algorithm>
#include <vector>

#include "base/median.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"

namespace wane {
namespace {

// Along one axis, the largest value within `reach` voxels.
Mask largest_along(const Mask& mask, int axis, int reach) {
  const auto& size = mask.grid.size;
  const std::array<std::ptrdiff_t, 3> steps{1, size[0], std::ptrdiff_t(size[0]) * size[1]};
  Mask result(mask.grid);
  parallel_for(std::size_t(size[2]), [&](std::size_t k) {
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        const std::array<int, 3> at{i, j, int(k)};
        const int low = -std::min(reach, at[axis]), high = std::min(reach, size[axis] - 1 - at[axis]);
        const std::uint8_t* const here = &mask.at(i, j, int(k));
        std::uint8_t largest = 0;
        for (int d = low; d <= high; ++d) largest = std::max(largest, here[d * steps[axis]]);
        result.at(i, j, int(k)) = largest;
      }
  });
  return result;
}

// 1 where the mask has a voxel within `reach` voxels in each direction.
Mask anywhere_within(const Mask& mask, int reach) {
  return largest_along(largest_along(largest_along(mask, 0, reach), 1, reach), 2, reach);
}

// 1 where `map` is at least `pure` at all voxels within reach. Nothing outside of the grid is asked for.
Mask pure_all_around(const Volume& map, double pure, int reach) {
  Mask impure(map.grid);
  parallel_voxels(map.size(), [&](std::size_t n) { impure[n] = map[n] < float(pure); });
  Mask result = anywhere_within(impure, reach);
  parallel_voxels(result.size(), [&](std::size_t n) { result[n] = result[n] == 0; });
  return result;
}

struct PureTissue {
  Mask where;
  double brightness = 0;
};

PureTissue pure_tissue(const Volume& map, const Volume& intensity, const Mask& core, double mixture_mean,
                       const PartialVolumeOptions& options) {
  PureTissue pure{Mask(map.grid), mixture_mean};
  std::vector<float> values;
  for (std::size_t n = 0; n < map.size(); ++n) {
    if (!core[n] || map[n] < float(options.purest)) continue;
    pure.where[n] = 1;
    values.push_back(intensity[n]);
  }
  if (values.size() >= options.least_voxels) pure.brightness = upper_median(std::move(values));
  return pure;
}

// Brightness of a tissue around each voxel; where there is little of it, that of the tissue as a whole.
Volume local_brightness(const PureTissue& pure, const Volume& intensity, const PartialVolumeOptions& options) {
  const auto whole_weight = float(options.whole_weight);
  constexpr double working_mm = 4;  // a field as smooth as this one loses nothing on it
  const auto whole = float(pure.brightness);
  Volume weight = as_volume(pure.where), weighted = intensity;
  // A vessel or a cut-off value would pull on its surroundings.
  const float least = 0.5F * whole, most = 1.5F * whole;
  parallel_voxels(weight.size(),
                  [&](std::size_t n) { weighted[n] = weight[n] * std::clamp(weighted[n], least, most); });
  const double coarse_mm = std::max(working_mm, weight.grid.spacing_mm.minCoeff());
  weight = gaussian(downsampled(weight, coarse_mm), options.local_sigma_mm);
  weighted = gaussian(downsampled(weighted, coarse_mm), options.local_sigma_mm);
  for (std::size_t n = 0; n < weight.size(); ++n)
    weighted[n] = (weighted[n] + whole_weight * whole) / (weight[n] + whole_weight);
  return resample(weighted, intensity.grid, Affine::Identity(), Interpolation::linear, whole);
}

}  // namespace

TissueMaps with_linear_partial_volume(const TissueMaps& found, const Volume& intensity,
                                      const std::array<double, 3>& mixture_mean, const PartialVolumeOptions& options) {
  require_same_grid(found.gm.grid, intensity.grid, "the tissue maps", "the scan");
  const Mask brain = brain_of(found);
  const Mask core = eroded(brain, options.clear_of_rim_mm);
  const double csf = pure_tissue(found.csf, intensity, core, mixture_mean[0], options).brightness;
  const PureTissue gm = pure_tissue(found.gm, intensity, core, mixture_mean[1], options);
  const PureTissue wm = pure_tissue(found.wm, intensity, core, mixture_mean[2], options);
  if (!(csf < gm.brightness && gm.brightness < wm.brightness)) return found;

  const Volume local_gm = local_brightness(gm, intensity, options);
  const Volume local_wm = local_brightness(wm, intensity, options);
  const int reach = options.reach_voxels;
  const Mask in_csf = pure_all_around(found.csf, options.pure, reach);
  const Mask in_gm = pure_all_around(found.gm, options.pure, reach);
  const Mask in_wm = pure_all_around(found.wm, options.pure, reach);
  const Mask near_wm = anywhere_within(threshold(found.wm, 0.5F), reach);
  // No place may turn the order of the tissues round.
  const auto least_white_gap = float(options.least_share_of_gap * (wm.brightness - gm.brightness));
  const auto least_gray = float(csf + options.least_share_of_gap * (gm.brightness - csf));

  TissueMaps maps{Volume(intensity.grid), Volume(intensity.grid), Volume(intensity.grid)};
  parallel_voxels(brain.size(), [&](std::size_t n) {
    if (!brain[n]) return;
    const float gray = std::max(least_gray, std::min(local_gm[n], local_wm[n] - least_white_gap));
    const float full_white = std::max(local_wm[n], gray + least_white_gap);
    const float tissue = in_csf[n] ? 0.F
                         : in_gm[n] || in_wm[n]
                             ? 1.F
                             : std::clamp((intensity[n] - float(csf)) / (gray - float(csf)), 0.F, 1.F);
    const float white = in_wm[n] ? 1.F
                        : in_gm[n] || in_csf[n] || !near_wm[n]
                            ? 0.F
                            : std::clamp((intensity[n] - gray) / (full_white - gray), 0.F, 1.F);
    maps.wm[n] = white;
    maps.gm[n] = tissue - white;
    maps.csf[n] = 1 - tissue;
  });
  return maps;
}

}  // namespace wane
