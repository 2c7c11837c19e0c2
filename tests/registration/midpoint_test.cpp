#include <gtest/gtest.h>

#include "registration/rigid.h"
#include "registration/visit_registration.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

std::vector<Affine> random_poses(std::size_t visits, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Affine> poses;
  for (std::size_t v = 0; v < visits; ++v) poses.push_back(test::random_motion(random, 25, 40));
  return poses;
}

std::vector<PairTransform> all_pairs(const std::vector<Affine>& poses) {
  std::vector<PairTransform> pairs;
  for (std::size_t from = 0; from < poses.size(); ++from)
    for (std::size_t to = from + 1; to < poses.size(); ++to)
      pairs.push_back({from, to, poses[to] * poses[from].inverse()});
  return pairs;
}

// Measured pairs never agree: each is off by a fraction of a millimetre and of a degree.
std::vector<PairTransform> disturbed(std::vector<PairTransform> pairs, unsigned seed) {
  std::mt19937 random(seed);
  for (PairTransform& pair : pairs) pair.from_to_to = test::random_motion(random, 0.5, 0.5) * pair.from_to_to;
  return pairs;
}

TEST(MidpointToVisits, ReproducesPairsThatAgree) {
  for (const std::size_t visits : {2, 3, 5}) {
    const auto pairs = all_pairs(random_poses(visits, unsigned(visits)));
    const auto poses = midpoint_to_visits(visits, pairs);
    for (const PairTransform& pair : pairs)
      EXPECT_LT(test::largest_difference_mm(poses[pair.to] * poses[pair.from].inverse(), pair.from_to_to), 1e-8);
  }
}

TEST(MidpointToVisits, FindsItsWayThroughAChainGivenInAnyOrderAndDirection) {
  const auto truth = random_poses(4, 11);
  const auto step = [&](std::size_t from, std::size_t to) {
    return PairTransform{from, to, truth[to] * truth[from].inverse()};
  };
  const auto poses = midpoint_to_visits(4, {step(3, 2), step(1, 2), step(1, 0)});
  for (std::size_t v = 1; v < 4; ++v)
    EXPECT_LT(test::largest_difference_mm(poses[v] * poses[0].inverse(), truth[v] * truth[0].inverse()), 1e-8);
}

TEST(MidpointToVisits, MeanOfThePosesIsTheIdentity) {
  const auto poses = midpoint_to_visits(4, disturbed(all_pairs(random_poses(4, 12)), 13));
  EXPECT_LT(test::largest_difference_mm(rigid_mean(poses), Affine::Identity()), 1e-8);
}

TEST(MidpointToVisits, OfASingleVisitIsTheIdentity) {
  const auto poses = midpoint_to_visits(1, {});
  ASSERT_EQ(poses.size(), 1U);
  EXPECT_LT(test::largest_difference_mm(poses[0], Affine::Identity()), 1e-12);
}

TEST(MidpointToVisits, OfTwoVisitsIsHalfWay) {
  const auto pairs = all_pairs(random_poses(2, 14));
  const auto poses = midpoint_to_visits(2, pairs);
  EXPECT_LT(test::largest_difference_mm(poses[0].inverse(), poses[1]), 1e-8);
  EXPECT_LT(test::largest_difference_mm(poses[1] * poses[1], pairs[0].from_to_to), 1e-8);
}

// Least squares of the twists about one point: what is left depends on the order only through the convergence.
TEST(MidpointToVisits, DoNotDependOnTheOrderOfTheVisits) {
  const auto pairs = disturbed(all_pairs(random_poses(4, 15)), 16);
  const std::vector<std::size_t> place{2, 0, 3, 1};
  std::vector<PairTransform> renamed;
  for (const PairTransform& pair : pairs)
    renamed.insert(renamed.begin(), {place[pair.from], place[pair.to], pair.from_to_to});
  const auto poses = midpoint_to_visits(4, pairs), renamed_poses = midpoint_to_visits(4, renamed);
  for (std::size_t v = 0; v < 4; ++v) EXPECT_LT(test::largest_difference_mm(poses[v], renamed_poses[place[v]]), 1e-6);
}

TEST(MidpointToVisits, SpreadADisagreementOverAllPairs) {
  const auto truth = random_poses(3, 17);
  auto pairs = all_pairs(truth);
  const Vec3 error_mm(0.9, 0, 0);
  pairs[0].from_to_to = pairs[0].from_to_to * Eigen::Translation3d(error_mm);
  const auto poses = midpoint_to_visits(3, pairs);
  for (const PairTransform& pair : pairs) {
    const Affine left = pair.from_to_to.inverse() * poses[pair.to] * poses[pair.from].inverse();
    EXPECT_NEAR(left.translation().norm(), 0.3, 0.02);  // a third for each side of the triangle
  }
}

}  // namespace
}  // namespace wane
