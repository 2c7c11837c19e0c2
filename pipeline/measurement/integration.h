// Volumes and changes from the Jacobian determinant integrated over partial-volume maps (Jacobian integration,
// Nakamura 2013): a voxel of the person's mean holding the fraction p of a tissue holds p J of it at the visit.
#pragma once

#include "imaging/image.h"
#include "pipeline/measurement/volumes.h"
#include "pipeline/stages/segment.h"

namespace wane {

// mL of each tissue at a visit; `jacobian` (mean -> visit) is on the maps' grid. The intracranial volume stays 0.
Volumes integrate_volumes(const TissueMaps& tissues, const Volume& jacobian);

TissueValues percent_change(const Volumes& from, const Volumes& to);  // 100 (to / from - 1)

// How uncertain the change is, in percent: what is still different between the two registered visits at the tissue's
// border, read as volume (a boundary shift integral of the residuals, in blocks of space that are taken as
// independent), together with the sampling error of those blocks. A first, conservative estimate; not yet calibrated.
TissueValues standard_error_percent(const TissueMaps& tissues, const Volume& jacobian_from, const Volume& jacobian_to,
                                    const Volume& warped_from, const Volume& warped_to);

}  // namespace wane
