// Symmetric diffeomorphic registration of all visits of one person in their midpoint space.
//
// All visits are brought to their common mean at once (Ashburner & Ridgway 2012): the displacements of the visits sum
// to zero at every point, no visit is the reference, and changes chain exactly: 1 to 3 is 1 to 2 then 2 to 3. Each
// update is the least-squares solution in a Gaussian neighbourhood (Lucas & Kanade 1981, the structure tensor as the
// Hessian) and is composed, so maps stay invertible; there is no penalty on the displacement itself, which would take
// away part of the change that is measured. Differences of brightness that are smooth are removed as it goes.
#pragma once

#include <vector>

#include "imaging/image.h"
#include "registration/vector_field.h"

namespace wane {

struct GroupwiseOptions {
  std::vector<double> levels_mm{4.0, 2.0, 0.0};  // 0: the volumes' own voxels
  std::vector<int> iterations{8, 8, 8};
  double neighbourhood_mm = 1.0;  // sigma of the neighbourhood at the finest level; coarser levels: their voxel
  double noise_fraction = 0.02;   // noise as a part of the mean brightness; damps updates where nothing is seen
};

struct GroupwiseResult {
  std::vector<VectorField> mean_to_visit;  // a point x of the mean lies at x + u(x) in the visit; on the volumes' grid
  std::vector<Volume> warped;              // the visits in the mean's space, brightness matched
  Volume mean;
  // How far the last update still moved points where visits are compared, root mean square, mm: what has settled moves
  // by hundredths.
  double last_step_mm = 0;
};

// `visits`: intensities on one grid, about equally bright. `weight`: 0..1, where they are compared.
GroupwiseResult register_groupwise(const std::vector<Volume>& visits, const Volume& weight,
                                   const GroupwiseOptions& options = {});

}  // namespace wane
