// How well two visits of a person agree once they are rigidly aligned, and, where they agree poorly, what may have come
// between them: left and right exchanged, a wrong voxel size, a contrast agent. pipeline/quality judges.
#pragma once

#include <cstddef>
#include <optional>

#include "pipeline/stages/conform.h"
#include "registration/visit_registration.h"

namespace wane {

// How two visits agree where stretches are free too.
struct PairStretch {
  double correlation = 0;            // as below
  Vec3 axis_percent = Vec3::Zero();  // by which `to` shows the head larger along each axis of its own image, in length
};

struct PairAgreement {
  std::size_t from = 0, to = 0;  // places of the visits in time
  double correlation = 0;        // of the locally normalized scans in the brain and the inner skull, -1..1
  // The rest is looked at only where the scans as they are agree poorly.
  std::optional<double> mirrored_correlation;  // with one of the two mirrored, left for right
  std::optional<PairStretch> stretch;
  // Without what is brighter than white matter: contrast agent and fat do not count.
  std::optional<double> capped_correlation;
};

// Where visits are compared, on the template's grid: the brain and the inner skull.
Mask compared_region(const HeadTemplate& head_template);

// `scan`: the visit's, or what was made of it, on the visit's grid. `compared`: as above.
ComparableScan comparable_visit(const ConformedVisit& visit, const Volume& scan, const Mask& compared);

struct PlacedVisit {
  const ConformedVisit& visit;
  const ComparableScan& comparable;
};

// Where two visits lie to each other by their alignments to the template: rigid, LPS mm of `from` -> LPS mm of `to`.
Affine through_template(const ConformedVisit& from, const ConformedVisit& to, const HeadTemplate& head_template);

// `found`: the rigid registration of the two. `from` and `to` of the result are not set.
PairAgreement agreement_of(const PlacedVisit& from, const PlacedVisit& to, const VisitRegistration& found,
                           const HeadTemplate& head_template);

// The capped correlation alone, which costs a registration.
double capped_correlation(const ConformedVisit& from, const ConformedVisit& to, const Affine& from_to_to,
                          const HeadTemplate& head_template);

// The plane between left and right: the middle of the inside of the skull, LPS mm of the template along x.
double middle_plane_mm(const HeadTemplate& head_template);

}  // namespace wane
