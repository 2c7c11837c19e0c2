#include "pipeline/stages/scan_values.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/median.h"
#include "base/parallel.h"
#include "imaging/background.h"

namespace wane {
namespace {

// Shares of the brightness between background and bright tissue. Air of magnitudes stays below 0.03 of it, with many
// coils and little signal too; ringing goes below 0 by less than 0.05.
constexpr double notable_above = 0.10;
constexpr double notable_below = 0.03;
constexpr double wide_scatter = 0.2;  // MP2RAGE's air is noise from the lowest to the highest value

float at_share(std::vector<float>& values, double share) {
  const auto place = values.begin() + std::ptrdiff_t(share * double(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

// Every 17th voxel: a number that shares no factor with the usual lengths of rows.
constexpr std::size_t stride = 17;

std::vector<float> sample(const Volume& scan) {
  std::vector<float> values;
  for (std::size_t n = 0; n < scan.size(); n += stride) values.push_back(scan[n]);
  return values;
}

// What of the scan is not exactly `level`.
std::vector<float> others(const Volume& scan, float level) {
  std::vector<float> values;
  for (std::size_t n = 0; n < scan.size(); n += stride)
    if (scan[n] != level) values.push_back(scan[n]);
  return values;
}

// Values just below 0 are there where everything was moved down, as z-scores are, and are not there where values above
// the largest of the type have come out at the other end.
bool moved_down(const std::vector<float>& values, float bright) {
  std::size_t below = 0, just_below = 0;
  for (const float v : values) {
    below += v < 0;
    just_below += v < 0 && v > -0.1F * bright;
  }
  return double(just_below) > 0.02 * double(below);
}

// The air was set to a value by a mask or a program.
float offset_with_constant(Volume& scan, const Background& background) {
  std::vector<float> tissue = others(scan, background.level);
  if (tissue.size() < 100) return 0;
  const float bright = at_share(tissue, 0.99), low = at_share(tissue, 0.001);
  const double range = bright - std::min(low, background.level);
  const bool about_zero = std::abs(background.level) <= 0.001 * range;
  // Everything was moved along with it; a level that is a little above 0 may as well have been put around a brain.
  const bool moved_too = low >= background.level && (background.level < 0 || background.level > notable_above * range);
  if (moved_too) return about_zero ? 0 : background.level;
  const bool shifted = low < -notable_above * range && moved_down(tissue, bright);
  if (about_zero && !shifted) return 0;
  // The tissue's values lie on both sides of it: it was put around the brain.
  const float offset = shifted ? low : 0;
  const Mask fill = filled_from_border(scan, background.level);
  parallel_voxels(scan.size(), [&](std::size_t n) {
    if (fill[n]) scan[n] = offset;
  });
  return offset;
}

float offset_with_noise(const Volume& scan, const Background& background) {
  std::vector<float> values = sample(scan);
  const double range = at_share(values, 0.99) - background.lowest;
  const bool above = background.lowest > notable_above * range;
  const bool below = background.level < -notable_below * range;
  const bool wide = background.scatter > wide_scatter * range && background.lowest < -notable_below * range;
  return above || below || wide ? background.lowest : 0;
}

}  // namespace

CleanedValues clean_values(Volume& scan) {
  CleanedValues result;
  if (scan.empty()) return result;
  const Background background = background_of(scan);
  const float offset =
      background.constant ? offset_with_constant(scan, background) : offset_with_noise(scan, background);
  result.subtracted = offset;
  if (offset != 0) parallel_voxels(scan.size(), [&](std::size_t n) { scan[n] -= offset; });

  std::vector<float> values = sample(scan);
  result.bright = std::max(at_share(values, 0.99), 0.F);
  const float far_below = -0.25F * result.bright;
  std::size_t negative = 0, wrapped = 0;
  for (const float v : scan.values) {
    negative += v < 0;
    wrapped += v < far_below;
  }
  result.negative_share = double(negative) / double(scan.size());
  if (wrapped > 0) {
    result.wrapped = Mask(scan.grid);
    parallel_voxels(scan.size(), [&](std::size_t n) { result.wrapped[n] = scan[n] < far_below; });
  }
  parallel_voxels(scan.size(), [&](std::size_t n) { scan[n] = std::max(scan[n], 0.F); });
  result.surround = background.constant ? 0 : std::max(0.0, double(background.middle) - offset);
  return result;
}

}  // namespace wane
