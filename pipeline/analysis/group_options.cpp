#include "pipeline/analysis/group_options.h"

#include "pipeline/analysis/analysis_plan.h"
#include "pipeline/analysis/exclusion.h"

namespace wane {

void GroupOptions::validate() const {
  require_allowed_options("", *this);
}

OptionFields option_fields(GroupOptions& options) {
  return {
      {"baseline_after_days",
       "days",
       "visits before this day do not count in the rates: an anti-inflammatory start shrinks the brain for months "
       "without loss of tissue (pseudo-atrophy)",
       &options.baseline_after_days,
       {0, 36500}},
      {"plan", "", "file that names the one primary analysis; else analysis_plan.json in the dataset, if there is one",
       &options.plan},
      {"scale",
       "",
       "scale of the dose where there is no plan: linear, log or rank",
       &options.scale,
       {},
       {},
       OptionKind::user,
       {name_of(DoseScale::linear), name_of(DoseScale::log), name_of(DoseScale::rank)}},
      {"covariates", "", "columns of participants.tsv that the mixed model adjusts for, such as age,sex,site:category",
       &options.covariates},
      {"next_difference",
       "percent/year",
       "effect that a next trial is to find, highest against lowest dose; 0 gives a table of effects",
       &options.next_difference,
       {-100, 100}},
      {"next_years", "years", "follow-up of the next trial", &options.next_years, {0.01, 100}},
      {"next_visits",
       "",
       "visits of each participant of the next trial, evenly spaced",
       &options.next_visits,
       {2, 1000}},
      {"next_between_sd",
       "percent/year",
       "standard deviation of true rates between participants that the next trial is planned with; 0: this trial's "
       "where it is known well enough, else a published one",
       &options.next_between_sd,
       {0, 100}},
      {"quality",
       "",
       "exclude: what fails a quality check counts in no rate, mean or test; report: it is listed and counts",
       &options.quality,
       {},
       {},
       OptionKind::user,
       {name_of(QualityMode::exclude), name_of(QualityMode::report)}},
      {"decisions", "",
       "file in which people decided which scans count; else quality_decisions.tsv in the dataset, if there is one",
       &options.decisions},
  };
}

}  // namespace wane
