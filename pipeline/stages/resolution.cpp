#include "pipeline/stages/resolution.h"

#include <algorithm>
#include <cmath>

namespace wane {
namespace {

// Voxel size of a grid along a direction, as the blur of a voxel that lies askew.
double voxel_along_mm(const Vec3& direction, const Grid& grid) {
  return (grid.direction.transpose() * direction).cwiseProduct(grid.spacing_mm).norm();
}

}  // namespace

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
