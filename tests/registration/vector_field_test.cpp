#include "registration/vector_field.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

template <class F>
VectorField field_of(const Grid& grid, F&& displacement_at_index) {
  VectorField field(grid);
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const Vec3 u = displacement_at_index(Vec3(i, j, k));
        for (int c = 0; c < 3; ++c) field.component[c][grid.offset(i, j, k)] = float(u[c]);
      }
  return field;
}

Vec3 displacement(const VectorField& field, int i, int j, int k) {
  const std::size_t n = field.grid.offset(i, j, k);
  return {field.component[0][n], field.component[1][n], field.component[2][n]};
}

template <class F>
void each_inner_voxel(const Grid& grid, int margin, F&& f) {
  for (int k = margin; k < grid.size[2] - margin; ++k)
    for (int j = margin; j < grid.size[1] - margin; ++j)
      for (int i = margin; i < grid.size[0] - margin; ++i) f(i, j, k);
}

// Waves of up to 1.5 voxels over some 40 voxels; Jacobians between about 0.5 and 1.5.
Vec3 waves(const Vec3& p) {
  return {1.5 * std::sin(p[1] / 6) * std::cos(p[2] / 7), 1.2 * std::cos(p[0] / 7 + 1),
          1.4 * std::sin(p[2] / 6 + p[0] / 9)};
}

Mat3 shear() {
  Mat3 a;
  a << 0.05, -0.1, 0.02, 0.04, -0.08, 0.03, 0.01, 0.06, 0.1;
  return a;
}

TEST(VectorField, CompositionOfAffineFieldsIsTheirProduct) {
  const Grid grid = test::upright_grid({24, 22, 20});
  const Vec3 middle(11.5, 10.5, 9.5);
  const Mat3 a = shear(), b = -0.5 * shear().transpose();
  const auto outer = field_of(grid, [&](const Vec3& p) { return Vec3(a * (p - middle)); });
  const auto inner = field_of(grid, [&](const Vec3& p) { return Vec3(b * (p - middle)); });
  const VectorField both = composed(outer, inner);
  const Mat3 product = (Mat3::Identity() + a) * (Mat3::Identity() + b) - Mat3::Identity();
  each_inner_voxel(grid, 3, [&](int i, int j, int k) {
    ASSERT_LT((displacement(both, i, j, k) - product * (Vec3(i, j, k) - middle)).norm(), 1e-4);
  });
}

TEST(VectorField, BeyondTheBorderTheBordersValueHolds) {
  const Grid grid = test::upright_grid({5, 5, 5});
  const auto outer = field_of(grid, [](const Vec3& p) { return Vec3(p[0], 0, 0); });
  const auto inner = field_of(grid, [](const Vec3&) { return Vec3(3, 0, 0); });
  EXPECT_NEAR(displacement(composed(outer, inner), 4, 2, 2)[0], 3 + 4, 1e-6);
}

TEST(VectorField, InverseComposedWithTheFieldIsNothing) {
  const Grid grid = test::upright_grid({30, 30, 30});
  const VectorField field = field_of(grid, waves);
  ASSERT_GT(largest_norm(field), 1.5);
  const VectorField right = composed(field, inverted(field)), left = composed(inverted(field), field);
  each_inner_voxel(grid, 4, [&](int i, int j, int k) {
    ASSERT_LT(displacement(right, i, j, k).norm(), 1e-2);
    // The other way round, the inverse is read between its voxels, of which linear interpolation is the error.
    ASSERT_LT(displacement(left, i, j, k).norm(), 3e-2);
  });
}

TEST(VectorField, InverseOfATranslationIsTheOppositeOne) {
  const Grid grid = test::upright_grid({6, 7, 8});
  const VectorField back = inverted(field_of(grid, [](const Vec3&) { return Vec3(1.5, -2, 0.25); }));
  each_inner_voxel(grid, 0, [&](int i, int j, int k) {
    ASSERT_LT((displacement(back, i, j, k) - Vec3(-1.5, 2, -0.25)).norm(), 1e-5);
  });
}

TEST(VectorField, JacobianOfAnAffineFieldIsItsDeterminantUpToTheBorder) {
  std::mt19937 random(1);
  const Grid grid = test::oblique_grid(random, {12, 10, 9}, Vec3(1, 2, 3));  // in voxels: the grid plays no part
  const VectorField field = field_of(grid, [&](const Vec3& p) { return Vec3(shear() * p); });
  const double truth = (Mat3::Identity() + shear()).determinant();
  for (const float j : jacobian_determinant(field)) ASSERT_NEAR(j, truth, 2e-6);
}

TEST(VectorField, DisplacementInMillimetresFollowsTheGridsAxes) {
  std::mt19937 random(2);
  const Grid grid = test::oblique_grid(random, {4, 4, 4}, Vec3(1, 2, 3), Vec3(50, 60, 70));
  const auto field = field_of(grid, [](const Vec3& p) { return Vec3(0.5 + p[0], -1, 0.25 * p[2]); });
  const DisplacementField mm = to_displacement_mm(field);
  const Affine to_lps = grid.index_to_lps();
  each_inner_voxel(grid, 0, [&](int i, int j, int k) {
    const Vec3 index(i, j, k);
    const Vec3 moved = to_lps * (index + displacement(field, i, j, k));
    ASSERT_LT((to_lps * index + mm.at(i, j, k).cast<double>() - moved).norm(), 1e-5);
  });
}

TEST(VectorField, ResampledToFinerVoxelsMovesPointsTheSameWay) {
  std::mt19937 random(3);
  const Grid coarse = test::oblique_grid(random, {10, 12, 8}, Vec3(4, 4, 6));
  const Grid fine = isotropic_grid(coarse, 2.0);
  const auto field = field_of(coarse, [&](const Vec3& p) { return Vec3(shear() * p + Vec3(0.3, -0.2, 0.1)); });
  const VectorField finer = resampled(field, fine);
  const Affine to_coarse = coarse.lps_to_index() * fine.index_to_lps();
  each_inner_voxel(fine, 2, [&](int i, int j, int k) {
    const Vec3 u = shear() * (to_coarse * Vec3(i, j, k)) + Vec3(0.3, -0.2, 0.1);
    ASSERT_LT((displacement(finer, i, j, k) - u.cwiseProduct(Vec3(2, 2, 3))).norm(), 1e-4);
  });
}

TEST(VectorField, LargestNormIsThatOfTheLongestVector) {
  VectorField field(test::upright_grid({3, 3, 3}));
  field.component[0][7] = 3;
  field.component[1][7] = -4;
  field.component[2][9] = 4.9F;
  EXPECT_DOUBLE_EQ(largest_norm(field), 5);
}

TEST(VectorField, FieldsOnDifferentGridsAreNotComposed) {
  const VectorField field(test::upright_grid({5, 5, 5})), other(test::upright_grid({5, 5, 6}));
  EXPECT_THROW(composed(field, other), std::logic_error);
  VectorField result(other.grid);
  EXPECT_THROW(compose(field, field, result), std::logic_error);
}

}  // namespace
}  // namespace wane
