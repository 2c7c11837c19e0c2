#include "pipeline/stages/conform.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "imaging/error.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "registration/template_alignment.h"

namespace wane {
namespace {

// Real heads, thick slices and poor contrast included, reach 0.35 and more; noise and other organs stay near 0.
constexpr double least_similarity = 0.15;
// On 36 real heads looked at, the outline was good wherever the similarity was above this.
constexpr double doubtful_similarity = 0.45;

// Brain-extracted scans are empty around the brain: what is not zero is one compact part no larger than a large brain.
bool could_be_extracted(const Volume& scan) {
  const double coarse_mm = std::max(3.0, scan.grid.spacing_mm.maxCoeff());
  const Mask any = resample(threshold(scan, 1e-6F), isotropic_grid(scan.grid, coarse_mm));
  const Mask body = largest_component(opened(any, coarse_mm * 1.5));
  const double body_ml = volume_ml(body);
  return body_ml > 400 && body_ml < 2300 && volume_ml(any) < 1.3 * body_ml;
}

// Share of the points 6 to 14 mm outside the template's skull's inside, above its middle, where the scan has any
// signal.
double signal_around_brain(const Volume& scan, const HeadTemplate& head_template, const Affine& template_to_scan) {
  const Grid grid = isotropic_grid(head_template.head.grid, 4.0);
  const Volume distance = resample(signed_distance(resample(head_template.intracranial_mask, grid)), grid);
  const Volume seen = resample(scan, grid, template_to_scan, Interpolation::linear, -1.F);
  double around = 0, bright = 0;
  const double middle_mm = grid.centre_mm()[2];
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const std::size_t n = grid.offset(i, j, k);
        const Vec3 position = grid.index_to_lps() * Vec3(i, j, k);
        if (distance[n] < 6 || distance[n] > 14 || position[2] < middle_mm || seen[n] < 0) continue;
        around += 1;
        bright += seen[n] > 0;
      }
  return around > 0 ? bright / around : 0;
}

TemplateAlignment align_head(const Volume& scan, const HeadTemplate& t, bool extracted, const ConformOptions& options) {
  TemplateAlignmentOptions alignment;
  alignment.search_angle_degrees = options.search_angle_degrees;
  alignment.finest_mm = options.working_spacing_mm;
  if (!extracted) return align_to_template(t.head, t.intracranial_mask, scan, alignment);
  Volume brain = t.head;
  parallel_voxels(brain.size(), [&](std::size_t n) { brain[n] = t.intracranial_mask[n] ? brain[n] : 0.F; });
  alignment.margin_mm = 6.0;
  return align_to_template(brain, t.intracranial_mask, scan, alignment);
}

}  // namespace

void ConformOptions::validate() const {
  if (!(search_angle_degrees > 0 && search_angle_degrees <= 60))
    throw UsageError("conform.search_angle_degrees must lie between 0 and 60 degrees.");
  if (!(working_spacing_mm >= 1 && working_spacing_mm <= 8))
    throw UsageError("conform.working_spacing_mm must lie between 1 and 8 mm.");
}

OptionFields option_fields(ConformOptions& o) {
  return {{"search_angle_degrees", "degrees",
           "how far the head may be tilted from what the file says; 30 covers any scanner", &o.search_angle_degrees},
          {"working_spacing_mm", "mm",
           "finest voxel size of the alignment to the template; finer changes it by less than the template's own error",
           &o.working_spacing_mm}};
}

ConformedVisit conform(Volume raw_scan, const HeadTemplate& head_template, const ConformOptions& options) {
  ConformedVisit visit;
  visit.scan = std::move(raw_scan);
  float low = std::numeric_limits<float>::max(), high = std::numeric_limits<float>::lowest();
  for (float& v : visit.scan.values) {
    if (!std::isfinite(v) || v < 0) v = 0;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (!(high > low))
    throw InputError("the scan has the same value everywhere: there is no head in it; check the export.");

  const bool candidate = could_be_extracted(visit.scan);
  TemplateAlignment alignment = align_head(visit.scan, head_template, candidate, options);
  visit.brain_extracted = candidate && signal_around_brain(visit.scan, head_template, alignment.template_to_scan) < 0.1;
  if (candidate && !visit.brain_extracted) alignment = align_head(visit.scan, head_template, false, options);
  visit.template_to_scan = alignment.template_to_scan;

  visit.template_similarity = alignment.correlation;
  if (visit.template_similarity < least_similarity)
    throw InputError(
        "no head could be found in the scan that looks like a T1-weighted head (similarity to the template " +
        std::to_string(visit.template_similarity).substr(0, 5) + ", at least 0.15 is needed); look at the scan.");
  if (visit.template_similarity < doubtful_similarity)
    visit.warnings.push_back("the head agrees poorly with the template (" +
                             std::to_string(visit.template_similarity).substr(0, 4) + "; below " +
                             std::to_string(doubtful_similarity).substr(0, 4) +
                             " the brain outline is often wrong): look at the quality picture");
  if (alignment.overlap < 0.9)
    visit.warnings.push_back("the scan covers only " + std::to_string(int(100 * alignment.overlap)) +
                             " % of the head around the brain");
  return visit;
}

}  // namespace wane
