#include "pipeline/measurement/error_model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace wane {
namespace {

ErrorModel model_for_tests() {
  ErrorModel model;
  model.deformation = {{0.04, 0.09, 0.06}, 0.5, {0.05, 0.08, 0.07}, 0.25};
  model.boundary_shift = {{0.1, 0.3, 0.2}, 0, {0.2, 0.4, 0.3}, 0};
  model.shift_recovers = {0.8, 0.5, 1};
  model.shift_recovers_of_drift = 0.5;
  return model;
}

TEST(ErrorModel, OfVisitsThatAgreeIsTheNoiseOfTheModel) {
  const ChangeErrors errors = change_errors(model_for_tests(), {}, 0, 1, false);
  const TissueValues error = standard_error(errors, {});
  EXPECT_NEAR(error.brain, 0.04, 1e-12);
  EXPECT_NEAR(error.gray_matter, 0.09, 1e-12);
  EXPECT_NEAR(error.white_matter, 0.06, 1e-12);
}

TEST(ErrorModel, ScaleIsAShareOfTheLargestChangeWhicheverItsSign) {
  const ChangeErrors errors = change_errors(model_for_tests(), {}, 0, 1, false);
  for (const double sign : {-1.0, 1.0}) {
    const TissueValues error = standard_error(errors, {sign * 2, sign * 3, sign * 1});
    EXPECT_NEAR(error.brain, std::hypot(0.04, 0.05 * 3), 1e-12);
    EXPECT_NEAR(error.gray_matter, std::hypot(0.09, 0.08 * 3), 1e-12);
    EXPECT_NEAR(error.white_matter, std::hypot(0.06, 0.07 * 3), 1e-12);
  }
}

TEST(ErrorModel, NoiseHoldsTheResidualAndTheCalibrationAndScaleDoesNot) {
  const ChangeErrors errors = change_errors(model_for_tests(), {0.3, 0, 0}, 0.4, 1, false);
  EXPECT_NEAR(errors.noise_percent.brain, std::sqrt(0.09 + 0.16 + 0.0016), 1e-12);
  EXPECT_NEAR(errors.noise_percent.gray_matter, std::hypot(0.4, 0.09), 1e-12);
  EXPECT_NEAR(errors.scale_share.brain, 0.05, 1e-12);
}

TEST(ErrorModel, VisitsThatDifferInVoxelSizeHaveMoreNoise) {
  ErrorModel model = model_for_tests();
  model.blurred_visits_percent = {0.3, 0.5, 0.4};
  EXPECT_NEAR(change_errors(model, {}, 0, 1, true).noise_percent.brain, std::hypot(0.3, 0.04), 1e-12);
  EXPECT_NEAR(change_errors(model, {}, 0, 1, false).noise_percent.brain, 0.04, 1e-12);
}

TEST(ErrorModel, BothErrorsGrowWithTheCoarsestVisitsVoxelsByTheirOwnPowers) {
  const ChangeErrors errors = change_errors(model_for_tests(), {}, 0, 16, false);
  EXPECT_NEAR(errors.noise_percent.brain, 4 * 0.04, 1e-12);
  EXPECT_NEAR(errors.scale_share.brain, 2 * 0.05, 1e-12);
}

TEST(ErrorModel, TheShiftIsDividedByWhatItRecovers) {
  const ChangeEstimate estimate =
      corrected_shift(model_for_tests(), {-0.8, -0.5, -1}, 0, change_errors(model_for_tests(), {}, 0, 1, false));
  EXPECT_NEAR(estimate.percent.brain, -1, 1e-12);
  EXPECT_NEAR(estimate.percent.gray_matter, -1, 1e-12);
  EXPECT_NEAR(estimate.percent.white_matter, -1, 1e-12);
  EXPECT_NEAR(estimate.standard_error.brain, std::hypot(0.1, 0.2), 1e-12);
}

// A head that is shown 1 % too large (in volume) and did not change: the shift sees half of it.
TEST(ErrorModel, TheShiftLosesTheShareOfADriftThatItSees) {
  const ChangeEstimate estimate =
      corrected_shift(model_for_tests(), {0.5, 0.5, 0.5}, 1, change_errors(model_for_tests(), {}, 0, 1, false));
  EXPECT_NEAR(estimate.percent.brain, 0, 1e-12);
  EXPECT_NEAR(estimate.standard_error.brain, 0.1, 1e-12);
}

TEST(ErrorModel, AnErrorThatAllTissuesShareIsAddedInSquares) {
  const TissueValues error = added_in_squares({0.3, 0.05, 0.12}, 0.4);
  EXPECT_NEAR(error.brain, 0.5, 1e-12);
  EXPECT_NEAR(error.gray_matter, std::hypot(0.05, 0.4), 1e-12);
  EXPECT_NEAR(error.white_matter, std::hypot(0.12, 0.4), 1e-12);
}

}  // namespace
}  // namespace wane
