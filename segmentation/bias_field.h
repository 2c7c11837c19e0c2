// Slow changes of brightness across a scan that come from the coil, not from the head.
#pragma once

#include "imaging/image.h"

namespace wane {

struct BiasFieldOptions {
  double working_spacing_mm = 4.0;  // the field is smooth: finer voxels bring nothing
  double knot_spacing_mm = 100.0;   // of the coarsest level of the B-spline
  int levels = 3;                   // each halves the knots' distance
  int iterations = 30;              // at each level
};

// N4 (Tustison 2010), as ITK's with a histogram of 200 bins, FWHM 0.15 and Wiener noise 0.01, but with separable fits,
// which take a hundredth of the time. Returns the field: the scan divided by it is corrected; its geometric mean over
// the mask is 1. The field covers the volume's whole grid. Throws InputError where the mask holds nothing bright.
Volume estimate_bias_field(const Volume& volume, const Mask& mask, const BiasFieldOptions& options = {});

}  // namespace wane
