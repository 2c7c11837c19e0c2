#include "pipeline/stages/measure.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "pipeline/measurement/boundary_shift.h"
#include "pipeline/measurement/change_map.h"
#include "pipeline/measurement/integration.h"
#include "pipeline/stages/resolution.h"
#include "registration/calibration_drift.h"
#include "registration/groupwise.h"

namespace wane {
namespace {

// The box of the brain with room for the skull's inside; deformations are computed in it alone.
Grid box_around(const Mask& brain, double margin_mm) {
  Box box = bounding_box(brain);
  for (int axis = 0; axis < 3; ++axis) {
    const int margin = int(std::ceil(margin_mm / brain.grid.spacing_mm[axis]));
    box.low[axis] -= margin;
    box.high[axis] += margin;
  }
  return cropped_grid(brain.grid, box.low, box.high);
}

// 1 inside the brain, falling to 0 towards the border of its mask, from which `distance_mm` counts (negative inside).
// On that border lie dura, vessels and what extraction left of them, which do not shrink with the brain, and CSF that
// grows as the brain shrinks.
Volume clear_of_border(const Volume& distance_mm) {
  constexpr float clear_mm = 3.0F, ramp_mm = 1.5F;
  Volume clear(distance_mm.grid);
  parallel_voxels(clear.size(),
                  [&](std::size_t n) { clear[n] = std::clamp((-distance_mm[n] - clear_mm) / ramp_mm, 0.F, 1.F); });
  return clear;
}

// 1 in the brain and the CSF around it, falling to 0 in the skull.
Volume weight_around(const Volume& distance_mm, const Volume& comparable) {
  Volume weight(distance_mm.grid);
  parallel_voxels(weight.size(), [&](std::size_t n) {
    weight[n] = comparable[n] * std::clamp(1.F - (distance_mm[n] - 2.F) / 3.F, 0.F, 1.F);
  });
  return weight;
}

Volume product(const Volume& a, const Volume& b) {
  Volume result = a;
  parallel_voxels(result.size(), [&](std::size_t n) { result[n] *= b[n]; });
  return result;
}

Volume least(const Volume& a, const Volume& b) {
  Volume result = a;
  parallel_voxels(result.size(), [&](std::size_t n) { result[n] = std::min(result[n], b[n]); });
  return result;
}

TissueVolumes volumes_of(const TissueMaps& tissues) {
  return integrate_volumes(tissues, Volume(tissues.gm.grid, 1.F));
}

TissueMaps weighted(const TissueMaps& tissues, const Volume& weight) {
  return {product(tissues.gm, weight), product(tissues.wm, weight), product(tissues.csf, weight)};
}

void judge_coverage(double share, std::vector<std::string>& warnings) {
  constexpr double too_little = 0.5, nearly_all = 0.97;
  const std::string percent = std::to_string(int(100 * share));
  if (share < too_little)
    throw InputError("only " + percent +
                     " % of the brain is seen in all visits and lies clear of cuts: a change of the brain cannot be "
                     "measured; leave out the visit that covers least or, for brain-extracted scans, give scans with "
                     "the skull or a more generous extraction.");
  if (share < nearly_all)
    warnings.push_back("only " + percent +
                       " % of the brain is seen in all visits and cut by none: changes are those of this part");
}

// What the whole holds where its part, `part` in the person's mean, holds `measured`.
TissueVolumes scaled_to(const TissueVolumes& whole, const TissueVolumes& part, const TissueVolumes& measured) {
  const auto scaled = [](double all, double mean, double visit) { return mean > 0 ? all * visit / mean : all; };
  const double gray = scaled(whole.gray_matter, part.gray_matter, measured.gray_matter);
  const double white = scaled(whole.white_matter, part.white_matter, measured.white_matter);
  return {gray + white, gray, white, scaled(whole.csf, part.csf, measured.csf), measured.intracranial};
}

void remove_drift(TissueVolumes& volumes, double drift_percent_length) {
  const double factor = drift_free_factor(drift_percent_length);
  for (double* volume : {&volumes.brain, &volumes.gray_matter, &volumes.white_matter, &volumes.csf}) *volume *= factor;
}

// The drift of one visit against another, and whether it is taken out of the volumes.
class Drift {
 public:
  Drift(const std::optional<CalibrationDrift>& found, bool asked_for, const CalibrationErrors& errors)
      : found_(found), errors_(errors), asked_for_(asked_for), removed_(found && asked_for && certain()) {}

  bool removed() const { return removed_; }
  bool known() const { return found_.has_value(); }
  bool along_axes() const { return found_ && found_->along_axes; }
  double percent(std::size_t visit) const { return found_->visits[visit].length_percent; }
  double between(std::size_t from, std::size_t to) const { return percent(to) - percent(from); }

  // How far, in volume, the scanner's voxel size may be wrong after what was taken out.
  double error_percent(std::size_t from, std::size_t to) const {
    if (!found_) return 3 * errors_.unknown_length_percent;
    const double found = between(from, to);
    if (asked_for_ && !removed_) return 3 * std::hypot(found, length_error(from, to));
    if (!removed_) return 3 * std::abs(found);
    if (!found_->along_axes) return 3 * std::hypot(errors_.smallest_length_percent, errors_.share * found);
    double squares = 9 * errors_.smallest_length_percent * errors_.smallest_length_percent;
    for (int axis = 0; axis < 3; ++axis) {
      const double along = found_->visits[to].axis_percent[axis] - found_->visits[from].axis_percent[axis];
      squares += std::pow(errors_.share_along_axis * along, 2);
    }
    return std::hypot(std::sqrt(squares), 3 * length_error(from, to));
  }

  void warn(std::vector<std::string>& warnings) const {
    constexpr double notable_percent = 0.1;
    if (!found_) return;
    const auto [low, high] = std::minmax_element(
        found_->visits.begin(), found_->visits.end(),
        [](const VisitDrift& a, const VisitDrift& b) { return a.length_percent < b.length_percent; });
    const double most = high->length_percent - low->length_percent;
    if (most < notable_percent && !found_->along_axes) return;
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << "the scanner shows the skull " << most
         << " % larger (in length) at one visit than at another";
    text << ": voxel sizes are not calibrated alike; this is "
         << (removed_ ? "taken out of the volumes"
             : asked_for_
                 ? "not larger than its error, which the errors of the changes hold, and is left in the volumes"
                 : "left in the volumes, as was asked for");
    warnings.push_back(text.str());
  }

 private:
  // Where the skull shows the scale to a few hundredths of a percent, as voxels of 1 and 2 mm do, what is found is
  // better than nothing. Thick slices show it worse than scanners drift.
  bool certain() const {
    constexpr double well_known_percent = 0.05, standard_errors = 2.5;
    for (std::size_t to = 1; to < found_->visits.size(); ++to)
      for (std::size_t from = 0; from < to; ++from) {
        const double error = length_error(from, to);
        if (error > well_known_percent && std::abs(between(from, to)) < standard_errors * error) return false;
      }
    return true;
  }

  // Two visits were compared with one another, more with their mean.
  double length_error(std::size_t from, std::size_t to) const {
    const double a = found_->visits[from].length_error_percent, b = found_->visits[to].length_error_percent;
    return found_->visits.size() == 2 ? a + b : std::hypot(a, b);
  }

  const std::optional<CalibrationDrift>& found_;
  const CalibrationErrors& errors_;
  bool asked_for_, removed_;
};

// What the box around the brain holds of everything that is measured in it.
struct Prepared {
  std::vector<Volume> visits;
  TissueMaps tissues;  // of the person's mean
  Volume comparable;   // 0..1: what all visits see and none has cut
  Volume measured;     // 0..1: where changes are read
  TissueMaps measured_tissues;
  Volume weight;  // 0..1, for the registration
  double share_compared = 1;
};

Prepared prepared(const ExtractedBrain& extracted, const TissueMaps& joint_tissues, const Grid& box) {
  Prepared result;
  for (const Volume& corrected : extracted.corrected) result.visits.push_back(resample(corrected, box));
  result.tissues = {resample(joint_tissues.gm, box), resample(joint_tissues.wm, box), resample(joint_tissues.csf, box)};
  result.comparable = resample(extracted.comparable, box);
  const Volume distance_mm = signed_distance(extracted.brain_mask);
  result.weight = resample(weight_around(distance_mm, extracted.comparable), box);
  const Volume clear = resample(clear_of_border(distance_mm), box);
  result.measured = least(clear, result.comparable);
  result.measured_tissues = weighted(result.tissues, result.measured);
  const double inside_ml = integrate_volumes(result.tissues, clear).brain;
  result.share_compared = inside_ml > 0 ? integrate_volumes(result.tissues, result.measured).brain / inside_ml : 0;
  return result;
}

GroupwiseOptions groupwise_options(const MeasureOptions& options) {
  GroupwiseOptions groupwise;
  groupwise.iterations = {std::max(4, options.iterations), std::max(4, options.iterations), options.iterations};
  groupwise.neighbourhood_mm = options.neighbourhood_mm;
  return groupwise;
}

// What volumes are integrated over: the maps where changes are read, sharpened against the blur of registration and
// scans.
// Visits that differ in voxel size are not equally sharp even when the finer ones are blurred, and sharper maps enlarge
// what that looks like: of 1 % planted under 1 x 1 x 3 mm against 1 mm voxels, it adds half a percent of brain.
TissueMaps integrated_tissues(const Prepared& box, double neighbourhood_mm, bool voxel_sizes_differ) {
  SharpeningOptions sharpening;
  if (voxel_sizes_differ) sharpening.most_mm = sharpening.least_mm;
  const double sigma_mm = sharpening_mm(border_width_mm(box.tissues.wm, box.measured), neighbourhood_mm, sharpening);
  return weighted(sharpened(box.tissues, sigma_mm), box.measured);
}

std::vector<TissueVolumes> volumes_at_visits(const Prepared& box, const TissueMaps& sharp,
                                             const std::vector<Volume>& jacobians) {
  const TissueVolumes whole = volumes_of(box.tissues), part = volumes_of(sharp);
  std::vector<TissueVolumes> volumes;
  for (const Volume& jacobian : jacobians)
    volumes.push_back(scaled_to(whole, part, integrate_volumes(sharp, jacobian)));
  return volumes;
}

// The deformation of a visit both ways, and the joint maps carried to its anatomy on the midpoint grid.
MeasuredVisit visit_of(const VectorField& field, const TissueMaps& joint_tissues) {
  MeasuredVisit visit;
  visit.mean_to_visit = to_displacement_mm(field);
  visit.visit_to_mean = to_displacement_mm(inverted(field));
  const Grid& full = joint_tissues.gm.grid;
  std::vector<Volume> carried = resample_displaced({&joint_tissues.gm, &joint_tissues.wm, &joint_tissues.csf}, full,
                                                   Affine::Identity(), visit.visit_to_mean);
  visit.tissues = {std::move(carried[0]), std::move(carried[1]), std::move(carried[2])};
  visit.brain_mask = brain_of(visit.tissues);
  return visit;
}

// Two visits that are blurred alike are alike, however coarse a third one is.
bool is_one_blurred_more(const ExtractedBrain& extracted, std::size_t from, std::size_t to) {
  constexpr double notable_mm = 0.3;  // voxels of 1.2 and 1 mm
  if (extracted.blurs_mm.empty()) return false;
  return (extracted.blurs_mm[from] - extracted.blurs_mm[to]).norm() > notable_mm;
}

Mask measured_anywhere(const Volume& measured) {
  Mask mask(measured.grid);
  parallel_voxels(mask.size(), [&](std::size_t n) { mask[n] = measured[n] > 0; });
  return mask;
}

struct FoldedPlaces {
  std::size_t folded = 0, places = 0;
  FoldedPlaces& operator+=(const FoldedPlaces& other) {
    folded += other.folded;
    places += other.places;
    return *this;
  }
};

// Where changes are read.
double share_folded(const Volume& jacobian, const Volume& measured) {
  const FoldedPlaces sum =
      parallel_sum(jacobian.size(), voxel_block, FoldedPlaces{}, [&](std::size_t begin, std::size_t end) {
        FoldedPlaces part;
        for (std::size_t n = begin; n < end; ++n)
          if (measured[n] > 0) part += {jacobian[n] > 0 ? 0U : 1U, 1U};
        return part;
      });
  return sum.places > 0 ? double(sum.folded) / double(sum.places) : 0;
}

}  // namespace

void MeasureOptions::validate() const {
  require_allowed_options("measure", *this);
}

OptionFields option_fields(MeasureOptions& o) {
  return {{"iterations",
           "",
           "updates of the deformable registration at each level; planted changes have settled to 0.01 % by 8",
           &o.iterations,
           {1, 500},
           numerical("planted changes have settled to 0.01 % by 8"),
           OptionKind::expert},
          {"neighbourhood_mm",
           "mm",
           "how far around a point the scans decide on its displacement; wider is calmer and blunts thin structures",
           &o.neighbourhood_mm,
           {0.5, 10},
           OptionOrigin{OptionOrigin::Kind::choice, "a judgment, no measurement"},
           OptionKind::expert},
          {"calibration",
           "",
           "take out drift of the scanner's voxel size, which is seen at the skull; half a percent in length would be "
           "1.5 % in volume",
           &o.calibration,
           {},
           {}}};
}

Measurement measure(const ExtractedBrain& extracted, const TissueMaps& joint_tissues, const MeasureOptions& options,
                    const ErrorModel& error_model) {
  const Prepared box = prepared(extracted, joint_tissues, box_around(extracted.brain_mask, 10.0));
  Measurement result;
  result.share_compared = box.share_compared;
  if (box.visits.size() > 1) judge_coverage(result.share_compared, result.warnings);
  const auto found_drift = extracted.skull_shown ? calibration_drift(extracted.corrected, extracted.intracranial,
                                                                     extracted.comparable, extracted.scan_axes)
                                                 : std::nullopt;
  const Drift drift(found_drift, options.calibration, error_model.calibration);
  drift.warn(result.warnings);
  result.drift_removed = drift.removed();
  result.drift_along_axes = drift.along_axes();

  const GroupwiseOptions how = groupwise_options(options);
  const GroupwiseResult groupwise = register_groupwise(box.visits, box.weight, how);
  result.mean = resample(groupwise.mean, extracted.brain_mask.grid);
  result.last_step_mm = groupwise.last_step_mm;
  std::vector<Volume> jacobians;
  for (const VectorField& field : groupwise.mean_to_visit) {
    jacobians.emplace_back(field.grid);
    jacobians.back().values = jacobian_determinant(field);
  }
  TissueMaps sharp = integrated_tissues(box, options.neighbourhood_mm, is_any_blurred(extracted.blurs_mm));
  const std::vector<TissueVolumes> volumes = volumes_at_visits(box, sharp, jacobians);
  result.measured = measured_anywhere(box.measured);
  result.measured_tissue = gray_and_white(std::move(sharp));
  for (std::size_t v = 0; v < box.visits.size(); ++v) {
    MeasuredVisit visit = visit_of(groupwise.mean_to_visit[v], joint_tissues);
    visit.volume_ratio = volume_ratio_map(jacobians[v], result.measured, drift.removed() ? drift.percent(v) : 0);
    visit.volumes_ml = volumes[v];
    visit.folded_share = share_folded(jacobians[v], box.measured);
    if (found_drift) visit.voxel_size_drift = found_drift->visits[v];
    if (found_drift) visit.calibration_drift_percent = drift.percent(v);
    if (drift.removed()) remove_drift(visit.volumes_ml, drift.percent(v));
    visit.volumes_ml.intracranial = volume_ml(extracted.intracranial);
    result.visits.push_back(std::move(visit));
  }

  // A blurred visit is on a grid finer than what it shows.
  const double voxel_mm3 = std::max(extracted.coarsest_voxel_mm3, box.weight.grid.voxel_volume_mm3());
  const auto change_between = [&](std::size_t from, std::size_t to) {
    Change change;
    change.from = from;
    change.to = to;
    change.percent = percent_change(result.visits[from].volumes_ml, result.visits[to].volumes_ml);
    change.errors = change_errors(error_model,
                                  residual_percent(box.measured_tissues, jacobians[from], jacobians[to],
                                                   groupwise.warped[from], groupwise.warped[to]),
                                  drift.error_percent(from, to), voxel_mm3, is_one_blurred_more(extracted, from, to));
    change.standard_error = standard_error(*change.errors, change.percent);
    const double drift_percent = drift.removed() ? 3 * drift.between(from, to) : 0;
    if (const auto shift = boundary_shift(box.tissues, box.comparable, box.visits[from], box.visits[to]))
      change.boundary_shift = corrected_shift(error_model, *shift, drift_percent, *change.errors);
    return change;
  };
  for (std::size_t from = 0; from < box.visits.size(); ++from)
    for (std::size_t to = from + 1; to < box.visits.size(); ++to)
      if (from == 0 || to == from + 1) result.changes.push_back(change_between(from, to));
  return result;
}

}  // namespace wane
