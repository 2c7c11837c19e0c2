// Robust affine alignment of the template to one scan: any tilt within the search range, any offset, neck, cropped
// vertex, thick slices, other scanners.
//
// Normalised mutual information (Studholme 1999) over the template's region alone, so that neck and shoulders of the
// scan do not count; many starts on 8 mm voxels. The best are refined by local correlation, which then chooses. No
// random numbers.
#pragma once

#include "imaging/image.h"

namespace wane {

struct TemplateAlignmentOptions {
  double search_angle_degrees = 30.0;
  double margin_mm = 14.0;  // how far around the brain the search looks: skull and scalp show where a head is
  double finest_mm = 4.0;   // voxel size of the last refinement
};

struct TemplateAlignment {
  Affine template_to_scan = Affine::Identity();  // LPS mm to LPS mm
  double normalised_mutual_information = 0;      // 1 (unrelated) .. 2
  double correlation = 0;                        // of the locally normalised volumes in the brain, -1..1
  double overlap = 0;                            // share of the brain and its margin that the scan covers, 0..1
};

// `brain`: inside of the template's skull, on the grid of `head`.
TemplateAlignment align_to_template(const Volume& head, const Mask& brain, const Volume& scan,
                                    const TemplateAlignmentOptions& options = {});

}  // namespace wane
