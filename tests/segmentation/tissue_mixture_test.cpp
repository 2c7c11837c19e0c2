#include "segmentation/tissue_mixture.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "base/error.h"
#include "imaging/morphology.h"
#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

constexpr double wm_radius = 17, gm_radius = 24, csf_radius = 29;

Grid grid_for_tests() {
  return test::upright_grid({50, 62, 31}, Vec3(1.3, 1, 2));
}

// The share of the voxel at `p` that lies within the radius, from 5^3 points in it: the partial volume of the truth.
double share_within(const Vec3& p, double radius) {
  if (p.norm() < radius - 1.5 || p.norm() > radius + 1.5) return p.norm() < radius;
  int within = 0;
  for (int n = 0; n < 125; ++n) {
    const Vec3 part = Vec3(n % 5, n / 5 % 5, n / 25) / 5.0 - Vec3::Constant(0.4);
    within += (p + part.cwiseProduct(grid_for_tests().spacing_mm)).norm() < radius;
  }
  return within / 125.0;
}

// Means of CSF, gray and white matter; Gaussian noise from the sum of uniform numbers.
Volume scan(const std::array<double, 3>& mean, double noise, double drift_per_mm = 0) {
  std::mt19937 random(1);
  return test::rendered(grid_for_tests(), [&](const Vec3& p) {
    double normal = -6;
    for (int n = 0; n < 12; ++n) normal += test::uniform(random, 0, 1);
    const double wm = share_within(p, wm_radius), gm = share_within(p, gm_radius) - wm;
    const double clean = mean[0] * (1 - gm - wm) + mean[1] * gm + mean[2] * wm;
    return std::exp(drift_per_mm * p[0]) * clean + noise * normal;
  });
}

Mask brain() {
  return test::rendered_mask(grid_for_tests(), [](const Vec3& p) { return p.norm() < csf_radius; });
}

// A template of another person: soft, and its borders 1.5 mm too far out.
TissuePriors priors() {
  const auto soft = [](const Vec3& p, double radius) { return 0.5 * std::erfc((p.norm() - radius - 1.5) / 4); };
  return {test::rendered(grid_for_tests(), [&](const Vec3& p) { return 1 - soft(p, gm_radius); }),
          test::rendered(grid_for_tests(), [&](const Vec3& p) { return soft(p, gm_radius) - soft(p, wm_radius); }),
          test::rendered(grid_for_tests(), [&](const Vec3& p) { return soft(p, wm_radius); })};
}

double millilitres(const Volume& fractions) {
  double sum = 0;
  for (const float v : fractions.values) sum += v;
  return sum * fractions.grid.voxel_volume_ml();
}

double ball_ml(double radius) {
  return 4.0 / 3 * EIGEN_PI * radius * radius * radius / 1000;
}

constexpr std::array<double, 3> t1_means{25, 70, 100};

TEST(SegmentTissues, VolumesOfConcentricBallsAreThoseOfTheFormulas) {
  const TissueMixture found = segment_tissues(scan(t1_means, 3), brain(), priors());
  const double wm = ball_ml(wm_radius), gm = ball_ml(gm_radius) - wm;
  EXPECT_NEAR(millilitres(found.wm) / wm, 1, 0.02);
  EXPECT_NEAR(millilitres(found.gm) / gm, 1, 0.02);
  EXPECT_NEAR(millilitres(found.wm) + millilitres(found.gm), wm + gm, 0.01 * (wm + gm));
}

TEST(SegmentTissues, MeansAreThoseOfThePureTissues) {
  const TissueMixture found = segment_tissues(scan(t1_means, 3), brain(), priors());
  for (int t = 0; t < 3; ++t) EXPECT_NEAR(found.mean[t], t1_means[t], 1.5);
  EXPECT_NEAR(found.deviation[2], 3, 1);
}

TEST(SegmentTissues, FractionsSumToOneInTheMaskAndAreNothingOutside) {
  const Mask mask = brain();
  const TissueMixture found = segment_tissues(scan(t1_means, 3), mask, priors());
  for (std::size_t n = 0; n < mask.size(); ++n) {
    ASSERT_NEAR(found.csf[n] + found.gm[n] + found.wm[n], mask[n], 1e-5);
    ASSERT_GE(std::min({found.csf[n], found.gm[n], found.wm[n]}), 0);
  }
}

TEST(SegmentTissues, GainChangesNothing) {
  const Mask mask = brain();
  const TissueMixture plain = segment_tissues(scan(t1_means, 3), mask, priors());
  const TissueMixture gained = segment_tissues(scan({25 * 8, 70 * 8, 100 * 8}, 3 * 8), mask, priors());
  for (std::size_t n = 0; n < mask.size(); ++n) ASSERT_NEAR(plain.gm[n], gained.gm[n], 1e-3);
}

TEST(SegmentTissues, ASmoothDriftOfBrightnessIsTakenOut) {
  const TissueMixture found = segment_tissues(scan(t1_means, 2, 0.003), brain(), priors());  // 17 % across the brain
  const double wm = ball_ml(wm_radius), gm = ball_ml(gm_radius) - wm;
  EXPECT_NEAR(millilitres(found.wm) / wm, 1, 0.04);
  EXPECT_NEAR(millilitres(found.gm) / gm, 1, 0.04);
}

TEST(SegmentTissues, RefusesAContrastInTheWrongOrder) {
  using Means = std::array<double, 3>;
  for (const Means& mean : {Means{100, 70, 25}, Means{25, 100, 70}, Means{100, 50, 75}, Means{70, 100, 25}})
    EXPECT_THROW(segment_tissues(scan(mean, 3), brain(), priors()), InputError) << mean[0] << ' ' << mean[1];
}

TEST(SegmentTissues, RefusesAScanWithoutContrastBetweenGrayAndWhite) {
  for (const double noise : {1, 3, 6, 10})
    EXPECT_THROW(segment_tissues(scan({25, 90, 90}, noise), brain(), priors()), InputError) << noise;
}

TEST(SegmentTissues, RefusesWhiteMatterThatIsSlightlyDarkerThanGray) {
  for (const double noise : {1, 3, 6})
    EXPECT_THROW(segment_tissues(scan({25, 100, 97}, noise), brain(), priors()), InputError) << noise;
}

TEST(SegmentTissues, TakesAWeakContrastThatStandsOutOfTheNoise) {
  const TissueMixture found = segment_tissues(scan({25, 90, 100}, 3), brain(), priors());
  EXPECT_NEAR(millilitres(found.wm) / ball_ml(wm_radius), 1, 0.06);
}

TEST(SegmentTissues, RefusesPriorsThatSayNothing) {
  const Volume nothing(grid_for_tests()), same(grid_for_tests(), 0.3F);
  EXPECT_THROW(segment_tissues(scan(t1_means, 3), brain(), {nothing, nothing, nothing}), InputError);
  EXPECT_THROW(segment_tissues(scan(t1_means, 3), brain(), {same, same, same}), InputError);
}

TEST(SegmentTissues, RefusesANearlyEmptyMask) {
  Mask few(grid_for_tests());
  for (std::size_t n = 0; n < 500; ++n) few[n] = 1;
  EXPECT_THROW(segment_tissues(scan(t1_means, 3), few, priors()), InputError);
}

TEST(SegmentTissues, RefusesPriorsOnAnotherGrid) {
  TissuePriors other = priors();
  other.gm = Volume(test::upright_grid({5, 5, 5}));
  EXPECT_THROW(segment_tissues(scan(t1_means, 3), brain(), other), InputError);
}

TEST(SegmentTissues, HasTheSameBitsForOneAndTwoThreads) {
  omp_set_num_threads(1);
  const TissueMixture one = segment_tissues(scan(t1_means, 3), brain(), priors());
  omp_set_num_threads(2);
  const TissueMixture two = segment_tissues(scan(t1_means, 3), brain(), priors());
  omp_set_num_threads(1);
  EXPECT_EQ(one.gm.values, two.gm.values);
  EXPECT_EQ(one.wm.values, two.wm.values);
}

TEST(FlatPriors, RefuseAnEmptyMaskAndAnEvenBrightness) {
  EXPECT_THROW(flat_priors(scan(t1_means, 0), Mask(grid_for_tests())), InputError);
  EXPECT_THROW(flat_priors(Volume(grid_for_tests(), 50.F), brain()), InputError);
  EXPECT_THROW(flat_priors(Volume(grid_for_tests()), brain()), InputError);
}

TEST(FlatPriors, FollowTheOrderOfTheIntensities) {
  const Volume intensity = scan(t1_means, 0);
  const TissuePriors found = flat_priors(intensity, brain());
  const auto& size = intensity.grid.size;
  EXPECT_FLOAT_EQ(found.wm.at(size[0] / 2, size[1] / 2, size[2] / 2), 0.9F);
  EXPECT_FLOAT_EQ(found.gm.at(size[0] / 2, size[1] / 2 + 20, size[2] / 2), 0.9F);
  EXPECT_FLOAT_EQ(found.csf.at(size[0] / 2, size[1] / 2 + 27, size[2] / 2), 0.9F);
}

}  // namespace
}  // namespace wane
