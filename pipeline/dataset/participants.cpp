#include "pipeline/dataset/participants.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "imaging/error.h"
#include "imaging/text_file.h"
#include "pipeline/dataset/file_label.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/tsv.h"

namespace wane {
namespace {

// A column that may be absent under its default name, but not where the user named it.
std::optional<std::size_t> optional_column(const Table& table, const std::string& name, const std::string& usual) {
  return name == usual ? table.column(name) : std::optional(table.required_column(name));
}

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::vector<ParticipantEntry> entries_of(const Table& table, const DatasetOptions& options) {
  const DatasetOptions usual;
  const std::size_t participant = table.required_column(options.participant_column);
  const auto group = optional_column(table, options.dose_group_column, usual.dose_group_column);
  const auto dose = optional_column(table, options.dose_column, usual.dose_column);
  std::vector<ParticipantEntry> entries;
  std::map<std::string, std::size_t> line_of;
  for (const auto& row : table.rows) {
    if (!row.cells[participant])
      throw InputError(table.where(row) + ": " + options.participant_column +
                       " is empty; name the participant (sub-01) or remove the row.");
    ParticipantEntry entry;
    entry.participant_id = with_prefix(*row.cells[participant], "sub-");
    if (const auto problem = file_label_problem(entry.participant_id); !problem.empty())
      throw InputError(table.where(row) + ": " + options.participant_column + " '" + *row.cells[participant] + "' " +
                       problem + " and cannot name files; correct it.");
    const auto [first, is_new] = line_of.emplace(entry.participant_id, row.line);
    if (!is_new)
      throw InputError(table.where(row) + ": " + entry.participant_id + " is already in line " +
                       std::to_string(first->second) + "; keep one row for each participant.");
    if (group) entry.dose_group = row.cells[*group];
    if (entry.dose_group && one_line(*entry.dose_group) != *entry.dose_group)
      throw InputError(table.where(row) + ": " + options.dose_group_column + " '" + *entry.dose_group +
                       "' is too long or holds control characters or bytes that are not UTF-8; correct it.");
    if (dose) entry.dose = table.number(row, *dose);
    entries.push_back(entry);
  }
  return entries;
}

void warn_of_odd_groups(ParticipantsTable& table) {
  std::map<std::string, std::set<double>> doses;
  std::map<std::string, std::set<std::string>> spellings;
  for (const auto& entry : table.entries) {
    if (entry.dose && *entry.dose < 0)
      table.warnings.push_back("participants.tsv: the dose of " + entry.participant_id + " is negative; check it.");
    if (!entry.dose_group) continue;
    spellings[lower_case(*entry.dose_group)].insert(*entry.dose_group);
    if (entry.dose) doses[*entry.dose_group].insert(*entry.dose);
  }
  for (const auto& [group, values] : doses)
    if (values.size() > 1)
      table.warnings.push_back("participants.tsv: dose group '" + group + "' has " + std::to_string(values.size()) +
                               " different doses; each participant's own dose is used.");
  for (const auto& [folded, names] : spellings)
    if (names.size() > 1)
      table.warnings.push_back("participants.tsv: dose groups '" + *names.begin() + "' and '" + *names.rbegin() +
                               "' differ only in capital letters and are kept apart; check that this is meant.");
}

void warn_of_missing_columns(ParticipantsTable& result, const Table& table, const DatasetOptions& options) {
  if (!table.column(options.dose_group_column))
    result.warnings.push_back("participants.tsv has no column '" + options.dose_group_column +
                              "': reports of dose groups cannot be made.");
  if (!table.column(options.dose_column))
    result.warnings.push_back("participants.tsv has no column '" + options.dose_column +
                              "': how the change depends on dose cannot be computed.");
}

// Only the unit is read, so a broken sidecar is worth a warning and no more.
std::string dose_unit_in(const std::filesystem::path& sidecar, const std::string& dose_column,
                         std::vector<std::string>& warnings) {
  std::error_code error;
  if (!std::filesystem::exists(sidecar, error)) return {};
  try {
    const auto json = parse_json(read_text_file(sidecar, most_json_bytes));
    if (!json.is_object()) {
      warnings.push_back("participants.json is not valid JSON: the unit of the dose is not known.");
      return {};
    }
    const auto column = json.find(dose_column);
    if (column == json.end() || !column->is_object()) return {};
    for (const char* key : {"Units", "units", "Unit", "unit"})
      if (const auto unit = column->find(key); unit != column->end() && unit->is_string()) return *unit;
  } catch (const InputError&) {
    warnings.push_back("participants.json cannot be read: the unit of the dose is not known.");
  }
  return {};
}

}  // namespace

const ParticipantEntry* ParticipantsTable::find(const std::string& participant_id) const {
  const auto place = place_of_.find(participant_id);
  return place == place_of_.end() ? nullptr : &entries[place->second];
}

std::string with_prefix(const std::string& label, const std::string& prefix) {
  return label.starts_with(prefix) ? label : prefix + label;
}

ParticipantsTable participants_in(const Table& table, const DatasetOptions& options) {
  ParticipantsTable result;
  result.found = true;
  result.entries = entries_of(table, options);
  for (std::size_t i = 0; i < result.entries.size(); ++i) result.place_of_[result.entries[i].participant_id] = i;
  warn_of_missing_columns(result, table, options);
  warn_of_odd_groups(result);
  return result;
}

ParticipantsTable read_participants(const std::filesystem::path& bids_folder, const DatasetOptions& options) {
  const auto file = bids_folder / "participants.tsv";
  ParticipantsTable result;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    result.warnings.push_back(
        "There is no participants.tsv: doses are not known and reports of dose groups cannot be made; participants "
        "are measured all the same.");
    return result;
  }
  result = participants_in(read_tsv(file, file.string()), options);
  result.dose_unit = dose_unit_in(bids_folder / "participants.json", options.dose_column, result.warnings);
  return result;
}

std::vector<CovariateColumn> read_covariates(const std::filesystem::path& bids_folder, const DatasetOptions& options,
                                             const std::string& names) {
  std::vector<CovariateColumn> covariates;
  std::istringstream stream(names);
  for (std::string name; std::getline(stream, name, ',');) {
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    if (!name.empty()) covariates.push_back({name, {}});
  }
  if (covariates.empty()) return covariates;
  const auto file = bids_folder / "participants.tsv";
  const Table table = read_tsv(file, file.string());
  const std::size_t participant = table.required_column(options.participant_column);
  for (auto& covariate : covariates) {
    const std::size_t column = table.required_column(covariate.name);
    for (const auto& row : table.rows)
      if (row.cells[participant] && row.cells[column])
        covariate.value_of[with_prefix(*row.cells[participant], "sub-")] = *row.cells[column];
  }
  return covariates;
}

}  // namespace wane
