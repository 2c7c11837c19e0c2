#include "imaging/background.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/parallel.h"
#include "imaging/morphology.h"

namespace wane {
namespace {

// Of a face that is one value, more than this share is exactly that value.
constexpr double mostly = 0.5;

// f(value) for the voxels of one face of a box of indices; `side` 0 is the low one.
template <class F>
void for_face(const Volume& scan, const Box& box, int axis, int side, F&& f) {
  std::array<int, 3> low = box.low, high = box.high;
  low[axis] = high[axis] = side == 0 ? box.low[axis] : box.high[axis];
  for (int k = low[2]; k <= high[2]; ++k)
    for (int j = low[1]; j <= high[1]; ++j)
      for (int i = low[0]; i <= high[0]; ++i) f(scan.at(i, j, k));
}

std::vector<float> sorted_faces(const Volume& scan, const Box& box) {
  std::vector<float> values;
  for (int axis = 0; axis < 3; ++axis)
    for (const int side : {0, 1}) for_face(scan, box, axis, side, [&](float v) { values.push_back(v); });
  std::sort(values.begin(), values.end());
  return values;
}

struct CommonValue {
  float value = 0;
  double share = 0;
};

CommonValue commonest(const std::vector<float>& sorted) {
  CommonValue best;
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin + 1;
    while (end < sorted.size() && sorted[end] == sorted[begin]) ++end;
    const double share = double(end - begin) / double(sorted.size());
    if (share > best.share) best = {sorted[begin], share};
    begin = end;
  }
  return best;
}

struct Interval {
  std::size_t begin, end;
};

// The narrowest interval of sorted values that holds half of those of `of`.
Interval narrowest_half(const std::vector<float>& sorted, const Interval& of) {
  const std::size_t half = (of.end - of.begin + 1) / 2;
  Interval best{of.begin, of.begin + half};
  for (std::size_t begin = of.begin; begin + half <= of.end; ++begin)
    if (sorted[begin + half - 1] - sorted[begin] < sorted[best.end - 1] - sorted[best.begin])
      best = {begin, begin + half};
  return best;
}

float half_sample_mode(const std::vector<float>& sorted) {
  Interval part{0, sorted.size()};
  while (part.end - part.begin > 2 && sorted[part.begin] < sorted[part.end - 1]) part = narrowest_half(sorted, part);
  return 0.5F * (sorted[part.begin] + sorted[part.end - 1]);
}

Box whole_box(const Grid& grid) {
  return {{0, 0, 0}, {grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1}};
}

Background background_of_faces(const std::vector<float>& sorted) {
  const CommonValue common = commonest(sorted);
  const float middle = sorted[sorted.size() / 2];
  if (common.share > mostly) return {common.value, common.value, middle, 0, true};
  const float mode = half_sample_mode(sorted);
  const Interval half = narrowest_half(sorted, {0, sorted.size()});
  const float scatter = sorted[half.end - 1] - sorted[half.begin];
  // Twice that below the mode lies nothing of a bell, nor of the one-sided noise of magnitudes.
  const float first = sorted[sorted.size() / 200];
  return {mode, std::clamp(mode - 2 * scatter, std::min(first, mode), mode), middle, scatter, false};
}

// Voxels that, with their six neighbours within the grid, hold exactly `value`.
Mask flat(const Volume& scan, float value) {
  const auto& size = scan.grid.size;
  const std::size_t row = size[0], slice = row * size[1];
  Mask result(scan.grid);
  parallel_for(size[2], [&](std::size_t k) {
    for (int j = 0; j < size[1]; ++j) {
      const std::size_t start = row * j + slice * k;
      const float* v = scan.values.data() + start;
      const float* before = j > 0 ? v - row : v;
      const float* after = j + 1 < size[1] ? v + row : v;
      const float* below = k > 0 ? v - slice : v;
      const float* above = k + 1 < std::size_t(size[2]) ? v + slice : v;
      std::uint8_t* out = result.values.data() + start;
      for (std::size_t i = 0; i < row; ++i)
        out[i] = (v[i] == value) & (before[i] == value) & (after[i] == value) & (below[i] == value) &
                 (above[i] == value) & (v[i == 0 ? 0 : i - 1] == value) & (v[i + 1 == row ? i : i + 1] == value);
    }
  });
  return result;
}

Mask reaching_border(const Mask& mask) {
  Mask others = mask;
  for (auto& v : others.values) v = v == 0;
  Mask reached = holes_filled(others);
  for (auto& v : reached.values) v = v == 0;
  return reached;
}

// The voxels of `value` beside those of the mask join it.
void take_in_neighbours(Mask& mask, const Volume& scan, float value) {
  const Mask before = mask;
  const auto& size = scan.grid.size;
  const std::size_t row = size[0], slice = row * size[1];
  parallel_for(size[2], [&](std::size_t k) {
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        const std::size_t n = scan.grid.offset(i, j, int(k));
        if (before[n] || scan[n] != value) continue;
        mask[n] = (i > 0 && before[n - 1]) || (i + 1 < size[0] && before[n + 1]) || (j > 0 && before[n - row]) ||
                  (j + 1 < size[1] && before[n + row]) || (k > 0 && before[n - slice]) ||
                  (k + 1 < std::size_t(size[2]) && before[n + slice]);
      }
  });
}

}  // namespace

Background background_of(const Volume& scan) {
  const Background outer = background_of_faces(sorted_faces(scan, whole_box(scan.grid)));
  if (!outer.constant) return outer;
  Mask other(scan.grid);
  parallel_voxels(other.size(), [&](std::size_t n) { other[n] = scan[n] != outer.level; });
  const Box inner = bounding_box(other);
  if (inner.empty()) return outer;
  const std::vector<float> within = sorted_faces(scan, inner);
  const auto [first, last] = std::equal_range(within.begin(), within.end(), outer.level);
  if (double(last - first) > (1 - mostly) * double(within.size())) return outer;
  return background_of_faces(within);
}

Mask filled_from_border(const Volume& scan, float value) {
  Mask equal(scan.grid);
  parallel_voxels(equal.size(), [&](std::size_t n) { equal[n] = scan[n] == value; });
  return reaching_border(equal);
}

Mask constant_from_border(const Volume& scan, double least_ml) {
  constexpr double least_share = 0.02;  // of a face; where less of it is one value, that is chance
  const Box box = whole_box(scan.grid);
  const float largest = *std::max_element(scan.values.begin(), scan.values.end());
  std::vector<float> candidates;
  for (int axis = 0; axis < 3; ++axis)
    for (const int side : {0, 1}) {
      std::vector<float> face;
      for_face(scan, box, axis, side, [&](float v) { face.push_back(v); });
      std::sort(face.begin(), face.end());
      const CommonValue common = commonest(face);
      if (common.share >= least_share && common.value != largest) candidates.push_back(common.value);
    }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());

  Mask all;
  const double voxel_ml = scan.grid.voxel_volume_ml();
  for (const float value : candidates) {
    Mask part = reaching_border(flat(scan, value));
    if (double(count(part)) * voxel_ml < least_ml) continue;
    take_in_neighbours(part, scan, value);
    if (all.empty()) {
      all = std::move(part);
      continue;
    }
    parallel_voxels(all.size(), [&](std::size_t n) { all[n] = all[n] | part[n]; });
  }
  return all;
}

}  // namespace wane
