// The labels of participants and visits ("sub-01", "ses-02"), and the spellings that people and spreadsheets make of
// them.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace wane {

// "01" and "sub-01" both give "sub-01".
std::string with_prefix(const std::string& label, const std::string& prefix);

class KnownLabels {
 public:
  // `labels` with the prefix ("sub-01", ...).
  KnownLabels(const std::string& prefix, const std::vector<std::string>& labels);

  // Which label a table means by `written`: the label itself, with or without the prefix; or else the only one that is
  // the same number, because a spreadsheet makes 1 of 01. Empty where there is none, or two are the same number.
  std::optional<std::string> meant(const std::string& written) const;

 private:
  std::string prefix_;
  std::unordered_set<std::string> labels_;
  std::unordered_map<std::string, std::vector<std::string>> of_number_;  // "7": ses-7, ses-07
};

}  // namespace wane
