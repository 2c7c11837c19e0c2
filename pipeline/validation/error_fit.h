// The error model (measurement/error_model.h) fitted to changes that were planted and measured, and judged on heads
// that were not in the fit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/measurement/error_model.h"

namespace wane {

struct FitChange {
  std::string head;                // the same for all changes that were planted in one head
  TissueValues planted, measured;  // percent of the mean of both volumes
  ChangeErrors errors;             // as measured; of these, residual, calibration and voxel volume are used
  // The boundary shift integral without drift, as it was before it was divided by what it recovers; empty: not made.
  std::optional<TissueValues> shift_percent;
};

// Coefficients of the deformation. Per tissue, noise and scale share are those under which the errors are most likely
// (normal distributions with mean 0; the exponents, common to the tissues, from a list); both are then multiplied by
// the factor with which the 95 % intervals of heads hold 95 % of the changes where each head's coefficients come from
// the other heads (cross-validation, Barber et al. 2021). All of that is fitted to people whose visits are alike in
// voxel size; `blurred_visits_percent` is then the root mean square of what it leaves of the others' errors. What the
// boundary shift recovers is the slope of its percents against the planted ones. Its own errors are taken from
// `before`, with the calibration: visits that are planted in one scan do not show how the brightness of tissues differs
// from day to day, to which the shift is sensitive. Throws InputError where the changes come from fewer than three
// heads.
ErrorModel fit_error_model(const std::vector<FitChange>& changes, const ErrorModel& before);

// The standard error of each change, in their order, by the model that is fitted to the other heads. Throws InputError
// where the changes come from fewer than four heads.
std::vector<TissueValues> held_out_standard_errors(const std::vector<FitChange>& changes, const ErrorModel& before);

}  // namespace wane
