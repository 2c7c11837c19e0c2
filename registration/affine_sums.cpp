#include "registration/affine_sums.h"

#include <algorithm>
#include <cstring>

namespace wane {
namespace {

// Four neighbors of a column.
using Four __attribute__((vector_size(32))) = double;

[[gnu::always_inline]] inline void load(const double* p, Four& four) {
  std::memcpy(&four, p, sizeof(four));
}
[[gnu::always_inline]] inline void store(const Four& four, double* p) {
  std::memcpy(p, &four, sizeof(four));
}

// Columns 4 * tile to 4 * tile + 3 of the lower half (and what stands above the diagonal in the same four rows). Their
// sums stay in registers while all points pass.
template <int tile>
[[gnu::always_inline]] inline void add_columns(const AffinePoint* points, std::size_t count, double* normal) {
  constexpr int rows = 3 - tile;
  Four sum[4][rows];
  for (int d = 0; d < 4; ++d)
    for (int r = 0; r < rows; ++r) load(normal + 12 * (4 * tile + d) + 4 * (tile + r), sum[d][r]);
  for (std::size_t n = 0; n < count; ++n) {
    Four slope[rows];
    for (int r = 0; r < rows; ++r) load(points[n].slope + 4 * (tile + r), slope[r]);
    for (int d = 0; d < 4; ++d) {
      const double weighted = points[n].weighted[4 * tile + d];
      for (int r = 0; r < rows; ++r) sum[d][r] += weighted * slope[r];
    }
  }
  for (int d = 0; d < 4; ++d)
    for (int r = 0; r < rows; ++r) store(sum[d][r], normal + 12 * (4 * tile + d) + 4 * (tile + r));
}

[[gnu::always_inline]] inline void add_right(const AffinePoint* points, std::size_t count, double* right) {
  Four sum[3];
  for (int r = 0; r < 3; ++r) load(right + 4 * r, sum[r]);
  for (std::size_t n = 0; n < count; ++n)
    for (int r = 0; r < 3; ++r) {
      Four weighted;
      load(points[n].weighted + 4 * r, weighted);
      sum[r] += weighted * points[n].residual;
    }
  for (int r = 0; r < 3; ++r) store(sum[r], right + 4 * r);
}

__attribute__((target_clones("avx2", "default"))) void add_to(const AffinePoint* points, std::size_t count,
                                                              double* normal, double* right) {
  add_columns<0>(points, count, normal);
  add_columns<1>(points, count, normal);
  add_columns<2>(points, count, normal);
  add_right(points, count, right);
}

}  // namespace

AffineSums& AffineSums::operator+=(const AffineSums& o) {
  normal += o.normal;
  right += o.right;
  weight += o.weight;
  ab += o.ab;
  aa += o.aa;
  bb += o.bb;
  return *this;
}

void set_point(const Vec3& gradient, const Vec3& position, double weight, double residual, AffinePoint& point) {
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) point.slope[3 * row + column] = gradient[row] * position[column];
    point.slope[9 + row] = gradient[row];
  }
  for (int d = 0; d < 12; ++d) point.weighted[d] = weight * point.slope[d];
  point.residual = residual;
}

void add_points(const std::vector<AffinePoint>& points, std::size_t count, AffineSums& sums) {
  add_to(points.data(), std::min(count, points.size()), sums.normal.data(), sums.right.data());
}

}  // namespace wane
