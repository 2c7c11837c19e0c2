#include "pipeline/dataset/tsv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/text_file.h"
#include "pipeline/dataset/text_encoding.h"

namespace wane {
namespace {

// Far beyond a trial's tables (100 000 participants with 100 columns; a spreadsheet has 16 384 columns at most). Each
// cell takes 40 bytes whatever is in it.
constexpr std::size_t most_columns = 20'000;
constexpr std::size_t most_cells = 10'000'000;

struct Line {
  std::size_t number;
  std::string_view text;
};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\v\f");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\v\f") - begin + 1);
}

std::string_view cell_text(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = trimmed(cell.substr(1, cell.size() - 2));
  return cell;
}

// What BIDS (n/a), R (NA) and pandas (nothing, NaN) write where there is no value.
bool is_missing(std::string_view cell) {
  std::string lower(cell);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return lower.empty() || lower == "n/a" || lower == "na" || lower == "nan";
}

[[noreturn]] void refuse_length(const std::string& name, std::size_t most, const std::string& of_what) {
  throw InputError(name + " has more than " + std::to_string(most) + " " + of_what +
                   ", which no table of this kind has; check that it is the right file.");
}

// Lines that hold something; blank lines are numbered and passed over.
std::vector<Line> filled_lines(std::string_view text, const std::string& name) {
  std::vector<Line> lines;
  for (std::size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (!trimmed(line).empty()) lines.push_back({number, line});
    if (lines.size() > most_cells) refuse_length(name, most_cells, "lines");
    const bool crlf = end + 1 < text.size() && text[end] == '\r' && text[end + 1] == '\n';
    begin = end + (crlf ? 2 : 1);
  }
  return lines;
}

std::vector<std::string_view> split_at_tabs(std::string_view line, const std::string& name) {
  std::vector<std::string_view> cells;
  for (;;) {
    const auto tab = line.find('\t');
    cells.push_back(cell_text(line.substr(0, tab)));
    if (cells.size() > most_columns) refuse_length(name, most_columns, "columns");
    if (tab == std::string_view::npos) return cells;
    line.remove_prefix(tab + 1);
  }
}

void require_tabs(std::string_view header, const std::string& name) {
  if (header.find('\t') != std::string_view::npos) return;
  const std::string_view text = trimmed(header);
  const char* separator = text.find(';') != std::string_view::npos   ? "semicolons"
                          : text.find(',') != std::string_view::npos ? "commas"
                          : text.find(' ') != std::string_view::npos ? "spaces"
                                                                     : nullptr;
  if (separator)
    throw InputError(name + " has its columns separated by " + separator +
                     "; save it as tab-separated text (in a spreadsheet: \"Text (tab delimited)\").");
}

std::string_view without_byte_order_mark(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") || text.find('\0') != std::string_view::npos)
    throw InputError(name +
                     " is not UTF-8 text (it looks like UTF-16 or a spreadsheet file); save it as tab-separated "
                     "UTF-8 text.");
  return text;
}

std::vector<std::string> column_names(std::string_view header, const std::string& name) {
  const auto cells = split_at_tabs(header, name);
  std::vector<std::string> names(cells.begin(), cells.end());
  while (!names.empty() && names.back().empty()) names.pop_back();
  std::set<std::string_view> seen;
  for (const std::string& column : names)
    if (!column.empty() && !seen.insert(column).second)
      throw InputError(name + " has two columns called '" + column + "'; rename or remove one.");
  return names;
}

Table::Row row_of(const Line& line, std::size_t columns, const std::string& name) {
  auto cells = split_at_tabs(line.text, name);
  while (cells.size() > columns && cells.back().empty()) cells.pop_back();
  if (cells.size() != columns)
    throw InputError(name + ", line " + std::to_string(line.number) + ": " + std::to_string(cells.size()) +
                     (cells.size() == 1 ? " cell" : " cells") + " where the first line has " + std::to_string(columns) +
                     "; give every row one cell for each column (n/a where there is none).");
  Table::Row row;
  row.line = line.number;
  for (const auto cell : cells) row.cells.push_back(is_missing(cell) ? std::nullopt : std::optional<std::string>(cell));
  return row;
}

}  // namespace

std::optional<std::size_t> Table::column(std::string_view column_name) const {
  const auto found = std::find(columns.begin(), columns.end(), column_name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::size_t Table::required_column(std::string_view column_name) const {
  if (const auto found = column(column_name)) return *found;
  std::string existing;
  for (const auto& c : columns) existing += (existing.empty() ? "" : ", ") + c;
  throw InputError(name + " has no column '" + std::string(column_name) + "'; it has: " + existing + ".");
}

std::optional<double> Table::number(const Row& row, std::size_t column_index) const {
  const auto& cell = row.cells.at(column_index);
  if (!cell) return std::nullopt;
  std::string_view digits = *cell;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc() && end == digits.data() + digits.size() && std::isfinite(value)) return value;
  throw InputError(where(row) + ": " + columns[column_index] + " '" + *cell +
                   "' is not a number; write digits with a decimal point (0.7), or n/a.");
}

std::string Table::where(const Row& row) const {
  return name + ", line " + std::to_string(row.line);
}

Table parse_tsv(std::string_view text, const std::string& name) {
  Table table;
  const std::string_view bare = without_byte_order_mark(text, name);
  const bool in_utf8 = is_utf8(bare);  // then it is not copied: tables can be large
  const std::string converted = in_utf8 ? std::string() : as_utf8(std::string(bare), name, table.warnings);
  const auto lines = filled_lines(in_utf8 ? bare : std::string_view(converted), name);
  if (lines.empty()) throw InputError(name + " is empty; its first line must name the columns.");
  require_tabs(lines.front().text, name);
  table.name = name;
  table.columns = column_names(lines.front().text, name);
  if (lines.size() * std::max<std::size_t>(table.columns.size(), 1) > most_cells)
    refuse_length(name, most_cells, "cells");
  for (std::size_t i = 1; i < lines.size(); ++i) table.rows.push_back(row_of(lines[i], table.columns.size(), name));
  return table;
}

Table read_tsv(const std::filesystem::path& file, const std::string& name) {
  return parse_tsv(read_text_file(file), name);
}

}  // namespace wane
