#include "imaging/sampled_box.h"

#include <gtest/gtest.h>

#include <random>

#include "imaging/resample.h"

namespace wane {
namespace {

// Zeros but for a block in the middle.
Volume block() {
  Grid grid;
  grid.size = {9, 8, 7};
  Volume volume(grid);
  for (int k = 2; k < 5; ++k)
    for (int j = 3; j < 6; ++j)
      for (int i = 4; i < 7; ++i) volume.at(i, j, k) = 1;
  return volume;
}

void expect_zeros_outside_of_the_part(const Volume& volume, const Affine& map) {
  constexpr int size = 40;
  const SampledBox box = sampled_box({&volume}, 0);
  const LinearSampler sampler(volume);
  for (int k = -3; k < 4; ++k)
    for (int j = -3; j < 4; ++j) {
      const auto [begin, end] = row_within(box, map, size, j, k);
      ASSERT_GE(begin, 0);
      ASSERT_LE(end, size);
      for (int i = 0; i < size; ++i) {
        if (i >= begin && i < end) continue;
        const Vec3 at = map * Vec3(i, j, k);
        ASSERT_EQ(sampler(float(at[0]), float(at[1]), float(at[2])), 0) << i << ' ' << j << ' ' << k;
      }
    }
}

TEST(RowWithin, LeavesOutOnlyWhatIsZero) {
  const Volume volume = block();
  std::mt19937 random(4);
  std::uniform_real_distribution<double> step(-0.4, 0.4), place(0, 8);
  for (int trial = 0; trial < 100; ++trial) {
    Affine map = Affine::Identity();
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 3; ++column) map(row, column) = trial % 3 == 0 && row == 1 ? 0 : step(random);
    for (int row = 0; row < 3; ++row) map(row, 3) = place(random);
    expect_zeros_outside_of_the_part(volume, map);
  }
}

TEST(RowWithin, HoldsTheWholeBlockAndLittleMore) {
  const Volume volume = block();
  const auto [begin, end] = row_within(sampled_box({&volume}, 0), Affine::Identity(), 9, 4, 3);
  EXPECT_LE(begin, 4);
  EXPECT_GE(begin, 2);
  EXPECT_GE(end, 7);
  EXPECT_LE(end, 9);
}

TEST(RowWithin, IsEmptyWhereAllIsZero) {
  Grid grid;
  grid.size = {5, 5, 5};
  const Volume zeros(grid);
  const auto [begin, end] = row_within(sampled_box({&zeros}, 0), Affine::Identity(), 5, 2, 2);
  EXPECT_EQ(begin, end);
}

}  // namespace
}  // namespace wane
