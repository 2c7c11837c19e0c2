// Small displacement fields: their values between voxels, and their inverse.
#pragma once

#include "imaging/image.h"

namespace wane {

// Trilinear value (LPS mm) at a continuous index of the field's grid; outside of the grid the nearest voxel's.
Eigen::Vector3f displacement_at(const DisplacementField& field, const Vec3& index);

// b with b(y) = -u(y + b(y)): x -> x + u(x) taken back. For fields that are one to one and shorter than a few voxels.
DisplacementField inverted(const DisplacementField& field);

// Each component smoothed by a Gaussian of `sigma_voxels`.
DisplacementField smoothed(const DisplacementField& field, double sigma_voxels);

}  // namespace wane
