#include "pipeline/measurement/error_model.h"

#include <algorithm>
#include <cmath>

namespace wane {
namespace {

// f of each tissue's member.
template <class F>
TissueValues of_each_tissue(F&& f) {
  TissueValues values;
  for (const auto tissue : tissue_members) values.*tissue = f(tissue);
  return values;
}

struct NoiseAndShare {
  TissueValues noise_percent, scale_share;
};

NoiseAndShare at_voxels(const ErrorCoefficients& coefficients, double voxel_mm3) {
  const double noise = std::pow(voxel_mm3, coefficients.noise_exponent);
  const double scale = std::pow(voxel_mm3, coefficients.scale_exponent);
  return {of_each_tissue([&](double TissueValues::*tissue) { return noise * coefficients.noise_percent.*tissue; }),
          of_each_tissue([&](double TissueValues::*tissue) { return scale * coefficients.scale_share.*tissue; })};
}

}  // namespace

double largest_change(const TissueValues& percent) {
  return std::max({std::abs(percent.brain), std::abs(percent.gray_matter), std::abs(percent.white_matter)});
}

ChangeErrors change_errors(const ErrorModel& model, const TissueValues& residual_percent, double calibration_percent,
                           double voxel_mm3, bool visits_blurred) {
  const NoiseAndShare own = at_voxels(model.deformation, voxel_mm3);
  ChangeErrors errors;
  errors.residual_percent = residual_percent;
  errors.calibration_percent = calibration_percent;
  errors.voxel_mm3 = voxel_mm3;
  errors.visits_blurred = visits_blurred;
  errors.noise_percent = of_each_tissue([&](double TissueValues::*tissue) {
    const double blurred = visits_blurred ? model.blurred_visits_percent.*tissue : 0;
    return std::hypot(std::hypot(residual_percent.*tissue, blurred), own.noise_percent.*tissue, calibration_percent);
  });
  errors.scale_share = own.scale_share;
  return errors;
}

TissueValues standard_error(const ChangeErrors& errors, const TissueValues& percent) {
  const double largest = largest_change(percent);
  return of_each_tissue([&](double TissueValues::*tissue) {
    return std::hypot(errors.noise_percent.*tissue, errors.scale_share.*tissue * largest);
  });
}

ChangeEstimate corrected_shift(const ErrorModel& model, const TissueValues& shift_percent, double drift_percent,
                               const ChangeErrors& errors) {
  const NoiseAndShare own = at_voxels(model.boundary_shift, errors.voxel_mm3);
  ChangeEstimate estimate;
  estimate.percent = of_each_tissue([&](double TissueValues::*tissue) {
    return (shift_percent.*tissue - model.shift_recovers_of_drift * drift_percent) / model.shift_recovers.*tissue;
  });
  estimate.standard_error = of_each_tissue([&](double TissueValues::*tissue) {
    return std::hypot(own.noise_percent.*tissue, own.scale_share.*tissue * estimate.percent.*tissue);
  });
  estimate.standard_error = added_in_squares(estimate.standard_error, errors.calibration_percent);
  if (errors.visits_blurred)
    estimate.standard_error = added_in_squares(estimate.standard_error, model.blurred_visits_percent);
  return estimate;
}

}  // namespace wane
