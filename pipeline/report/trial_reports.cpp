#include "pipeline/report/trial_reports.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/natural_order.h"
#include "base/parallel.h"
#include "pipeline/analysis/exclusion.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/report/tables.h"
#include "pipeline/report/words.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

ordered_json summary_json(const Summary& summary) {
  const auto percent = [](std::optional<double> value) { return number_json(value, decimals_percent); };
  ordered_json json = {{"n", summary.n},
                       {"mean", percent(summary.mean)},
                       {"standard_deviation", percent(summary.standard_deviation)},
                       {"median", percent(summary.median)},
                       {"interval_95", nullptr},
                       {"minimum", percent(summary.minimum)},
                       {"maximum", percent(summary.maximum)}};
  if (summary.interval_95_low)
    json["interval_95"] = ordered_json::array({percent(summary.interval_95_low), percent(summary.interval_95_high)});
  json["bootstrap_interval_95"] = nullptr;
  if (summary.bootstrap)
    json["bootstrap_interval_95"] = {{"interval", {percent(summary.bootstrap->low), percent(summary.bootstrap->high)}},
                                     {"method", "BCa, " + summary.bootstrap->method}};
  return json;
}

ordered_json summaries_json(const TissueSummaries& summaries) {
  ordered_json json;
  for (const auto& tissue : tissues) json[tissue.key] = summary_json(summaries.*tissue.summary);
  return json;
}

// What several reports list: written out once.
struct SharedRows {
  std::vector<std::string> participants;  // one for each of Trial::reports
  JsonRows inputs;
  Provenance without_inputs;
};

JsonRows left_out_rows(const std::vector<LeftOut>& left_out) {
  JsonRows rows("left_out");
  for (const auto& absent : left_out)
    rows.add({{"participant_id", absent.participant_id},
              {"dose_group", text_json(absent.dose_group)},
              {"reason", absent.reason},
              {"dose", number_json(absent.dose, decimals_dose)}});
  return rows;
}

ordered_json participant_json(const ParticipantReport& report, const TissueRates& rates) {
  ordered_json json = {
      {"participant_id", report.participant_id},
      {"dose_group", text_json(report.dose_group)},
      {"dose", number_json(report.dose, decimals_dose)},
      {"visits", report.visits.size()},
      {"verdict", name_of(worst_verdict(report))},
      {"rates_percent_per_year",
       report.rates_percent_per_year ? percent_json(*report.rates_percent_per_year) : ordered_json(nullptr)},
      {"rate_intervals", rate_details_json(rates)}};
  if (report.rates_with_excluded_percent_per_year)
    json["rates_with_excluded_percent_per_year"] = percent_json(*report.rates_with_excluded_percent_per_year);
  if (report.sloppy) json["sloppy"] = true;
  return json;
}

// {"participant_id", "session" or "from" and "to"}; the person has neither.
ordered_json place_json(const ParticipantReport& report, const Finding& finding) {
  ordered_json json = {{"participant_id", report.participant_id}};
  if (!finding.from.empty() || !finding.to.empty()) {
    json["from"] = finding.from;
    json["to"] = finding.to;
  } else if (!finding.session.empty()) {
    json["session"] = finding.session;
  }
  return json;
}

void add_exclusions(JsonRows& rows, const ParticipantReport& report) {
  for (const Finding& exclusion : exclusions_of(report)) {
    ordered_json row = place_json(report, exclusion);
    row["check"] = exclusion.check;
    row["sentence"] = exclusion.is_decision() ? "A person decided that this visit does not count." : exclusion.sentence;
    row["reason"] = exclusion.is_decision() ? ordered_json(exclusion.sentence) : ordered_json(nullptr);
    row["reader"] = exclusion.is_decision() ? ordered_json(exclusion.reader) : ordered_json(nullptr);
    rows.add(row);
  }
}

void add_findings(JsonRows& rows, const ParticipantReport& report) {
  for (const Finding& finding : open_findings_of(report)) {
    ordered_json row = place_json(report, finding);
    row["verdict"] = name_of(finding.verdict);
    row["check"] = finding.check;
    row["sentence"] = finding.sentence;
    rows.add(row);
  }
}

void add_decisions(JsonRows& rows, const ParticipantReport& report) {
  for (const auto& visit : report.visits) {
    if (!visit.decision) continue;
    VisitRow undecided = visit;
    undecided.decision.reset();
    rows.add({{"participant_id", report.participant_id},
              {"session", visit.session},
              {"decision", visit.decision->pass ? "pass" : "fail"},
              {"reason", visit.decision->reason},
              {"reader", visit.decision->reader},
              {"time", visit.decision->time},
              {"checks_said", name_of(verdict_of(undecided))}});
  }
}

// The long lists of the member "quality".
struct QualityRows {
  JsonRows needs_a_look{"needs_a_look", 2}, excluded{"excluded", 2}, decisions{"decisions", 2};
};

QualityRows quality_rows(const Trial& trial) {
  QualityRows rows;
  for (const auto& report : trial.reports) {
    add_findings(rows.needs_a_look, report);
    add_exclusions(rows.excluded, report);
    add_decisions(rows.decisions, report);
  }
  return rows;
}

ordered_json quality_json(const Trial& trial, const QualityRows& rows) {
  ordered_json json = {{"mode", trial.options.quality}, {"decisions_file", nullptr}, {"decisions_sha256", nullptr}};
  if (trial.decisions) {
    json["decisions_file"] = trial.decisions->path;
    if (trial.decisions->hmac_sha256.empty())
      json["decisions_sha256"] = trial.decisions->sha256;
    else
      json["decisions_hmac_sha256"] = trial.decisions->hmac_sha256;
  }
  for (const JsonRows* list : {&rows.needs_a_look, &rows.excluded, &rows.decisions}) list->place_in(json);
  return json;
}

SharedRows shared_rows(const TrialAnalysis& analysis, const Provenance& provenance) {
  const auto& reports = analysis.trial.reports;
  SharedRows shared{std::vector<std::string>(reports.size()),
                    input_rows(provenance),
                    {provenance.version, provenance.options, {}, provenance.sloppy, provenance.log_head_sha256}};
  parallel_for(
      reports.size(),
      [&](std::size_t i) { shared.participants[i] = json_line(participant_json(reports[i], analysis.rates[i])); }, 64);
  return shared;
}

std::vector<std::string> group_warnings(const DoseGroup& group) {
  std::vector<std::string> warnings;
  if (!group.one_dose)
    warnings.push_back("The participants of this group had different doses; the dose given here is their median.");
  if (group.participants.size() < 2)
    warnings.push_back("Fewer than two participants have a rate: there is no standard deviation and no interval.");
  else if (group.participants.size() < 6)
    warnings.push_back(
        "With fewer than six participants a bootstrap interval is too narrow: read the interval by Student's t.");
  return warnings;
}

std::string group_path(const std::string& file_label) {
  return "dose-groups/dose-" + file_label + "_atrophy.json";
}

std::string group_text(const DoseGroup& group, const std::vector<std::size_t>& members, const TrialAnalysis& analysis,
                       const SharedRows& shared) {
  const Trial& trial = analysis.trial;
  auto json = report_head("wane/dose-group/1", shared.without_inputs);
  json["dose_group"] = group.name;
  json["dose"] = number_json(group.dose, decimals_dose);
  json["dose_unit"] = trial.dose_unit.empty() ? ordered_json(nullptr) : ordered_json(trial.dose_unit);
  const std::string sloppy = shared.without_inputs.sloppy ? sloppy_sentence(trial.reports) + " " : "";
  json["sentence"] = sloppy + group_sentence(group, trial.dose_unit) + group_quality_words(analysis, group);
  json["rates_percent_per_year"] = summaries_json(group.rates_percent_per_year);
  JsonRows excluded("excluded", 2);
  for (const auto& report : trial.reports)
    if (report.dose_group == group.name) add_exclusions(excluded, report);
  json["quality"] = {{"mode", trial.options.quality}};
  excluded.place_in(json["quality"]);
  if (analysis.with_excluded && analysis.with_excluded->groups.contains(group.name))
    json["rates_with_excluded_percent_per_year"] = summaries_json(analysis.with_excluded->groups.at(group.name));
  JsonRows participants("participants");
  for (const auto i : members) participants.add_line(shared.participants[i]);
  participants.place_in(json);
  const JsonRows left_out = left_out_rows(group.left_out);
  left_out.place_in(json);
  json["warnings"] = group_warnings(group);
  add_provenance(json, shared.without_inputs);
  return json_text(json, {&excluded, &participants, &left_out, &shared.inputs});
}

ordered_json test_json(const TrialAnalysis& analysis, std::size_t measure, Trend trend) {
  const MeasureAnalysis& own = analysis.measures[measure];
  const TrendTest& test = own.response.test(trend);
  const PermutationTest& permutation = test.permutation;
  const char* estimate = trend == Trend::jonckheere ? "share_of_pairs_in_order"
                         : trend == Trend::spearman ? "rho"
                                                    : "slope_percent_per_year_per_unit_of_scale";
  const auto p = [](double value) { return number_json(value, decimals_p); };
  const double range = own.response.scores.back() - own.response.scores.front();
  ordered_json json = {{"role", analysis.is_primary(measure, trend) ? "primary" : "exploratory"},
                       {estimate, number_json(test.estimate, decimals_quality)},
                       {"statistic", number_json(permutation.statistic, decimals_quality)},
                       {"statistic_mean", number_json(permutation.mean, decimals_quality)},
                       {"statistic_standard_deviation", number_json(permutation.standard_deviation, decimals_quality)},
                       {"p", p(test.p)},
                       {"p_two_sided", p(permutation.p_two_sided)},
                       {"p_less_loss", p(permutation.p_greater)},
                       {"p_more_loss", p(permutation.p_less)},
                       {"p_holm_across_measures", number_json(own.p_holm[static_cast<std::size_t>(trend)], decimals_p)},
                       {"p_method", method_in_words(permutation)},
                       {"p_standard_error", p(permutation.standard_error)},
                       {"smallest_possible_p", p(test.smallest_p)},
                       {"detectable", nullptr}};
  if (test.detectable_slope)
    json["detectable"] = {
        {"power", 0.8},
        {"slope_percent_per_year_per_unit_of_scale", number_json(test.detectable_slope, decimals_quality)},
        {"highest_minus_lowest_percent_per_year", number_json(*test.detectable_slope * range, decimals_percent)}};
  return json;
}

ordered_json shift_json(const Shift& shift) {
  const auto percent = [](std::optional<double> value) { return number_json(value, decimals_percent); };
  ordered_json json = {{"percent_per_year", percent(shift.estimate)},
                       {"interval", nullptr},
                       {"confidence", number_json(shift.confidence, decimals_percent)},
                       {"widest_interval", {percent(shift.widest_low), percent(shift.widest_high)}},
                       {"method", shift.exact ? "Hodges-Lehmann, exact" : "Hodges-Lehmann, normal approximation"}};
  if (shift.low) json["interval"] = {percent(shift.low), percent(shift.high)};
  return json;
}

// The dose response in the model that a t test with its degrees of freedom and standard error finds with 80 % power.
std::optional<double> detectable_effect(const FixedEffect& effect, const AnalysisPlan& plan) {
  if (!(effect.degrees_of_freedom >= 1)) return std::nullopt;
  return effect.standard_error *
         detectable_noncentrality(effect.degrees_of_freedom, {plan.alpha, plan.sides == Sides::two, 0.8});
}

ordered_json model_json(const MeasureAnalysis& measure, const AnalysisPlan& plan) {
  ordered_json json = {{"note", measure.model_note}, {"effects", ordered_json::array()}};
  if (!measure.model) return json;
  const MixedModel& model = *measure.model;
  if (!model.note.empty()) json["note"] = measure.model_note + (measure.model_note.empty() ? "" : " ") + model.note;
  const auto number = [](double value) { return number_json(value, decimals_quality); };
  for (std::size_t i = 0; i < model.effects.size(); ++i) {
    const FixedEffect& effect = model.effects[i];
    json["effects"].push_back({{"name", measure.effect_names[i]},
                               {"estimate", number(effect.estimate)},
                               {"standard_error", number(effect.standard_error)},
                               {"degrees_of_freedom", number(effect.degrees_of_freedom)},
                               {"t", number(effect.t)},
                               {"p_two_sided", number_json(effect.p_two_sided, decimals_p)},
                               {"interval_95", {number(effect.low), number(effect.high)}},
                               {"detectable", number_json(detectable_effect(effect, plan), decimals_quality)}});
  }
  json["response"] = "100 x ln(volume in mL); effects x years are percent per year (logarithmic)";
  json["degrees_of_freedom_method"] = "Satterthwaite";
  json["random_slope"] = model.random_slope;
  json["intercept_sd"] = number(model.intercept_sd);
  json["slope_sd"] = number(model.slope_sd);
  json["correlation"] = number(model.correlation);
  json["residual_sd"] = number(model.residual_sd);
  json["reml_deviance"] = number(model.reml_deviance);
  json["singular"] = model.singular;
  json["converged"] = model.converged;
  json["participants"] = model.subjects;
  json["observations"] = model.observations;
  return json;
}

ordered_json between_sd_json(const MeasureAnalysis& measure) {
  const PlannedSd& planned = measure.planned_sd;
  const auto& own = measure.between_sd;
  ordered_json json = {
      {"source", name_of(planned.source)},
      {"is_lower_bound", planned.is_lower_bound},
      {"this_trial_percent_per_year", number_json(own ? std::optional(own->estimate) : std::nullopt, decimals_quality)},
      {"this_trial_interval_95", nullptr},
      {"sentence", planned.why}};
  if (own && own->interval_95_high)
    json["this_trial_interval_95"] = {number_json(own->interval_95_low, decimals_quality),
                                      number_json(own->interval_95_high, decimals_quality)};
  return json;
}

ordered_json next_trials_json(const MeasureAnalysis& measure, const AnalysisPlan& plan) {
  auto rows = ordered_json::array();
  for (const auto& row : measure.next_trials)
    rows.push_back({{"highest_minus_lowest_percent_per_year", row.difference},
                    {"years", row.years},
                    {"visits", row.visits},
                    {"participants_per_dose_group", row.per_group ? ordered_json(*row.per_group) : ordered_json()}});
  return {
      {"power", 0.8},
      {"alpha", plan.alpha},
      {"between_participants_sd_percent_per_year", number_json(measure.planned_sd.percent_per_year, decimals_quality)},
      {"between_participants_sd", between_sd_json(measure)},
      {"visit_error_sd_percent", number_json(measure.visit_error_sd, decimals_quality)},
      {"variances", measure.variance_note},
      {"designs", rows}};
}

// The first members are those that older scripts read: Spearman's p and the least-squares slope.
ordered_json response_json(const TrialAnalysis& analysis, std::size_t m) {
  const MeasureAnalysis& measure = analysis.measures[m];
  const DoseResponse& response = measure.response;
  ordered_json json = {{"n", response.n},
                       {"spearman_rho", nullptr},
                       {"p_two_sided", nullptr},
                       {"p_method", nullptr},
                       {"slope_percent_per_year_per_dose", nullptr},
                       {"sentence", response_sentence(analysis, m)},
                       {"scale", name_of(analysis.plan.scale)}};
  if (response.unable) {
    json["unable"] = *response.unable;
    return json;
  }
  const auto percent = [](std::optional<double> value) { return number_json(value, decimals_quality); };
  json["spearman_rho"] = number_json(response.spearman.estimate, decimals_percent);
  json["p_two_sided"] = number_json(response.spearman.permutation.p_two_sided, decimals_p);
  json["p_method"] = method_in_words(response.spearman.permutation);
  if (analysis.plan.scale == DoseScale::linear) json["slope_percent_per_year_per_dose"] = percent(response.slope.slope);
  json["slope"] = {{"percent_per_year_per_unit_of_scale", percent(response.slope.slope)},
                   {"interval_95", {percent(response.slope.low), percent(response.slope.high)}},
                   {"interval_method", response.slope.method},
                   {"residual_sd_percent_per_year", percent(response.residual_sd)}};
  for (const Trend trend : {Trend::jonckheere, Trend::spearman, Trend::linear})
    json["tests"][name_of(trend)] = test_json(analysis, m, trend);
  json["highest_minus_lowest"] = shift_json(response.high_minus_low);
  auto fitted = ordered_json::array();
  for (const double value : response.isotonic.fitted) fitted.push_back(number_json(value, decimals_percent));
  json["isotonic"] = {{"direction", response.isotonic.rising ? "less loss with dose" : "more loss with dose"},
                      {"doses", response.isotonic.doses},
                      {"percent_per_year", fitted}};
  json["mixed_model"] = model_json(measure, analysis.plan);
  json["leave_one_out"] = {{"note", response.influence_note}, {"without", ordered_json::array()}};
  for (const auto& each : response.influence)
    json["leave_one_out"]["without"].push_back({{"participant_id", each.participant_id},
                                                {"slope_percent_per_year_per_unit_of_scale", percent(each.slope)},
                                                {"p_linear", number_json(each.p_linear, decimals_p)}});
  json["next_trial"] = next_trials_json(measure, analysis.plan);
  return json;
}

ordered_json with_excluded_json(const TrialAnalysis& analysis) {
  const WithExcluded& everything = *analysis.with_excluded;
  ordered_json json = {{"sentence", "Everything that was measured counts here, also what was excluded for quality."},
                       {"dose_groups", ordered_json::array()}};
  for (const auto& group : analysis.groups.groups)
    if (const auto found = everything.groups.find(group.name); found != everything.groups.end())
      json["dose_groups"].push_back(
          {{"dose_group", group.name}, {"rates_percent_per_year", summaries_json(found->second)}});
  for (std::size_t m = 0; m < tissues.size(); ++m) {
    const DoseResponse& response = everything.responses[m];
    ordered_json& own = json["dose_response"][tissues[m].key] = {{"n", response.n}};
    if (response.unable) {
      own["unable"] = *response.unable;
      continue;
    }
    own["slope"] = {
        {"percent_per_year_per_unit_of_scale", number_json(response.slope.slope, decimals_quality)},
        {"interval_95",
         {number_json(response.slope.low, decimals_quality), number_json(response.slope.high, decimals_quality)}}};
    for (const Trend trend : {Trend::jonckheere, Trend::spearman, Trend::linear}) {
      const TrendTest& test = response.test(trend);
      own["tests"][name_of(trend)] = {{"estimate", number_json(test.estimate, decimals_quality)},
                                      {"p", number_json(test.p, decimals_p)},
                                      {"p_two_sided", number_json(test.permutation.p_two_sided, decimals_p)}};
    }
  }
  return json;
}

ordered_json plan_json(const TrialAnalysis& analysis) {
  const PlanRecord& record = analysis.trial.plan;
  ordered_json json = {{"sentence", plan_sentence(analysis)},
                       {"file", record.file ? ordered_json(record.file->name) : ordered_json(nullptr)},
                       {"sha256", record.file ? ordered_json(record.file->sha256) : ordered_json(nullptr)},
                       {"fixed_sha256", text_json(record.fixed_sha256)},
                       {"changed_since_fixed", record.changed()},
                       {"unblinded_sha256", text_json(record.unblinded_sha256)},
                       {"changed_since_unblinded", record.changed_since_unblinded()},
                       {"measure", nullptr},
                       {"test", nullptr},
                       {"scale", name_of(analysis.plan.scale)},
                       {"alpha", analysis.plan.alpha},
                       {"sides", name_of(analysis.plan.sides)}};
  if (!record.file) return json;
  json["measure"] = analysis.plan.measure;
  json["test"] = name_of(analysis.plan.test);
  return json;
}

// For each session of the trial: whom it was measured for, by dose group.
ordered_json completed_visits_json(const TrialAnalysis& analysis) {
  std::map<std::string, std::map<std::string, std::size_t>> counts;
  std::map<std::string, std::size_t> expected;
  for (const auto& report : analysis.trial.reports) {
    const std::string group = report.dose_group.value_or("n/a");
    ++expected[group];
    for (const auto& visit : report.visits) counts[visit.session][group] += was_measured(visit) ? 1 : 0;
  }
  for (const auto& absent : analysis.trial.left_out) ++expected[absent.dose_group.value_or("n/a")];
  std::vector<std::string> sessions;
  for (const auto& [session, by_group] : counts) sessions.push_back(session);
  std::sort(sessions.begin(), sessions.end(), natural_less);
  auto rows = ordered_json::array();
  for (const auto& session : sessions)
    for (const auto& [group, all] : expected)
      rows.push_back(
          {{"session", session}, {"dose_group", group}, {"completed", counts[session][group]}, {"participants", all}});
  return rows;
}

ordered_json dose_groups_json(const TrialAnalysis& analysis, const std::vector<std::string>& file_labels) {
  auto rows = ordered_json::array();
  for (const auto& code : analysis.trial.blinded_groups) rows.push_back({{"dose_group", code}, {"dose", nullptr}});
  for (std::size_t i = 0; i < analysis.groups.groups.size(); ++i) {
    const auto& group = analysis.groups.groups[i];
    rows.push_back({{"dose_group", group.name},
                    {"dose", number_json(group.dose, decimals_dose)},
                    {"file", group_path(file_labels[i])},
                    {"rates_percent_per_year", summaries_json(group.rates_percent_per_year)}});
  }
  return rows;
}

std::string trial_text(const TrialAnalysis& analysis, const std::vector<std::string>& file_labels,
                       const SharedRows& shared) {
  const Trial& trial = analysis.trial;
  auto json = report_head("wane/trial/1", shared.without_inputs);
  json["dose_unit"] = trial.dose_unit.empty() ? ordered_json(nullptr) : ordered_json(trial.dose_unit);
  json["blinded"] = trial.blinded;
  json["sentence"] = trial_sentence(analysis);
  json["analysis_plan"] = plan_json(analysis);
  const QualityRows quality = quality_rows(trial);
  json["quality"] = quality_json(trial, quality);
  json["dose_groups"] = dose_groups_json(analysis, file_labels);
  for (std::size_t m = 0; m < tissues.size(); ++m) json["dose_response"][tissues[m].key] = response_json(analysis, m);
  if (analysis.with_excluded) json["with_excluded"] = with_excluded_json(analysis);
  json["completed_visits"] = completed_visits_json(analysis);
  JsonRows participants("participants");
  for (const auto& line : shared.participants) participants.add_line(line);
  participants.place_in(json);
  const JsonRows left_out = left_out_rows(analysis.groups.left_out);
  left_out.place_in(json);
  json["warnings"] = trial.warnings;
  json["log"] = {{"file", "logs/run.jsonl"}, {"head_sha256", shared.without_inputs.log_head_sha256}};
  add_provenance(json, shared.without_inputs);
  return json_text(
      json, {&quality.needs_a_look, &quality.excluded, &quality.decisions, &participants, &left_out, &shared.inputs});
}

std::uint32_t fnv1a(const std::string& text) {
  std::uint32_t hash = 2166136261u;
  for (const unsigned char c : text) hash = (hash ^ c) * 16777619u;
  return hash;
}

std::string hexadecimal(std::uint32_t value) {
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(value));
  return digits;
}

std::string sanitised(const std::string& name) {
  constexpr std::size_t longest = 80;  // file systems allow 255 bytes, other parts of the name need theirs
  std::string label;
  for (const char c : name) {
    const bool kept =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '+' || c == '-';
    label += kept ? c : '-';
  }
  return label.size() > longest ? label.substr(0, longest) : label;
}

std::string without_capitals(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string mean_in_words(const Summary& summary) {
  if (!summary.mean) return "n/a";
  char text[96];
  if (summary.interval_95_low)
    std::snprintf(text, sizeof text, "%+.2f (95 %% interval %+.2f to %+.2f)", *summary.mean, *summary.interval_95_low,
                  *summary.interval_95_high);
  else
    std::snprintf(text, sizeof text, "%+.2f", *summary.mean);
  return text;
}

std::string group_lines(const DoseGroup& group, const std::string& dose_unit) {
  const std::string dose = group.dose ? ", dose " + dose_in_words(*group.dose, dose_unit) : "";
  std::string lines =
      "Dose group " + group.name + dose + ", n = " + std::to_string(group.participants.size()) + ", mean % per year:\n";
  for (const auto& tissue : tissues)
    lines +=
        std::string("  ") + tissue.words + " " + mean_in_words(group.rates_percent_per_year.*tissue.summary) + "\n";
  return lines;
}

}  // namespace

std::vector<std::string> dose_group_file_labels(const std::vector<std::string>& groups) {
  std::map<std::string, int> uses;
  for (const auto& group : groups) ++uses[without_capitals(sanitised(group))];
  std::vector<std::string> labels;
  for (const auto& group : groups) {
    const auto label = sanitised(group);
    const bool readable = std::any_of(label.begin(), label.end(), [](char c) { return c != '-'; });
    const bool alone = uses[without_capitals(label)] == 1 && readable;
    labels.push_back(alone ? label : label + "-" + hexadecimal(fnv1a(group)));
  }
  return labels;
}

void trial_reports(const TrialAnalysis& analysis, const Provenance& provenance,
                   const std::function<void(const ReportText&)>& write) {
  const auto& groups = analysis.groups.groups;
  std::vector<std::string> names;
  for (const auto& group : groups) names.push_back(group.name);
  const auto file_labels = dose_group_file_labels(names);
  std::map<std::string, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < analysis.trial.reports.size(); ++i) {
    const auto& report = analysis.trial.reports[i];
    if (report.dose_group && report.rates_percent_per_year) members[*report.dose_group].push_back(i);
  }
  {
    const SharedRows shared = shared_rows(analysis, provenance);
    for (std::size_t i = 0; i < groups.size(); ++i)
      write({group_path(file_labels[i]), group_text(groups[i], members[groups[i].name], analysis, shared)});
    write({"trial_atrophy.json", trial_text(analysis, file_labels, shared)});
  }
  for (const TrialTable& table : trial_tables) {
    const std::string name = table.name;
    TableText made = table.make(analysis);
    write({name + ".tsv", std::move(made.text)});
    write({name + ".json", std::move(made.dictionary)});
  }
}

std::vector<ReportText> trial_reports(const TrialAnalysis& analysis, const Provenance& provenance) {
  std::vector<ReportText> files;
  trial_reports(analysis, provenance, [&](const ReportText& file) { files.push_back(file); });
  return files;
}

std::string trial_summary(const TrialAnalysis& analysis, const std::set<std::string>& listed_elsewhere) {
  constexpr std::size_t most_named = 50;
  std::string text;
  if (const std::string sloppy = sloppy_sentence(analysis.trial.reports); !sloppy.empty()) text = sloppy + "\n";
  text += "Rates of change; negative = loss.\n" + plan_sentence(analysis) + "\n";
  if (const auto& codes = analysis.trial.blinded_groups; !codes.empty()) {
    text += "Dose groups, blinded:";
    for (const auto& code : codes) text += (&code == &codes.front() ? " " : ", ") + code;
    text += ".\n";
  }
  for (const auto& group : analysis.groups.groups) text += group_lines(group, analysis.trial.dose_unit);
  for (std::size_t m = 0; m < tissues.size(); ++m) text += response_sentence(analysis, m) + "\n";
  if (const std::string quality = quality_sentence(analysis); !quality.empty()) text += quality + "\n";
  // Whom a check excluded is on the list of those who need a look, which is printed last.
  std::set<std::string> on_look_list = listed_elsewhere;
  for (const auto& report : analysis.trial.reports)
    if (excluded_by_a_check(report)) on_look_list.insert(report.participant_id);
  std::vector<LeftOut> left_out = analysis.groups.left_out;
  std::erase_if(left_out, [&](const LeftOut& absent) { return on_look_list.contains(absent.participant_id); });
  for (std::size_t i = 0; i < std::min(left_out.size(), most_named); ++i)
    text += "Left out: " + left_out[i].participant_id + ", " + left_out[i].reason + ".\n";
  if (left_out.size() > most_named)
    text += "Left out too: " + std::to_string(left_out.size() - most_named) + " more, see trial_atrophy.json.\n";
  return text;
}

}  // namespace wane
