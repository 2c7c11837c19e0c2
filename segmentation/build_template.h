// Wane's own template out of one well-measured head (Colin27) with its extracted brain and an atlas of its gray matter.
#pragma once

#include "imaging/image.h"
#include "segmentation/head_template.h"

namespace wane {

// `head`: T1-weighted with skull; `brain`: the same, zero outside the brain; `atlas`: labels > 0 in gray matter, of
// which 71..78 (AAL: caudate, putamen, pallidum, thalamus) are gray whatever their intensity. All on one grid.
HeadTemplate build_template(const Volume& head, const Volume& brain, const LabelMap& atlas);

}  // namespace wane
