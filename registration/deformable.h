// Deformable registration of one head to another person's head (the template to a scan).
//
// Greedy diffeomorphic registration with local normalised correlation (Avants 2008; Yushkevich's greedy): each small
// update is smoothed and composed, so the map stays invertible.
#pragma once

#include <vector>

#include "imaging/image.h"

namespace wane {

struct DeformableOptions {
  std::vector<double> levels_mm{8.0, 4.0, 2.0};
  std::vector<int> iterations{80, 60, 30};
  int correlation_radius_voxels = 2;
  double update_sigma_voxels = 1.8;  // smooths each update: how sharply neighbouring anatomy may part
  double field_sigma_voxels = 0.7;   // smooths the whole field: keeps it near the affine map
};

// The displacement u on a grid of `levels_mm.back()` over the fixed volume's box, such that the point x of the fixed
// space (LPS mm) lies at fixed_to_moving(x + u(x)) in the moving volume. `fixed_weight` (0..1, on the fixed grid) says
// where the volumes are compared.
DisplacementField register_deformable(const Volume& fixed, const Volume& fixed_weight, const Volume& moving,
                                      const Affine& fixed_to_moving, const DeformableOptions& options = {});

}  // namespace wane
