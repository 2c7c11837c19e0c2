// Tab-separated tables as BIDS writes them, and as spreadsheets and editors leave them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wane {

struct Table {
  struct Row {
    std::size_t line = 0;                           // in the file, from 1
    std::vector<std::optional<std::string>> cells;  // one for each column; empty: nothing there, n/a, NA or NaN
  };
  std::string name;  // what messages call the file
  std::vector<std::string> columns;
  std::vector<Row> rows;
  std::vector<std::string> warnings;  // sentences: what was not as it should be, and how it was read

  std::optional<std::size_t> column(std::string_view column_name) const;

  // As column(), but throws InputError naming the columns that exist.
  std::size_t required_column(std::string_view column_name) const;

  // Throws InputError naming line, column and text where the cell is not a finite number.
  std::optional<double> number(const Row& row, std::size_t column_index) const;

  // "participants.tsv, line 3"
  std::string where(const Row& row) const;
};

// Accepts a UTF-8 byte-order mark, CRLF or CR line ends, blank lines, spaces and quotes around cells, and empty cells
// after the last column; text that is not UTF-8 is read as Windows-1252, with a warning (text_encoding.h). Throws
// InputError for an empty table, other separators than tabs, other encodings (UTF-16), a column name twice, rows with
// too few or too many cells, and more columns or cells than any trial has.
Table parse_tsv(std::string_view text, const std::string& name);

// As above from a file; `name` is what messages call it. Throws InputError where it cannot be read.
Table read_tsv(const std::filesystem::path& file, const std::string& name);

}  // namespace wane
