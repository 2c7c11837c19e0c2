// Sampling of volumes between grids.
//
// Points outside the source's box (half a voxel beyond the outermost centres) have the value `outside`.
#pragma once

#include "imaging/image.h"
#include "imaging/parallel.h"

namespace wane {

// Trilinear sampling at continuous indices. Holds a view: the volume must outlive it.
class LinearSampler {
 public:
  explicit LinearSampler(const Volume& volume) : size_(volume.grid.size), data_(volume.values.data()) {}
  LinearSampler(const std::array<int, 3>& size, const float* data) : size_(size), data_(data) {}
  // `outside` where the point is more than half a voxel outside.
  float operator()(float x, float y, float z, float outside = 0.F) const;
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
  float operator()(float x, float y, float z, float outside = 0.F) const;

 private:
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

// 1 where the voxels of `target` fall inside the box of `source`.
Mask coverage(const Grid& source, const Grid& target, const Affine& target_to_source);

// Smoothed against aliasing and resampled to isotropic voxels of `spacing_mm` (returned unchanged where it is
// already as coarse as that).
Volume downsampled(const Volume& volume, double spacing_mm);

}  // namespace wane
