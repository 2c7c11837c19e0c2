#include "pipeline/stages/agreement.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <limits>
#include <vector>

#include "base/median.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "registration/rigid.h"

namespace wane {
namespace {

// Above the limits of the check same_person (docs/quality.md), so that whatever it warns of was looked at.
constexpr double looked_at_again = 0.90;

// The scan with left and right exchanged: the same voxels on a grid that is reflected in space.
Volume mirrored(const Volume& scan) {
  Volume result = scan;
  result.grid.origin_mm[0] = -scan.grid.origin_mm[0];
  result.grid.direction.row(0) = -scan.grid.direction.row(0);
  return result;
}

// How well `from` agrees with the mirror image of `to`, which lies in the template as `to` does, because a head is its
// own mirror image as far as an affine transform can tell.
double mirrored_correlation(const PlacedVisit& from, const PlacedVisit& to, const HeadTemplate& head_template) {
  const Vec3 centre_mm = head_template.head.grid.centre_mm();
  const double middle_mm = middle_plane_mm(head_template);
  const Affine reflect_scan(Eigen::Scaling(Vec3(-1, 1, 1)));
  const Affine reflect_template = Eigen::Translation3d(2 * middle_mm, 0, 0) * Eigen::Scaling(Vec3(-1, 1, 1));
  const Affine template_to_mirrored = reflect_scan * to.visit.template_to_scan * reflect_template;
  const Volume scan = mirrored(to.visit.scan);
  const ComparableScan to_scan =
      comparable_scan(scan, resample(compared_region(head_template), scan.grid, template_to_mirrored.inverse()));
  const Affine start = nearest_rigid(template_to_mirrored * from.visit.template_to_scan.inverse(),
                                     from.visit.template_to_scan * centre_mm);
  return register_visits(from.comparable, to_scan, start).correlation;
}

// Two visits that no rigid motion brings together well may differ by a voxel size that is wrong: with free stretches
// they then agree.
PairStretch stretch_between(const PlacedVisit& from, const PlacedVisit& to) {
  const Affine start = to.visit.template_to_scan * from.visit.template_to_scan.inverse();
  VisitRegistrationOptions free;
  free.model = LinearModel::affine;
  const VisitRegistration found = register_visits(from.comparable, to.comparable, start, free);
  const Mat3 m = found.a_to_b.linear();
  const Eigen::SelfAdjointEigenSolver<Mat3> left(Mat3(m * m.transpose()));
  const Mat3 stretch = left.operatorSqrt();  // of `to`, in its own space
  PairStretch result{found.correlation, Vec3::Zero()};
  for (int axis = 0; axis < 3; ++axis) {
    const Vec3 along = to.visit.scan.grid.direction.col(axis);
    result.axis_percent[axis] = 100 * (along.dot(stretch * along) - 1);
  }
  return result;
}

// By the places where the template has white matter; infinite where the scan shows none.
float white_matter_brightness(const ConformedVisit& visit, const HeadTemplate& head_template) {
  const Volume white = resample(head_template.wm_prior, visit.scan.grid, visit.template_to_scan.inverse());
  std::vector<float> values;
  for (std::size_t n = 0; n < white.size(); ++n)
    if (white[n] > 0.8F && visit.scan[n] > 0) values.push_back(visit.scan[n]);
  return values.empty() ? std::numeric_limits<float>::infinity() : upper_median(std::move(values));
}

// What is brighter than white matter counts as white matter, and is left out with what lies next to it.
ComparableScan capped(const ConformedVisit& visit, const HeadTemplate& head_template) {
  constexpr float uneven = 1.1F;  // white matter itself varies by about as much, with the bias field
  constexpr double blurred_mm = 2.5;
  const float most = uneven * white_matter_brightness(visit, head_template);
  Volume scan = visit.scan;
  Mask bright(scan.grid);
  parallel_voxels(scan.size(), [&](std::size_t n) {
    bright[n] = scan[n] > most;
    scan[n] = std::min(scan[n], most);
  });
  bright = dilated(bright, blurred_mm);
  Mask region = resample(compared_region(head_template), scan.grid, visit.template_to_scan.inverse());
  parallel_voxels(region.size(), [&](std::size_t n) { region[n] = region[n] && !bright[n]; });
  return comparable_scan(scan, region);
}

}  // namespace

double middle_plane_mm(const HeadTemplate& head_template) {
  return box_middle_mm(head_template.intracranial_mask)[0];
}

Mask compared_region(const HeadTemplate& head_template) {
  return dilated(head_template.intracranial_mask, 3.0);
}

ComparableScan comparable_visit(const ConformedVisit& visit, const Volume& scan, const Mask& compared) {
  return comparable_scan(scan, resample(compared, scan.grid, visit.template_to_scan.inverse()));
}

Affine through_template(const ConformedVisit& from, const ConformedVisit& to, const HeadTemplate& head_template) {
  return nearest_rigid(to.template_to_scan * from.template_to_scan.inverse(),
                       from.template_to_scan * head_template.head.grid.centre_mm());
}

double capped_correlation(const ConformedVisit& from, const ConformedVisit& to, const Affine& from_to_to,
                          const HeadTemplate& head_template) {
  return register_visits(capped(from, head_template), capped(to, head_template), from_to_to).correlation;
}

PairAgreement agreement_of(const PlacedVisit& from, const PlacedVisit& to, const VisitRegistration& found,
                           const HeadTemplate& head_template) {
  PairAgreement agreement;
  agreement.correlation = found.correlation;
  if (found.correlation >= looked_at_again) return agreement;
  agreement.mirrored_correlation = mirrored_correlation(from, to, head_template);
  agreement.stretch = stretch_between(from, to);
  agreement.capped_correlation = capped_correlation(from.visit, to.visit, found.a_to_b, head_template);
  return agreement;
}

}  // namespace wane
