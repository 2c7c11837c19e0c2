#include "segmentation/partial_volume.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <random>

#include "base/error.h"
#include "base/parallel.h"
#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

constexpr double wm_radius = 20, gm_radius = 28, brain_radius = 34;  // mm
constexpr std::array<double, 3> means{25, 70, 100};

Grid grid_for_tests() {
  return test::upright_grid({72, 72, 72}, Vec3(1, 1, 1));
}

// Of a ball around 0, smoothed over the width of a voxel.
double share_within(const Vec3& p, double radius) {
  return std::clamp(radius - p.norm() + 0.5, 0.0, 1.0);
}

TissueMaps balls() {
  const Grid grid = grid_for_tests();
  const auto shell = [&](double outer, double inner) {
    return test::rendered(grid, [=](const Vec3& p) {
      return p.norm() < brain_radius ? share_within(p, outer) - share_within(p, inner) : 0.0;
    });
  };
  return {shell(gm_radius, wm_radius), shell(wm_radius, 0), shell(brain_radius + 2, gm_radius)};
}

// The brightness that a scanner would see, before noise; gray matter is brighter by `gray_slope` for each mm to one
// side.
Volume scan(const TissueMaps& truth, double noise, double gray_slope = 0) {
  std::mt19937 random(2);
  Volume intensity(truth.gm.grid);
  const Affine to_lps = truth.gm.grid.index_to_lps();
  for (int k = 0; k < truth.gm.grid.size[2]; ++k)
    for (int j = 0; j < truth.gm.grid.size[1]; ++j)
      for (int i = 0; i < truth.gm.grid.size[0]; ++i) {
        const std::size_t n = truth.gm.grid.offset(i, j, k);
        const double gray = means[1] + gray_slope * (to_lps * Vec3(i, j, k))[0];
        double normal = -6;
        for (int u = 0; u < 12; ++u) normal += test::uniform(random, 0, 1);
        intensity[n] = float(means[0] * truth.csf[n] + gray * truth.gm[n] + means[2] * truth.wm[n] + noise * normal);
      }
  return intensity;
}

// What a mixture with a prior on neighbors makes of a border: steeper than it is.
TissueMaps too_steep(const TissueMaps& truth) {
  TissueMaps maps = truth;
  const auto steeper = [](float share) { return std::clamp(2 * share - 0.5F, 0.F, 1.F); };
  parallel_voxels(maps.gm.size(), [&](std::size_t n) {
    const float inside = truth.gm[n] + truth.wm[n] + truth.csf[n];
    if (inside < 0.5F) return;
    const float tissue = steeper(truth.gm[n] + truth.wm[n]);
    maps.wm[n] = std::min(tissue, steeper(truth.wm[n]));
    maps.gm[n] = tissue - maps.wm[n];
    maps.csf[n] = 1 - tissue;
  });
  return maps;
}

double largest_error(const Volume& a, const Volume& b) {
  return largest_of_voxels(a.size(), [&](std::size_t n) { return std::abs(double(a[n]) - b[n]); });
}

double ml(const Volume& map) {
  double sum = 0;
  for (const float v : map.values) sum += v;
  return sum * map.grid.voxel_volume_ml();
}

TEST(LinearPartialVolume, GivesTheFractionsThatMadeTheBrightness) {
  const TissueMaps truth = balls(), steep = too_steep(truth);
  ASSERT_GT(largest_error(steep.gm, truth.gm), 0.2);
  const TissueMaps found = with_linear_partial_volume(steep, scan(truth, 0), means);
  EXPECT_LT(largest_error(found.gm, truth.gm), 0.02);
  EXPECT_LT(largest_error(found.wm, truth.wm), 0.02);
  EXPECT_LT(largest_error(found.csf, truth.csf), 0.02);
}

TEST(LinearPartialVolume, FractionsSumToOneInTheBrainAndToZeroElsewhere) {
  const TissueMaps truth = balls();
  const TissueMaps found = with_linear_partial_volume(truth, scan(truth, 4), means);
  for (std::size_t n = 0; n < found.gm.size(); ++n) {
    const bool inside = truth.gm[n] + truth.wm[n] + truth.csf[n] >= 0.5F;
    ASSERT_NEAR(found.gm[n] + found.wm[n] + found.csf[n], inside ? 1 : 0, 1e-5);
    ASSERT_GE(std::min({found.gm[n], found.wm[n], found.csf[n]}), -1e-6F);
  }
}

TEST(LinearPartialVolume, NoiseFarFromBordersIsNotTakenForPartialVolume) {
  const TissueMaps truth = balls();
  const TissueMaps found = with_linear_partial_volume(truth, scan(truth, 8), means);
  const Grid& grid = truth.gm.grid;
  const Affine to_lps = grid.index_to_lps();
  std::size_t seen = 0;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const double radius = (to_lps * Vec3(i, j, k)).norm();
        if (radius > wm_radius - 6) continue;
        ++seen;
        ASSERT_EQ(found.wm.at(i, j, k), 1.F);
      }
  EXPECT_GT(seen, 5000U);
}

TEST(LinearPartialVolume, VolumesHoldUnderNoise) {
  const TissueMaps truth = balls();
  const TissueMaps found = with_linear_partial_volume(too_steep(truth), scan(truth, 3), means);
  EXPECT_NEAR(ml(found.gm) / ml(truth.gm), 1, 0.03);
  EXPECT_NEAR(ml(found.wm) / ml(truth.wm), 1, 0.03);
}

TEST(LinearPartialVolume, GrayMatterThatIsBrighterOnOneSideIsMeasuredAgainstItsOwnBrightness) {
  const TissueMaps truth = balls();
  constexpr double slope = 0.3;  // +-8 of 30 between gray and white matter
  const TissueMaps found = with_linear_partial_volume(truth, scan(truth, 0, slope), means);
  PartialVolumeOptions everywhere_the_same;
  everywhere_the_same.local_sigma_mm = 1000;
  const TissueMaps plain = with_linear_partial_volume(truth, scan(truth, 0, slope), means, everywhere_the_same);
  const auto mean_error = [&](const TissueMaps& maps) {
    double sum = 0;
    for (std::size_t n = 0; n < maps.wm.size(); ++n) sum += std::abs(maps.wm[n] - truth.wm[n]);
    return sum;
  };
  EXPECT_LT(mean_error(found), 0.6 * mean_error(plain));
}

TEST(LinearPartialVolume, ABrightVesselInTheCsfIsNoWhiteMatter) {
  const TissueMaps truth = balls();
  Volume intensity = scan(truth, 0);
  const int middle = 36;
  for (int k = middle - 3; k <= middle + 3; ++k) intensity.at(middle + 31, middle, k) = 180;
  const TissueMaps found = with_linear_partial_volume(truth, intensity, means);
  for (int k = middle - 3; k <= middle + 3; ++k) EXPECT_EQ(found.wm.at(middle + 31, middle, k), 0.F);
}

TEST(LinearPartialVolume, FractionsHoldWhereCsfIsNearlyAsBrightAsGrayMatterAndOneSideIsDarker) {
  const TissueMaps truth = balls();
  Volume intensity = scan(truth, 2);
  const Affine to_lps = truth.gm.grid.index_to_lps();
  const auto& size = truth.gm.grid.size;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        float& value = intensity.at(i, j, k);
        if (truth.csf.at(i, j, k) > 0.5F) value += 40;        // 65, gray matter has 70
        if ((to_lps * Vec3(i, j, k))[0] > 0) value *= 0.75F;  // shading
      }
  const TissueMaps found = with_linear_partial_volume(truth, intensity, means);
  for (std::size_t n = 0; n < found.gm.size(); ++n)
    for (const float share : {found.gm[n], found.wm[n], found.csf[n]})
      ASSERT_TRUE(share >= -1e-6F && share <= 1 + 1e-6F) << share;
}

TEST(LinearPartialVolume, LeavesMapsAloneWhereTheTissuesHaveNoOrder) {
  const TissueMaps truth = balls();
  const TissueMaps found = with_linear_partial_volume(truth, Volume(truth.gm.grid, 50.F), means);
  EXPECT_EQ(found.gm.values, truth.gm.values);
}

TEST(LinearPartialVolume, IsTheSameForAnyNumberOfThreads) {
  const TissueMaps truth = balls();
  const Volume intensity = scan(truth, 5);
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const TissueMaps one = with_linear_partial_volume(truth, intensity, means);
  omp_set_num_threads(3);
  const TissueMaps three = with_linear_partial_volume(truth, intensity, means);
  omp_set_num_threads(before);
  EXPECT_EQ(one.gm.values, three.gm.values);
  EXPECT_EQ(one.wm.values, three.wm.values);
}

TEST(LinearPartialVolume, RefusesMapsOnAnotherGrid) {
  EXPECT_THROW(with_linear_partial_volume(balls(), Volume(test::upright_grid({10, 10, 10}, Vec3(1, 1, 1))), means),
               InputError);
}

}  // namespace
}  // namespace wane
