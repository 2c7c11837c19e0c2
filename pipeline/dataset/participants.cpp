#include "pipeline/dataset/participants.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <unordered_set>

#include "base/error.h"
#include "base/letters.h"
#include "base/text_file.h"
#include "pipeline/dataset/file_label.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/labels.h"
#include "pipeline/dataset/tsv.h"

namespace wane {
namespace {

std::vector<std::string> participant_folders(const std::filesystem::path& bids_folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(bids_folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code status_error;
    std::string name = it->path().filename().string();
    if (name.starts_with("sub-") && it->is_directory(status_error) && file_label_problem(name).empty())
      names.push_back(std::move(name));
  }
  return names;
}

// A column that may be absent under its default name, but not where the user named it.
std::optional<std::size_t> optional_column(const Table& table, const std::string& name, const std::string& usual) {
  return name == usual ? table.column(name) : std::optional(table.required_column(name));
}

std::string shown(const std::optional<double>& value) {
  std::ostringstream text;
  if (value) text << *value;
  return text.str();
}

// Fills in what `kept` lacks. `both` names the two rows, `what` the column.
template <class T, class Shown>
void join_value(std::optional<T>& kept, const std::optional<T>& other, const std::string& both, const std::string& what,
                Shown shown_value) {
  if (kept && other && *kept != *other)
    throw InputError(both + " disagree: " + what + " is '" + shown_value(kept) + "' and '" + shown_value(other) +
                     "'; give one value for each participant.");
  if (!kept) kept = other;
}

std::vector<ParticipantEntry> entries_of(const Table& table, const std::vector<std::string>& ids,
                                         const DatasetOptions& options, std::vector<std::string>& warnings) {
  const DatasetOptions usual;
  const auto group = optional_column(table, options.dose_group_column, usual.dose_group_column);
  const auto dose = optional_column(table, options.dose_column, usual.dose_column);
  struct Place {
    std::size_t entry, line;
  };
  std::vector<ParticipantEntry> entries;
  std::unordered_map<std::string, Place> place_of;
  std::string twice;  // the first participant with more than one row
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    ParticipantEntry entry{ids[i], group ? row.cells[*group] : std::nullopt,
                           dose ? table.number(row, *dose) : std::nullopt};
    if (entry.dose_group && one_line(*entry.dose_group) != *entry.dose_group)
      throw InputError(table.where(row) + ": " + options.dose_group_column + " '" + *entry.dose_group +
                       "' is too long or holds control characters or bytes that are not UTF-8; correct it.");
    const auto [place, is_new] = place_of.emplace(ids[i], Place{entries.size(), row.line});
    if (is_new) {
      entries.push_back(entry);
      continue;
    }
    ParticipantEntry& kept = entries[place->second.entry];
    const std::string both = table.name + ", lines " + std::to_string(place->second.line) + " and " +
                             std::to_string(row.line) + ": the rows of " + ids[i];
    join_value(kept.dose_group, entry.dose_group, both, options.dose_group_column, [](const auto& v) { return *v; });
    join_value(kept.dose, entry.dose, both, options.dose_column, [](const auto& v) { return shown(v); });
    if (twice.empty()) twice = ids[i];
  }
  // A row a session is a form that many datasets have; without that column it may be a slip.
  if (!twice.empty() && !table.column(options.session_column))
    warnings.push_back("participants.tsv: " + twice +
                       " has more than one row; the rows of a participant agree and are read as one.");
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
                              "': the dose response cannot be computed.");
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

ParticipantsTable participants_in(const Table& table, const DatasetOptions& options,
                                  const std::filesystem::path& bids_folder) {
  const RowParticipants rows = participants_of_rows(table, options, bids_folder);
  ParticipantsTable result;
  result.found = true;
  result.warnings = table.warnings;
  result.warnings.insert(result.warnings.end(), rows.warnings.begin(), rows.warnings.end());
  result.entries = entries_of(table, rows.ids, options, result.warnings);
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
  result = participants_in(read_participants_table(bids_folder), options, bids_folder);
  result.dose_unit = dose_unit_in(bids_folder / "participants.json", options.dose_column, result.warnings);
  return result;
}

Table read_participants_table(const std::filesystem::path& bids_folder) {
  const auto file = bids_folder / "participants.tsv";
  Table table = read_tsv(file, file.string());
  for (auto& warning : table.warnings)
    if (warning.starts_with(table.name)) warning.replace(0, table.name.size(), "participants.tsv");
  return table;
}

RowParticipants participants_of_rows(const Table& table, const DatasetOptions& options,
                                     const std::filesystem::path& bids_folder) {
  const std::size_t column = table.required_column(options.participant_column);
  const KnownLabels folders("sub-", participant_folders(bids_folder));
  RowParticipants result;
  std::unordered_set<std::string> written;
  for (const auto& row : table.rows) {
    if (!row.cells[column])
      throw InputError(table.where(row) + ": " + options.participant_column +
                       " is empty; name the participant (sub-01) or remove the row.");
    const std::string id = with_prefix(*row.cells[column], "sub-");
    if (const auto problem = file_label_problem(id); !problem.empty())
      throw InputError(table.where(row) + ": " + options.participant_column + " '" + *row.cells[column] + "' " +
                       problem + " and cannot name files; correct it.");
    written.insert(id);
  }
  std::size_t completed = 0;
  for (const auto& row : table.rows) {
    const std::string id = with_prefix(*row.cells[column], "sub-");
    const auto meant = folders.meant(id);
    // Where the other label has a row of its own, the two are two participants.
    const bool other = meant && *meant != id && !written.contains(*meant);
    result.ids.push_back(other ? *meant : id);
    if (other && completed++ == 0)
      result.warnings.push_back("participants.tsv: '" + *row.cells[column] + "' in line " + std::to_string(row.line) +
                                " is read as " + *meant + ", the participant of that number");
  }
  if (completed > 0)
    result.warnings.back() +=
        completed == 1 ? "." : ", and so are " + std::to_string(completed - 1) + " more rows; write the whole labels.";
  return result;
}

}  // namespace wane
