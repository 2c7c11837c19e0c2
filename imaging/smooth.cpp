#include "imaging/smooth.h"

#include <cmath>

#include "imaging/parallel.h"

namespace wane {
namespace {

// out[t] = sum of the kernel over lines[t - r .. t + r]; each "element" is a run of `width` contiguous floats, so that
// the inner loop runs over memory whatever the axis.
void convolve_runs(const float* in, float* out, int n, std::size_t stride, std::size_t width,
                   const std::vector<float>& half) {
  const int radius = int(half.size()) - 1;
  for (int t = 0; t < n; ++t) {
    float* o = out + t * stride;
    const float* centre = in + t * stride;
    for (std::size_t w = 0; w < width; ++w) o[w] = half[0] * centre[w];
    for (int r = 1; r <= radius; ++r) {
      const float* a = in + std::max(t - r, 0) * stride;
      const float* b = in + std::min(t + r, n - 1) * stride;
      const float weight = half[r];
      for (std::size_t w = 0; w < width; ++w) o[w] += weight * (a[w] + b[w]);
    }
  }
}

void convolve_row(const float* in, float* out, int n, const std::vector<float>& half) {
  const int radius = int(half.size()) - 1;
  std::vector<float> padded(n + 2 * radius);
  for (int i = 0; i < n + 2 * radius; ++i) padded[i] = in[std::clamp(i - radius, 0, n - 1)];
  for (int i = 0; i < n; ++i) out[i] = half[0] * padded[i + radius];
  for (int r = 1; r <= radius; ++r)
    for (int i = 0; i < n; ++i) out[i] += half[r] * (padded[i + radius - r] + padded[i + radius + r]);
}

// Runs of a slice that are convolved along k are cut so that each thread's piece stays in the cache.
constexpr std::size_t run_width = 512;

template <class RowOp, class RunOp>
void separable(std::vector<float>& values, const std::array<int, 3>& size, const std::array<bool, 3>& active,
               RowOp&& row_op, RunOp&& run_op) {
  const std::size_t row = size[0];
  const std::size_t slice = row * size[1];
  if (active[0] || active[1])
    parallel_for(size[2], [&](std::size_t k) {
      std::vector<float> buffer(slice);
      float* data = values.data() + k * slice;
      if (active[0]) {
        for (int j = 0; j < size[1]; ++j) row_op(data + j * row, buffer.data() + j * row, size[0]);
        std::copy(buffer.begin(), buffer.end(), data);
      }
      if (active[1]) {
        run_op(1, data, buffer.data(), size[1], row, row);
        std::copy(buffer.begin(), buffer.end(), data);
      }
    });
  if (active[2])
    parallel_blocks(slice, run_width, [&](std::size_t begin, std::size_t end) {
      const std::size_t width = end - begin;
      std::vector<float> in(width * size[2]), out(width * size[2]);
      for (int k = 0; k < size[2]; ++k) std::copy_n(values.data() + k * slice + begin, width, in.data() + k * width);
      run_op(2, in.data(), out.data(), size[2], width, width);
      for (int k = 0; k < size[2]; ++k) std::copy_n(out.data() + k * width, width, values.data() + k * slice + begin);
    });
}

void box_runs(const float* in, float* out, int n, std::size_t stride, std::size_t width, int radius) {
  const double scale = 1.0 / (2 * radius + 1);
  std::vector<double> sum(width, 0.0);
  for (int t = -radius; t <= radius; ++t) {
    const float* a = in + std::clamp(t, 0, n - 1) * stride;
    for (std::size_t w = 0; w < width; ++w) sum[w] += a[w];
  }
  for (int t = 0; t < n; ++t) {
    float* o = out + t * stride;
    for (std::size_t w = 0; w < width; ++w) o[w] = float(sum[w] * scale);
    const float* leaving = in + std::clamp(t - radius, 0, n - 1) * stride;
    const float* entering = in + std::clamp(t + radius + 1, 0, n - 1) * stride;
    for (std::size_t w = 0; w < width; ++w) sum[w] += double(entering[w]) - leaving[w];
  }
}

}  // namespace

std::vector<float> gaussian_kernel(double sigma_voxels) {
  const int radius = std::max(1, int(std::ceil(3.5 * sigma_voxels)));
  std::vector<float> half(radius + 1);
  double sum = 0;
  for (int i = 0; i <= radius; ++i) {
    half[i] = float(std::exp(-0.5 * i * i / (sigma_voxels * sigma_voxels)));
    sum += (i ? 2 : 1) * half[i];
  }
  for (float& w : half) w = float(w / sum);
  return half;
}

void gaussian_in_place(std::vector<float>& values, const std::array<int, 3>& size, const Vec3& sigma_voxels) {
  std::array<std::vector<float>, 3> kernels;
  std::array<bool, 3> active{};
  for (int axis = 0; axis < 3; ++axis) {
    active[axis] = sigma_voxels[axis] > 0.05 && size[axis] > 1;
    if (active[axis]) kernels[axis] = gaussian_kernel(sigma_voxels[axis]);
  }
  separable(
      values, size, active, [&](const float* in, float* out, int n) { convolve_row(in, out, n, kernels[0]); },
      [&](int axis, const float* in, float* out, int n, std::size_t stride, std::size_t width) {
        convolve_runs(in, out, n, stride, width, kernels[axis]);
      });
}

void box_mean_in_place(std::vector<float>& values, const std::array<int, 3>& size, int radius) {
  if (radius <= 0) return;
  separable(
      values, size, {true, true, true}, [&](const float* in, float* out, int n) { box_runs(in, out, n, 1, 1, radius); },
      [&](int, const float* in, float* out, int n, std::size_t stride, std::size_t width) {
        box_runs(in, out, n, stride, width, radius);
      });
}

Volume gaussian(const Volume& volume, const Vec3& sigma_mm) {
  Volume result = volume;
  gaussian_in_place(result.values, volume.grid.size, sigma_mm.cwiseQuotient(volume.grid.spacing_mm));
  return result;
}

Volume gaussian(const Volume& volume, double sigma_mm) {
  return gaussian(volume, Vec3(Vec3::Constant(sigma_mm)));
}

Volume normalised_gaussian(const Volume& value, const Volume& weight, double sigma_mm, float empty) {
  require_same_grid(value.grid, weight.grid, "the values", "their weights");
  Volume product = value;
  for (std::size_t n = 0; n < product.size(); ++n) product[n] *= weight[n];
  product = gaussian(product, sigma_mm);
  const Volume total = gaussian(weight, sigma_mm);
  for (std::size_t n = 0; n < product.size(); ++n) product[n] = total[n] < 1e-3F ? empty : product[n] / total[n];
  return product;
}

}  // namespace wane
