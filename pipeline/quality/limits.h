// The limits that decide a verdict, one table for the command line, the configuration, provenance and docs/quality.md.
//
// `_warn`: from here on a person should look. `_fail`: from here on the result is not used. docs/quality.md says where
// each number comes from and on which scans it was chosen and judged.
#pragma once

#include <string>

#include "base/option_field.h"

namespace wane {

struct QualityLimits {
  // One scan.
  double template_similarity_fail = 0.30;  // local correlation with the aligned template
  double template_similarity_warn = 0.45;
  double template_lead_fail = 0.10;  // of a poor similarity, before that of the next place where the head could lie
  double turned_warn_degrees = 85;   // patients lie turned by less
  double white_rank_fail = 0.62;     // share of the brain that is darker than white matter
  double white_rank_warn = 0.70;
  double csf_rank_warn = 0.25;  // share of the brain that is darker than the ventricles
  double csf_rank_fail = 0.45;
  double noise_warn = 0.35;  // noise against the contrast of white and gray matter
  double noise_fail = 0.80;
  double ghost_warn = 0.40;    // variation of the air's signal, against white matter
  double voxel_warn_mm = 3.5;  // longest side of a voxel
  double voxel_fail_mm = 6.5;
  double saturated_warn = 0.02;  // share of the brain at the scan's largest value
  double saturated_fail = 0.10;
  double wrapped_warn = 1e-4;  // share of the brain whose values have wrapped around
  double wrapped_fail = 1e-3;
  double unseen_warn = 0.01;  // share of the skull's inside that is not in the scan
  // A pair of visits.
  double same_person_fail = 0.80;  // correlation after rigid alignment
  double same_person_warn = 0.87;
  double unexplained_warn = 0.023;     // of 1 - correlation: what noise does not explain
  double mirrored_excess_fail = 0.10;  // by how much the mirror image agrees better
  double enhancement_warn_ml = 1.0;    // bright at one visit only, less the same of the other visit
  double enhancement_fail_ml = 5.0;
  double contrast_change_warn = 0.20;   // of the contrast of gray and white matter, relative
  double sharpness_change_warn = 0.20;  // of the border between gray and white matter, relative
  double sharpness_change_fail = 0.45;
  double variation_change_warn = 0.25;  // of the joint variation, relative
  double variation_change_fail = 0.80;
  double shading_change_warn = 0.30;     // of one part of the brain against another, logarithm
  double air_signal_ratio_warn = 1.25;   // of the uneven signal of the air
  double voxel_size_warn_percent = 0.4;  // in length, along any axis
  double voxel_size_fail_percent = 3.0;
  double constant_warn_ml = 1.0;    // of the head that is one constant value
  double air_change_warn = 0.3;     // of the air's brightness, the brain's being 1
  double interval_warn_days = 180;  // 26 weeks, the usual half year of a trial, are 182
  double compared_warn = 0.97;      // share of the brain that both visits show
  double folded_warn = 5e-5;        // share of places where the deformation folds
  double folded_fail = 1e-3;
  double last_step_warn_mm = 0.05;
  double disagreement_warn = 2.0;  // of the two measurements, in combined standard errors
  double disagreement_fail = 3.0;
  double change_warn_percent = 3.0;  // of the brain, beyond what `rate_...` allows for the time between the visits
  double change_fail_percent = 8.0;
  double rate_warn_percent_per_year = 4.0;
  double rate_fail_percent_per_year = 10.0;
  // A person.
  double intracranial_least_ml = 900;  // adults: 1000 to 1900 (Buckner 2004); children and small heads below
  double intracranial_most_ml = 2200;
  double mask_to_intracranial_least = 0.70;
  double mask_to_intracranial_most = 1.15;
  double left_to_right_warn = 0.10;  // from 1
  double left_to_right_fail = 0.25;
  double mask_bright_warn = 0.03;  // share of the mask that is brighter than any brain
  double mask_bright_fail = 0.08;
  double brain_least_ml = 600;  // parenchyma
  double brain_most_ml = 1900;
  double gray_to_white_volume_least = 0.7;
  double gray_to_white_volume_most = 3.0;
  void validate() const;  // throws UsageError
};
OptionFields option_fields(QualityLimits& limits);

}  // namespace wane
