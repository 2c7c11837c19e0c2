#include "pipeline/report/tables.h"

#include <algorithm>
#include <optional>
#include <set>

#include "pipeline/dataset/natural_order.h"
#include "pipeline/report/exclusion.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/table_builder.h"

namespace wane {
namespace {

std::vector<TableColumn> who(const Trial& trial) {
  return {{"participant_id", "participant, as in participants.tsv"},
          {"dose_group", "name of the dose group; NA while the trial is blinded"},
          {"dose", "dose given", trial.dose_unit}};
}

TableRow row_of(const ParticipantReport& report) {
  return TableRow().text(report.participant_id).text(report.dose_group).dose(report.dose);
}

TableRow row_of(const LeftOut& absent) {
  return TableRow().text(absent.participant_id).text(absent.dose_group).dose(absent.dose);
}

TableColumn trial_flags_column() {
  return {"flags", "sloppy:warn where a participant was measured with --sloppy, which gives no results; else NA"};
}

std::string trial_flags(const Trial& trial) {
  const bool sloppy = std::any_of(trial.reports.begin(), trial.reports.end(),
                                  [](const ParticipantReport& report) { return report.sloppy; });
  return sloppy ? sloppy_flag : "";
}

// Somebody of the trial: measured, or left out.
struct Listed {
  std::size_t report = 0;             // in Trial::reports, where `left_out` is empty
  const LeftOut* left_out = nullptr;  // in Trial::left_out
};

// Those left out stand where their names belong.
std::vector<Listed> everybody(const Trial& trial) {
  std::vector<Listed> listed;
  for (std::size_t i = 0; i < trial.reports.size(); ++i) listed.push_back({i, nullptr});
  for (const auto& absent : trial.left_out) listed.push_back({0, &absent});
  const auto name = [&](const Listed& one) -> const std::string& {
    return one.left_out ? one.left_out->participant_id : trial.reports[one.report].participant_id;
  };
  std::stable_sort(listed.begin(), listed.end(),
                   [&](const Listed& a, const Listed& b) { return natural_less(name(a), name(b)); });
  return listed;
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
                  {"intracranial_ml", "inside of the skull", "mL"},
                  {"flags",
                   "checks of the visit that did not pass, such as saturation:warn; the volumes of a visit "
                   "with a :fail stand here and count in no rate. NA: nothing to look at. quality.tsv has "
                   "the sentences"}});
  TableBuilder table(columns);
  for (const auto& report : trial.reports)
    for (const auto& visit : report.visits) {
      const auto& volumes = visit.volumes_ml;
      TableRow row = row_of(report).text(visit.session).dose(visit.days);
      for (const double volume :
           {volumes.brain, volumes.gray_matter, volumes.white_matter, volumes.csf, volumes.intracranial})
        row.number(volume, decimals_ml);
      table.add(row.text(flags_of(report, visit)));
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
  columns.push_back({"counts",
                     "yes: the change counts in the rate, if its visits are dated and after the baseline; "
                     "no: it failed a check, or one of its visits does not count"});
  columns.push_back({"flags",
                     "checks of the pair, of its two visits and of the participant that did not pass, such as "
                     "same_person:fail,interval:warn. NA: nothing to look at. quality.tsv has the sentences"});
  TableBuilder table(columns);
  for (const auto& report : trial.reports) {
    const Counting counting = what_counts(report);
    for (std::size_t i = 0; i < report.changes.size(); ++i) {
      const ChangeRow& change = report.changes[i];
      table.add(row_of(report)
                    .text(change.from)
                    .text(change.to)
                    .dose(change.days)
                    .percent(change.percent)
                    .percent(change.standard_error)
                    .percent(change.boundary_shift ? std::optional(change.boundary_shift->percent) : std::nullopt)
                    .text(counting.changes[i] ? "yes" : "no")
                    .text(flags_of(report, change)));
    }
  }
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
         {key + "_change_of_rate", "rate minus that of the run-in, " + words, "percent/year"},
         {key + "_change_of_rate_standard_error", "its standard error", "percent/year"}});
  }
  for (const auto& tissue : tissues)
    columns.push_back({std::string(tissue.key) + "_percent_per_year_with_excluded",
                       std::string("rate of change of ") + tissue.words +
                           " if everything that was measured counted; NA where nothing was excluded",
                       "percent/year"});
  columns.push_back({"flags",
                     "all checks of the participant that did not pass, such as same_person:fail,interval:warn; "
                     "NA: nothing to look at. quality.tsv has the sentences"});
  TableBuilder table(columns);
  const auto percent_of = [](TableRow& row, std::optional<double> value) { row.number(value, decimals_percent); };
  for (const Listed& listed : everybody(trial)) {
    if (listed.left_out) {
      TableRow row = row_of(*listed.left_out).count(0).percent(std::nullopt).text(listed.left_out->reason);
      for (std::size_t i = 0; i < 7 * tissues.size() + 1; ++i) row.text(std::nullopt);
      table.add(row);
      continue;
    }
    const std::size_t i = listed.report;
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
    table.add(row.percent(report.rates_with_excluded_percent_per_year).text(flags_of(report)));
  }
  return std::move(table).finished();
}

TableText visits_table(const TrialAnalysis& analysis) {
  const Trial& trial = analysis.trial;
  auto columns = who(trial);
  columns.insert(
      columns.end(),
      {{"session", "a visit of the trial"},
       {"days", "days since dosing (or since the first visit)", "days"},
       {"completed",
        "yes: measured; no: there is no usable scan of this visit, or the participant was left out "
        "(rates.tsv says why)"},
       {"in_rate", "yes: the visit counts in the rate; no: run-in, before the baseline, undated, excluded for quality"},
       {"flags", "checks of the visit that did not pass; NA: nothing to look at"}});
  TableBuilder table(columns);
  std::set<std::string> names;
  for (const auto& report : trial.reports)
    for (const auto& visit : report.visits) names.insert(visit.session);
  std::vector<std::string> sessions(names.begin(), names.end());
  std::sort(sessions.begin(), sessions.end(), natural_less);
  const double first_day = std::max(0.0, trial.options.baseline_after_days);
  for (const Listed& listed : everybody(trial)) {
    if (listed.left_out) {
      // So that the rows of a session are as many as completed_visits in trial_atrophy.json counts participants.
      for (const auto& session : sessions)
        table.add(row_of(*listed.left_out).text(session).dose(std::nullopt).text("no").text("no").text(std::nullopt));
      continue;
    }
    const auto& report = trial.reports[listed.report];
    const std::vector<bool> in_rate = visits_in_rate(report, first_day);
    for (const auto& session : sessions) {
      const auto visit = std::find_if(report.visits.begin(), report.visits.end(),
                                      [&](const VisitRow& row) { return row.session == session; });
      const bool listed_visit = visit != report.visits.end();
      const bool completed = listed_visit && was_measured(*visit);
      const auto days = listed_visit ? visit->days : std::nullopt;
      const bool counts = listed_visit && in_rate[static_cast<std::size_t>(visit - report.visits.begin())];
      table.add(row_of(report)
                    .text(session)
                    .dose(days)
                    .text(completed ? "yes" : "no")
                    .text(counts ? "yes" : "no")
                    .text(listed_visit ? flags_of(report, *visit) : ""));
    }
  }
  return std::move(table).finished();
}

TableText dose_groups_table(const TrialAnalysis& analysis) {
  TableBuilder table({{"dose_group", "name of the dose group; the table is empty while the trial is blinded"},
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
                      {"bootstrap_95_high", "95 % BCa bootstrap interval of the mean", "percent/year"},
                      trial_flags_column()});
  for (const auto& group : analysis.groups.groups)
    for (const auto& tissue : tissues) {
      const Summary& summary = group.rates_percent_per_year.*tissue.summary;
      TableRow row = TableRow().text(group.name).dose(group.dose).text(tissue.key).count(summary.n);
      for (const auto& value : {summary.mean, summary.standard_deviation, summary.median, summary.minimum,
                                summary.maximum, summary.interval_95_low, summary.interval_95_high,
                                summary.bootstrap ? std::optional(summary.bootstrap->low) : std::nullopt,
                                summary.bootstrap ? std::optional(summary.bootstrap->high) : std::nullopt})
        row.number(value, decimals_percent);
      table.add(row.text(trial_flags(analysis.trial)));
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
       {"detectable_slope", "trend found with 80 % power in this design", "percent/year per unit of the scale"},
       trial_flags_column()});
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
                    .number(test.detectable_slope, decimals_quality)
                    .text(trial_flags(analysis.trial)));
    }
  }
  return std::move(table).finished();
}

}  // namespace wane
