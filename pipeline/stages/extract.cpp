#include "pipeline/stages/extract.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error_context.h"
#include "base/median.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"
#include "pipeline/stages/resolution.h"
#include "registration/deformable.h"
#include "segmentation/bias_field.h"
#include "segmentation/brain_extraction.h"

namespace wane {
namespace {

// White matter by the template's prior is at 100, so that visits can be averaged.
void scale_white_matter(Volume& volume, const Volume& wm_prior, const Mask& brain) {
  std::vector<float> values;
  for (std::size_t n = 0; n < volume.size(); ++n)
    if (brain[n] && wm_prior[n] > 0.8F && volume[n] > 0) values.push_back(volume[n]);
  if (values.size() < 100)
    throw InputError(
        "the scan shows no white matter where the template has it: look at the scan, and leave it out if it does not "
        "show a whole brain.");
  const float factor = 100.F / upper_median(std::move(values));
  parallel_voxels(volume.size(), [&](std::size_t n) { volume[n] *= factor; });
}

// The visit without its bias field and with white matter at 100; `white` and `inside` are the template's.
Volume corrected_visit(const Volume& visit, const Mask& inside, const Volume& white, const BiasFieldOptions& options) {
  const Volume field = estimate_bias_field(visit, inside, options);
  Volume corrected = visit;
  parallel_voxels(corrected.size(), [&](std::size_t n) { corrected[n] /= field[n]; });
  scale_white_matter(corrected, white, inside);
  return corrected;
}

// The mean of the visits that saw each place; 0 where none did.
Volume mean_where_seen(const std::vector<Volume>& volumes, const AlignedVisits& aligned) {
  Volume mean(aligned.midpoint);
  parallel_voxels(mean.size(), [&](std::size_t n) {
    float sum = 0, seen = 0;
    for (std::size_t v = 0; v < volumes.size(); ++v) {
      if (!aligned.visits[v].seen[n]) continue;
      sum += volumes[v][n];
      seen += 1;
    }
    mean[n] = sum / std::max(1.F, seen);
  });
  return mean;
}

bool seen_by_any(const AlignedVisits& aligned, std::size_t voxel) {
  return std::any_of(aligned.visits.begin(), aligned.visits.end(),
                     [&](const AlignedVisit& v) { return v.seen[voxel] != 0; });
}

// Where the visits can be compared: inside every scan's coverage and, for scans that came brain-extracted, inside what
// their own extraction left, since each visit was cut elsewhere. A cut is far steeper than any border of tissues, so
// that nothing of it may be left under the ramp. The edge of a region of one constant value is as steep, and
// interpolation carries it two of the scan's voxels into what is seen.
Volume comparable_region(const AlignedVisits& aligned, const std::vector<ConformedVisit>& visits) {
  constexpr float clear_of_coverage_mm = 2.0F, clear_of_cut_mm = 3.0F, ramp_mm = 1.5F, interpolated_voxels = 2;
  Volume region(aligned.midpoint, 1.F);
  for (std::size_t v = 0; v < visits.size(); ++v) {
    const AlignedVisit& visit = aligned.visits[v];
    Mask usable = visit.seen;
    if (visits[v].brain_extracted) {
      parallel_voxels(usable.size(), [&](std::size_t n) { usable[n] = visit.preprocessed[n] > 0; });
      usable = holes_filled(usable);
    }
    if (count(usable) == usable.size()) continue;  // no border: the whole grid is seen
    float clear_mm = visits[v].brain_extracted ? clear_of_cut_mm : clear_of_coverage_mm;
    if (visit.constant_head_ml > 0) clear_mm += interpolated_voxels * float(visits[v].scan.grid.spacing_mm.maxCoeff());
    const Volume distance = signed_distance(usable);
    parallel_voxels(region.size(), [&](std::size_t n) {
      region[n] = std::min(region[n], std::clamp((-distance[n] - clear_mm) / ramp_mm, 0.F, 1.F));
    });
  }
  return region;
}

// Other tools leave a rim of dura and half-empty voxels: what is darker than any brain (white matter is 100), lies near
// the cut and can be reached from outside through such voxels is taken off.
Mask without_dark_rim(const Mask& brain, const Volume& mean) {
  constexpr double rim_mm = 4.0;
  constexpr float darker_than = 32.F;
  const Mask core = eroded(brain, rim_mm);
  Mask open(brain.grid);  // holes of the complement are what cannot be reached from outside
  parallel_voxels(brain.size(), [&](std::size_t n) { open[n] = brain[n] && (core[n] || mean[n] >= darker_than); });
  return holes_filled(open);
}

// What was left in scans that came without skull: where the extracted visits, on average, are not empty.
Mask brain_as_delivered(const AlignedVisits& aligned, const std::vector<ConformedVisit>& visits, const Volume& mean) {
  Volume kept(aligned.midpoint);
  float total = 0;
  for (std::size_t v = 0; v < visits.size(); ++v) {
    if (!visits[v].brain_extracted) continue;
    Volume any(visits[v].scan.grid);
    parallel_voxels(any.size(), [&](std::size_t n) { any[n] = visits[v].scan[n] > 0; });
    const Volume carried = resample(any, aligned.midpoint, aligned.visits[v].midpoint_to_scan);
    parallel_voxels(kept.size(), [&](std::size_t n) { kept[n] += carried[n]; });
    total += 1;
  }
  const Mask whole = largest_component(holes_filled(threshold(kept, 0.5F * total)));
  return largest_component(holes_filled(without_dark_rim(whole, mean)));
}

// Along the midpoint space's axes; `scan_axes` are the scans' own in it.
std::vector<Vec3> blurs_of(const AlignedVisits& aligned, const std::vector<ConformedVisit>& visits,
                           const std::vector<Mat3>& scan_axes) {
  std::vector<Grid> scans;
  std::vector<Mat3> to_midpoint;
  for (std::size_t v = 0; v < visits.size(); ++v) {
    scans.push_back(visits[v].scan.grid);
    to_midpoint.push_back(aligned.visits[v].midpoint_to_scan.linear().transpose());
  }
  std::vector<Vec3> blurs_mm = blurs_to_coarsest_mm(scans, to_midpoint);
  for (std::size_t v = 0; v < visits.size(); ++v)
    blurs_mm[v] = (scan_axes[v] * blurs_mm[v].asDiagonal()).rowwise().norm();
  return blurs_mm;
}

}  // namespace

void ExtractOptions::validate() const {
  require_allowed_options("extract", *this);
}

OptionFields option_fields(ExtractOptions& o) {
  return {{"warp_spacing_mm",
           "mm",
           "finest voxel size of the template's deformable alignment; the folds of two people do not match better than "
           "2 mm",
           &o.warp_spacing_mm,
           {1, 4},
           numerical("the folds of two people do not match better than 2 mm"),
           OptionKind::expert},
          {"bias_wavelength_mm",
           "mm",
           "shortest wave of the bias field; a shorter one would take up anatomy",
           &o.bias_wavelength_mm,
           {20, 400},
           {OptionOrigin::Kind::choice, "a judgment, no measurement"},
           OptionKind::expert}};
}

ExtractedBrain extract(const AlignedVisits& aligned, const std::vector<ConformedVisit>& visits,
                       const HeadTemplate& head_template, const ExtractOptions& options) {
  const Grid& grid = aligned.midpoint;
  const Affine to_template = aligned.template_to_midpoint.inverse();
  const bool extracted =
      std::any_of(visits.begin(), visits.end(), [](const ConformedVisit& v) { return v.brain_extracted; });

  const Mask rough = resample(head_template.intracranial_mask, grid, to_template);
  const Volume rough_white = resample(head_template.wm_prior, grid, to_template);
  BiasFieldOptions bias;
  bias.knot_spacing_mm = 2 * options.bias_wavelength_mm;
  ExtractedBrain result;
  result.corrected.resize(visits.size());
  parallel_tasks(visits.size(), [&](std::size_t v) {
    result.corrected[v] = naming_in_errors(
        visits[v].name, [&] { return corrected_visit(aligned.visits[v].preprocessed, rough, rough_white, bias); });
  });
  result.mean = mean_where_seen(result.corrected, aligned);
  result.comparable = comparable_region(aligned, visits);

  // Scans that came without skull are compared with the template's brain alone.
  Volume moving = head_template.head;
  if (extracted)
    parallel_voxels(moving.size(), [&](std::size_t n) { moving[n] *= head_template.brain_probability[n]; });
  const Volume weight = as_volume(dilated(rough, extracted ? 8.0 : 12.0));
  DeformableOptions deformable;
  deformable.levels_mm = {4 * options.warp_spacing_mm, 2 * options.warp_spacing_mm, options.warp_spacing_mm};
  const DisplacementField displacement = register_deformable(result.mean, weight, moving, to_template, deformable);
  const CarriedTemplate carried = carry_template(head_template, grid, displacement, to_template);

  result.intracranial = carried.intracranial;
  result.skull_shown = !extracted;
  for (std::size_t v = 0; v < visits.size(); ++v)
    result.scan_axes.emplace_back(aligned.visits[v].midpoint_to_scan.linear().transpose() *
                                  visits[v].scan.grid.direction);
  result.blurs_mm = blurs_of(aligned, visits, result.scan_axes);
  for (const ConformedVisit& visit : visits)
    result.coarsest_voxel_mm3 = std::max(result.coarsest_voxel_mm3, visit.scan.grid.voxel_volume_mm3());
  if (extracted) {
    result.brain_mask = brain_as_delivered(aligned, visits, result.mean);
  } else {
    result.brain_mask = extract_brain(result.mean, carried);
    parallel_voxels(grid.voxel_count(), [&](std::size_t n) {
      if (!seen_by_any(aligned, n)) result.brain_mask[n] = 0;
    });
  }
  for (const AlignedVisit& visit : aligned.visits) {
    Mask unseen(grid);
    parallel_voxels(grid.voxel_count(), [&](std::size_t n) { unseen[n] = result.brain_mask[n] && !visit.seen[n]; });
    result.unseen_brain_ml.push_back(volume_ml(unseen));
  }
  result.gm_prior = carried.priors.gm;
  result.wm_prior = carried.priors.wm;
  result.csf_prior = carried.priors.csf;
  return result;
}

}  // namespace wane
