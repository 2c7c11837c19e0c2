// Tables as text, row by row, each with its data dictionary: see pipeline/report/tables.h for the format.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/measurement/volumes.h"

namespace wane {

struct TableText {
  std::string text;        // the table
  std::string dictionary;  // JSON in the manner of BIDS: for each column its Description, and Units where it has some
};

struct TableColumn {
  std::string name, description, units = {};
};

// Cells from left to right; NA where there is no (finite) value.
class TableRow {
 public:
  TableRow& text(const std::optional<std::string>& value);
  TableRow& number(std::optional<double> value, int decimals);  // with exactly so many decimals
  TableRow& dose(std::optional<double> value);                  // as short as it is exact: 16, 0.7
  TableRow& count(std::size_t value);
  TableRow& percent(const std::optional<TissueValues>& values);  // brain, gray matter, white matter

  std::string line() const { return cells_ + "\n"; }
  std::size_t cells() const;

 private:
  std::string cells_;
};

// A table that knows its columns: header, dictionary and rows cannot differ.
class TableBuilder {
 public:
  explicit TableBuilder(std::vector<TableColumn> columns);
  void add(const TableRow& row);  // throws std::logic_error where it has not one cell for each column
  TableText finished() &&;

 private:
  std::vector<TableColumn> columns_;
  std::string text_;
};

}  // namespace wane
