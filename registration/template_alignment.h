// Robust affine alignment of the template to one scan: any pose within the search range, any offset, neck, cropped
// vertex, thick slices, other scanners.
//
// Every rotation, size and translation of the template is tried on 8 mm voxels (pose_search.h); the best are registered
// by local correlation inside the skull, which sees folds and ventricles and decides. How far the best one leads before
// those that came to other places tells how certain it is. No random numbers.
#pragma once

#include "imaging/image.h"

namespace wane {

struct TemplateAlignmentOptions {
  double search_angle_degrees = 60.0;  // how far the head may be turned about any axis; 180: any way
  double margin_mm = 14.0;       // how far around the brain the search looks: skull and scalp show where a head is
  double search_mm = 8.0;        // voxel size of the search
  double finest_mm = 4.0;        // voxel size of the last refinement
  std::size_t first_starts = 8;  // places of the search that are registered;
  std::size_t more_starts = 32;  // so many more where none of those leads
  double clear_lead = 0.15;      // of correlation, before what came to another place
};

struct TemplateAlignment {
  Affine template_to_scan = Affine::Identity();  // LPS mm to LPS mm
  double correlation = 0;                        // of the locally normalised volumes in the brain, -1..1
  double lead = 0;  // of the best place's correlation before the next place's, as both were at the search's voxel size
  double overlap = 0;  // share of the brain and its margin that the scan covers, 0..1
};

// The farthest apart that two alignments may put a point of the head (apart_mm) and still have found it at one place.
inline constexpr double one_place_mm = 25.0;

// The farthest that two alignments put a point 70 mm from `middle_mm`, the head's, from each other.
double apart_mm(const Affine& a, const Affine& b, const Vec3& middle_mm);

// `brain`: inside of the template's skull, on the grid of `head`.
TemplateAlignment align_to_template(const Volume& head, const Mask& brain, const Volume& scan,
                                    const TemplateAlignmentOptions& options = {});

}  // namespace wane
