// Results as plain sentences, with direction and uncertainty. Negative = loss.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/analysis/trial_analysis.h"

namespace wane {

// A step of dose that people can picture: for the scale "linear" the power of ten within the range of doses
// ("for each 10 million cells"), for "log" a doubling, for "rank" one step of the ladder.
struct DoseStep {
  double scores = 1;  // the step in units of the scale
  std::string words;  // "for each 10 million cells"
};
DoseStep dose_step(const DoseResponse& response, DoseScale scale, const std::string& dose_unit);

// "Higher dose goes with less gray matter loss: the loss is smaller by 0.21 % per year for each 10 million cells, ..."
std::string response_sentence(const TrialAnalysis& analysis, std::size_t measure);

// The plan, then the primary measure's sentence; those of all measures where there is no plan. Negative = loss.
std::string trial_sentence(const TrialAnalysis& analysis);

// "Dose group A (dose 5 million cells, n = 3): brain -0.82 % per year (loss), 95 % interval -1.81 to +0.18; ..."
std::string group_sentence(const DoseGroup& group, const std::string& dose_unit);

// "Brain: -0.82 % per year (loss), 95 % interval of the measurement -1.00 to -0.64 (2 visits); ..." Then what was
// excluded and why, and what a person decided. `options`: that the report's rates were made with.
std::string participant_sentence(const ParticipantReport& report, const RateOptions& options = {});

// How many were excluded for quality, and what the slope would be with them; empty where nobody was.
std::string quality_sentence(const TrialAnalysis& analysis);

// The same of one dose group: " sub-03 was excluded (...); with everything ..."; begins with a blank, or is empty.
std::string group_quality_words(const TrialAnalysis& analysis, const DoseGroup& group);

inline constexpr const char* made_sloppy =
    "MADE WITH --sloppy, coarse and quick to try the program: these numbers are no results.";

// That the reports were made with --sloppy, or some of them; empty where none was.
std::string sloppy_sentence(const std::vector<ParticipantReport>& reports);

// What the plan of the analysis was, and whether it was changed after the first blinded run.
std::string plan_sentence(const TrialAnalysis& analysis);

// "16 million cells", "0.7 x 10^6 cells/kg"
std::string dose_in_words(double dose, const std::string& unit);

std::string p_in_words(double p);  // "p = 0.0034", "p < 0.0001"

}  // namespace wane
