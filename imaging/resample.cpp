#include "imaging/resample.h"

#include <cmath>

#include "imaging/line_kernels.h"
#include "imaging/sampled_box.h"
#include "imaging/smooth.h"
#include "imaging/trilinear.h"

namespace wane {
namespace {

// Causal and anticausal recursion of the cubic B-spline prefilter along `n` elements `stride` apart, for `width`
// neighbouring lines at once.
void prefilter_lines(float* lines, int n, std::size_t stride, std::size_t width) {
  if (n < 2) return;
  const double pole = std::sqrt(3.0) - 2.0;
  const double gain = (1 - pole) * (1 - 1 / pole);
  const int horizon = 24;  // the pole's power is then below single precision
  const int period = 2 * n - 2;
  std::vector<double> previous(lines, lines + width);
  double power = pole;
  for (int i = 1; i < horizon; ++i) {
    const int at = i % period;
    const float* line = lines + std::size_t(at < n ? at : period - at) * stride;
    for (std::size_t w = 0; w < width; ++w) previous[w] += power * line[w];
    power *= pole;
  }
  for (std::size_t w = 0; w < width; ++w) lines[w] = float(gain * previous[w]);
  for (int i = 1; i < n; ++i) {
    float* line = lines + std::size_t(i) * stride;
    for (std::size_t w = 0; w < width; ++w) {
      previous[w] = line[w] + pole * previous[w];
      line[w] = float(gain * previous[w]);
    }
  }
  float* last = lines + std::size_t(n - 1) * stride;
  const float* before = last - stride;
  for (std::size_t w = 0; w < width; ++w) {
    previous[w] = pole / (pole * pole - 1) * (last[w] + pole * before[w]);
    last[w] = float(previous[w]);
  }
  for (int i = n - 2; i >= 0; --i) {
    float* line = lines + std::size_t(i) * stride;
    for (std::size_t w = 0; w < width; ++w) {
      previous[w] = pole * (previous[w] - line[w]);
      line[w] = float(previous[w]);
    }
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

bool axis_aligned(const Affine& map) {
  const Mat3& m = map.linear();
  double off = 0;
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      if (row != column) off = std::max(off, std::abs(m(row, column)));
  return off < 1e-10;
}

// Where the voxels of one axis of the target lie on the source's axis.
struct AxisPlaces {
  std::vector<int> low;
  std::vector<float> fraction;
  std::vector<unsigned char> inside;
  int step = 0;  // to the next voxel; 0 where the source is one voxel thick
};

AxisPlaces axis_places(int count, double first, double spacing, int source_size) {
  AxisPlaces places;
  places.step = source_size > 1;
  for (int i = 0; i < count; ++i) {
    const float at = float(first + spacing * i);
    const float clamped = std::clamp(at, 0.F, float(source_size - 1));
    const int low = std::min(int(clamped), std::max(source_size - 2, 0));
    places.low.push_back(low);
    places.fraction.push_back(clamped - float(low));
    places.inside.push_back(at >= -0.5F && at <= float(source_size) - 0.5F);
  }
  return places;
}

// Axes parallel: rows are blended between their four neighbours, then sampled along i.
Volume sample_parallel_axes(const Volume& source, const Grid& target, const Affine& map, float outside) {
  Volume result(target, outside);
  std::array<AxisPlaces, 3> places;
  for (int axis = 0; axis < 3; ++axis)
    places[axis] =
        axis_places(target.size[axis], map.translation()[axis], map.linear()(axis, axis), source.grid.size[axis]);
  const auto& [px, py, pz] = places;
  const std::size_t row = source.grid.size[0], slice = row * source.grid.size[1];
  parallel_for(target.size[2], [&](std::size_t k) {
    if (!pz.inside[k]) return;
    std::vector<float> blend(row);
    const float fz = pz.fraction[k];
    for (int j = 0; j < target.size[1]; ++j) {
      if (!py.inside[j]) continue;
      const float fy = py.fraction[j];
      const float* v00 = source.values.data() + row * py.low[j] + slice * pz.low[k];
      const float* v10 = v00 + row * py.step;
      const float* v01 = v00 + slice * pz.step;
      const float* v11 = v10 + slice * pz.step;
      for (std::size_t x = 0; x < row; ++x)
        blend[x] = (1 - fz) * ((1 - fy) * v00[x] + fy * v10[x]) + fz * ((1 - fy) * v01[x] + fy * v11[x]);
      float* out = result.values.data() + target.offset(0, j, int(k));
      for (int i = 0; i < target.size[0]; ++i)
        if (px.inside[i])
          out[i] = (1 - px.fraction[i]) * blend[px.low[i]] + px.fraction[i] * blend[px.low[i] + px.step];
    }
  });
  return result;
}

int nearest(double place) {
  return int(std::floor(place + 0.5));
}

template <class T>
Image<T> sample_nearest(const Image<T>& source, const Grid& target, const Affine& target_to_source) {
  Image<T> result(target);
  const Affine map = source.grid.lps_to_index() * target_to_source * target.index_to_lps();
  for_each_voxel(target, [&](std::size_t n, const Vec3& index) {
    const Vec3 p = map * index;
    const int i = nearest(p[0]), j = nearest(p[1]), k = nearest(p[2]);
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

double longest(const DisplacementField& field) {
  return std::sqrt(largest_of_voxels(field.size(), [&](std::size_t n) { return double(field[n].squaredNorm()); }));
}

// Voxel steps of 1 between whole indices.
bool same_voxels(const Affine& map) {
  const Vec3 shift = map.translation();
  return (map.linear().diagonal() - Vec3::Ones()).norm() < 1e-10 &&
         (shift.array() - shift.array().round()).matrix().norm() < 1e-6;
}

// Of one axis of a coarser grid: which voxels of the finer one make each of its voxels, smoothed and interpolated.
struct CoarseAxis {
  std::vector<int> first;  // of each coarse voxel
  std::vector<std::vector<float>> weights;
};

CoarseAxis coarse_axis(int count, double first_place, double step, int source_size, double sigma_voxels) {
  CoarseAxis axis;
  const bool smoothed = sigma_voxels > 0.05 && source_size > 1;
  const std::vector<float> half = smoothed ? gaussian_kernel(sigma_voxels) : std::vector<float>{1.F};
  const int radius = int(half.size()) - 1;
  const AxisPlaces places = axis_places(count, first_place, step, source_size);
  for (int i = 0; i < count; ++i) {
    const int from = std::max(places.low[i] - radius, 0);
    const int to = std::min(places.low[i] + places.step + radius, source_size - 1);
    std::vector<float> weights(std::size_t(to - from + 1), 0.F);
    for (int side = 0; side <= places.step; ++side) {
      const float share = side == 0 ? 1 - places.fraction[i] : places.fraction[i];
      for (int r = -radius; r <= radius; ++r)
        weights[std::size_t(std::clamp(places.low[i] + side + r, 0, source_size - 1) - from)] +=
            share * half[std::size_t(std::abs(r))];
    }
    axis.first.push_back(from);
    axis.weights.push_back(std::move(weights));
  }
  return axis;
}

}  // namespace

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
    for (int j = 0; j < size_[1]; ++j) prefilter_lines(data + k * slice + j * row, size_[0], 1, 1);
    prefilter_lines(data + k * slice, size_[1], row, row);
  });
  parallel_for(size_[1], [&](std::size_t j) { prefilter_lines(data + j * row, size_[2], slice, row); });
}

float CubicSampler::at_border(float x, float y, float z) const {
  const int i = int(std::floor(x)), j = int(std::floor(y)), k = int(std::floor(z));
  float wx[4], wy[4], wz[4];
  cubic_weights(x - float(i), wx);
  cubic_weights(y - float(j), wy);
  cubic_weights(z - float(k), wz);
  const std::size_t row = size_[0];
  const std::size_t slice = row * size_[1];
  int xi[4];
  for (int a = 0; a < 4; ++a) xi[a] = mirrored(i - 1 + a, size_[0]);
  float sum = 0;
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
  if (axis_aligned(map)) return sample_parallel_axes(source, target, map, outside);
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

std::vector<Volume> resample_displaced(const std::vector<const Volume*>& sources, const Grid& target,
                                       const Affine& target_to_field, const DisplacementField& field,
                                       const Affine& field_to_source) {
  std::vector<Volume> results;
  for (const Volume* source : sources) {
    require_same_grid(source->grid, sources.front()->grid, "a volume", "the first");
    results.emplace_back(target);
  }
  const Grid& grid = sources.front()->grid;
  const Affine to_field_index = field.grid.lps_to_index() * target_to_field * target.index_to_lps();
  const Affine to_field_lps = target_to_field * target.index_to_lps();
  const Affine to_source_index = grid.lps_to_index() * field_to_source;
  const Mat3 to_source_voxels = to_source_index.linear();
  const Affine undisplaced = to_source_index * to_field_lps;
  const SampledBox box = sampled_box(sources, longest(field) * to_source_voxels.norm());
  const bool on_voxels = axis_aligned(to_field_index) && same_voxels(to_field_index);
  parallel_for(target.size[2], [&](std::size_t k) {
    for (int j = 0; j < target.size[1]; ++j) {
      const auto [begin, end] = row_within(box, undisplaced, target.size[0], j, int(k));
      for (int i = begin; i < end; ++i) {
        const Vec3 index(i, j, double(k));
        const Vec3 at = to_field_index * index;
        const TrilinearCell c = trilinear_cell(field.grid.size, float(at[0]), float(at[1]), float(at[2]));
        const Eigen::Vector3f moved = on_voxels && c.fx == 0 && c.fy == 0 && c.fz == 0
                                          ? field[c.base]
                                          : Eigen::Vector3f(trilinear(field.values.data(), c));
        const Vec3 p = to_source_index * (to_field_lps * index + moved.cast<double>());
        const float x = float(p[0]), y = float(p[1]), z = float(p[2]);
        if (outside_box(grid.size, x, y, z)) continue;
        const TrilinearCell cell = trilinear_cell(grid.size, x, y, z);
        const std::size_t n = target.offset(i, j, int(k));
        for (std::size_t v = 0; v < sources.size(); ++v) results[v][n] = trilinear(sources[v]->values.data(), cell);
      }
    }
  });
  return results;
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
  // Smoothing and interpolation in one, and only where the coarse voxels are.
  const Grid target = isotropic_grid(volume.grid, spacing_mm);
  const Affine map = volume.grid.lps_to_index() * target.index_to_lps();
  const auto& size = volume.grid.size;
  std::array<CoarseAxis, 3> axes;
  for (int axis = 0; axis < 3; ++axis)
    axes[axis] = coarse_axis(target.size[axis], map.translation()[axis], map.linear()(axis, axis), size[axis],
                             sigma[axis] / volume.grid.spacing_mm[axis]);
  const auto& [ax, ay, az] = axes;
  const std::size_t row = size[0], slice = row * size[1];
  Volume result(target);
  parallel_for(target.size[2], [&](std::size_t k) {
    std::vector<float> sum(slice, 0.F), line(row);
    for (std::size_t t = 0; t < az.weights[k].size(); ++t) {
      const float* in = volume.values.data() + slice * (std::size_t(az.first[k]) + t);
      const float weight = az.weights[k][t];
      add_scaled(weight, in, slice, sum.data());
    }
    for (int j = 0; j < target.size[1]; ++j) {
      std::fill(line.begin(), line.end(), 0.F);
      for (std::size_t t = 0; t < ay.weights[j].size(); ++t) {
        const float* in = sum.data() + row * (std::size_t(ay.first[j]) + t);
        const float weight = ay.weights[j][t];
        add_scaled(weight, in, row, line.data());
      }
      float* out = result.values.data() + target.offset(0, j, int(k));
      for (int i = 0; i < target.size[0]; ++i) {
        float value = 0;
        const float* in = line.data() + ax.first[i];
        for (std::size_t t = 0; t < ax.weights[i].size(); ++t) value += ax.weights[i][t] * in[t];
        out[i] = value;
      }
    }
  });
  return result;
}

}  // namespace wane
