#include "pipeline/validation/error_fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/counted_random.h"
#include "base/error.h"

namespace wane {
namespace {

TissueValues all(double value) {
  return {value, value, value};
}

struct Truth {
  double noise = 0.1, share = 0.05, noise_exponent = 0, residual = 0, shift_recovers = 0.8;
};

// Losses of 0 to 3 percent in `heads` heads, at voxels of 1 and 8 mm3. The scale error of a head is the same in all its
// changes, as it is in people.
std::vector<FitChange> planted(int heads, const Truth& truth) {
  std::vector<FitChange> changes;
  const CountedRandom random(7);
  std::uint64_t drawn = 0;
  for (int head = 0; head < heads; ++head) {
    const TissueValues scale{random.normal(drawn++), random.normal(drawn++), random.normal(drawn++)};
    for (const double voxel_mm3 : {1.0, 8.0})
      for (const double loss : {0.0, 0.5, 1.0, 2.0, 3.0}) {
        FitChange change;
        change.head = "head" + std::to_string(head);
        change.planted = all(-loss);
        change.errors.voxel_mm3 = voxel_mm3;
        change.errors.residual_percent = all(truth.residual);
        const double noise = std::hypot(truth.noise * std::pow(voxel_mm3, truth.noise_exponent), truth.residual);
        for (const auto tissue : {&TissueValues::brain, &TissueValues::gray_matter, &TissueValues::white_matter})
          change.measured.*tissue = -loss + noise * random.normal(drawn++) + truth.share * loss * scale.*tissue;
        change.shift_percent = all(-loss * truth.shift_recovers);
        changes.push_back(change);
      }
  }
  return changes;
}

double coverage_percent(const std::vector<FitChange>& changes, const std::vector<TissueValues>& errors) {
  double held = 0;
  for (std::size_t n = 0; n < changes.size(); ++n)
    held += std::abs(changes[n].measured.brain - changes[n].planted.brain) <= 1.96 * errors[n].brain;
  return 100 * held / double(changes.size());
}

TEST(ErrorFit, FindsNoiseAndScaleThatWerePlanted) {
  const ErrorModel model = fit_error_model(planted(24, {}), {});
  EXPECT_NEAR(model.deformation.noise_percent.brain, 0.1, 0.02);
  EXPECT_NEAR(model.deformation.noise_percent.gray_matter, 0.1, 0.02);
  EXPECT_NEAR(model.deformation.scale_share.brain, 0.05, 0.015);
  EXPECT_LE(model.deformation.noise_exponent, 0.125);
}

TEST(ErrorFit, FindsHowNoiseGrowsWithTheVoxels) {
  Truth truth;
  truth.noise_exponent = 0.375;
  EXPECT_NEAR(fit_error_model(planted(24, truth), {}).deformation.noise_exponent, 0.375, 0.126);
}

TEST(ErrorFit, LeavesToTheResidualWhatItExplains) {
  Truth truth;
  truth.noise = 0.02;
  truth.residual = 0.2;
  EXPECT_LT(fit_error_model(planted(24, truth), {}).deformation.noise_percent.brain, 0.08);
}

TEST(ErrorFit, IntervalsOfHeadsThatWereLeftOutHoldNinetyFivePercent) {
  const std::vector<FitChange> changes = planted(14, {});
  EXPECT_NEAR(coverage_percent(changes, held_out_standard_errors(changes, {})), 95, 3);
}

TEST(ErrorFit, PeopleWhoseVisitsDifferInVoxelSizeHaveATermOfTheirOwn) {
  std::vector<FitChange> changes = planted(24, {});
  const ErrorModel alike = fit_error_model(changes, {});
  EXPECT_EQ(alike.blurred_visits_percent.brain, 0);
  for (const FitChange& change : planted(24, {})) {
    FitChange blurred = change;
    blurred.errors.visits_blurred = true;
    blurred.measured = all(change.planted.brain - 0.5);
    changes.push_back(blurred);
  }
  const ErrorModel both = fit_error_model(changes, {});
  EXPECT_NEAR(both.blurred_visits_percent.brain, 0.5, 0.05);
  EXPECT_EQ(both.deformation.noise_percent.brain, alike.deformation.noise_percent.brain);
}

// The standard errors of a head must not know the head's own errors.
TEST(ErrorFit, AHeadsOwnErrorsDoNotChangeItsStandardErrors) {
  std::vector<FitChange> changes = planted(6, {});
  const TissueValues before = held_out_standard_errors(changes, {}).front();
  for (FitChange& change : changes)
    if (change.head == "head0") change.planted = all(change.planted.brain + 2);
  const TissueValues after = held_out_standard_errors(changes, {}).front();
  EXPECT_EQ(before.brain, after.brain);
  EXPECT_EQ(before.white_matter, after.white_matter);
}

TEST(ErrorFit, FindsWhatTheBoundaryShiftRecovers) {
  const ErrorModel model = fit_error_model(planted(10, {}), {});
  EXPECT_NEAR(model.shift_recovers.brain, 0.8, 1e-9);
}

TEST(ErrorFit, KeepsTheCalibrationOfTheModelBefore) {
  ErrorModel before;
  before.calibration.unknown_length_percent = 0.13;
  EXPECT_EQ(fit_error_model(planted(5, {}), before).calibration.unknown_length_percent, 0.13);
}

TEST(ErrorFit, RefusesTooFewHeads) {
  EXPECT_THROW(fit_error_model(planted(2, {}), {}), InputError);
  EXPECT_THROW(held_out_standard_errors(planted(3, {}), {}), InputError);
}

}  // namespace
}  // namespace wane
