#include "registration/template_alignment.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "registration/pose_search.h"
#include "registration/visit_registration.h"

namespace wane {
namespace {

constexpr double normalisation_sigma_mm = 12.0;  // of the refinement: folds and ventricles stay, the bias field goes
constexpr double skull_mm = 3.0;                 // around the inside of the skull

ComparableScan comparable(const Volume& volume, const Mask& region, const VisitRegistrationOptions& options) {
  return comparable_scan(volume, resample(region, volume.grid), options);
}

double share_in_view(const Mask& region, const Grid& scan, const Affine& template_to_scan) {
  const Affine map = scan.lps_to_index() * template_to_scan * region.grid.index_to_lps();
  const auto& size = region.grid.size;
  double points = 0, seen = 0;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        if (!region.at(i, j, k)) continue;
        const Vec3 at = map * Vec3(i, j, k);
        points += 1;
        seen += !outside_box(scan.size, float(at[0]), float(at[1]), float(at[2]));
      }
  return points > 0 ? seen / points : 0;
}

// The first (best) of those that lie at the same place; `most` at the most, best first.
std::vector<Affine> distinct_starts(const std::vector<FoundPose>& poses, const Vec3& middle_mm, std::size_t most) {
  constexpr double same_place_mm = 12.0;
  std::vector<Affine> kept;
  for (const FoundPose& pose : poses) {
    if (kept.size() == most) break;
    if (std::none_of(kept.begin(), kept.end(), [&](const Affine& known) {
          return apart_mm(known, pose.head_to_scan, middle_mm) < same_place_mm;
        }))
      kept.push_back(pose.head_to_scan);
  }
  return kept;
}

bool plausible(const VisitRegistration& candidate) {
  const Vec3 stretch = Mat3(candidate.a_to_b.linear()).jacobiSvd().singularValues();
  return stretch.allFinite() && stretch.maxCoeff() < 1.4 && stretch.minCoeff() > 0.65;
}

bool closer(const VisitRegistration& a, const VisitRegistration& b) {
  return std::pair(plausible(a), a.correlation) > std::pair(plausible(b), b.correlation);
}

std::vector<VisitRegistration> registered(const ComparableScan& head, const ComparableScan& scan,
                                          const std::vector<Affine>& starts, const VisitRegistrationOptions& options) {
  std::vector<VisitRegistration> found(starts.size());
  parallel_tasks(starts.size(), [&](std::size_t n) {
    try {
      found[n] = register_visits(head, scan, starts[n], options);
    } catch (const InputError&) {  // a start that leads nowhere is no fault of the scan
      found[n].a_to_b = starts[n];
      found[n].correlation = -1;
    }
  });
  return found;
}

// By how much a candidate agrees better than the best that came to another place, and than nothing.
double lead_of(const VisitRegistration& candidate, const std::vector<VisitRegistration>& candidates,
               const Vec3& middle_mm) {
  double next = 0;
  for (const VisitRegistration& other : candidates)
    if (plausible(other) && apart_mm(other.a_to_b, candidate.a_to_b, middle_mm) > one_place_mm)
      next = std::max(next, other.correlation);
  return candidate.correlation - next;
}

// Template and scan on the voxels of the refinement, and where the template is compared.
struct Compared {
  const Volume& head;
  const Volume& scan;
  Mask nowhere;  // on the scan's grid: the template's region decides where to look
  Mask wide;     // with skull and scalp, which show where a head is
  Mask narrow;   // inside of the skull: folds and ventricles, which tell how the brain lies
};

std::vector<FoundPose> searched_poses(const Compared& compared, const TemplateAlignmentOptions& options) {
  VisitRegistrationOptions level;
  level.coarsest_mm = level.finest_mm = options.search_mm;
  level.normalisation_sigma_mm = 2 * options.search_mm;
  const ComparableLevel head = comparable(compared.head, compared.wide, level).front();
  const ComparableLevel scan = comparable(compared.scan, compared.nowhere, level).front();
  PoseSearchOptions search;
  search.search_angle_degrees = options.search_angle_degrees;
  return search_poses(head.normalised, head.weight, scan.normalised, search);
}

// The starts, registered with one size for all axes: with all of them free, a start that is far off is stretched
// instead of turned. Best first.
std::vector<VisitRegistration> tried_starts(const Compared& compared, const std::vector<FoundPose>& poses,
                                            const Vec3& middle_mm, const TemplateAlignmentOptions& options) {
  VisitRegistrationOptions level;
  level.model = LinearModel::similarity;
  level.normalisation_sigma_mm = normalisation_sigma_mm;
  level.coarsest_mm = level.finest_mm = options.search_mm;
  const ComparableScan head = comparable(compared.head, compared.narrow, level);
  const ComparableScan scan = comparable(compared.scan, compared.nowhere, level);
  const std::vector<Affine> starts = distinct_starts(poses, middle_mm, options.first_starts + options.more_starts);
  const auto later = starts.begin() + std::ptrdiff_t(std::min(options.first_starts, starts.size()));
  std::vector<VisitRegistration> candidates = registered(head, scan, {starts.begin(), later}, level);
  std::stable_sort(candidates.begin(), candidates.end(), closer);
  if (lead_of(candidates.front(), candidates, middle_mm) >= options.clear_lead) return candidates;
  const std::vector<VisitRegistration> more = registered(head, scan, {later, starts.end()}, level);
  candidates.insert(candidates.end(), more.begin(), more.end());
  std::stable_sort(candidates.begin(), candidates.end(), closer);
  return candidates;
}

struct Refined {
  VisitRegistration found;
  VisitRegistration candidate;  // what it was found from
};

// The best of the candidates, each with a size along every axis and shear.
Refined refined(const Compared& compared, std::vector<VisitRegistration> candidates,
                const TemplateAlignmentOptions& options) {
  constexpr std::size_t most = 3;
  VisitRegistrationOptions level;
  level.model = LinearModel::affine;
  level.normalisation_sigma_mm = normalisation_sigma_mm;
  level.coarsest_mm = 2 * options.finest_mm;
  level.finest_mm = options.finest_mm;
  candidates.resize(std::min(most, candidates.size()));
  std::vector<Affine> starts;
  for (const VisitRegistration& candidate : candidates) starts.push_back(candidate.a_to_b);
  const auto found = registered(comparable(compared.head, compared.narrow, level),
                                comparable(compared.scan, compared.nowhere, level), starts, level);
  std::size_t best = 0;
  for (std::size_t n = 1; n < found.size(); ++n)
    if (closer(found[n], found[best])) best = n;
  return {found[best], candidates[best]};
}

}  // namespace

double apart_mm(const Affine& a, const Affine& b, const Vec3& middle_mm) {
  constexpr double head_mm = 70.0;
  double most = 0;
  for (int axis = 0; axis < 3; ++axis)
    for (const double side : {-head_mm, head_mm}) {
      const Vec3 point = middle_mm + side * Vec3::Unit(axis);
      most = std::max(most, (a * point - b * point).norm());
    }
  return most;
}

TemplateAlignment align_to_template(const Volume& head, const Mask& brain, const Volume& scan,
                                    const TemplateAlignmentOptions& options) {
  require_same_grid(head.grid, brain.grid, "the template's head", "its brain");
  const Mask coarse_brain = resample(brain, isotropic_grid(brain.grid, 2.0));
  const Volume head_fine = downsampled(head, options.finest_mm), scan_fine = downsampled(scan, options.finest_mm);
  const Compared compared{head_fine, scan_fine, Mask(scan_fine.grid), dilated(coarse_brain, options.margin_mm),
                          dilated(coarse_brain, skull_mm)};
  const Vec3 middle_mm = box_middle_mm(coarse_brain);

  const std::vector<FoundPose> poses = searched_poses(compared, options);
  const std::vector<VisitRegistration> candidates = tried_starts(compared, poses, middle_mm, options);
  const auto [found, candidate] = refined(compared, candidates, options);
  TemplateAlignment result;
  result.template_to_scan = plausible(found) ? found.a_to_b : poses.front().head_to_scan;
  result.correlation = plausible(found) ? found.correlation : 0;
  result.lead = lead_of(candidate, candidates, middle_mm);
  result.overlap = share_in_view(resample(compared.wide, isotropic_grid(compared.wide.grid, 8.0)), scan.grid,
                                 result.template_to_scan);
  return result;
}

}  // namespace wane
