#include "pipeline/measurement/error_model.h"

#include <algorithm>
#include <cmath>

namespace wane {
namespace {

// f of each tissue's member.
template <class F>
TissueValues of_each_tissue(F&& f) {
  return {f(&TissueValues::brain), f(&TissueValues::gray_matter), f(&TissueValues::white_matter)};
}

}  // namespace

double largest_change(const TissueValues& percent) {
  return std::max({std::abs(percent.brain), std::abs(percent.gray_matter), std::abs(percent.white_matter)});
}

ChangeErrors change_errors(const ErrorModel& model, const TissueValues& residual_percent, double calibration_percent,
                           double voxel_mm3, bool visits_blurred) {
  const ErrorCoefficients& coefficients = model.deformation;
  const double noise_growth = std::pow(voxel_mm3, coefficients.noise_exponent);
  const double scale_growth = std::pow(voxel_mm3, coefficients.scale_exponent);
  ChangeErrors errors;
  errors.residual_percent = residual_percent;
  errors.calibration_percent = calibration_percent;
  errors.voxel_mm3 = voxel_mm3;
  errors.visits_blurred = visits_blurred;
  errors.noise_percent = of_each_tissue([&](double TissueValues::*tissue) {
    const double blurred = visits_blurred ? model.blurred_visits_percent.*tissue : 0;
    return std::hypot(std::hypot(residual_percent.*tissue, blurred), noise_growth * coefficients.noise_percent.*tissue,
                      calibration_percent);
  });
  errors.scale_share =
      of_each_tissue([&](double TissueValues::*tissue) { return scale_growth * coefficients.scale_share.*tissue; });
  return errors;
}

TissueValues standard_error(const ChangeErrors& errors, const TissueValues& percent) {
  const double largest = largest_change(percent);
  return of_each_tissue([&](double TissueValues::*tissue) {
    return std::hypot(errors.noise_percent.*tissue, errors.scale_share.*tissue * largest);
  });
}

ChangeEstimate corrected_shift(const ErrorModel& model, const TissueValues& shift_percent, double drift_percent,
                               double voxel_mm3) {
  const ErrorCoefficients& coefficients = model.boundary_shift;
  const double noise_growth = std::pow(voxel_mm3, coefficients.noise_exponent);
  const double scale_growth = std::pow(voxel_mm3, coefficients.scale_exponent);
  ChangeEstimate estimate;
  estimate.percent = of_each_tissue([&](double TissueValues::*tissue) {
    return (shift_percent.*tissue - model.shift_recovers_of_drift * drift_percent) / model.shift_recovers.*tissue;
  });
  estimate.standard_error = of_each_tissue([&](double TissueValues::*tissue) {
    return std::hypot(noise_growth * coefficients.noise_percent.*tissue,
                      scale_growth * coefficients.scale_share.*tissue * estimate.percent.*tissue);
  });
  return estimate;
}

}  // namespace wane
