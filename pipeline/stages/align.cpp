#include "pipeline/stages/align.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "imaging/error.h"
#include "imaging/morphology.h"
#include "imaging/parallel.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"
#include "pipeline/stages/resolution.h"
#include "registration/rigid.h"
#include "registration/visit_registration.h"

namespace wane {
namespace {

// With more visits than this, only neighbours in time and the first visit are paired: all pairs grow with the square.
constexpr std::size_t most_visits_with_all_pairs = 5;

double chosen_spacing_mm(const std::vector<ConformedVisit>& visits, const AlignOptions& options) {
  if (options.spacing_mm > 0) return options.spacing_mm;
  double sum = 0;
  for (const ConformedVisit& visit : visits) sum += std::log(visit.scan.grid.voxel_volume_mm3()) / 3;
  const double mean = std::exp(sum / double(visits.size()));
  return std::clamp(std::round(mean * 20) / 20, 1.0, 2.0);
}

std::vector<PairTransform> pairs_to_measure(std::size_t visits) {
  std::vector<PairTransform> pairs;
  for (std::size_t from = 0; from < visits; ++from)
    for (std::size_t to = from + 1; to < visits; ++to)
      if (visits <= most_visits_with_all_pairs || from == 0 || to <= from + 2)
        pairs.push_back({from, to, Affine::Identity()});
  return pairs;
}

// Below this a registration has found nothing, and the template's alignments tell better where the head is.
constexpr double least_correlation = 0.3;
// Scans of one head, as they should be, agree by 0.82 and more (docs/quality.md, same_person).
constexpr double looked_at_mirrored = 0.75;

Vec3 bounding_box_centre_mm(const Mask& mask) {
  const Box box = bounding_box(mask);
  Vec3 middle;
  for (int axis = 0; axis < 3; ++axis) middle[axis] = 0.5 * (box.low[axis] + box.high[axis]);
  return mask.grid.index_to_lps() * middle;
}

// The scan with left and right exchanged: the same voxels on a grid that is reflected in space.
Volume mirrored(const Volume& scan) {
  Volume result = scan;
  result.grid.origin_mm[0] = -scan.grid.origin_mm[0];
  result.grid.direction.row(0) = -scan.grid.direction.row(0);
  return result;
}

// How well `from` agrees with the mirror image of `to`, which lies in the template as `to` does, because a head is its
// own mirror image as far as an affine transform can tell.
double mirrored_correlation(const ComparableScan& from_scan, const ConformedVisit& from, const ConformedVisit& to,
                            const HeadTemplate& head_template, const Mask& compared) {
  const Vec3 centre_mm = head_template.head.grid.centre_mm();
  const double middle_mm = bounding_box_centre_mm(head_template.intracranial_mask)[0];
  const Affine reflect_scan(Eigen::Scaling(Vec3(-1, 1, 1)));
  const Affine reflect_template = Eigen::Translation3d(2 * middle_mm, 0, 0) * Eigen::Scaling(Vec3(-1, 1, 1));
  const Affine template_to_mirrored = reflect_scan * to.template_to_scan * reflect_template;
  const Volume scan = mirrored(to.scan);
  const ComparableScan to_scan = comparable_scan(scan, resample(compared, scan.grid, template_to_mirrored.inverse()));
  const Affine start = nearest_rigid(template_to_mirrored * from.template_to_scan.inverse(),
                                     from.template_to_scan * centre_mm);
  return register_visits(from_scan, to_scan, start).correlation;
}

// The midpoint grid: the template's box around the brain, in the template's orientation, widened by the margin.
Grid midpoint_grid(const HeadTemplate& head_template, const Affine& template_to_midpoint, double spacing_mm,
                   double margin_mm) {
  const Box box = bounding_box(head_template.intracranial_mask);
  const Affine map = template_to_midpoint * head_template.head.grid.index_to_lps();
  Vec3 low = Vec3::Constant(std::numeric_limits<double>::max());
  Vec3 high = -low;
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 p = map * Vec3((corner & 1) ? box.high[0] : box.low[0], (corner & 2) ? box.high[1] : box.low[1],
                              (corner & 4) ? box.high[2] : box.low[2]);
    low = low.cwiseMin(p);
    high = high.cwiseMax(p);
  }
  low.array() -= margin_mm;
  high.array() += margin_mm;
  Grid grid;
  grid.spacing_mm = Vec3::Constant(spacing_mm);
  grid.origin_mm = low;
  for (int axis = 0; axis < 3; ++axis) grid.size[axis] = int(std::ceil((high[axis] - low[axis]) / spacing_mm)) + 1;
  return grid;
}

}  // namespace

void AlignOptions::validate() const {
  if (spacing_mm != 0 && !(spacing_mm >= 0.5 && spacing_mm <= 4))
    throw UsageError("align.spacing_mm must be 0 (from the scans) or lie between 0.5 and 4 mm.");
  if (!(margin_mm >= 10 && margin_mm <= 100)) throw UsageError("align.margin_mm must lie between 10 and 100 mm.");
}

OptionFields option_fields(AlignOptions& o) {
  return {
      {"spacing_mm", "mm", "voxel size of the midpoint space; 0 takes the visits' mean voxel size, 1 to 2 mm",
       &o.spacing_mm},
      {"margin_mm", "mm",
       "how much is kept around the brain; 20 keeps skull and scalp, which brain extraction looks at", &o.margin_mm}};
}

AlignedVisits align(const std::vector<ConformedVisit>& visits, const HeadTemplate& head_template,
                    const AlignOptions& options) {
  if (visits.empty()) throw InputError("there is no visit to align.");
  const Vec3 centre_mm = head_template.head.grid.centre_mm();
  std::vector<Affine> poses{Affine::Identity()};
  AlignedVisits result;
  if (visits.size() > 1) {
    const Mask compared = dilated(head_template.intracranial_mask, 3.0);
    std::vector<ComparableScan> comparable;
    comparable.reserve(visits.size());
    for (const ConformedVisit& visit : visits)
      comparable.push_back(
          comparable_scan(visit.scan, resample(compared, visit.scan.grid, visit.template_to_scan.inverse())));
    std::vector<PairTransform> pairs = pairs_to_measure(visits.size());
    for (PairTransform& pair : pairs) {
      const Affine through_template = visits[pair.to].template_to_scan * visits[pair.from].template_to_scan.inverse();
      const Affine start = nearest_rigid(through_template, visits[pair.from].template_to_scan * centre_mm);
      const VisitRegistration found = register_visits(comparable[pair.from], comparable[pair.to], start);
      PairAgreement agreement{pair.from, pair.to, found.correlation, std::nullopt};
      if (found.correlation < looked_at_mirrored)
        agreement.mirrored_correlation = mirrored_correlation(comparable[pair.from], visits[pair.from],
                                                              visits[pair.to], head_template, compared);
      result.agreement.push_back(agreement);
      const bool placed = found.correlation >= least_correlation;
      pair.from_to_to = placed ? found.a_to_b : start;
    }
    poses = midpoint_to_visits(visits.size(), pairs);
  }

  // Orientation and place come from the template, as the mean over visits, so that no visit's own axes are preferred.
  std::vector<Affine> rigid_parts, affine_parts;
  for (std::size_t v = 0; v < visits.size(); ++v) {
    affine_parts.push_back(poses[v].inverse() * visits[v].template_to_scan);
    rigid_parts.push_back(nearest_rigid(affine_parts.back(), centre_mm));
  }
  const Affine turn = rigid_mean(rigid_parts);
  for (Affine& part : affine_parts) part = turn.inverse() * part;
  result.template_to_midpoint = affine_mean(affine_parts);

  result.midpoint =
      midpoint_grid(head_template, result.template_to_midpoint, chosen_spacing_mm(visits, options), options.margin_mm);
  std::vector<Grid> grids;
  std::vector<Mat3> to_midpoint;
  for (std::size_t v = 0; v < visits.size(); ++v) {
    grids.push_back(visits[v].scan.grid);
    to_midpoint.push_back((poses[v] * turn).linear().transpose());
  }
  const std::vector<Vec3> blurs_mm = blurs_to_coarsest_mm(grids, to_midpoint);
  for (std::size_t v = 0; v < visits.size(); ++v) {
    AlignedVisit aligned;
    aligned.midpoint_to_scan = poses[v] * turn;
    const auto sampled = [&](const Volume& scan) {
      return resample(scan, result.midpoint, aligned.midpoint_to_scan, Interpolation::cubic);
    };
    aligned.preprocessed =
        blurs_mm[v].isZero() ? sampled(visits[v].scan) : sampled(gaussian(visits[v].scan, blurs_mm[v]));
    std::vector<float>& values = aligned.preprocessed.values;
    parallel_voxels(values.size(), [&](std::size_t n) { values[n] = std::max(values[n], 0.F); });
    aligned.seen = coverage(visits[v].scan.grid, result.midpoint, aligned.midpoint_to_scan);
    result.visits.push_back(std::move(aligned));
  }
  return result;
}

}  // namespace wane
