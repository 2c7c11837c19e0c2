#include "pipeline/report/tables.h"

#include <algorithm>
#include <optional>
#include <set>

#include "pipeline/dataset/natural_order.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/table_builder.h"

namespace wane {
namespace {

std::vector<TableColumn> who(const Trial& trial) {
  return {{"participant_id", "participant, as in participants.tsv"},
          {"dose_group", "name of the dose group; a code while the trial is blinded"},
          {"dose", "dose given", trial.dose_unit}};
}

TableRow row_of(const ParticipantReport& report) {
  return TableRow().text(report.participant_id).text(report.dose_group).dose(report.dose);
}

}  // namespace

TableText volumes_table(const TrialAnalysis& analysis) {
  const Trial& trial = analysis.trial;
  auto columns = who(trial);
  columns.insert(columns.end(),
                 {{"session", "visit"},
                  {"days", "days since dosing (or since the first visit)", "days"},
                  {"brain_ml", "brain parenchyma: gray and white matter, brainstem and cerebellum", "mL"},
                  {"gray_matter_ml", "gray matter", "mL"},
                  {"white_matter_ml", "white matter", "mL"},
                  {"csf_ml", "cerebrospinal fluid", "mL"},
                  {"intracranial_ml", "inside of the skull", "mL"}});
  TableBuilder table(columns);
  for (const auto& report : trial.reports)
    for (const auto& visit : report.visits) {
      const auto& volumes = visit.volumes_ml;
      TableRow row = row_of(report).text(visit.session).dose(visit.days);
      for (const double volume :
           {volumes.brain, volumes.gray_matter, volumes.white_matter, volumes.csf, volumes.intracranial})
        row.number(volume, decimals_ml);
      table.add(row);
    }
  return std::move(table).finished();
}

TableText changes_table(const TrialAnalysis& analysis) {
  const Trial& trial = analysis.trial;
  auto columns = who(trial);
  columns.insert(columns.end(),
                 {{"from", "earlier visit"}, {"to", "later visit"}, {"days", "between the two", "days"}});
  for (const auto& tissue : tissues)
    columns.push_back({std::string(tissue.key) + "_percent",
                       std::string("change of ") + tissue.words + " volume, 200 (later - earlier) / (later + earlier)",
                       "percent"});
  for (const auto& tissue : tissues)
    columns.push_back({std::string(tissue.key) + "_standard_error",
                       std::string("standard error of the change of ") + tissue.words, "percent"});
  for (const auto& tissue : tissues)
    columns.push_back({std::string(tissue.key) + "_boundary_shift_percent",
                       std::string("change of ") + tissue.words + " volume by the boundary shift integral, to compare",
                       "percent"});
  TableBuilder table(columns);
  for (const auto& report : trial.reports)
    for (const auto& change : report.changes)
      table.add(row_of(report)
                    .text(change.from)
                    .text(change.to)
                    .dose(change.days)
                    .percent(change.percent)
                    .percent(change.standard_error)
                    .percent(change.boundary_shift ? std::optional(change.boundary_shift->percent) : std::nullopt));
  return std::move(table).finished();
}

TableText rates_table(const TrialAnalysis& analysis) {
  const Trial& trial = analysis.trial;
  auto columns = who(trial);
  columns.push_back({"visits", "visits that were measured"});
  for (const auto& tissue : tissues)
    columns.push_back({std::string(tissue.key) + "_percent_per_year",
                       std::string("rate of change of ") + tissue.words +
                           " from all visits that count: what a year changes, in percent of the mean of its two ends",
                       "percent/year"});
  columns.push_back({"no_rate_because", "why there is no rate; NA where there is one"});
  for (const auto& tissue : tissues) {
    const std::string key = tissue.key, words = tissue.words;
    columns.insert(
        columns.end(),
        {{key + "_standard_error", "standard error of the rate of " + words + ", of measurement", "percent/year"},
         {key + "_interval_95_low", "95 % interval of the rate of " + words + ", low end", "percent/year"},
         {key + "_interval_95_high", "95 % interval of the rate of " + words + ", high end", "percent/year"},
         {key + "_run_in_percent_per_year", "rate of " + words + " before day 0", "percent/year"},
         {key + "_change_of_rate", "rate less that of the run-in, " + words, "percent/year"},
         {key + "_change_of_rate_standard_error", "its standard error", "percent/year"}});
  }
  TableBuilder table(columns);
  const auto percent_of = [](TableRow& row, std::optional<double> value) { row.number(value, decimals_percent); };
  for (std::size_t i = 0; i < trial.reports.size(); ++i) {
    const auto& report = trial.reports[i];
    TableRow row = row_of(report)
                       .count(report.visits.size())
                       .percent(report.rates_percent_per_year)
                       .text(why_no_rate(report, trial.options.baseline_after_days));
    for (const auto& tissue : tissues) {
      const TissueRate& own = analysis.rates[i].*tissue.rate;
      percent_of(row, own.rate ? own.rate->standard_error : std::nullopt);
      percent_of(row, own.rate ? own.rate->interval_95_low : std::nullopt);
      percent_of(row, own.rate ? own.rate->interval_95_high : std::nullopt);
      percent_of(row, own.run_in ? std::optional(own.run_in->percent_per_year) : std::nullopt);
      percent_of(row, own.change_of_rate ? std::optional(own.change_of_rate->percent_per_year) : std::nullopt);
      percent_of(row, own.change_of_rate ? own.change_of_rate->standard_error : std::nullopt);
    }
    table.add(row);
  }
  for (const auto& absent : trial.left_out) {
    TableRow row = TableRow().text(absent.participant_id).text(absent.dose_group).dose(absent.dose).count(0);
    row.percent(std::nullopt).text(absent.reason);
    for (std::size_t i = 0; i < 6 * tissues.size(); ++i) row.text(std::nullopt);
    table.add(row);
  }
  return std::move(table).finished();
}

TableText visits_table(const TrialAnalysis& analysis) {
  const Trial& trial = analysis.trial;
  auto columns = who(trial);
  columns.insert(columns.end(),
                 {{"session", "a visit of the trial"},
                  {"days", "days since dosing (or since the first visit)", "days"},
                  {"completed",
                   "yes: measured; no: there is no usable scan of this visit, or the participant was left out "
                   "(rates.tsv says why)"},
                  {"in_rate", "yes: the visit counts in the rate; no: run-in, before the baseline, undated"}});
  TableBuilder table(columns);
  std::set<std::string> names;
  for (const auto& report : trial.reports)
    for (const auto& visit : report.visits) names.insert(visit.session);
  std::vector<std::string> sessions(names.begin(), names.end());
  std::sort(sessions.begin(), sessions.end(), natural_less);
  const double first_day = std::max(0.0, trial.options.baseline_after_days);
  for (const auto& report : trial.reports)
    for (const auto& session : sessions) {
      const auto visit = std::find_if(report.visits.begin(), report.visits.end(),
                                      [&](const VisitRow& row) { return row.session == session; });
      const bool completed = visit != report.visits.end();
      const auto days = completed ? visit->days : std::nullopt;
      const bool counts = days && *days >= first_day && report.rates_percent_per_year;
      table.add(row_of(report).text(session).dose(days).text(completed ? "yes" : "no").text(counts ? "yes" : "no"));
    }
  // So that the rows of a session are as many as completed_visits in trial_atrophy.json counts participants.
  for (const auto& absent : trial.left_out)
    for (const auto& session : sessions)
      table.add(TableRow()
                    .text(absent.participant_id)
                    .text(absent.dose_group)
                    .dose(absent.dose)
                    .text(session)
                    .dose(std::nullopt)
                    .text("no")
                    .text("no"));
  return std::move(table).finished();
}

TableText dose_groups_table(const TrialAnalysis& analysis) {
  TableBuilder table({{"dose_group", "name of the dose group; a code while the trial is blinded"},
                      {"dose", "median dose of the group", analysis.trial.dose_unit},
                      {"tissue", "brain, gray_matter or white_matter"},
                      {"n", "participants with a rate"},
                      {"mean", "mean rate", "percent/year"},
                      {"standard_deviation", "of the rates", "percent/year"},
                      {"median", "median rate", "percent/year"},
                      {"minimum", "smallest rate (most loss)", "percent/year"},
                      {"maximum", "largest rate (least loss)", "percent/year"},
                      {"interval_95_low", "95 % interval of the mean, Student's t", "percent/year"},
                      {"interval_95_high", "95 % interval of the mean, Student's t", "percent/year"},
                      {"bootstrap_95_low", "95 % BCa bootstrap interval of the mean", "percent/year"},
                      {"bootstrap_95_high", "95 % BCa bootstrap interval of the mean", "percent/year"}});
  for (const auto& group : analysis.groups.groups)
    for (const auto& tissue : tissues) {
      const Summary& summary = group.rates_percent_per_year.*tissue.summary;
      TableRow row = TableRow().text(group.name).dose(group.dose).text(tissue.key).count(summary.n);
      for (const auto& value : {summary.mean, summary.standard_deviation, summary.median, summary.minimum,
                                summary.maximum, summary.interval_95_low, summary.interval_95_high,
                                summary.bootstrap ? std::optional(summary.bootstrap->low) : std::nullopt,
                                summary.bootstrap ? std::optional(summary.bootstrap->high) : std::nullopt})
        row.number(value, decimals_percent);
      table.add(row);
    }
  return std::move(table).finished();
}

TableText dose_tests_table(const TrialAnalysis& analysis) {
  TableBuilder table(
      {{"tissue", "brain, gray_matter or white_matter"},
       {"test", "jonckheere, spearman or linear (contrast on the scale of the dose)"},
       {"role", "primary (named by the analysis plan) or exploratory"},
       {"scale", "of the dose: linear, log or rank"},
       {"n", "participants with a dose and a rate"},
       {"estimate",
        "jonckheere: share of pairs in the order of dose; spearman: rho; linear: percent per year per unit of "
        "the scale; above 0.5, 0, 0: less loss with higher dose"},
       {"p", "on the side or sides that the plan names"},
       {"p_two_sided", "share of arrangements as far from the mean"},
       {"p_holm", "adjusted across measures (exploratory tests)"},
       {"p_method", "exact, sampled or asymptotic"},
       {"p_standard_error", "of a sampled p"},
       {"detectable_slope", "trend found with 80 % power in this design", "percent/year per unit of the scale"}});
  for (std::size_t m = 0; m < tissues.size(); ++m) {
    const MeasureAnalysis& measure = analysis.measures[m];
    if (measure.response.unable) continue;
    for (const Trend trend : {Trend::jonckheere, Trend::spearman, Trend::linear}) {
      const TrendTest& test = measure.response.test(trend);
      const char* method = test.permutation.method == PermutationMethod::exact     ? "exact"
                           : test.permutation.method == PermutationMethod::sampled ? "sampled"
                                                                                   : "asymptotic";
      table.add(TableRow()
                    .text(tissues[m].key)
                    .text(name_of(trend))
                    .text(analysis.is_primary(m, trend) ? "primary" : "exploratory")
                    .text(name_of(analysis.plan.scale))
                    .count(measure.response.n)
                    .number(test.estimate, decimals_quality)
                    .number(test.p, decimals_p)
                    .number(test.permutation.p_two_sided, decimals_p)
                    .number(measure.p_holm[static_cast<std::size_t>(trend)], decimals_p)
                    .text(method)
                    .number(test.permutation.standard_error, decimals_p)
                    .number(test.detectable_slope, decimals_quality));
    }
  }
  return std::move(table).finished();
}

}  // namespace wane
