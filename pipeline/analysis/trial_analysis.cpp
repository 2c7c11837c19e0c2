#include "pipeline/analysis/trial_analysis.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <set>
#include <stdexcept>

#include "base/natural_order.h"
#include "base/parallel.h"
#include "pipeline/analysis/exclusion.h"

namespace wane {
namespace {

using RatesOf = const std::optional<TissueValues>& (*)(const ParticipantReport& report);

const std::optional<TissueValues>& what_counts_of(const ParticipantReport& report) {
  return report.rates_percent_per_year;
}

const std::optional<TissueValues>& everything_of(const ParticipantReport& report) {
  return report.rates_with_excluded_percent_per_year ? report.rates_with_excluded_percent_per_year
                                                     : report.rates_percent_per_year;
}

std::vector<ParticipantRates> group_entries(const Trial& trial, RatesOf rates_of) {
  std::vector<ParticipantRates> entries;
  for (const auto& report : trial.reports)
    entries.push_back({report.participant_id, report.dose_group, report.dose, rates_of(report),
                       why_no_rate(report, trial.options.baseline_after_days)});
  return entries;
}

void forget_doses(Trial& trial) {
  trial.other_columns.clear();  // one of them may name the arm
  for (auto& report : trial.reports) {
    report.dose_group.reset();
    report.dose.reset();
  }
  for (auto& absent : trial.left_out) {
    absent.dose_group.reset();
    absent.dose.reset();
  }
}

void sort_by_name(std::vector<LeftOut>& left_out) {
  std::stable_sort(left_out.begin(), left_out.end(),
                   [](const LeftOut& a, const LeftOut& b) { return natural_less(a.participant_id, b.participant_id); });
}

// Nobody is in a group while the trial is blinded, which is no reason to be left out.
DoseGroups groups_of(const Trial& trial, RatesOf rates_of, const std::vector<LeftOut>& left_out) {
  const std::vector<ParticipantRates> entries = group_entries(trial, rates_of);
  if (!trial.blinded) return dose_groups(entries, left_out);
  DoseGroups none;
  for (const auto& entry : entries) {
    if (!entry.rates_percent_per_year)
      none.left_out.push_back({entry.participant_id, std::nullopt, entry.reason, std::nullopt});
    none.ungrouped.push_back(entry);
  }
  none.left_out.insert(none.left_out.end(), left_out.begin(), left_out.end());
  return none;
}

// A dose without a group counts: the group is a name, the dose is what was given.
std::vector<DoseAndRate> doses_and_rates(const std::vector<ParticipantReport>& reports, RatesOf rates_of,
                                         double TissueValues::*tissue) {
  std::vector<DoseAndRate> pairs;
  for (const auto& report : reports)
    if (const auto& rates = rates_of(report); report.dose && rates)
      pairs.push_back({report.participant_id, *report.dose, (*rates).*tissue});
  return pairs;
}

DoseResponseOptions response_options(const AnalysisPlan& plan) {
  DoseResponseOptions options;
  options.scale = plan.scale;
  options.alpha = plan.alpha;
  options.sides = plan.sides;
  return options;
}

// Columns of a covariate: the number less its mean, or one column for each category but the first.
class CovariateColumns {
 public:
  explicit CovariateColumns(const Covariate& covariate, const std::vector<std::string>& participants)
      : covariate_(covariate) {
    numeric_ = !covariate.category;
    std::set<std::string> categories;
    double sum = 0, count = 0;
    for (const auto& id : participants) {
      const auto found = covariate.value_of.find(id);
      if (found == covariate.value_of.end()) continue;
      categories.insert(found->second);
      const auto number = number_in(found->second);
      numeric_ = numeric_ && number;
      sum += number.value_or(0);
      ++count;
    }
    mean_ = count > 0 ? sum / count : 0;
    if (numeric_ || categories.empty()) return;
    categories_.assign(std::next(categories.begin()), categories.end());
  }

  std::vector<std::string> names() const {
    if (numeric_) return {covariate_.name};
    std::vector<std::string> names;
    for (const auto& category : categories_) names.push_back(covariate_.name + " = " + category);
    return names;
  }

  // Empty for a participant without a value.
  std::optional<std::vector<double>> values(const std::string& id) const {
    const auto found = covariate_.value_of.find(id);
    if (found == covariate_.value_of.end()) return std::nullopt;
    if (numeric_) return std::vector<double>{*number_in(found->second) - mean_};
    std::vector<double> values;
    for (const auto& category : categories_) values.push_back(found->second == category ? 1 : 0);
    return values;
  }

 private:
  static std::optional<double> number_in(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  const Covariate& covariate_;
  bool numeric_ = true;
  double mean_ = 0;
  std::vector<std::string> categories_;
};

struct ModelData {
  std::vector<ModelSubject> subjects;
  std::vector<std::string> effect_names = {"intercept", "years", "dose", "dose x years"};
  std::string note;
};

std::optional<ModelSubject> subject_of(const ParticipantReport& report, const Tissue& tissue, double score,
                                       const std::vector<double>& covariates, double first_day) {
  const VisitSeries series = counting_series_of(report);
  std::vector<ReconciledVisit> used;
  for (const auto& visit : reconciled_visits(series.days, series.changes, tissue.value))
    if (*series.days[visit.visit] >= first_day) used.push_back(visit);
  if (used.size() < 2) return std::nullopt;
  const double volume = report.visits[used.front().visit].volumes_ml.*tissue.volume;
  if (!std::isfinite(volume) || volume <= 0) return std::nullopt;
  const auto rows = static_cast<Eigen::Index>(used.size());
  const auto columns = static_cast<Eigen::Index>(4 + 2 * covariates.size());
  ModelSubject subject{Eigen::MatrixXd(rows, columns), Eigen::VectorXd(rows), Eigen::VectorXd(rows)};
  for (Eigen::Index row = 0; row < rows; ++row) {
    const auto& visit = used[static_cast<std::size_t>(row)];
    subject.years(row) = visit.years;
    subject.values(row) = 100 * (std::log(volume) + visit.log_volume - used.front().log_volume);
    subject.fixed.row(row).head(4) << 1, visit.years, score, score * visit.years;
    for (std::size_t c = 0; c < covariates.size(); ++c) {
      subject.fixed(row, static_cast<Eigen::Index>(4 + 2 * c)) = covariates[c];
      subject.fixed(row, static_cast<Eigen::Index>(5 + 2 * c)) = covariates[c] * visit.years;
    }
  }
  return subject;
}

ModelData model_data(const Trial& trial, const Tissue& tissue, DoseScale scale) {
  ModelData data;
  std::vector<const ParticipantReport*> dosed;
  std::vector<std::string> ids;
  std::vector<double> doses;
  for (const auto& report : trial.reports) {
    if (!report.dose || !report.rates_percent_per_year) continue;
    dosed.push_back(&report);
    ids.push_back(report.participant_id);
    doses.push_back(*report.dose);
  }
  const auto scores = dose_scores(doses, scale);
  if (!scores) throw std::invalid_argument("the logarithm of a dose that is not above 0 does not exist");
  std::vector<CovariateColumns> covariates;
  for (const auto& covariate : trial.covariates) {
    covariates.emplace_back(covariate, ids);
    for (const auto& name : covariates.back().names()) {
      data.effect_names.push_back(name);
      data.effect_names.push_back(name + " x years");
    }
  }
  std::string without;
  std::size_t count = 0;
  for (std::size_t i = 0; i < dosed.size(); ++i) {
    std::vector<double> values;
    bool complete = true;
    for (const auto& covariate : covariates) {
      const auto own = covariate.values(ids[i]);
      complete = complete && own;
      if (own) values.insert(values.end(), own->begin(), own->end());
    }
    auto subject =
        complete ? subject_of(*dosed[i], tissue, (*scores)[i], values, std::max(0.0, trial.options.baseline_after_days))
                 : std::nullopt;
    if (subject) {
      data.subjects.push_back(std::move(*subject));
    } else if (++count <= 20) {
      without += (without.empty() ? "" : ", ") + ids[i];
    }
  }
  if (count > 0)
    data.note = "Not in the model, for want of a covariate, a volume or two dated visits: " + without +
                (count > 20 ? " and " + std::to_string(count - 20) + " more." : ".");
  return data;
}

void set_model(MeasureAnalysis& measure, const Trial& trial, const Tissue& tissue, DoseScale scale) {
  try {
    ModelData data = model_data(trial, tissue, scale);
    measure.model_note = data.note;
    measure.model = fit_mixed_model(data.subjects);
    measure.effect_names = std::move(data.effect_names);
  } catch (const std::invalid_argument& reason) {
    measure.model_note = std::string("There is no mixed model: ") + reason.what() + ".";
  } catch (const BrokenAssertion&) {
    throw;                           // a bug is no finding
  } catch (const std::exception&) {  // of the distributions: rates without any scatter
    measure.model_note = "There is no mixed model: its distributions cannot be computed for these rates.";
  }
}

bool tells_own_slopes(const MeasureAnalysis& measure) {
  return measure.model && measure.model->random_slope && measure.model->converged && !measure.model->singular;
}

// Of a rate that is the least-squares slope over visits with the error of the mixed model.
double standard_error_by_model(const std::vector<ReconciledVisit>& visits, double first_day, double visit_error_sd) {
  constexpr double days_per_year = 365.25;
  double count = 0, sum = 0, squares = 0;
  for (const auto& visit : visits) {
    if (visit.years * days_per_year < first_day - 1e-6) continue;
    ++count;
    sum += visit.years;
    squares += visit.years * visit.years;
  }
  const double spread = count > 0 ? squares - sum * sum / count : 0;
  return spread > 0 ? visit_error_sd / std::sqrt(spread) : 0;
}

// Of a rate, what more visits would reduce. The scale error of a person stays whatever the visits are: for planning, it
// is part of the difference between people.
double noise_error(const Rate& rate) {
  const double error = rate.standard_error.value_or(0), scale = rate.scale_error.value_or(0);
  return std::sqrt(std::max(0.0, error * error - scale * scale));
}

// What differs between people and what is error of a visit, for the next trial. With three visits and more the mixed
// model tells the error of a visit from the visits' own scatter; else it is what the changes' standard errors say.
void set_variances(MeasureAnalysis& measure, const TrialAnalysis& analysis, const Tissue& tissue, DoseScale scale) {
  const bool by_model = tells_own_slopes(measure);
  const double first_day = std::max(0.0, analysis.trial.options.baseline_after_days);
  std::vector<MeasuredRate> rates;
  std::vector<double> doses;
  double visit_variance = 0, visits = 0;
  bool without_errors = false;
  for (std::size_t i = 0; i < analysis.rates.size(); ++i) {
    const ParticipantReport& report = analysis.trial.reports[i];
    const auto& rate = (analysis.rates[i].*tissue.rate).rate;
    if (!rate || !report.dose || !std::isfinite(rate->percent_per_year)) continue;
    const VisitSeries own = counting_series_of(report);
    const auto reconciled = reconciled_visits(own.days, own.changes, tissue.value);
    for (const auto& visit : reconciled) {
      if (!visit.variance) continue;
      visit_variance += *visit.variance;
      ++visits;
    }
    without_errors = without_errors || !rate->standard_error;
    doses.push_back(*report.dose);
    rates.push_back(
        {0, rate->percent_per_year,
         by_model ? standard_error_by_model(reconciled, first_day, measure.model->residual_sd) : noise_error(*rate)});
  }
  const auto scores = dose_scores(doses, scale);
  if (!scores) return;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    rates[i].score = (*scores)[i];
    // Where some have a standard error and some have none, nobody's is taken off.
    if (without_errors && !by_model) rates[i].standard_error = 0;
  }
  measure.between_sd = between_participants_sd(rates);
  if (by_model) {
    measure.visit_error_sd = measure.model->residual_sd;
    measure.variance_note = "The error of a visit is that of the mixed model.";
  } else if (without_errors || visits == 0) {
    measure.variance_note =
        "The changes have no standard errors: all scatter of the rates is taken as difference between participants.";
  } else {
    measure.visit_error_sd = 100 * std::sqrt(visit_variance / visits);
    measure.variance_note = "The error of a visit is that of the changes' standard errors.";
  }
}

// "0.12 % per year (95 % interval 0.05 to 0.30)"
std::string in_words(const BetweenParticipantsSd& sd) {
  char text[160];
  if (!sd.interval_95_high) return "0 (no interval exists: the rates scatter less than their standard errors allow)";
  std::snprintf(text, sizeof text, "%.2f %% per year (95 %% interval %.2f to %.2f)", sd.estimate, *sd.interval_95_low,
                *sd.interval_95_high);
  return text;
}

// Why this trial's own value is not good enough to plan with, as the end of a sentence; empty where it is.
std::string why_not_own(const std::optional<BetweenParticipantsSd>& own) {
  // At twice the estimate a trial needs up to four times as many participants.
  constexpr double most_times_estimate = 2;
  if (!own) return "this trial does not tell its own";
  if (!own->interval_95_high || !(*own->interval_95_low > 0))
    return "this trial does not tell its own from 0: it is " + in_words(*own);
  if (*own->interval_95_high > most_times_estimate * own->estimate)
    return "this trial's own is too uncertain: it is " + in_words(*own);
  return "";
}

PlannedSd planned_sd(const MeasureAnalysis& measure, const Tissue& tissue, const GroupOptions& options) {
  const auto percent = [](double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.3g %% per year", value);
    return std::string(text);
  };
  const std::string start = "The standard deviation between participants is taken as ";
  const auto& own = measure.between_sd;
  if (options.next_between_sd > 0)
    return {options.next_between_sd, SdSource::option, false,
            start + percent(options.next_between_sd) + ", as --next-between-sd gives it" +
                (own ? "; in this trial it is " + in_words(*own) + "." : ".")};
  const std::string doubt = why_not_own(own);
  if (doubt.empty())
    return {own->estimate, SdSource::this_trial, false, start + "this trial's, " + in_words(*own) + "."};
  if (own && own->estimate >= published_brain_sd_percent_per_year)
    return {own->estimate, SdSource::this_trial, false,
            start + "this trial's, " + in_words(*own) +
                ": it is uncertain, and larger than the published one, which would give too few participants."};
  const bool whole_brain = std::string(tissue.key) == "brain";
  std::string why = start + "the published " + percent(published_brain_sd_percent_per_year) + " (" +
                    published_brain_sd_source + "), because " + doubt + ".";
  if (!whole_brain)
    why += std::string(" No value for ") + tissue.words +
           " is known to Wane; it varies more between patients than the whole brain (" + published_tissue_sd_source +
           "), so that the numbers of participants are lower bounds. --next-between-sd gives another value.";
  return {published_brain_sd_percent_per_year, SdSource::published, !whole_brain, why};
}

std::vector<double> evenly_spaced(double years, int visits) {
  std::vector<double> times;
  for (int i = 0; i < visits; ++i) times.push_back(years * i / (visits - 1));
  return times;
}

void set_next_trials(MeasureAnalysis& measure, const TrialAnalysis& analysis, const Tissue& tissue) {
  const GroupOptions& options = analysis.trial.options;
  const auto& scores = measure.response.scores;
  if (measure.response.unable) return;
  measure.planned_sd = planned_sd(measure, tissue, options);
  measure.variance_note = measure.planned_sd.why + (measure.variance_note.empty() ? "" : " " + measure.variance_note);
  std::vector<double> differences = {0.2, 0.4, 0.8};
  std::vector<std::pair<double, int>> schedules = {{1, 2}, {1, 5}, {2, 3}, {2, 9}};
  if (options.next_difference != 0) {
    differences = {std::abs(options.next_difference)};
    schedules = {{options.next_years, options.next_visits}};
  }
  const TestLevel level{analysis.plan.alpha, analysis.plan.sides == Sides::two, next_trial_power};
  for (const double difference : differences)
    for (const auto& [years, visits] : schedules) {
      NextTrial next{scores,
                     difference / (scores.back() - scores.front()),
                     measure.planned_sd.percent_per_year,
                     measure.visit_error_sd,
                     evenly_spaced(years, visits),
                     analysis.plan.test != Trend::linear};
      try {
        measure.next_trials.push_back({difference, years, visits, participants_per_group(next, level)});
      } catch (const BrokenAssertion&) {
        throw;
      } catch (const std::exception&) {  // of the distributions: next to no scatter, so that no size can be given
        measure.variance_note +=
            " There are no numbers of participants, because the rates scatter too little to compute them.";
        return;
      }
    }
}

void set_plan(TrialAnalysis& analysis) {
  const std::string& scale = analysis.trial.options.scale;
  if (!analysis.trial.plan.file) {
    analysis.plan.scale = scale_named(scale).value_or(DoseScale::linear);
    return;
  }
  analysis.plan = analysis.trial.plan.file->plan;
  if (scale != GroupOptions().scale && scale != name_of(analysis.plan.scale))
    analysis.trial.warnings.push_back("The scale of the dose is the analysis plan's (" +
                                      std::string(name_of(analysis.plan.scale)) + "), not that of --scale (" + scale +
                                      ").");
}

// Across the measures, each test by itself; the primary analysis stands alone.
void set_holm(TrialAnalysis& analysis) {
  for (const Trend test : {Trend::jonckheere, Trend::spearman, Trend::linear}) {
    std::vector<double> p;
    std::vector<std::size_t> of;
    for (std::size_t m = 0; m < tissues.size(); ++m) {
      if (analysis.measures[m].response.unable || analysis.is_primary(m, test)) continue;
      p.push_back(analysis.measures[m].response.test(test).p);
      of.push_back(m);
    }
    const auto adjusted = holm_adjusted(p);
    for (std::size_t i = 0; i < of.size(); ++i)
      analysis.measures[of[i]].p_holm[static_cast<std::size_t>(test)] = adjusted[i];
  }
}

void set_with_excluded(TrialAnalysis& analysis) {
  const auto& reports = analysis.trial.reports;
  if (std::none_of(reports.begin(), reports.end(),
                   [](const ParticipantReport& report) { return what_counts(report).excluded_any(); }))
    return;
  WithExcluded& everything = analysis.with_excluded.emplace();
  for (const DoseGroup& group : groups_of(analysis.trial, everything_of, {}).groups)
    everything.groups[group.name] = group.rates_percent_per_year;
  DoseResponseOptions options = response_options(analysis.plan);
  options.most_influence = 0;  // nobody looks at these
  for (std::size_t m = 0; m < tissues.size(); ++m)
    everything.responses[m] = dose_response(doses_and_rates(reports, everything_of, tissues[m].value), options);
}

}  // namespace

const char* name_of(SdSource source) {
  return source == SdSource::this_trial ? "this trial" : source == SdSource::option ? "option" : "published";
}

bool TrialAnalysis::is_primary(std::size_t measure, Trend test) const {
  return trial.plan.file && plan.measure == tissues[measure].key && plan.test == test;
}

TissueRates rate_of(const ParticipantReport& report, const RateOptions& options) {
  const VisitSeries series = counting_series_of(report);
  return participant_rate(series.days, series.changes, options);
}

TissueRates set_rates(ParticipantReport& report, const RateOptions& options) {
  const TissueRates rates = rate_of(report, options);
  report.rates_percent_per_year = rates_percent_per_year(rates);
  report.rates_with_excluded_percent_per_year.reset();
  if (!what_counts(report).excluded_any()) return rates;
  const VisitSeries everything = visit_series_of(report);
  report.rates_with_excluded_percent_per_year = rates_percent_per_year(everything.days, everything.changes, options);
  return rates;
}

std::string why_no_rate(const ParticipantReport& report, double baseline_after_days) {
  if (report.rates_percent_per_year) return "";
  if (report.visits.size() < 2) return report.visits.empty() ? "no visit was measured" : "only one visit";
  if (report.changes.empty()) return "no change was measured";
  std::vector<double> days;
  for (const auto& visit : report.visits)
    if (visit.days) days.push_back(*visit.days);
  if (days.size() < 2)
    return "fewer than two visits have a date" +
           (report.no_dates_because.empty() ? "" : ": " + report.no_dates_because);
  if (std::all_of(days.begin(), days.end(), [&](double day) { return day == days.front(); }))
    return "all visits have the same date";
  const double first = std::max(0.0, baseline_after_days);
  if (std::count_if(days.begin(), days.end(), [&](double day) { return day >= first; }) < 2)
    return "fewer than two visits on or after day " + std::to_string(static_cast<int>(std::ceil(first)));
  if (const auto exclusions = exclusions_of(report); !exclusions.empty()) return why_excluded(exclusions.front());
  return "the changes between dated visits are missing";
}

TrialAnalysis analyse(Trial trial) {
  TrialAnalysis analysis;
  analysis.trial = std::move(trial);
  if (analysis.trial.blinded) forget_doses(analysis.trial);
  set_plan(analysis);
  const RateOptions rate_options{analysis.trial.options.baseline_after_days};
  const QualityMode mode = quality_mode_named(analysis.trial.options.quality).value_or(QualityMode::exclude);
  for (auto& report : analysis.trial.reports) report.quality_mode = mode;
  analysis.rates.resize(analysis.trial.reports.size());
  parallel_for(
      analysis.rates.size(),
      [&](std::size_t i) { analysis.rates[i] = set_rates(analysis.trial.reports[i], rate_options); }, 64);
  analysis.groups = groups_of(analysis.trial, what_counts_of, analysis.trial.left_out);
  sort_by_name(analysis.groups.left_out);
  for (auto& group : analysis.groups.groups) sort_by_name(group.left_out);
  for (std::size_t m = 0; m < tissues.size(); ++m) {
    MeasureAnalysis& measure = analysis.measures[m];
    measure.response = dose_response(doses_and_rates(analysis.trial.reports, what_counts_of, tissues[m].value),
                                     response_options(analysis.plan));
    if (measure.response.unable) {
      measure.model_note = "There is no mixed model: " + *measure.response.unable + ".";
      continue;
    }
    set_model(measure, analysis.trial, tissues[m], analysis.plan.scale);
    set_variances(measure, analysis, tissues[m], analysis.plan.scale);
    set_next_trials(measure, analysis, tissues[m]);
  }
  set_holm(analysis);
  set_with_excluded(analysis);
  return analysis;
}

}  // namespace wane
