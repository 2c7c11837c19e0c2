#include "pipeline/quality/joint_facts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/median.h"
#include "base/parallel.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"

namespace wane {
namespace {

constexpr float pure = 0.95F;  // partial volume from which a voxel is taken for one tissue

// Sums that add up block by block in a fixed order.
template <std::size_t count>
struct Sums {
  std::array<double, count> value{};
  Sums& operator+=(const Sums& other) {
    for (std::size_t n = 0; n < count; ++n) value[n] += other.value[n];
    return *this;
  }
};

// f(n, sums) for every voxel.
template <std::size_t count, class F>
Sums<count> voxel_sums(std::size_t voxels, F&& f) {
  return parallel_sum(voxels, voxel_block, Sums<count>{}, [&](std::size_t begin, std::size_t end) {
    Sums<count> part;
    for (std::size_t n = begin; n < end; ++n) f(n, part.value);
    return part;
  });
}

struct Moments {
  double mean = 0, sd = 0;
};

Moments moments_of(double weight, double sum, double squares) {
  if (!(weight > 0)) return {};
  const double mean = sum / weight;
  return {mean, std::sqrt(std::max(0.0, squares / weight - mean * mean))};
}

// The size of the gradient by central differences, per mm; 0 on the grid's border.
double steepness_at(const Volume& volume, std::size_t n) {
  const Grid& grid = volume.grid;
  const std::size_t width = std::size_t(grid.size[0]), slice = width * std::size_t(grid.size[1]);
  const std::size_t i = n % width, j = n / width % std::size_t(grid.size[1]), k = n / slice;
  if (i == 0 || j == 0 || k == 0 || i + 1 == width || j + 1 == std::size_t(grid.size[1]) ||
      k + 1 == std::size_t(grid.size[2]))
    return 0;
  const std::size_t step[3] = {1, width, slice};
  double squares = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const double slope = (volume[n + step[axis]] - volume[n - step[axis]]) / (2 * grid.spacing_mm[axis]);
    squares += slope * slope;
  }
  return std::sqrt(squares);
}

// The share of the brain that is darker than the median where the template has a tissue, by its `prior`: the maps of
// the tissues follow the brightness that is to be judged.
double rank_of(const Volume& visit, const Volume& prior, const ExtractedBrain& extracted) {
  constexpr float sure_of_tissue = 0.9F;
  constexpr std::size_t least_voxels = 100;
  std::vector<float> values;
  for (std::size_t n = 0; n < visit.size(); ++n)
    if (extracted.brain_mask[n] && prior[n] > sure_of_tissue && extracted.comparable[n] > 0.5F)
      values.push_back(visit[n]);
  if (values.size() < least_voxels) return 0;
  const float median = upper_median(std::move(values));
  const auto sums = voxel_sums<2>(visit.size(), [&](std::size_t n, auto& sum) {
    if (!extracted.brain_mask[n] || !(extracted.comparable[n] > 0.5F)) return;
    sum[0] += 1;
    sum[1] += visit[n] < median ? 1.0 : visit[n] > median ? 0.0 : 0.5;
  });
  return sums.value[0] > 0 ? sums.value[1] / sums.value[0] : 0;
}

// The median of `visit` where `map` is more than half.
double median_in(const Volume& visit, const Volume& map, const Volume& comparable) {
  std::vector<float> values;
  for (std::size_t n = 0; n < visit.size(); ++n)
    if (map[n] > 0.5F && comparable[n] > 0.5F) values.push_back(visit[n]);
  return values.empty() ? 0 : double(upper_median(std::move(values)));
}

JointVisitFacts facts_of(const Volume& visit, const TissueMaps& tissues, const Volume& comparable) {
  const auto sums = voxel_sums<8>(visit.size(), [&](std::size_t n, auto& sum) {
    const double value = visit[n];
    if (!(comparable[n] > 0.5F)) return;
    const float gm = tissues.gm[n], wm = tissues.wm[n];
    if (wm > pure || gm > pure) {
      const std::size_t first = wm > pure ? 0 : 3;
      sum[first] += 1;
      sum[first + 1] += value;
      sum[first + 2] += value * value;
    } else if (gm + wm > pure && gm > 0.2F && wm > 0.2F) {
      sum[6] += 1;
      sum[7] += steepness_at(visit, n);
    }
  });
  const auto& s = sums.value;
  const Moments white = moments_of(s[0], s[1], s[2]), gray = moments_of(s[3], s[4], s[5]);
  const double contrast = std::abs(white.mean - gray.mean);
  JointVisitFacts facts;
  facts.gray_to_white = white.mean > 0 ? gray.mean / white.mean : 0;
  facts.joint_variation = contrast > 0 ? (white.sd + gray.sd) / contrast : 0;
  const double white_median = median_in(visit, tissues.wm, comparable);
  if (white_median > 0) facts.contrast = 1 - median_in(visit, tissues.gm, comparable) / white_median;
  facts.border_steepness_per_mm = contrast > 0 && s[6] > 0 ? s[7] / s[6] / contrast : 0;
  return facts;
}

// Differences between two visits that change slowly over space (receive fields, whose rest the bias correction leaves):
// means over cells, smoothed. Differences are clipped, so that bright vessels do not hide themselves.
Volume slow_difference(const Volume& from, const Volume& to, const Mask& where) {
  constexpr double cell_mm = 8.0, smoothing_mm = 8.0;
  constexpr float clip = 25.F;  // white matter is at 100
  const Grid& grid = where.grid;
  Volume sum(isotropic_grid(grid, cell_mm)), weight(sum.grid);
  const Affine to_cell = sum.grid.lps_to_index() * grid.index_to_lps();
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const std::size_t n = grid.offset(i, j, k);
        if (!where[n]) continue;
        const Vec3 cell = to_cell * Vec3(i, j, k);
        const int a = std::clamp(int(std::lround(cell[0])), 0, sum.grid.size[0] - 1);
        const int b = std::clamp(int(std::lround(cell[1])), 0, sum.grid.size[1] - 1);
        const int c = std::clamp(int(std::lround(cell[2])), 0, sum.grid.size[2] - 1);
        sum.at(a, b, c) += std::clamp(to[n] - from[n], -clip, clip);
        weight.at(a, b, c) += 1.F;
      }
  for (std::size_t n = 0; n < sum.size(); ++n)
    if (weight[n] > 0) sum[n] /= weight[n];
  return resample(normalised_gaussian(sum, weight, smoothing_mm), grid);
}

Enhancement enhancement_of(const ExtractedBrain& extracted, std::size_t from, std::size_t to) {
  constexpr float much_brighter = 50, least_comparable = 0.5F;  // white matter is at 100
  const Volume& a = extracted.corrected[from];
  const Volume& b = extracted.corrected[to];
  Mask where = extracted.brain_mask;
  parallel_voxels(where.size(), [&](std::size_t n) {
    where[n] = where[n] && extracted.comparable[n] > least_comparable && a[n] > 0 && b[n] > 0;
  });
  const Volume slow = slow_difference(a, b, where);
  const auto sums = voxel_sums<2>(a.size(), [&](std::size_t n, auto& sum) {
    if (!where[n]) return;
    const float rest = b[n] - a[n] - slow[n];
    sum[0] += rest < -much_brighter;
    sum[1] += rest > much_brighter;
  });
  const double voxel_ml = a.grid.voxel_volume_ml();
  return {from, to, sums.value[0] * voxel_ml, sums.value[1] * voxel_ml};
}

BrainFacts brain_facts(const ExtractedBrain& extracted, const Affine& template_to_midpoint, double template_middle_mm) {
  constexpr float brighter_than_brain = 140;  // white matter is at 100
  const Grid& grid = extracted.brain_mask.grid;
  const Affine to_template = template_to_midpoint.inverse() * grid.index_to_lps();
  const std::size_t width = std::size_t(grid.size[0]), height = std::size_t(grid.size[1]);
  const auto sums = voxel_sums<5>(extracted.brain_mask.size(), [&](std::size_t n, auto& sum) {
    sum[1] += extracted.intracranial[n] != 0;
    if (!extracted.brain_mask[n]) return;
    sum[0] += 1;
    const Vec3 index(double(n % width), double(n / width % height), double(n / (width * height)));
    const bool left = (to_template * index)[0] > template_middle_mm;
    sum[left ? 2 : 3] += 1;
    sum[4] += extracted.mean[n] > brighter_than_brain;
  });
  const auto& s = sums.value;
  const double voxel_ml = grid.voxel_volume_ml();
  return {s[0] * voxel_ml, s[1] * voxel_ml, s[3] > 0 ? s[2] / s[3] : 0, s[0] > 0 ? s[4] / s[0] : 0};
}

}  // namespace

JointFacts joint_facts(const ExtractedBrain& extracted, const TissueMaps& tissues,
                       const std::vector<std::pair<std::size_t, std::size_t>>& pairs,
                       const Affine& template_to_midpoint, double template_middle_mm) {
  JointFacts facts;
  for (const Volume& visit : extracted.corrected) {
    facts.visits.push_back(facts_of(visit, tissues, extracted.comparable));
    facts.visits.back().white_rank = rank_of(visit, extracted.wm_prior, extracted);
    facts.visits.back().csf_rank = rank_of(visit, extracted.csf_prior, extracted);
  }
  for (const auto& [from, to] : pairs) facts.enhancement.push_back(enhancement_of(extracted, from, to));
  facts.brain = brain_facts(extracted, template_to_midpoint, template_middle_mm);
  return facts;
}

}  // namespace wane
