// Stage 2, all visits of a person: rigid registration of every pair, one unbiased midpoint space, one resampling each.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/option_field.h"
#include "imaging/image.h"
#include "pipeline/stages/agreement.h"
#include "pipeline/stages/conform.h"

namespace wane {

struct AlignOptions {
  double spacing_mm = 0.0;  // voxel size of the midpoint space; 0: from the visits' own voxels, at least 1 mm
  double margin_mm = 20.0;  // how much is kept around the brain on every side
  void validate() const;
};
OptionFields option_fields(AlignOptions& options);

struct AlignedVisit {
  Volume preprocessed;                           // on the midpoint grid, resampled once from the native scan
  Mask seen;                                     // 1 where the visit's scan shows what is there
  Affine midpoint_to_scan = Affine::Identity();  // rigid: LPS mm of the midpoint space -> LPS mm of the scan
  double constant_head_ml = 0;                   // inside the scan, but one constant value where there is a head
};

struct AlignedVisits {
  Grid midpoint;                                     // one grid for all visits, in the template's orientation
  std::vector<AlignedVisit> visits;                  // in the order given
  Affine template_to_midpoint = Affine::Identity();  // 12 parameters, the mean over visits
  std::vector<PairAgreement> agreement;              // of every pair that was registered
  std::vector<std::string> warnings;
};

// Which visits are registered with each other, each pair once, the earlier first: all pairs of up to 13 visits; of
// more, those 1, 2, 4, 8, ... places apart on a ring, so that every visit has the same number of partners.
std::vector<std::pair<std::size_t, std::size_t>> pairs_of_visits(std::size_t visits);

// No visit is the reference: giving up to 13 visits in another order gives the same space. Two visits that cannot be
// brought into agreement are placed by their alignments to the template; `agreement` tells of them, and
// pipeline/quality judges.
AlignedVisits align(const std::vector<ConformedVisit>& visits, const HeadTemplate& head_template,
                    const AlignOptions& options);

}  // namespace wane
