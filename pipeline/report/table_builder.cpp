#include "pipeline/report/table_builder.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
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
  for (const auto tissue : {&TissueValues::brain, &TissueValues::gray_matter, &TissueValues::white_matter})
    number(values ? std::optional((*values).*tissue) : std::nullopt, decimals_percent);
  return *this;
}

TableBuilder::TableBuilder(std::vector<TableColumn> columns) : columns_(std::move(columns)) {
  for (const auto& column : columns_) text_ += (text_.empty() ? "" : "\t") + column.name;
  text_ += "\n";
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
