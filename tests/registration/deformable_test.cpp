// The template's deformable alignment finds a deformation that is known.
#include "registration/deformable.h"

#include <gtest/gtest.h>

#include <cmath>

#include "imaging/resample.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

// Waves of some 4 mm.
Vec3 planted_mm(const Vec3& p) {
  return {4 * std::sin(p[1] / 28), 3 * std::sin(p[2] / 30), 4 * std::cos(p[0] / 26)};
}

TEST(RegisterDeformable, FindsAKnownDeformationAfterAnAffine) {
  const Grid grid = test::upright_grid({48, 56, 52}, Vec3::Constant(4));
  Affine affine = test::turned(8, Vec3(1, -1, 2));
  affine.pretranslate(Vec3(3, -5, 2));
  // The fixed head at x is the moving one at affine(x + planted(x)).
  const Volume moving = test::rendered(grid, [](const Vec3& p) { return test::head_at(p, 4); });
  const Volume fixed =
      test::rendered(grid, [&](const Vec3& p) { return test::head_at(affine * (p + planted_mm(p)), 4); });
  DeformableOptions options;
  options.levels_mm = {8, 4};
  options.iterations = {60, 40};
  const DisplacementField found = register_deformable(fixed, Volume(grid, 1.F), moving, affine, options);
  ASSERT_EQ(found.grid.spacing_mm, Vec3::Constant(4));
  const Affine to_lps = found.grid.index_to_lps();
  // Across borders alone can a displacement be seen; whether the head lands on itself is what counts.
  double before = 0, after = 0;
  for (int k = 0; k < found.grid.size[2]; ++k)
    for (int j = 0; j < found.grid.size[1]; ++j)
      for (int i = 0; i < found.grid.size[0]; ++i) {
        const Vec3 p = to_lps * Vec3(i, j, k);
        if (!test::in_brain(affine * (p + planted_mm(p)))) continue;
        const double truth = test::head_at(affine * (p + planted_mm(p)), 4);
        before += std::pow(test::head_at(affine * p, 4) - truth, 2);
        after += std::pow(test::head_at(affine * (p + found.at(i, j, k).cast<double>()), 4) - truth, 2);
      }
  EXPECT_LT(after, 0.09 * before) << "less than 30 % of the difference is left";
}

}  // namespace
}  // namespace wane
