#include "imaging/sample_points.h"

#include <immintrin.h>

#include <algorithm>

// The arithmetic is that of trilinear() and LinearSampler::with_gradient, operation by operation. Points are taken a
// block at a time: one loop finds the cells, one reads the eight neighbors, one interpolates, so that the compiler can
// use wide registers for the first and the last.
namespace wane {
namespace {

constexpr std::size_t block = 64;

struct alignas(32) Cells {
  alignas(32) int base[block];
  float fx[block], fy[block], fz[block];
  float v000[block], v100[block], v010[block], v110[block], v001[block], v101[block], v011[block], v111[block];
  int outside[block];
};

struct Axis {
  float last_place;  // of the outermost center
  float end;         // half a voxel beyond it
  int last_low;      // the highest lower neighbor
  explicit Axis(int size) : last_place(float(size - 1)), end(float(size) - 0.5F), last_low(std::max(size - 2, 0)) {}
};

[[gnu::always_inline]] inline void find_cells(const std::array<int, 3>& size, const PointsView& points,
                                              std::size_t first, std::size_t count, Cells& c) {
  const Axis ax(size[0]), ay(size[1]), az(size[2]);
  const int row = size[0], slice = size[0] * size[1];
  const float *px = points.x + first, *py = points.y + first, *pz = points.z + first;
  for (std::size_t n = 0; n < count; ++n) {
    float x = px[n], y = py[n], z = pz[n];
    const bool inside =
        bool((x >= -0.5F) & (y >= -0.5F) & (z >= -0.5F) & (x <= ax.end) & (y <= ay.end) & (z <= az.end));
    c.outside[n] = inside ? 0 : 1;
    x = inside ? x : 0.F;  // no number is no place to read from
    y = inside ? y : 0.F;
    z = inside ? z : 0.F;
    x = std::min(std::max(x, 0.F), ax.last_place);
    y = std::min(std::max(y, 0.F), ay.last_place);
    z = std::min(std::max(z, 0.F), az.last_place);
    const int i = std::min(int(x), ax.last_low), j = std::min(int(y), ay.last_low), k = std::min(int(z), az.last_low);
    c.base[n] = i + row * j + slice * k;
    c.fx[n] = x - float(i);
    c.fy[n] = y - float(j);
    c.fz[n] = z - float(k);
  }
}

// The neighbors along i of four points at once: they lie side by side, so that one load reads two.
[[gnu::always_inline]] inline void read_pairs(const float* data, const int* base, float* low, float* high) {
  const auto pair = [&](int n) { return reinterpret_cast<const __m64*>(data + base[n]); };
  const __m128 first = _mm_loadh_pi(_mm_loadl_pi(_mm_setzero_ps(), pair(0)), pair(1));
  const __m128 second = _mm_loadh_pi(_mm_loadl_pi(_mm_setzero_ps(), pair(2)), pair(3));
  _mm_store_ps(low, _mm_shuffle_ps(first, second, _MM_SHUFFLE(2, 0, 2, 0)));
  _mm_store_ps(high, _mm_shuffle_ps(first, second, _MM_SHUFFLE(3, 1, 3, 1)));
}

[[gnu::always_inline]] inline void read_cells(const std::array<int, 3>& size, const float* data, std::size_t count,
                                              Cells& c) {
  const std::ptrdiff_t dy = size[1] > 1 ? size[0] : 0, dz = size[2] > 1 ? std::ptrdiff_t(size[0]) * size[1] : 0;
  if (size[0] == 1) {  // nothing lies side by side
    for (std::size_t n = 0; n < count; ++n) {
      const float* v = data + c.base[n];
      c.v000[n] = c.v100[n] = v[0];
      c.v010[n] = c.v110[n] = v[dy];
      c.v001[n] = c.v101[n] = v[dz];
      c.v011[n] = c.v111[n] = v[dz + dy];
    }
    return;
  }
  for (std::size_t n = count; n % 4 != 0; ++n) c.base[n] = 0;
  for (std::size_t n = 0; n < count; n += 4) {
    read_pairs(data, c.base + n, c.v000 + n, c.v100 + n);
    read_pairs(data + dy, c.base + n, c.v010 + n, c.v110 + n);
    read_pairs(data + dz, c.base + n, c.v001 + n, c.v101 + n);
    read_pairs(data + dz + dy, c.base + n, c.v011 + n, c.v111 + n);
  }
}

__attribute__((target_clones("avx2", "default"))) void place_axis(double per_i, double of_j, double of_k, double start,
                                                                  int i_begin, int i_step, int count, float* places) {
  for (int n = 0; n < count; ++n) places[n] = float(((per_i * double(i_begin + i_step * n) + of_j) + of_k) + start);
}

}  // namespace

void place_row(const Affine& map, int i_begin, int i_step, int j, int k, std::size_t count, float* x, float* y,
               float* z) {
  float* places[3] = {x, y, z};
  for (int axis = 0; axis < 3; ++axis)
    place_axis(map(axis, 0), map(axis, 1) * double(j), map(axis, 2) * double(k), map(axis, 3), i_begin, i_step,
               int(count), places[axis]);
}

__attribute__((target_clones("avx2", "default"))) void sample_points(const std::array<int, 3>& size, const float* data,
                                                                     const PointsView& points, float outside,
                                                                     float* value) {
  Cells c;
  for (std::size_t first = 0; first < points.count; first += block) {
    const std::size_t count = std::min(block, points.count - first);
    find_cells(size, points, first, count, c);
    read_cells(size, data, count, c);
    float* out = value + first;
    for (std::size_t n = 0; n < count; ++n) {
      const float fx = c.fx[n], fy = c.fy[n], fz = c.fz[n];
      const float low =
          (1 - fy) * ((1 - fx) * c.v000[n] + fx * c.v100[n]) + fy * ((1 - fx) * c.v010[n] + fx * c.v110[n]);
      const float high =
          (1 - fy) * ((1 - fx) * c.v001[n] + fx * c.v101[n]) + fy * ((1 - fx) * c.v011[n] + fx * c.v111[n]);
      const float inside = (1 - fz) * low + fz * high;
      out[n] = c.outside[n] != 0 ? outside : inside;
    }
  }
}

__attribute__((target_clones("avx2", "default"))) void sample_points_with_gradient(
    const std::array<int, 3>& size, const float* data, const PointsView& points, float outside, float* value,
    float* gradient_x, float* gradient_y, float* gradient_z) {
  Cells c;
  for (std::size_t first = 0; first < points.count; first += block) {
    const std::size_t count = std::min(block, points.count - first);
    find_cells(size, points, first, count, c);
    read_cells(size, data, count, c);
    float *out = value + first, *gx = gradient_x + first, *gy = gradient_y + first, *gz = gradient_z + first;
    for (std::size_t n = 0; n < count; ++n) {
      const float fx = c.fx[n], fy = c.fy[n], fz = c.fz[n];
      const float d00 = c.v100[n] - c.v000[n], d10 = c.v110[n] - c.v010[n];
      const float d01 = c.v101[n] - c.v001[n], d11 = c.v111[n] - c.v011[n];
      const float x00 = c.v000[n] + fx * d00, x10 = c.v010[n] + fx * d10;
      const float x01 = c.v001[n] + fx * d01, x11 = c.v011[n] + fx * d11;
      const float y0 = x00 + fy * (x10 - x00), y1 = x01 + fy * (x11 - x01);
      const float gx0 = (1 - fy) * d00 + fy * d10, gx1 = (1 - fy) * d01 + fy * d11;
      const float along_x = (1 - fz) * gx0 + fz * gx1;
      const float along_y = (1 - fz) * (x10 - x00) + fz * (x11 - x01);
      const float along_z = y1 - y0;
      const float inside = y0 + fz * (y1 - y0);
      const bool is_outside = c.outside[n] != 0;
      out[n] = is_outside ? outside : inside;
      gx[n] = is_outside ? 0.F : along_x;
      gy[n] = is_outside ? 0.F : along_y;
      gz[n] = is_outside ? 0.F : along_z;
    }
  }
}

}  // namespace wane
