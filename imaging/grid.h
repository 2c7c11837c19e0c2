// A sampling grid in space. All geometry inside Wane is in LPS millimetres (x to the left, y to the back, z up).
#pragma once

#include <Eigen/Geometry>
#include <array>
#include <cstddef>
#include <string>

namespace wane {

using Vec3 = Eigen::Vector3d;
using Mat3 = Eigen::Matrix3d;
using Affine = Eigen::Affine3d;

struct Grid {
  std::array<int, 3> size{0, 0, 0};  // voxels along i (fastest in memory), j, k
  Vec3 spacing_mm = Vec3::Ones();
  Vec3 origin_mm = Vec3::Zero();      // LPS position of the centre of voxel (0, 0, 0)
  Mat3 direction = Mat3::Identity();  // columns: LPS unit vectors of i, j, k

  std::size_t voxel_count() const { return std::size_t(size[0]) * size[1] * size[2]; }
  std::size_t offset(int i, int j, int k) const { return i + std::size_t(size[0]) * (j + std::size_t(size[1]) * k); }
  bool contains(int i, int j, int k) const {
    return i >= 0 && j >= 0 && k >= 0 && i < size[0] && j < size[1] && k < size[2];
  }
  double voxel_volume_mm3() const { return spacing_mm.prod(); }
  double voxel_volume_ml() const { return voxel_volume_mm3() / 1000.0; }

  Affine index_to_lps() const;
  Affine lps_to_index() const;
  Vec3 centre_mm() const;  // LPS position of the middle of the grid's box

  // Same size, and every corner within `tolerance_mm` of the other grid's corner.
  bool matches(const Grid& other, double tolerance_mm = 1e-3) const;

  // "181x217x181 voxels of 1x1x1 mm"
  std::string describe() const;
};

// The grid that covers the same box with isotropic voxels of `spacing_mm`.
Grid isotropic_grid(const Grid& grid, double spacing_mm);

// The part of `grid` from index `low` to `high` (both inclusive, clipped to the grid).
Grid cropped_grid(const Grid& grid, std::array<int, 3> low, std::array<int, 3> high);

}  // namespace wane
