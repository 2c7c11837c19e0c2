#include "pipeline/validation/validation_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/report/json_values.h"
#include "pipeline/validation/markdown_table.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

constexpr const char* kAll = "all";

std::vector<PlantedAndMeasured> values_of(const std::vector<ComparedChange>& changes, double TissueValues::*tissue) {
  std::vector<PlantedAndMeasured> values;
  for (const ComparedChange& change : changes)
    values.push_back({change.planted.*tissue, change.measured.*tissue,
                      change.standard_error ? std::optional((*change.standard_error).*tissue) : std::nullopt});
  return values;
}

std::array<Accuracy, 3> accuracy_of(const std::vector<ComparedChange>& changes) {
  std::array<Accuracy, 3> figures;
  for (std::size_t t = 0; t < tissues.size(); ++t) figures[t] = accuracy(values_of(changes, tissues[t].value));
  return figures;
}

void add_gap(std::optional<WorstGap>& worst, const TissueValues& gap) {
  if (!worst) worst.emplace();
  ++worst->n;
  for (const Tissue& tissue : tissues) {
    const auto value = tissue.value;
    worst->worst.*value = std::max(worst->worst.*value, gap.*value);
  }
}

const RungOfParticipant* rung_of(const ValidationReport& report, const std::string& participant_id) {
  const auto found = report.rungs.find(participant_id);
  return found == report.rungs.end() ? nullptr : &found->second;
}

bool is_exchanged(const ValidationReport& report, const ComparedParticipant& participant) {
  const RungOfParticipant* rung = rung_of(report, participant.participant_id);
  return rung != nullptr && !rung->exchanged_of.empty();
}

std::optional<WorstGap> worst_inverse(const ValidationReport& report) {
  const auto& participants = report.comparison.participants;
  std::optional<WorstGap> worst;
  for (const ComparedParticipant& exchanged : participants) {
    if (!is_exchanged(report, exchanged)) continue;
    const std::string& id = rung_of(report, exchanged.participant_id)->exchanged_of;
    const auto partner = std::find_if(participants.begin(), participants.end(),
                                      [&](const ComparedParticipant& other) { return other.participant_id == id; });
    if (partner == participants.end()) continue;  // it is named as missing
    TissueValues gap;
    for (const Tissue& tissue : tissues) {
      const auto value = tissue.value;
      gap.*value =
          inverse_inconsistency(partner->changes.front().measured.*value, exchanged.changes.front().measured.*value);
    }
    add_gap(worst, gap);
  }
  return worst;
}

std::optional<DriftAccuracy> drift_of(const std::vector<ComparedChange>& changes) {
  DriftAccuracy figures;
  double sum = 0;
  for (const ComparedChange& change : changes) {
    if (!change.planted_drift_percent || !change.measured_drift_percent) continue;
    const double error = std::abs(*change.measured_drift_percent - *change.planted_drift_percent);
    sum += error;
    figures.worst = std::max(figures.worst, error);
    ++figures.n;
  }
  if (figures.n == 0) return std::nullopt;
  figures.mean_absolute_error = sum / static_cast<double>(figures.n);
  return figures;
}

std::vector<std::string> accuracy_cells(const std::string& kind, const Accuracy& figures) {
  return {kind,
          std::to_string(figures.n),
          fixed(figures.mean_absolute_error, "%.3f"),
          fixed(figures.median_absolute_error, "%.3f"),
          fixed(figures.bias, "%+.3f"),
          fixed(figures.slope, "%.3f"),
          fixed(figures.worst, "%.3f"),
          figures.coverage_95_percent ? fixed(figures.coverage_95_percent, "%.0f %%") : "-"};
}

std::vector<std::string> gap_cells(const std::string& what, const std::optional<WorstGap>& gap) {
  std::vector<std::string> cells = {what, std::to_string(gap ? gap->n : 0)};
  for (const Tissue& tissue : tissues)
    cells.push_back(gap ? fixed(gap->worst.*tissue.value, "%.3f") : std::string("-"));
  return cells;
}

ordered_json accuracy_json(const std::string& kind, const std::array<Accuracy, 3>& figures) {
  ordered_json json = {{"kind", kind}, {"n", figures[0].n}};
  for (std::size_t t = 0; t < tissues.size(); ++t)
    json[tissues[t].key] = {{"mean_absolute_error", number_json(figures[t].mean_absolute_error, decimals_percent)},
                            {"median_absolute_error", number_json(figures[t].median_absolute_error, decimals_percent)},
                            {"bias", number_json(figures[t].bias, decimals_percent)},
                            {"slope", number_json(figures[t].slope, decimals_percent)},
                            {"worst", number_json(figures[t].worst, decimals_percent)},
                            {"coverage_95_percent", number_json(figures[t].coverage_95_percent, decimals_percent)}};
  return json;
}

ordered_json gap_json(const std::optional<WorstGap>& gap) {
  if (!gap) return nullptr;
  return {{"n", gap->n}, {"worst", percent_json(gap->worst)}};
}

ordered_json drift_json(const std::optional<DriftAccuracy>& drift) {
  if (!drift) return nullptr;
  return {{"n", drift->n},
          {"mean_absolute_error", number_json(drift->mean_absolute_error, decimals_percent)},
          {"worst", number_json(drift->worst, decimals_percent)}};
}

ordered_json change_json(const ValidationReport& report, const ComparedParticipant& participant,
                         const ComparedChange& change) {
  const RungOfParticipant* rung = rung_of(report, participant.participant_id);
  const auto of_rung = [&](std::string RungOfParticipant::*member) {
    return rung == nullptr ? ordered_json(nullptr) : ordered_json(rung->*member);
  };
  return {{"participant_id", participant.participant_id},
          {"kind", of_rung(&RungOfParticipant::kind)},
          {"rung", of_rung(&RungOfParticipant::rung)},
          {"head", of_rung(&RungOfParticipant::head)},
          {"from", change.from},
          {"to", change.to},
          {"planted", percent_json(change.planted)},
          {"measured", percent_json(change.measured)},
          {"standard_error", change.standard_error ? percent_json(*change.standard_error) : ordered_json(nullptr)},
          {"planted_drift_percent", number_json(change.planted_drift_percent, decimals_percent)},
          {"measured_drift_percent", number_json(change.measured_drift_percent, decimals_percent)}};
}

std::vector<KindAccuracy> with_all(const ValidationReport& report) {
  std::vector<KindAccuracy> rows = report.kinds;
  rows.push_back({kAll, report.all});
  return rows;
}

}  // namespace

ValidationReport validation_report(TruthComparison comparison, std::map<std::string, RungOfParticipant> rungs) {
  ValidationReport report;
  report.comparison = std::move(comparison);
  report.rungs = std::move(rungs);
  std::vector<std::pair<std::string, std::vector<ComparedChange>>> kinds;
  std::vector<ComparedChange> all;
  for (const ComparedParticipant& participant : report.comparison.participants) {
    for (const TissueValues& gap : participant.transitivity_gaps) add_gap(report.transitivity, gap);
    if (is_exchanged(report, participant)) continue;
    all.insert(all.end(), participant.changes.begin(), participant.changes.end());
    const RungOfParticipant* rung = rung_of(report, participant.participant_id);
    if (rung == nullptr) continue;
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& entry) { return entry.first == rung->kind; });
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {rung->kind, {}});
    kind->second.insert(kind->second.end(), participant.changes.begin(), participant.changes.end());
  }
  for (const auto& [kind, changes] : kinds) report.kinds.push_back({kind, accuracy_of(changes)});
  if (!all.empty()) report.all = accuracy_of(all);
  report.inverse = worst_inverse(report);
  report.drift = drift_of(all);
  return report;
}

std::string accuracy_markdown(const ValidationReport& report) {
  std::string text;
  for (std::size_t t = 0; t < tissues.size(); ++t) {
    std::vector<std::vector<std::string>> rows = {
        {tissues[t].words, "n", "MAE", "median", "bias", "slope", "worst", "95 % interval holds"}};
    for (const KindAccuracy& kind : with_all(report)) rows.push_back(accuracy_cells(kind.kind, kind.tissue[t]));
    text += markdown_table(rows) + "\n";
  }
  text += markdown_table({{"consistency, worst", "n", tissues[0].words, tissues[1].words, tissues[2].words},
                          gap_cells("exchanged visits: abs(c12 + c21)", report.inverse),
                          gap_cells("three visits: abs(c13 - (c12 then c23))", report.transitivity)});
  if (report.drift)
    text += "\nDrift of voxel size between visits, in percent of length: mean absolute error " +
            fixed(report.drift->mean_absolute_error, "%.3f") + ", worst " + fixed(report.drift->worst, "%.3f") +
            " (n " + std::to_string(report.drift->n) + ").\n";
  return text;
}

ordered_json heads_json(const std::vector<ValidationHead>& heads) {
  auto json = ordered_json::array();
  for (const ValidationHead& head : heads)
    json.push_back({{"name", head.name},
                    {"head", head.head},
                    {"brain", head.brain.empty() ? ordered_json(nullptr) : ordered_json(head.brain)},
                    {"bent", head.bent}});
  return json;
}

std::string validation_json_text(const ValidationReport& report, const std::vector<ValidationHead>& heads,
                                 const Provenance& provenance) {
  ordered_json json = report_head("wane/validation/1", provenance);
  json["heads"] = heads_json(heads);
  json["accuracy"] = ordered_json::array();
  for (const KindAccuracy& kind : with_all(report)) json["accuracy"].push_back(accuracy_json(kind.kind, kind.tissue));
  json["inverse_consistency"] = gap_json(report.inverse);
  json["transitivity"] = gap_json(report.transitivity);
  json["calibration_drift"] = drift_json(report.drift);
  json["changes"] = ordered_json::array();
  for (const ComparedParticipant& participant : report.comparison.participants)
    for (const ComparedChange& change : participant.changes)
      json["changes"].push_back(change_json(report, participant, change));
  json["missing"] = report.comparison.missing;
  add_provenance(json, provenance);
  return json_text(json);
}

TableText accuracy_table(const ValidationReport& report) {
  TableBuilder table(
      {{"kind", "kind of rung of the ladder; all: of all but exchanged visits"},
       {"tissue", "brain, gray_matter or white_matter"},
       {"n", "changes, each from the first visit to a later one"},
       {"mean_absolute_error", "measured minus planted, without sign", "percent of the mean of both volumes"},
       {"median_absolute_error", "measured minus planted, without sign", "percent of the mean of both volumes"},
       {"bias", "mean of measured minus planted", "percent of the mean of both volumes"},
       {"slope", "of measured against planted, through the origin; NA where nothing was planted"},
       {"worst", "largest of measured minus planted, without sign", "percent of the mean of both volumes"},
       {"coverage_95_percent", "how often measured +- 1.96 standard errors held what was planted", "percent"}});
  for (const KindAccuracy& kind : with_all(report))
    for (std::size_t t = 0; t < tissues.size(); ++t) {
      const Accuracy& figures = kind.tissue[t];
      table.add(TableRow()
                    .text(kind.kind)
                    .text(tissues[t].key)
                    .count(figures.n)
                    .number(figures.mean_absolute_error, decimals_percent)
                    .number(figures.median_absolute_error, decimals_percent)
                    .number(figures.bias, decimals_percent)
                    .number(figures.slope, decimals_percent)
                    .number(figures.worst, decimals_percent)
                    .number(figures.coverage_95_percent, decimals_percent));
    }
  return std::move(table).finished();
}

TableText planted_changes_table(const ValidationReport& report) {
  TableBuilder table(
      {{"participant_id", "simulated participant"},
       {"kind", "kind of rung of the ladder; NA where no ladder was run"},
       {"rung", "rung of the ladder"},
       {"head", "number of the head that it was simulated from"},
       {"from", "earlier visit"},
       {"to", "later visit"},
       {"tissue", "brain, gray_matter or white_matter"},
       {"planted", "the truth, read off the finished displacement", "percent of the mean of both volumes"},
       {"measured", "200 (later - earlier) / (later + earlier)", "percent of the mean of both volumes"},
       {"standard_error", "of the measured change", "percent of the mean of both volumes"},
       {"error", "measured minus planted", "percent of the mean of both volumes"},
       {"planted_drift_percent", "by how much the later visit shows lengths too long", "percent of length"},
       {"measured_drift_percent", "by how much it was found to", "percent of length"}});
  for (const ComparedParticipant& participant : report.comparison.participants) {
    const RungOfParticipant* rung = rung_of(report, participant.participant_id);
    for (const ComparedChange& change : participant.changes)
      for (const Tissue& tissue : tissues) {
        const auto value = tissue.value;
        table.add(TableRow()
                      .text(participant.participant_id)
                      .text(rung == nullptr ? "" : rung->kind)
                      .text(rung == nullptr ? "" : rung->rung)
                      .text(rung == nullptr ? "" : rung->head)
                      .text(change.from)
                      .text(change.to)
                      .text(tissue.key)
                      .number(change.planted.*value, decimals_percent)
                      .number(change.measured.*value, decimals_percent)
                      .number(change.standard_error ? std::optional((*change.standard_error).*value) : std::nullopt,
                              decimals_percent)
                      .number(change.measured.*value - change.planted.*value, decimals_percent)
                      .number(change.planted_drift_percent, decimals_percent)
                      .number(change.measured_drift_percent, decimals_percent));
      }
  }
  return std::move(table).finished();
}

}  // namespace wane
