#include "registration/brightness_difference.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "base/error.h"
#include "imaging/resample.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

constexpr double sigma_mm = 6;

// Axes that are not those of space, and voxels that are not cubes.
Grid grid_for_tests() {
  std::mt19937 random(3);
  return test::oblique_grid(random, {61, 50, 47}, {1, 1.2, 1.4});
}

// Leaves of gray and white and of CSF between them, 14 mm apart.
double leaves_at(const Vec3& p, double shift_mm = 0) {
  const double across = p.dot(Vec3(0.6, 0.64, 0.48)) + shift_mm;
  return 100 - 35 * test::soft_inside(std::cos(across * 2 * EIGEN_PI / 14) * 2.2, 1.5) -
         45 * test::soft_inside(2 + 3 * std::cos(across * 2 * EIGEN_PI / 28), 1.5);
}

double shading_at(const Vec3& p) {
  return 0.02 + 0.04 * std::sin(0.05 * p[0] + 0.3) * std::cos(0.04 * p[2]);
}

Volume difference(const Volume& bright, const Volume& reference, const Volume& weight) {
  const Volume coarse =
      brightness_difference(reference.grid, bright.values, reference.values, weight.values, 80, sigma_mm);
  return resample(coarse, reference.grid);
}

Volume everywhere() {
  return Volume(grid_for_tests(), 1.F);
}

double mean_of(const Volume& volume) {
  double sum = 0;
  for (const float v : volume.values) sum += v;
  return sum / double(volume.size());
}

TEST(BrightnessDifference, IsTheShadingOfOneOfTwoScans) {
  const Grid grid = grid_for_tests();
  const Volume plain = test::rendered(grid, [](const Vec3& p) { return leaves_at(p); });
  const Volume shaded = test::rendered(grid, [](const Vec3& p) { return leaves_at(p) * std::exp(shading_at(p)); });
  const Volume truth = test::rendered(grid, [](const Vec3& p) { return shading_at(p); });
  const Volume found = difference(shaded, plain, everywhere());
  double worst = 0, square = 0;
  for (std::size_t n = 0; n < found.size(); ++n) {
    worst = std::max(worst, std::abs(double(found[n]) - truth[n]));
    square += std::pow(double(found[n]) - truth[n], 2);
  }
  EXPECT_LT(std::sqrt(square / double(found.size())), 0.003);
  EXPECT_LT(worst, 0.02);  // at the corners, where all that is seen lies to one side
}

TEST(BrightnessDifference, AShiftOfBordersIsNotTakenForShading) {
  const Grid grid = grid_for_tests();
  const Volume here = test::rendered(grid, [](const Vec3& p) { return leaves_at(p); });
  const Volume there = test::rendered(grid, [](const Vec3& p) { return leaves_at(p, 0.2); });
  const Volume found = difference(there, here, everywhere());
  double square = 0;
  for (const float v : found.values) square += double(v) * v;
  EXPECT_LT(std::sqrt(square / double(found.size())), 0.0005);
}

TEST(BrightnessDifference, ExchangedScansDifferByTheSign) {
  const Grid grid = grid_for_tests();
  const Volume a = test::rendered(grid, [](const Vec3& p) { return leaves_at(p); });
  const Volume b = test::rendered(grid, [](const Vec3& p) { return leaves_at(p, 0.1) * std::exp(shading_at(p)); });
  const Volume forth = difference(a, b, everywhere()), back = difference(b, a, everywhere());
  for (std::size_t n = 0; n < forth.size(); ++n) ASSERT_EQ(forth[n], -back[n]);
}

TEST(BrightnessDifference, IsReadWhereTheWeightSaysAndZeroFarFromThere) {
  const Grid grid = test::upright_grid({90, 20, 20});
  const Volume plain(grid, 80.F);
  Volume bright = plain, weight(grid);
  for (int k = 0; k < 20; ++k)
    for (int j = 0; j < 20; ++j)
      for (int i = 0; i < 90; ++i) {
        bright.at(i, j, k) *= i < 20 ? 1.05F : 3.F;
        weight.at(i, j, k) = i < 20 ? 1.F : 0.F;
      }
  const Volume found = difference(bright, plain, weight);
  EXPECT_NEAR(found.at(8, 10, 10), 0.05 / 1.025, 0.001);
  EXPECT_NEAR(found.at(85, 10, 10), 0, 1e-6);
}

TEST(BrightnessDifference, WhatIsDarkIsNotLookedAt) {
  // Tissue of 80 beside CSF of 20, three quarters of the volume to one; only the CSF darkens.
  const Grid grid = test::upright_grid({60, 30, 30});
  Volume reference(grid, 80.F), bright(grid, 80.F);
  for (int k = 0; k < 30; ++k)
    for (int j = 0; j < 30; ++j)
      for (int i = 45; i < 60; ++i) {
        reference.at(i, j, k) = 20;
        bright.at(i, j, k) = 14;
      }
  const Volume coarse = brightness_difference(grid, bright.values, reference.values, Volume(grid, 1.F).values,
                                              0.75 * 80 + 0.25 * 20, sigma_mm);
  for (const float v : coarse.values) ASSERT_EQ(v, 0);
}

TEST(BrightnessDifference, HasTheSameBitsForOneAndTwoThreads) {
  const Grid grid = grid_for_tests();
  const Volume a = test::rendered(grid, [](const Vec3& p) { return leaves_at(p); });
  const Volume b = test::rendered(grid, [](const Vec3& p) { return leaves_at(p, 0.1) * std::exp(shading_at(p)); });
  omp_set_num_threads(2);
  const Volume two = difference(a, b, everywhere());
  omp_set_num_threads(1);
  EXPECT_EQ(difference(a, b, everywhere()).values, two.values);
  EXPECT_GT(std::abs(mean_of(two)), 0.001);
}

TEST(BrightnessDifference, RefusesScansOnOtherGrids) {
  const Volume scan(grid_for_tests(), 80.F), other(test::upright_grid({5, 5, 5}), 80.F);
  EXPECT_THROW(difference(scan, scan, other), InputError);
}

}  // namespace
}  // namespace wane
