// How the trial's reports are made.
#pragma once

#include <string>

#include "base/option_field.h"

namespace wane {

struct GroupOptions {
  double baseline_after_days = 0;   // days; visits before do not count in the rates
  std::string plan;                 // file; empty: analysis_plan.json in the dataset, where there is one
  std::string scale = "linear";     // of the dose, where there is no plan: linear, log, rank
  std::string covariates;           // columns of participants.tsv for the mixed model: "age,sex,site"
  double next_difference = 0;       // percent per year, highest against lowest dose, of a next trial; 0: a table
  double next_years = 1;            // follow-up of the next trial
  int next_visits = 3;              // visits of each participant, evenly spaced
  double next_between_sd = 0;       // percent per year, between participants; 0: of this trial, or published
  std::string quality = "exclude";  // what fails a check: exclude it, or only report it
  std::string decisions;            // file; empty: quality_decisions.tsv in the dataset, where there is one
  void validate() const;            // throws UsageError
};
OptionFields option_fields(GroupOptions& options);

}  // namespace wane
