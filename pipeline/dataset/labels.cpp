#include "pipeline/dataset/labels.h"

#include <algorithm>
#include <string_view>

namespace wane {
namespace {

// "7" of "ses-007"; empty where the label is not a whole number.
std::string number_in(std::string_view label, std::string_view prefix) {
  if (label.starts_with(prefix)) label.remove_prefix(prefix.size());
  const bool digits = std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (label.empty() || !digits) return {};
  return std::string(label.substr(std::min(label.find_first_not_of('0'), label.size() - 1)));
}

}  // namespace

std::string with_prefix(const std::string& label, const std::string& prefix) {
  return label.starts_with(prefix) ? label : prefix + label;
}

KnownLabels::KnownLabels(const std::string& prefix, const std::vector<std::string>& labels)
    : prefix_(prefix), labels_(labels.begin(), labels.end()) {
  for (const auto& label : labels)
    if (auto number = number_in(label, prefix); !number.empty()) of_number_[std::move(number)].push_back(label);
}

std::optional<std::string> KnownLabels::meant(const std::string& written) const {
  const std::string full = with_prefix(written, prefix_);
  if (labels_.contains(full)) return full;
  const auto found = of_number_.find(number_in(full, prefix_));
  if (found == of_number_.end() || found->second.size() != 1) return std::nullopt;
  return found->second.front();
}

}  // namespace wane
