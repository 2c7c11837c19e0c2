// Does the rate of change go with the dose? Everything that is computed of one measure (brain, gray or white matter).
// Sign convention: negative = loss, so that a rising rate is less loss.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/statistics/isotonic.h"
#include "pipeline/statistics/mixed_model.h"
#include "pipeline/statistics/permutation.h"
#include "pipeline/statistics/power.h"
#include "pipeline/statistics/shift.h"

namespace wane {

struct DoseAndRate {
  std::string participant_id;
  double dose = 0;
  double rate_percent_per_year = 0;
};

enum class DoseScale {
  linear,  // the dose itself
  log,     // its natural logarithm: each doubling counts the same; doses above 0
  rank,    // 1, 2, 3, ... for the doses in rising order: each step counts the same
};

enum class Trend { jonckheere, spearman, linear };

enum class Sides { two, less_loss, more_loss };  // one-sided: only the named effect of a higher dose is looked for

struct DoseResponseOptions {
  DoseScale scale = DoseScale::linear;
  double alpha = 0.05;
  Sides sides = Sides::two;
  PermutationOptions permutation;
  std::size_t most_influence = 100;  // leave-one-out up to so many participants
};

struct TrendTest {
  PermutationTest permutation;
  double p = 1;  // on the side or sides asked for
  double estimate =
      0;  // Jonckheere: share of pairs in the order of dose; Spearman: rho; linear: slope per unit of scale
  double smallest_p = 1;  // that the exact test of this design can give, on the side or sides asked for
  // Found with 80 % power: percent per year for each unit of scale. Empty where smallest_p is above alpha.
  std::optional<double> detectable_slope;
};

struct SlopeInterval {
  double slope = 0;                 // least squares, percent per year for each unit of scale
  std::optional<double> low, high;  // 95 %
  std::string method;               // how the interval was made; empty without one
};

struct Influence {
  std::string participant_id;  // left out
  double slope = 0;            // of the others
  double p_linear = 1;
};

struct DoseResponse {
  std::size_t n = 0;                  // participants with a dose and a rate
  std::optional<std::string> unable;  // why nothing below could be computed, the end of a sentence; else all is there
  std::vector<double> doses;          // each once, rising
  std::vector<double> scores;         // of `doses` on the scale
  TrendTest jonckheere, spearman, linear;
  SlopeInterval slope;
  double residual_sd = 0;  // of rates around the line, percent per year
  IsotonicCurve isotonic;
  Shift high_minus_low;  // highest against lowest dose, percent per year
  std::vector<Influence> influence;
  std::string influence_note;  // why there is none; empty where there is

  const TrendTest& test(Trend trend) const;
};

// Participants whose dose or rate is not finite are not counted. Needs at least three, two doses and two rates; else
// `unable` says what is missing. The order of the participants changes nothing.
//
// p values are exact where all arrangements of the rates over the doses can be counted (pipeline/statistics/
// permutation.h). The slope's interval holds every slope b for which neither one-sided exact test of rate - b * score
// rejects at 2.5 %, up to about 16 participants; beyond it is Student's t. With few arrangements (3 against 3) an end
// may be missing: no slope however large would be rejected.
DoseResponse dose_response(const std::vector<DoseAndRate>& participants, const DoseResponseOptions& options = {});

// The doses on the scale; empty where the scale does not exist for them (log of 0).
std::optional<std::vector<double>> dose_scores(const std::vector<double>& doses, DoseScale scale);

// Holm 1979: p values adjusted so that the chance of any false finding among them stays below alpha. Same order.
std::vector<double> holm_adjusted(const std::vector<double>& p);

}  // namespace wane
