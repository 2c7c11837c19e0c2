// A head without details: a ball of white matter in a shell of gray, in CSF, in a skull.
#pragma once

#include <algorithm>

#include "pipeline/simulation/plant.h"

namespace wane::test {

struct Phantom {
  Volume t1;
  Mask brain;
};

// Radii 20 (white), 28 (gray), 34 (CSF) and 40 mm (scalp); borders are soft over one voxel, noise of 2 in 130.
inline Phantom phantom(double spacing_mm = 1.5, const Mat3& direction = Mat3::Identity()) {
  Grid grid;
  const int n = int(100 / spacing_mm);
  grid.size = {n, n + 2, n + 4};
  grid.spacing_mm = Vec3::Constant(spacing_mm);
  grid.direction = direction;
  grid.origin_mm = Vec3(10, -20, 30);
  Phantom phantom{Volume(grid), Mask(grid)};
  const CountedRandom noise(1);
  const Vec3 centre = grid.centre_mm();
  const Affine to_lps = grid.index_to_lps();
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const double radius = (to_lps * Vec3(i, j, k) - centre).norm();
        auto inside = [&](double r) { return std::clamp((r - radius) / spacing_mm + 0.5, 0.0, 1.0); };
        const double clean = 30 * inside(34) + 60 * inside(28) + 40 * inside(20) + 90 * (inside(40) - inside(34));
        phantom.t1.at(i, j, k) = float(clean + 2 * noise.normal(grid.offset(i, j, k)));
        phantom.brain.at(i, j, k) = radius < 31;
      }
  return phantom;
}

inline SourceHead phantom_head(double spacing_mm = 1.5) {
  const Phantom made = phantom(spacing_mm);
  return source_head(made.t1, made.brain);
}

}  // namespace wane::test
