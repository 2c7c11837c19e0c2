// Gray matter, white matter and CSF as fractions of each voxel.
//
// A mixture of five Gaussians: the pure tissues and the two mixtures of neighbours (CSF/GM, GM/WM), whose width is that
// of a uniform fraction between the pure means (Shattuck 2001); the template's priors; a Markov prior in which classes
// far apart in the order CSF < GM < WM repel (mean field, Zhang 2001); the bias field refined in the same iterations
// (Wells 1996). Fractions of the mixed classes follow linearly from the intensity.
#pragma once

#include <array>

#include "imaging/image.h"

namespace wane {

struct TissuePriors {  // on the intensity's grid; 0..1, they need not sum to 1
  Volume csf, gm, wm;
};

struct TissueMixtureOptions {
  int iterations = 20;
  double markov_weight = 0.15;  // cost of one differing neighbour face, in nats
  double prior_floor = 0.1;     // no place excludes a tissue: the template is another person's head
  double bias_sigma_mm = 18.0;  // smoothness of the refined bias field; 0 leaves the intensities alone
  // Where gray and white matter differ by less, in units of their deviation, the border between them is drawn by noise
  // and priors. Balls of known size without any contrast come out at 0.7 to 0.8, and at 1.2 the white one is half again
  // too large; a real head whose bright values were cut off comes out at 0.3. Of ten real scans the least, 3 mm slices
  // of a brain with MS, has 1.8; the others have 2.4 to 3.9.
  double least_contrast = 1.2;
};

struct TissueMixture {
  Volume csf, gm, wm;            // fractions, sum 1 inside the mask and 0 outside
  Volume corrected;              // the intensity divided by the refined bias field
  std::array<double, 3> mean{};  // CSF, GM, WM in units of `corrected`
  std::array<double, 3> deviation{};
};

// `intensity`: T1-weighted (CSF dark, WM bright), roughly bias corrected. Throws InputError where the three tissues
// cannot be told apart.
TissueMixture segment_tissues(const Volume& intensity, const Mask& brain, const TissuePriors& priors,
                              const TissueMixtureOptions& options = {});

// Priors from nothing but the intensities' order, for making a template.
TissuePriors flat_priors(const Volume& intensity, const Mask& brain);

}  // namespace wane
