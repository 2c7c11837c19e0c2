#include "pipeline/stages/resolution.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/parallel.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"

namespace wane {
namespace {

// Voxel size of a grid along a direction, as the blur of a voxel that lies askew.
double voxel_along_mm(const Vec3& direction, const Grid& grid) {
  return (grid.direction.transpose() * direction).cwiseProduct(grid.spacing_mm).norm();
}

// A scan in the region's grid, less its local mean.
Volume fine_detail(const Volume& scan, const Vec3& blur_mm, const Affine& region_to_scan, const Grid& grid) {
  constexpr double local_mm = 6.0;
  Volume detail = blur_mm.isZero() ? resample(scan, grid, region_to_scan, Interpolation::cubic)
                                   : resample(gaussian(scan, blur_mm), grid, region_to_scan, Interpolation::cubic);
  const Volume mean = gaussian(detail, local_mm);
  parallel_voxels(detail.size(), [&](std::size_t n) { detail[n] -= mean[n]; });
  return detail;
}

struct Products {
  double ab = 0, aa = 0, bb = 0;
  Products& operator+=(const Products& other) {
    ab += other.ab;
    aa += other.aa;
    bb += other.bb;
    return *this;
  }
};

double correlation(const Volume& a, const Volume& b, const Mask& region) {
  const Products sum = parallel_sum(region.size(), voxel_block, Products{}, [&](std::size_t begin, std::size_t end) {
    Products part;
    for (std::size_t n = begin; n < end; ++n)
      if (region[n]) part += {double(a[n]) * b[n], double(a[n]) * a[n], double(b[n]) * b[n]};
    return part;
  });
  return sum.aa > 0 && sum.bb > 0 ? sum.ab / std::sqrt(sum.aa * sum.bb) : 0;
}

// Where the parabola through three equally spaced values has its top, in steps from the middle one.
double top_of(double before, double middle, double after) {
  const double bend = before - 2 * middle + after;
  return bend < 0 ? std::clamp(0.5 * (before - after) / bend, -1.0, 1.0) : 0;
}

}  // namespace

bool is_any_blurred(const std::vector<Vec3>& blurs_mm) {
  return std::any_of(blurs_mm.begin(), blurs_mm.end(), [](const Vec3& blur) { return !blur.isZero(); });
}

double matching_blur_factor(const std::vector<const Volume*>& scans, const std::vector<Affine>& region_to_scan,
                            const std::vector<Vec3>& blurs_mm, const Mask& region) {
  constexpr double least = 0.4, step = 0.2;  // the top between them is found by a parabola
  constexpr std::size_t steps = 5;
  std::array<double, steps> agreement{};
  for (std::size_t s = 0; s < steps; ++s) {
    std::vector<Volume> details;
    for (std::size_t v = 0; v < scans.size(); ++v)
      details.push_back(
          fine_detail(*scans[v], (least + step * double(s)) * blurs_mm[v], region_to_scan[v], region.grid));
    for (std::size_t a = 0; a < scans.size(); ++a)
      for (std::size_t b = a + 1; b < scans.size(); ++b)
        if (!blurs_mm[a].isZero() || !blurs_mm[b].isZero()) agreement[s] += correlation(details[a], details[b], region);
  }
  const auto best = std::size_t(std::max_element(agreement.begin(), agreement.end()) - agreement.begin());
  if (best == 0 || best + 1 == steps) return least + step * double(best);
  return least + step * (double(best) + top_of(agreement[best - 1], agreement[best], agreement[best + 1]));
}

std::vector<Vec3> blurs_to_coarsest_mm(const std::vector<Grid>& scans, const std::vector<Mat3>& to_midpoint) {
  constexpr double alike = 1.2, width_per_sigma = 2.0;  // 2.35 without the sixth
  std::vector<Vec3> blurs;
  for (std::size_t v = 0; v < scans.size(); ++v) {
    const Grid& own = scans[v];
    Vec3 sigma = Vec3::Zero();
    for (int axis = 0; axis < 3; ++axis) {
      const Vec3 direction = to_midpoint[v] * own.direction.col(axis);
      double coarsest_mm = 0;
      for (std::size_t other = 0; other < scans.size(); ++other)
        coarsest_mm = std::max(coarsest_mm, voxel_along_mm(to_midpoint[other].transpose() * direction, scans[other]));
      const double own_mm = own.spacing_mm[axis];
      if (coarsest_mm < alike * own_mm) continue;
      sigma[axis] = std::sqrt(coarsest_mm * coarsest_mm - own_mm * own_mm) / width_per_sigma;
    }
    blurs.push_back(sigma);
  }
  return blurs;
}

}  // namespace wane
