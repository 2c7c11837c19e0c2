// Grids that no test can get right by luck (oblique, anisotropic, away from the origin) and volumes rendered from
// formulas at the voxels' centres, so that no interpolation stands between a test and its truth.
#pragma once

#include <random>

#include "imaging/image.h"

namespace wane::test {

inline double uniform(std::mt19937& random, double low, double high) {
  return low + (high - low) * double(random()) / double(std::mt19937::max());
}

inline Vec3 random_point(std::mt19937& random, double reach) {
  return {uniform(random, -reach, reach), uniform(random, -reach, reach), uniform(random, -reach, reach)};
}

// A rotation about a random axis by at most `degrees` and a shift of at most `shift_mm` along each axis.
inline Affine random_motion(std::mt19937& random, double degrees, double shift_mm) {
  const Vec3 axis = random_point(random, 1.0).normalized();
  const double angle = uniform(random, 0.5, 1.0) * degrees * EIGEN_PI / 180;
  return Eigen::Translation3d(random_point(random, shift_mm)) * Eigen::AngleAxisd(angle, axis);
}

// Centred near `centre_mm`, turned by up to 180 degrees.
inline Grid oblique_grid(std::mt19937& random, const std::array<int, 3>& size, const Vec3& spacing_mm,
                         const Vec3& centre_mm = Vec3::Zero()) {
  Grid grid;
  grid.size = size;
  grid.spacing_mm = spacing_mm;
  grid.direction = random_motion(random, 180, 0).linear();
  grid.origin_mm = centre_mm - grid.centre_mm();
  return grid;
}

template <class F>
Volume rendered(const Grid& grid, F&& value_at_lps) {
  Volume volume(grid);
  const Affine to_lps = grid.index_to_lps();
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) volume.at(i, j, k) = float(value_at_lps(to_lps * Vec3(i, j, k)));
  return volume;
}

template <class F>
Mask rendered_mask(const Grid& grid, F&& inside_at_lps) {
  Mask mask(grid);
  const Affine to_lps = grid.index_to_lps();
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) mask.at(i, j, k) = inside_at_lps(to_lps * Vec3(i, j, k)) ? 1 : 0;
  return mask;
}

inline Grid upright_grid(const std::array<int, 3>& size, const Vec3& spacing_mm = Vec3::Ones()) {
  Grid grid;
  grid.size = size;
  grid.spacing_mm = spacing_mm;
  grid.origin_mm = -grid.centre_mm();
  return grid;
}

}  // namespace wane::test
