#include "imaging/morphology.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

const Vec3 anisotropic(0.9, 1.3, 2.7);

Mask random_mask(const Grid& grid, double share, unsigned seed) {
  std::mt19937 random(seed);
  Mask mask(grid);
  for (auto& v : mask.values) v = test::uniform(random, 0, 1) < share;
  return mask;
}

Mask ball(const Grid& grid, double radius_mm) {
  return test::rendered_mask(grid, [&](const Vec3& p) { return p.norm() <= radius_mm; });
}

Vec3 index_of(const Grid& grid, std::size_t n) {
  const std::size_t row = grid.size[0], slice = row * grid.size[1];
  return Vec3(double(n % row), double(n / row % grid.size[1]), double(n / slice));
}

// Distance in mm to the nearest voxel whose value is `wanted`, by trying them all.
double brute_force_distance(const Mask& mask, std::size_t from, bool wanted) {
  double least = std::numeric_limits<double>::max();
  for (std::size_t n = 0; n < mask.size(); ++n)
    if ((mask[n] != 0) == wanted)
      least = std::min(
          least, (index_of(mask.grid, n) - index_of(mask.grid, from)).cwiseProduct(mask.grid.spacing_mm).squaredNorm());
  return std::sqrt(least);
}

class DistanceToMaskOf : public testing::TestWithParam<double> {};

TEST_P(DistanceToMaskOf, IsWhatTryingAllVoxelsGives) {
  for (unsigned seed = 1; seed < 4; ++seed) {
    const Mask mask = random_mask(test::upright_grid({11, 8, 7}, anisotropic), GetParam(), seed);
    ASSERT_GT(count(mask), 0U);
    const Volume distance = distance_to(mask), sign = signed_distance(mask);
    for (std::size_t n = 0; n < mask.size(); ++n) {
      ASSERT_NEAR(distance[n], brute_force_distance(mask, n, true), 1e-4);
      ASSERT_NEAR(sign[n], mask[n] ? -brute_force_distance(mask, n, false) : distance[n], 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shares, DistanceToMaskOf, testing::Values(0.01, 0.1, 0.5, 0.9));

TEST(Distance, ToAnEmptyMaskIsVeryLargeEverywhere) {
  for (const float v : distance_to(Mask(test::upright_grid({4, 5, 6}))).values) EXPECT_GT(v, 1e5);
}

TEST(Dilated, TakesWhatLiesWithinTheRadiusOfAnyVoxel) {
  const Mask mask = random_mask(test::upright_grid({12, 9, 7}, anisotropic), 0.02, 5);
  const Mask wide = dilated(mask, 3.0);
  for (std::size_t n = 0; n < mask.size(); ++n) ASSERT_EQ(wide[n] != 0, brute_force_distance(mask, n, true) <= 3.0);
}

// A ball of voxels is a ball up to one voxel's half diagonal.
TEST(Dilated, BallIsALargerBall) {
  const Grid grid = test::upright_grid({31, 31, 31});
  const Mask wide = dilated(ball(grid, 7), 4);
  const Mask inner = ball(grid, 11 - 0.87), outer = ball(grid, 11);
  for (std::size_t n = 0; n < wide.size(); ++n) {
    ASSERT_GE(wide[n], inner[n]);
    ASSERT_LE(wide[n], outer[n]);
  }
}

TEST(Eroded, BallIsASmallerBall) {
  const Grid grid = test::upright_grid({31, 31, 31});
  const Mask narrow = eroded(ball(grid, 11), 4);
  const Mask inner = ball(grid, 7), outer = ball(grid, 7 + 0.87);
  for (std::size_t n = 0; n < narrow.size(); ++n) {
    ASSERT_GE(narrow[n], inner[n]);
    ASSERT_LE(narrow[n], outer[n]);
  }
}

TEST(Eroded, CountsBeyondTheGridAsOutside) {
  const Grid grid = test::upright_grid({9, 9, 9}, Vec3(1, 1, 2));
  const Mask narrow = eroded(Mask(grid, 1), 2.5);
  for (int k = 0; k < 9; ++k)
    for (int j = 0; j < 9; ++j)
      for (int i = 0; i < 9; ++i) {
        const bool kept = i >= 2 && i <= 6 && j >= 2 && j <= 6 && k >= 1 && k <= 7;
        ASSERT_EQ(narrow.at(i, j, k), kept) << i << ' ' << j << ' ' << k;
      }
}

TEST(Opened, RemovesAThinBridgeAndKeepsTheBalls) {
  const Grid grid = test::upright_grid({41, 21, 21});
  const auto in_balls = [](const Vec3& p) {
    return (p - Vec3(-11, 0, 0)).norm() <= 6 || (p - Vec3(11, 0, 0)).norm() <= 6;
  };
  const Mask bridged = test::rendered_mask(
      grid, [&](const Vec3& p) { return in_balls(p) || (std::abs(p[0]) < 11 && p.tail<2>().norm() <= 1); });
  const Mask open = opened(bridged, 3);
  EXPECT_EQ(open.at(20, 10, 10), 0);
  EXPECT_EQ(open.at(9, 10, 10), 1);
  EXPECT_EQ(count(largest_component(open)) * 2, count(open));  // two equal parts
  EXPECT_GT(double(count(open)), 0.9 * double(count(test::rendered_mask(grid, in_balls))));
}

TEST(Closed, FillsANarrowGapAndNothingOutsideTheBall) {
  const Grid grid = test::upright_grid({31, 31, 31});
  const Mask whole = ball(grid, 10);
  const Mask cut = test::rendered_mask(grid, [](const Vec3& p) { return p.norm() <= 10 && std::abs(p[0]) > 1; });
  const Mask result = closed(cut, 4);
  EXPECT_EQ(result.at(15, 15, 15), 1);
  for (std::size_t n = 0; n < result.size(); ++n) {
    ASSERT_GE(result[n], cut[n]);
    ASSERT_LE(result[n], whole[n]);
  }
}

TEST(Closed, DoesNotPullAwayWhatTouchesTheGridsBorder) {
  const Mask all(test::upright_grid({8, 8, 8}), 1);
  EXPECT_EQ(closed(all, 3).values, all.values);
}

TEST(LargestComponent, IsConnectedByFacesAlone) {
  Mask mask(test::upright_grid({6, 6, 6}));
  mask.at(0, 0, 0) = mask.at(1, 0, 0) = mask.at(1, 1, 0) = 1;  // three voxels
  mask.at(2, 2, 0) = mask.at(3, 2, 0) = 1;                     // two more at a corner
  mask.at(5, 5, 5) = mask.at(5, 5, 4) = 1;
  const Mask largest = largest_component(mask);
  EXPECT_EQ(count(largest), 3U);
  EXPECT_EQ(largest.at(1, 1, 0), 1);
  EXPECT_EQ(largest.at(2, 2, 0), 0);
}

TEST(LargestComponent, OfEqualPartsIsTheFirstInMemory) {
  Mask mask(test::upright_grid({5, 5, 5}));
  mask.at(4, 4, 4) = mask.at(2, 0, 0) = 1;
  EXPECT_EQ(largest_component(mask).at(2, 0, 0), 1);
  EXPECT_EQ(count(largest_component(mask)), 1U);
}

TEST(LargestComponent, OfNothingIsNothing) {
  EXPECT_EQ(count(largest_component(Mask(test::upright_grid({3, 3, 3})))), 0U);
}

TEST(HolesFilled, FillsCavitiesAndLeavesWhatIsOpenToTheBorder) {
  const Grid grid = test::upright_grid({15, 15, 15});
  Mask shell = test::rendered_mask(grid, [](const Vec3& p) { return p.norm() <= 6 && p.norm() > 3; });
  EXPECT_EQ(holes_filled(shell).values, ball(grid, 6).values);
  for (int i = 0; i < 8; ++i) shell.at(i, 7, 7) = 0;  // a tunnel to the outside
  EXPECT_EQ(holes_filled(shell).values, shell.values);
}

TEST(HolesFilled, DoesNotLeakThroughEdgesAndCorners) {
  Mask mask(test::upright_grid({3, 3, 3}));
  mask.at(0, 1, 1) = mask.at(2, 1, 1) = mask.at(1, 0, 1) = mask.at(1, 2, 1) = mask.at(1, 1, 0) = mask.at(1, 1, 2) = 1;
  EXPECT_EQ(holes_filled(mask).at(1, 1, 1), 1);
  EXPECT_EQ(count(holes_filled(mask)), 7U);
}

TEST(BoundingBox, HoldsTheMaskTightly) {
  Mask mask(test::upright_grid({9, 8, 7}));
  mask.at(2, 5, 1) = mask.at(6, 3, 4) = 1;
  const Box box = bounding_box(mask);
  EXPECT_EQ(box.low, (std::array<int, 3>{2, 3, 1}));
  EXPECT_EQ(box.high, (std::array<int, 3>{6, 5, 4}));
  EXPECT_TRUE(bounding_box(Mask(mask.grid)).empty());
}

TEST(VolumeMl, OfABallIsThatOfTheFormula) {
  const double radius = 20;
  const Mask mask = ball(test::upright_grid({45, 60, 25}, Vec3(1, 0.8, 2)), radius);
  EXPECT_NEAR(volume_ml(mask) / (4.0 / 3 * EIGEN_PI * radius * radius * radius / 1000), 1, 0.005);
}

TEST(LargeComponents, AreThoseOfASizeAndTheLargestInAnyCase) {
  Mask mask(test::upright_grid({10, 10, 10}));  // 1 mm: a voxel is a thousandth of a mL
  for (int i = 0; i < 5; ++i) mask.at(i, 0, 0) = 1;
  for (int i = 0; i < 4; ++i) mask.at(i, 4, 4) = 1;
  mask.at(8, 8, 8) = 1;
  EXPECT_EQ(count(large_components(mask, 0.0035)), 9U);
  EXPECT_EQ(count(large_components(mask, 0.0005)), 10U);
  EXPECT_EQ(large_components(mask, 1).values, largest_component(mask).values);
  EXPECT_EQ(count(large_components(Mask(mask.grid), 1)), 0U);
}

// A winding part meets itself only after several rows.
TEST(LargestComponent, OfASpiralIsTheWholeSpiral) {
  Mask mask(test::upright_grid({9, 9, 3}));
  const auto draw = [&](int i0, int j0, int i1, int j1) {
    for (int j = std::min(j0, j1); j <= std::max(j0, j1); ++j)
      for (int i = std::min(i0, i1); i <= std::max(i0, i1); ++i) mask.at(i, j, 1) = 1;
  };
  draw(8, 0, 0, 0);
  draw(0, 0, 0, 8);
  draw(0, 8, 8, 8);
  draw(8, 8, 8, 2);
  draw(8, 2, 2, 2);
  draw(2, 2, 2, 6);
  draw(2, 6, 6, 6);
  EXPECT_EQ(largest_component(mask).values, mask.values);
}

}  // namespace
}  // namespace wane
