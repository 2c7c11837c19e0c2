#include "registration/template_alignment.h"

#include <gtest/gtest.h>

#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

TEST(AlignToTemplate, FindsAHeadThatNodsAndLiesFarOff) {
  const Grid grid = test::upright_grid({56, 64, 64}, Vec3::Constant(3.5));
  const Volume head = test::rendered(grid, [](const Vec3& p) { return test::head_at(p, 3.0); });
  const Mask brain = test::rendered_mask(grid, test::in_brain);

  const Affine truth = Eigen::Translation3d(20, -25, 23) *  // 40 mm
                       Affine(Eigen::AngleAxisd(20 * EIGEN_PI / 180, Vec3::UnitX()));
  std::mt19937 random(1);
  Grid scan_grid = test::oblique_grid(random, {64, 70, 68}, Vec3(4, 3.6, 3.8), truth * Vec3::Zero());
  scan_grid.direction = Eigen::AngleAxisd(0.3, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  scan_grid.origin_mm = Vec3::Zero();
  scan_grid.origin_mm = truth * Vec3::Zero() - scan_grid.centre_mm();
  const Volume scan =
      test::rendered(scan_grid, [&](const Vec3& p) { return 7.3 * test::head_at(truth.inverse() * p, 3.0); });

  const TemplateAlignment found = align_to_template(head, brain, scan);
  EXPECT_LT(test::largest_difference_mm(found.template_to_scan, truth), 3.0);
  EXPECT_GT(found.correlation, 0.8);
  EXPECT_GT(found.overlap, 0.98);
  EXPECT_GT(found.normalised_mutual_information, 1.2);
}

}  // namespace
}  // namespace wane
