// Does the rate of change go with the dose? Rank correlation with an exact p, for trials of a dozen participants.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace wane {

struct DoseAndRate {
  double dose = 0;
  double rate_percent_per_year = 0;  // negative = loss
};

struct DoseResponse {
  std::size_t n = 0;                   // participants with a dose and a rate
  std::optional<double> spearman_rho;  // of dose with rate; positive: higher dose, less loss
  std::optional<double> p_two_sided;   // of rho under all ways to share out the rates over the doses
  std::string p_method;                // "exact", or how many random arrangements from which seed; empty without p
  std::optional<double> slope_percent_per_year_per_dose;  // least squares, per unit of dose
  std::string sentence;                                   // the result in words, with its direction
};

// `tissue` names what was measured in the sentence: "brain", "gray matter". Pairs that are not finite are not counted.
// Needs at least three participants, two doses and two rates; else the sentence says what is missing.
//
// Ties have their mean rank. The exact p counts all arrangements, grouping equal doses (12 participants in 4 doses:
// 369 600); where that would take more than `most_cells` sums in memory, 100 000 seeded random arrangements stand in.
DoseResponse dose_response(const std::vector<DoseAndRate>& participants, const std::string& tissue,
                           std::size_t most_cells = std::size_t{8} << 20);

}  // namespace wane
