#include "pipeline/measurement/integration.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "base/error.h"
#include "imaging/smooth.h"
#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

Grid grid_for_tests() {
  return test::upright_grid({60, 55, 50}, Vec3(1, 2, 0.5));
}  // 1 mm^3, 165000 voxels

TissueMaps random_maps() {
  std::mt19937 random(1);
  TissueMaps maps{Volume(grid_for_tests()), Volume(grid_for_tests()), Volume(grid_for_tests())};
  for (std::size_t n = 0; n < maps.gm.size(); ++n) {
    maps.gm[n] = float(test::uniform(random, 0, 0.5));
    maps.wm[n] = float(test::uniform(random, 0, 0.5));
    maps.csf[n] = 1 - maps.gm[n] - maps.wm[n];
  }
  return maps;
}

double sum_ml(const Volume& map) {
  double sum = 0;
  for (const float v : map.values) sum += v;
  return sum / 1000;
}

TEST(Sharpened, MapsGiveOfABlurredDeterminantWhatTheMapsGiveOfTheSharpOne) {
  // A ribbon of gray matter 3 mm wide that loses 5 % beside CSF that gains as much.
  const Grid grid = test::upright_grid({60, 60, 60});
  const double sigma_mm = 0.7;
  const auto inside = [](const Vec3& p, double half_mm) {
    return 0.5 * std::erfc((std::abs(p[0] + 0.3 * p[1]) - half_mm) / 1.1);
  };
  TissueMaps maps{test::rendered(grid, [&](const Vec3& p) { return inside(p, 1.5); }), Volume(grid), Volume(grid)};
  maps.csf = test::rendered(grid, [&](const Vec3& p) { return inside(p, 4) - inside(p, 1.5); });
  Volume determinant(grid, 1.F);
  for (std::size_t n = 0; n < determinant.size(); ++n) determinant[n] += 0.05F * (maps.csf[n] - maps.gm[n]);
  const Volume blurred = gaussian(determinant, sigma_mm);
  const double before = integrate_volumes(maps, Volume(grid, 1.F)).gray_matter;
  const auto loss = [&](const TissueMaps& over, const Volume& field) {
    return 100 * (integrate_volumes(over, field).gray_matter / before - 1);
  };
  const double truth = loss(maps, determinant);
  EXPECT_GT(loss(maps, blurred) / truth, 0.5);
  EXPECT_LT(loss(maps, blurred) / truth, 0.92) << "there is something to give back";
  EXPECT_NEAR(loss(sharpened(maps, sigma_mm), blurred) / truth, 1, 0.02);
}

TEST(Sharpened, MapsHoldWhatTheMapsHold) {
  const TissueMaps maps = random_maps();
  const TissueVolumes before = integrate_volumes(maps, Volume(grid_for_tests(), 1.F));
  const TissueVolumes after = integrate_volumes(sharpened(maps, 0.7), Volume(grid_for_tests(), 1.F));
  EXPECT_NEAR(after.gray_matter / before.gray_matter, 1, 1e-3);
  EXPECT_NEAR(after.white_matter / before.white_matter, 1, 1e-3);
  EXPECT_NEAR(after.csf / before.csf, 1, 1e-3);
}

TEST(IntegrateVolumes, WithoutDeformationIsTheSumOfTheFractions) {
  const TissueMaps maps = random_maps();
  const TissueVolumes found = integrate_volumes(maps, Volume(grid_for_tests(), 1.F));
  EXPECT_NEAR(found.gray_matter, sum_ml(maps.gm), 1e-9);
  EXPECT_NEAR(found.white_matter, sum_ml(maps.wm), 1e-9);
  EXPECT_NEAR(found.csf, sum_ml(maps.csf), 1e-9);
  EXPECT_NEAR(found.brain, found.gray_matter + found.white_matter, 1e-9);
  EXPECT_EQ(found.intracranial, 0);
}

TEST(IntegrateVolumes, OfUniformScalingGrowByItsCube) {
  const TissueMaps maps = random_maps();
  const double scale = 0.97;
  const TissueVolumes before = integrate_volumes(maps, Volume(grid_for_tests(), 1.F));
  const TissueVolumes after = integrate_volumes(maps, Volume(grid_for_tests(), float(scale * scale * scale)));
  const TissueValues change = percent_change(before, after);
  const double truth = percent_change(1, scale * scale * scale);
  EXPECT_NEAR(change.brain, truth, 1e-5);  // the determinant is in single precision
  EXPECT_NEAR(change.gray_matter, truth, 1e-5);
  EXPECT_NEAR(change.white_matter, truth, 1e-5);
}

TEST(IntegrateVolumes, WeighEachTissueByTheDeterminantWhereItLies) {
  TissueMaps maps{Volume(grid_for_tests()), Volume(grid_for_tests()), Volume(grid_for_tests())};
  Volume jacobian(grid_for_tests(), 1.F);
  maps.gm[10] = 1;
  maps.wm[20] = 0.5;
  maps.csf[30] = 1;
  jacobian[10] = 0.5;
  jacobian[20] = 4;
  jacobian[30] = 0;
  const TissueVolumes found = integrate_volumes(maps, jacobian);
  EXPECT_DOUBLE_EQ(found.gray_matter, 0.0005);
  EXPECT_DOUBLE_EQ(found.white_matter, 0.002);
  EXPECT_DOUBLE_EQ(found.brain, 0.0025);
  EXPECT_DOUBLE_EQ(found.csf, 0);
}

TEST(IntegrateVolumes, HaveTheSameBitsForAnyNumberOfThreads) {
  const TissueMaps maps = random_maps();
  Volume jacobian = maps.csf;
  omp_set_num_threads(1);
  const TissueVolumes one = integrate_volumes(maps, jacobian);
  for (const int threads : {2, 3}) {
    omp_set_num_threads(threads);
    const TissueVolumes more = integrate_volumes(maps, jacobian);
    EXPECT_EQ(more.gray_matter, one.gray_matter);
    EXPECT_EQ(more.white_matter, one.white_matter);
  }
  omp_set_num_threads(1);
}

TEST(IntegrateVolumes, RefuseADeterminantOnAnotherGrid) {
  EXPECT_THROW(integrate_volumes(random_maps(), Volume(test::upright_grid({60, 55, 49}, Vec3(1, 2, 0.5)))), InputError);
}

TEST(PercentChange, IsNegativeForLossAndRelativeToTheMean) {
  TissueVolumes from, to;
  from.brain = 1000;
  to.brain = 980;
  from.gray_matter = 400;
  to.gray_matter = 410;
  const TissueValues change = percent_change(from, to);
  EXPECT_NEAR(change.brain, -20.0 / 9.9, 1e-12);
  EXPECT_NEAR(change.gray_matter, 10.0 / 4.05, 1e-12);
  EXPECT_EQ(change.white_matter, 0);  // of nothing
}

TEST(PercentChange, FlipsItsSignWithTheVisitsAndGivesTheirRatioBack) {
  EXPECT_DOUBLE_EQ(percent_change(1300.0, 1270.0), -percent_change(1270.0, 1300.0));
  EXPECT_NEAR(volume_ratio(percent_change(1300.0, 1270.0)), 1270.0 / 1300.0, 1e-15);
}

// A slab of CSF beside one of gray and one of white matter, half-filled voxels between them.
TissueMaps slabs() {
  TissueMaps maps{Volume(grid_for_tests()), Volume(grid_for_tests()), Volume(grid_for_tests())};
  for (int k = 0; k < 50; ++k)
    for (int j = 0; j < 55; ++j)
      for (int i = 0; i < 60; ++i) {
        maps.csf.at(i, j, k) = i < 20 ? 1.F : i == 20 ? 0.5F : 0.F;
        maps.wm.at(i, j, k) = i > 40 ? 1.F : i == 40 ? 0.5F : 0.F;
        maps.gm.at(i, j, k) = 1 - maps.csf.at(i, j, k) - maps.wm.at(i, j, k);
      }
  return maps;
}

Volume brightness_of(const TissueMaps& maps) {
  Volume scan(maps.gm.grid);
  for (std::size_t n = 0; n < scan.size(); ++n) scan[n] = 20 * maps.csf[n] + 70 * maps.gm[n] + 100 * maps.wm[n];
  return scan;
}

TEST(ResidualError, OfVisitsThatAgreeIsNone) {
  const TissueMaps maps = slabs();
  const Volume scan = brightness_of(maps), jacobian(maps.gm.grid, 1.F);
  const TissueValues error = residual_percent(maps, jacobian, jacobian, scan, scan);
  EXPECT_NEAR(error.brain, 0, 1e-9);
  EXPECT_NEAR(error.gray_matter, 0, 1e-9);
  EXPECT_NEAR(error.white_matter, 0, 1e-9);
}

TEST(ResidualError, HoldsAtLeastHalfOfTheVolumeThatIsStillDifferentAtTheBorder) {
  const TissueMaps maps = slabs();
  const Volume jacobian(maps.gm.grid, 1.F), from = brightness_of(maps);
  Volume to = from;
  for (int k = 0; k < 50; ++k)
    for (int j = 0; j < 55; ++j) to.at(20, j, k) += 0.1F * (70 - 20);  // a tenth of a voxel more brain
  const TissueValues error = residual_percent(maps, jacobian, jacobian, from, to);
  const double left_percent = 100 * 0.1 / 39.5;  // of the brain's voxels in each row
  EXPECT_GE(error.brain, 0.5 * left_percent * (1 - 1e-4));
  EXPECT_LT(error.brain, left_percent);
  EXPECT_NEAR(error.white_matter, 0, 1e-9);  // whose border is as it was
}

// A wall, its sides blurred by a Gaussian of `sigma_mm`.
Volume blurred_wall(double sigma_mm, const Grid& grid) {
  return test::rendered(grid, [=](const Vec3& p) {
    const auto side = [&](double mm) { return 0.5 * (1 + std::erf(mm / (std::sqrt(2.0) * sigma_mm))); };
    return side(p[0] + 12) * side(12 - p[0]);
  });
}

TEST(BorderWidth, IsTheSigmaOfTheBlur) {
  const Grid grid = test::upright_grid({60, 12, 12}, Vec3(1, 1, 1));
  for (const double sigma_mm : {0.8, 1.2, 2.0}) {
    const double width_mm = border_width_mm(blurred_wall(sigma_mm, grid), Volume(grid, 1.F));
    EXPECT_NEAR(width_mm, sigma_mm, 0.02 * sigma_mm) << sigma_mm;
  }
}

TEST(BorderWidth, IsInMillimetersWhateverTheVoxels) {
  const Grid grid = test::upright_grid({120, 12, 6}, Vec3(0.5, 1, 2));
  EXPECT_NEAR(border_width_mm(blurred_wall(1.2, grid), Volume(grid, 1.F)), 1.2, 0.03);
}

TEST(BorderWidth, IsThatOfWhereTheWeightIs) {
  const Grid grid = test::upright_grid({60, 12, 12}, Vec3(1, 1, 1));
  Volume map = blurred_wall(0.8, grid);
  const Volume wide = blurred_wall(2.0, grid);
  Volume weight(grid);
  for (int k = 0; k < 12; ++k)
    for (int j = 0; j < 12; ++j)
      for (int i = 0; i < 60; ++i) {
        if (i >= 30) map.at(i, j, k) = wide.at(i, j, k);
        weight.at(i, j, k) = i < 29 ? 1.F : 0.F;
      }
  EXPECT_NEAR(border_width_mm(map, weight), 0.8, 0.03);
}

TEST(BorderWidth, OfAMapWithoutBorderIsZero) {
  const Grid grid = test::upright_grid({10, 10, 10}, Vec3(1, 1, 1));
  EXPECT_EQ(border_width_mm(Volume(grid, 1.F), Volume(grid, 1.F)), 0);
}

TEST(Sharpening, GrowsWithTheBorderAndStaysWithinItsLimits) {
  const SharpeningOptions options;
  EXPECT_EQ(sharpening_mm(0, 1, options), options.least_mm);
  EXPECT_EQ(sharpening_mm(options.narrowest_border_mm, 1, options), options.least_mm);
  EXPECT_NEAR(sharpening_mm(options.narrowest_border_mm + 0.1, 1, options),
              options.least_mm + 0.1 * options.each_mm_of_border, 1e-12);
  EXPECT_EQ(sharpening_mm(10, 1, options), options.most_mm);
  EXPECT_EQ(sharpening_mm(0, 3, options), 3 * options.each_mm_of_neighbourhood);
}

}  // namespace
}  // namespace wane
