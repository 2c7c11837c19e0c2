#include "registration/template_alignment.h"

#include <gtest/gtest.h>

#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

// A scan of the head of formulas in this pose, on an oblique grid of its own, 7.3 times as bright.
Volume scan_in(const Affine& pose, unsigned seed) {
  std::mt19937 random(seed);
  Grid grid = test::oblique_grid(random, {64, 70, 68}, Vec3(4, 3.6, 3.8), pose * Vec3::Zero());
  grid.direction = Eigen::AngleAxisd(0.3, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  grid.origin_mm = Vec3::Zero();
  grid.origin_mm = pose * Vec3::Zero() - grid.centre_mm();
  return test::rendered(grid, [&](const Vec3& p) { return 7.3 * test::head_at(pose.inverse() * p, 3.0); });
}

class AlignToTemplate : public testing::Test {
 protected:
  TemplateAlignment found_in(const Volume& scan, double search_angle_degrees = 60) const {
    TemplateAlignmentOptions options;
    options.search_angle_degrees = search_angle_degrees;
    return align_to_template(head_, brain_, scan, options);
  }
  const Grid grid_ = test::upright_grid({56, 64, 64}, Vec3::Constant(3.5));
  const Volume head_ = test::rendered(grid_, [](const Vec3& p) { return test::head_at(p, 3.0); });
  const Mask brain_ = test::rendered_mask(grid_, test::in_brain);
};

TEST_F(AlignToTemplate, FindsAHeadThatNodsAndLiesFarOff) {
  const Affine truth = Eigen::Translation3d(20, -25, 23) * test::turned(20, Vec3::UnitX());  // 40 mm
  const TemplateAlignment found = found_in(scan_in(truth, 1));
  EXPECT_LT(test::largest_difference_mm(found.template_to_scan, truth), 3.0);
  EXPECT_GT(found.correlation, 0.8);
  EXPECT_GT(found.overlap, 0.98);
  EXPECT_GT(found.lead, 0.15);
}

TEST_F(AlignToTemplate, FindsAHeadThatIsTurnedBySixtyDegreesAboutAnyAxis) {
  for (const Vec3& axis : {Vec3(1, 0, 0), Vec3(-1, 0, 0), Vec3(0, 1, 0), Vec3(0, 0, -1), Vec3(1, -1, 1)}) {
    const Affine truth = Eigen::Translation3d(0, 10, -15) * test::turned(60, axis);
    const TemplateAlignment found = found_in(scan_in(truth, 2));
    EXPECT_LT(test::largest_difference_mm(found.template_to_scan, truth), 3.0) << axis.transpose();
  }
}

TEST_F(AlignToTemplate, FindsALargeAndASmallHead) {
  for (const double size : {0.8, 1.12}) {
    const Affine truth = test::turned(10, Vec3(1, 1, 0)) * Eigen::Scaling(size);
    EXPECT_LT(test::largest_difference_mm(found_in(scan_in(truth, 3)).template_to_scan, truth), 3.0) << size;
  }
}

TEST_F(AlignToTemplate, FindsAHeadThatLiesUpsideDownWhereItMayLieInAnyWay) {
  const Affine truth = Eigen::Translation3d(5, 0, 9) * test::turned(170, Vec3(1, 0.2, 0.1));
  EXPECT_LT(test::largest_difference_mm(found_in(scan_in(truth, 4), 180).template_to_scan, truth), 3.0);
}

TEST_F(AlignToTemplate, LeadsByNothingWhereThereIsNoHead) {
  Volume noise(grid_);
  std::mt19937 random(5);
  for (float& value : noise.values) value = float(test::uniform(random, 0, 100));
  const TemplateAlignment found = found_in(noise);
  EXPECT_LT(found.lead, 0.1);
  EXPECT_LT(found.correlation, 0.3);
}

}  // namespace
}  // namespace wane
