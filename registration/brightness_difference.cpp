#include "registration/brightness_difference.h"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "imaging/gradient.h"
#include "imaging/smooth.h"

namespace wane {
namespace {

constexpr int unknown_count = 4;  // the shift along i, j, k, and the change of brightness
constexpr int product_count = unknown_count * (unknown_count + 1) / 2;
constexpr int weight_moment = product_count + unknown_count;
constexpr int moment_count = weight_moment + 1;  // products of regressors, with the difference, weights

// Cells of whole voxels, about `cell_mm` wide.
struct Cells {
  std::array<int, 3> voxels;
  Grid grid;
};

Cells cells_of(const Grid& grid, double cell_mm) {
  Cells cells{{}, grid};
  Vec3 middle_of_first;
  for (int axis = 0; axis < 3; ++axis) {
    const int voxels = std::max(1, int(std::lround(cell_mm / grid.spacing_mm[axis])));
    cells.voxels[std::size_t(axis)] = voxels;
    cells.grid.size[std::size_t(axis)] = (grid.size[std::size_t(axis)] + voxels - 1) / voxels;
    cells.grid.spacing_mm[axis] = voxels * grid.spacing_mm[axis];
    middle_of_first[axis] = 0.5 * (voxels - 1);
  }
  cells.grid.origin_mm = grid.index_to_lps() * middle_of_first;
  return cells;
}

// The least-squares sums of every cell, in units of `level`.
std::array<std::vector<float>, moment_count> moments_of(const Cells& cells, const Grid& grid,
                                                        const std::vector<float>& bright,
                                                        const std::vector<float>& reference,
                                                        const std::vector<float>& weight, float level) {
  constexpr float darkest = 0.4F, steep = 0.1F;  // of the level; steepness per voxel
  std::vector<float> middle(grid.voxel_count());
  parallel_voxels(middle.size(), [&](std::size_t n) { middle[n] = 0.5F * (bright[n] + reference[n]) / level; });
  std::array<std::vector<float>, moment_count> moments;
  for (auto& m : moments) m.assign(cells.grid.voxel_count(), 0.F);
  const auto add = [&](std::size_t cell, int i, int j, int k) {
    const std::size_t n = grid.offset(i, j, k);
    if (weight[n] <= 0 || !(middle[n] > darkest)) return;
    const auto g = gradient_at(middle.data(), grid.size, i, j, k);
    const float slope = (g[0] * g[0] + g[1] * g[1] + g[2] * g[2]) / (steep * steep);
    const float even = weight[n] * std::exp(-slope);
    if (even < 1e-4F) return;
    const std::array<float, unknown_count> regressor{g[0], g[1], g[2], middle[n]};
    const float difference = (bright[n] - reference[n]) / level;
    std::size_t m = 0;
    for (std::size_t a = 0; a < unknown_count; ++a)
      for (std::size_t b = a; b < unknown_count; ++b) moments[m++][cell] += even * regressor[a] * regressor[b];
    for (const float r : regressor) moments[m++][cell] += even * r * difference;
    moments[m][cell] += even;
  };
  parallel_for(std::size_t(cells.grid.size[2]), [&](std::size_t cell_k) {
    const int first = int(cell_k) * cells.voxels[2];
    for (int k = first; k < std::min(first + cells.voxels[2], grid.size[2]); ++k)
      for (int j = 0; j < grid.size[1]; ++j)
        for (int i = 0; i < grid.size[0]; ++i)
          add(cells.grid.offset(i / cells.voxels[0], j / cells.voxels[1], int(cell_k)), i, j, k);
  });
  return moments;
}

}  // namespace

Volume brightness_difference(const Grid& grid, const std::vector<float>& bright, const std::vector<float>& reference,
                             const std::vector<float>& weight, double level, double sigma_mm) {
  if (bright.size() != grid.voxel_count() || reference.size() != bright.size() || weight.size() != bright.size())
    throw InputError("the brightness of two scans can only be compared, with its weight, on one grid.");
  // The ridge decides where a place is all of one brightness, and shift and brightness cannot be told apart: for
  // neither. It leaves a part of a large shift to brightness, which later updates of a registration take back.
  constexpr double cell_mm = 4.0, ridge = 1e-3, least = 1e-4;
  const Cells cells = cells_of(grid, cell_mm);
  auto moments = moments_of(cells, grid, bright, reference, weight, float(std::max(level, 1e-6)));
  const Vec3 sigma_cells = Vec3::Constant(sigma_mm).cwiseQuotient(cells.grid.spacing_mm);
  parallel_tasks(moments.size(), [&](std::size_t m) { gaussian_in_place(moments[m], cells.grid.size, sigma_cells); });
  const std::vector<float>& weights = moments[weight_moment];
  const double most = *std::max_element(weights.begin(), weights.end());
  Volume result(cells.grid);
  parallel_voxels(result.size(), [&](std::size_t n) {
    Eigen::Matrix<double, unknown_count, unknown_count> products;
    Eigen::Matrix<double, unknown_count, 1> with_difference;
    std::size_t m = 0;
    for (int a = 0; a < unknown_count; ++a)
      for (int b = a; b < unknown_count; ++b) products(a, b) = products(b, a) = moments[m++][n];
    for (int a = 0; a < unknown_count; ++a) with_difference[a] = moments[m++][n];
    products.diagonal().array() += ridge * (weights[n] + least * most) + 1e-12;
    const Eigen::Matrix<double, unknown_count, 1> found = products.ldlt().solve(with_difference);
    result[n] = std::clamp(float(found[unknown_count - 1]), -0.5F, 0.5F);
  });
  return result;
}

}  // namespace wane
