// What one scan, by itself, tells of its quality: brightness of the tissues, noise, and signal where there is only air.
//
// Tissues are looked up through the scan's affine alignment to the template, which places them to a few millimetres:
// good for medians, not for volumes.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "pipeline/stages/conform.h"
#include "segmentation/head_template.h"

namespace wane {

struct ScanFacts {
  Vec3 voxel_mm = Vec3::Zero();
  // Medians where the template has the tissue, in the scan's own units.
  double white = 0, gray = 0, csf = 0;
  // The share of the brain that is darker than white matter's median, 0..1. White matter is the brightest tissue of
  // T1-weighted scans alone; in T2-weighted, proton density and FLAIR scans most of the brain is brighter.
  double white_rank = 0;
  // Noise in white matter against its brightness: from second differences along each axis, which slow changes of
  // brightness do not enter (median absolute deviation).
  double noise = 0;
  // White matter's median in each of the head's eight octants against that of all: receive fields make them uneven, and
  // their correction takes that away. 0 where too little of it is seen.
  std::array<double, 8> white_by_octant{};
  // How much the signal of the air far from the head varies from place to place (10th to 90th percentile of means over
  // some 6 mm), against white matter. Noise averages out; ghosts do not. Empty where little air is seen, or where the
  // air was set to one value.
  std::optional<double> ghost_level;
};

// Throws nothing for odd scans: what cannot be told stays at 0.
ScanFacts scan_facts(const ConformedVisit& visit, const HeadTemplate& head_template);

// A fingerprint of a scan's values that does not depend on the order of its voxels, on the empty space around the head,
// or on how the file stores them: the same data, cropped, turned or compressed anew, has the same. 32 hex digits.
std::string fingerprint(const Volume& scan);

}  // namespace wane
