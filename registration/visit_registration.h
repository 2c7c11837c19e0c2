// Symmetric linear registration of two visits of one person.
//
// Both scans are sampled once at points half way between them and compared after local normalisation (mean 0, standard
// deviation 1 in a neighbourhood), which takes out bias field, gain and most of a change of scanner; Gauss-Newton with
// the mean of both gradients (ESM, Benhimane & Malis 2004) and Tukey's weights (Reuter 2010), so that lesions, moving
// scalp or neck do not pull. Exchanging the two scans gives the inverse transform.
#pragma once

#include "imaging/image.h"

namespace wane {

enum class LinearModel { rigid = 6, similarity = 7, rigid_with_scales = 9, affine = 12 };

struct VisitRegistrationOptions {
  LinearModel model = LinearModel::rigid;
  double coarsest_mm = 6.0;
  double finest_mm = 1.5;               // below this the transform no longer changes by a hundredth of a millimetre
  double normalisation_sigma_mm = 8.0;  // neighbourhood of the local normalisation
  double settled_fraction = 0.002;      // a level ends when a step moves points by less than this part of a voxel
  bool jackknife = false;               // estimate how certain the transform is
};

struct VisitRegistration {
  Affine a_to_b = Affine::Identity();  // LPS mm of scan a -> LPS mm of scan b
  double correlation = 0;              // of the locally normalised scans in the region, -1..1
  // With `jackknife`: a_to_b as it is found when one of eight groups of blocks of 24 mm is left out. The blocks of a
  // group are spread over the whole region.
  std::vector<Affine> leaving_out;
};

// The standard error of a number that follows from a registration, from its values when each group is left out (the
// delete-a-group jackknife, Kott 2001).
double jackknife_error(const std::vector<double>& leaving_out);

// A scan made ready to be compared with others, at every voxel size that the options ask for.
struct ComparableLevel {
  double spacing_mm = 0;
  Volume normalised;  // mean 0, standard deviation 1 in a neighbourhood; the part around the region
  Volume weight;      // the region, on the same grid
};
using ComparableScan = std::vector<ComparableLevel>;  // coarsest first

// `region`: where the scan is compared, on its grid (brain and inner skull). It may be empty: the other scan's then
// decides alone.
ComparableScan comparable_scan(const Volume& scan, const Mask& region, const VisitRegistrationOptions& options = {});

// Both made with these options.
VisitRegistration register_visits(const ComparableScan& a, const ComparableScan& b, const Affine& initial_a_to_b,
                                  const VisitRegistrationOptions& options = {});

// `region_*`: where the scans are compared, each on its scan's grid (brain and inner skull). One of the two may be
// empty: the other then decides alone.
// `initial_a_to_b` may be wrong by some 15 mm and 15 degrees.
VisitRegistration register_visits(const Volume& a, const Mask& region_a, const Volume& b, const Mask& region_b,
                                  const Affine& initial_a_to_b, const VisitRegistrationOptions& options = {});

// A measured transform between two visits, by their places in the list of visits.
struct PairTransform {
  std::size_t from = 0, to = 0;
  Affine from_to_to = Affine::Identity();  // rigid
};

// The rigid maps midpoint -> visit that agree best with all measured pairs (least squares in the tangent space) and
// whose mean is the identity in the sense of `rigid_mean` of the visits' own spaces: no visit is the reference.
// The pairs must link all visits.
std::vector<Affine> midpoint_to_visits(std::size_t visits, const std::vector<PairTransform>& pairs);

}  // namespace wane
