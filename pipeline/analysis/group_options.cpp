#include "pipeline/analysis/group_options.h"

#include <cmath>

#include "base/error.h"
#include "pipeline/analysis/analysis_plan.h"
#include "pipeline/analysis/exclusion.h"

namespace wane {

void GroupOptions::validate() const {
  if (!std::isfinite(baseline_after_days) || baseline_after_days < 0)
    throw UsageError("--baseline-after-days has to be 0 or more days after dosing.");
  if (!scale_named(scale)) throw UsageError("--scale is '" + scale + "', but it has to be one of: linear, log, rank.");
  if (!std::isfinite(next_difference)) throw UsageError("--next-difference has to be a number (percent per year).");
  if (!std::isfinite(next_years) || next_years <= 0)
    throw UsageError("--next-years has to be a follow-up of more than 0 years.");
  if (!std::isfinite(next_between_sd) || next_between_sd < 0)
    throw UsageError("--next-between-sd has to be a standard deviation above 0 (percent per year), or 0.");
  if (!quality_mode_named(quality))
    throw UsageError("--quality is '" + quality + "', but it has to be one of: exclude, report.");
  if (next_visits < 2) throw UsageError("--next-visits has to be at least 2: a rate needs two visits.");
}

OptionFields option_fields(GroupOptions& options) {
  return {
      {"baseline_after_days", "days",
       "visits before this day do not count in the rates: an anti-inflammatory start shrinks the brain for months "
       "without loss of tissue (pseudo-atrophy)",
       &options.baseline_after_days},
      {"plan", "", "file that names the one primary analysis; else analysis_plan.json in the dataset, if there is one",
       &options.plan},
      {"scale", "", "scale of the dose where there is no plan: linear, log or rank", &options.scale},
      {"covariates", "", "columns of participants.tsv that the mixed model adjusts for, such as age,sex,site:category",
       &options.covariates},
      {"next_difference", "percent/year",
       "effect that a next trial is to find, highest against lowest dose; 0 gives a table of effects",
       &options.next_difference},
      {"next_years", "years", "follow-up of the next trial", &options.next_years},
      {"next_visits", "", "visits of each participant of the next trial, evenly spaced", &options.next_visits},
      {"next_between_sd", "percent/year",
       "standard deviation of true rates between participants that the next trial is planned with; 0: this trial's "
       "where it is known well enough, else a published one",
       &options.next_between_sd},
      {"quality", "",
       "exclude: what fails a quality check counts in no rate, mean or test; report: it is listed and counts",
       &options.quality},
      {"decisions", "",
       "file in which people decided which scans count; else quality_decisions.tsv in the dataset, if there is one",
       &options.decisions},
  };
}

}  // namespace wane
