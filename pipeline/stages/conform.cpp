#include "pipeline/stages/conform.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/median.h"
#include "imaging/background.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "pipeline/stages/scan_values.h"
#include "registration/template_alignment.h"

namespace wane {
namespace {

// Real heads, thick slices and poor contrast included, reach 0.35 and more; noise and other organs stay near 0.
constexpr double least_similarity = 0.15;
// On 36 real heads looked at, the outline was good wherever the similarity was above this.
constexpr double doubtful_similarity = 0.45;

std::string number(double value, int decimals) {
  std::ostringstream text;
  text.setf(std::ios::fixed);
  text.precision(decimals);
  text << value;
  return text.str();
}

// A whole body fits in; the search would need more memory and time than a wrong voxel size is worth.
void require_plausible_extent(const Grid& grid) {
  constexpr double longest_mm = 2000, most_m3 = 1;
  const Vec3 extent_mm = grid.spacing_mm.cwiseProduct(Vec3(grid.size[0], grid.size[1], grid.size[2]));
  if (extent_mm.maxCoeff() <= longest_mm && extent_mm.prod() * 1e-9 <= most_m3) return;
  throw InputError(
      "the scan is " + number(extent_mm[0], 0) + " x " + number(extent_mm[1], 0) + " x " + number(extent_mm[2], 0) +
      " mm large, which no scan of a head is: the voxel size in its header is wrong; convert it from DICOM "
      "again.");
}

struct Air {
  bool exact = true;           // a mask or a program set it to one value
  float least_signal = 1e-6F;  // what is at least as bright is no air
};

// Magnitudes of noise lie within their median and four times the width of their middle half, but for one in a hundred
// thousand. Nothing where the faces of the scan show so much of the head that its air is not known.
std::optional<Air> air_of(const Volume& scan, float bright) {
  constexpr float widths = 4, most_of_bright = 0.15F;
  const Background background = background_of(scan);
  if (background.constant) return Air{};
  const float least_signal = background.middle + widths * background.scatter;
  if (!(least_signal <= most_of_bright * bright)) return std::nullopt;
  return Air{false, std::max(least_signal, 1e-6F)};
}

// Brain-extracted scans are empty around the brain: what is not air is one compact part no larger than a large brain.
bool could_be_extracted(const Volume& scan, float least_signal) {
  const double coarse_mm = std::max(3.0, scan.grid.spacing_mm.maxCoeff());
  const Mask any = resample(threshold(scan, least_signal), isotropic_grid(scan.grid, coarse_mm));
  const Mask body = largest_component(opened(any, coarse_mm * 1.5));
  const double body_ml = volume_ml(body);
  return body_ml > 400 && body_ml < 2300 && volume_ml(any) < 1.3 * body_ml;
}

// The air of a brain-extracted scan that noise was added to is set to 0 again.
void empty_air(Volume& scan, float least_signal) {
  constexpr double sulcus_mm = 3.0;    // dark fluid in sulci that are open to the outside is no air
  constexpr double smallest_ml = 1.0;  // what was cut off the rest, as a temporal pole may be
  const Mask bright = large_components(threshold(scan, least_signal), smallest_ml);
  const Mask kept = holes_filled(closed(bright, sulcus_mm));
  parallel_voxels(scan.size(), [&](std::size_t n) { scan[n] = kept[n] ? scan[n] : 0.F; });
}

// Share of the points 6 to 14 mm outside the template's skull's inside, above its middle, where the scan has any
// signal. Noise around what a tight field of view shows of a head is no sign of extraction: 1 where too little is seen.
double signal_around_brain(const Volume& scan, const Air& air, const HeadTemplate& head_template,
                           const Affine& template_to_scan) {
  constexpr double least_share_seen = 0.2;
  const Grid grid = isotropic_grid(head_template.head.grid, 4.0);
  const Volume distance = resample(signed_distance(resample(head_template.intracranial_mask, grid)), grid);
  const Volume seen = resample(scan, grid, template_to_scan, Interpolation::linear, -1.F);
  double points = 0, around = 0, bright = 0;
  const double middle_mm = grid.centre_mm()[2];
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const std::size_t n = grid.offset(i, j, k);
        const Vec3 position = grid.index_to_lps() * Vec3(i, j, k);
        if (distance[n] < 6 || distance[n] > 14 || position[2] < middle_mm) continue;
        points += 1;
        if (seen[n] < 0) continue;
        around += 1;
        bright += seen[n] >= air.least_signal;
      }
  if (!air.exact && around < least_share_seen * points) return 1;
  return around > 0 ? bright / around : 0;
}

constexpr double any_way_degrees = 180;

TemplateAlignment align_head(const Volume& scan, const HeadTemplate& t, bool extracted, double search_angle_degrees,
                             const ConformOptions& options) {
  TemplateAlignmentOptions alignment;
  alignment.search_angle_degrees = search_angle_degrees;
  alignment.finest_mm = options.working_spacing_mm;
  if (!extracted) return align_to_template(t.head, t.intracranial_mask, scan, alignment);
  Volume brain = t.head;
  parallel_voxels(brain.size(), [&](std::size_t n) { brain[n] = t.intracranial_mask[n] ? brain[n] : 0.F; });
  alignment.margin_mm = 6.0;
  return align_to_template(brain, t.intracranial_mask, scan, alignment);
}

// A head that is not found where it should lie is looked for in any pose, as where the file does not say how it lies.
// What is found there overrules the file only where it is clearly better; of two places neither leads by more than the
// one agrees better than the other.
TemplateAlignment find_head(const Volume& scan, const HeadTemplate& t, bool extracted, const ConformOptions& options,
                            bool orientation_known) {
  constexpr double clearly_better = 0.05;
  if (!orientation_known) return align_head(scan, t, extracted, any_way_degrees, options);
  const TemplateAlignment found = align_head(scan, t, extracted, options.search_angle_degrees, options);
  if (found.correlation >= doubtful_similarity) return found;
  const TemplateAlignment any_way = align_head(scan, t, extracted, any_way_degrees, options);
  TemplateAlignment better = any_way.correlation > found.correlation + clearly_better ? any_way : found;
  if (apart_mm(found.template_to_scan, any_way.template_to_scan, t.head.grid.centre_mm()) > one_place_mm)
    better.lead = std::min(better.lead, std::abs(any_way.correlation - found.correlation));
  return better;
}

// f(offset) for the scan's voxels at points 2 mm apart inside the template's skull; true where the scan covers it.
template <class F>
void for_brain(const Grid& scan, const HeadTemplate& t, const Affine& template_to_scan, F&& f) {
  const Mask inside = resample(t.intracranial_mask, isotropic_grid(t.intracranial_mask.grid, 2.0));
  const Affine map = scan.lps_to_index() * template_to_scan * inside.grid.index_to_lps();
  for (int k = 0; k < inside.grid.size[2]; ++k)
    for (int j = 0; j < inside.grid.size[1]; ++j)
      for (int i = 0; i < inside.grid.size[0]; ++i) {
        if (!inside.at(i, j, k)) continue;
        const Vec3 at = (map * Vec3(i, j, k)).array().round();
        const int x = int(at[0]), y = int(at[1]), z = int(at[2]);
        const bool covered = scan.contains(x, y, z);
        f(covered ? scan.offset(x, y, z) : 0, covered);
      }
}

// Share of a heap: of all values, those that are exactly the one at which the brightest 0.5 % begin. Where nothing is
// cut off, hardly two values in a thousand are the same there, in scans of 8 bits too.
double saturated_share(std::vector<float> values) {
  if (values.size() < 1000) return 0;
  const auto place = values.begin() + std::ptrdiff_t(0.995 * double(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  const float bright = *place;
  return double(std::count(values.begin(), values.end(), bright)) / double(values.size());
}

ScanValues scan_values(const ConformedVisit& visit, const CleanedValues& cleaned, const HeadTemplate& t) {
  ScanValues result;
  result.subtracted = cleaned.subtracted;
  result.negative_share = cleaned.negative_share;
  std::vector<float> values;
  double points = 0, wrapped = 0, unseen = 0;
  for_brain(visit.scan.grid, t, visit.template_to_scan, [&](std::size_t n, bool covered) {
    points += 1;
    if (!covered || (!visit.constant.empty() && visit.constant[n])) {
      unseen += 1;
      return;
    }
    values.push_back(visit.scan[n]);
    wrapped += !cleaned.wrapped.empty() && cleaned.wrapped[n];
  });
  if (points == 0 || values.empty()) return result;
  result.unseen_share = unseen / points;
  result.wrapped_share = wrapped / points;
  const float middle = upper_median(values);
  result.surround = middle > 0 ? cleaned.surround / double(middle) : 0;
  result.saturated_share = saturated_share(std::move(values));
  return result;
}

// The 24 ways to turn axes onto axes; leaving them as they are comes first.
std::vector<Mat3> axis_turns() {
  std::vector<Mat3> turns;
  std::array<int, 3> order{0, 1, 2};
  do {
    for (int signs = 0; signs < 8; ++signs) {
      Mat3 turn = Mat3::Zero();
      for (int axis = 0; axis < 3; ++axis) turn(order[axis], axis) = ((signs >> axis) & 1) != 0 ? -1 : 1;
      if (turn.determinant() > 0) turns.push_back(turn);
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return turns;
}

Grid turned_about_centre(const Grid& grid, const Mat3& turn) {
  Grid result = grid;
  const Vec3 centre = grid.centre_mm();
  result.direction = turn * grid.direction;
  result.origin_mm = centre + turn * (grid.origin_mm - centre);
  return result;
}

// Among the turns, the one that brings the head closest to upright.
Mat3 turn_to_upright(const Affine& template_to_scan) {
  const std::vector<Mat3> turns = axis_turns();
  const Mat3 lies = template_to_scan.rotation();
  return *std::max_element(turns.begin(), turns.end(),
                           [&](const Mat3& a, const Mat3& b) { return (a * lies).trace() < (b * lies).trace(); });
}

// "back, down and left": where the axes of the scan's array lead.
std::string axes_in_words(const Grid& grid) {
  std::string words;
  for (int axis = 0; axis < 3; ++axis) {
    const Vec3 to = grid.direction.col(axis);
    Eigen::Index strongest = 0;
    to.cwiseAbs().maxCoeff(&strongest);
    const char* const names[3][2] = {{"right", "left"}, {"front", "back"}, {"bottom", "top"}};
    words += (axis == 0 ? "" : axis == 1 ? ", " : " and ") + std::string(names[strongest][to[strongest] > 0 ? 1 : 0]);
  }
  return words;
}

// Turns the grids on which the head was found so that it lies upright, and its alignment with them.
void turn_upright(ConformedVisit& visit, Mask& constant) {
  const Mat3 turn = turn_to_upright(visit.template_to_scan);
  const Vec3 centre = visit.scan.grid.centre_mm();
  visit.scan.grid = turned_about_centre(visit.scan.grid, turn);
  if (!constant.empty()) constant.grid = visit.scan.grid;
  visit.template_to_scan = Eigen::Translation3d(centre) * turn * Eigen::Translation3d(-centre) * visit.template_to_scan;
  visit.warnings.push_back("the file does not say how the scan lies in space; its axes were found to lead to the " +
                           axes_in_words(visit.scan.grid) +
                           " by comparing it with the template, and left and right cannot be told apart: convert the "
                           "scan from DICOM again if sides matter");
}

}  // namespace

void ConformOptions::validate() const {
  require_allowed_options("conform", *this);
}

OptionFields option_fields(ConformOptions& o) {
  return {{"search_angle_degrees",
           "degrees",
           "how far the head may be turned from what the file says; 60 covers any scanner",
           &o.search_angle_degrees,
           {1, 180},
           {OptionOrigin::Kind::choice, "covers any scanner"}},
          {"working_spacing_mm",
           "mm",
           "finest voxel size of the alignment to the template; finer changes it by less than the template's own error",
           &o.working_spacing_mm,
           {1, 8},
           numerical("finer changes the alignment by less than the template's own error"),
           OptionKind::expert}};
}

ConformedVisit conform(Volume raw_scan, const HeadTemplate& head_template, const ConformOptions& options,
                       bool orientation_known) {
  require_plausible_extent(raw_scan.grid);
  ConformedVisit visit;
  visit.scan = std::move(raw_scan);
  for (float& v : visit.scan.values)
    if (!std::isfinite(v)) v = 0;
  Mask constant = constant_from_border(visit.scan);
  const CleanedValues cleaned = clean_values(visit.scan);
  const auto [low, high] = std::minmax_element(visit.scan.values.begin(), visit.scan.values.end());
  if (visit.scan.empty() || !(*high > *low))
    throw InputError("the scan has the same value everywhere: there is no head in it; check the export.");
  const std::optional<Air> air = air_of(visit.scan, cleaned.bright);
  const bool candidate = air && could_be_extracted(visit.scan, air->least_signal);
  TemplateAlignment alignment = find_head(visit.scan, head_template, candidate, options, orientation_known);
  visit.brain_extracted =
      candidate && signal_around_brain(visit.scan, *air, head_template, alignment.template_to_scan) < 0.1;
  if (candidate && !visit.brain_extracted)
    alignment = find_head(visit.scan, head_template, false, options, orientation_known);
  if (visit.brain_extracted && !air->exact) empty_air(visit.scan, air->least_signal);
  visit.template_to_scan = alignment.template_to_scan;
  if (!orientation_known) turn_upright(visit, constant);

  if (!visit.brain_extracted) visit.constant = std::move(constant);
  visit.values = scan_values(visit, cleaned, head_template);

  visit.template_similarity = alignment.correlation;
  visit.template_lead = alignment.lead;
  if (visit.template_similarity < least_similarity)
    throw InputError(
        "no head could be found in the scan that looks like a T1-weighted head (similarity to the template " +
        std::to_string(visit.template_similarity).substr(0, 5) + ", at least 0.15 is needed); look at the scan.");
  if (visit.template_similarity < doubtful_similarity)
    visit.warnings.push_back("the head agrees poorly with the template (" +
                             std::to_string(visit.template_similarity).substr(0, 4) + "; below " +
                             std::to_string(doubtful_similarity).substr(0, 4) +
                             " the brain outline is often wrong): look at the quality picture");
  if (visit.values.subtracted != 0)
    visit.warnings.push_back("the background of the scan is not 0: " + number(visit.values.subtracted, 2) +
                             " was subtracted from all its values");
  if (alignment.overlap < 0.9)
    visit.warnings.push_back("the scan covers only " + std::to_string(int(100 * alignment.overlap)) +
                             " % of the head around the brain");
  return visit;
}

}  // namespace wane
