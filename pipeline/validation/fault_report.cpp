#include "pipeline/validation/fault_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "pipeline/report/json_values.h"
#include "pipeline/validation/markdown_table.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kChecksShown = 3;  // on the screen; the files have all
constexpr int kDecimalsStrength = 3;

std::string fixed(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string of(std::size_t part, std::size_t all) {
  return std::to_string(part) + " of " + std::to_string(all);
}

std::string percent(std::size_t part, std::size_t all) {
  return all == 0 ? "-" : fixed("%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(all));
}

std::optional<double> percent_number(std::size_t part, std::size_t all) {
  if (all == 0) return std::nullopt;
  return 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

// The most frequent first; ties by name.
std::string frequent_checks(const FaultCount& count) {
  std::vector<std::pair<std::string, std::size_t>> checks(count.checks.begin(), count.checks.end());
  std::stable_sort(checks.begin(), checks.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t c = 0; c < std::min(checks.size(), kChecksShown); ++c)
    text += (c > 0 ? ", " : "") + checks[c].first + " " + std::to_string(checks[c].second);
  if (checks.size() > kChecksShown) text += ", ...";
  return text.empty() ? "-" : text;
}

std::string worst_cell(const FaultCount& count) {
  if (!count.worst_silent) return "-";
  return fixed("%.2f", count.worst_silent->brain) + " / " + fixed("%.2f", count.worst_silent->gray_matter);
}

FaultCount sum_of(const FaultRow& row) {
  FaultCount sum;
  for (const auto& [degree, count] : row.degrees) sum.add(count);
  return sum;
}

std::string caught_cell(const std::map<Degree, FaultCount>& degrees, Degree degree) {
  const auto count = degrees.find(degree);
  if (count == degrees.end()) return "-";
  return of(count->second.caught, count->second.n) + " (" + std::to_string(count->second.failed) + ")";
}

std::string faults_table(const FaultScores& scores) {
  std::vector<std::vector<std::string>> rows = {
      {"fault: caught of all (failed)", "mild", "clinical", "gross", "caught by", "worst silent error"}};
  const auto add = [&](const std::string& name, const std::map<Degree, FaultCount>& degrees, const FaultCount& sum) {
    rows.push_back({name});
    for (const Degree degree : all_degrees) rows.back().push_back(caught_cell(degrees, degree));
    rows.back().push_back(frequent_checks(sum));
    rows.back().push_back(worst_cell(sum));
  };
  FaultCount all;
  for (const FaultRow& row : scores.faults) {
    add(row.fault, row.degrees, sum_of(row));
    all.add(sum_of(row));
  }
  add("all", scores.totals, all);
  return markdown_table(rows);
}

std::string good_table(const FaultScores& scores) {
  std::vector<std::vector<std::string>> rows = {
      {"undisturbed scans", "n", "failed", "warned", "which checks", "worst silent error"}};
  const auto add = [&](const std::string& name, const FaultCount& count) {
    rows.push_back({name, std::to_string(count.n), std::to_string(count.failed), std::to_string(count.warned),
                    frequent_checks(count), worst_cell(count)});
  };
  for (const FaultRow& row : scores.good) add(row.words, sum_of(row));
  add("all", scores.good_total);
  return markdown_table(rows);
}

std::string totals_text(const FaultScores& scores) {
  std::string text;
  for (const Degree degree : all_degrees) {
    const auto total = scores.totals.find(degree);
    if (total == scores.totals.end()) continue;
    const FaultCount& count = total->second;
    text += std::string(name_of(degree)) + " faults: " + percent(count.caught, count.n) + " caught (" +
            of(count.caught, count.n) + "), " + percent(count.failed, count.n) + " failed\n";
  }
  const FaultCount& good = scores.good_total;
  if (good.n > 0)
    text += "undisturbed scans: " + percent(good.failed, good.n) + " refused (" + of(good.failed, good.n) + "), " +
            percent(good.warned, good.n) + " warned (" + of(good.warned, good.n) + ")\n";
  return text;
}

// Clinical and gross faults that nobody would have heard of, refused undisturbed scans, and what broke.
std::string noteworthy_text(const FaultScores& scores) {
  std::string text;
  for (const FaultOutcome& outcome : scores.outcomes) {
    const FaultPerson& person = outcome.person;
    const bool matters = !person.good() && person.strength->degree != Degree::mild;
    if (outcome.state == FaultState::broken)
      text += "BROKEN  " + person.label + ": " + outcome.sentence + "\n";
    else if (person.good() && outcome.state == FaultState::failed)
      text += "REFUSED " + person.label + ": " + outcome.sentence + "\n";
    else if (matters && outcome.state == FaultState::silent)
      text += "MISSED  " + person.label + ": " + person.words +
              (outcome.error ? ", brain off by " + fixed("%+.2f %%", outcome.error->brain) + ", gray matter by " +
                                   fixed("%+.2f %%", outcome.error->gray_matter)
                             : ", no change given") +
              "\n";
  }
  return text.empty() ? "" : "\n" + text;
}

ordered_json error_json(const std::optional<TissueValues>& error) {
  return error ? percent_json(*error) : ordered_json(nullptr);
}

ordered_json count_json(const FaultCount& count) {
  ordered_json json = {{"n", count.n},           {"caught", count.caught}, {"failed", count.failed},
                       {"warned", count.warned}, {"silent", count.silent}, {"broken", count.broken}};
  json["checks"] = ordered_json::object();
  for (const auto& [check, people] : count.checks) json["checks"][check] = people;
  json["worst_silent_error"] = error_json(count.worst_silent);
  return json;
}

const FaultStrength* strength_of(const FaultKind& kind, Degree degree) {
  for (const FaultStrength& strength : kind.strengths)
    if (strength.degree == degree) return &strength;
  return nullptr;
}

ordered_json fault_json(const FaultRow& row) {
  ordered_json json = {{"fault", row.fault}, {"words", row.words}, {"unit", row.kind->unit}};
  json["degrees"] = ordered_json::object();
  for (const auto& [degree, count] : row.degrees) {
    const FaultStrength* strength = strength_of(*row.kind, degree);
    ordered_json entry = {{"strength", strength ? number_json(strength->strength, kDecimalsStrength) : nullptr},
                          {"reason", strength ? strength->reason : ""},
                          {"both_visits", strength != nullptr && strength->both_visits}};
    entry.update(count_json(count));
    json["degrees"][name_of(degree)] = std::move(entry);
  }
  return json;
}

ordered_json person_json(const FaultOutcome& outcome) {
  const FaultPerson& person = outcome.person;
  const bool good = person.good();
  return {{"participant_id", person.label},
          {"fault", good ? ordered_json(nullptr) : ordered_json(person.fault)},
          {"degree", good ? ordered_json(nullptr) : ordered_json(name_of(person.strength->degree))},
          {"words", person.words},
          {"head", person.head + 1},
          {"outcome", name_of(outcome.state)},
          {"checks", outcome.checks},
          {"sentence", outcome.sentence},
          {"error", error_json(outcome.error)}};
}

}  // namespace

std::string faults_markdown(const FaultScores& scores) {
  std::string text;
  if (!scores.faults.empty()) text += faults_table(scores) + "\n";
  if (!scores.good.empty()) text += good_table(scores) + "\n";
  return text + totals_text(scores) + noteworthy_text(scores);
}

std::string faults_json_text(const FaultScores& scores, const std::vector<ValidationHead>& heads,
                             const Provenance& provenance) {
  ordered_json json = report_head("wane/faults/1", provenance);
  json["heads"] = heads_json(heads);
  json["totals"] = ordered_json::object();
  for (const auto& [degree, count] : scores.totals) {
    json["totals"][name_of(degree)] = count_json(count);
    json["totals"][name_of(degree)]["caught_percent"] =
        number_json(percent_number(count.caught, count.n), decimals_percent);
  }
  json["undisturbed"] = count_json(scores.good_total);
  json["undisturbed"]["failed_percent"] =
      number_json(percent_number(scores.good_total.failed, scores.good_total.n), decimals_percent);
  json["undisturbed"]["warned_percent"] =
      number_json(percent_number(scores.good_total.warned, scores.good_total.n), decimals_percent);
  json["faults"] = ordered_json::array();
  for (const FaultRow& row : scores.faults) json["faults"].push_back(fault_json(row));
  json["people"] = ordered_json::array();
  for (const FaultOutcome& outcome : scores.outcomes) json["people"].push_back(person_json(outcome));
  add_provenance(json, provenance);
  return json_text(json);
}

TableText fault_rates_table(const FaultScores& scores) {
  TableBuilder table({{"fault", "what is wrong with the second visit; good: nothing"},
                      {"degree", "mild, clinical or gross; NA for undisturbed scans"},
                      {"words", "the fault, or the kind of undisturbed scans, in words"},
                      {"strength", "of the fault, in its own unit"},
                      {"unit", "of the strength"},
                      {"n", "people"},
                      {"caught", "people who failed or have a warning"},
                      {"failed", "people who were refused or have a check that fails"},
                      {"warned", "people with a check that warns and none that fails"},
                      {"silent", "people who were measured as if nothing were wrong"},
                      {"broken", "people without a verdict: a bug, memory, disk, or no result"},
                      {"checks", "checks that failed or warned, with the number of people"},
                      {"worst_silent_brain", "largest error of the silent, without sign", "percent"},
                      {"worst_silent_gray_matter", "largest error of the silent, without sign", "percent"},
                      {"reason", "why this strength has this degree"}});
  const auto add = [&](const FaultRow& row, std::optional<Degree> degree, const FaultCount& count) {
    const FaultStrength* strength = row.kind && degree ? strength_of(*row.kind, *degree) : nullptr;
    std::string checks;
    for (const auto& [check, people] : count.checks)
      checks += (checks.empty() ? "" : ", ") + check + " " + std::to_string(people);
    table.add(
        TableRow()
            .text(row.fault)
            .text(degree ? name_of(*degree) : "")
            .text(row.words)
            .number(strength ? std::optional(strength->strength) : std::nullopt, kDecimalsStrength)
            .text(strength ? row.kind->unit : "")
            .count(count.n)
            .count(count.caught)
            .count(count.failed)
            .count(count.warned)
            .count(count.silent)
            .count(count.broken)
            .text(checks)
            .number(count.worst_silent ? std::optional(count.worst_silent->brain) : std::nullopt, decimals_percent)
            .number(count.worst_silent ? std::optional(count.worst_silent->gray_matter) : std::nullopt,
                    decimals_percent)
            .text(strength ? strength->reason : ""));
  };
  for (const FaultRow& row : scores.faults)
    for (const auto& [degree, count] : row.degrees) add(row, degree, count);
  for (const FaultRow& row : scores.good) add(row, std::nullopt, sum_of(row));
  return std::move(table).finished();
}

TableText fault_people_table(const FaultScores& scores) {
  TableBuilder table({{"participant_id", "simulated participant"},
                      {"fault", "what is wrong with the second visit; good: nothing"},
                      {"degree", "mild, clinical or gross; NA for undisturbed scans"},
                      {"head", "number of the head that it was simulated from"},
                      {"outcome", "failed, warned, silent or broken"},
                      {"checks", "that failed or warned; refused: the participant failed with a reason"},
                      {"error_brain", "measured minus planted change; NA where nothing was measured", "percent"},
                      {"error_gray_matter", "measured minus planted change", "percent"},
                      {"error_white_matter", "measured minus planted change", "percent"},
                      {"sentence", "the reason, or the first such check's sentence"}});
  for (const FaultOutcome& outcome : scores.outcomes) {
    std::string checks;
    for (const std::string& check : outcome.checks) checks += (checks.empty() ? "" : ", ") + check;
    table.add(TableRow()
                  .text(outcome.person.label)
                  .text(outcome.person.fault)
                  .text(outcome.person.good() ? "" : name_of(outcome.person.strength->degree))
                  .count(outcome.person.head + 1)
                  .text(name_of(outcome.state))
                  .text(checks)
                  .percent(outcome.error)
                  .text(outcome.sentence));
  }
  return std::move(table).finished();
}

int exit_code_of(const FaultScores& scores) {
  bool broken = scores.good_total.broken > 0;
  for (const auto& [degree, count] : scores.totals) broken |= count.broken > 0;
  const auto gross = scores.totals.find(Degree::gross);
  const bool missed = gross != scores.totals.end() && gross->second.caught < gross->second.n;
  return broken || missed ? 1 : 0;
}

}  // namespace wane
