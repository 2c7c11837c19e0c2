#include "registration/visit_registration.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "registration/rigid.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

struct Scan {
  Volume volume;
  Mask region;
};

// The head, moved by `head_to_scan`, at the voxel centres of `grid`; brightness drifts smoothly by some 15 %.
Scan scanned(const Grid& grid, const Affine& head_to_scan, double gain, const Vec3& drift_per_mm) {
  const Affine to_head = head_to_scan.inverse();
  return {test::rendered(grid,
                         [&](const Vec3& p) {
                           const Vec3 at = to_head * p;
                           return gain * std::exp(drift_per_mm.dot(at)) * test::head_at(at);
                         }),
          test::rendered_mask(grid, [&](const Vec3& p) { return test::in_brain(to_head * p); })};
}

struct Pair {
  Scan a, b;
  Affine truth;  // a to b
};

Pair moved_pair(unsigned seed) {
  std::mt19937 random(seed);
  const Affine to_a = test::random_motion(random, 15, 10), to_b = test::random_motion(random, 15, 10);
  // Both heads lie wholly within their grids; the grids' axes have nothing to do with them or with each other.
  const Grid grid_a = test::oblique_grid(random, {90, 90, 75}, Vec3(2.2, 2.2, 2.7), to_a * Vec3::Zero());
  const Grid grid_b = test::oblique_grid(random, {80, 100, 80}, Vec3(2.5, 2.0, 2.4), to_b * Vec3::Zero());
  return {scanned(grid_a, to_a, 1.0, Vec3(0.001, 0.0015, -0.001)),
          scanned(grid_b, to_b, 3.7, Vec3(-0.001, 0.0005, 0.0015)), to_b * to_a.inverse()};
}

VisitRegistrationOptions quick() {
  VisitRegistrationOptions options;
  options.finest_mm = 2.0;
  options.coarsest_mm = 8.0;
  return options;
}

// A wrong start: some 6 degrees and 8 mm away.
Affine disturbed(const Affine& truth, unsigned seed) {
  std::mt19937 random(seed);
  return test::random_motion(random, 6, 5) * truth;
}

double error_mm(const Affine& found, const Affine& truth, const Scan& a) {
  const Vec3 centre = a.volume.grid.centre_mm();
  const Affine about = Affine(Eigen::Translation3d(centre));
  return test::largest_difference_mm(found * about, truth * about);
}

TEST(RegisterVisits, RecoversAKnownMotionBetweenObliqueGridsOfOtherVoxelsGainAndBias) {
  for (const unsigned seed : {1U, 2U}) {
    const Pair pair = moved_pair(seed);
    const auto found = register_visits(pair.a.volume, pair.a.region, pair.b.volume, pair.b.region,
                                       disturbed(pair.truth, seed + 10), quick());
    EXPECT_LT(error_mm(found.a_to_b, pair.truth, pair.a), 0.1) << seed;
    EXPECT_GT(found.correlation, 0.95);
    EXPECT_LT((found.a_to_b.linear() * found.a_to_b.linear().transpose() - Mat3::Identity()).norm(), 1e-9);
  }
}

TEST(RegisterVisits, ExchangingTheScansGivesTheInverse) {
  const Pair pair = moved_pair(3);
  const Affine start = disturbed(pair.truth, 13);
  const auto forth = register_visits(pair.a.volume, pair.a.region, pair.b.volume, pair.b.region, start, quick());
  const auto back =
      register_visits(pair.b.volume, pair.b.region, pair.a.volume, pair.a.region, start.inverse(), quick());
  EXPECT_LT(error_mm(back.a_to_b * forth.a_to_b, Affine::Identity(), pair.a), 1e-6);
  EXPECT_NEAR(back.correlation, forth.correlation, 1e-9);
}

TEST(RegisterVisits, OneScansRegionDecidesAlone) {
  const Pair pair = moved_pair(4);
  const auto found = register_visits(pair.a.volume, pair.a.region, pair.b.volume, Mask(pair.b.volume.grid),
                                     disturbed(pair.truth, 14), quick());
  EXPECT_LT(error_mm(found.a_to_b, pair.truth, pair.a), 0.1);
}

TEST(RegisterVisits, AScanIsWhereItIs) {
  std::mt19937 random(5);
  const Scan scan =
      scanned(test::oblique_grid(random, {90, 90, 75}, Vec3(2.2, 2.2, 2.7)), Affine::Identity(), 1, Vec3::Zero());
  const auto found = register_visits(scan.volume, scan.region, scan.volume, scan.region, Affine::Identity(), quick());
  EXPECT_LT(error_mm(found.a_to_b, Affine::Identity(), scan), 1e-9);
  EXPECT_NEAR(found.correlation, 1, 1e-9);
}

TEST(RegisterVisits, SimilarityModelRecoversTheSize) {
  std::mt19937 random(7);
  const Grid grid = test::oblique_grid(random, {90, 90, 75}, Vec3(2.2, 2.2, 2.7));
  const Affine grown(Eigen::Scaling(1.04));
  const Scan small = scanned(grid, Affine::Identity(), 1, Vec3::Zero()), large = scanned(grid, grown, 1, Vec3::Zero());
  VisitRegistrationOptions options = quick();
  options.model = LinearModel::similarity;
  const auto found =
      register_visits(small.volume, small.region, large.volume, large.region, Affine::Identity(), options);
  EXPECT_LT(error_mm(found.a_to_b, grown, small), 0.15);
}

TEST(RegisterVisits, RefusesARegionOnAnotherGrid) {
  const Volume scan(test::upright_grid({5, 5, 5}), 1.F);
  const Mask region(test::upright_grid({5, 5, 6}), 1);
  EXPECT_THROW(register_visits(scan, region, scan, Mask(scan.grid, 1), Affine::Identity()), InputError);
}

// The half-way grid of such a start would have more voxels than any machine holds.
TEST(RegisterVisits, AnAlignmentThatHasRunAwayIsRefused) {
  const Pair pair = moved_pair(1);
  for (const double factor : {1e-6, 1e3, 1e12}) {
    Affine start = pair.truth;
    start.linear() *= factor;
    EXPECT_THROW(register_visits(pair.a.volume, pair.a.region, pair.b.volume, pair.b.region, start, quick()),
                 InputError)
        << factor;
  }
}

}  // namespace
}  // namespace wane
