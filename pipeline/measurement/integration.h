// Volumes and changes from the Jacobian determinant integrated over partial-volume maps (Jacobian integration,
// Nakamura 2013): a voxel of the person's mean holding the fraction p of a tissue holds p J of it at the visit.
#pragma once

#include "imaging/image.h"
#include "pipeline/measurement/volumes.h"
#include "segmentation/tissue_maps.h"

namespace wane {

// mL of each tissue at a visit; `jacobian` (mean -> visit), or a weight of 0..1 for what a part holds, is on the maps'
// grid. The intracranial volume stays 0.
TissueVolumes integrate_volumes(const TissueMaps& tissues, const Volume& jacobian);

// How wide a tissue's border is, as the sigma of the Gaussian that a sharp border would have to be blurred by, mm,
// where `weight` (0..1, on the map's grid) is. For such a border the integral of m (1 - m) over that of |gradient m| is
// sigma / sqrt(pi). It is what the scans resolve, whatever their voxels are; 0 where the map has no border.
double border_width_mm(const Volume& map, const Volume& weight);

// Fitted to gray matter's loss that another program planted in three heads (chris, forrest, philips; -2.5 %, 2 % noise)
// at 1 and 2 mm, so that its mean error is 0 at both.
struct SharpeningOptions {
  double least_mm = 0.62;  // what the registration blurs by itself
  double narrowest_border_mm =
      0.69;  // of white matter: the widest of the three at 1 mm, which needed no more than that
  double each_mm_of_border = 4.1;
  double most_mm = 2.5;                   // more would raise noise
  double each_mm_of_neighbourhood = 0.6;  // at least; at the default neighborhood of 1 mm `least_mm` is more
};

// The sigma that maps are to be sharpened by, for scans that show white matter's border as wide as that and a
// registration with that neighborhood. Waves of
// planted displacements (8 and 16 updates, neighborhood and voxels of 1 mm, two heads) came back with 0.9 to 0.95 of
// their height at 12 mm, 0.7 to 0.8 at 6 mm and 0.7 at 4 mm, like a blur of 0.7 mm; unsharp scans blur both what the
// registration sees and the maps.
double sharpening_mm(double white_border_mm, double neighbourhood_mm, const SharpeningOptions& options = {});

// The maps with what is blurred by a Gaussian of `sigma_mm` taken back (van Cittert 1931, three terms); values may lie
// a little outside of 0..1. A registration that sees no further than its neighbourhood gives a blurred Jacobian
// determinant, in which gray matter's loss is mixed with the gain of the CSF beside it. The integral of a blurred
// determinant over a map is that of the determinant over a blurred map: over sharpened maps, it is nearly
// the right one.
TissueMaps sharpened(const TissueMaps& tissues, double sigma_mm);

TissueValues percent_change(const TissueVolumes& from, const TissueVolumes& to);  // of the mean of both, of each tissue

// What is still different between the two registered visits at the tissue's borders, read as volume, percent of the
// tissue (one standard error): a boundary shift integral of the residuals, summed in blocks of space that are taken as
// independent, and half of the sum over all of them.
TissueValues residual_percent(const TissueMaps& tissues, const Volume& jacobian_from, const Volume& jacobian_to,
                              const Volume& warped_from, const Volume& warped_to);

}  // namespace wane
