#include "imaging/resample.h"

#include <cmath>

#include "imaging/smooth.h"
#include "imaging/trilinear.h"

namespace wane {
namespace {

bool outside_box(const std::array<int, 3>& size, float x, float y, float z) {
  return !(x >= -0.5F && y >= -0.5F && z >= -0.5F && x <= size[0] - 0.5F && y <= size[1] - 0.5F && z <= size[2] - 0.5F);
}

// Causal and anticausal recursion of the cubic B-spline prefilter along one line with a stride.
void prefilter_line(float* line, int n, std::size_t stride) {
  if (n < 2) return;
  const double pole = std::sqrt(3.0) - 2.0;
  const double gain = (1 - pole) * (1 - 1 / pole);
  const int horizon = 24;  // the pole's power is then below single precision
  const int period = 2 * n - 2;
  double sum = line[0];
  double power = pole;
  for (int i = 1; i < horizon; ++i) {
    const int at = i % period;
    sum += power * line[(at < n ? at : period - at) * stride];
    power *= pole;
  }
  double previous = sum;
  line[0] = float(gain * previous);
  for (int i = 1; i < n; ++i) {
    previous = line[i * stride] + pole * previous;
    line[i * stride] = float(gain * previous);
  }
  const double last = line[(n - 1) * stride];
  const double before = line[(n - 2) * stride];
  previous = pole / (pole * pole - 1) * (last + pole * before);
  line[(n - 1) * stride] = float(previous);
  for (int i = n - 2; i >= 0; --i) {
    previous = pole * (previous - line[i * stride]);
    line[i * stride] = float(previous);
  }
}

void cubic_weights(float f, float w[4]) {
  const float g = 1 - f;
  w[0] = g * g * g / 6;
  w[1] = (4 - 6 * f * f + 3 * f * f * f) / 6;
  w[2] = (4 - 6 * g * g + 3 * g * g * g) / 6;
  w[3] = f * f * f / 6;
}

int mirrored(int i, int n) {
  if (n == 1) return 0;
  if (i < 0) i = -i;
  if (i >= n) i = 2 * (n - 1) - i;
  return std::clamp(i, 0, n - 1);
}

template <class F>
void for_each_voxel(const Grid& grid, F&& f) {
  parallel_for(grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) f(grid.offset(i, j, int(k)), Vec3(i, j, double(k)));
  });
}

template <class Sampler>
Volume sample_affine(const Sampler& sampler, const Grid& target, const Affine& target_index_to_source_index,
                     float outside) {
  Volume result(target);
  for_each_voxel(target, [&](std::size_t n, const Vec3& index) {
    const Vec3 p = target_index_to_source_index * index;
    result[n] = sampler(float(p[0]), float(p[1]), float(p[2]), outside);
  });
  return result;
}

template <class T>
Image<T> sample_nearest(const Image<T>& source, const Grid& target, const Affine& target_to_source) {
  Image<T> result(target);
  const Affine map = source.grid.lps_to_index() * target_to_source * target.index_to_lps();
  for_each_voxel(target, [&](std::size_t n, const Vec3& index) {
    const Vec3 p = map * index;
    const int i = int(std::lround(p[0])), j = int(std::lround(p[1])), k = int(std::lround(p[2]));
    if (source.grid.contains(i, j, k)) result[n] = source.at(i, j, k);
  });
  return result;
}

template <class Sampler>
Volume sample_displaced(const Sampler& sampler, const Grid& source, const Grid& target, const Affine& target_to_field,
                        const DisplacementField& field, const Affine& field_to_source, float outside) {
  Volume result(target);
  const Affine to_field_index = field.grid.lps_to_index() * target_to_field * target.index_to_lps();
  const Affine to_field_lps = target_to_field * target.index_to_lps();
  const Affine to_source_index = source.lps_to_index() * field_to_source;
  for_each_voxel(target, [&](std::size_t n, const Vec3& index) {
    const Vec3 at = to_field_index * index;
    const TrilinearCell c = trilinear_cell(field.grid.size, float(at[0]), float(at[1]), float(at[2]));
    const Eigen::Vector3f moved = trilinear(field.values.data(), c);
    const Vec3 p = to_source_index * (to_field_lps * index + moved.cast<double>());
    result[n] = sampler(float(p[0]), float(p[1]), float(p[2]), outside);
  });
  return result;
}

}  // namespace

float LinearSampler::operator()(float x, float y, float z, float outside) const {
  if (outside_box(size_, x, y, z)) return outside;
  return trilinear(data_, trilinear_cell(size_, x, y, z));
}

float LinearSampler::with_gradient(float x, float y, float z, float gradient[3], float outside) const {
  if (outside_box(size_, x, y, z)) {
    gradient[0] = gradient[1] = gradient[2] = 0;
    return outside;
  }
  const TrilinearCell c = trilinear_cell(size_, x, y, z);
  const float* v = data_ + c.base;
  const float v000 = v[0], v100 = v[c.dx], v010 = v[c.dy], v110 = v[c.dy + c.dx];
  const float v001 = v[c.dz], v101 = v[c.dz + c.dx], v011 = v[c.dz + c.dy], v111 = v[c.dz + c.dy + c.dx];
  const float x00 = v000 + c.fx * (v100 - v000), x10 = v010 + c.fx * (v110 - v010);
  const float x01 = v001 + c.fx * (v101 - v001), x11 = v011 + c.fx * (v111 - v011);
  const float y0 = x00 + c.fy * (x10 - x00), y1 = x01 + c.fy * (x11 - x01);
  const float gx0 = (1 - c.fy) * (v100 - v000) + c.fy * (v110 - v010);
  const float gx1 = (1 - c.fy) * (v101 - v001) + c.fy * (v111 - v011);
  gradient[0] = (1 - c.fz) * gx0 + c.fz * gx1;
  gradient[1] = (1 - c.fz) * (x10 - x00) + c.fz * (x11 - x01);
  gradient[2] = y1 - y0;
  return y0 + c.fz * (y1 - y0);
}

CubicSampler::CubicSampler(const Volume& volume) : size_(volume.grid.size), coefficients_(volume.values) {
  const std::size_t row = size_[0];
  const std::size_t slice = row * size_[1];
  float* data = coefficients_.data();
  parallel_for(size_[2], [&](std::size_t k) {
    for (int j = 0; j < size_[1]; ++j) prefilter_line(data + k * slice + j * row, size_[0], 1);
    for (int i = 0; i < size_[0]; ++i) prefilter_line(data + k * slice + i, size_[1], row);
  });
  parallel_for(size_[1], [&](std::size_t j) {
    for (int i = 0; i < size_[0]; ++i) prefilter_line(data + j * row + i, size_[2], slice);
  });
}

float CubicSampler::operator()(float x, float y, float z, float outside) const {
  if (outside_box(size_, x, y, z)) return outside;
  const int i = int(std::floor(x)), j = int(std::floor(y)), k = int(std::floor(z));
  float wx[4], wy[4], wz[4];
  cubic_weights(x - i, wx);
  cubic_weights(y - j, wy);
  cubic_weights(z - k, wz);
  const std::size_t row = size_[0];
  const std::size_t slice = row * size_[1];
  const bool interior = i >= 1 && j >= 1 && k >= 1 && i + 2 < size_[0] && j + 2 < size_[1] && k + 2 < size_[2];
  float sum = 0;
  if (interior) {
    const float* base = coefficients_.data() + (i - 1) + row * (j - 1) + slice * (k - 1);
    for (int c = 0; c < 4; ++c)
      for (int b = 0; b < 4; ++b) {
        const float* p = base + c * slice + b * row;
        sum += wz[c] * wy[b] * (wx[0] * p[0] + wx[1] * p[1] + wx[2] * p[2] + wx[3] * p[3]);
      }
    return sum;
  }
  int xi[4];
  for (int a = 0; a < 4; ++a) xi[a] = mirrored(i - 1 + a, size_[0]);
  for (int c = 0; c < 4; ++c)
    for (int b = 0; b < 4; ++b) {
      const float* p =
          coefficients_.data() + slice * mirrored(k - 1 + c, size_[2]) + row * mirrored(j - 1 + b, size_[1]);
      sum += wz[c] * wy[b] * (wx[0] * p[xi[0]] + wx[1] * p[xi[1]] + wx[2] * p[xi[2]] + wx[3] * p[xi[3]]);
    }
  return sum;
}

Volume resample(const Volume& source, const Grid& target, const Affine& target_to_source, Interpolation interpolation,
                float outside) {
  const Affine map = source.grid.lps_to_index() * target_to_source * target.index_to_lps();
  if (interpolation == Interpolation::cubic) return sample_affine(CubicSampler(source), target, map, outside);
  return sample_affine(LinearSampler(source), target, map, outside);
}

Mask resample(const Mask& source, const Grid& target, const Affine& target_to_source) {
  return sample_nearest(source, target, target_to_source);
}

LabelMap resample(const LabelMap& source, const Grid& target, const Affine& target_to_source) {
  return sample_nearest(source, target, target_to_source);
}

Volume resample_displaced(const Volume& source, const Grid& target, const Affine& target_to_field,
                          const DisplacementField& field, const Affine& field_to_source, Interpolation interpolation,
                          float outside) {
  if (interpolation == Interpolation::cubic)
    return sample_displaced(CubicSampler(source), source.grid, target, target_to_field, field, field_to_source,
                            outside);
  return sample_displaced(LinearSampler(source), source.grid, target, target_to_field, field, field_to_source, outside);
}

Mask coverage(const Grid& source, const Grid& target, const Affine& target_to_source) {
  Mask result(target);
  const Affine map = source.lps_to_index() * target_to_source * target.index_to_lps();
  for_each_voxel(target, [&](std::size_t n, const Vec3& index) {
    const Vec3 p = map * index;
    result[n] = !outside_box(source.size, float(p[0]), float(p[1]), float(p[2]));
  });
  return result;
}

Volume downsampled(const Volume& volume, double spacing_mm) {
  Vec3 sigma = Vec3::Zero();
  bool finer = false;
  for (int axis = 0; axis < 3; ++axis) {
    const double ratio = spacing_mm / volume.grid.spacing_mm[axis];
    if (ratio > 1.05) {
      // The kernel whose cut-off suits the coarser sampling, given the blur that the finer voxels already have.
      sigma[axis] =
          0.42 * std::sqrt(spacing_mm * spacing_mm - volume.grid.spacing_mm[axis] * volume.grid.spacing_mm[axis]);
      finer = true;
    }
  }
  if (!finer) return volume;
  return resample(gaussian(volume, sigma), isotropic_grid(volume.grid, spacing_mm), Affine::Identity());
}

}  // namespace wane
