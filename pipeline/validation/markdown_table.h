// Tables in Markdown that read well as plain text too.
#pragma once

#include <string>
#include <vector>

namespace wane {

// The first row is the head. Columns are as wide as their widest cell; all but the first stand to the right.
std::string markdown_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace wane
