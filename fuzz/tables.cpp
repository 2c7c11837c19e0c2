// Tables: any, participants.tsv, and sub-*_sessions.tsv. A table that was written out comes back the same.
#include "fuzz/properties.h"
#include "pipeline/dataset/participants.h"
#include "pipeline/dataset/tsv.h"
#include "pipeline/dataset/visit_dates.h"

using namespace wane;

namespace {

std::string quoted(const std::string& cell) {
  return '"' + cell + '"';
}

std::string written(const Table& table) {
  std::string text;
  for (const auto& column : table.columns) text += (&column == &table.columns.front() ? "" : "\t") + quoted(column);
  text += '\t';  // a table of one column would be taken for one with other separators
  for (const auto& row : table.rows) {
    text += '\n';
    for (std::size_t c = 0; c < row.cells.size(); ++c)
      text += (c == 0 ? "" : "\t") + (row.cells[c] ? quoted(*row.cells[c]) : "n/a");
  }
  return text;
}

void require_same(const Table& a, const Table& b) {
  fuzz::require(a.columns == b.columns && a.rows.size() == b.rows.size(), "columns and rows come back");
  for (std::size_t r = 0; r < a.rows.size(); ++r) fuzz::require(a.rows[r].cells == b.rows[r].cells, "cells come back");
}

void try_numbers(const Table& table) {
  for (const auto& row : table.rows)
    for (std::size_t c = 0; c < table.columns.size(); ++c) fuzz::accepted([&] { table.number(row, c); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Table table;
  if (!fuzz::accepted([&] { table = parse_tsv(fuzz::text_of(data, size), "table.tsv"); })) return 0;
  if (!table.columns.empty()) require_same(parse_tsv(written(table), "again.tsv"), table);
  try_numbers(table);
  fuzz::accepted([&] {
    for (const auto& entry : participants_in(table, {}, "").entries) {
      fuzz::require(entry.participant_id.find('/') == std::string::npos, "a participant names no other folder");
      fuzz::require(one_line(entry.participant_id) == entry.participant_id, "a participant's name is one line");
    }
  });
  fuzz::accepted([&] {
    for (const auto& date : visit_dates(table, {}).visits)
      fuzz::require(date.session.find('/') == std::string::npos, "a visit names no other folder");
  });
  return 0;
}
