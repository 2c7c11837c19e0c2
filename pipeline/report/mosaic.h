// The quality mosaic of a participant: every visit in three planes, brain outline above, tissue maps below.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "imaging/image.h"

namespace wane {

struct PictureTile {  // pixels, from the left and from the top
  int left = 0, top = 0, width = 0, height = 0;
};

// Where a picture shows one visit with the brain's outline: the middle slice of each plane, axial, coronal, sagittal.
struct OutlinedVisit {
  std::string name;  // "ses-01"
  std::array<PictureTile, 3> planes;
};

struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;                 // rows from top to bottom, three bytes a pixel
  std::vector<OutlinedVisit> outlined_visits{};  // kept in PNG files too
};

// One visit; all maps of all visits on one grid. What is pointed to must outlive the call; brain or tissues may be
// null and are then not drawn.
struct MosaicVisit {
  std::string name;  // "ses-01"
  const Volume* t1 = nullptr;
  const Mask* brain = nullptr;
  const Volume* gm = nullptr;  // fractions, 0..1
  const Volume* wm = nullptr;
  const Volume* csf = nullptr;
};

struct MosaicOptions {
  int slices_per_plane = 3;
  double pixel_mm = 0.8;
  double margin_mm = 14.0;  // around the brain, so that a mask that is cut short shows what is beyond it
};

// Radiological convention: the person's left is on the right of axial and coronal pictures, and marked so; sagittal
// pictures face left. Which voxel axis runs which way is taken from the grid's direction: each anatomical axis is shown
// along the voxel axis nearest to it (an oblique grid is not turned). Slices divide the brain evenly and are the same
// for all visits; grey is scaled by the intensities inside each visit's brain. Throws InputError where there is no
// visit or the grids differ. Safe to call from several threads.
Picture quality_mosaic(const std::string& title, const std::vector<MosaicVisit>& visits,
                       const MosaicOptions& options = {});

}  // namespace wane
