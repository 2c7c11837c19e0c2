// Stage 3, all visits of a person: bias fields, the template's deformable alignment, one joint brain mask.
#pragma once

#include <vector>

#include "base/option_field.h"
#include "imaging/image.h"
#include "pipeline/stages/align.h"

namespace wane {

struct ExtractOptions {
  double warp_spacing_mm = 2.0;      // finest voxel size of the template's deformable alignment
  double bias_wavelength_mm = 60.0;  // shortest wave of the bias field; shorter would take up anatomy
  void validate() const;
};
OptionFields option_fields(ExtractOptions& options);

struct ExtractedBrain {
  std::vector<Volume> corrected;  // each visit on the midpoint grid, bias corrected, white matter at 100
  Volume mean;                    // of the corrected visits
  Volume comparable;              // 0..1: where all visits were seen and none was cut by its own brain extraction
  Mask brain_mask;                // brain with the CSF around it (what BET or HD-BET keep), joint for all visits
  Mask intracranial;              // inside the skull
  bool skull_shown = true;        // by every visit: none came brain-extracted
  double coarsest_voxel_mm3 = 0;  // of the visits' own scans
  // Of each visit: how far its voxels call for a blur to the resolution of the coarsest visit, sigma in mm along the
  // midpoint space's axes; 0 for the coarsest itself.
  std::vector<Vec3> blurs_mm;
  std::vector<Mat3> scan_axes;           // of each visit: its image's axes as columns, in the midpoint space
  std::vector<double> unseen_brain_ml;   // by each visit: of `brain`, where its scan does not reach or is constant
  Volume gm_prior, wm_prior, csf_prior;  // the template's priors on the midpoint grid
};

// Throws InputError naming the visit that shows no brain. How much all visits see is judged by `measure`.
ExtractedBrain extract(const AlignedVisits& aligned, const std::vector<ConformedVisit>& visits,
                       const HeadTemplate& head_template, const ExtractOptions& options);

}  // namespace wane
