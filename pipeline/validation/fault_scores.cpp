#include "pipeline/validation/fault_scores.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/validation/truth_comparison.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kRefused = "refused";
constexpr int kInputExitCode = 3;  // of InputError: the scans cannot be used

json read_json(const fs::path& file, const std::string& name, std::vector<InputFile>& inputs) {
  const std::string text = read_text_file(file, most_json_bytes);
  json value = parse_json(text);
  if (!value.is_object()) throw InputError(file.string() + " is not a JSON object.");
  inputs.push_back({name, sha256_of_text(text)});
  return value;
}

FaultState state_of(const std::string& verdict) {
  return verdict == "fail" ? FaultState::failed : verdict == "warn" ? FaultState::warned : FaultState::silent;
}

// The worse of two verdicts of a measured person.
FaultState worse(FaultState a, FaultState b) {
  return std::min(a, b);
}

void add_check(FaultOutcome& outcome, const std::string& name, const std::string& sentence) {
  if (std::find(outcome.checks.begin(), outcome.checks.end(), name) == outcome.checks.end())
    outcome.checks.push_back(name);
  if (outcome.sentence.empty()) outcome.sentence = sentence;
}

// `owner`: the report, a visit or a change.
void add_quality(FaultOutcome& outcome, const json& owner) {
  const auto quality = owner.find("quality");
  if (quality == owner.end() || !quality->is_object()) return;
  outcome.state = worse(outcome.state, state_of(text_member(*quality, "verdict")));
  const auto checks = quality->find("checks");
  if (checks == quality->end() || !checks->is_array()) return;
  for (const json& check : *checks) {
    if (!check.is_object()) continue;
    const FaultState verdict = state_of(text_member(check, "verdict"));
    if (verdict == FaultState::silent) continue;
    outcome.state = worse(outcome.state, verdict);
    add_check(outcome, text_member(check, "name"), text_member(check, "sentence"));
  }
}

void add_all_quality(FaultOutcome& outcome, const json& report) {
  outcome.state = FaultState::silent;
  add_quality(outcome, report);
  for (const char* list : {"visits", "changes"}) {
    const auto entries = report.find(list);
    if (entries == report.end() || !entries->is_array()) continue;
    for (const json& entry : *entries)
      if (entry.is_object()) add_quality(outcome, entry);
  }
}

// A report may give no change at all, where no pair of visits could be used.
std::optional<TissueValues> error_of(const std::string& label, const fs::path& out, const fs::path& truth_dir) {
  try {
    const TruthComparison comparison = compare_with_truth(out, truth_dir, {label});
    const ComparedParticipant& participant = comparison.participants.front();
    if (!participant.has_last) return std::nullopt;
    const ComparedChange& last = participant.changes.back();
    return TissueValues{last.measured.brain - last.planted.brain, last.measured.gray_matter - last.planted.gray_matter,
                        last.measured.white_matter - last.planted.white_matter};
  } catch (const InputError&) {
    return std::nullopt;
  }
}

FaultRow& row_of(std::vector<FaultRow>& rows, const FaultPerson& person) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const FaultRow& other) {
    return other.fault == person.fault && other.words == person.words;
  });
  if (row != rows.end()) return *row;
  rows.push_back({person.fault, person.words, person.kind, {}});
  return rows.back();
}

TissueValues larger(const TissueValues& a, const TissueValues& b) {
  return {std::max(a.brain, std::abs(b.brain)), std::max(a.gray_matter, std::abs(b.gray_matter)),
          std::max(a.white_matter, std::abs(b.white_matter))};
}

}  // namespace

const char* name_of(FaultState state) {
  switch (state) {
    case FaultState::failed:
      return "failed";
    case FaultState::warned:
      return "warned";
    case FaultState::silent:
      return "silent";
    case FaultState::broken:
      break;
  }
  return "broken";
}

FaultOutcome fault_outcome(const FaultPerson& person, const fs::path& out, const fs::path& truth_dir,
                           std::vector<InputFile>& inputs) {
  FaultOutcome outcome{person, FaultState::broken, {}, {}, {}};
  const std::string failure = "logs/" + person.label + "_failure.json", report = participant_json_path(person.label);
  if (fs::exists(out / failure)) {
    const json record = read_json(out / failure, failure, inputs);
    outcome.sentence = text_member(record, "reason");
    if (record.value("exit_code", kInputExitCode) != kInputExitCode) return outcome;
    outcome.state = FaultState::failed;
    outcome.checks = {kRefused};
    return outcome;
  }
  if (!fs::exists(out / report)) {
    outcome.sentence = "There is no report of " + person.label + " in " + out.string() + ".";
    return outcome;
  }
  add_all_quality(outcome, read_json(out / report, report, inputs));
  outcome.error = error_of(person.label, out, truth_dir);
  return outcome;
}

void FaultCount::add(const FaultOutcome& outcome) {
  ++n;
  caught += outcome.caught();
  failed += outcome.state == FaultState::failed;
  warned += outcome.state == FaultState::warned;
  silent += outcome.state == FaultState::silent;
  broken += outcome.state == FaultState::broken;
  for (const std::string& check : outcome.checks) ++checks[check];
  if (outcome.state == FaultState::silent && outcome.error)
    worst_silent = larger(worst_silent.value_or(TissueValues{}), *outcome.error);
}

void FaultCount::add(const FaultCount& other) {
  n += other.n;
  caught += other.caught;
  failed += other.failed;
  warned += other.warned;
  silent += other.silent;
  broken += other.broken;
  for (const auto& [check, people] : other.checks) checks[check] += people;
  if (other.worst_silent) worst_silent = larger(worst_silent.value_or(TissueValues{}), *other.worst_silent);
}

FaultScores fault_scores(std::vector<FaultOutcome> outcomes) {
  FaultScores scores;
  scores.outcomes = std::move(outcomes);
  for (const FaultOutcome& outcome : scores.outcomes) {
    const FaultPerson& person = outcome.person;
    const Degree degree = person.good() ? Degree::mild : person.strength->degree;
    row_of(person.good() ? scores.good : scores.faults, person).degrees[degree].add(outcome);
    (person.good() ? scores.good_total : scores.totals[degree]).add(outcome);
  }
  return scores;
}

}  // namespace wane
