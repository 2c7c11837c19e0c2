// What the visits of a person, seen together in the midpoint space, tell of their quality: contrast and sharpness of
// each, bright vessels at one visit and not at another, and whether the brain's mask can be a brain's.
#pragma once

#include <utility>
#include <vector>

#include "pipeline/stages/extract.h"
#include "pipeline/stages/measure.h"
#include "segmentation/tissue_maps.h"

namespace wane {

struct JointVisitFacts {
  double white_rank = 0;  // share of the brain that is darker than the median of white matter, free of the bias field
  double csf_rank = 0;    // the same for the CSF in the ventricles: next to none in T1-weighted scans
  double gray_to_white = 0;  // brightness of gray matter, white matter being 1; another sequence or scanner changes it
  // Scatter of white and gray matter against their contrast, (s_w + s_g) / |m_w - m_g| (coefficient of joint variation,
  // Ganzetti 2016): motion, noise and shading make it larger.
  double joint_variation = 0;
  // By how much gray matter is darker than white matter, white matter being 1: medians where most is of the tissue, the
  // border with the CSF included. Where the contrast is lost, the mean of what was taken for pure tissue hardly tells.
  double contrast = 0;
  // Steepness of the border between gray and white matter against the contrast, per mm: motion and blur lower it.
  double border_steepness_per_mm = 0;
};

// mL of the brain mask that are much brighter at one visit of a pair than at the other, slow differences of brightness
// aside: vessels, meninges and choroid plexus with a contrast agent. What moved or changed its border is as often
// brighter as darker; a contrast agent makes one of the two larger.
struct Enhancement {
  std::size_t from = 0, to = 0;
  double bright_at_from_ml = 0, bright_at_to_ml = 0;
};

struct BrainFacts {
  double mask_ml = 0;          // brain with the CSF around it
  double intracranial_ml = 0;  // inside of the skull, as the template's alignment has it
  double left_to_right = 1;    // of the mask, about the template's middle plane
  double bright_share = 0;     // of the mask: much brighter than white matter, as fat and eyes are and no brain is
};

struct JointFacts {
  std::vector<JointVisitFacts> visits;
  std::vector<Enhancement> enhancement;  // of each pair in `pairs`
  BrainFacts brain;
};

// `tissues`: of the person's average, before the visits are deformed. `pairs`: which visits to compare.
// `template_middle_mm`: the template's middle plane, LPS x of the template.
JointFacts joint_facts(const ExtractedBrain& extracted, const TissueMaps& tissues,
                       const std::vector<std::pair<std::size_t, std::size_t>>& pairs,
                       const Affine& template_to_midpoint, double template_middle_mm);

}  // namespace wane
