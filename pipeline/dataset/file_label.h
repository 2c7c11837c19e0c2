// Labels of people and visits become parts of file names below OUT.
#pragma once

#include <string>
#include <string_view>

namespace wane {

// Why a label ("sub-01", "ses-01") cannot be part of a file's name, as "holds a '/'": it would lead to another folder,
// break lines of tables and logs, or leave no room for the rest of the name. Empty where it can.
std::string file_label_problem(std::string_view label);

}  // namespace wane
