// Sampling of volumes between grids.
//
// Points outside the source's box (half a voxel beyond the outermost centres) have the value `outside`.
#pragma once

#include <cmath>
#include <cstring>

#include "base/parallel.h"
#include "imaging/image.h"
#include "imaging/trilinear.h"

namespace wane {

// More than half a voxel beyond the outermost centres, or no number.
inline bool outside_box(const std::array<int, 3>& size, float x, float y, float z) {
  return !(x >= -0.5F && y >= -0.5F && z >= -0.5F && x <= float(size[0]) - 0.5F && y <= float(size[1]) - 0.5F &&
           z <= float(size[2]) - 0.5F);
}

// Trilinear sampling at continuous indices. Holds a view: the volume must outlive it.
class LinearSampler {
 public:
  explicit LinearSampler(const Volume& volume) : size_(volume.grid.size), data_(volume.values.data()) {}
  LinearSampler(const std::array<int, 3>& size, const float* data) : size_(size), data_(data) {}
  // `outside` where the point is more than half a voxel outside.
  float operator()(float x, float y, float z, float outside = 0.F) const {
    if (outside_box(size_, x, y, z)) return outside;
    return trilinear(data_, trilinear_cell(size_, x, y, z));
  }
  // Value and gradient (per voxel step).
  float with_gradient(float x, float y, float z, float gradient[3], float outside = 0.F) const;

 private:
  std::array<int, 3> size_;
  const float* data_;
};

// Cubic B-spline interpolation (Unser 1993; mirror boundary). Holds its own coefficients.
class CubicSampler {
 public:
  explicit CubicSampler(const Volume& volume);
  float operator()(float x, float y, float z, float outside = 0.F) const {
    if (outside_box(size_, x, y, z)) return outside;
    const int i = int(std::floor(x)), j = int(std::floor(y)), k = int(std::floor(z));
    const bool interior = i >= 1 && j >= 1 && k >= 1 && i + 2 < size_[0] && j + 2 < size_[1] && k + 2 < size_[2];
    if (!interior) return at_border(x, y, z);
    const Four wx = weights(x - float(i)), wy = weights(y - float(j)), wz = weights(z - float(k));
    const std::size_t row = std::size_t(size_[0]), slice = row * std::size_t(size_[1]);
    const float* base = coefficients_.data() + (i - 1) + row * std::size_t(j - 1) + slice * std::size_t(k - 1);
    Four sum{};
    for (int c = 0; c < 4; ++c) {
      const float* p = base + std::size_t(c) * slice;
      sum += wz[c] * (wy[0] * four_at(p) + wy[1] * four_at(p + row) + wy[2] * four_at(p + 2 * row) +
                      wy[3] * four_at(p + 3 * row));
    }
    const Four product = sum * wx;
    return (product[0] + product[1]) + (product[2] + product[3]);
  }

 private:
  // Four neighbours along i at once.
  using Four __attribute__((vector_size(16))) = float;
  static Four four_at(const float* p) {
    Four result;
    std::memcpy(&result, p, sizeof(result));
    return result;
  }
  static Four weights(float f) {
    const float g = 1 - f;
    return Four{g * g * g, (4 - 6 * f * f + 3 * f * f * f), (4 - 6 * g * g + 3 * g * g * g), f * f * f} * (1.F / 6.F);
  }
  float at_border(float x, float y, float z) const;

  std::array<int, 3> size_;
  std::vector<float> coefficients_;
};

enum class Interpolation { linear, cubic };

// value(x) = source(target_to_source(x)) at the voxels x of `target`; the map takes LPS mm to LPS mm.
Volume resample(const Volume& source, const Grid& target, const Affine& target_to_source = Affine::Identity(),
                Interpolation interpolation = Interpolation::linear, float outside = 0.F);

// Nearest voxel, for masks and labels.
Mask resample(const Mask& source, const Grid& target, const Affine& target_to_source = Affine::Identity());
LabelMap resample(const LabelMap& source, const Grid& target, const Affine& target_to_source = Affine::Identity());

// value(x) = source(before then displaced): y = target_to_field(x); z = y + displacement(y);
// source(field_to_source(z)). The field lives on its own grid; outside of it the displacement of its nearest voxel
// holds.
Volume resample_displaced(const Volume& source, const Grid& target, const Affine& target_to_field,
                          const DisplacementField& field, const Affine& field_to_source = Affine::Identity(),
                          Interpolation interpolation = Interpolation::linear, float outside = 0.F);

// The same, linearly, for several volumes on one grid at once (0 outside): where a displacement leads is found once.
std::vector<Volume> resample_displaced(const std::vector<const Volume*>& sources, const Grid& target,
                                       const Affine& target_to_field, const DisplacementField& field,
                                       const Affine& field_to_source = Affine::Identity());

// 1 where the voxels of `target` fall inside the box of `source`.
Mask coverage(const Grid& source, const Grid& target, const Affine& target_to_source);

// Smoothed against aliasing and resampled to isotropic voxels of `spacing_mm` (returned unchanged where it is
// already as coarse as that).
Volume downsampled(const Volume& volume, double spacing_mm);

}  // namespace wane
