// The surface of a person's brain with values at its vertices, as VTK's legacy polydata.
//
// Points are RAS mm of the midpoint space, as the NIfTI files beside it, and the file says so (SPACE=RAS, which 3D
// Slicer reads; ParaView and NiiVue take points as they stand). The bytes hold no date and do not depend on threads.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "imaging/image.h"

namespace wane {

struct BrainSurface {
  std::vector<std::array<float, 3>> points_ras_mm;
  std::vector<std::array<std::int32_t, 3>> triangles;  // corners counterclockwise as seen from outside
  bool empty() const { return triangles.empty(); }
};

struct VertexValues {
  std::string name;           // "change_percent_ses-01_to_ses-02"
  std::vector<float> values;  // one a point
};

struct SurfaceFile {
  BrainSurface surface;
  std::vector<VertexValues> values;
};

// Some 60,000: folds of gyri are still there, and a page can hold it.
inline constexpr int surface_triangles = 60000;

// The outer surface of the largest connected part of `parenchyma` (fraction of gray and white matter, 0..1) at one
// half, ventricles filled, smoothed (windowed sinc, which does not shrink it) and reduced to about `most_triangles`.
// Closed but for a few of 100,000 edges that the reduction folds together. Empty where nothing reaches one half.
BrainSurface brain_surface(const Volume& parenchyma, int most_triangles = surface_triangles);

// `map` at each vertex, interpolated linearly; 0 outside of its grid.
std::vector<float> values_at_vertices(const BrainSurface& surface, const Volume& map);

// Throws ResourceError.
void write_surface(const std::filesystem::path& file, const SurfaceFile& surface);

// Of a file that the above wrote. Throws InputError where it is not.
SurfaceFile read_surface(const std::filesystem::path& file);

}  // namespace wane
