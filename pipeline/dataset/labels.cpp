#include "pipeline/dataset/labels.h"

#include <algorithm>
#include <string_view>

namespace wane {
namespace {

// The digits of "ses-007" without what stands before the 7; empty where the label is not a whole number.
std::string_view number_in(std::string_view label, std::string_view prefix) {
  if (label.starts_with(prefix)) label.remove_prefix(prefix.size());
  const bool digits = std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (label.empty() || !digits) return {};
  const auto first = std::min(label.find_first_not_of('0'), label.size() - 1);
  return label.substr(first);
}

}  // namespace

std::string with_prefix(const std::string& label, const std::string& prefix) {
  return label.starts_with(prefix) ? label : prefix + label;
}

std::optional<std::string> label_meant(const std::string& written, const std::string& prefix,
                                       const std::vector<std::string>& known) {
  const std::string full = with_prefix(written, prefix);
  if (std::find(known.begin(), known.end(), full) != known.end()) return full;
  const auto number = number_in(full, prefix);
  if (number.empty()) return std::nullopt;
  std::optional<std::string> meant;
  for (const auto& label : known) {
    if (number_in(label, prefix) != number) continue;
    if (meant) return std::nullopt;
    meant = label;
  }
  return meant;
}

}  // namespace wane
