// Volumes of a visit and percent changes between visits. Sign convention everywhere: negative = loss.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

namespace wane {

struct TissueVolumes {  // mL
  double brain = 0;     // parenchyma: gray + white, brainstem and cerebellum included
  double gray_matter = 0;
  double white_matter = 0;
  double csf = 0;
  double intracranial = 0;
};

struct TissueValues {  // one number each, percent or percent per year
  double brain = 0;
  double gray_matter = 0;
  double white_matter = 0;
};

inline constexpr std::array<double TissueValues::*, 3> tissue_members = {
    &TissueValues::brain, &TissueValues::gray_matter, &TissueValues::white_matter};

// Percent changes are of the mean of the two volumes, 200 (V_to - V_from) / (V_to + V_from), so that exchanging two
// visits flips the sign and nothing else. For a change of 1 % of the first visit's volume that is 0.995 %.
inline double percent_change(double from, double to) {
  return from + to > 0 ? 200 * (to - from) / (to + from) : 0;
}

// What a volume is multiplied by, so that drift of the scanner's voxel size, percent in length, is taken out of it.
inline double drift_free_factor(double drift_percent_length) {
  return std::exp(-3 * drift_percent_length / 100);
}

// V_to / V_from of a percent change.
inline double volume_ratio(double percent) {
  return (200 + percent) / (200 - percent);
}

// How fast log(volume_ratio) grows with the percent change, for errors.
inline double log_ratio_per_percent(double percent) {
  return 400 / (40000 - percent * percent);
}

inline TissueValues added_in_squares(const TissueValues& errors, double other) {
  return {std::hypot(errors.brain, other), std::hypot(errors.gray_matter, other),
          std::hypot(errors.white_matter, other)};
}

inline TissueValues added_in_squares(const TissueValues& errors, const TissueValues& others) {
  return {std::hypot(errors.brain, others.brain), std::hypot(errors.gray_matter, others.gray_matter),
          std::hypot(errors.white_matter, others.white_matter)};
}

struct ChangeEstimate {
  TissueValues percent;         // of the mean of both volumes
  TissueValues standard_error;  // percent
};

// What the standard error of a change is made of (error_model.h).
struct ChangeErrors {
  TissueValues residual_percent;   // what is still different between the registered visits, read as volume
  double calibration_percent = 0;  // by the scanner's voxel size
  double voxel_mm3 = 0;            // of the coarsest visit
  TissueValues noise_percent;      // all that is independent from visit to visit, the two above among it
  TissueValues scale_share;     // of the largest of the three changes, 0..1; the same error in all changes of a person
  bool visits_blurred = false;  // the two visits differ in voxel size, and the finer one was blurred
};

struct Change {  // between two visits of a person, by their place in time order
  std::size_t from = 0;
  std::size_t to = 0;
  TissueValues percent;                            // of the mean of both volumes
  TissueValues standard_error;                     // percent, of noise and scale
  std::optional<ChangeEstimate> boundary_shift{};  // a second measurement of the same; empty where it cannot be made
  std::optional<ChangeErrors> errors{};  // parts of the standard error; empty: not known, and all of it may be noise
};

}  // namespace wane
