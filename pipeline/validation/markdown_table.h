// Tables in Markdown that read well as plain text too.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace wane {

// The first row is the head. Columns are as wide as their widest cell; all but the first stand to the right.
std::string markdown_table(const std::vector<std::vector<std::string>>& rows);

// A number in a cell, never "-0.000"; `format` is printf's and has at most three decimals.
std::string fixed(double value, const char* format);
std::string fixed(std::optional<double> value, const char* format);  // "-" where there is none

}  // namespace wane
