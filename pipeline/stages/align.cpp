#include "pipeline/stages/align.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/median.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"
#include "pipeline/stages/resolution.h"
#include "registration/rigid.h"
#include "registration/visit_registration.h"

namespace wane {
namespace {

double chosen_spacing_mm(const std::vector<ConformedVisit>& visits, const AlignOptions& options) {
  if (options.spacing_mm > 0) return options.spacing_mm;
  double sum = 0;
  for (const ConformedVisit& visit : visits) sum += std::log(visit.scan.grid.voxel_volume_mm3()) / 3;
  const double mean = std::exp(sum / double(visits.size()));
  return std::clamp(std::round(mean * 20) / 20, 1.0, 2.0);
}

// Below this a registration has found nothing, and the template's alignments tell better where the head is.
constexpr double least_correlation = 0.3;
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

// Where a visit shows one constant value although there is a head: another visit shows tissue in the same place, or it
// lies deep inside the skull. Air that was set to 0 is neither.
class Unmeasured {
 public:
  static constexpr double least_ml = 1.0;  // what is smaller is no missing part of a head

  Unmeasured(const AlignedVisits& aligned, Mask inside)
      : aligned_(aligned), inside_(std::move(inside)), reach_(dilated(inside_, reach_mm)) {
    for (const AlignedVisit& visit : aligned.visits) tissue_.push_back(tissue_of(visit.preprocessed));
  }

  // `constant`: of each visit on the midpoint grid; no voxels where it has none.
  Mask of(std::size_t visit, const std::vector<Mask>& constant) const {
    const Mask& own = constant[visit];
    const double voxel_ml = own.grid.voxel_volume_ml();
    Mask shown_elsewhere(own.grid);
    parallel_voxels(own.size(), [&](std::size_t n) {
      if (!own[n] || !reach_[n]) return;
      for (std::size_t other = 0; other < tissue_.size(); ++other) {
        if (other == visit || !aligned_.visits[other].seen[n]) continue;
        if (!constant[other].empty() && constant[other][n]) continue;
        shown_elsewhere[n] |= aligned_.visits[other].preprocessed[n] > tissue_[other];
      }
    });
    // Skin that lies a voxel further out in one visit is no missing part of the head.
    Mask found = opened(shown_elsewhere, thickest_rim_mm);
    if (double(count(found)) * voxel_ml >= least_ml)
      found = closed(dilated(found, thickest_rim_mm), thickest_bone_mm);
    else
      found = Mask(own.grid);
    const Mask depth = eroded(inside_, template_error_mm);
    Mask deep(own.grid);
    parallel_voxels(own.size(), [&](std::size_t n) { deep[n] = own[n] && depth[n]; });
    deep = opened(deep, thickest_rim_mm);
    const bool cut_deep = double(count(deep)) * voxel_ml >= least_ml;
    parallel_voxels(own.size(),
                    [&](std::size_t n) { found[n] = own[n] && reach_[n] && (found[n] || (cut_deep && inside_[n])); });
    return found;
  }

 private:
  static constexpr double reach_mm = 18.0;           // skull and scalp, at which drift of the voxel size is seen
  static constexpr double thickest_rim_mm = 3.0;     // by which two visits' outlines differ
  static constexpr double thickest_bone_mm = 6.0;    // bone is dark between brain and scalp, which are tissue
  static constexpr double template_error_mm = 10.0;  // by which the aligned template's skull misses the head's own

  // A fifth of the middle brightness inside the skull.
  float tissue_of(const Volume& scan) const {
    std::vector<float> values;
    for (std::size_t n = 0; n < scan.size(); n += 3)
      if (inside_[n]) values.push_back(scan[n]);
    return values.empty() ? 0 : 0.2F * upper_median(std::move(values));
  }

  const AlignedVisits& aligned_;
  Mask inside_, reach_;
  std::vector<float> tissue_;
};

double common_ml(const Mask& a, const Mask& b) {
  const std::size_t both = parallel_sum(a.size(), voxel_block, std::size_t(0), [&](std::size_t begin, std::size_t end) {
    std::size_t part = 0;
    for (std::size_t n = begin; n < end; ++n) part += a[n] && b[n];
    return part;
  });
  return double(both) * a.grid.voxel_volume_ml();
}

// Takes out of what each visit has seen what it shows as one constant value.
void leave_out_unmeasured(AlignedVisits& aligned, const std::vector<ConformedVisit>& visits,
                          const HeadTemplate& head_template) {
  if (std::all_of(visits.begin(), visits.end(), [](const ConformedVisit& v) { return v.constant.empty(); })) return;
  const Mask inside =
      resample(head_template.intracranial_mask, aligned.midpoint, aligned.template_to_midpoint.inverse());
  std::vector<Mask> constant(visits.size());
  bool any = false;
  for (std::size_t v = 0; v < visits.size(); ++v) {
    if (visits[v].constant.empty()) continue;
    constant[v] = resample(visits[v].constant, aligned.midpoint, aligned.visits[v].midpoint_to_scan);
    if (common_ml(constant[v], inside) < Unmeasured::least_ml)
      constant[v] = Mask();  // it is air
    else
      any = true;
  }
  if (!any) return;
  const Unmeasured unmeasured(aligned, inside);
  std::vector<Mask> found(visits.size());
  for (std::size_t v = 0; v < visits.size(); ++v)
    if (!constant[v].empty()) found[v] = unmeasured.of(v, constant);
  for (std::size_t v = 0; v < visits.size(); ++v) {
    if (found[v].empty()) continue;
    AlignedVisit& visit = aligned.visits[v];
    visit.constant_head_ml = volume_ml(found[v]);
    parallel_voxels(visit.seen.size(), [&](std::size_t n) { visit.seen[n] = visit.seen[n] && !found[v][n]; });
  }
}

// An order of two visits that hangs on their scans alone.
bool comes_first(const Volume& a, const Volume& b) {
  return std::lexicographical_compare(a.values.begin(), a.values.end(), b.values.begin(), b.values.end());
}

// From one visit to the other, found from whichever of them comes first: a registration ends a few thousandths of a
// millimeter from where the one the other way does, and exchanging the visits must not show it.
VisitRegistration registered_in_order(const PlacedVisit& from, const PlacedVisit& to,
                                      const HeadTemplate& head_template) {
  if (!comes_first(to.visit.scan, from.visit.scan))
    return register_visits(from.comparable, to.comparable, through_template(from.visit, to.visit, head_template));
  VisitRegistration found =
      register_visits(to.comparable, from.comparable, through_template(to.visit, from.visit, head_template));
  found.a_to_b = found.a_to_b.inverse();
  return found;
}

// By what the blurs are multiplied so that the visits are equally sharp inside the skull.
double blur_factor(const std::vector<ConformedVisit>& visits, const std::vector<Affine>& poses, const Affine& turn,
                   const AlignedVisits& aligned, const HeadTemplate& head_template, const std::vector<Vec3>& blurs_mm) {
  const Mask inside =
      resample(head_template.intracranial_mask, aligned.midpoint, aligned.template_to_midpoint.inverse());
  const Box box = bounding_box(inside);
  const Mask region = resample(inside, cropped_grid(inside.grid, box.low, box.high));
  std::vector<const Volume*> scans;
  std::vector<Affine> region_to_scan;
  for (std::size_t v = 0; v < visits.size(); ++v) {
    scans.push_back(&visits[v].scan);
    region_to_scan.push_back(poses[v] * turn);
  }
  return matching_blur_factor(scans, region_to_scan, blurs_mm, region);
}

}  // namespace

void AlignOptions::validate() const {
  require_allowed_options("align", *this);
}

OptionFields option_fields(AlignOptions& o) {
  return {{"spacing_mm",
           "mm",
           "voxel size of the midpoint space; 0 takes the visits' mean voxel size, 1 to 2 mm",
           &o.spacing_mm,
           {0.5, 4, "from the scans"},
           numerical("half the voxel takes eight times as long")},
          {"margin_mm",
           "mm",
           "how much is kept around the brain; 20 keeps skull and scalp, which brain extraction looks at",
           &o.margin_mm,
           {10, 100},
           OptionOrigin{OptionOrigin::Kind::choice, "keeps skull and scalp"},
           OptionKind::expert}};
}

std::vector<std::pair<std::size_t, std::size_t>> pairs_of_visits(std::size_t visits) {
  constexpr std::size_t most_visits_with_all_pairs = 13;  // 78 pairs
  // Twice as far each time, around the ring: every visit has the same partners, and any two are linked over few others.
  const auto paired = [&](std::size_t apart) {
    const std::size_t around = std::min(apart, visits - apart);
    return visits <= most_visits_with_all_pairs || (around & (around - 1)) == 0;
  };
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t from = 0; from < visits; ++from)
    for (std::size_t to = from + 1; to < visits; ++to)
      if (paired(to - from)) pairs.emplace_back(from, to);
  return pairs;
}

AlignedVisits align(const std::vector<ConformedVisit>& visits, const HeadTemplate& head_template,
                    const AlignOptions& options) {
  if (visits.empty()) throw InputError("there is no visit to align.");
  const Vec3 centre_mm = head_template.head.grid.centre_mm();
  std::vector<Affine> poses{Affine::Identity()};
  AlignedVisits result;
  if (visits.size() > 1) {
    const Mask compared = compared_region(head_template);
    std::vector<ComparableScan> comparable;
    comparable.reserve(visits.size());
    for (const ConformedVisit& visit : visits) comparable.push_back(comparable_visit(visit, visit.scan, compared));
    std::vector<PairTransform> pairs;
    for (const auto& [from, to] : pairs_of_visits(visits.size())) pairs.push_back({from, to, Affine::Identity()});
    for (PairTransform& pair : pairs) {
      const PlacedVisit from{visits[pair.from], comparable[pair.from]}, to{visits[pair.to], comparable[pair.to]};
      const VisitRegistration found = registered_in_order(from, to, head_template);
      PairAgreement agreement = agreement_of(from, to, found, head_template);
      agreement.from = pair.from;
      agreement.to = pair.to;
      result.agreement.push_back(agreement);
      const bool placed = found.correlation >= least_correlation;
      pair.from_to_to = placed ? found.a_to_b : through_template(from.visit, to.visit, head_template);
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
  std::vector<Vec3> blurs_mm = blurs_to_coarsest_mm(grids, to_midpoint);
  if (is_any_blurred(blurs_mm)) {
    const double factor = blur_factor(visits, poses, turn, result, head_template, blurs_mm);
    for (Vec3& blur : blurs_mm) blur *= factor;
  }
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
  leave_out_unmeasured(result, visits, head_template);
  return result;
}

}  // namespace wane
