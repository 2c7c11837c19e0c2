#include "pipeline/measurement/boundary_shift.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "pipeline/measurement/integration.h"
#include "registration/brightness_difference.h"

namespace wane {
namespace {

constexpr float pure = 0.95F;  // of a tissue: what holds it alone

Volume mean_of(const Volume& a, const Volume& b) {
  Volume mean(a.grid);
  parallel_voxels(mean.size(), [&](std::size_t n) { mean[n] = 0.5F * (a[n] + b[n]); });
  return mean;
}

// The two visits with half of their difference of brightness taken off each; it is read inside the brain.
std::pair<Volume, Volume> equally_bright(const TissueMaps& tissues, const Volume& comparable, const Volume& from,
                                         const Volume& to) {
  constexpr double tissue_level = 85;  // white matter is at 100
  Volume weight = comparable;
  parallel_voxels(weight.size(), [&](std::size_t n) { weight[n] *= float(tissues.gm[n] + tissues.wm[n] >= pure); });
  const Volume difference = resample(
      brightness_difference(from.grid, to.values, from.values, weight.values, tissue_level, brightness_sigma_mm),
      from.grid);
  Volume a = from, b = to;
  parallel_voxels(a.size(), [&](std::size_t n) {
    const float half = std::exp(0.5F * difference[n]);
    a[n] *= half;
    b[n] /= half;
  });
  return {std::move(a), std::move(b)};
}

std::optional<double> brightness(const Volume& map, const Volume& comparable, const Volume& volume) {
  constexpr float half_seen = 0.5F;
  double sum = 0, voxels = 0;
  for (std::size_t n = 0; n < map.size(); ++n) {
    if (map[n] <= pure || comparable[n] <= half_seen) continue;
    sum += volume[n];
    voxels += 1;
  }
  if (voxels < 100) return std::nullopt;
  return sum / voxels;
}

// Voxels within a voxel of where the fraction passes one half.
Mask border_of(const Volume& fraction) {
  const Mask inside = threshold(fraction, 0.5F);
  const double reach_mm = 1.01 * fraction.grid.spacing_mm.maxCoeff();
  const Mask outer = dilated(inside, reach_mm), inner = eroded(inside, reach_mm);
  Mask border(fraction.grid);
  for (std::size_t n = 0; n < border.size(); ++n) border[n] = outer[n] && !inner[n];
  return border;
}

struct Window {
  float low = 0, high = 0;
};

// Of the brightness between two tissues the middle part: what is nearer to either is its own spread.
Window window_between(double darker, double brighter, double margin) {
  return {float(darker + margin * (brighter - darker)), float(brighter - margin * (brighter - darker))};
}

// What the border's brighter side has won.
double crossed_ml(const Mask& border, const Volume& comparable, const Volume& from, const Volume& to, Window window) {
  const auto clipped = [&](float value) { return std::clamp(value, window.low, window.high); };
  return parallel_sum(border.size(), voxel_block, 0.0,
                      [&](std::size_t begin, std::size_t end) {
                        double sum = 0;
                        for (std::size_t n = begin; n < end; ++n)
                          if (border[n]) sum += double(comparable[n]) * (clipped(to[n]) - clipped(from[n]));
                        return sum;
                      }) /
         (window.high - window.low) * border.grid.voxel_volume_ml();
}

}  // namespace

std::optional<TissueValues> boundary_shift(const TissueMaps& tissues, const Volume& comparable, const Volume& from,
                                           const Volume& to) {
  require_same_grid(tissues.gm.grid, comparable.grid, "the tissue maps", "what is seen");
  require_same_grid(from.grid, comparable.grid, "a visit", "what is seen");
  require_same_grid(to.grid, comparable.grid, "a visit", "what is seen");
  constexpr double brain_margin = 0.35, white_margin = 0.25, least_gap = 5;  // white matter is at 100
  const auto [a, b] = equally_bright(tissues, comparable, from, to);
  const Volume middle = mean_of(a, b);
  const auto csf = brightness(tissues.csf, comparable, middle), gray = brightness(tissues.gm, comparable, middle),
             white = brightness(tissues.wm, comparable, middle);
  if (!csf || !gray || !white || *gray - *csf < least_gap || *white - *gray < least_gap) return std::nullopt;
  const TissueVolumes seen_ml = integrate_volumes(tissues, comparable);
  if (seen_ml.gray_matter <= 0 || seen_ml.white_matter <= 0) return std::nullopt;

  Volume brain = tissues.gm;
  for (std::size_t n = 0; n < brain.size(); ++n) brain[n] += tissues.wm[n];
  const double outer_ml = crossed_ml(border_of(brain), comparable, a, b, window_between(*csf, *gray, brain_margin));
  const double inner_ml =
      crossed_ml(border_of(tissues.wm), comparable, a, b, window_between(*gray, *white, white_margin));

  return TissueValues{100 * outer_ml / seen_ml.brain, 100 * (outer_ml - inner_ml) / seen_ml.gray_matter,
                      100 * inner_ml / seen_ml.white_matter};
}

}  // namespace wane
