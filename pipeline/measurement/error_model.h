// How uncertain a measured change is. The coefficients are data, fitted to planted changes
// (share/wane/error_model.json; `wane validate --fit` makes it), and no part of the program.
//
// Two kinds of error are never mixed:
// - Noise: independent from visit to visit (noise of the scans, registration, the scanner's voxel size). It shrinks
// with
//   more visits, and visits are weighted by it.
// - Scale: where the border of a tissue is drawn decides how much of a change, its own or its neighbor's, falls inside
//   it. The border is drawn once for all visits of a person, so that all changes of the person are too large or too
//   small by the same share. More visits do not help, and it says nothing about which visit to trust.
#pragma once

#include "pipeline/measurement/volumes.h"

namespace wane {

// Coefficients at voxels of 1 mm3. Both errors grow with a power of the coarsest visit's voxel volume.
struct ErrorCoefficients {
  TissueValues noise_percent;  // of the mean of both volumes
  double noise_exponent = 0;
  TissueValues scale_share;  // of the change, 0..1
  double scale_exponent = 0;
};

// Drift of the scanner's voxel size, in percent of length; see registration/calibration_drift.h.
struct CalibrationErrors {
  double unknown_length_percent = 0;   // where no skull shows it
  double smallest_length_percent = 0;  // of a drift that was found and taken out, at least
  double share = 0;                    // of a drift that was taken out
  double share_along_axis = 0;         // of a drift along single axes that was taken out
};

struct ErrorModel {
  // Further noise of both measurements where the visits of a person differ in voxel size: a finer visit that is blurred
  // is not quite like one with large voxels.
  TissueValues blurred_visits_percent;
  ErrorCoefficients deformation;     // scale: of the largest of the person's three changes
  ErrorCoefficients boundary_shift;  // scale: of the tissue's own change
  // What share of a change, and of a wrong voxel size, the boundary shift integral sees; it is divided by them.
  TissueValues shift_recovers;
  double shift_recovers_of_drift = 0;
  CalibrationErrors calibration;
};

// The largest of the three changes without its sign, percent: what the scale error of the deformation is a share of.
double largest_change(const TissueValues& percent);

// `residual_percent`: what is still different between the registered visits, read as volume (integration.h).
// `calibration_percent`: of volume, by the scanner's voxel size. `voxel_mm3`: of the coarsest visit.
ChangeErrors change_errors(const ErrorModel& model, const TissueValues& residual_percent, double calibration_percent,
                           double voxel_mm3, bool visits_blurred);

// Of a change: noise and scale, added in squares.
TissueValues standard_error(const ChangeErrors& errors, const TissueValues& percent);

// The boundary shift integral (boundary_shift.h) as an estimate of the change. `drift_percent`, of volume, is what was
// taken out of the deformation's change for the voxel size; `errors` are the deformation's, of which both measurements
// share those of voxel size, calibration and blur.
ChangeEstimate corrected_shift(const ErrorModel& model, const TissueValues& shift_percent, double drift_percent,
                               const ChangeErrors& errors);

}  // namespace wane
