#include "pipeline/stages/resolution.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

const Mat3 unturned = Mat3::Identity();

TEST(BlursToCoarsest, AreNothingForVisitsOfOneVoxelSizeHoweverTurned) {
  const Grid grid = test::upright_grid({20, 20, 20}, Vec3(1, 1, 1));
  const Mat3 turned = Eigen::AngleAxisd(0.3, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  for (const Vec3& blur : blurs_to_coarsest_mm({grid, grid}, {unturned, turned})) EXPECT_TRUE(blur.isZero());
}

TEST(BlursToCoarsest, BlurTheFinerVisitAlongTheThickSlicesOfTheOther) {
  const Grid fine = test::upright_grid({20, 20, 20}, Vec3(1, 1, 1)),
             thick = test::upright_grid({20, 20, 7}, Vec3(1, 1, 3));
  const auto blurs = blurs_to_coarsest_mm({fine, thick}, {unturned, unturned});
  EXPECT_TRUE(blurs[0].isApprox(Vec3(0, 0, std::sqrt(8.0) / 2), 1e-12));
  EXPECT_TRUE(blurs[1].isZero());
  EXPECT_EQ(blurs_to_coarsest_mm({thick, fine}, {unturned, unturned})[1], blurs[0]) << "whichever comes first";
}

TEST(BlursToCoarsest, HeedHowTheScansLie) {
  const Grid fine = test::upright_grid({20, 20, 20}, Vec3(1, 1, 1)),
             thick = test::upright_grid({20, 20, 7}, Vec3(1, 1, 3));
  const Mat3 quarter = Eigen::AngleAxisd(EIGEN_PI / 2, Vec3::UnitX()).toRotationMatrix();  // its slices lie along y
  const auto blurs = blurs_to_coarsest_mm({fine, thick}, {unturned, quarter});
  EXPECT_TRUE(blurs[0].isApprox(Vec3(0, std::sqrt(8.0) / 2, 0), 1e-9));
  // Two visits with thick slices that cross are each blurred along the other's.
  const auto crossed = blurs_to_coarsest_mm({thick, thick}, {unturned, quarter});
  EXPECT_NEAR(crossed[0][1], std::sqrt(8.0) / 2, 1e-9);
  EXPECT_NEAR(crossed[1][1], std::sqrt(8.0) / 2, 1e-9);
  EXPECT_EQ(crossed[0][2], 0);
}

}  // namespace
}  // namespace wane
