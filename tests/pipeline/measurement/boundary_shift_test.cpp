#include "pipeline/measurement/boundary_shift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

constexpr double gray_mm = 24, white_mm = 17;

Grid grid_for_tests() {
  return test::upright_grid({64, 64, 64}, Vec3(1, 1, 1));
}

// A ball of white matter in a ball of gray matter in CSF, with partial volume at the borders.
TissueMaps balls(double gray_radius_mm, double white_radius_mm) {
  TissueMaps maps{Volume(grid_for_tests()), Volume(grid_for_tests()), Volume(grid_for_tests())};
  const auto inside = [](double radius, double distance) {
    return float(std::clamp(radius - distance + 0.5, 0.0, 1.0));
  };
  for (int k = 0; k < 64; ++k)
    for (int j = 0; j < 64; ++j)
      for (int i = 0; i < 64; ++i) {
        const double distance = std::hypot(i - 31.3, j - 31.6, k - 31.8);  // off the lattice
        const float brain = inside(gray_radius_mm, distance), white = inside(white_radius_mm, distance);
        maps.csf.at(i, j, k) = 1 - brain;
        maps.gm.at(i, j, k) = brain - white;
        maps.wm.at(i, j, k) = white;
      }
  return maps;
}

Volume scan_of(const TissueMaps& maps) {
  Volume scan(maps.gm.grid);
  for (std::size_t n = 0; n < scan.size(); ++n) scan[n] = 30 * maps.csf[n] + 70 * maps.gm[n] + 100 * maps.wm[n];
  return scan;
}

double ball(double radius) {
  return radius * radius * radius;
}

const Volume everywhere(grid_for_tests(), 1.F);

TEST(BoundaryShift, OfBallsThatShrinkIsTheirChangeOfVolume) {
  constexpr double gray_loss_mm = 0.12, white_loss_mm = 0.05;
  const Volume from = scan_of(balls(gray_mm + gray_loss_mm / 2, white_mm + white_loss_mm / 2));
  const Volume to = scan_of(balls(gray_mm - gray_loss_mm / 2, white_mm - white_loss_mm / 2));
  const auto found = boundary_shift(balls(gray_mm, white_mm), everywhere, from, to);
  ASSERT_TRUE(found);
  const double brain_loss = ball(gray_mm + gray_loss_mm / 2) - ball(gray_mm - gray_loss_mm / 2);
  const double white_loss = ball(white_mm + white_loss_mm / 2) - ball(white_mm - white_loss_mm / 2);
  const double brain = -100 * brain_loss / ball(gray_mm), white = -100 * white_loss / ball(white_mm);
  const double gray = -100 * (brain_loss - white_loss) / (ball(gray_mm) - ball(white_mm));
  EXPECT_NEAR(found->brain, brain, 0.05 * std::abs(brain));
  EXPECT_NEAR(found->white_matter, white, 0.05 * std::abs(white));
  EXPECT_NEAR(found->gray_matter, gray, 0.08 * std::abs(gray));
}

TEST(BoundaryShift, OfExchangedVisitsHasTheOppositeSign) {
  const Volume a = scan_of(balls(gray_mm + 0.1, white_mm)), b = scan_of(balls(gray_mm - 0.1, white_mm));
  const TissueMaps maps = balls(gray_mm, white_mm);
  const auto there = boundary_shift(maps, everywhere, a, b), back = boundary_shift(maps, everywhere, b, a);
  ASSERT_TRUE(there && back);
  EXPECT_LT(there->brain, -1);
  EXPECT_NEAR(there->brain, -back->brain, 1e-4);
  EXPECT_NEAR(there->gray_matter, -back->gray_matter, 1e-4);
}

TEST(BoundaryShift, OfASmoothDifferenceOfBrightnessIsNearlyNothing) {
  const TissueMaps maps = balls(gray_mm, white_mm);
  const Volume from = scan_of(maps);
  Volume to = from;
  for (int k = 0; k < 64; ++k)
    for (int j = 0; j < 64; ++j)
      for (int i = 0; i < 64; ++i) to.at(i, j, k) *= float(1.03 + 0.0004 * (k - 32));
  const auto found = boundary_shift(maps, everywhere, from, to);
  ASSERT_TRUE(found);
  EXPECT_LT(std::abs(found->brain), 0.1);
  EXPECT_LT(std::abs(found->white_matter), 0.2);
}

TEST(BoundaryShift, LeavesOutWhatIsNotSeen) {
  const TissueMaps maps = balls(gray_mm, white_mm);
  const Volume from = scan_of(maps);
  Volume to = from, seen = everywhere;
  for (int k = 0; k < 20; ++k)
    for (int j = 0; j < 64; ++j)
      for (int i = 0; i < 64; ++i) {
        to.at(i, j, k) = 0;  // cut
        seen.at(i, j, k) = 0;
      }
  const auto found = boundary_shift(maps, seen, from, to);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->brain, 0, 1e-6);
}

TEST(BoundaryShift, CannotBeMadeWithoutContrast) {
  const TissueMaps maps = balls(gray_mm, white_mm);
  Volume flat = scan_of(maps);
  for (float& v : flat.values) v = 70;
  EXPECT_FALSE(boundary_shift(maps, everywhere, flat, flat));
}

TEST(BoundaryShift, RefusesAnotherGrid) {
  const TissueMaps maps = balls(gray_mm, white_mm);
  const Volume scan = scan_of(maps), other(test::upright_grid({64, 64, 63}, Vec3(1, 1, 1)), 1.F);
  EXPECT_THROW(boundary_shift(maps, everywhere, scan, other), InputError);
}

}  // namespace
}  // namespace wane
