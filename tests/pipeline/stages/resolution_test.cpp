#include "pipeline/stages/resolution.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/counted_random.h"
#include "imaging/smooth.h"
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

// Noise that is smooth over a millimeter, as fine anatomy is.
Volume texture() {
  const Grid grid = test::upright_grid({48, 48, 48}, Vec3(1, 1, 1));
  const CountedRandom random(11);
  Volume noise(grid);
  for (std::size_t n = 0; n < noise.size(); ++n) noise[n] = float(100 + 20 * random.normal(n));
  return gaussian(noise, 0.8);
}

double factor_found(const Volume& fine, const Volume& thick, const Vec3& blur_mm) {
  return matching_blur_factor({&fine, &thick}, {Affine::Identity(), Affine::Identity()}, {blur_mm, Vec3::Zero()},
                              Mask(fine.grid, 1));
}

TEST(MatchingBlurFactor, FindsHowFarTheOtherVisitIsBlurred) {
  const Volume fine = texture();
  const Vec3 blur_mm(0, 0, 1.4);
  for (const double factor : {0.6, 0.7, 0.9, 1.0})
    EXPECT_NEAR(factor_found(fine, gaussian(fine, Vec3(factor * blur_mm)), blur_mm), factor, 0.05);
}

TEST(MatchingBlurFactor, StaysWithinItsLimits) {
  const Volume fine = texture();
  EXPECT_NEAR(factor_found(fine, fine, Vec3(0, 0, 1.4)), 0.4, 1e-12);
  EXPECT_NEAR(factor_found(fine, gaussian(fine, Vec3(0, 0, 4)), Vec3(0, 0, 1.4)), 1.2, 1e-12);
}

TEST(MatchingBlurFactor, DoesNotHeedBrightnessAndShading) {
  const Volume fine = texture();
  const Vec3 blur_mm(0, 0, 1.4);
  Volume thick = gaussian(fine, Vec3(0.8 * blur_mm));
  for (int k = 0; k < 48; ++k)
    for (int j = 0; j < 48; ++j)
      for (int i = 0; i < 48; ++i) thick.at(i, j, k) *= float(2 + 0.01 * i);
  EXPECT_NEAR(factor_found(fine, thick, blur_mm), 0.8, 0.05);
}

}  // namespace
}  // namespace wane
