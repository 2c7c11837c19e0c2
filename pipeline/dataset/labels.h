// The labels of participants and visits ("sub-01", "ses-02"), and the spellings that people and spreadsheets make of
// them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace wane {

// "01" and "sub-01" both give "sub-01".
std::string with_prefix(const std::string& label, const std::string& prefix);

// Whichever of `known` (with their prefix) a table means by `written`: the label itself, with or without the prefix; or
// else the only one that is the same number, because a spreadsheet makes 1 of 01. Empty where there is none, or where
// two are the same number.
std::optional<std::string> label_meant(const std::string& written, const std::string& prefix,
                                       const std::vector<std::string>& known);

}  // namespace wane
