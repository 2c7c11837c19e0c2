// What the brain mask holds besides brain and CSF: dura, large vessels and scraps of the skull's base at its rim are as
// bright as gray matter, and as they do not shrink they dilute every change of it.
#pragma once

#include "imaging/image.h"

namespace wane {

struct MeningesOptions {
  double reach_mm = 10.0;      // how deep under the brain mask's border they are looked for
  double thickness_mm = 5.0;   // sheets and strands thinner than this are not brain unless they lie on it
  double corner_mm = 0.5;      // what rounding takes from the corners of gyri is given back up to this distance
  double least_part_ml = 5.0;  // a thick part of the brain that hangs together with no other is kept from this size on
};

// `tissue`: gray and white matter as a fraction of each voxel; `brain` on the same grid. Gives 1 where tissue near the
// border hangs on the brain by nothing thicker than a sheet (an opening by a ball, whose largest parts are the brain;
// in the manner of Shattuck 2001).
Mask meninges(const Volume& tissue, const Mask& brain, const MeningesOptions& options = {});

}  // namespace wane
