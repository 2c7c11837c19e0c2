#include "imaging/morphology.h"

#include <cmath>
#include <limits>

#include "imaging/parallel.h"

namespace wane {
namespace {

constexpr float far_away = 1e12F;

// Lower envelope of parabolas along one line of squared distances (Felzenszwalb & Huttenlocher 2012).
void distance_line(float* f, int n, std::size_t stride, double spacing) {
  std::vector<int> v(n);
  std::vector<double> z(n + 1), g(n);
  for (int i = 0; i < n; ++i) g[i] = f[i * stride];
  const double s2 = spacing * spacing;
  int k = 0;
  v[0] = 0;
  z[0] = -std::numeric_limits<double>::infinity();
  z[1] = std::numeric_limits<double>::infinity();
  const auto crossing = [&](int q, int p) { return ((g[q] + s2 * q * q) - (g[p] + s2 * p * p)) / (2 * s2 * (q - p)); };
  for (int q = 1; q < n; ++q) {
    double s = crossing(q, v[k]);
    while (s <= z[k]) s = crossing(q, v[--k]);
    v[++k] = q;
    z[k] = s;
    z[k + 1] = std::numeric_limits<double>::infinity();
  }
  k = 0;
  for (int q = 0; q < n; ++q) {
    while (z[k + 1] < q) ++k;
    const double d = q - v[k];
    f[q * stride] = float(std::min(double(far_away), s2 * d * d + g[v[k]]));
  }
}

Volume squared_distance(const Mask& mask) {
  Volume d(mask.grid);
  for (std::size_t n = 0; n < mask.size(); ++n) d[n] = mask[n] ? 0.F : far_away;
  const auto& size = mask.grid.size;
  const std::size_t row = size[0];
  const std::size_t slice = row * size[1];
  float* data = d.values.data();
  parallel_for(size[2], [&](std::size_t k) {
    for (int j = 0; j < size[1]; ++j) distance_line(data + k * slice + j * row, size[0], 1, mask.grid.spacing_mm[0]);
    for (int i = 0; i < size[0]; ++i) distance_line(data + k * slice + i, size[1], row, mask.grid.spacing_mm[1]);
  });
  parallel_for(size[1], [&](std::size_t j) {
    for (int i = 0; i < size[0]; ++i) distance_line(data + j * row + i, size[2], slice, mask.grid.spacing_mm[2]);
  });
  return d;
}

Mask inverted(const Mask& mask) {
  Mask result = mask;
  for (auto& v : result.values) v = !v;
  return result;
}

// Marks with `label` everything 6-connected to `seed` where mask == value and labels == 0; returns the count.
std::size_t flood(const Mask& mask, std::uint8_t value, std::size_t seed, int label, std::vector<int>& labels) {
  const auto& size = mask.grid.size;
  const std::size_t row = size[0];
  const std::size_t slice = row * size[1];
  std::vector<std::size_t> stack{seed};
  labels[seed] = label;
  std::size_t found = 0;
  while (!stack.empty()) {
    const std::size_t n = stack.back();
    stack.pop_back();
    ++found;
    const int i = int(n % row), j = int((n / row) % size[1]), k = int(n / slice);
    const auto visit = [&](bool inside, std::size_t m) {
      if (!inside || labels[m] || mask[m] != value) return;
      labels[m] = label;
      stack.push_back(m);
    };
    visit(i > 0, n - 1);
    visit(i + 1 < size[0], n + 1);
    visit(j > 0, n - row);
    visit(j + 1 < size[1], n + row);
    visit(k > 0, n - slice);
    visit(k + 1 < size[2], n + slice);
  }
  return found;
}

}  // namespace

Volume distance_to(const Mask& mask) {
  Volume d = squared_distance(mask);
  for (float& v : d.values) v = std::sqrt(v);
  return d;
}

Volume signed_distance(const Mask& mask) {
  Volume outside = distance_to(mask);
  const Volume inside = distance_to(inverted(mask));
  for (std::size_t n = 0; n < outside.size(); ++n) outside[n] -= inside[n];
  return outside;
}

Mask dilated(const Mask& mask, double radius_mm) {
  const Volume d = squared_distance(mask);
  Mask result(mask.grid);
  for (std::size_t n = 0; n < d.size(); ++n) result[n] = d[n] <= radius_mm * radius_mm;
  return result;
}

Mask eroded(const Mask& mask, double radius_mm) {
  const Volume d = squared_distance(inverted(mask));
  Mask result(mask.grid);
  const auto& size = mask.grid.size;
  const Vec3& spacing = mask.grid.spacing_mm;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        const std::size_t n = mask.grid.offset(i, j, k);
        const double border =
            std::min({(std::min(i, size[0] - 1 - i) + 1) * spacing[0], (std::min(j, size[1] - 1 - j) + 1) * spacing[1],
                      (std::min(k, size[2] - 1 - k) + 1) * spacing[2]});
        result[n] = mask[n] && d[n] > radius_mm * radius_mm && border > radius_mm;
      }
  return result;
}

Mask opened(const Mask& mask, double radius_mm) {
  return dilated(eroded(mask, radius_mm), radius_mm);
}

Mask closed(const Mask& mask, double radius_mm) {
  // Not eroded(dilated()): what touches the grid's border must not be pulled away from it.
  return inverted(dilated(inverted(dilated(mask, radius_mm)), radius_mm));
}

Mask largest_component(const Mask& mask) {
  std::vector<int> labels(mask.size(), 0);
  int best = 0, next = 0;
  std::size_t most = 0;
  for (std::size_t n = 0; n < mask.size(); ++n) {
    if (!mask[n] || labels[n]) continue;
    const std::size_t found = flood(mask, 1, n, ++next, labels);
    if (found > most) {
      most = found;
      best = next;
    }
  }
  Mask result(mask.grid);
  for (std::size_t n = 0; n < mask.size(); ++n) result[n] = best != 0 && labels[n] == best;
  return result;
}

Mask holes_filled(const Mask& mask) {
  std::vector<int> labels(mask.size(), 0);
  const auto& size = mask.grid.size;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        const bool border = i == 0 || j == 0 || k == 0 || i + 1 == size[0] || j + 1 == size[1] || k + 1 == size[2];
        const std::size_t n = mask.grid.offset(i, j, k);
        if (border && !mask[n] && !labels[n]) flood(mask, 0, n, 1, labels);
      }
  Mask result(mask.grid);
  for (std::size_t n = 0; n < mask.size(); ++n) result[n] = !labels[n];
  return result;
}

std::size_t count(const Mask& mask) {
  std::size_t total = 0;
  for (const auto v : mask.values) total += v != 0;
  return total;
}

double volume_ml(const Mask& mask) {
  return double(count(mask)) * mask.grid.voxel_volume_ml();
}

Box bounding_box(const Mask& mask) {
  Box box;
  box.low = mask.grid.size;
  const auto& size = mask.grid.size;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        if (!mask.at(i, j, k)) continue;
        const std::array<int, 3> at{i, j, k};
        for (int axis = 0; axis < 3; ++axis) {
          box.low[axis] = std::min(box.low[axis], at[axis]);
          box.high[axis] = std::max(box.high[axis], at[axis]);
        }
      }
  return box;
}

}  // namespace wane
