#include "pipeline/simulation/displacement.h"

#include <algorithm>

#include "base/parallel.h"
#include "imaging/smooth.h"

namespace wane {
namespace {

constexpr int kMostInversions = 30;
constexpr float kInverseToleranceMm = 1e-4F;

template <class F>
void for_each_voxel(const Grid& grid, F&& f) {
  parallel_for(grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) f(grid.offset(i, j, int(k)), i, j, int(k));
  });
}

Mat3 lps_to_index_rotation(const Grid& grid) {
  return grid.lps_to_index().linear();
}

}  // namespace

Eigen::Vector3f displacement_at(const DisplacementField& field, const Vec3& index) {
  const auto& size = field.grid.size;
  std::array<int, 3> low;
  std::array<float, 3> part;
  std::array<std::size_t, 3> step;
  const std::array<std::size_t, 3> stride{1, std::size_t(size[0]), std::size_t(size[0]) * size[1]};
  for (int a = 0; a < 3; ++a) {
    const double x = std::clamp(index[a], 0.0, double(size[a] - 1));
    low[a] = std::min(int(x), std::max(size[a] - 2, 0));
    part[a] = float(x - low[a]);
    step[a] = size[a] > 1 ? stride[a] : 0;
  }
  const Eigen::Vector3f* v = field.values.data() + field.grid.offset(low[0], low[1], low[2]);
  auto along_i = [&](std::size_t at) -> Eigen::Vector3f { return v[at] + part[0] * (v[at + step[0]] - v[at]); };
  auto along_j = [&](std::size_t at) -> Eigen::Vector3f {
    const Eigen::Vector3f first = along_i(at);
    return first + part[1] * (along_i(at + step[1]) - first);
  };
  const Eigen::Vector3f first = along_j(0);
  return first + part[2] * (along_j(step[2]) - first);
}

DisplacementField inverted(const DisplacementField& field) {
  const Mat3 to_index = lps_to_index_rotation(field.grid);
  DisplacementField back(field.grid, Eigen::Vector3f::Zero());
  for_each_voxel(field.grid, [&](std::size_t n, int i, int j, int k) {
    Eigen::Vector3f b = -field[n];
    for (int iteration = 0; iteration < kMostInversions; ++iteration) {
      const Vec3 at = Vec3(i, j, k) + to_index * b.cast<double>();
      const Eigen::Vector3f next = -displacement_at(field, at);
      const float moved = (next - b).cwiseAbs().maxCoeff();
      b = next;
      if (moved < kInverseToleranceMm) break;
    }
    back[n] = b;
  });
  return back;
}

DisplacementField smoothed(const DisplacementField& field, double sigma_voxels) {
  DisplacementField result(field.grid, Eigen::Vector3f::Zero());
  std::vector<float> component(field.size());
  for (int a = 0; a < 3; ++a) {
    for (std::size_t n = 0; n < field.size(); ++n) component[n] = field[n][a];
    gaussian_in_place(component, field.grid.size, Vec3::Constant(sigma_voxels));
    for (std::size_t n = 0; n < field.size(); ++n) result[n][a] = component[n];
  }
  return result;
}

}  // namespace wane
