// Rigid motions as six numbers, their exponential and logarithm, and means.
#pragma once

#include <vector>

#include "imaging/grid.h"

namespace wane {

using Twist = Eigen::Matrix<double, 6, 1>;  // rotation vector (radians), then translation (mm), both about the origin

Affine rigid_exp(const Twist& twist);
Twist rigid_log(const Affine& rigid);

// The rotation nearest to the linear part (polar decomposition), placed so that `centre_mm` goes where `affine` takes
// it.
Affine nearest_rigid(const Affine& affine, const Vec3& centre_mm);

// The mean of rigid motions in the sense of the exponential map (Pennec 1998); no motion is preferred.
Affine rigid_mean(const std::vector<Affine>& motions);

// The mean of 12-parameter transforms in the sense of the matrix logarithm (log-Euclidean, Arsigny 2006).
Affine affine_mean(const std::vector<Affine>& transforms);

// Rotation angle in degrees.
double rotation_degrees(const Affine& rigid);

}  // namespace wane
