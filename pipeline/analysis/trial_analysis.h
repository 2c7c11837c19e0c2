// All statistics of a trial, from the participants' measured changes.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/analysis/analysis_plan.h"
#include "pipeline/analysis/group_options.h"
#include "pipeline/analysis/participant_report.h"
#include "pipeline/analysis/provenance.h"
#include "pipeline/dataset/left_out.h"
#include "pipeline/statistics/between_participants.h"
#include "pipeline/statistics/dose_response.h"
#include "pipeline/statistics/groups.h"
#include "pipeline/statistics/rates.h"

namespace wane {

// The plan of the analysis and what became of it.
struct PlanRecord {
  std::optional<PlanFile> file;                 // empty: none was given
  std::optional<std::string> fixed_sha256;      // of the plan at the first blinded run; "none": there was none then
  std::optional<std::string> unblinded_sha256;  // likewise at the first run that was not blinded
  bool changed() const { return fixed_sha256 && *fixed_sha256 != (file ? file->sha256 : "none"); }
  // Without a plan now, nothing is called primary that could have been chosen by its result.
  bool changed_since_unblinded() const { return file && unblinded_sha256 && *unblinded_sha256 != file->sha256; }
};

// A column of participants.tsv for the mixed model; participants without a value are not in the model.
struct Covariate {
  std::string name;
  std::map<std::string, std::string> value_of;  // by participant; numbers throughout: a number, else categories
  bool category = false;                        // also where the values are numbers (codes of sites)
};

struct Trial {
  std::vector<ParticipantReport> reports;  // measured, in the order they are listed
  std::vector<LeftOut> left_out;           // not measured: no scan, failed, unusable report
  std::string dose_unit;                   // "million cells"; empty: not said
  std::vector<std::string> warnings;       // sentences about the dataset
  GroupOptions options = {};
  PlanRecord plan = {};
  std::vector<Covariate> covariates = {};
  std::vector<Covariate> other_columns = {};  // of participants.tsv, for the tables; never while blinded
  std::optional<InputFile> decisions = {};    // the file of people's decisions, which stand in the reports' visits
  bool blinded = false;  // no report, decision or warning of the trial tells of a dose group or dose
  // While blinded, all that is said of dose groups: their codes, "group-1". Sizes would tell whose group grew where a
  // table grows from report to report.
  std::vector<std::string> blinded_groups = {};
};

// One measure; `words` are those of sentences.
struct Tissue {
  const char* key;    // in JSON
  const char* words;  // in sentences
  double TissueValues::*value;
  Summary TissueSummaries::*summary;
  TissueRate TissueRates::*rate;
  double TissueVolumes::*volume;
};
inline constexpr std::array<Tissue, 3> tissues = {{
    {"brain", "brain", &TissueValues::brain, &TissueSummaries::brain, &TissueRates::brain, &TissueVolumes::brain},
    {"gray_matter", "gray matter", &TissueValues::gray_matter, &TissueSummaries::gray_matter, &TissueRates::gray_matter,
     &TissueVolumes::gray_matter},
    {"white_matter", "white matter", &TissueValues::white_matter, &TissueSummaries::white_matter,
     &TissueRates::white_matter, &TissueVolumes::white_matter},
}};

struct NextTrialRow {
  double difference = 0;  // percent per year, highest against lowest dose
  double years = 0;
  int visits = 0;
  std::optional<std::size_t> per_group;  // empty: more than 100 000
};

enum class SdSource { this_trial, published, option };
const char* name_of(SdSource source);  // "this trial", "published", "option"

inline constexpr double next_trial_power = 0.8;

// The standard deviation between participants that the next trial is planned with. This trial's own is used where its
// interval leaves out 0 and ends at no more than twice the estimate (four times as many participants), or where it is
// larger than the published one. It is never 0.
struct PlannedSd {
  double percent_per_year = 0;
  SdSource source = SdSource::published;
  bool is_lower_bound = false;  // the published value of the whole brain, for gray or white matter
  std::string why;              // a sentence: which one is used, and why
};

struct MeasureAnalysis {
  DoseResponse response;
  std::optional<MixedModel> model;
  std::vector<std::string> effect_names;        // of model->effects: "intercept", "years", "dose", "dose x years", ...
  std::string model_note;                       // why there is no model; or who is not in it
  std::array<std::optional<double>, 3> p_holm;  // by Trend; of the exploratory tests, across measures
  std::optional<BetweenParticipantsSd> between_sd;  // as this trial shows it; empty: nothing tells
  PlannedSd planned_sd;                             // what the sizes of the next trial rest on
  double visit_error_sd = 0;                        // likewise, percent of volume
  std::string variance_note;                        // sentences: where both come from
  std::vector<NextTrialRow> next_trials;
};

// The results as they would be if everything that was measured counted.
struct WithExcluded {
  std::map<std::string, TissueSummaries> groups;  // by name: the rates' summaries
  std::array<DoseResponse, 3> responses;          // of `tissues`
};

struct TrialAnalysis {
  Trial trial;                     // with rates_percent_per_year as the options want them
  AnalysisPlan plan;               // of the file, or the scale of the options with all tests exploratory
  std::vector<TissueRates> rates;  // of trial.reports
  DoseGroups groups;
  std::array<MeasureAnalysis, 3> measures;    // of `tissues`
  std::optional<WithExcluded> with_excluded;  // only where something does not count

  bool is_primary(std::size_t measure, Trend test) const;
};

// The response of the mixed model is 100 x the natural logarithm of a visit's volume in mL: the first visit's measured
// volume times the changes as all pairs of visits agree on them. Its slope is percent per year (logarithmic: -1 % is
// -1.005). No visit is pinned to 0, so that every visit has its own error; the first volume's error is a constant of
// the participant and falls into the random intercept, as does the size of the head. Visits are those that count in the
// rate. Fixed effects: intercept, years, dose (on the plan's scale), dose x years, and each covariate with and without
// x years. dose x years is the dose response.
//
// Of a blinded trial no group and no dose is left in the result.
//
// Sums run in a fixed order: the same trial gives the same bits for any number of threads.
TrialAnalysis analyse(Trial trial);

// A participant's rates from the visits and changes of its report that count.
TissueRates rate_of(const ParticipantReport& report, const RateOptions& options = {});

// Sets both of the report's rates, of what counts and with what was excluded, and gives the details of the former.
TissueRates set_rates(ParticipantReport& report, const RateOptions& options = {});

// Why a participant has no rate, as the end of a sentence; empty where there is one.
std::string why_no_rate(const ParticipantReport& report, double baseline_after_days = 0);

}  // namespace wane
