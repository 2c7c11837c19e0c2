#include "imaging/resample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "imaging/smooth.h"
#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

Volume powers_of_two() {
  Volume volume(test::upright_grid({2, 2, 2}));
  volume.values = {1, 2, 4, 8, 16, 32, 64, 128};
  return volume;
}

Volume random_volume(const Grid& grid, unsigned seed) {
  std::mt19937 random(seed);
  Volume volume(grid);
  for (float& v : volume.values) v = float(test::uniform(random, 0, 100));
  return volume;
}

// Linear in space: any exact interpolation gives it back.
double ramp(const Vec3& lps) {
  return 50 + 0.3 * lps[0] - 0.7 * lps[1] + 0.2 * lps[2];
}

TEST(LinearSampler, OfEightVoxelsIsWhatIsCalculatedByHand) {
  const Volume volume = powers_of_two();
  // Along x: 1.25, 5, 20, 80; then y: 3.125, 50; then z: 38.28125.
  EXPECT_FLOAT_EQ(LinearSampler(volume)(0.25F, 0.5F, 0.75F), 38.28125F);
  EXPECT_FLOAT_EQ(LinearSampler(volume)(1, 0, 1), 32);
}

TEST(LinearSampler, GradientOfEightVoxelsIsWhatIsCalculatedByHand) {
  const Volume volume = powers_of_two();
  float gradient[3];
  EXPECT_FLOAT_EQ(LinearSampler(volume).with_gradient(0.25F, 0.5F, 0.75F, gradient), 38.28125F);
  EXPECT_FLOAT_EQ(gradient[0], 30.625F);
  EXPECT_FLOAT_EQ(gradient[1], 45.9375F);
  EXPECT_FLOAT_EQ(gradient[2], 46.875F);
}

TEST(LinearSampler, HoldsTheBorderForHalfAVoxelAndIsOutsideBeyond) {
  const Volume volume = powers_of_two();
  const LinearSampler sampler(volume);
  EXPECT_EQ(sampler(-0.5F, 0, 0, -7), 1);
  EXPECT_EQ(sampler(1.5F, 1.5F, 1.5F, -7), 128);
  EXPECT_EQ(sampler(-0.501F, 0, 0, -7), -7);
  EXPECT_EQ(sampler(0, 1.501F, 0, -7), -7);
  EXPECT_EQ(sampler(0, 0, std::nanf(""), -7), -7);
}

TEST(LinearSampler, ReadsASingleSlice) {
  Volume volume(test::upright_grid({2, 2, 1}));
  volume.values = {1, 2, 4, 8};
  EXPECT_FLOAT_EQ(LinearSampler(volume)(0.5F, 0.5F, 0.3F), 3.75F);
}

class CubicSamplerOfSize : public testing::TestWithParam<std::array<int, 3>> {};

// The borders count as much as the middle, and thin volumes as much as thick ones. Rounding of 64 products of
// single-precision values up to some 400 (the spline's coefficients overshoot) stays below 1e-3.
TEST_P(CubicSamplerOfSize, ReproducesValuesAtVoxelCentres) {
  const Volume volume = random_volume(test::upright_grid(GetParam()), 7);
  const CubicSampler sampler(volume);
  for (int k = 0; k < volume.grid.size[2]; ++k)
    for (int j = 0; j < volume.grid.size[1]; ++j)
      for (int i = 0; i < volume.grid.size[0]; ++i)
        ASSERT_NEAR(sampler(float(i), float(j), float(k)), volume.at(i, j, k), 1e-3) << i << ' ' << j << ' ' << k;
}

INSTANTIATE_TEST_SUITE_P(Sizes, CubicSamplerOfSize,
                         testing::Values(std::array{30, 17, 25}, std::array{9, 8, 7}, std::array{5, 12, 3},
                                         std::array{2, 4, 1}));

TEST(CubicSampler, IsExactForALinearRampAwayFromTheBorder) {
  const Grid grid = test::upright_grid({34, 34, 34});
  const Volume volume = test::rendered(grid, ramp);
  const CubicSampler sampler(volume);
  std::mt19937 random(8);
  for (int trial = 0; trial < 200; ++trial) {
    // The mirrored border makes a kink, of which 0.27^12 is left after twelve voxels.
    const Vec3 at = Vec3::Constant(16.5) + test::random_point(random, 4.5);
    EXPECT_NEAR(sampler(float(at[0]), float(at[1]), float(at[2])), ramp(grid.index_to_lps() * at), 1e-4);
  }
}

TEST(CubicSampler, IsCloserToASmoothFunctionThanLinearInterpolation) {
  const auto wave = [](const Vec3& p) { return std::sin(p[0] / 1.5) * std::cos(p[1] / 2) * std::sin(p[2] / 2 + 1); };
  const Grid grid = test::upright_grid({24, 24, 24});
  const Volume volume = test::rendered(grid, wave);
  const CubicSampler cubic(volume);
  const LinearSampler linear(volume);
  std::mt19937 random(9);
  double cubic_error = 0, linear_error = 0;
  for (int trial = 0; trial < 500; ++trial) {
    const Vec3 at = Vec3::Constant(11.5) + test::random_point(random, 7);
    const double truth = wave(grid.index_to_lps() * at);
    cubic_error += std::abs(cubic(float(at[0]), float(at[1]), float(at[2])) - truth);
    linear_error += std::abs(linear(float(at[0]), float(at[1]), float(at[2])) - truth);
  }
  EXPECT_LT(cubic_error, 0.1 * linear_error);
}

TEST(Resample, TakesAPointOfTheTargetThroughTheMapIntoTheSource) {
  std::mt19937 random(10);
  const Grid source_grid = test::oblique_grid(random, {40, 36, 20}, Vec3(1, 1.2, 2.5), Vec3(12, -7, 30));
  const Affine map = test::random_motion(random, 40, 20);
  const Grid target = test::oblique_grid(random, {30, 28, 36}, Vec3(1.7, 1.5, 1.1), map.inverse() * Vec3(12, -7, 30));
  const Volume source = test::rendered(source_grid, ramp);
  const Volume result = resample(source, target, map, Interpolation::linear, -99.F);
  const Mask covered = coverage(source_grid, target, map);
  int compared = 0, outside = 0;
  for (int k = 0; k < target.size[2]; ++k)
    for (int j = 0; j < target.size[1]; ++j)
      for (int i = 0; i < target.size[0]; ++i) {
        const Vec3 at = map * (target.index_to_lps() * Vec3(i, j, k));
        const Vec3 index = source_grid.lps_to_index() * at;
        const Vec3 beyond = (index - Vec3(19.5, 17.5, 9.5)).cwiseAbs() - Vec3(19.5, 17.5, 9.5);
        if (beyond.maxCoeff() < -1e-3) {
          ASSERT_NEAR(result.at(i, j, k), ramp(at), 1e-3);
          ++compared;
        }
        if (beyond.maxCoeff() > 0.501) {
          ASSERT_EQ(result.at(i, j, k), -99.F);
          ASSERT_EQ(covered.at(i, j, k), 0);
          ++outside;
        } else if (beyond.maxCoeff() < 0.499) {
          ASSERT_EQ(covered.at(i, j, k), 1);
        }
      }
  EXPECT_GT(compared, 1000);
  EXPECT_GT(outside, 100);
}

TEST(Resample, OutsideValueStandsBeyondTheSourcesBox) {
  const Volume source(test::upright_grid({4, 4, 4}), 5.F);
  const Grid target = test::upright_grid({10, 1, 1});
  const Volume result = resample(source, target, Affine::Identity(), Interpolation::cubic, -1.F);
  const Mask covered = coverage(source.grid, target, Affine::Identity());
  for (int i = 0; i < 10; ++i) {
    const bool inside = i >= 3 && i <= 6;
    EXPECT_NEAR(result.at(i, 0, 0), inside ? 5.F : -1.F, 1e-5);
    EXPECT_EQ(covered.at(i, 0, 0), inside);
  }
}

TEST(Resample, LabelsTakeTheNearestVoxelAndNothingOutside) {
  LabelMap labels(test::upright_grid({3, 1, 1}, Vec3(2, 2, 2)));
  labels.values = {4, 7, 9};  // at -2, 0, 2 mm
  const LabelMap result = resample(labels, test::upright_grid({9, 1, 1}, Vec3(0.9, 1, 1)));
  EXPECT_EQ(result.values, (std::vector<std::int16_t>{0, 4, 4, 7, 7, 7, 9, 9, 0}));
}

TEST(ResampleDisplaced, AppliesTheMapThenTheDisplacementThenTheSecondMap) {
  std::mt19937 random(11);
  const Grid source_grid = test::oblique_grid(random, {50, 50, 50}, Vec3(2, 2, 2));
  const Grid field_grid = test::oblique_grid(random, {12, 14, 16}, Vec3(4, 3, 3));
  const Grid target = test::oblique_grid(random, {10, 10, 10}, Vec3(1.5, 1, 2));
  const Affine before = test::random_motion(random, 20, 3), after = test::random_motion(random, 20, 3);
  Mat3 slope;
  slope << 0.1, -0.05, 0.02, 0.03, -0.1, 0.04, 0.0, 0.05, 0.08;
  const auto moved = [&](const Vec3& y) { return Vec3(slope * y + Vec3(2, -1, 3)); };
  DisplacementField field(field_grid);
  for (int k = 0; k < 16; ++k)
    for (int j = 0; j < 14; ++j)
      for (int i = 0; i < 12; ++i) field.at(i, j, k) = moved(field_grid.index_to_lps() * Vec3(i, j, k)).cast<float>();
  const Volume result = resample_displaced(test::rendered(source_grid, ramp), target, before, field, after);
  for (int k = 0; k < 10; ++k)
    for (int j = 0; j < 10; ++j)
      for (int i = 0; i < 10; ++i) {
        const Vec3 y = before * (target.index_to_lps() * Vec3(i, j, k));
        ASSERT_NEAR(result.at(i, j, k), ramp(after * (y + moved(y))), 1e-3);
      }
}

TEST(ResampleDisplaced, HoldsTheNearestDisplacementOutsideTheField) {
  const DisplacementField field(test::upright_grid({2, 2, 2}), Eigen::Vector3f(3, 0, 0));
  const Volume source = test::rendered(test::upright_grid({30, 30, 30}), ramp);
  const Grid target = test::upright_grid({5, 5, 5}, Vec3(4, 4, 4));
  const Volume result = resample_displaced(source, target, Affine::Identity(), field);
  EXPECT_NEAR(result.at(0, 4, 2), ramp(Vec3(-8 + 3, 8, 0)), 1e-4);
}

TEST(Downsampled, KeepsALinearRampAwayFromTheBorder) {
  std::mt19937 random(12);
  const Volume fine = test::rendered(test::oblique_grid(random, {60, 60, 30}, Vec3(1, 1, 2)), ramp);
  const Volume coarse = downsampled(fine, 4.0);
  EXPECT_EQ(coarse.grid.size, (std::array<int, 3>{15, 15, 15}));
  for (int k = 3; k < 12; ++k)
    for (int j = 3; j < 12; ++j)
      for (int i = 3; i < 12; ++i)
        ASSERT_NEAR(coarse.at(i, j, k), ramp(coarse.grid.index_to_lps() * Vec3(i, j, k)), 1e-3);
}

TEST(Downsampled, ReturnsWhatIsAlreadyAsCoarseUnchanged) {
  const Volume volume = random_volume(test::upright_grid({5, 6, 7}, Vec3(4, 4, 5)), 13);
  EXPECT_EQ(downsampled(volume, 4.0).values, volume.values);
}

TEST(ResampleDisplaced, OfSeveralVolumesIsThatOfEach) {
  std::mt19937 random(11);
  const Grid source_grid = test::oblique_grid(random, {20, 18, 16}, Vec3(1.1, 1.2, 1.3));
  const Grid target = test::oblique_grid(random, {24, 22, 20}, Vec3(1, 1.1, 1.2));
  // Nothing but zeros around a part, as in maps of tissues.
  Volume a(source_grid), b(source_grid);
  for (int k = 5; k < 12; ++k)
    for (int j = 4; j < 15; ++j)
      for (int i = 6; i < 14; ++i) {
        a.at(i, j, k) = float(test::uniform(random, 1, 2));
        b.at(i, j, k) = float(test::uniform(random, -2, -1));
      }
  a.at(0, 9, 9) = 3;  // at the border, which is held for half a voxel
  DisplacementField field(test::oblique_grid(random, {8, 8, 8}, Vec3(4, 4, 4)), Eigen::Vector3f::Zero());
  for (auto& v : field.values) v = Eigen::Vector3f::Random() * 2;
  const auto both = resample_displaced({&a, &b}, target, Affine::Identity(), field);
  const Volume alone_a = resample_displaced(a, target, Affine::Identity(), field);
  const Volume alone_b = resample_displaced(b, target, Affine::Identity(), field);
  ASSERT_EQ(both.size(), 2U);
  for (std::size_t n = 0; n < alone_a.size(); ++n) {
    ASSERT_EQ(both[0][n], alone_a[n]);
    ASSERT_EQ(both[1][n], alone_b[n]);
  }
  EXPECT_GT(*std::max_element(alone_a.values.begin(), alone_a.values.end()), 1);
}

TEST(Resample, AlongParallelAxesIsWhatTheSamplerGives) {
  std::mt19937 random(12);
  const Grid source_grid = test::oblique_grid(random, {14, 12, 10}, Vec3(1.5, 2, 2.5));
  const Volume source = random_volume(source_grid, 5);
  Grid target = source_grid;  // finer, shifted and reaching beyond
  target.spacing_mm = Vec3(0.7, 0.9, 1.1);
  target.size = {40, 32, 27};
  target.origin_mm += Vec3(-2, 0.3, -1.2);
  const Affine map = source_grid.lps_to_index() * target.index_to_lps();
  const LinearSampler sampler(source);
  const Volume found = resample(source, target, Affine::Identity(), Interpolation::linear, -5.F);
  for (int k = 0; k < target.size[2]; ++k)
    for (int j = 0; j < target.size[1]; ++j)
      for (int i = 0; i < target.size[0]; ++i) {
        const Vec3 p = map * Vec3(i, j, k);
        ASSERT_NEAR(found.at(i, j, k), sampler(float(p[0]), float(p[1]), float(p[2]), -5.F), 2e-3);
      }
}

TEST(Downsampled, IsSmoothedThenSampled) {
  std::mt19937 random(13);
  const Grid grid = test::oblique_grid(random, {30, 27, 12}, Vec3(1, 1.2, 3));
  const Volume volume = random_volume(grid, 6);
  const double spacing_mm = 3.1;  // the third axis is as coarse already
  Vec3 sigma_mm = Vec3::Zero();
  for (int axis = 0; axis < 2; ++axis)
    sigma_mm[axis] = 0.42 * std::sqrt(spacing_mm * spacing_mm - grid.spacing_mm[axis] * grid.spacing_mm[axis]);
  const Volume expected = resample(gaussian(volume, sigma_mm), isotropic_grid(grid, spacing_mm));
  const Volume found = downsampled(volume, spacing_mm);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t n = 0; n < found.size(); ++n) ASSERT_NEAR(found[n], expected[n], 1e-3);
}

}  // namespace
}  // namespace wane
