// The one analysis that was chosen before the results were known (analysis_plan.json). All else is exploratory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "pipeline/statistics/dose_response.h"

namespace wane {

struct AnalysisPlan {
  std::string measure = "gray_matter";  // "brain", "gray_matter", "white_matter"
  Trend test = Trend::linear;
  DoseScale scale = DoseScale::linear;
  double alpha = 0.05;
  Sides sides = Sides::two;
};

struct PlanFile {
  AnalysisPlan plan;
  std::string name;    // of the file, without its folder
  std::string sha256;  // of its bytes
};

// {"measure": "gray_matter", "test": "linear", "scale": "log", "alpha": 0.05, "sides": "two"}. test: jonckheere,
// spearman, linear; scale: linear, log, rank; sides: two, less_loss (only whether a higher dose goes with less loss),
// more_loss. "measure" and "test" must be there; other keys are errors, except "comment".
// Throws InputError with one sentence for anything else.
AnalysisPlan parse_analysis_plan(const std::string& text, const std::string& file);
PlanFile read_analysis_plan(const std::filesystem::path& file);

const char* in_words(Trend test);      // "Jonckheere-Terpstra test"
const char* name_of(Trend test);       // "jonckheere"
const char* name_of(DoseScale scale);  // "linear"
const char* name_of(Sides sides);      // "two"
std::optional<DoseScale> scale_named(const std::string& name);

}  // namespace wane
