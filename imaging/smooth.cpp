#include "imaging/smooth.h"

#include <cmath>

#include "base/parallel.h"
#include "imaging/line_kernels.h"

namespace wane {
namespace {

// Rows of a slice, each padded with its ends' values so that neighbours along i are shifted runs.
void convolve_rows(float* slice, int width, int rows, const std::vector<float>& half) {
  const int radius = int(half.size()) - 1;
  std::vector<float> padded(std::size_t(width + 2 * radius));
  Neighbours neighbours(radius);
  neighbours.around(radius, width + 2 * radius, [&](int t) { return padded.data() + t; });
  for (int j = 0; j < rows; ++j) {
    float* row = slice + std::size_t(j) * std::size_t(width);
    std::fill_n(padded.begin(), radius, row[0]);
    std::copy_n(row, width, padded.begin() + radius);
    std::fill_n(padded.end() - radius, radius, row[width - 1]);
    symmetric_sum(half, neighbours.low(), neighbours.high(), std::size_t(width), row);
  }
}

// Runs of `width` contiguous floats, `n` of them `stride` apart, in place: what is overwritten and still needed is
// kept in a ring.
void convolve_runs(float* data, int n, std::size_t stride, std::size_t width, const std::vector<float>& half) {
  const int radius = int(half.size()) - 1;
  const int kept = radius + 1;
  std::vector<float> ring(std::size_t(kept) * width);
  const auto place = [&](int t) { return ring.data() + std::size_t(t % kept) * width; };
  Neighbours neighbours(radius);
  for (int t = 0; t < n; ++t) {
    std::copy_n(data + std::size_t(t) * stride, width, place(t));
    neighbours.around(t, n, [&](int s) -> const float* { return s <= t ? place(s) : data + std::size_t(s) * stride; });
    symmetric_sum(half, neighbours.low(), neighbours.high(), width, data + std::size_t(t) * stride);
  }
}

// Runs of a slice that are convolved along k are cut so that each thread's piece stays in the cache.
constexpr std::size_t run_width = 512;

template <class RowOp, class RunOp>
void separable(std::vector<float>& values, const std::array<int, 3>& size, const std::array<bool, 3>& active,
               RowOp&& rows_op, RunOp&& runs_op) {
  const std::size_t row = size[0];
  const std::size_t slice = row * size[1];
  if (active[0] || active[1])
    parallel_for(size[2], [&](std::size_t k) {
      float* data = values.data() + k * slice;
      if (active[0]) rows_op(data);
      if (active[1]) runs_op(1, data, size[1], row, row);
    });
  if (active[2])
    parallel_blocks(slice, run_width, [&](std::size_t begin, std::size_t end) {
      runs_op(2, values.data() + begin, size[2], slice, end - begin);
    });
}

// Running sums in double precision; `buffer` holds the line, which is overwritten.
void box_row(float* row, int n, int radius, std::vector<float>& buffer) {
  const double scale = 1.0 / (2 * radius + 1);
  buffer.resize(std::size_t(n + 2 * radius + 1));
  std::fill_n(buffer.begin(), radius, row[0]);
  std::copy_n(row, n, buffer.begin() + radius);
  std::fill_n(buffer.end() - radius - 1, radius + 1, row[n - 1]);
  double sum = 0;
  for (int t = 0; t <= 2 * radius; ++t) sum += buffer[std::size_t(t)];
  for (int t = 0; t < n; ++t) {
    row[t] = float(sum * scale);
    sum += double(buffer[std::size_t(t + 2 * radius + 1)]) - buffer[std::size_t(t)];
  }
}

void box_runs(float* data, int n, std::size_t stride, std::size_t width, int radius) {
  const double scale = 1.0 / (2 * radius + 1);
  const int kept = radius + 1;
  std::vector<float> ring(std::size_t(kept) * width);
  const auto place = [&](int t) { return ring.data() + std::size_t(t % kept) * width; };
  std::vector<double> sum(width, 0.0);
  for (int t = -radius; t <= radius; ++t) {
    const float* a = data + std::size_t(std::clamp(t, 0, n - 1)) * stride;
    for (std::size_t w = 0; w < width; ++w) sum[w] += a[w];
  }
  for (int t = 0; t < n; ++t) {
    float* o = data + std::size_t(t) * stride;
    std::copy_n(o, width, place(t));
    for (std::size_t w = 0; w < width; ++w) o[w] = float(sum[w] * scale);
    const float* leaving = place(std::max(t - radius, 0));
    const int next = std::min(t + radius + 1, n - 1);
    const float* entering = next <= t ? place(next) : data + std::size_t(next) * stride;
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
      values, size, active, [&](float* slice) { convolve_rows(slice, size[0], size[1], kernels[0]); },
      [&](int axis, float* data, int n, std::size_t stride, std::size_t width) {
        convolve_runs(data, n, stride, width, kernels[axis]);
      });
}

void box_mean_in_place(std::vector<float>& values, const std::array<int, 3>& size, int radius) {
  if (radius <= 0) return;
  separable(
      values, size, {true, true, true},
      [&](float* slice) {
        std::vector<float> buffer;
        for (int j = 0; j < size[1]; ++j)
          box_row(slice + std::size_t(j) * std::size_t(size[0]), size[0], radius, buffer);
      },
      [&](int, float* data, int n, std::size_t stride, std::size_t width) {
        box_runs(data, n, stride, width, radius);
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
  parallel_voxels(product.size(), [&](std::size_t n) { product[n] *= weight[n]; });
  product = gaussian(product, sigma_mm);
  const Volume total = gaussian(weight, sigma_mm);
  parallel_voxels(product.size(),
                  [&](std::size_t n) { product[n] = total[n] < 1e-3F ? empty : product[n] / total[n]; });
  return product;
}

}  // namespace wane
