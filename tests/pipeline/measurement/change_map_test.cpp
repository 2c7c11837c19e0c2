#include "pipeline/measurement/change_map.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/measurement/integration.h"

namespace wane {
namespace {

Grid grid_of(std::array<int, 3> size) {
  Grid grid;
  grid.size = size;
  grid.spacing_mm = Vec3::Constant(2);
  grid.direction = Eigen::AngleAxisd(0.3, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  grid.origin_mm = Vec3(-40, 11, 5);
  return grid;
}

// A box of tissue, and a deformation of which only the left half (small i) loses volume.
struct Planted {
  Grid grid = grid_of({40, 30, 30});
  Volume tissue{grid}, from{grid}, to{grid};
  Mask measured{grid};
  Planted() {
    for (int k = 5; k < 25; ++k)
      for (int j = 5; j < 25; ++j)
        for (int i = 5; i < 35; ++i) {
          measured.at(i, j, k) = 1;
          tissue.at(i, j, k) = 0.3F + 0.02F * float((i + j + k) % 30);
          from.at(i, j, k) = 1.01F;
          to.at(i, j, k) = i < 20 ? 0.99F : 1.01F;
        }
  }
};

TEST(ChangeMap, ItsWeightedMeanIsTheChangeOfTheVolume) {
  const Planted planted;
  const double volume_from =
      integrate_volumes({planted.tissue, Volume(planted.grid), Volume(planted.grid)}, planted.from).brain;
  const double volume_to =
      integrate_volumes({planted.tissue, Volume(planted.grid), Volume(planted.grid)}, planted.to).brain;
  const double expected = percent_change(volume_from, volume_to);
  ASSERT_LT(expected, -0.5);
  const Volume voxels = voxel_change_percent(planted.from, planted.to);
  const Volume local = local_change_percent(planted.from, planted.to, planted.tissue);
  double voxel_sum = 0, local_sum = 0, weights = 0;
  for (std::size_t n = 0; n < voxels.size(); ++n) {
    const double weight = double(planted.tissue[n]) * (planted.from[n] + planted.to[n]);
    voxel_sum += weight * voxels[n];
    local_sum += weight * local[n];
    weights += weight;
  }
  EXPECT_NEAR(voxel_sum / weights, expected, 1e-4);
  EXPECT_NEAR(local_sum / weights, expected, 0.03 * std::abs(expected));
}

TEST(ChangeMap, ALossInOneHalfShowsThereAndNotInTheOther) {
  const Planted planted;
  const Volume local = local_change_percent(planted.from, planted.to, planted.tissue);
  EXPECT_NEAR(local.at(8, 15, 15), percent_change(1.01, 0.99), 0.01);
  EXPECT_NEAR(local.at(31, 15, 15), 0, 0.01);
  // Beside what is measured the tissue near speaks, far from it nobody does.
  EXPECT_LT(local.at(3, 15, 15), -1.9);
  EXPECT_EQ(voxel_change_percent(planted.from, planted.to).at(3, 15, 15), 0);
}

TEST(ChangeMap, FarFromAnyTissueNothingIsSaid) {
  Planted planted;
  planted.tissue = Volume(planted.grid);
  planted.tissue.at(5, 5, 5) = 1;
  EXPECT_EQ(local_change_percent(planted.from, planted.to, planted.tissue).at(34, 24, 24), 0);
}

TEST(ChangeMap, ExchangingTheVisitsFlipsTheSign) {
  const Planted planted;
  const Volume there = local_change_percent(planted.from, planted.to, planted.tissue);
  const Volume back = local_change_percent(planted.to, planted.from, planted.tissue);
  for (std::size_t n = 0; n < there.size(); ++n) ASSERT_FLOAT_EQ(there[n], -back[n]);
}

TEST(ChangeMap, DriftOfCalibrationIsTakenOutAsItIsOutOfTheVolumes) {
  const Planted planted;
  Volume larger = planted.from;
  for (float& value : larger.values) value *= float(std::pow(1.005, 3));  // half a percent in length
  const double drift_percent = 100 * std::log(1.005);
  const Volume ratio = volume_ratio_map(larger, planted.measured, drift_percent);
  const Volume change = voxel_change_percent(planted.from, ratio);
  for (std::size_t n = 0; n < change.size(); ++n) ASSERT_NEAR(change[n], 0, 1e-3);
  EXPECT_EQ(ratio.at(0, 0, 0), 0) << "outside of what is measured";
}

TEST(ChangeMap, AFoldedPlaceIsNoNumberBeyondWhatAVoxelCanLose) {
  Planted planted;
  planted.to.at(10, 10, 10) = -0.4F;
  const Volume from = volume_ratio_map(planted.from, planted.measured, 0);
  const Volume to = volume_ratio_map(planted.to, planted.measured, 0);
  EXPECT_NEAR(voxel_change_percent(from, to).at(10, 10, 10), -200, 1);
}

TEST(ChangeMap, APartStandsAtItsPlaceInTheWholeGrid) {
  const Grid full = grid_of({20, 21, 22});
  const Grid part = cropped_grid(full, {3, 4, 5}, {10, 11, 12});
  Volume values(part);
  Mask mask(part);
  values.at(1, 2, 3) = 7;
  mask.at(0, 0, 7) = 1;
  const Volume placed = placed_on(values, full);
  EXPECT_EQ(placed.at(4, 6, 8), 7);
  double sum = 0;
  for (const float value : placed.values) sum += value;
  EXPECT_EQ(sum, 7);
  EXPECT_EQ(placed_on(mask, full).at(3, 4, 12), 1);
}

}  // namespace
}  // namespace wane
