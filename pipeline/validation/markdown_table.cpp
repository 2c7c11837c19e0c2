#include "pipeline/validation/markdown_table.h"

#include <algorithm>
#include <cstdio>

#include "pipeline/report/json_values.h"

namespace wane {

std::string fixed(double value, const char* format) {
  char text[64];
  std::snprintf(text, sizeof text, format, rounded(value, 3));
  return text;
}

std::string fixed(std::optional<double> value, const char* format) {
  return value ? fixed(*value, format) : "-";
}

std::string markdown_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width(rows.front().size(), 4);
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < width.size(); ++c) {
      const std::string blanks(width[c] - rows[r][c].size(), ' ');
      text += "| " + (c == 0 ? rows[r][c] + blanks : blanks + rows[r][c]) + " ";
    }
    text += "|\n";
    if (r > 0) continue;
    for (std::size_t c = 0; c < width.size(); ++c)
      text += c == 0 ? "|" + std::string(width[c] + 2, '-') : "|" + std::string(width[c] + 1, '-') + ":";
    text += "|\n";
  }
  return text;
}

}  // namespace wane
