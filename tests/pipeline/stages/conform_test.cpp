#include "pipeline/stages/conform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/error.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

HeadTemplate template_of_formulas() {
  const Grid grid = test::upright_grid({56, 64, 64}, Vec3::Constant(3.5));
  HeadTemplate result;
  result.head = test::rendered(grid, [](const Vec3& p) { return test::head_at(p, 3.0); });
  result.intracranial_mask = test::rendered_mask(grid, test::in_brain);
  return result;
}

const Affine& pose() {
  static const Affine motion =
      Eigen::Translation3d(12, -9, 14) * Affine(Eigen::AngleAxisd(0.2, Vec3(1, 0.3, -0.2).normalized()));
  return motion;
}

Grid scan_grid() {
  Grid grid = test::upright_grid({60, 70, 66}, Vec3(4, 3.6, 3.8));
  grid.origin_mm += pose() * Vec3::Zero();
  return grid;
}

Volume whole_head() {
  return test::rendered(scan_grid(), [](const Vec3& p) { return 5 * test::head_at(pose().inverse() * p, 3.0); });
}

Volume brain_alone() {
  return test::rendered(scan_grid(), [](const Vec3& p) {
    const Vec3 at = pose().inverse() * p;
    return test::in_brain(at) ? 5 * test::head_at(at, 3.0) : 0.0;
  });
}

TEST(Conform, RefusesAConstantScan) {
  const HeadTemplate head_template = template_of_formulas();
  EXPECT_THROW(conform(Volume(scan_grid(), 100.F), head_template, {}), InputError);
  EXPECT_THROW(conform(Volume(scan_grid()), head_template, {}), InputError);
  EXPECT_THROW(conform(Volume(scan_grid(), std::numeric_limits<float>::quiet_NaN()), head_template, {}), InputError);
}

TEST(Conform, RefusesAScanThatIsTooLargeForAnyHead) {
  Volume scan = whole_head();
  scan.grid.spacing_mm *= 10;
  try {
    conform(scan, template_of_formulas(), {});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("2400 x 2520 x 2508 mm"), std::string::npos) << error.what();
  }
}

TEST(Conform, AlignsAWholeHeadAndKnowsItAsOne) {
  const ConformedVisit visit = conform(whole_head(), template_of_formulas(), {});
  EXPECT_FALSE(visit.brain_extracted);
  EXPECT_LT(test::largest_difference_mm(visit.template_to_scan, pose()), 3.0);
  EXPECT_GT(visit.template_similarity, 0.8);
  EXPECT_TRUE(visit.warnings.empty());
}

TEST(Conform, RecognisesABrainWithoutSkullAndScalp) {
  const ConformedVisit visit = conform(brain_alone(), template_of_formulas(), {});
  EXPECT_TRUE(visit.brain_extracted);
  EXPECT_LT(test::largest_difference_mm(visit.template_to_scan, pose()), 4.0);
}

TEST(Conform, TakesAwayWhatIsNotANumberOrNegative) {
  Volume scan = whole_head();
  scan[0] = std::numeric_limits<float>::quiet_NaN();
  scan[1] = std::numeric_limits<float>::infinity();
  scan[2] = -50;
  const ConformedVisit visit = conform(scan, template_of_formulas(), {});
  for (std::size_t n = 0; n < 3; ++n) EXPECT_EQ(visit.scan[n], 0);
  EXPECT_EQ(visit.scan.at(30, 35, 33), scan.at(30, 35, 33));
}

TEST(Conform, RefusesNoise) {
  std::mt19937 random(1);
  Volume noise(scan_grid());
  for (float& v : noise.values) v = float(test::uniform(random, 0, 1000));
  ConformOptions coarse;
  coarse.working_spacing_mm = 8;  // noise looks like no head at any voxel size
  EXPECT_THROW(conform(noise, template_of_formulas(), coarse), InputError);
}

TEST(Conform, WarnsOfAScanThatCoversPartOfTheHead) {
  const Volume whole = whole_head();
  Grid part = whole.grid;
  part.size[0] = 40;  // a third of the head is cut off
  Volume cut(part);
  for (int k = 0; k < part.size[2]; ++k)
    for (int j = 0; j < part.size[1]; ++j)
      for (int i = 0; i < part.size[0]; ++i) cut.at(i, j, k) = whole.at(i, j, k);
  const ConformedVisit visit = conform(cut, template_of_formulas(), {});
  ASSERT_EQ(visit.warnings.size(), 1U);
  EXPECT_NE(visit.warnings[0].find("covers only"), std::string::npos);
}

TEST(Conform, SaysHowMuchOfTheBrainIsCutOffAtTheLargestValue) {
  Volume scan = whole_head();
  std::mt19937 random(1);
  for (float& v : scan.values) v += float(test::uniform(random, 0, 5));
  EXPECT_LT(conform(scan, template_of_formulas(), {}).values.saturated_share, 0.005);
  for (float& v : scan.values) v = std::min(v, 400.F);  // white matter is at 525
  EXPECT_GT(conform(scan, template_of_formulas(), {}).values.saturated_share, 0.2);
}

TEST(Conform, SaysHowMuchOfTheBrainWasNotMeasured) {
  Volume scan = whole_head();
  std::mt19937 random(1);
  for (float& v : scan.values) v += float(test::uniform(random, 0, 5));
  const ConformedVisit whole = conform(scan, template_of_formulas(), {});
  EXPECT_EQ(whole.values.unseen_share, 0);
  EXPECT_TRUE(whole.constant.empty());
  for (int k = 48; k < scan.grid.size[2]; ++k)
    for (int j = 0; j < scan.grid.size[1]; ++j)
      for (int i = 0; i < scan.grid.size[0]; ++i) scan.at(i, j, k) = 0;
  const ConformedVisit cut = conform(scan, template_of_formulas(), {});
  EXPECT_GT(cut.values.unseen_share, 0.02);
  ASSERT_FALSE(cut.constant.empty());
  EXPECT_EQ(cut.constant.at(30, 35, 60), 1);
  EXPECT_EQ(cut.constant.at(30, 35, 33), 0);
}

TEST(Conform, RecognisesABrainWithoutSkullAndScalpInNoiseAndEmptiesTheAir) {
  Volume scan = brain_alone();
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0, 12.0);
  const auto add_noise = [&](Volume& volume) {
    for (float& v : volume.values) v = float(std::hypot(double(v) + normal(random), normal(random)));
  };
  add_noise(scan);
  const ConformedVisit visit = conform(scan, template_of_formulas(), {});
  EXPECT_TRUE(visit.brain_extracted);
  EXPECT_EQ(visit.scan.at(1, 1, 1), 0);
  EXPECT_EQ(visit.scan.at(30, 35, 33), scan.at(30, 35, 33));
  Volume head = whole_head();
  add_noise(head);
  EXPECT_FALSE(conform(head, template_of_formulas(), {}).brain_extracted);
}

TEST(Conform, TurnsAHeadUprightWhereTheFileDoesNotSayHowItLies) {
  Volume scan = whole_head();
  const Vec3 centre = scan.grid.centre_mm();
  const Mat3 lying = Eigen::AngleAxisd(EIGEN_PI / 2, Vec3::UnitX()).toRotationMatrix();
  const Mat3 upright = scan.grid.direction;
  scan.grid.direction = lying * upright;
  scan.grid.origin_mm = centre + lying * (scan.grid.origin_mm - centre);
  const ConformedVisit visit = conform(scan, template_of_formulas(), {}, false);
  EXPECT_TRUE(visit.scan.grid.direction.isApprox(upright, 1e-9));
  EXPECT_LT(test::largest_difference_mm(visit.template_to_scan, pose()), 3.0);
}

// Real heads in other orientations: tests/cases/field_cases_test.cpp.
TEST(Conform, SaysThatLeftAndRightAreNotKnownWhereTheFileDoesNotSay) {
  const ConformedVisit visit = conform(whole_head(), template_of_formulas(), {}, false);
  ASSERT_EQ(visit.warnings.size(), 1U);
  EXPECT_NE(visit.warnings[0].find("left and right cannot be told apart"), std::string::npos);
  EXPECT_TRUE(conform(whole_head(), template_of_formulas(), {}, true).warnings.empty());
}

}  // namespace
}  // namespace wane
