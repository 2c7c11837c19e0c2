#include "segmentation/meninges.h"

#include <gtest/gtest.h>

#include "imaging/morphology.h"
#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

const Grid& grid_for_tests() {
  static const Grid grid = test::upright_grid({100, 100, 100}, Vec3::Ones());
  return grid;
}

// The distance from the middle of the grid, mm.
double radius_mm(const Vec3& p) {
  return (p - grid_for_tests().centre_mm()).norm();
}

bool in_ball(const Vec3& p) {
  return radius_mm(p) < 34;
}

bool in_dura(const Vec3& p) {
  return radius_mm(p) > 39 && radius_mm(p) < 42;
}

// A fold that stands on the ball, 7 mm thick, up to the dura.
bool in_fold(const Vec3& p) {
  const Vec3 at = p - grid_for_tests().centre_mm();
  return std::abs(at[0]) < 3.6 && at[1] > 0 && std::abs(at[2]) < 14 && radius_mm(p) < 38;
}

// A string of vessel between ball and dura.
bool in_vessel(const Vec3& p) {
  const Vec3 at = p - grid_for_tests().centre_mm();
  return std::abs(at[0]) < 1.6 && at[1] < 0 && std::abs(at[2]) < 1.6 && radius_mm(p) < 42;
}

Volume tissue_where(bool (*a)(const Vec3&), bool (*b)(const Vec3&)) {
  return test::rendered(grid_for_tests(), [&](const Vec3& p) { return a(p) || b(p) ? 1.0 : 0.0; });
}

Mask brain() {
  return test::rendered_mask(grid_for_tests(), [](const Vec3& p) { return radius_mm(p) < 43; });
}

// How much of a part was called meninges, 0..1.
double share(const Mask& found, bool (*part)(const Vec3&)) {
  const Mask whole = test::rendered_mask(grid_for_tests(), part);
  double both = 0;
  for (std::size_t n = 0; n < whole.size(); ++n) both += whole[n] && found[n];
  return both / double(count(whole));
}

TEST(Meninges, ASheetAtTheRimIsFoundAndTheBrainUnderItIsKept) {
  const Mask found = meninges(tissue_where(in_ball, in_dura), brain());
  EXPECT_EQ(share(found, in_dura), 1);
  EXPECT_EQ(share(found, in_ball), 0);
}

TEST(Meninges, AFoldOfTheBrainIsKept) {
  EXPECT_LT(share(meninges(tissue_where(in_ball, in_fold), brain()), in_fold), 0.03);
}

TEST(Meninges, AVesselThatLeavesTheBrainIsCutOff) {
  const Mask found = meninges(tissue_where(in_ball, in_vessel), brain());
  const Mask outside =
      test::rendered_mask(grid_for_tests(), [](const Vec3& p) { return in_vessel(p) && radius_mm(p) > 36; });
  for (std::size_t n = 0; n < outside.size(); ++n) EXPECT_TRUE(!outside[n] || found[n]);
  EXPECT_EQ(share(found, in_ball), 0);
}

TEST(Meninges, AThinSheetDeepInTheBrainIsNotTheirs) {
  MeningesOptions options;
  options.reach_mm = 3;
  EXPECT_EQ(
      count(meninges(tissue_where(in_ball, [](const Vec3& p) { return radius_mm(p) > 35.5 && radius_mm(p) < 38; }),
                     brain(), options)),
      0U);
}

TEST(Meninges, WhereNothingIsThickNothingIsTakenAway) {
  EXPECT_EQ(count(meninges(tissue_where(in_dura, in_vessel), brain())), 0U);
}

}  // namespace
}  // namespace wane
