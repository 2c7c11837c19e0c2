#include "pipeline/quality/joint_facts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "imaging/median.h"
#include "imaging/morphology.h"
#include "imaging/parallel.h"
#include "imaging/resample.h"

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

// By the template's place of white matter, because the maps follow the brightness that is to be judged.
double white_rank_of(const Volume& visit, const ExtractedBrain& extracted) {
  constexpr float sure_of_white = 0.9F;
  constexpr std::size_t least_voxels = 100;
  std::vector<float> white;
  for (std::size_t n = 0; n < visit.size(); ++n)
    if (extracted.brain[n] && extracted.wm_prior[n] > sure_of_white && extracted.comparable[n] > 0.5F)
      white.push_back(visit[n]);
  if (white.size() < least_voxels) return 0;
  const float median = upper_median(std::move(white));
  const auto sums = voxel_sums<2>(visit.size(), [&](std::size_t n, auto& sum) {
    if (!extracted.brain[n] || !(extracted.comparable[n] > 0.5F)) return;
    sum[0] += 1;
    sum[1] += visit[n] < median ? 1.0 : visit[n] > median ? 0.0 : 0.5;
  });
  return sums.value[0] > 0 ? sums.value[1] / sums.value[0] : 0;
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
  facts.border_steepness_per_mm = contrast > 0 && s[6] > 0 ? s[7] / s[6] / contrast : 0;
  return facts;
}

// White matter is at 100 in corrected visits. What a head shows above it without a contrast agent (fat, slow blood) is
// bright at both visits.
Enhancement enhancement_of(const ExtractedBrain& extracted, const TissueMaps& tissues, const Mask& near_brain,
                           std::size_t from, std::size_t to) {
  constexpr float clearly_brighter = 125, not_brighter = 100, least_comparable = 0.5F;
  const Volume& a = extracted.corrected[from];
  const Volume& b = extracted.corrected[to];
  const auto sums = voxel_sums<2>(a.size(), [&](std::size_t n, auto& sum) {
    if (!near_brain[n] || tissues.wm[n] > 0.5F || !(extracted.comparable[n] > least_comparable)) return;
    sum[0] += a[n] > clearly_brighter && b[n] < not_brighter;
    sum[1] += b[n] > clearly_brighter && a[n] < not_brighter;
  });
  const double voxel_ml = a.grid.voxel_volume_ml();
  return {from, to, sums.value[0] * voxel_ml, sums.value[1] * voxel_ml};
}

BrainFacts brain_facts(const ExtractedBrain& extracted, const Affine& template_to_midpoint, double template_middle_mm) {
  constexpr float brighter_than_brain = 140;  // white matter is at 100
  const Grid& grid = extracted.brain.grid;
  const Affine to_template = template_to_midpoint.inverse() * grid.index_to_lps();
  const std::size_t width = std::size_t(grid.size[0]), height = std::size_t(grid.size[1]);
  const auto sums = voxel_sums<5>(extracted.brain.size(), [&](std::size_t n, auto& sum) {
    sum[1] += extracted.intracranial[n] != 0;
    if (!extracted.brain[n]) return;
    sum[0] += 1;
    const Vec3 index(double(n % width), double(n / width % height), double(n / (width * height)));
    const bool left = (to_template * index)[0] > template_middle_mm;
    sum[left ? 2 : 3] += 1;
    sum[4] += extracted.average[n] > brighter_than_brain;
  });
  const auto& s = sums.value;
  const double voxel_ml = grid.voxel_volume_ml();
  return {s[0] * voxel_ml, s[1] * voxel_ml, s[3] > 0 ? s[2] / s[3] : 0, s[0] > 0 ? s[4] / s[0] : 0};
}

}  // namespace

JointFacts joint_facts(const ExtractedBrain& extracted, const TissueMaps& tissues,
                       const std::vector<std::pair<std::size_t, std::size_t>>& pairs,
                       const Affine& template_to_midpoint, double template_middle_mm) {
  constexpr double near_brain_mm = 3.0;  // dura and sinuses; scalp is farther
  JointFacts facts;
  for (const Volume& visit : extracted.corrected) {
    facts.visits.push_back(facts_of(visit, tissues, extracted.comparable));
    facts.visits.back().white_rank = white_rank_of(visit, extracted);
  }
  if (!pairs.empty()) {
    const Mask near_brain = dilated(extracted.brain, near_brain_mm);
    for (const auto& [from, to] : pairs)
      facts.enhancement.push_back(enhancement_of(extracted, tissues, near_brain, from, to));
  }
  facts.brain = brain_facts(extracted, template_to_midpoint, template_middle_mm);
  return facts;
}

}  // namespace wane
