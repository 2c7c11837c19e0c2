#include "pipeline/quality/scan_facts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "base/median.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"

namespace wane {
namespace {

constexpr double sample_spacing_mm = 2.0;  // of places in the template; finer ones are no longer independent
constexpr float sure_of_tissue = 0.85F;    // prior from which a place is taken for the tissue
constexpr std::size_t least_samples = 200;

struct Samples {
  std::vector<float> white, gray, csf, brain;
  std::vector<float> second_differences;  // in white matter, scaled to the noise's standard deviation
  std::array<std::vector<float>, 8> white_by_octant;
};

std::optional<std::array<int, 3>> nearest_inside(const Grid& grid, const Vec3& index, int margin) {
  std::array<int, 3> at{};
  for (int axis = 0; axis < 3; ++axis) {
    if (!(index[axis] >= margin - 0.5 && index[axis] <= grid.size[axis] - margin - 0.5)) return std::nullopt;
    // Half a voxel outside of the last centre would round to one beyond it.
    at[axis] = std::clamp(int(std::lround(index[axis])), margin, grid.size[axis] - 1 - margin);
  }
  return at;
}

void add_second_differences(const Volume& scan, const std::array<int, 3>& at, std::vector<float>& differences) {
  constexpr float to_noise = 0.40825F;  // 1 / sqrt(6): v[-1] - 2 v[0] + v[1] has six times the noise's variance
  const std::size_t n = scan.grid.offset(at[0], at[1], at[2]);
  const std::size_t step[3] = {1, std::size_t(scan.grid.size[0]),
                               std::size_t(scan.grid.size[0]) * std::size_t(scan.grid.size[1])};
  for (const std::size_t s : step) differences.push_back(to_noise * (scan[n - s] - 2 * scan[n] + scan[n + s]));
}

Samples samples_of(const Volume& scan, const HeadTemplate& t, const Affine& template_to_scan) {
  const Grid& grid = t.head.grid;
  const int step = std::max(1, int(std::lround(sample_spacing_mm / grid.spacing_mm.maxCoeff())));
  const Affine to_index = scan.grid.lps_to_index() * template_to_scan * grid.index_to_lps();
  const Vec3 middle_mm = grid.centre_mm();
  Samples samples;
  for (int k = 0; k < grid.size[2]; k += step)
    for (int j = 0; j < grid.size[1]; j += step)
      for (int i = 0; i < grid.size[0]; i += step) {
        const std::size_t n = grid.offset(i, j, k);
        if (!t.intracranial_mask[n]) continue;
        const auto at = nearest_inside(scan.grid, to_index * Vec3(i, j, k), 1);
        if (!at) continue;
        const float value = scan.at((*at)[0], (*at)[1], (*at)[2]);
        if (t.brain_probability[n] > 0.5F) samples.brain.push_back(value);
        if (t.gm_prior[n] > sure_of_tissue) samples.gray.push_back(value);
        if (t.csf_prior[n] > sure_of_tissue && t.brain_probability[n] > 0.5F) samples.csf.push_back(value);
        if (!(t.wm_prior[n] > sure_of_tissue)) continue;
        samples.white.push_back(value);
        const Vec3 from_middle = grid.index_to_lps() * Vec3(i, j, k) - middle_mm;
        samples.white_by_octant[std::size_t((from_middle[0] > 0) + 2 * (from_middle[1] > 0) + 4 * (from_middle[2] > 0))]
            .push_back(value);
        add_second_differences(scan, *at, samples.second_differences);
      }
  return samples;
}

// The share of `values` below `limit`; ties count half.
double share_below(const std::vector<float>& values, double limit) {
  if (values.empty()) return 0;
  double below = 0;
  for (const float value : values) below += value < limit ? 1.0 : value == limit ? 0.5 : 0.0;
  return below / double(values.size());
}

double median_or_zero(const std::vector<float>& values) {
  return values.size() < least_samples ? 0.0 : double(upper_median(values));
}

float percentile(std::vector<float>& values, double share) {
  const auto at = values.begin() + std::ptrdiff_t(share * double(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Means of the scan around points of a coarse grid: some 27 voxels spread over the point's cell. Air is what lies far
// from the inside of the skull, beside and above it; below there are neck and shoulders.
std::optional<double> ghost_level_of(const Volume& scan, const HeadTemplate& t, const Affine& template_to_scan,
                                     double white) {
  constexpr double cell_mm = 6.0, nearest_mm = 30.0;
  constexpr std::size_t least_cells = 300;
  if (!(white > 0)) return std::nullopt;
  const Grid cells = isotropic_grid(scan.grid, cell_mm);
  const Volume distance = signed_distance(resample(t.intracranial_mask, cells, template_to_scan.inverse()));
  const Affine to_template = template_to_scan.inverse() * cells.index_to_lps();
  const Affine to_index = scan.grid.lps_to_index() * cells.index_to_lps();
  const double middle_mm = t.head.grid.centre_mm()[2];
  std::vector<float> means;
  float least = 0, most = 0;
  for (int k = 0; k < cells.size[2]; ++k)
    for (int j = 0; j < cells.size[1]; ++j)
      for (int i = 0; i < cells.size[0]; ++i) {
        if (distance.at(i, j, k) < nearest_mm || (to_template * Vec3(i, j, k))[2] < middle_mm) continue;
        float sum = 0;
        int count = 0;
        for (int part = 0; part < 27; ++part) {
          const Vec3 inside((part % 3 - 1) / 3.0, (part / 3 % 3 - 1) / 3.0, (part / 9 - 1) / 3.0);
          const auto at = nearest_inside(scan.grid, to_index * (Vec3(i, j, k) + inside), 0);
          if (!at) continue;
          const float value = scan.at((*at)[0], (*at)[1], (*at)[2]);
          sum += value;
          ++count;
          least = means.empty() && count == 1 ? value : std::min(least, value);
          most = means.empty() && count == 1 ? value : std::max(most, value);
        }
        if (count >= 14) means.push_back(sum / float(count));
      }
  if (means.size() < least_cells || !(most > least)) return std::nullopt;
  const float high = percentile(means, 0.9), low = percentile(means, 0.1);
  if (!(high > 0)) return std::nullopt;  // all but some of the air was set to 0
  return double(high - low) / white;
}

std::uint64_t mixed(std::uint64_t x) {  // splitmix64's finalizer (Steele 2014)
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

ScanFacts scan_facts(const ConformedVisit& visit, const HeadTemplate& head_template) {
  const Samples samples = samples_of(visit.scan, head_template, visit.template_to_scan);
  ScanFacts facts;
  facts.voxel_mm = visit.scan.grid.spacing_mm;
  facts.white = median_or_zero(samples.white);
  facts.gray = median_or_zero(samples.gray);
  facts.csf = median_or_zero(samples.csf);
  facts.white_rank = share_below(samples.brain, facts.white);
  for (std::size_t octant = 0; octant < facts.white_by_octant.size(); ++octant)
    if (facts.white > 0) facts.white_by_octant[octant] = median_or_zero(samples.white_by_octant[octant]) / facts.white;
  std::vector<float> sizes = samples.second_differences;
  for (float& value : sizes) value = std::abs(value);
  constexpr double to_standard_deviation = 1.4826;  // of a Gaussian's median absolute deviation
  if (facts.white > 0) facts.noise = to_standard_deviation * median_or_zero(sizes) / facts.white;
  if (!visit.brain_extracted)
    facts.ghost_level = ghost_level_of(visit.scan, head_template, visit.template_to_scan, facts.white);
  return facts;
}

std::string fingerprint(const Volume& scan) {
  struct Sums {
    std::uint64_t first = 0, second = 0;
    Sums& operator+=(const Sums& other) {
      first += other.first;
      second += other.second;
      return *this;
    }
  };
  const Sums sums = parallel_sum(scan.size(), voxel_block, Sums{}, [&](std::size_t begin, std::size_t end) {
    Sums part;
    for (std::size_t n = begin; n < end; ++n) {
      if (scan[n] == 0) continue;
      const std::uint64_t bits = std::bit_cast<std::uint32_t>(scan[n]);
      part.first += mixed(bits + 0x9e3779b97f4a7c15ULL);
      part.second += mixed(bits + 0x6a09e667f3bcc909ULL);
    }
    return part;
  });
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(sums.first),
                static_cast<unsigned long long>(sums.second));
  return text.data();
}

}  // namespace wane
