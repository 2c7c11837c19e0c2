// The brain (with the CSF around it) out of a whole head: the template's brain, carried over by a deformable alignment,
// less what the scan's own intensities show to be fat or sinus at its border.
#pragma once

#include "imaging/image.h"
#include "segmentation/head_template.h"
#include "segmentation/tissue_mixture.h"

namespace wane {

// The template on another grid, seen through its alignment.
struct CarriedTemplate {
  Volume brain_probability;
  TissuePriors priors;
  Mask intracranial;
};

// `to_template` takes LPS mm of the grid to LPS mm of the template after the displacement has been added.
CarriedTemplate carry_template(const HeadTemplate& head_template, const Grid& grid,
                               const DisplacementField& displacement, const Affine& to_template);

struct BrainExtractionOptions {
  double reach_mm = 5.0;              // how far inward the scan's intensities may move the template's border
  double brighter_than_white = 1.35;  // what is brighter than this, in white matter's brightness, is fat or blood
};

// `corrected`: bias corrected T1-weighted head; `carried` on the same grid. Throws InputError where the grid holds next
// to nothing of the template's brain, or the scan is dark there.
Mask extract_brain(const Volume& corrected, const CarriedTemplate& carried, const BrainExtractionOptions& options = {});

}  // namespace wane
