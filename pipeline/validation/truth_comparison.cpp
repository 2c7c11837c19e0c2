#include "pipeline/validation/truth_comparison.h"

#include <algorithm>
#include <cmath>
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

// Reads a text file and keeps its hash.
std::string read_input(const fs::path& file, const std::string& name, std::vector<InputFile>& inputs) {
  std::string text = read_text_file(file, most_json_bytes);
  inputs.push_back({name, sha256_of_text(text)});
  return text;
}

json read_truth(const fs::path& file, std::vector<InputFile>& inputs) {
  const std::string text = read_input(file, "truth/" + file.filename().string(), inputs);
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

// Empty where a tissue's percent is not known.
std::optional<TissueValues> where_known(const TissueValues& percent) {
  for (const double TissueValues::*tissue : tissue_members)
    if (std::isnan(percent.*tissue)) return std::nullopt;
  return percent;
}

std::optional<TissueValues> boundary_shift_of(const ChangeRow& change) {
  return change.boundary_shift ? where_known(change.boundary_shift->percent) : std::nullopt;
}

InputFile head_of(const json& truth) {
  const json source = truth.value("source", json::object());
  const json head = source.is_object() ? source.value("head", json::object()) : json::object();
  if (!head.is_object()) return {};
  return {text_member(head, "file"), text_member(head, "sha256")};
}

const ChangeRow* change_between(const ParticipantReport& report, const std::string& from, const std::string& to) {
  for (const ChangeRow& change : report.changes)
    if (change.from == from && change.to == to) return &change;
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

std::optional<double> measured_drift(const ParticipantReport& report, const std::string& session) {
  for (const VisitRow& visit : report.visits) {
    if (visit.session != session) continue;
    const auto drift = visit.figures.find("calibration_drift_percent");
    if (drift == visit.figures.end() || std::isnan(drift->second)) return std::nullopt;
    return drift->second;
  }
  return std::nullopt;
}

std::vector<TissueValues> gaps_of(const json& truth_visits, const ParticipantReport& report) {
  std::vector<TissueValues> gaps;
  for (std::size_t v = 2; v < truth_visits.size(); ++v) {
    const std::string first = truth_visits[0].at("session"), between = truth_visits[v - 1].at("session"),
                      last = truth_visits[v].at("session");
    std::optional<TissueValues> parts[3];
    const std::pair<std::string, std::string> steps[3] = {{first, between}, {between, last}, {first, last}};
    for (int i = 0; i < 3; ++i)
      if (const ChangeRow* change = change_between(report, steps[i].first, steps[i].second))
        parts[i] = where_known(change->percent);
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

ComparedParticipant compared(const json& truth, const ParticipantReport& report, std::vector<std::string>& missing) {
  const json& visits = truth.at("visits");
  ComparedParticipant participant{
      truth.at("label"), report.dose_group.value_or("-"), {}, false, gaps_of(visits, report), head_of(truth)};
  for (std::size_t v = 1; v < visits.size(); ++v) {
    ComparedChange row;
    row.from = visits[0].at("session");
    row.to = visits[v].at("session");
    const ChangeRow* change = change_between(report, row.from, row.to);
    const auto percent = change != nullptr ? where_known(change->percent) : std::nullopt;
    if (!percent) {
      missing.push_back(participant.participant_id + " " + row.to + ": no change in its report");
      continue;
    }
    row.planted = planted_in(visits[v]);
    row.measured = *percent;
    row.standard_error = change->standard_error;
    row.errors = change->errors;
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
      const json truth = read_truth(file, comparison.inputs);
      const std::string label = truth.at("label");
      const std::string report_name = participant_json_path(label);
      if (!fs::exists(out_dir / report_name)) {
        comparison.missing.push_back(label + ": no report in " + out_dir.string());
        continue;
      }
      const std::string text = read_input(out_dir / report_name, report_name, comparison.inputs);
      ComparedParticipant participant = compared(truth, parse_participant_json(text, report_name), comparison.missing);
      participant.error_model_sha256 = sha256_of_input(parse_ordered_json(text), error_model_file_name);
      if (!participant.changes.empty()) comparison.participants.push_back(std::move(participant));
    } catch (const json::exception& error) {
      throw InputError(file.string() + " lacks a field: " + error.what() + ".");
    }
  }
  if (comparison.participants.empty())
    throw InputError("No change in " + out_dir.string() + " can be compared: there is no report for any truth in " +
                     truth_dir.string() + ".");
  return comparison;
}

}  // namespace wane
