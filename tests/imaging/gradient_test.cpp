#include "imaging/gradient.h"

#include <gtest/gtest.h>

#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

TEST(GradientAt, IsTheSlopePerVoxelInsideAndOneSidedAtTheBorder) {
  const Grid grid = test::upright_grid({5, 4, 3});
  Volume volume(grid);
  for (int k = 0; k < 3; ++k)
    for (int j = 0; j < 4; ++j)
      for (int i = 0; i < 5; ++i) volume.at(i, j, k) = float(i * i + 10 * j * j - 3 * k);
  const auto inside = gradient_at(volume.values.data(), grid.size, 2, 1, 1);
  EXPECT_EQ(inside, (std::array{4.F, 20.F, -3.F}));
  const auto low = gradient_at(volume.values.data(), grid.size, 0, 0, 0);
  EXPECT_EQ(low, (std::array{1.F, 10.F, -3.F}));
  const auto high = gradient_at(volume.values.data(), grid.size, 4, 3, 2);
  EXPECT_EQ(high, (std::array{7.F, 50.F, -3.F}));
}

TEST(GradientAt, IsZeroAlongAnAxisOfOneVoxel) {
  const std::vector<float> row{1, 5, 2};
  EXPECT_EQ(gradient_at(row.data(), {3, 1, 1}, 1, 0, 0), (std::array{0.5F, 0.F, 0.F}));
}

}  // namespace
}  // namespace wane
