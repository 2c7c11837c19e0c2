// The header of a scan: parsing, layout, geometry. What is accepted has a grid that a head can have, and comes back
// when Wane writes it.
#include "imaging/nifti_header.h"

#include <cmath>

#include "fuzz/properties.h"

using namespace wane;

namespace {

void require_grid(const Grid& grid) {
  for (int axis = 0; axis < 3; ++axis) {
    fuzz::require(grid.size[axis] >= 8, "every axis has 8 voxels");
    fuzz::require(grid.spacing_mm[axis] > 0.009 && grid.spacing_mm[axis] < 102, "voxels are of a head scan's size");
  }
  fuzz::require(grid.origin_mm.allFinite(), "the origin is finite");
  fuzz::require((grid.direction.transpose() * grid.direction - Mat3::Identity()).cwiseAbs().maxCoeff() < 1e-6,
                "the axes are at right angles");
}

// Single precision of positions up to a kilometre, and of the turn over up to 32767 voxels of 10 cm.
bool alike(const Grid& a, const Grid& b) {
  const double reach_mm = a.origin_mm.norm() + a.spacing_mm.cwiseProduct(Vec3(a.size[0], a.size[1], a.size[2])).norm();
  return a.matches(b, 1e-3 + 1e-5 * reach_mm);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::accepted([&] {
    const NiftiHeader header = parse_nifti_header({reinterpret_cast<const char*>(data), size}, "scan.nii");
    const NiftiLayout layout = checked_nifti_layout(header, {}, "scan.nii");
    fuzz::require(layout.voxel_count() <= NiftiLimits().most_voxels, "the number of voxels is limited");
    fuzz::require(layout.end_byte() > layout.first_voxel_byte, "the length does not overflow");
    const Grid grid = nifti_geometry(header, "scan.nii").grid;
    require_grid(grid);
    const auto written = encode_nifti_header(grid, layout.datatype, 1.0f);
    const NiftiHeader again =
        parse_nifti_header({reinterpret_cast<const char*>(written.data()), written.size()}, "again.nii");
    fuzz::require(alike(nifti_geometry(again, "again.nii").grid, grid), "a grid comes back as it was written");
  });
  return 0;
}
