#include "imaging/grid.h"

#include <gtest/gtest.h>

#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

TEST(Grid, PlacesAVoxelByOriginSpacingAndDirection) {
  Grid grid;
  grid.size = {4, 5, 6};
  grid.spacing_mm = Vec3(2, 3, 4);
  grid.origin_mm = Vec3(10, 20, 30);
  grid.direction << 0, 0, 1,  // i runs along y, j against z, k along x
      1, 0, 0, 0, -1, 0;
  const Vec3 position = grid.index_to_lps() * Vec3(1, 2, 3);
  EXPECT_LT((position - Vec3(10 + 12, 20 + 2, 30 - 6)).norm(), 1e-12);
}

TEST(Grid, IndexAndPositionRoundTripOnObliqueGrids) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 50; ++trial) {
    const Vec3 spacing = Vec3::Constant(2.5) + test::random_point(random, 2.0);
    const Grid grid = test::oblique_grid(random, {181, 217, 33}, spacing, test::random_point(random, 300));
    const Vec3 index = test::random_point(random, 250);
    EXPECT_LT((grid.lps_to_index() * (grid.index_to_lps() * index) - index).norm(), 1e-10);
  }
}

TEST(Grid, LengthsOfVoxelStepsAreTheSpacing) {
  std::mt19937 random(2);
  const Grid grid = test::oblique_grid(random, {5, 6, 7}, Vec3(0.7, 1.3, 4.1));
  for (int axis = 0; axis < 3; ++axis)
    EXPECT_NEAR((grid.index_to_lps().linear() * Vec3::Unit(axis)).norm(), grid.spacing_mm[axis], 1e-12);
}

TEST(Grid, OffsetsRunThroughMemoryWithIFastest) {
  Grid grid;
  grid.size = {3, 4, 5};
  std::size_t next = 0;
  for (int k = 0; k < 5; ++k)
    for (int j = 0; j < 4; ++j)
      for (int i = 0; i < 3; ++i) EXPECT_EQ(grid.offset(i, j, k), next++);
  EXPECT_EQ(grid.voxel_count(), next);
}

TEST(Grid, ContainsNothingBeyondItsLastVoxels) {
  Grid grid;
  grid.size = {3, 4, 5};
  EXPECT_TRUE(grid.contains(2, 3, 4));
  EXPECT_FALSE(grid.contains(3, 0, 0));
  EXPECT_FALSE(grid.contains(0, 4, 0));
  EXPECT_FALSE(grid.contains(0, 0, 5));
  EXPECT_FALSE(grid.contains(-1, 0, 0));
}

TEST(Grid, CentreIsTheMeanOfFirstAndLastVoxel) {
  std::mt19937 random(3);
  const Grid grid = test::oblique_grid(random, {10, 21, 8}, Vec3(1, 0.5, 3), Vec3(-40, 5, 90));
  const Vec3 last = grid.index_to_lps() * Vec3(9, 20, 7);
  EXPECT_LT((grid.centre_mm() - (grid.origin_mm + last) / 2).norm(), 1e-10);
}

TEST(Grid, MatchesUpToTheToleranceAtTheFarCorner) {
  std::mt19937 random(4);
  const Grid grid = test::oblique_grid(random, {101, 101, 101}, Vec3::Ones());
  Grid other = grid;
  other.spacing_mm[0] += 0.9e-5;  // 0.0009 mm at the far corner
  EXPECT_TRUE(grid.matches(other));
  other.spacing_mm[0] += 0.2e-5;
  EXPECT_FALSE(grid.matches(other));
  other = grid;
  ++other.size[2];
  EXPECT_FALSE(grid.matches(other));
}

TEST(Grid, IsotropicGridCoversTheSameBoxInTheSameDirections) {
  std::mt19937 random(5);
  const Grid grid = test::oblique_grid(random, {120, 96, 30}, Vec3(1, 1.25, 4), Vec3(7, -30, 12));
  const Grid coarse = isotropic_grid(grid, 2.0);
  EXPECT_EQ(coarse.size, (std::array<int, 3>{60, 60, 60}));
  EXPECT_EQ(coarse.direction, grid.direction);
  EXPECT_LT((coarse.centre_mm() - grid.centre_mm()).norm(), 1e-10);
  // Both boxes reach half a voxel beyond their outermost centres.
  const Vec3 corner = grid.index_to_lps() * Vec3(-0.5, -0.5, -0.5);
  const Vec3 coarse_corner = coarse.index_to_lps() * Vec3(-0.5, -0.5, -0.5);
  EXPECT_LT((corner - coarse_corner).norm(), 1e-10);
}

TEST(Grid, CroppedGridKeepsVoxelsWhereTheyWere) {
  std::mt19937 random(6);
  const Grid grid = test::oblique_grid(random, {20, 30, 40}, Vec3(1, 2, 3));
  const Grid part = cropped_grid(grid, {3, 5, 7}, {12, 29, 8});
  EXPECT_EQ(part.size, (std::array<int, 3>{10, 25, 2}));
  EXPECT_LT((part.index_to_lps() * Vec3(2, 3, 1) - grid.index_to_lps() * Vec3(5, 8, 8)).norm(), 1e-10);
}

TEST(Grid, CroppedGridIsClippedToTheGrid) {
  const Grid grid = test::upright_grid({20, 30, 40});
  EXPECT_TRUE(cropped_grid(grid, {-5, -1, -9}, {100, 30, 40}).matches(grid));
}

TEST(Image, APartHoldsTheValuesOfItsVoxels) {
  const Grid grid = test::upright_grid({7, 6, 5});
  Volume volume(grid);
  for (std::size_t n = 0; n < volume.size(); ++n) volume[n] = float(n);
  const Volume part = cropped(volume, {2, -3, 4}, {5, 1, 9});
  EXPECT_TRUE(part.grid.matches(cropped_grid(grid, {2, -3, 4}, {5, 1, 9})));
  ASSERT_EQ(part.grid.size, (std::array<int, 3>{4, 2, 1}));
  for (int j = 0; j < 2; ++j)
    for (int i = 0; i < 4; ++i) EXPECT_EQ(part.at(i, j, 0), volume.at(i + 2, j, 4));
}

TEST(Grid, DescribesItselfInWords) {
  EXPECT_EQ(test::upright_grid({181, 217, 30}, Vec3(1, 1, 4.5)).describe(), "181x217x30 voxels of 1x1x4.5 mm");
}

}  // namespace
}  // namespace wane
