// The template that a scan is aligned to: one head with the brain's probability, tissue priors and intracranial mask,
// all on one grid. share/wane/template holds Wane's own (Colin27); any other with the same file names can be used:
//   head.nii.gz brain_probability.nii.gz gm_prior.nii.gz wm_prior.nii.gz csf_prior.nii.gz intracranial_mask.nii.gz
#pragma once

#include "imaging/image.h"

namespace wane {

struct HeadTemplate {
  Volume head;               // T1-weighted, with skull and scalp
  Volume brain_probability;  // 0..1: brain with the CSF around it, as a brain extraction would keep it
  Volume gm_prior;           // 0..1 each; their sum is at most 1, 0 far outside the head
  Volume wm_prior;
  Volume csf_prior;
  Mask intracranial_mask;  // everything inside the skull above the foramen magnum
};

}  // namespace wane
