#include "pipeline/report/tables.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/natural_order.h"
#include "pipeline/analysis/exclusion.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/table_builder.h"

namespace wane {
namespace {

std::vector<TableColumn> who(const Trial& trial) {
  return {{"participant_id", "label of the participant, as in participants.tsv"},
          {"dose_group", "name of the dose group; NA while the trial is blinded"},
          {"dose", "dose that the participant was given; NA while the trial is blinded", trial.dose_unit}};
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

// Names of the columns of participants.tsv, other than those that the table has already: these get a prefix.
std::vector<TableColumn> other_columns(const Trial& trial, const std::vector<TableColumn>& columns) {
  std::set<std::string> taken = {"flags"};
  for (const auto& column : columns) taken.insert(column.name);
  std::vector<TableColumn> others;
  for (const auto& other : trial.other_columns) {
    std::string name = other.name;
    for (char& c : name)
      if (c == '\t' || c == '\n' || c == '\r') c = ' ';
    while (!taken.insert(name).second) name = "participants_" + name;
    others.push_back({name, "column " + other.name + " of participants.tsv, as it stands there"});
  }
  return others;
}

void add_others(TableRow& row, const Trial& trial, const std::string& participant_id) {
  for (const auto& other : trial.other_columns) {
    const auto found = other.value_of.find(participant_id);
    row.text(found == other.value_of.end() ? std::nullopt : std::optional(found->second));
  }
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
  columns.insert(columns.end(), {{"from", "earlier of the two visits"},
                                 {"to", "later of the two visits"},
                                 {"days", "days between the two visits", "days"}});
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
         {key + "_change_of_rate", "rate of " + words + " minus its rate before day 0 (run-in)", "percent/year"},
         {key + "_change_of_rate_standard_error",
          "standard error of the rate of " + words + " minus that of the run-in", "percent/year"}});
  }
  for (const auto& tissue : tissues)
    columns.push_back({std::string(tissue.key) + "_percent_per_year_with_excluded",
                       std::string("rate of change of ") + tissue.words +
                           " if everything that was measured counted; NA where nothing was excluded",
                       "percent/year"});
  const std::vector<TableColumn> others = other_columns(trial, columns);
  columns.insert(columns.end(), others.begin(), others.end());
  columns.push_back({"flags",
                     "all checks of the participant that did not pass, such as same_person:fail,interval:warn; "
                     "NA: nothing to look at. quality.tsv has the sentences"});
  TableBuilder table(columns);
  const auto percent_of = [](TableRow& row, std::optional<double> value) { row.number(value, decimals_percent); };
  for (const Listed& listed : everybody(trial)) {
    if (listed.left_out) {
      TableRow row = row_of(*listed.left_out).count(0).percent(std::nullopt).text(listed.left_out->reason);
      for (std::size_t i = 0; i < 7 * tissues.size(); ++i) row.text(std::nullopt);
      add_others(row, trial, listed.left_out->participant_id);
      table.add(row.text(std::nullopt));
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
    row.percent(report.rates_with_excluded_percent_per_year);
    add_others(row, trial, report.participant_id);
    table.add(row.text(flags_of(report)));
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
  TableBuilder table(
      {{"dose_group", "name of the dose group; the table is empty while the trial is blinded"},
       {"dose", "median dose of the group", analysis.trial.dose_unit},
       {"tissue", "brain, gray_matter or white_matter"},
       {"n", "participants with a rate"},
       {"mean_percent_per_year", "mean rate of the group", "percent/year"},
       {"standard_deviation_percent_per_year", "standard deviation of the rates in the group", "percent/year"},
       {"median_percent_per_year", "median rate of the group", "percent/year"},
       {"minimum_percent_per_year", "smallest rate of the group (most loss)", "percent/year"},
       {"maximum_percent_per_year", "largest rate of the group (least loss)", "percent/year"},
       {"interval_95_low_percent_per_year", "95 % interval of the mean rate by Student's t, low end", "percent/year"},
       {"interval_95_high_percent_per_year", "95 % interval of the mean rate by Student's t, high end", "percent/year"},
       {"bootstrap_95_low_percent_per_year", "95 % BCa bootstrap interval of the mean rate, low end", "percent/year"},
       {"bootstrap_95_high_percent_per_year", "95 % BCa bootstrap interval of the mean rate, high end", "percent/year"},
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
       {"scale", "scale of the dose in the test: linear, log or rank"},
       {"n", "participants with a dose and a rate"},
       {"estimate",
        "jonckheere: share of pairs in the order of dose; spearman: rho; linear: percent per year per unit of "
        "the scale; above 0.5, 0, 0: less loss with higher dose"},
       {"p", "p value on the side or sides that the analysis plan names"},
       {"p_two_sided", "two-sided p value: share of arrangements of the rates over the doses as far from the mean"},
       {"p_holm", "p adjusted across the three tissues (Holm); NA for the primary test"},
       {"p_method", "how p was computed: exact, sampled or asymptotic"},
       {"p_standard_error", "standard error of p where it was sampled; else 0"},
       {"smallest_possible_p", "smallest p that the exact test of this design can give"},
       {"detectable_slope",
        "trend that the test finds with 80 % power in this design; NA: none, where no p of this design reaches alpha",
        "percent/year per unit of the scale"},
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
                    .number(test.smallest_p, decimals_p)
                    .number(test.detectable_slope, decimals_quality)
                    .text(trial_flags(analysis.trial)));
    }
  }
  return std::move(table).finished();
}

TableText volumes_long_table(const TrialAnalysis& analysis) {
  const Trial& trial = analysis.trial;
  auto columns = who(trial);
  columns.insert(columns.end(),
                 {{"session", "visit that was measured"},
                  {"days", "days since dosing (or since the first visit)", "days"},
                  {"tissue", "brain, gray_matter, white_matter, csf or intracranial (inside of the skull)"},
                  {"volume_ml", "volume of the tissue at the visit", "mL"},
                  {"flags", "checks of the visit that did not pass, such as saturation:warn; NA: nothing to look at"}});
  TableBuilder table(columns);
  const std::pair<const char*, double TissueVolumes::*> volumes[] = {{"brain", &TissueVolumes::brain},
                                                                     {"gray_matter", &TissueVolumes::gray_matter},
                                                                     {"white_matter", &TissueVolumes::white_matter},
                                                                     {"csf", &TissueVolumes::csf},
                                                                     {"intracranial", &TissueVolumes::intracranial}};
  for (const auto& report : trial.reports)
    for (const auto& visit : report.visits)
      for (const auto& [name, volume] : volumes)
        table.add(row_of(report)
                      .text(visit.session)
                      .dose(visit.days)
                      .text(name)
                      .number(visit.volumes_ml.*volume, decimals_ml)
                      .text(flags_of(report, visit)));
  return std::move(table).finished();
}

TableText changes_long_table(const TrialAnalysis& analysis) {
  const Trial& trial = analysis.trial;
  auto columns = who(trial);
  columns.insert(
      columns.end(),
      {{"from", "earlier of the two visits"},
       {"to", "later of the two visits"},
       {"days", "days between the two visits", "days"},
       {"tissue", "brain, gray_matter or white_matter"},
       {"change_percent", "change of the tissue's volume, 200 (later - earlier) / (later + earlier)", "percent"},
       {"standard_error_percent", "standard error of change_percent", "percent"},
       {"boundary_shift_percent", "change of the tissue's volume by the boundary shift integral, to compare",
        "percent"},
       {"boundary_shift_standard_error_percent", "standard error of boundary_shift_percent", "percent"},
       {"counts",
        "yes: the change counts in the rate, if its visits are dated and after the baseline; no: it failed a check, or "
        "one of its visits does not count"},
       {"flags", "checks of the pair, of its two visits and of the participant that did not pass; NA: none"}});
  TableBuilder table(columns);
  const auto of = [](const std::optional<TissueValues>& values, const Tissue& tissue) {
    return values ? std::optional((*values).*tissue.value) : std::nullopt;
  };
  for (const auto& report : trial.reports) {
    const Counting counting = what_counts(report);
    for (std::size_t i = 0; i < report.changes.size(); ++i) {
      const ChangeRow& change = report.changes[i];
      const auto& shift = change.boundary_shift;
      for (const auto& tissue : tissues)
        table.add(row_of(report)
                      .text(change.from)
                      .text(change.to)
                      .dose(change.days)
                      .text(tissue.key)
                      .number(of(change.percent, tissue), decimals_percent)
                      .number(of(change.standard_error, tissue), decimals_percent)
                      .number(shift ? of(shift->percent, tissue) : std::nullopt, decimals_percent)
                      .number(shift ? of(shift->standard_error, tissue) : std::nullopt, decimals_percent)
                      .text(counting.changes[i] ? "yes" : "no")
                      .text(flags_of(report, change)));
    }
  }
  return std::move(table).finished();
}

TableText rates_long_table(const TrialAnalysis& analysis) {
  const Trial& trial = analysis.trial;
  auto columns = who(trial);
  columns.insert(
      columns.end(),
      {{"visits", "visits of the participant that were measured"},
       {"tissue", "brain, gray_matter or white_matter"},
       {"rate_percent_per_year",
        "rate of change of the tissue from all visits that count: what a year changes, in percent of the mean of its "
        "two ends",
        "percent/year"},
       {"standard_error_percent_per_year", "standard error of rate_percent_per_year, of measurement", "percent/year"},
       {"interval_95_low_percent_per_year", "95 % interval of the rate, of measurement, low end", "percent/year"},
       {"interval_95_high_percent_per_year", "95 % interval of the rate, of measurement, high end", "percent/year"},
       {"run_in_rate_percent_per_year", "rate of change of the tissue before day 0", "percent/year"},
       {"change_of_rate_percent_per_year", "rate of the tissue minus its rate before day 0 (run-in)", "percent/year"},
       {"change_of_rate_standard_error_percent_per_year", "standard error of change_of_rate_percent_per_year",
        "percent/year"},
       {"rate_with_excluded_percent_per_year",
        "rate of change of the tissue if everything that was measured counted; NA where nothing was excluded",
        "percent/year"},
       {"no_rate_because", "why the participant has no rate; NA where there is one"}});
  const std::vector<TableColumn> others = other_columns(trial, columns);
  columns.insert(columns.end(), others.begin(), others.end());
  columns.push_back({"flags", "all checks of the participant that did not pass; NA: nothing to look at"});
  TableBuilder table(columns);
  for (const Listed& listed : everybody(trial))
    for (const auto& tissue : tissues) {
      if (listed.left_out) {
        TableRow row = row_of(*listed.left_out).count(0).text(tissue.key);
        for (int i = 0; i < 8; ++i) row.text(std::nullopt);
        row.text(listed.left_out->reason);
        add_others(row, trial, listed.left_out->participant_id);
        table.add(row.text(std::nullopt));
        continue;
      }
      const auto& report = trial.reports[listed.report];
      const TissueRate& own = analysis.rates[listed.report].*tissue.rate;
      const auto& rates = report.rates_percent_per_year;
      const auto& all = report.rates_with_excluded_percent_per_year;
      TableRow row = row_of(report).count(report.visits.size()).text(tissue.key);
      for (const auto& value :
           {rates ? std::optional((*rates).*tissue.value) : std::nullopt,
            own.rate ? own.rate->standard_error : std::nullopt, own.rate ? own.rate->interval_95_low : std::nullopt,
            own.rate ? own.rate->interval_95_high : std::nullopt,
            own.run_in ? std::optional(own.run_in->percent_per_year) : std::nullopt,
            own.change_of_rate ? std::optional(own.change_of_rate->percent_per_year) : std::nullopt,
            own.change_of_rate ? own.change_of_rate->standard_error : std::nullopt,
            all ? std::optional((*all).*tissue.value) : std::nullopt})
        row.number(value, decimals_percent);
      row.text(why_no_rate(report, trial.options.baseline_after_days));
      add_others(row, trial, report.participant_id);
      table.add(row.text(flags_of(report)));
    }
  return std::move(table).finished();
}

TableText next_trial_table(const TrialAnalysis& analysis) {
  TableBuilder table(
      {{"tissue", "brain, gray_matter or white_matter"},
       {"highest_minus_lowest_percent_per_year", "effect to be found: rate at the highest minus the lowest dose",
        "percent/year"},
       {"follow_up_years", "years from the first to the last visit", "years"},
       {"visits", "visits of each participant, evenly spaced"},
       {"power", "chance to find the effect"},
       {"alpha", "level of the test, on the side or sides of the analysis plan"},
       {"participants_per_dose_group",
        "fewest participants in each dose group, and never fewer than the exact test needs to reach alpha; NA: more "
        "than 100 000, or it cannot be computed"},
       {"is_lower_bound",
        "yes: the standard deviation between participants is a lower bound, and so is the number of participants"},
       {"between_participants_sd_percent_per_year",
        "standard deviation of true rates between participants that the design rests on", "percent/year"},
       {"between_participants_sd_source", "where this standard deviation comes from: this trial, published or option"},
       {"visit_error_sd_percent", "standard deviation of the error of one visit that the design rests on", "percent"},
       trial_flags_column()});
  for (std::size_t m = 0; m < tissues.size(); ++m) {
    const MeasureAnalysis& measure = analysis.measures[m];
    for (const NextTrialRow& next : measure.next_trials)
      table.add(TableRow()
                    .text(tissues[m].key)
                    .dose(next.difference)
                    .dose(next.years)
                    .count(static_cast<std::size_t>(next.visits))
                    .dose(next_trial_power)
                    .dose(analysis.plan.alpha)
                    .number(next.per_group ? std::optional(static_cast<double>(*next.per_group)) : std::nullopt, 0)
                    .text(measure.planned_sd.is_lower_bound ? "yes" : "no")
                    .number(measure.planned_sd.percent_per_year, decimals_percent)
                    .text(name_of(measure.planned_sd.source))
                    .number(measure.visit_error_sd, decimals_percent)
                    .text(trial_flags(analysis.trial)));
  }
  return std::move(table).finished();
}

}  // namespace wane
