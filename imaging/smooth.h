// Separable smoothing; voxels beyond the border repeat the border's value.
#pragma once

#include "imaging/image.h"

namespace wane {

// Gaussian of `sigma_mm` (per axis in mm, whatever the voxel size). Zero returns the volume itself.
Volume gaussian(const Volume& volume, double sigma_mm);
Volume gaussian(const Volume& volume, const Vec3& sigma_mm);

// One half of a Gaussian's weights, from the centre outwards; both halves sum to 1.
std::vector<float> gaussian_kernel(double sigma_voxels);

// In place on bare values, sigma in voxels; for the inner loops of registration and segmentation.
void gaussian_in_place(std::vector<float>& values, const std::array<int, 3>& size, const Vec3& sigma_voxels);

// Mean over a box of (2 radius + 1)^3 voxels, in place.
void box_mean_in_place(std::vector<float>& values, const std::array<int, 3>& size, int radius);

// gaussian(value * weight) / gaussian(weight): smoothing that does not mix in what lies outside the weight.
// Where the smoothed weight is below 1e-3, the result is `empty`.
Volume normalised_gaussian(const Volume& value, const Volume& weight, double sigma_mm, float empty = 0.F);

}  // namespace wane
