#include "base/near_names.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/letters.h"

namespace wane {

namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string joined(const std::vector<std::string>& names, const std::string& last_separator) {
  std::string text;
  for (std::size_t n = 0; n < names.size(); ++n) {
    if (n > 0) text += n + 1 == names.size() ? last_separator : ", ";
    text += names[n];
  }
  return text;
}

}  // namespace

std::vector<std::string> near_names(const std::string& word, const std::vector<std::string>& names) {
  const std::string wanted = lower_case(word);
  const std::size_t most_edits = std::max<std::size_t>(2, wanted.size() / 3);
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const auto& name : names) {
    const std::size_t edits = edit_distance(wanted, lower_case(name));
    const bool contained = wanted.size() >= 3 && lower_case(name).find(wanted) != std::string::npos;
    if (edits <= most_edits || contained) found.emplace_back(contained ? 0 : edits, name);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > 3) found.resize(3);
  std::vector<std::string> result;
  for (auto& [edits, name] : found) result.push_back(std::move(name));
  return result;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& names) {
  const auto near = near_names(word, names);
  if (!near.empty()) return " Did you mean " + joined(near, " or ") + "?";
  constexpr std::size_t most_listed = 40;  // every table of options is shorter; a trial's participants may be 100 000
  if (names.size() <= most_listed) return " Known are: " + joined(names, " and ") + ".";
  const std::vector<std::string> listed(names.begin(), names.begin() + most_listed);
  return " Known are: " + joined(listed, ", ") + " and " + std::to_string(names.size() - most_listed) + " more.";
}

}  // namespace wane
