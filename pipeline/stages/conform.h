// Stage 1, each visit alone: clean the scan's values, find the head, align it to the template.
#pragma once

#include <string>
#include <vector>

#include "imaging/image.h"
#include "imaging/option_field.h"
#include "segmentation/head_template.h"

namespace wane {

struct ConformOptions {
  double search_angle_degrees = 30.0;  // how far a head may be tilted from what its header says
  double working_spacing_mm = 4.0;     // finest voxel size of the alignment to the template; finer brings nothing
  void validate() const;               // throws UsageError
};
OptionFields option_fields(ConformOptions& options);

struct ConformedVisit {
  Volume scan;                                   // on the raw scan's own grid, finite, not negative
  Affine template_to_scan = Affine::Identity();  // LPS mm of the template -> LPS mm of the scan, 12 parameters
  bool brain_extracted = false;                  // the scan came without skull and scalp
  double template_similarity = 0;                // local correlation with the aligned template's head, -1..1
  std::vector<std::string> warnings;
  std::string name;  // how messages call the scan: its file; conform() does not know it, its caller sets it
};

// Throws InputError where the scan has no head in it (constant, empty, or it cannot be aligned to the template).
ConformedVisit conform(Volume raw_scan, const HeadTemplate& head_template, const ConformOptions& options);

}  // namespace wane
