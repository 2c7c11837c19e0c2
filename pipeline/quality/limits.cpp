#include "pipeline/quality/limits.h"

#include <utility>

#include "base/error.h"

namespace wane {

void QualityLimits::validate() const {
  require_allowed_options("quality", *this);
  const auto ordered = [](double first, double second, const char* what) {
    if (first <= second) return;
    throw UsageError(std::string("quality: the limits of ") + what +
                     " are in the wrong order: the limit that fails must lie beyond the one that warns.");
  };
  ordered(template_similarity_fail, template_similarity_warn, "template_similarity");
  ordered(white_rank_fail, white_rank_warn, "white_rank");
  ordered(csf_rank_warn, csf_rank_fail, "csf_rank");
  ordered(noise_warn, noise_fail, "noise");
  ordered(voxel_warn_mm, voxel_fail_mm, "voxel");
  ordered(same_person_fail, same_person_warn, "same_person");
  ordered(saturated_warn, saturated_fail, "saturated");
  ordered(wrapped_warn, wrapped_fail, "wrapped");
  ordered(voxel_size_warn_percent, voxel_size_fail_percent, "voxel_size");
  ordered(enhancement_warn_ml, enhancement_fail_ml, "enhancement");
  ordered(sharpness_change_warn, sharpness_change_fail, "sharpness_change");
  ordered(variation_change_warn, variation_change_fail, "variation_change");
  ordered(folded_warn, folded_fail, "folded");
  ordered(disagreement_warn, disagreement_fail, "disagreement");
  ordered(change_warn_percent, change_fail_percent, "change");
  ordered(rate_warn_percent_per_year, rate_fail_percent_per_year, "rate");
  ordered(left_to_right_warn, left_to_right_fail, "left_to_right");
  ordered(mask_bright_warn, mask_bright_fail, "mask_bright");
  ordered(intracranial_least_ml, intracranial_most_ml, "intracranial");
  ordered(brain_least_ml, brain_most_ml, "brain");
}

OptionFields option_fields(QualityLimits& l) {
  const auto limit = [](const char* name, const char* unit, const char* help, double* value, OptionRange range,
                        OptionOrigin origin) {
    return OptionField{name, unit, help, value, std::move(range), std::move(origin), OptionKind::expert, {}};
  };
  const std::string real = "real scans and pairs, see docs/quality.md";
  const std::string tune = "planted faults in four heads, see docs/quality.md";
  return {
      limit("template_similarity_fail", "", "least agreement of a head with the template", &l.template_similarity_fail,
            {0, 1}, fitted(real)),
      limit("template_similarity_warn", "", "below this agreement with the template the outline is often wrong",
            &l.template_similarity_warn, {0, 1}, fitted(real)),
      limit(
          "template_lead_fail", "",
          "where the agreement with the template is poor: its least lead over the next place where the head could lie",
          &l.template_lead_fail, {0, 1}, fitted(real)),
      limit("turned_warn_degrees", "degrees", "warn from this angle between the head and the orientation in the file",
            &l.turned_warn_degrees, {0, 180}, {}),
      limit("white_rank_fail", "", "least share of the brain that is darker than white matter in a T1-weighted scan",
            &l.white_rank_fail, {0, 1}, fitted(real)),
      limit("white_rank_warn", "", "below this share of darker brain the contrast is doubtful", &l.white_rank_warn,
            {0, 1}, fitted(real)),
      limit("csf_rank_warn", "", "above this share of brain darker than the ventricles the contrast is doubtful",
            &l.csf_rank_warn, {0, 1}, fitted(real)),
      limit("csf_rank_fail", "", "largest share of brain darker than the ventricles", &l.csf_rank_fail, {0, 1},
            fitted(real)),
      limit("noise_warn", "", "warn from this noise, as a part of the contrast of gray and white matter", &l.noise_warn,
            {0, 10}, fitted(tune)),
      limit("noise_fail", "", "largest noise against the contrast of gray and white matter", &l.noise_fail, {0, 10},
            fitted(tune)),
      limit("ghost_warn", "",
            "warn from this variation of the air's signal, as a part of white matter's: ghosts are likely",
            &l.ghost_warn, {0, 10}, {}),
      limit("voxel_warn_mm", "mm", "voxels longer than this are coarse", &l.voxel_warn_mm, {0, 100}, {}),
      limit("voxel_fail_mm", "mm", "longest voxel that is measured", &l.voxel_fail_mm, {0, 100}, {}),
      limit("saturated_warn", "", "share of the brain at the scan's largest value that is worth a look",
            &l.saturated_warn, {0, 1}, fitted(real)),
      limit("saturated_fail", "", "largest share of the brain at the scan's largest value", &l.saturated_fail, {0, 1},
            fitted(real)),
      limit("wrapped_warn", "", "share of the brain whose values wrapped around that is worth a look", &l.wrapped_warn,
            {0, 1}, fitted(real)),
      limit("wrapped_fail", "", "largest share of the brain whose values wrapped around", &l.wrapped_fail, {0, 1},
            fitted(real)),
      limit("unseen_warn", "", "warn from this share of the skull's inside that lies outside of the scan",
            &l.unseen_warn, {0, 1}, fitted(real)),
      limit("same_person_fail", "", "least correlation of two visits of one person", &l.same_person_fail, {0, 1},
            fitted(real)),
      limit("same_person_warn", "", "below this correlation two visits agree poorly", &l.same_person_warn, {0, 1},
            fitted(real)),
      limit("unexplained_warn", "", "how much less than 1 two visits may correlate beyond what their noise explains",
            &l.unexplained_warn, {0, 1}, fitted(real)),
      limit("mirrored_excess_fail", "", "by how much a mirrored visit agrees better where left and right are exchanged",
            &l.mirrored_excess_fail, {0, 1}, fitted(tune)),
      limit("enhancement_warn_ml", "mL",
            "warn from this volume of vessels that are bright at one visit only: a contrast agent is likely",
            &l.enhancement_warn_ml, {0, 5000}, fitted(real)),
      limit("enhancement_fail_ml", "mL", "volume of vessels bright at one visit only from which the change is not used",
            &l.enhancement_fail_ml, {0, 5000}, fitted(real)),
      limit("contrast_change_warn", "", "relative change of the contrast between gray and white matter",
            &l.contrast_change_warn, {0, 10}, fitted(real)),
      limit("sharpness_change_warn", "", "relative difference of sharpness between visits", &l.sharpness_change_warn,
            {0, 10}, fitted(real)),
      limit("sharpness_change_fail", "", "difference of sharpness from which the change is not used",
            &l.sharpness_change_fail, {0, 10}, fitted(real)),
      limit("variation_change_warn", "", "relative difference of the scatter within tissues", &l.variation_change_warn,
            {0, 10}, fitted(real)),
      limit("variation_change_fail", "", "difference of scatter from which the change is not used",
            &l.variation_change_fail, {0, 10}, fitted(real)),
      limit("shading_change_warn", "",
            "change of the brightness of one part of the brain against another, as a logarithm", &l.shading_change_warn,
            {0, 10}, fitted(real)),
      limit("air_signal_ratio_warn", "", "ratio of the uneven signal of the air between visits",
            &l.air_signal_ratio_warn, {1, 100}, fitted(tune)),
      limit("voxel_size_warn_percent", "percent", "difference in size along an axis that is worth a look",
            &l.voxel_size_warn_percent, {0, 100}, fitted(real)),
      limit("voxel_size_fail_percent", "percent", "largest difference in size along an axis",
            &l.voxel_size_fail_percent, {0, 100}, fitted(real)),
      limit("constant_warn_ml", "mL", "warn from this volume of the head that holds one constant value",
            &l.constant_warn_ml, {0, 5000}, fitted(real)),
      limit("air_change_warn", "", "change of the air's brightness against the brain's", &l.air_change_warn, {0, 10},
            fitted(real)),
      limit("interval_warn_days", "days", "rates from visits closer than this are marked", &l.interval_warn_days,
            {0, 36500}, {}),
      limit("compared_warn", "", "warn below this share of the brain that all visits show", &l.compared_warn, {0, 1},
            {}),
      limit("folded_warn", "", "share of places where the deformation folds that is worth a look", &l.folded_warn,
            {0, 1}, fitted(real)),
      limit("folded_fail", "", "largest share of places where the deformation folds", &l.folded_fail, {0, 1},
            fitted(real)),
      limit("last_step_warn_mm", "mm", "last step of a registration that has settled", &l.last_step_warn_mm, {0, 100},
            fitted(tune)),
      limit("disagreement_warn", "standard errors", "how far the two measurements may part", &l.disagreement_warn,
            {0, 100}, fitted(real)),
      limit("disagreement_fail", "standard errors", "how far the two measurements may part before neither is used",
            &l.disagreement_fail, {0, 100}, fitted(real)),
      limit("change_warn_percent", "percent", "brain change that is unusual at any interval, beyond the rate below",
            &l.change_warn_percent, {0, 100}, {}),
      limit("change_fail_percent", "percent", "brain change that is implausible at any interval, beyond the rate below",
            &l.change_fail_percent, {0, 100}, {}),
      limit("rate_warn_percent_per_year", "percent/year", "how much a year may add to the change before it is unusual",
            &l.rate_warn_percent_per_year, {0, 100}, {}),
      limit("rate_fail_percent_per_year", "percent/year", "how much a year may add to the change at most",
            &l.rate_fail_percent_per_year, {0, 100}, {}),
      limit("intracranial_least_ml", "mL", "smallest usual inside of a skull", &l.intracranial_least_ml, {0, 5000},
            published("Buckner 2004, with room for children and small heads")),
      limit("intracranial_most_ml", "mL", "largest usual inside of a skull", &l.intracranial_most_ml, {0, 5000},
            published("Buckner 2004, with room for children and small heads")),
      limit("mask_to_intracranial_least", "", "least share of the skull's inside in the brain mask",
            &l.mask_to_intracranial_least, {0, 10}, fitted(real)),
      limit("mask_to_intracranial_most", "", "largest brain mask against the skull's inside",
            &l.mask_to_intracranial_most, {0, 10}, fitted(real)),
      limit("left_to_right_warn", "", "difference between the halves of the brain mask that is unusual",
            &l.left_to_right_warn, {0, 10}, fitted(real)),
      limit("left_to_right_fail", "", "largest plausible difference between the halves of the brain mask",
            &l.left_to_right_fail, {0, 10}, fitted(real)),
      limit("mask_bright_warn", "", "share of the brain mask brighter than any brain that is unusual",
            &l.mask_bright_warn, {0, 1}, fitted(real)),
      limit("mask_bright_fail", "", "largest share of the brain mask brighter than any brain", &l.mask_bright_fail,
            {0, 1}, fitted(real)),
      limit("brain_least_ml", "mL", "smallest whole brain", &l.brain_least_ml, {0, 5000}, {}),
      limit("brain_most_ml", "mL", "largest brain", &l.brain_most_ml, {0, 5000}, {}),
      limit("gray_to_white_volume_least", "", "least usual ratio of gray to white matter",
            &l.gray_to_white_volume_least, {0, 100}, {}),
      limit("gray_to_white_volume_most", "", "largest usual ratio of gray to white matter",
            &l.gray_to_white_volume_most, {0, 100}, {}),
  };
}

}  // namespace wane
