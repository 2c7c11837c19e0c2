#include "pipeline/report/participant_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <unordered_set>

#include "base/error.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/analysis/exclusion.h"
#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/words.h"

namespace wane {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

ordered_json volumes_json(const TissueVolumes& volumes) {
  return {{"brain", number_json(volumes.brain, decimals_ml)},
          {"gray_matter", number_json(volumes.gray_matter, decimals_ml)},
          {"white_matter", number_json(volumes.white_matter, decimals_ml)},
          {"csf", number_json(volumes.csf, decimals_ml)},
          {"intracranial", number_json(volumes.intracranial, decimals_ml)}};
}

ordered_json check_json(const QualityCheck& check) {
  return {{"name", check.name},
          {"value", number_json(check.value, decimals_quality)},
          {"limit", number_json(check.limit, decimals_quality)},
          {"verdict", name_of(check.verdict)},
          {"sentence", check.sentence}};
}

ordered_json decision_json(const std::optional<HumanDecision>& decision) {
  if (!decision) return nullptr;
  return {{"decision", decision->pass ? "pass" : "fail"},
          {"reason", decision->reason},
          {"reader", decision->reader},
          {"time", decision->time}};
}

namespace {

const char* const schema = "wane/participant/1";

ordered_json quality_json(const Quality& quality) {
  ordered_json json = {{"verdict", name_of(quality.verdict())}, {"checks", ordered_json::array()}};
  for (const auto& check : quality.checks) json["checks"].push_back(check_json(check));
  return json;
}

ordered_json visit_json(const VisitRow& visit) {
  auto quality = quality_json(visit.quality);
  for (const auto& [name, value] : visit.figures) quality[name] = number_json(value, decimals_quality);
  return {{"session", visit.session},
          {"days", number_json(visit.days, decimals_days)},
          {"volumes_ml", volumes_json(visit.volumes_ml)},
          {"quality", quality},
          {"decision", decision_json(visit.decision)},
          {"fingerprint", visit.fingerprint},
          {"measured_together", visit.measured_together},
          {"notes", visit.notes},
          {"inputs", visit.inputs}};
}

ordered_json estimate_json(const std::optional<ChangeEstimate>& estimate) {
  if (!estimate) return nullptr;
  return {{"percent", percent_json(estimate->percent)}, {"standard_error", percent_json(estimate->standard_error)}};
}

ordered_json errors_json(const std::optional<ChangeErrors>& errors) {
  if (!errors) return nullptr;
  return {{"noise", percent_json(errors->noise_percent)},
          {"scale_share", percent_json(errors->scale_share)},
          {"residual", percent_json(errors->residual_percent)},
          {"calibration", number_json(errors->calibration_percent, decimals_percent)},
          {"voxel_mm3", number_json(errors->voxel_mm3, decimals_quality)},
          {"visits_blurred", errors->visits_blurred}};
}

ordered_json change_json(const ChangeRow& change) {
  return {{"from", change.from},
          {"to", change.to},
          {"days", number_json(change.days, decimals_days)},
          {"percent", percent_json(change.percent)},
          {"standard_error", percent_json(change.standard_error)},
          {"errors", errors_json(change.errors)},
          {"boundary_shift", estimate_json(change.boundary_shift)},
          {"quality", quality_json(change.quality)}};
}

// Reading: nlohmann's own errors (a field is missing or has another type) are turned into a sentence at one place.

std::optional<double> optional_number(const ordered_json& json) {
  if (json.is_null()) return std::nullopt;
  return json.get<double>();
}

double number_or_nan(const ordered_json& json) {
  return optional_number(json).value_or(std::numeric_limits<double>::quiet_NaN());
}

std::optional<std::string> optional_text(const ordered_json& json) {
  if (json.is_null()) return std::nullopt;
  return json.get<std::string>();
}

TissueValues tissue_values(const ordered_json& json) {
  return {number_or_nan(json.at("brain")), number_or_nan(json.at("gray_matter")),
          number_or_nan(json.at("white_matter"))};
}

Verdict verdict_named(const std::string& name) {
  for (const Verdict verdict : {Verdict::pass, Verdict::warn, Verdict::fail})
    if (name == name_of(verdict)) return verdict;
  throw std::invalid_argument("a verdict that does not exist");
}

// Reports of older builds have no checks: nothing is known against them.
Quality quality_of(const ordered_json& owner) {
  Quality quality;
  const auto found = owner.find("quality");
  if (found == owner.end() || !found->contains("checks")) return quality;
  for (const auto& check : found->at("checks"))
    quality.checks.push_back({check.at("name").get<std::string>(), optional_number(check.at("value")),
                              optional_number(check.at("limit")), verdict_named(check.at("verdict").get<std::string>()),
                              check.value("sentence", "")});
  return quality;
}

std::optional<HumanDecision> decision_of(const ordered_json& visit) {
  const auto found = visit.find("decision");
  if (found == visit.end() || found->is_null()) return std::nullopt;
  return HumanDecision{verdict_named(found->at("decision").get<std::string>()) == Verdict::pass,
                       found->value("reason", ""), found->value("reader", ""), found->value("time", "")};
}

VisitRow visit_row(const ordered_json& json) {
  VisitRow visit;
  visit.session = json.at("session").get<std::string>();
  visit.days = optional_number(json.at("days"));
  const auto& volumes = json.at("volumes_ml");
  visit.volumes_ml = {number_or_nan(volumes.at("brain")), number_or_nan(volumes.at("gray_matter")),
                      number_or_nan(volumes.at("white_matter")), number_or_nan(volumes.at("csf")),
                      number_or_nan(volumes.at("intracranial"))};
  for (const auto& [name, value] : json.at("quality").items())
    if (name != "verdict" && name != "checks") visit.figures[name] = number_or_nan(value);
  visit.quality = quality_of(json);
  visit.decision = decision_of(json);
  visit.fingerprint = json.value("fingerprint", "");
  visit.measured_together = json.value("measured_together", true);
  visit.notes = json.value("notes", std::vector<std::string>());
  visit.inputs = json.value("inputs", std::vector<std::string>());
  return visit;
}

// Reports of older builds do not have it.
std::optional<ChangeEstimate> boundary_shift_of(const ordered_json& change) {
  const auto shift = change.find("boundary_shift");
  if (shift == change.end() || shift->is_null()) return std::nullopt;
  return ChangeEstimate{tissue_values(shift->at("percent")), tissue_values(shift->at("standard_error"))};
}

// Reports of older builds do not have them.
std::optional<ChangeErrors> errors_of(const ordered_json& change) {
  const auto found = change.find("errors");
  if (found == change.end() || found->is_null()) return std::nullopt;
  ChangeErrors errors;
  errors.noise_percent = tissue_values(found->at("noise"));
  errors.scale_share = tissue_values(found->at("scale_share"));
  errors.residual_percent = tissue_values(found->at("residual"));
  errors.calibration_percent = number_or_nan(found->at("calibration"));
  errors.voxel_mm3 = number_or_nan(found->at("voxel_mm3"));
  errors.visits_blurred = found->value("visits_blurred", false);
  return errors;
}

ChangeRow change_row(const ordered_json& json) {
  return {json.at("from").get<std::string>(),
          json.at("to").get<std::string>(),
          optional_number(json.at("days")),
          tissue_values(json.at("percent")),
          tissue_values(json.at("standard_error")),
          boundary_shift_of(json),
          quality_of(json),
          errors_of(json)};
}

// Changes are looked up by the names of visits.
void require_listed_visits(const ParticipantReport& report) {
  std::unordered_set<std::string> sessions;
  for (const auto& visit : report.visits) sessions.insert(visit.session);
  for (const auto& change : report.changes)
    if (!sessions.contains(change.from) || !sessions.contains(change.to))
      throw std::invalid_argument("a change of visits that are not listed");
}

// Far more visits than any person makes; work on them grows with the third power.
void require_length(const ordered_json& visits, const ordered_json& changes) {
  constexpr std::size_t most_visits = 300;
  if (visits.size() > most_visits || changes.size() > most_visits * most_visits / 2)
    throw std::invalid_argument("more visits or changes than a person has");
}

ParticipantReport report_of(const ordered_json& json) {
  ParticipantReport report;
  require_length(json.at("visits"), json.at("changes"));
  report.participant_id = json.at("participant_id").get<std::string>();
  report.dose_group = optional_text(json.at("dose_group"));
  report.dose = optional_number(json.at("dose"));
  for (const auto& visit : json.at("visits")) report.visits.push_back(visit_row(visit));
  for (const auto& change : json.at("changes")) report.changes.push_back(change_row(change));
  if (const auto& rates = json.at("rates_percent_per_year"); !rates.is_null())
    report.rates_percent_per_year = tissue_values(rates);
  if (const auto with = json.find("rates_with_excluded_percent_per_year"); with != json.end() && !with->is_null())
    report.rates_with_excluded_percent_per_year = tissue_values(*with);
  report.quality = quality_of(json);
  report.quality_mode = quality_mode_named(json.value("quality_mode", "exclude")).value_or(QualityMode::exclude);
  report.sloppy = json.value("sloppy", false);
  report.warnings = json.at("warnings").get<std::vector<std::string>>();
  report.derivatives = json.value("derivatives", "full");
  report.no_dates_because = json.value("no_dates_because", "");
  require_listed_visits(report);
  return report;
}

std::string text_of(const fs::path& file) {
  return read_text_file(file, most_json_bytes);
}

// The message as the end of a line "sub-01: ...", without its full stop.
std::string as_reason(const InputError& error) {
  std::string reason = error.what();
  if (reason.ends_with('.')) reason.pop_back();
  return reason;
}

std::vector<std::string> warnings_of_strangers(const fs::path& out, const std::vector<ParticipantEntry>& expected) {
  std::vector<std::string> strangers;
  std::unordered_set<std::string> known;
  for (const auto& entry : expected) known.insert(entry.participant_id);
  std::error_code error;
  for (fs::directory_iterator it(out, error), end; !error && it != end; it.increment(error)) {
    const auto id = it->path().filename().string();
    std::error_code file_error;
    if (!id.starts_with("sub-") || known.contains(id)) continue;
    if (fs::exists(out / participant_json_path(id), file_error))
      strangers.push_back("There is a report of " + id + ", who has no scans in the dataset: it is not used.");
  }
  std::sort(strangers.begin(), strangers.end());
  return strangers;
}

ordered_json rate_json(const std::optional<Rate>& rate) {
  if (!rate) return nullptr;
  ordered_json json = {{"percent_per_year", number_json(rate->percent_per_year, decimals_percent)},
                       {"standard_error", number_json(rate->standard_error, decimals_percent)},
                       {"scale_error", number_json(rate->scale_error, decimals_percent)},
                       {"interval_95", nullptr},
                       {"visits", rate->visits}};
  if (rate->interval_95_low)
    json["interval_95"] = {number_json(rate->interval_95_low, decimals_percent),
                           number_json(rate->interval_95_high, decimals_percent)};
  return json;
}

ordered_json json_of(const std::string& text, const std::string& file) {
  auto json = parse_ordered_json(text);
  if (json.is_discarded())
    throw InputError(file + " is not valid JSON (cut short or edited); measure this participant again.");
  return json;
}

ParticipantReport report_in(const ordered_json& json, const std::string& file) {
  const auto found = json.is_object() && json.contains("schema") ? json["schema"] : ordered_json();
  if (found != schema)
    throw InputError(file + " is not a participant report of this version of Wane (its schema is " +
                     (found.is_string() ? found.get<std::string>() : "not given") +
                     "); measure this participant again.");
  try {
    return report_of(json);
  } catch (const ordered_json::exception&) {
  } catch (const std::invalid_argument&) {
  }
  throw InputError(file + " lacks a field or has a wrong one (edited?); measure this participant again.");
}

struct FoundReport {
  std::optional<ParticipantReport> report;
  std::string reason;  // why there is none
  std::string sha256, version, options_sha256, template_sha256, error_model_sha256;
  bool drift_measured = false;
};

// Of its JSON.
std::string version_in(const std::string& version) {
  const auto json = parse_ordered_json(version);
  return json.is_string() ? json.get<std::string>() : "unknown";
}

bool any_drift(const ParticipantReport& report) {
  return std::any_of(report.visits.begin(), report.visits.end(),
                     [](const VisitRow& visit) { return visit.figures.contains("calibration_drift_percent"); });
}

void keep_what_did_not_pass(Quality& quality) {
  std::erase_if(quality.checks, [](const QualityCheck& check) { return check.verdict == Verdict::pass; });
  quality.checks.shrink_to_fit();
}

void leave_behind_what_trials_do_not_use(ParticipantReport& report) {
  keep_what_did_not_pass(report.quality);
  for (auto& change : report.changes) keep_what_did_not_pass(change.quality);
  report.warnings = {};
  for (auto& visit : report.visits) {
    visit.figures.clear();
    keep_what_did_not_pass(visit.quality);
    visit.notes = {};
    visit.inputs = {};
  }
}

FoundReport find_report(const fs::path& out, const ParticipantEntry& entry) {
  const auto path = participant_json_path(entry.participant_id);
  FoundReport found;
  std::error_code error;
  if (!fs::is_regular_file(out / path, error)) {
    found.reason = "not measured: there is no " + path;
    return found;
  }
  try {
    const std::string text = text_of(out / path);
    const auto json = json_of(text, path);
    auto report = report_in(json, path);
    if (report.participant_id != entry.participant_id)
      throw InputError(path + " is the report of " + report.participant_id + "; measure this participant again.");
    report.dose_group = entry.dose_group;
    report.dose = entry.dose;
    found.drift_measured = any_drift(report);
    leave_behind_what_trials_do_not_use(report);
    found.template_sha256 = sha256_of_input(json, template_head);
    found.error_model_sha256 = sha256_of_input(json, error_model_file_name);
    found.sha256 = sha256_of_text(text);
    found.version = json.value("version", ordered_json()).dump();
    found.options_sha256 = sha256_of_text(json.value("options", ordered_json()).dump());
    found.report = std::move(report);
  } catch (const InputError& problem) {
    found.reason = as_reason(problem);
  }
  return found;
}

std::optional<std::string> options_in(const fs::path& file) {
  const auto json = parse_ordered_json(text_of(file));
  if (!json.is_object() || !json.contains("options") || !json["options"].is_object()) return std::nullopt;
  return json["options"].dump();
}

}  // namespace

ordered_json rate_details_json(const TissueRates& rates) {
  ordered_json json;
  for (const auto& tissue : tissues) {
    const TissueRate& own = rates.*tissue.rate;
    json[tissue.key] = {{"rate", rate_json(own.rate)}};
    if (own.run_in) json[tissue.key]["run_in"] = rate_json(own.run_in);
    if (own.change_of_rate) json[tissue.key]["change_of_rate"] = rate_json(own.change_of_rate);
  }
  return json;
}

std::string sha256_of_input(const ordered_json& report, const std::string& path) {
  const auto inputs = report.find("inputs");
  if (inputs == report.end() || !inputs->is_array()) return {};
  for (const auto& input : *inputs)
    if (text_member(input, "path") == path) return text_member(input, "sha256");
  return {};
}

std::string participant_json_path(const std::string& participant_id) {
  return participant_id + "/" + participant_id + "_atrophy.json";
}

std::string participant_json_text(const ParticipantReport& report, const Provenance& provenance) {
  auto json = report_head(schema, provenance);
  json["participant_id"] = report.participant_id;
  json["dose_group"] = text_json(report.dose_group);
  json["dose"] = number_json(report.dose, decimals_dose);
  json["verdict"] = name_of(worst_verdict(report));
  json["visits"] = ordered_json::array();
  for (const auto& visit : report.visits) json["visits"].push_back(visit_json(visit));
  json["changes"] = ordered_json::array();
  for (const auto& change : report.changes) json["changes"].push_back(change_json(change));
  json["rates_percent_per_year"] =
      report.rates_percent_per_year ? percent_json(*report.rates_percent_per_year) : ordered_json(nullptr);
  if (report.rates_with_excluded_percent_per_year)
    json["rates_with_excluded_percent_per_year"] = percent_json(*report.rates_with_excluded_percent_per_year);
  json["rate_intervals"] = rate_details_json(rate_of(report));
  json["quality"] = quality_json(report.quality);
  json["quality_mode"] = name_of(report.quality_mode);
  json["derivatives"] = report.derivatives;
  json["sentence"] = (provenance.sloppy ? std::string(made_sloppy) + " " : "") + participant_sentence(report);
  json["warnings"] = report.warnings;
  if (!report.no_dates_because.empty()) json["no_dates_because"] = report.no_dates_because;
  add_provenance(json, provenance);
  return json_text(json);
}

ParticipantReport parse_participant_json(const std::string& text, const std::string& file) {
  return report_in(json_of(text, file), file);
}

bool any_participant_report(const fs::path& out, const std::vector<ParticipantEntry>& expected) {
  return std::any_of(expected.begin(), expected.end(),
                     [&](const ParticipantEntry& entry) { return find_report(out, entry).report.has_value(); });
}

CollectedReports collect_participant_reports(const fs::path& out, const std::vector<ParticipantEntry>& expected) {
  std::vector<FoundReport> found(expected.size());
  parallel_for(
      expected.size(), [&](std::size_t i) { found[i] = find_report(out, expected[i]); }, 16);
  CollectedReports collected;
  const FoundReport* first = nullptr;
  bool all_the_same = true;
  std::set<std::string> error_models;
  for (std::size_t i = 0; i < found.size(); ++i) {
    FoundReport& one = found[i];
    if (!one.report) {
      collected.left_out.push_back({expected[i].participant_id, expected[i].dose_group, one.reason, expected[i].dose});
      continue;
    }
    if (!first) first = &one;
    all_the_same = all_the_same && one.version == first->version && one.options_sha256 == first->options_sha256;
    collected.versions.insert(version_in(one.version));
    collected.template_sha256.insert(one.template_sha256);
    error_models.insert(one.error_model_sha256);
    collected.drift_measured = collected.drift_measured || one.drift_measured;
    collected.reports.push_back(std::move(*one.report));
    collected.inputs.push_back({participant_json_path(expected[i].participant_id), one.sha256});
  }
  if (first && all_the_same) collected.options = options_in(out / collected.inputs.front().path);
  collected.warnings = warnings_of_strangers(out, expected);
  if (error_models.size() > 1)
    collected.warnings.push_back(
        "The participants' standard errors are by different error models: measure all of them with the same one "
        "(--error-model).");
  return collected;
}

}  // namespace wane
