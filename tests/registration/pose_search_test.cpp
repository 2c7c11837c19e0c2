#include "registration/pose_search.h"

#include <gtest/gtest.h>
#include <omp.h>

#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

// Four blobs of which none is the mirror image of another; their mean is about 0, their mean square about what
// local normalization gives.
double blobs(const Vec3& p) {
  const auto blob = [&](const Vec3& at, double radius_mm) {
    return std::exp(-(p - at).squaredNorm() / (2 * radius_mm * radius_mm));
  };
  return 5 * (blob({30, 0, 5}, 14) + blob({-10, 35, 20}, 12) - blob({-15, -25, -20}, 15) - blob({10, 15, -35}, 12));
}

class SearchPoses : public testing::Test {
 protected:
  // A scan of the blobs in this pose on a grid of odd, unequal lengths that is not about 0.
  static Volume scan_in(const Affine& pose, const Vec3& middle_mm = {0, 0, 0}) {
    Grid grid = test::upright_grid({27, 31, 24}, Vec3::Constant(8));
    grid.origin_mm += middle_mm;
    return test::rendered(grid, [&](const Vec3& p) { return blobs(pose.inverse() * p); });
  }
  const Grid grid_ = test::upright_grid({25, 25, 25}, Vec3::Constant(8));
  const Volume head_ = test::rendered(grid_, blobs);
  const Volume weight_ = test::rendered(grid_, [](const Vec3& p) { return p.norm() < 75 ? 1.0 : 0.0; });
};

TEST_F(SearchPoses, TheBestPoseIsTheNearestOfTheGrid) {
  PoseSearchOptions options;
  options.sizes = {1.0};
  for (const Affine& truth : {Affine(Eigen::Translation3d(16, -24, 8)),
                              Affine(Eigen::Translation3d(-8, 0, 16)) * test::turned(50, Vec3::UnitZ())}) {
    const auto found = search_poses(head_, weight_, scan_in(truth), options);
    EXPECT_LT(test::largest_difference_mm(found.front().head_to_scan, truth), 15) << truth.matrix();
    EXPECT_GT(found.front().agreement, 0.8);
  }
}

TEST_F(SearchPoses, AHeadThatReachesOverTheFirstFaceOfTheScanIsFound) {
  const Affine truth = Affine(Eigen::Translation3d(-64, 0, 0));
  const auto found = search_poses(head_, weight_, scan_in(truth), {});
  EXPECT_LT((found.front().head_to_scan * Vec3::Zero() - truth * Vec3::Zero()).norm(), 20);
}

// Its middle lies a voxel from the outermost: the volume that the places wrap around in is no longer than it must be.
TEST_F(SearchPoses, AHeadOfWhichLittleMoreThanHalfIsInViewIsFoundAtEachFace) {
  PoseSearchOptions options;
  options.sizes = {1.0};
  const Vec3 outermost_mm(96, 112, 84);
  for (int axis = 0; axis < 3; ++axis)
    for (const double side : {-1.0, 1.0}) {
      const Vec3 middle = side * outermost_mm[axis] * Vec3::Unit(axis);
      const auto found = search_poses(head_, weight_, scan_in(Affine(Eigen::Translation3d(middle))), options);
      EXPECT_LT((found.front().head_to_scan * Vec3::Zero() - middle).norm(), 20) << "axis " << axis << " side " << side;
    }
}

TEST_F(SearchPoses, AHeadIsFoundInAScanThatIsThinnerThanIt) {
  const Vec3 truth(16, -24, 8);
  const Grid thin = test::upright_grid({27, 31, 10}, Vec3::Constant(8));
  const Volume scan = test::rendered(thin, [&](const Vec3& p) { return blobs(p - truth); });
  const auto found = search_poses(head_, weight_, scan, {});
  EXPECT_LT((found.front().head_to_scan * Vec3::Zero() - truth).norm(), 20);
}

TEST_F(SearchPoses, OnlyTheWholeCircleHoldsAHeadUpsideDown) {
  const Affine truth = test::turned(180, Vec3::UnitX());
  PoseSearchOptions options;
  options.sizes = {1.0};
  EXPECT_LT(search_poses(head_, weight_, scan_in(truth), options).front().agreement, 0.7);
  options.search_angle_degrees = 180;
  const auto found = search_poses(head_, weight_, scan_in(truth), options);
  EXPECT_GT(found.front().agreement, 0.8);
  EXPECT_LT(test::largest_difference_mm(found.front().head_to_scan, truth), 45);
}

TEST_F(SearchPoses, TheNumberOfThreadsChangesNoBit) {
  const Volume scan = scan_in(test::turned(30, Vec3::UnitY()), {5, 3, -7});
  const int before = omp_get_max_threads();
  std::vector<std::vector<FoundPose>> found;
  for (const int threads : {1, 3}) {
    omp_set_num_threads(threads);
    found.push_back(search_poses(head_, weight_, scan, {}));
  }
  omp_set_num_threads(before);
  ASSERT_EQ(found[0].size(), found[1].size());
  for (std::size_t n = 0; n < found[0].size(); ++n) {
    EXPECT_EQ(found[0][n].agreement, found[1][n].agreement);
    EXPECT_EQ(found[0][n].head_to_scan.matrix(), found[1][n].head_to_scan.matrix());
  }
}

TEST_F(SearchPoses, AScanThatHoldsNoHalfOfTheHeadAgreesNowhere) {
  const Volume slab = test::rendered(test::upright_grid({4, 4, 4}, Vec3::Constant(8)), blobs);
  EXPECT_LT(search_poses(head_, weight_, slab, {}).front().agreement, 0);
}

}  // namespace
}  // namespace wane
