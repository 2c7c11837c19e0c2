// The displacement that makes every place grow or shrink at a wanted rate: the gradient of a Poisson potential.
#pragma once

#include "imaging/image.h"

namespace wane {

struct PoissonOptions {
  double tolerance = 1e-5;  // of the residual, relative to the right side; what is left is far below a truth's error
  int most_iterations = 4000;
};

// `rate`: wanted relative volume change (divergence) at each voxel of `domain`; its mean over the domain is taken off,
// because nothing flows through the domain's border. Values of the field: LPS mm; zero outside the domain.
// The grid's voxels must be isotropic. Same bits for any number of threads. Throws InputError where the domain is
// empty or the solve does not converge.
DisplacementField displacement_of_rate(const Volume& rate, const Mask& domain, const PoissonOptions& options = {});

}  // namespace wane
