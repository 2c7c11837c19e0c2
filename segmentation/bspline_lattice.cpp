#include "segmentation/bspline_lattice.h"

#include <algorithm>
#include <cmath>

namespace wane {
namespace {

constexpr int order = 3;

std::array<double, 4> cubic_weights(double f) {
  const double g = 1 - f;
  return {g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6, (4 - 6 * g * g + 3 * g * g * g) / 6, f * f * f / 6};
}

// w^power, divided by the sum of the squares for the cube: along each axis the fit's weights w^3 / sum w^2.
std::array<double, 4> raised(const std::array<double, 4>& w, int power) {
  double squares = 0;
  for (const double v : w) squares += v * v;
  std::array<double, 4> result;
  for (int a = 0; a < 4; ++a) result[a] = power == 2 ? w[a] * w[a] : w[a] * w[a] * w[a] / squares;
  return result;
}

std::size_t product(const std::array<SplineAxis, 3>& axes) {
  return std::size_t(axes[0].control_points) * axes[1].control_points * axes[2].control_points;
}

// Midpoints and smoothed points of every run of control points along one axis (knots inserted half way).
std::vector<double> refined_along(const std::vector<double>& control, const std::array<int, 3>& n, int axis) {
  std::array<int, 3> m = n;
  m[axis] = 2 * n[axis] - order;
  std::array<std::size_t, 3> step{1, std::size_t(n[0]), std::size_t(n[0]) * n[1]};
  std::vector<double> result(static_cast<std::size_t>(m[0]) * m[1] * m[2]);
  std::size_t out = 0;
  for (int k = 0; k < m[2]; ++k)
    for (int j = 0; j < m[1]; ++j)
      for (int i = 0; i < m[0]; ++i) {
        std::array<int, 3> at{i, j, k};
        const bool odd = at[axis] % 2;
        at[axis] /= 2;
        const double* c = control.data() + at[0] * step[0] + at[1] * step[1] + at[2] * step[2];
        const std::size_t s = step[axis];
        result[out++] = odd ? (c[0] + 6 * c[s] + c[2 * s]) / 8 : (c[0] + c[s]) / 2;
      }
  return result;
}

}  // namespace

SplineAxis::SplineAxis(int voxels, int points) : control_points(points), first(voxels), weight(voxels) {
  const int spans = control_points - order;
  // The last voxel's centre is the end of the last span; it is taken a little before it.
  constexpr double inset = 1e-3;
  const double scale = voxels > 1 ? double(spans) / (voxels - 1) : 0.0;
  for (int n = 0; n < voxels; ++n) {
    const double u = n + 1 < voxels || voxels == 1 ? n * scale : spans - inset * scale;
    first[n] = std::min(int(u), spans - 1);
    weight[n] = cubic_weights(u - first[n]);
  }
}

BSplineLattice::BSplineLattice(const std::array<int, 3>& size, const std::array<int, 3>& control_points)
    : size_(size),
      axes_{SplineAxis(size[0], control_points[0]), SplineAxis(size[1], control_points[1]),
            SplineAxis(size[2], control_points[2])},
      control_(product(axes_), 0.0) {}

// Sum over the mask's voxels of value times weight^power, for every control point.
std::vector<double> BSplineLattice::gathered(const std::vector<double>& values, const std::vector<unsigned char>& mask,
                                             int power) const {
  const auto& [ax, ay, az] = axes_;
  std::vector<std::array<double, 4>> wx(size_[0]);
  for (int i = 0; i < size_[0]; ++i) wx[i] = raised(ax.weight[i], power);
  std::vector<double> result(product(axes_), 0.0);
  std::vector<double> row(ax.control_points), slice(std::size_t(ax.control_points) * ay.control_points);
  for (int k = 0; k < size_[2]; ++k) {
    std::fill(slice.begin(), slice.end(), 0.0);
    for (int j = 0; j < size_[1]; ++j) {
      const std::size_t begin = std::size_t(size_[0]) * (j + std::size_t(size_[1]) * k);
      std::fill(row.begin(), row.end(), 0.0);
      for (int i = 0; i < size_[0]; ++i) {
        if (!mask[begin + i]) continue;
        const double value = power == 2 ? 1.0 : values[begin + i];
        for (int a = 0; a < 4; ++a) row[ax.first[i] + a] += wx[i][a] * value;
      }
      const auto wy = raised(ay.weight[j], power);
      for (int b = 0; b < 4; ++b)
        for (int a = 0; a < ax.control_points; ++a)
          slice[a + std::size_t(ax.control_points) * (ay.first[j] + b)] += wy[b] * row[a];
    }
    const auto wz = raised(az.weight[k], power);
    for (int c = 0; c < 4; ++c)
      for (std::size_t n = 0; n < slice.size(); ++n) result[n + slice.size() * (az.first[k] + c)] += wz[c] * slice[n];
  }
  return result;
}

void BSplineLattice::add_fit(const std::vector<double>& values, const std::vector<unsigned char>& mask) {
  const std::vector<double> delta = gathered(values, mask, 3), omega = gathered(values, mask, 2);
  for (std::size_t n = 0; n < control_.size(); ++n)
    if (omega[n] > 0) control_[n] += delta[n] / omega[n];
}

std::vector<double> BSplineLattice::values() const {
  const auto& [ax, ay, az] = axes_;
  const std::size_t nx = ax.control_points, ny = ay.control_points;
  std::vector<double> result(static_cast<std::size_t>(size_[0]) * size_[1] * size_[2]);
  std::vector<double> slice(nx * ny), row(nx);
  std::size_t out = 0;
  for (int k = 0; k < size_[2]; ++k) {
    std::fill(slice.begin(), slice.end(), 0.0);
    for (int c = 0; c < 4; ++c)
      for (std::size_t n = 0; n < slice.size(); ++n)
        slice[n] += az.weight[k][c] * control_[n + slice.size() * (az.first[k] + c)];
    for (int j = 0; j < size_[1]; ++j) {
      std::fill(row.begin(), row.end(), 0.0);
      for (int b = 0; b < 4; ++b)
        for (std::size_t a = 0; a < nx; ++a) row[a] += ay.weight[j][b] * slice[a + nx * (ay.first[j] + b)];
      for (int i = 0; i < size_[0]; ++i, ++out) {
        const double* c = row.data() + ax.first[i];
        const auto& w = ax.weight[i];
        result[out] = w[0] * c[0] + w[1] * c[1] + w[2] * c[2] + w[3] * c[3];
      }
    }
  }
  return result;
}

void BSplineLattice::refine() {
  std::array<int, 3> n{axes_[0].control_points, axes_[1].control_points, axes_[2].control_points};
  for (int axis = 0; axis < 3; ++axis) {
    control_ = refined_along(control_, n, axis);
    n[axis] = 2 * n[axis] - order;
  }
  axes_ = {SplineAxis(size_[0], n[0]), SplineAxis(size_[1], n[1]), SplineAxis(size_[2], n[2])};
}

}  // namespace wane
