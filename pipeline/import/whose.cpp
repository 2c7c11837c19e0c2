#include "pipeline/import/whose.h"

#include <algorithm>

#include "base/error.h"
#include "pipeline/dataset/visit_dates.h"

namespace wane {
namespace {

constexpr std::size_t longest_label = 64;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string cell(const Table& table, const Table::Row& row, const char* column) {
  const auto place = table.column(column);
  return place ? row.cells[*place].value_or("") : std::string();
}

std::string label_in(const Table& table, const Table::Row& row, const char* column, const std::string& prefix) {
  std::string label = cell(table, row, column);
  if (label.starts_with(prefix)) label.erase(0, prefix.size());
  if (!label.empty() && !is_label(label))
    throw InputError(table.where(row) + ": " + column + " '" + label +
                     "' cannot name files of a BIDS dataset; use letters and digits alone, at most " +
                     std::to_string(longest_label) + ".");
  return label;
}

std::optional<int> day_in(const Table& table, const Table::Row& row, const char* column) {
  const std::string text = cell(table, row, column);
  if (text.empty()) return std::nullopt;
  if (const auto day = calendar_day(text)) return day;
  throw InputError(table.where(row) + ": " + column + " '" + text +
                   "' is not a date that can be read with certainty; write year-month-day (2024-03-31), or n/a.");
}

// "./site1/007/" as "site1/007".
std::string clean_folder(const std::string& folder) {
  std::string clean = std::filesystem::path(folder).lexically_normal().generic_string();
  while (clean.size() > 1 && clean.ends_with('/')) clean.pop_back();
  return clean == "." ? "" : clean;
}

Suffix suffix_in(const Table& table, const Table::Row& row) {
  const std::string text = cell(table, row, "suffix");
  if (text.empty()) return Suffix::none;
  if (text == "T1w") return Suffix::t1w;
  if (text == "FLAIR") return Suffix::flair;
  throw InputError(table.where(row) + ": suffix '" + text + "' is not known; write T1w, FLAIR or n/a.");
}

MapRow map_row(const Table& table, const Table::Row& row) {
  MapRow entry;
  entry.line = row.line;
  entry.patient_id = cell(table, row, "patient_id");
  entry.folder = clean_folder(cell(table, row, "folder"));
  entry.study_day = day_in(table, row, "study_date");
  entry.baseline_day = day_in(table, row, "baseline_date");
  entry.participant = label_in(table, row, "participant_id", "sub-");
  entry.session = label_in(table, row, "session", "ses-");
  entry.dose_group = cell(table, row, "dose_group");
  entry.dose = cell(table, row, "dose");
  entry.suffix = suffix_in(table, row);
  if (entry.participant.empty())
    throw InputError(table.where(row) + ": participant_id is empty; name the participant (sub-01).");
  if (entry.patient_id.empty() && entry.folder.empty())
    throw InputError(table.where(row) + ": both patient_id and folder are empty; give one of them.");
  return entry;
}

bool is_below(const std::string& path, const std::string& folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool fits(const MapRow& row, const Series& series) {
  if (!row.patient_id.empty() && row.patient_id != series.patient_id) return false;
  if (!row.folder.empty() && !is_below(series.first.generic_string(), row.folder)) return false;
  // Where the scan has no date, the row gives it one.
  return !row.study_day || !series.day || *row.study_day == *series.day;
}

// How exactly a row says what it is about.
std::pair<int, std::size_t> precision(const MapRow& row) {
  return {int(!row.patient_id.empty()) + int(!row.folder.empty()) + int(row.study_day.has_value()), row.folder.size()};
}

bool same(const MapRow& a, const MapRow& b) {
  return a.participant == b.participant && a.session == b.session && a.suffix == b.suffix;
}

// One name of a path against one of the pattern. Shortest finds first; names are short, so that trying all is cheap,
// and `tries` bounds it.
bool match_name(std::string_view pattern, std::string_view name, PatternMatch& found, int& tries) {
  if (--tries < 0) return false;
  if (pattern.empty()) return name.empty();
  const bool participant = pattern.starts_with("{participant}"), session = pattern.starts_with("{session}");
  if (!participant && !session && pattern.front() != '*')
    return !name.empty() && name.front() == pattern.front() &&
           match_name(pattern.substr(1), name.substr(1), found, tries);
  const std::size_t length = participant ? 13 : session ? 9 : 1;
  for (std::size_t count = length == 1 ? 0 : 1; count <= name.size(); ++count) {
    PatternMatch attempt = found;
    if (participant) attempt.participant = name.substr(0, count);
    if (session) attempt.session = name.substr(0, count);
    if (!match_name(pattern.substr(length), name.substr(count), attempt, tries)) continue;
    found = attempt;
    return true;
  }
  return false;
}

std::string without_prefix(std::string text, const std::string& prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= longest_label && std::all_of(text.begin(), text.end(), is_alphanumeric);
}

std::string label_from(std::string_view text) {
  std::string label;
  for (const char c : text)
    if (is_alphanumeric(c)) label += c;
  return label.size() <= longest_label ? label : std::string();
}

ImportMap import_map(const Table& table) {
  table.required_column("participant_id");
  if (!table.column("patient_id") && !table.column("folder"))
    throw InputError(table.name +
                     " has neither a column patient_id nor a column folder; one must say which scans are "
                     "whose.");
  ImportMap map;
  for (const auto& row : table.rows) map.rows.push_back(map_row(table, row));
  if (map.empty()) throw InputError(table.name + " has no rows; write one for each participant or visit.");
  return map;
}

const MapRow* row_of(const ImportMap& map, const Series& series) {
  const MapRow* best = nullptr;
  const MapRow* rival = nullptr;
  for (const auto& row : map.rows) {
    if (!fits(row, series)) continue;
    if (!best || precision(row) > precision(*best)) {
      best = &row;
      rival = nullptr;
    } else if (precision(row) == precision(*best) && !same(row, *best)) {
      rival = &row;
    }
  }
  if (rival)
    throw InputError("Lines " + std::to_string(best->line) + " and " + std::to_string(rival->line) +
                     " of the map both fit and say different things; tell them apart by folder or study_date.");
  return best;
}

void require_usable_pattern(const std::string& pattern) {
  if (pattern.find("{participant}") == std::string::npos)
    throw UsageError("The pattern '" + pattern +
                     "' does not say where the participant stands: write {participant}, as in "
                     "'{participant}/{session}'.");
  const auto count = std::count(pattern.begin(), pattern.end(), '{');
  const bool session = pattern.find("{session}") != std::string::npos;
  if (count != 1 + int(session))
    throw UsageError("The pattern '" + pattern + "' may hold {participant} once and {session} once, and no other {.");
}

std::optional<PatternMatch> match_pattern(const std::string& pattern, const std::filesystem::path& path) {
  PatternMatch found;
  const std::filesystem::path wanted = std::filesystem::path(pattern).lexically_normal();
  auto name = path.begin();
  constexpr int most_tries = 100'000;
  int tries = most_tries;
  for (const auto& part : wanted) {
    if (part.empty()) continue;
    if (name == path.end() || !match_name(part.native(), name->native(), found, tries)) return std::nullopt;
    ++name;
  }
  found.participant = label_from(without_prefix(found.participant, "sub-"));
  found.session = label_from(without_prefix(found.session, "ses-"));
  if (found.participant.empty()) return std::nullopt;
  return found;
}

}  // namespace wane
