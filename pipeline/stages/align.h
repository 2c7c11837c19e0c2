// Stage 2, all visits of a person: rigid registration of every pair, one unbiased midpoint space, one resampling each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "imaging/image.h"
#include "imaging/option_field.h"
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

// How two visits agree where stretches are free too.
struct PairStretch {
  double correlation = 0;            // as below
  Vec3 axis_percent = Vec3::Zero();  // by which `to` shows the head larger along each axis of its own image, in length
};

// How well two visits agree once they are rigidly aligned, by their places in time.
struct PairAgreement {
  std::size_t from = 0, to = 0;
  double correlation = 0;  // of the locally normalized scans in the brain and the inner skull, -1..1
  // The same with one of the two mirrored, left for right. Looked at only where the scans as they are agree poorly.
  std::optional<double> mirrored_correlation;
  std::optional<PairStretch> stretch;  // likewise only then
};

struct AlignedVisits {
  Grid midpoint;                                     // one grid for all visits, in the template's orientation
  std::vector<AlignedVisit> visits;                  // in the order given
  Affine template_to_midpoint = Affine::Identity();  // 12 parameters, the mean over visits
  std::vector<PairAgreement> agreement;              // of every pair that was registered
  std::vector<std::string> warnings;
};

// The plane between left and right: the middle of the inside of the skull, LPS mm of the template along x.
double middle_plane_mm(const HeadTemplate& head_template);

// No visit is the reference: giving the visits in another order gives the same space. Two visits that cannot be brought
// into agreement are placed by their alignments to the template; `agreement` tells of them, and pipeline/quality
// judges.
AlignedVisits align(const std::vector<ConformedVisit>& visits, const HeadTemplate& head_template,
                    const AlignOptions& options);

}  // namespace wane
