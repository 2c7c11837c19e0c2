// Measured changes held against planted truth.
#pragma once

#include <filesystem>
#include <string>

namespace wane {

struct TruthComparison {
  std::string text;
  bool complete = true;  // false: something planted has no measured change; `text` names it in lines "MISSING ..."
};

// `out_dir`: results of `wane run` (PARTICIPANT/PARTICIPANT_atrophy.json); `truth_dir`: one JSON a participant as
// `wane simulate` writes it. Returns a table of the brain and gray matter change from the first to each later visit,
// a line of figures for each tissue (MAE, bias, worst, slope), and the dose groups' means with whether they come
// in the planted order. Throws InputError where there is no truth, or no report for any of it.
TruthComparison compare_with_truth(const std::filesystem::path& out_dir, const std::filesystem::path& truth_dir);

}  // namespace wane
