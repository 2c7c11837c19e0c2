#include "pipeline/report/table_builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "pipeline/report/json_values.h"

namespace wane {

TableRow& TableRow::text(const std::optional<std::string>& value) {
  std::string cell = value && !value->empty() ? *value : "NA";
  for (char& c : cell)
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  cells_ += (cells_.empty() ? "" : "\t") + cell;
  return *this;
}

TableRow& TableRow::number(std::optional<double> value, int decimals) {
  if (!value || !std::isfinite(*value)) return text(std::nullopt);
  char digits[400];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, rounded(*value, decimals), std::chars_format::fixed, decimals).ptr;
  return text(std::string(digits, end));
}

TableRow& TableRow::dose(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return text(std::nullopt);
  char digits[400];
  return text(std::string(digits, std::to_chars(digits, digits + sizeof digits, *value).ptr));
}

TableRow& TableRow::count(std::size_t value) {
  return number(static_cast<double>(value), 0);
}

TableRow& TableRow::percent(const std::optional<TissueValues>& values) {
  for (const auto tissue : tissue_members)
    number(values ? std::optional((*values).*tissue) : std::nullopt, decimals_percent);
  return *this;
}

std::size_t TableRow::cells() const {
  return cells_.empty() ? 0 : static_cast<std::size_t>(std::count(cells_.begin(), cells_.end(), '\t')) + 1;
}

TableBuilder::TableBuilder(std::vector<TableColumn> columns) : columns_(std::move(columns)) {
  for (const auto& column : columns_) text_ += (text_.empty() ? "" : "\t") + column.name;
  text_ += "\n";
}

void TableBuilder::add(const TableRow& row) {
  if (row.cells() != columns_.size())
    throw std::logic_error("a row of " + std::to_string(row.cells()) + " cells in a table of " +
                           std::to_string(columns_.size()) + " columns");
  text_ += row.line();
}

TableText TableBuilder::finished() && {
  nlohmann::ordered_json dictionary = {{"MissingValues", "NA"}, {"SignConvention", "negative = loss"}};
  for (const auto& column : columns_) {
    dictionary[column.name] = {{"Description", column.description}};
    if (!column.units.empty()) dictionary[column.name]["Units"] = column.units;
  }
  return {std::move(text_), json_text(dictionary)};
}

}  // namespace wane
