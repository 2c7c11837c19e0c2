#include "pipeline/report/trial_reports.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "pipeline/report/json_values.h"
#include "pipeline/report/tables.h"
#include "pipeline/statistics/dose_response.h"
#include "pipeline/statistics/groups.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

struct Tissue {
  const char* key;    // in JSON
  const char* words;  // in sentences
  double TissueValues::*value;
  Summary TissueSummaries::*summary;
};

constexpr std::array<Tissue, 3> tissues = {{
    {"brain", "brain", &TissueValues::brain, &TissueSummaries::brain},
    {"gray_matter", "gray matter", &TissueValues::gray_matter, &TissueSummaries::gray_matter},
    {"white_matter", "white matter", &TissueValues::white_matter, &TissueSummaries::white_matter},
}};

struct TrialStatistics {
  DoseGroups groups;
  std::vector<std::string> file_labels;   // of groups.groups
  std::array<DoseResponse, 3> responses;  // of `tissues`
};

std::vector<ParticipantRates> rates_of(const std::vector<ParticipantReport>& reports) {
  std::vector<ParticipantRates> rates;
  for (const auto& report : reports)
    rates.push_back(
        {report.participant_id, report.dose_group, report.dose, report.rates_percent_per_year, why_no_rate(report)});
  return rates;
}

// A dose without a group counts: the group is a name, the dose is what was given.
std::vector<DoseAndRate> doses_and_rates(const std::vector<ParticipantReport>& reports, double TissueValues::*tissue) {
  std::vector<DoseAndRate> pairs;
  for (const auto& report : reports)
    if (report.dose && report.rates_percent_per_year)
      pairs.push_back({*report.dose, (*report.rates_percent_per_year).*tissue});
  return pairs;
}

TrialStatistics statistics_of(const Trial& trial) {
  TrialStatistics statistics;
  statistics.groups = dose_groups(rates_of(trial.reports), trial.left_out);
  std::vector<std::string> names;
  for (const auto& group : statistics.groups.groups) names.push_back(group.name);
  statistics.file_labels = dose_group_file_labels(names);
  for (std::size_t i = 0; i < tissues.size(); ++i)
    statistics.responses[i] = dose_response(doses_and_rates(trial.reports, tissues[i].value), tissues[i].words);
  return statistics;
}

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
  return json;
}

ordered_json summaries_json(const TissueSummaries& summaries) {
  ordered_json json;
  for (const auto& tissue : tissues) json[tissue.key] = summary_json(summaries.*tissue.summary);
  return json;
}

ordered_json left_out_json(const std::vector<LeftOut>& left_out) {
  auto json = ordered_json::array();
  for (const auto& absent : left_out)
    json.push_back({{"participant_id", absent.participant_id},
                    {"dose_group", text_json(absent.dose_group)},
                    {"reason", absent.reason}});
  return json;
}

ordered_json participant_json(const ParticipantReport& report) {
  return {{"participant_id", report.participant_id},
          {"dose_group", text_json(report.dose_group)},
          {"dose", number_json(report.dose, decimals_dose)},
          {"visits", report.visits.size()},
          {"rates_percent_per_year",
           report.rates_percent_per_year ? percent_json(*report.rates_percent_per_year) : ordered_json(nullptr)}};
}

// The members of `group` that have rates, with what their reports say.
ordered_json members_json(const DoseGroup& group, const std::vector<ParticipantReport>& reports) {
  auto json = ordered_json::array();
  for (const auto& report : reports)
    if (report.dose_group == group.name && report.rates_percent_per_year) json.push_back(participant_json(report));
  return json;
}

std::vector<std::string> group_warnings(const DoseGroup& group) {
  std::vector<std::string> warnings;
  if (!group.one_dose)
    warnings.push_back("The participants of this group had different doses; the dose given here is their median.");
  if (group.participants.size() < 2)
    warnings.push_back("Fewer than two participants have a rate: there is no standard deviation and no interval.");
  return warnings;
}

std::string group_path(const std::string& file_label) {
  return "dose-groups/dose-" + file_label + "_atrophy.json";
}

std::string group_text(const DoseGroup& group, const Trial& trial, const Provenance& provenance) {
  auto json = report_head("wane/dose-group/1", provenance);
  json["dose_group"] = group.name;
  json["dose"] = number_json(group.dose, decimals_dose);
  json["dose_unit"] = trial.dose_unit.empty() ? ordered_json(nullptr) : ordered_json(trial.dose_unit);
  json["rates_percent_per_year"] = summaries_json(group.rates_percent_per_year);
  json["participants"] = members_json(group, trial.reports);
  json["left_out"] = left_out_json(group.left_out);
  json["warnings"] = group_warnings(group);
  add_provenance(json, provenance);
  return json_text(json);
}

ordered_json response_json(const DoseResponse& response) {
  return {{"n", response.n},
          {"spearman_rho", number_json(response.spearman_rho, decimals_percent)},
          {"p_two_sided", number_json(response.p_two_sided, decimals_p)},
          {"p_method", response.p_method.empty() ? ordered_json(nullptr) : ordered_json(response.p_method)},
          {"slope_percent_per_year_per_dose", number_json(response.slope_percent_per_year_per_dose, decimals_quality)},
          {"sentence", response.sentence}};
}

std::string trial_text(const TrialStatistics& statistics, const Trial& trial, const Provenance& provenance) {
  auto json = report_head("wane/trial/1", provenance);
  json["dose_unit"] = trial.dose_unit.empty() ? ordered_json(nullptr) : ordered_json(trial.dose_unit);
  json["dose_groups"] = ordered_json::array();
  for (std::size_t i = 0; i < statistics.groups.groups.size(); ++i) {
    const auto& group = statistics.groups.groups[i];
    json["dose_groups"].push_back({{"dose_group", group.name},
                                   {"dose", number_json(group.dose, decimals_dose)},
                                   {"file", group_path(statistics.file_labels[i])},
                                   {"rates_percent_per_year", summaries_json(group.rates_percent_per_year)}});
  }
  for (std::size_t i = 0; i < tissues.size(); ++i)
    json["dose_response"][tissues[i].key] = response_json(statistics.responses[i]);
  json["participants"] = ordered_json::array();
  for (const auto& report : trial.reports) json["participants"].push_back(participant_json(report));
  json["left_out"] = left_out_json(statistics.groups.left_out);
  json["warnings"] = trial.warnings;
  add_provenance(json, provenance);
  return json_text(json);
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
  std::string dose;
  if (group.dose) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", *group.dose);
    dose = std::string(", dose ") + text + (dose_unit.empty() ? "" : " " + dose_unit);
  }
  std::string lines =
      "Dose group " + group.name + dose + ", n = " + std::to_string(group.participants.size()) + ", mean % per year:\n";
  for (const auto& tissue : tissues)
    lines +=
        std::string("  ") + tissue.words + " " + mean_in_words(group.rates_percent_per_year.*tissue.summary) + "\n";
  return lines;
}

}  // namespace

std::string why_no_rate(const ParticipantReport& report) {
  if (report.rates_percent_per_year) return "";
  if (report.visits.size() < 2) return report.visits.empty() ? "no visit was measured" : "only one visit";
  if (report.changes.empty()) return "no change was measured";
  std::vector<double> days;
  for (const auto& visit : report.visits)
    if (visit.days) days.push_back(*visit.days);
  if (days.size() < 2) return "fewer than two visits have a date";
  if (std::all_of(days.begin(), days.end(), [&](double day) { return day == days.front(); }))
    return "all visits have the same date";
  return "the changes between dated visits are missing";
}

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

std::vector<ReportText> trial_reports(const Trial& trial, const Provenance& provenance) {
  const auto statistics = statistics_of(trial);
  std::vector<ReportText> files;
  for (std::size_t i = 0; i < statistics.groups.groups.size(); ++i)
    files.push_back(
        {group_path(statistics.file_labels[i]), group_text(statistics.groups.groups[i], trial, provenance)});
  files.push_back({"trial_atrophy.json", trial_text(statistics, trial, provenance)});
  files.push_back({"volumes.tsv", volumes_tsv(trial.reports)});
  files.push_back({"changes.tsv", changes_tsv(trial.reports)});
  files.push_back({"rates.tsv", rates_tsv(trial.reports, trial.left_out)});
  return files;
}

std::string trial_summary(const Trial& trial) {
  const auto statistics = statistics_of(trial);
  std::string text = "Rates of change; negative = loss.\n";
  for (const auto& group : statistics.groups.groups) text += group_lines(group, trial.dose_unit);
  for (const auto& response : statistics.responses) text += response.sentence + "\n";
  for (const auto& absent : statistics.groups.left_out)
    text += "Left out: " + absent.participant_id + ", " + absent.reason + ".\n";
  return text;
}

}  // namespace wane
