#include "pipeline/validation/truth_comparison.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/validation/accuracy.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// The truth's percents are of the first visit's volume.
double of_the_mean(double percent_of_first) {
  return percent_change(100, 100 + percent_of_first);
}

TissueValues planted_in(const json& visit) {
  return {of_the_mean(visit.at("brain_change_percent")), of_the_mean(visit.at("gm_change_percent")),
          of_the_mean(visit.at("wm_change_percent"))};
}

// Reads a JSON file and keeps its hash.
json read_input(const fs::path& file, const std::string& name, std::vector<InputFile>& inputs) {
  const std::string text = read_text_file(file, most_json_bytes);
  inputs.push_back({name, sha256_of_text(text)});
  json parsed = parse_json(text);
  if (parsed.is_discarded()) throw InputError(file.string() + " is not valid JSON: " + json_problem(text) + ".");
  return parsed;
}

std::vector<fs::path> truth_files(const fs::path& folder, const std::vector<std::string>& labels) {
  if (!fs::is_directory(folder)) throw InputError("There is no folder " + folder.string() + " with planted truths.");
  std::vector<fs::path> files;
  for (const std::string& label : labels) files.push_back(folder / (label + ".json"));
  if (!labels.empty()) return files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  if (files.empty()) throw InputError("There is no truth (*.json) in " + folder.string() + ".");
  std::sort(files.begin(), files.end());
  return files;
}

double number_or_nan(const json& values, const char* key) {
  const auto found = values.find(key);
  if (found == values.end() || !found->is_number()) return std::numeric_limits<double>::quiet_NaN();
  return *found;
}

// Empty where a tissue's percent is not known.
std::optional<TissueValues> percent_of(const json& change) {
  const json& percent = change.at("percent");
  for (const Tissue& tissue : tissues)
    if (percent.at(tissue.key).is_null()) return std::nullopt;
  return TissueValues{percent.at("brain"), percent.at("gray_matter"), percent.at("white_matter")};
}

std::optional<TissueValues> standard_error_of(const json& change) {
  const auto found = change.find("standard_error");
  if (found == change.end() || !found->is_object()) return std::nullopt;
  return TissueValues{number_or_nan(*found, "brain"), number_or_nan(*found, "gray_matter"),
                      number_or_nan(*found, "white_matter")};
}

// Reports of older builds do not have them.
std::optional<ChangeErrors> errors_of(const json& change) {
  const auto found = change.find("errors");
  if (found == change.end() || !found->is_object()) return std::nullopt;
  const auto tissue_values = [&](const char* key) {
    const json& values = found->at(key);
    return TissueValues{number_or_nan(values, "brain"), number_or_nan(values, "gray_matter"),
                        number_or_nan(values, "white_matter")};
  };
  return ChangeErrors{tissue_values("residual"),          number_or_nan(*found, "calibration"),
                      number_or_nan(*found, "voxel_mm3"), tissue_values("noise"),
                      tissue_values("scale_share"),       found->value("visits_blurred", false)};
}

std::optional<TissueValues> boundary_shift_of(const json& change) {
  const auto found = change.find("boundary_shift");
  if (found == change.end() || !found->is_object()) return std::nullopt;
  return percent_of(*found);
}

InputFile head_of(const json& truth) {
  const json source = truth.value("source", json::object());
  const json head = source.is_object() ? source.value("head", json::object()) : json::object();
  if (!head.is_object()) return {};
  return {text_member(head, "file"), text_member(head, "sha256")};
}

std::string error_model_of(const json& report) {
  for (const json& input : report.value("inputs", json::array()))
    if (text_member(input, "path") == error_model_file_name) return text_member(input, "sha256");
  return {};
}

const json* change_between(const json& report, const std::string& from, const std::string& to) {
  for (const json& change : report.at("changes"))
    if (change.at("from") == from && change.at("to") == to) return &change;
  return nullptr;
}

std::optional<double> difference(std::optional<double> from, std::optional<double> to) {
  if (!from || !to) return std::nullopt;
  return *to - *from;
}

std::optional<double> planted_drift(const json& truth_visit) {
  const auto found = truth_visit.find("planted_scale_percent");
  if (found == truth_visit.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::optional<double> measured_drift(const json& report, const std::string& session) {
  for (const json& visit : report.value("visits", json::array())) {
    if (visit.at("session") != session) continue;
    const auto quality = visit.find("quality");
    if (quality == visit.end()) return std::nullopt;
    const auto drift = quality->find("calibration_drift_percent");
    if (drift == quality->end() || !drift->is_number()) return std::nullopt;
    return drift->get<double>();
  }
  return std::nullopt;
}

std::string dose_group_of(const json& report) {
  const auto group = report.find("dose_group");
  return group != report.end() && group->is_string() ? group->get<std::string>() : "-";
}

std::vector<TissueValues> gaps_of(const json& truth_visits, const json& report) {
  std::vector<TissueValues> gaps;
  for (std::size_t v = 2; v < truth_visits.size(); ++v) {
    const std::string first = truth_visits[0].at("session"), between = truth_visits[v - 1].at("session"),
                      last = truth_visits[v].at("session");
    std::optional<TissueValues> parts[3];
    const std::pair<std::string, std::string> steps[3] = {{first, between}, {between, last}, {first, last}};
    for (int i = 0; i < 3; ++i)
      if (const json* change = change_between(report, steps[i].first, steps[i].second)) parts[i] = percent_of(*change);
    if (!parts[0] || !parts[1] || !parts[2]) continue;
    TissueValues gap;
    for (const Tissue& tissue : tissues) {
      const auto value = tissue.value;
      gap.*value = transitivity_gap((*parts[0]).*value, (*parts[1]).*value, (*parts[2]).*value);
    }
    gaps.push_back(gap);
  }
  return gaps;
}

ComparedParticipant compared(const json& truth, const json& report, std::vector<std::string>& missing) {
  const json& visits = truth.at("visits");
  ComparedParticipant participant{truth.at("label"), dose_group_of(report), {}, false, gaps_of(visits, report),
                                  head_of(truth),    error_model_of(report)};
  for (std::size_t v = 1; v < visits.size(); ++v) {
    ComparedChange row;
    row.from = visits[0].at("session");
    row.to = visits[v].at("session");
    const json* change = change_between(report, row.from, row.to);
    const auto percent = change != nullptr ? percent_of(*change) : std::nullopt;
    if (!percent) {
      missing.push_back(participant.participant_id + " " + row.to + ": no change in its report");
      continue;
    }
    row.planted = planted_in(visits[v]);
    row.measured = *percent;
    row.standard_error = standard_error_of(*change);
    row.errors = errors_of(*change);
    row.boundary_shift_percent = boundary_shift_of(*change);
    row.planted_drift_percent = difference(planted_drift(visits[0]), planted_drift(visits[v]));
    row.measured_drift_percent = difference(measured_drift(report, row.from), measured_drift(report, row.to));
    participant.changes.push_back(row);
    participant.has_last = v + 1 == visits.size();
  }
  return participant;
}

}  // namespace

TruthComparison compare_with_truth(const fs::path& out_dir, const fs::path& truth_dir,
                                   const std::vector<std::string>& labels) {
  TruthComparison comparison;
  for (const fs::path& file : truth_files(truth_dir, labels)) {
    try {
      const json truth = read_input(file, "truth/" + file.filename().string(), comparison.inputs);
      const std::string label = truth.at("label");
      const std::string report_name = participant_json_path(label);
      if (!fs::exists(out_dir / report_name)) {
        comparison.missing.push_back(label + ": no report in " + out_dir.string());
        continue;
      }
      const json report = read_input(out_dir / report_name, report_name, comparison.inputs);
      ComparedParticipant participant = compared(truth, report, comparison.missing);
      if (!participant.changes.empty()) comparison.participants.push_back(std::move(participant));
    } catch (const json::exception& error) {
      throw InputError(file.string() + " or the report of its participant lacks a field: " + error.what() + ".");
    }
  }
  if (comparison.participants.empty())
    throw InputError("No change in " + out_dir.string() + " can be compared: there is no report for any truth in " +
                     truth_dir.string() + ".");
  return comparison;
}

}  // namespace wane
