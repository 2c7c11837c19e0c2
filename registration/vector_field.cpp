#include "registration/vector_field.h"

#include <cmath>
#include <stdexcept>

#include "base/parallel.h"
#include "imaging/gradient.h"
#include "imaging/smooth.h"
#include "imaging/trilinear.h"

namespace wane {
namespace {

template <class F>
void each_voxel(const Grid& grid, F&& f) {
  parallel_for(grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) f(grid.offset(i, j, int(k)), i, j, int(k));
  });
}

}  // namespace

VectorField::VectorField(const Grid& g) : grid(g) {
  for (auto& c : component) c.assign(g.voxel_count(), 0.F);
}

void compose(const VectorField& outer, const VectorField& inner, VectorField& result) {
  if (outer.grid.size != inner.grid.size || result.grid.size != inner.grid.size)
    throw std::logic_error("displacements on different grids");
  each_voxel(inner.grid, [&](std::size_t n, int i, int j, int k) {
    const float dx = inner.component[0][n], dy = inner.component[1][n], dz = inner.component[2][n];
    if (dx == 0 && dy == 0 && dz == 0) {
      for (int c = 0; c < 3; ++c) result.component[c][n] = outer.component[c][n];
      return;
    }
    const TrilinearCell cell = trilinear_cell(outer.grid.size, float(i) + dx, float(j) + dy, float(k) + dz);
    for (int c = 0; c < 3; ++c)
      result.component[c][n] = inner.component[c][n] + trilinear(outer.component[c].data(), cell);
  });
}

VectorField composed(const VectorField& outer, const VectorField& inner) {
  VectorField result(inner.grid);
  compose(outer, inner, result);
  return result;
}

VectorField inverted(const VectorField& field, int iterations) {
  VectorField back(field.grid);
  each_voxel(field.grid, [&](std::size_t n, int i, int j, int k) {
    float y[3] = {-field.component[0][n], -field.component[1][n], -field.component[2][n]};
    for (int round = 0; round < iterations; ++round) {
      const TrilinearCell cell = trilinear_cell(field.grid.size, i + y[0], j + y[1], k + y[2]);
      float change = 0;
      for (int c = 0; c < 3; ++c) {
        const float next = -trilinear(field.component[c].data(), cell);
        change = std::max(change, std::abs(next - y[c]));
        y[c] = next;
      }
      if (change < 1e-4F) break;
    }
    for (int c = 0; c < 3; ++c) back.component[c][n] = y[c];
  });
  return back;
}

void smooth(VectorField& field, double sigma_voxels) {
  if (sigma_voxels <= 0) return;
  for (auto& c : field.component) gaussian_in_place(c, field.grid.size, Vec3::Constant(sigma_voxels));
}

VectorField resampled(const VectorField& field, const Grid& grid) {
  VectorField result(grid);
  const Affine map = field.grid.lps_to_index() * grid.index_to_lps();
  const Vec3 ratio = field.grid.spacing_mm.cwiseQuotient(grid.spacing_mm);
  each_voxel(grid, [&](std::size_t n, int i, int j, int k) {
    const Vec3 p = map * Vec3(i, j, k);
    const TrilinearCell cell = trilinear_cell(field.grid.size, float(p[0]), float(p[1]), float(p[2]));
    for (int c = 0; c < 3; ++c) result.component[c][n] = float(ratio[c]) * trilinear(field.component[c].data(), cell);
  });
  return result;
}

DisplacementField to_displacement_mm(const VectorField& field) {
  DisplacementField result(field.grid, Eigen::Vector3f::Zero());
  const Eigen::Matrix3f to_mm = (field.grid.direction * field.grid.spacing_mm.asDiagonal()).cast<float>();
  each_voxel(field.grid, [&](std::size_t n, int, int, int) {
    result[n] = to_mm * Eigen::Vector3f(field.component[0][n], field.component[1][n], field.component[2][n]);
  });
  return result;
}

std::vector<float> jacobian_determinant(const VectorField& field) {
  std::vector<float> result(field.grid.voxel_count());
  each_voxel(field.grid, [&](std::size_t n, int i, int j, int k) {
    std::array<std::array<float, 3>, 3> d;
    for (std::size_t c = 0; c < 3; ++c) {
      d[c] = gradient_at(field.component[c].data(), field.grid.size, i, j, k);
      d[c][c] += 1.F;
    }
    result[n] = d[0][0] * (d[1][1] * d[2][2] - d[1][2] * d[2][1]) - d[0][1] * (d[1][0] * d[2][2] - d[1][2] * d[2][0]) +
                d[0][2] * (d[1][0] * d[2][1] - d[1][1] * d[2][0]);
  });
  return result;
}

double largest_norm(const VectorField& field) {
  const auto& [fx, fy, fz] = field.component;
  return std::sqrt(largest_of_voxels(field.grid.voxel_count(), [&fx = fx, &fy = fy, &fz = fz](std::size_t n) {
    const double x = fx[n], y = fy[n], z = fz[n];
    return x * x + y * y + z * z;
  }));
}

}  // namespace wane
