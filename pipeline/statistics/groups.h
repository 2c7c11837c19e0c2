// Rates of the participants of each dose group, and who is left out of them. Sign convention: negative = loss.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/dataset/left_out.h"
#include "pipeline/measurement/volumes.h"
#include "pipeline/statistics/bootstrap.h"

namespace wane {

struct ParticipantRates {
  std::string participant_id;
  std::optional<std::string> dose_group;  // empty: in no group
  std::optional<double> dose;
  std::optional<TissueValues> rates_percent_per_year;  // NaN for a tissue without
  std::string reason;                                  // why there are no rates; empty where there are
};

// In the unit of the values. What a handful of values cannot give is empty.
struct Summary {
  std::size_t n = 0;
  std::optional<double> mean, median, minimum, maximum;     // n >= 1
  std::optional<double> standard_deviation;                 // n >= 2; divided by n - 1
  std::optional<double> interval_95_low, interval_95_high;  // n >= 2; of the mean, Student's t with n - 1 degrees
  std::optional<BootstrapInterval> bootstrap;               // n >= 2 and not all equal; of the mean, 95 %
};

// Values that are not finite are not counted.
Summary summarise(std::vector<double> values);

struct TissueSummaries {
  Summary brain, gray_matter, white_matter;
};

struct DoseGroup {
  std::string name;
  std::optional<double> dose;  // the median of its members' doses, for the order; empty where none has one
  bool one_dose = true;        // all members have this dose
  std::vector<ParticipantRates> participants;  // with rates, in the order given
  TissueSummaries rates_percent_per_year;
  std::vector<LeftOut> left_out;
};

struct DoseGroups {
  std::vector<DoseGroup> groups;            // by dose, then by name; groups without a dose last
  std::vector<ParticipantRates> ungrouped;  // with or without rates: in no dose group
  std::vector<LeftOut> left_out;            // everybody who is in no summary of a group, with the reason
};

// `left_out` are participants that were never measured; they are named in their group's report, which exists even
// where nobody in it was measured.
DoseGroups dose_groups(const std::vector<ParticipantRates>& participants, const std::vector<LeftOut>& left_out);

}  // namespace wane
