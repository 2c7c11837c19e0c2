#include "pipeline/simulation/plant.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "base/error.h"
#include "tests/pipeline/simulation/phantom.h"

namespace wane {
namespace {

std::vector<VisitRequest> two_visits(double gm, double wm) {
  std::vector<VisitRequest> visits(2);
  visits[1].days = 365;
  visits[1].gm_change_percent = gm;
  visits[1].wm_change_percent = wm;
  for (auto& visit : visits) visit.voxel_mm = Vec3::Constant(3.0);
  return visits;
}

PlantOptions quick_options() {
  PlantOptions options;
  options.planting_spacing_mm = 1.5;
  options.margin_mm = 12;
  return options;
}

PlantOptions bare_options() {
  PlantOptions options = quick_options();
  options.rotation_degrees = options.shift_mm = options.bias_amplitude = options.noise_fraction = 0;
  options.gain_range = 1;
  return options;
}

void expect_truths_agree(const VisitTruth& truth, double percent) {
  EXPECT_NEAR(truth.by_volume.brain, truth.by_jacobian.brain, percent);
  EXPECT_NEAR(truth.by_volume.gm, truth.by_jacobian.gm, percent);
  EXPECT_NEAR(truth.by_volume.wm, truth.by_jacobian.wm, percent);
}

class PlantedChange : public testing::TestWithParam<std::pair<double, double>> {};

TEST_P(PlantedChange, IsWhatWasAskedForByTwoIndependentWays) {
  const auto [gm, wm] = GetParam();
  const auto person = simulate_person(test::phantom_head(), two_visits(gm, wm), quick_options());
  const VisitTruth& truth = person.visits[1].truth;
  EXPECT_NEAR(truth.by_volume.gm, gm, 1e-3);
  EXPECT_NEAR(truth.by_volume.wm, wm, 1e-3);
  const double brain = (gm * person.gm_ml + wm * person.wm_ml) / (person.gm_ml + person.wm_ml);
  EXPECT_NEAR(truth.by_volume.brain, brain, 2e-3);
  expect_truths_agree(truth, 0.05);
  EXPECT_GT(truth.least_jacobian, 0.5);
}

INSTANTIATE_TEST_SUITE_P(Changes, PlantedChange,
                         testing::Values(std::pair(-1.0, -1.0), std::pair(-1.0, 0.0), std::pair(0.0, -1.0),
                                         std::pair(-0.2, -0.2), std::pair(1.0, 0.5)));

TEST(Plant, TissueVolumesAreThePhantoms) {
  const auto person = simulate_person(test::phantom_head(), two_visits(0, 0), bare_options());
  const auto ball_ml = [](double radius_mm) { return 4.0 / 3.0 * M_PI * std::pow(radius_mm, 3) / 1000; };
  EXPECT_NEAR(person.wm_ml, ball_ml(20), 0.03 * ball_ml(20));
  EXPECT_NEAR(person.gm_ml, ball_ml(28) - ball_ml(20), 0.06 * (ball_ml(28) - ball_ml(20)));
}

TEST(Plant, NothingAskedGivesTheSameScanTwice) {
  const auto person = simulate_person(test::phantom_head(), two_visits(0, 0), bare_options());
  EXPECT_EQ(person.visits[0].scan.values, person.visits[1].scan.values);
  EXPECT_EQ(person.visits[1].truth.by_volume.brain, 0);
  EXPECT_TRUE(person.visits[1].truth.person_to_scan.isApprox(Affine::Identity()));
}

TEST(Plant, ChangeAltersTheScanWithoutPoseOrNoise) {
  const auto person = simulate_person(test::phantom_head(), two_visits(-2, -1), bare_options());
  EXPECT_NE(person.visits[0].scan.values, person.visits[1].scan.values);
}

TEST(Plant, VisitsHaveTheirOwnPose) {
  const auto person = simulate_person(test::phantom_head(), two_visits(0, 0), quick_options());
  const Affine& first = person.visits[0].truth.person_to_scan;
  const Affine& second = person.visits[1].truth.person_to_scan;
  EXPECT_FALSE(first.isApprox(second, 1e-3));
  EXPECT_NEAR(first.linear().determinant(), 1, 1e-12);
}

TEST(Plant, CalibrationDriftIsInThePose) {
  auto visits = two_visits(0, 0);
  visits[1].calibration_drift_percent = 0.5;
  const auto person = simulate_person(test::phantom_head(), visits, quick_options());
  EXPECT_NEAR(std::cbrt(person.visits[1].truth.person_to_scan.linear().determinant()), 1.005, 1e-9);
}

TEST(Plant, SameSeedGivesSameBitsForAnyNumberOfThreads) {
  const SourceHead head = test::phantom_head();
  auto options = quick_options();
  options.planting_spacing_mm = 3;
  options.person = 4;
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = simulate_person(head, two_visits(-1, -0.5), options);
  omp_set_num_threads(2);
  const auto two = simulate_person(head, two_visits(-1, -0.5), options);
  omp_set_num_threads(threads);
  for (int v = 0; v < 2; ++v) {
    EXPECT_EQ(one.visits[v].scan.values, two.visits[v].scan.values);
    EXPECT_EQ(one.visits[v].truth.by_volume.brain, two.visits[v].truth.by_volume.brain);
    EXPECT_EQ(one.visits[v].truth.by_jacobian.gm, two.visits[v].truth.by_jacobian.gm);
  }
}

TEST(Plant, AnotherPersonHasAnotherHeadAndTheChangeAskedFor) {
  const SourceHead head = test::phantom_head();
  auto options = quick_options();
  options.person = 4;
  const auto four = simulate_person(head, two_visits(-1, -0.5), options);
  options.person = 5;
  const auto five = simulate_person(head, two_visits(-1, -0.5), options);
  EXPECT_GT(std::abs(four.gm_ml - five.gm_ml), 0.1);
  EXPECT_NEAR(four.visits[1].truth.by_volume.gm, -1, 1e-3);
  expect_truths_agree(four.visits[1].truth, 0.05);
  expect_truths_agree(five.visits[1].truth, 0.05);
}

TEST(Plant, TheSourcesOrientationDoesNotMatter) {
  Mat3 turned;  // i to the back, j up, k to the left
  turned << 0, 0, 1, 1, 0, 0, 0, 1, 0;
  const test::Phantom made = test::phantom(1.5, turned);
  const auto person = simulate_person(source_head(made.t1, made.brain), two_visits(-1, -0.5), quick_options());
  EXPECT_NEAR(person.visits[1].truth.by_volume.gm, -1, 1e-3);
  EXPECT_TRUE(person.visits[1].scan.grid.direction.isApprox(turned));
}

TEST(Plant, AnObliqueMirroredSourceIsPlantedTheSame) {
  Mat3 oblique = Eigen::AngleAxisd(0.4, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  oblique.col(0) *= -1;  // left-handed, as radiological files are
  const test::Phantom made = test::phantom(1.5, oblique);
  const auto person = simulate_person(source_head(made.t1, made.brain), two_visits(-1, -0.5), quick_options());
  EXPECT_NEAR(person.visits[1].truth.by_volume.gm, -1, 1e-3);
  expect_truths_agree(person.visits[1].truth, 0.05);
  EXPECT_TRUE(person.visits[1].scan.grid.direction.isApprox(oblique));
}

TEST(Plant, EveryVisitHasItsOwnVoxelSizeAndDriftAndTheTruthIsOfTheTissueAlone) {
  std::vector<VisitRequest> visits(3);
  visits[0].voxel_mm = Vec3(2, 2, 4);
  visits[1].voxel_mm = Vec3(3, 3, 3);
  visits[2].voxel_mm = Vec3(2.5, 2.5, 2.5);
  visits[1].calibration_drift_percent = 1;
  visits[1].gm_change_percent = 0.8;  // a gain, then a loss
  visits[2].gm_change_percent = -1.2;
  visits[2].wm_change_percent = -0.6;
  const auto person = simulate_person(test::phantom_head(), visits, quick_options());
  for (std::size_t v = 0; v < 3; ++v) EXPECT_EQ(person.visits[v].scan.grid.spacing_mm, visits[v].voxel_mm);
  EXPECT_NEAR(person.visits[1].truth.by_volume.gm, 0.8, 1e-3);
  EXPECT_NEAR(person.visits[1].truth.by_jacobian.gm, 0.8, 0.05) << "one percent of drift is three of volume";
  EXPECT_NEAR(person.visits[2].truth.by_volume.gm, -1.2, 1e-3);
  EXPECT_NEAR(person.visits[2].truth.by_volume.wm, -0.6, 1e-3);
}

TEST(Plant, ScansAreWholeNumbersAsAScannerWrites) {
  const auto person = simulate_person(test::phantom_head(), two_visits(-1, -1), quick_options());
  for (const float v : person.visits[1].scan.values) {
    ASSERT_EQ(v, std::round(v));
    ASSERT_GE(v, 0);
    ASSERT_LE(v, 4095);
  }
}

TEST(Plant, RefusesWhatMakesNoSense) {
  const SourceHead head = test::phantom_head();
  auto visits = two_visits(-1, -1);
  visits[0].gm_change_percent = -1;
  EXPECT_THROW(simulate_person(head, visits, quick_options()), UsageError);
  EXPECT_THROW(simulate_person(head, {}, quick_options()), UsageError);
  EXPECT_THROW(simulate_person(head, two_visits(-60, 0), quick_options()), UsageError);
  auto options = quick_options();
  options.noise_fraction = -1;
  EXPECT_THROW(simulate_person(head, two_visits(0, 0), options), UsageError);
  EXPECT_THROW(source_head(head.t1, Mask(head.t1.grid)), InputError);
}

TEST(Person, TheBendingIsOneToOne) {
  const SpaceBox box{Vec3(-90, -110, -80), Vec3(90, 110, 90)};
  const double step_mm = 0.5;
  for (const std::uint64_t seed : {1, 2, 3}) {
    const PersonMap person(seed, box);
    for (double x = -80; x < 80; x += 16)
      for (double y = -100; y < 100; y += 20)
        for (double z = -70; z < 80; z += 15) {
          const Vec3 at(x, y, z);
          Mat3 jacobian;
          for (int a = 0; a < 3; ++a) jacobian.col(a) = (person(at + step_mm * Vec3::Unit(a)) - person(at)) / step_mm;
          ASSERT_GT(jacobian.determinant(), 0.3) << seed << ": " << at.transpose();
        }
  }
}

}  // namespace
}  // namespace wane
