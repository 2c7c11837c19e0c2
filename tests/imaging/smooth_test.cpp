#include "imaging/smooth.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <numeric>

#include "base/error.h"
#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

Volume impulse(const Grid& grid) {
  Volume volume(grid);
  volume.at(grid.size[0] / 2, grid.size[1] / 2, grid.size[2] / 2) = 1000;
  return volume;
}

double total(const Volume& volume) {
  return std::accumulate(volume.values.begin(), volume.values.end(), 0.0);
}

// Second moment along each axis about the middle voxel, mm^2.
Vec3 variance_mm2(const Volume& volume) {
  const auto& size = volume.grid.size;
  const Vec3 middle(size[0] / 2, size[1] / 2, size[2] / 2);
  Vec3 sum = Vec3::Zero();
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        const Vec3 away = (Vec3(i, j, k) - middle).cwiseProduct(volume.grid.spacing_mm);
        sum += volume.at(i, j, k) * away.cwiseProduct(away);
      }
  return sum / total(volume);
}

const Vec3 anisotropic(1.0, 0.8, 2.0);

TEST(Gaussian, KeepsAConstantUpToTheBorder) {
  const Volume smooth = gaussian(Volume(test::upright_grid({9, 20, 5}, anisotropic), 123.F), 4.0);
  for (const float v : smooth.values) EXPECT_NEAR(v, 123, 1e-3);
}

TEST(Gaussian, KeepsTheTotal) {
  EXPECT_NEAR(total(gaussian(impulse(test::upright_grid({41, 51, 31}, anisotropic)), 2.5)), 1000, 1e-2);
}

// The kernel ends at 3.5 sigma, which takes away 0.7 % of the variance at most.
TEST(Gaussian, HasTheVarianceAskedForInMillimetresOnAnisotropicVoxels) {
  const Vec3 sigma(2.0, 1.5, 3.0);
  const Vec3 found = variance_mm2(gaussian(impulse(test::upright_grid({41, 51, 31}, anisotropic)), sigma));
  for (int axis = 0; axis < 3; ++axis) EXPECT_NEAR(found[axis] / (sigma[axis] * sigma[axis]), 1, 0.01);
}

TEST(Gaussian, VariancesOfTwoPassesAdd) {
  const Volume once = gaussian(impulse(test::upright_grid({51, 61, 31}, anisotropic)), 2.0);
  const Vec3 found = variance_mm2(gaussian(once, 3.0));
  for (int axis = 0; axis < 3; ++axis) EXPECT_NEAR(found[axis], 4 + 9, 0.13);
}

TEST(Gaussian, OfSigmaZeroIsTheVolumeItself) {
  const Volume volume = impulse(test::upright_grid({5, 6, 7}));
  EXPECT_EQ(gaussian(volume, 0.0).values, volume.values);
}

TEST(Gaussian, RepeatsTheValueAtTheBorder) {
  Volume volume(test::upright_grid({60, 1, 1}));
  for (int i = 0; i < 30; ++i) volume.at(i, 0, 0) = 1;
  const Volume smooth = gaussian(volume, 3.0);
  EXPECT_NEAR(smooth.at(0, 0, 0), 1, 1e-5);
  EXPECT_NEAR(smooth.at(29, 0, 0) + smooth.at(30, 0, 0), 1, 1e-5);  // symmetric about the edge
}

TEST(Gaussian, HasTheSameBitsForAnyNumberOfThreads) {
  std::mt19937 random(1);
  Volume volume(test::upright_grid({40, 30, 20}));
  for (float& v : volume.values) v = float(test::uniform(random, 0, 1));
  omp_set_num_threads(1);
  const Volume one = gaussian(volume, 2.0);
  for (const int threads : {2, 3}) {
    omp_set_num_threads(threads);
    EXPECT_EQ(gaussian(volume, 2.0).values, one.values);
  }
  omp_set_num_threads(1);
}

TEST(BoxMean, OfARowIsWhatIsCalculatedByHand) {
  std::vector<float> values{3, 6, 9, 0, 12};
  box_mean_in_place(values, {5, 1, 1}, 1);
  const std::vector<float> expected{4, 6, 5, 7, 8};  // the border repeats: (3 + 3 + 6) / 3, ..., (0 + 12 + 12) / 3
  for (int i = 0; i < 5; ++i) EXPECT_FLOAT_EQ(values[i], expected[i]);
}

TEST(BoxMean, SpreadsOneVoxelEvenlyOverItsCube) {
  Volume volume(test::upright_grid({9, 8, 7}));
  volume.at(4, 3, 3) = 125;
  box_mean_in_place(volume.values, volume.grid.size, 2);
  for (int k = 0; k < 7; ++k)
    for (int j = 0; j < 8; ++j)
      for (int i = 0; i < 9; ++i) {
        const bool near = std::abs(i - 4) <= 2 && std::abs(j - 3) <= 2 && std::abs(k - 3) <= 2;
        EXPECT_NEAR(volume.at(i, j, k), near ? 1 : 0, 1e-5);
      }
}

TEST(NormalisedGaussian, DoesNotMixInWhatLiesOutsideTheWeight) {
  const Grid grid = test::upright_grid({40, 10, 10});
  Volume value(grid, 1000.F), weight(grid);
  for (int k = 0; k < 10; ++k)
    for (int j = 0; j < 10; ++j)
      for (int i = 0; i < 15; ++i) {
        value.at(i, j, k) = 5;
        weight.at(i, j, k) = 1;
      }
  const Volume smooth = normalised_gaussian(value, weight, 2.0, -1.F);
  EXPECT_NEAR(smooth.at(14, 5, 5), 5, 1e-4);
  EXPECT_NEAR(smooth.at(17, 5, 5), 5, 1e-4);
  EXPECT_EQ(smooth.at(35, 5, 5), -1);
}

TEST(NormalisedGaussian, RefusesAWeightOnAnotherGrid) {
  EXPECT_THROW(normalised_gaussian(Volume(test::upright_grid({5, 5, 5})), Volume(test::upright_grid({5, 5, 6})), 1.0),
               InputError);
}

}  // namespace
}  // namespace wane
