#include "pipeline/dataset/covariates.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/natural_order.h"
#include "pipeline/dataset/participants.h"

namespace wane {
namespace {

// More different whole numbers than this are measurements (ages, scores), and hardly the codes of sites or scanners.
// Two are left alone: as a number and as categories they give the same model.
constexpr std::size_t least_codes = 3;
constexpr std::size_t most_codes = 10;
// A column of text with this many different values and more than half of them different is hardly categories.
constexpr std::size_t least_values_of_text = 5;
constexpr std::size_t most_listed = 10;

enum class Kind { unsaid, category, number };

struct Wanted {
  std::string name;
  Kind kind = Kind::unsaid;
};

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

Wanted wanted_in(const Table& table, const std::string& word) {
  const auto colon = word.rfind(':');
  if (colon == std::string::npos || table.column(word)) return {word, Kind::unsaid};
  const std::string name = trimmed(word.substr(0, colon)), kind = trimmed(word.substr(colon + 1));
  if (kind == "category") return {name, Kind::category};
  if (kind == "number") return {name, Kind::number};
  throw UsageError("'" + kind + "' in --covariates " + word + " is not known; write " + name + ":category or " + name +
                   ":number.");
}

std::vector<Wanted> wanted_columns(const Table& table, const DatasetOptions& options, const std::string& names) {
  std::vector<Wanted> columns;
  std::istringstream stream(names);
  for (std::string word; std::getline(stream, word, ',');) {
    word = trimmed(word);
    if (word.empty()) continue;
    const Wanted wanted = wanted_in(table, word);
    for (const auto& column : columns)
      if (column.name == wanted.name)
        throw UsageError("--covariates names the column '" + wanted.name + "' twice; name each column once.");
    if (wanted.name == options.dose_column || wanted.name == options.dose_group_column)
      throw UsageError("--covariates cannot take the column '" + wanted.name +
                       "', which names the dose groups or doses; leave it out.");
    columns.push_back(wanted);
  }
  return columns;
}

std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// "89" of "89+", as BIDS writes the ages that would identify a person; empty for everything else.
std::string_view without_plus(std::string_view text) {
  if (text.size() < 2 || !text.ends_with('+')) return {};
  text.remove_suffix(1);
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? text : std::string_view();
}

bool has_decimal_comma(const std::string& text) {
  const auto comma = text.find(',');
  if (comma == std::string::npos || text.find(',', comma + 1) != std::string::npos) return false;
  return number_in(text.substr(0, comma) + "." + text.substr(comma + 1)).has_value();
}

struct Value {
  const Table::Row* row;
  const std::string* id;
  std::string text;
};

std::vector<Value> values_of(const Table& table, const std::vector<std::string>& ids, std::size_t column) {
  std::vector<Value> values;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (const auto& cell = table.rows[i].cells[column]) values.push_back({&table.rows[i], &ids[i], *cell});
  return values;
}

bool is_number_like(const std::string& text) {
  return number_in(text) || !without_plus(text).empty() || has_decimal_comma(text);
}

bool mostly_numbers(const std::vector<Value>& values) {
  const auto numbers =
      std::count_if(values.begin(), values.end(), [](const Value& value) { return is_number_like(value.text); });
  return 2 * static_cast<std::size_t>(numbers) > values.size();
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < std::min(words.size(), most_listed); ++i) text += (i ? ", " : "") + words[i];
  if (words.size() > most_listed) text += " and " + std::to_string(words.size() - most_listed) + " more";
  return text;
}

// Turns "89+" into "89"; throws for what is no number.
void make_numbers(const Table& table, const std::string& name, std::vector<Value>& values,
                  std::vector<std::string>& warnings) {
  std::vector<std::string> topped;
  std::string as_written;
  for (auto& value : values) {
    if (const auto number = without_plus(value.text); !number.empty()) {
      if (topped.empty()) as_written = value.text;
      topped.push_back(*value.id);
      value.text = std::string(number);
    }
    if (number_in(value.text)) {
      if (value.text.starts_with('+')) value.text.erase(0, 1);
      continue;
    }
    const std::string where = table.where(*value.row) + ": " + name + " '" + value.text + "'";
    if (has_decimal_comma(value.text)) throw InputError(where + " has a decimal comma; write a decimal point (70.5).");
    throw InputError(where + " is not a number, though most of the column is; correct it or write n/a, or mark the " +
                     "column as categories (--covariates " + name + ":category).");
  }
  if (!topped.empty())
    warnings.push_back("Covariate " + name + ": '" + as_written + "' is read as " +
                       as_written.substr(0, as_written.size() - 1) + " (" + listed(topped) + ").");
}

std::set<std::string> different(const std::map<std::string, std::string>& value_of) {
  std::set<std::string> values;
  for (const auto& [id, value] : value_of) values.insert(value);
  return values;
}

bool are_whole_numbers(const std::set<std::string>& values) {
  return std::all_of(values.begin(), values.end(), [](const std::string& text) {
    const auto number = number_in(text);
    return number && *number == std::floor(*number);
  });
}

// " (participants.tsv, line 2: site '1')"; empty where there is none.
std::string first_value_of(const Table& table, const std::string& name) {
  const auto column = table.required_column(name);
  for (const auto& row : table.rows)
    if (const auto& cell = row.cells[column]) return " (" + table.where(row) + ": " + name + " '" + *cell + "')";
  return "";
}

void warn_of_doubtful_kind(const CovariateColumn& column, const Wanted& wanted, const std::string& first_value,
                           std::vector<std::string>& warnings) {
  const auto values = different(column.value_of);
  const std::size_t count = column.value_of.size();
  const std::string covariate = "Covariate " + column.name;
  if (values.size() == 1)
    warnings.push_back(covariate + " has the same value (" + *values.begin() + ") for everybody and adjusts nothing.");
  if (wanted.kind != Kind::unsaid) return;
  if (!column.category && values.size() >= least_codes && values.size() <= most_codes && 2 * values.size() <= count &&
      are_whole_numbers(values))
    warnings.push_back(covariate + " has " + std::to_string(values.size()) + " different whole numbers" + first_value +
                       " and is used as a number; if they are codes, mark it as categories "
                       "(--covariates " +
                       column.name + ":category), else as numbers (" + column.name + ":number).");
  if (column.category && values.size() >= least_values_of_text && 2 * values.size() > count)
    warnings.push_back(covariate + " has " + std::to_string(values.size()) + " different values for " +
                       std::to_string(count) + " participants and is used as categories; check that they are meant.");
}

std::string note_of(const CovariateColumn& column, const std::vector<std::string>& participants) {
  std::string text = "Covariate " + column.name + ": ";
  const auto values = different(column.value_of);
  if (column.category) {
    std::vector<std::string> names(values.begin(), values.end());
    std::sort(names.begin(), names.end(), natural_less);
    text += "categories " + listed(names);
  } else {
    const auto by_value = [](const std::string& a, const std::string& b) { return *number_in(a) < *number_in(b); };
    const auto [least, most] = std::minmax_element(values.begin(), values.end(), by_value);
    text += values.empty() ? std::string("no values") : "a number from " + *least + " to " + *most;
  }
  std::vector<std::string> without;
  for (const auto& id : participants)
    if (!column.value_of.contains(id)) without.push_back(id);
  if (without.empty()) return text + ".";
  return text + "; no value for " + listed(without) + ", who " + (without.size() == 1 ? "is" : "are") +
         " not in the mixed model.";
}

CovariateColumn column_of(const Table& table, const std::vector<std::string>& ids, const Wanted& wanted,
                          const std::set<std::string>& participants, std::vector<std::string>& warnings) {
  auto values = values_of(table, ids, table.required_column(wanted.name));
  CovariateColumn column{wanted.name, false, {}};
  column.category = wanted.kind == Kind::category || (wanted.kind == Kind::unsaid && !mostly_numbers(values));
  if (!column.category) make_numbers(table, wanted.name, values, warnings);
  std::unordered_map<std::string, const Value*> first_of;
  for (const auto& value : values) {
    const auto [first, is_new] = first_of.emplace(*value.id, &value);
    if (!is_new && first->second->text != value.text)
      throw InputError(table.name + ", lines " + std::to_string(first->second->row->line) + " and " +
                       std::to_string(value.row->line) + ": " + wanted.name + " of " + *value.id + " is '" +
                       first->second->text + "' and '" + value.text +
                       "'; a covariate has one value for each participant, so give the value at baseline in each row.");
    if (participants.contains(*value.id)) column.value_of[*value.id] = value.text;
  }
  return column;
}

}  // namespace

Covariates covariates_in(const Table& table, const std::vector<std::string>& ids, const DatasetOptions& options,
                         const std::string& names, const std::vector<std::string>& participants) {
  Covariates result;
  const std::set<std::string> wanted_ids(participants.begin(), participants.end());
  for (const auto& wanted : wanted_columns(table, options, names)) {
    result.columns.push_back(column_of(table, ids, wanted, wanted_ids, result.warnings));
    warn_of_doubtful_kind(result.columns.back(), wanted, first_value_of(table, wanted.name), result.warnings);
    result.notes.push_back(note_of(result.columns.back(), participants));
  }
  return result;
}

std::vector<CovariateColumn> other_columns(const std::filesystem::path& bids_folder, const DatasetOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(bids_folder / "participants.tsv", error)) return {};
  const Table table = read_participants_table(bids_folder);
  const std::vector<std::string> ids = participants_of_rows(table, options, bids_folder).ids;
  std::vector<CovariateColumn> columns;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const std::string& name = table.columns[c];
    if (name.empty() || name == options.participant_column || name == options.dose_column ||
        name == options.dose_group_column)
      continue;
    CovariateColumn column{name, false, {}};
    std::set<std::string> contradicted;
    for (const Value& value : values_of(table, ids, c))
      if (!column.value_of.emplace(*value.id, value.text).second && column.value_of[*value.id] != value.text)
        contradicted.insert(*value.id);
    for (const auto& id : contradicted) column.value_of.erase(id);
    columns.push_back(std::move(column));
  }
  return columns;
}

Covariates read_covariates(const std::filesystem::path& bids_folder, const DatasetOptions& options,
                           const std::string& names, const std::vector<std::string>& participants) {
  if (names.find_first_not_of(" ,") == std::string::npos) return {};
  const Table table = read_participants_table(bids_folder);
  return covariates_in(table, participants_of_rows(table, options, bids_folder).ids, options, names, participants);
}

}  // namespace wane
