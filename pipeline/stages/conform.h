// Stage 1, each visit alone: clean the scan's values, find the head, align it to the template.
#pragma once

#include <string>
#include <vector>

#include "base/option_field.h"
#include "imaging/image.h"
#include "segmentation/head_template.h"

namespace wane {

struct ConformOptions {
  double search_angle_degrees = 60.0;  // how far a head may be turned from what its header says
  double working_spacing_mm = 4.0;     // finest voxel size of the alignment to the template; finer brings nothing
  void validate() const;               // throws UsageError
};
OptionFields option_fields(ConformOptions& options);

// What the values of a scan tell about it. Shares are 0..1; "the brain" is the inside of the template's skull, as it
// was aligned.
struct ScanValues {
  double subtracted = 0;       // from every value, in the file's units: the background, where that was not about 0
  double negative_share = 0;   // of the whole scan: below the background, set to 0
  double wrapped_share = 0;    // of the brain: so far below the background that the values have wrapped around
  double saturated_share = 0;  // of the brain: exactly the value that its brightest 0.5 % begin with
  double unseen_share = 0;     // of the brain: outside of the scan, or one constant value up to the scan's border
  double surround = 0;         // median brightness at the scan's faces, as a part of the median in the brain
};

struct ConformedVisit {
  Volume scan;                                   // on the raw scan's own grid, finite, not negative, air at 0
  Affine template_to_scan = Affine::Identity();  // LPS mm of the template -> LPS mm of the scan, 12 parameters
  bool brain_extracted = false;                  // the scan came without skull and scalp
  double template_similarity = 0;                // local correlation with the aligned template's head, -1..1
  double template_lead = 0;  // of the similarity before that of the next place where the head could lie
  ScanValues values;
  // Of whole heads, 1 where the scan holds one constant value up to its border: air, or a part of the head that was not
  // measured; which of the two, align() decides. No voxels where there is nothing like it.
  Mask constant;
  std::vector<std::string> warnings;
  std::string name;  // how messages call the scan: its file; conform() does not know it, its caller sets it
};

// Throws InputError where the scan has no head in it (constant, empty, or it cannot be aligned to the template).
// `orientation_known`: whether the file says how the scan lies in space. Where it does not, the head is looked for in
// any pose, and the grid of the result's scan is turned, axes onto axes, so that the head lies as nearly upright as it
// can. Which side is left cannot be known then: heads are too symmetric.
ConformedVisit conform(Volume raw_scan, const HeadTemplate& head_template, const ConformOptions& options,
                       bool orientation_known = true);

}  // namespace wane
