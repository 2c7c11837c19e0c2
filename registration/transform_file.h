// Affine transforms as ITK's text files ("#Insight Transform File V1.0"), which ANTs, ITK-SNAP and 3D Slicer read.
#pragma once

#include <filesystem>
#include <string>

#include "imaging/grid.h"

namespace wane {

// `points` maps LPS mm to LPS mm. As everywhere in ITK, an image moved from A to B needs the map of points from B
// to A: the file of "from-T1w_to-midpoint_mode-image" holds the map of points from the midpoint to the T1w scan.
// Numbers are written so that they read back to the same bits. Throws ResourceError naming the file.
void write_itk_affine(const std::filesystem::path& file, const Affine& points);

// The map of points of a single three-dimensional matrix transform of any of ITK's kinds: affine, rigid, Euler angles,
// versors, similarity, scales. Throws InputError where the file is missing, cut short or holds anything else (B-spline,
// displacements, two transforms).
Affine read_itk_affine(const std::filesystem::path& file);

// The same of a file's text; `name` is what messages call it.
Affine parse_itk_affine(const std::string& text, const std::string& name);

}  // namespace wane
