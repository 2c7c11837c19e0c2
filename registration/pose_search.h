// Where one head lies in a scan of another, from no idea at all: every rotation of a grid, every size and every
// translation are tried on coarse voxels.
//
// What is compared are locally normalised scans (visit_registration.h), which see folds, ventricles and the layers of
// the skull and not how bright a scan is. All translations of one rotation come at once, as a product of Fourier
// transforms (fast normalised cross-correlation, Lewis 1995; regions, Padfield 2012). No random numbers.
#pragma once

#include <vector>

#include "imaging/image.h"

namespace wane {

struct PoseSearchOptions {
  double search_angle_degrees = 60.0;  // how far the head may be turned, about any axis; 180 looks for it in any way
  // Between neighboring rotations: registration still finds the head from the farthest of what lies between them.
  double rotation_step_degrees = 25.0;
  std::vector<double> sizes = {0.8, 0.92, 1.06};  // of the scan's head, as parts of the searched one's
};

struct FoundPose {
  Affine head_to_scan = Affine::Identity();  // LPS mm to LPS mm: rotation, size, translation
  double agreement = 0;                      // of the normalised volumes, about 0..1; less where the scan covers less
};

// `head` and `scan`: locally normalised, of about equal voxels, each on its own grid. `weight`: where `head` is
// compared, 0..1 on its grid. The best translation of every rotation and size, best first; where the scan shows too
// little of the head at every place, the agreement is -1.
std::vector<FoundPose> search_poses(const Volume& head, const Volume& weight, const Volume& scan,
                                    const PoseSearchOptions& options = {});

}  // namespace wane
