// Robust affine alignment of the template to one scan: any tilt within the search range, any offset, neck, cropped
// vertex, thick slices, other scanners.
//
// Normalised mutual information (Studholme 1999) over the template's region alone, so that neck and shoulders of the
// scan do not count; many starts on 8 mm voxels, the best refined on finer ones. No random numbers.
#pragma once

#include "imaging/image.h"

namespace wane {

struct TemplateAlignmentOptions {
  double search_angle_degrees = 30.0;
  double finest_mm = 4.0;  // sampling of the last level
};

struct TemplateAlignment {
  Affine template_to_scan = Affine::Identity();  // LPS mm to LPS mm
  double normalised_mutual_information = 0;      // 1 (unrelated) .. 2
  double overlap = 0;                            // share of the region that the scan covers, 0..1
};

// `region`: where the template is compared (same grid as `head`), normally brain and skull.
TemplateAlignment align_to_template(const Volume& head, const Mask& region, const Volume& scan,
                                    const TemplateAlignmentOptions& options = {});

}  // namespace wane
