#include "imaging/grid.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace wane {

Affine Grid::index_to_lps() const {
  Affine a = Affine::Identity();
  a.linear() = direction * spacing_mm.asDiagonal();
  a.translation() = origin_mm;
  return a;
}

Affine Grid::lps_to_index() const {
  return index_to_lps().inverse();
}

Vec3 Grid::centre_mm() const {
  return index_to_lps() * Vec3((size[0] - 1) / 2.0, (size[1] - 1) / 2.0, (size[2] - 1) / 2.0);
}

bool Grid::matches(const Grid& other, double tolerance_mm) const {
  if (size != other.size) return false;
  const Affine a = index_to_lps();
  const Affine b = other.index_to_lps();
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 index((corner & 1) ? size[0] - 1 : 0, (corner & 2) ? size[1] - 1 : 0, (corner & 4) ? size[2] - 1 : 0);
    if ((a * index - b * index).norm() > tolerance_mm) return false;
  }
  return true;
}

std::string Grid::describe() const {
  std::ostringstream text;
  text.precision(4);
  text << size[0] << 'x' << size[1] << 'x' << size[2] << " voxels of " << spacing_mm[0] << 'x' << spacing_mm[1] << 'x'
       << spacing_mm[2] << " mm";
  return text.str();
}

Grid isotropic_grid(const Grid& grid, double spacing_mm) {
  Grid result = grid;
  result.spacing_mm = Vec3::Constant(spacing_mm);
  Vec3 extent;
  for (int axis = 0; axis < 3; ++axis) {
    result.size[axis] = std::max(1, int(std::lround(grid.size[axis] * grid.spacing_mm[axis] / spacing_mm)));
    extent[axis] = (result.size[axis] - 1) * spacing_mm;
  }
  result.origin_mm = grid.centre_mm() - grid.direction * (extent / 2);
  return result;
}

Grid cropped_grid(const Grid& grid, std::array<int, 3> low, std::array<int, 3> high) {
  Grid result = grid;
  Vec3 first;
  for (int axis = 0; axis < 3; ++axis) {
    const int from = std::clamp(low[axis], 0, grid.size[axis] - 1);
    const int to = std::clamp(high[axis], from, grid.size[axis] - 1);
    first[axis] = from;
    result.size[axis] = to - from + 1;
  }
  result.origin_mm = grid.index_to_lps() * first;
  return result;
}

}  // namespace wane
