#include "imaging/background.h"

#include <gtest/gtest.h>

#include <cmath>

#include "imaging/morphology.h"
#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

constexpr double radius_mm = 40;

Grid grid_for_tests() {
  return test::upright_grid({60, 52, 56}, Vec3::Constant(2.0));
}

// A ball of noisy tissue around 100, air of `air` and noise of magnitudes of `noise` in both.
Volume ball(double air, double noise) {
  std::mt19937 random(7);
  const auto normal = [&] {
    double sum = -6;
    for (int n = 0; n < 12; ++n) sum += test::uniform(random, 0, 1);
    return sum;
  };
  return test::rendered(grid_for_tests(), [&](const Vec3& p) {
    const double tissue = p.norm() < radius_mm ? 100 : 0;
    return air + std::hypot(tissue + noise * normal(), noise * normal());
  });
}

TEST(Background, OfNoiseIsItsModeAndBeginsAboutWhereTheNoiseDoes) {
  for (const double air : {-60.0, 0.0, 1000.0}) {
    const Background background = background_of(ball(air, 3));
    EXPECT_NEAR(background.level, air + 3, 2.5) << air;
    EXPECT_NEAR(background.lowest, air, 1.0) << air;
    EXPECT_FALSE(background.constant);
  }
}

TEST(Background, SetToAValueIsThatValue) {
  Volume scan = ball(0, 3);
  const Affine to_lps = scan.grid.index_to_lps();
  for (int k = 0; k < scan.grid.size[2]; ++k)
    for (int j = 0; j < scan.grid.size[1]; ++j)
      for (int i = 0; i < scan.grid.size[0]; ++i)
        if ((to_lps * Vec3(i, j, k)).norm() >= radius_mm) scan.at(i, j, k) = 10;
  const Background background = background_of(scan);
  EXPECT_EQ(background.level, 10);
  EXPECT_TRUE(background.constant);
}

TEST(Background, IsLookedForInsideOfAFrameThatWasPutAroundTheScan) {
  Volume scan = ball(1000, 3);
  for (int k = 0; k < scan.grid.size[2]; ++k)
    for (int j = 0; j < scan.grid.size[1]; ++j)
      for (int i = 0; i < 2; ++i) scan.at(i, j, k) = scan.at(scan.grid.size[0] - 1 - i, j, k) = 0;
  for (int n = 0; n < 2; ++n)
    for (int j = 0; j < scan.grid.size[1]; ++j)
      for (int i = 0; i < scan.grid.size[0]; ++i) scan.at(i, j, n) = scan.at(i, j, scan.grid.size[2] - 1 - n) = 0;
  for (int n = 0; n < 2; ++n)
    for (int k = 0; k < scan.grid.size[2]; ++k)
      for (int i = 0; i < scan.grid.size[0]; ++i) scan.at(i, n, k) = scan.at(i, scan.grid.size[1] - 1 - n, k) = 0;
  EXPECT_NEAR(background_of(scan).level, 1003, 2.5);
}

TEST(ConstantFromBorder, IsASlabThatWasNotMeasuredAndNothingElse) {
  Volume scan = ball(0, 3);
  for (int k = 40; k < scan.grid.size[2]; ++k)
    for (int j = 0; j < scan.grid.size[1]; ++j)
      for (int i = 0; i < scan.grid.size[0]; ++i) scan.at(i, j, k) = 7;
  scan.at(30, 26, 28) = scan.at(31, 26, 28) = 7;  // chance
  const Mask constant = constant_from_border(scan);
  ASSERT_FALSE(constant.empty());
  for (int k = 0; k < scan.grid.size[2]; ++k)
    for (int j = 0; j < scan.grid.size[1]; ++j)
      for (int i = 0; i < scan.grid.size[0]; ++i) ASSERT_EQ(constant.at(i, j, k), k >= 40) << i << ' ' << j << ' ' << k;
}

TEST(ConstantFromBorder, IsNothingInNoise) {
  EXPECT_TRUE(constant_from_border(ball(0, 3)).empty());
}

TEST(ConstantFromBorder, IsNotWhatIsCutOffAtTheLargestValueNorAHoleInside) {
  Volume scan = ball(0, 3);
  for (int k = 0; k < 12; ++k)
    for (int j = 10; j < 40; ++j)
      for (int i = 10; i < 40; ++i) scan.at(i, j, k) = 500;  // bright fat of the neck
  for (int k = 25; k < 32; ++k)
    for (int j = 20; j < 30; ++j)
      for (int i = 25; i < 35; ++i) scan.at(i, j, k) = 0;  // a cavity that reaches no border
  EXPECT_TRUE(constant_from_border(scan).empty());
}

TEST(FilledFromBorder, ReachesIntoFoldsOfOneVoxel) {
  Volume scan(grid_for_tests(), 10.F);
  for (int k = 10; k < 40; ++k)
    for (int j = 10; j < 40; ++j)
      for (int i = 10; i < 40; ++i) scan.at(i, j, k) = 50;
  for (int k = 10; k < 30; ++k) scan.at(20, 20, k) = 10;  // open below
  scan.at(30, 30, 30) = 10;                               // enclosed
  const Mask filled = filled_from_border(scan, 10.F);
  EXPECT_EQ(filled.at(20, 20, 29), 1);
  EXPECT_EQ(filled.at(30, 30, 30), 0);
  EXPECT_EQ(filled.at(15, 15, 15), 0);
}

}  // namespace
}  // namespace wane
