// The order in which people read labels: "sub-2" before "sub-10". The same on every machine and in every locale.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace wane {

// Runs of digits compare as numbers, everything else byte by byte; equal numbers ("1", "01") compare as text at the
// end, so that the order is total.
inline bool natural_less(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto digits_at = [&](std::string_view s, std::size_t begin) {
    std::size_t end = begin;
    while (end < s.size() && is_digit(s[end])) ++end;
    return s.substr(begin, end - begin);
  };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::string_view run_a = digits_at(a, i), run_b = digits_at(b, j);
      const std::string_view value_a = run_a.substr(std::min(run_a.find_first_not_of('0'), run_a.size()));
      const std::string_view value_b = run_b.substr(std::min(run_b.find_first_not_of('0'), run_b.size()));
      if (value_a.size() != value_b.size()) return value_a.size() < value_b.size();
      if (value_a != value_b) return value_a < value_b;
      i += run_a.size();
      j += run_b.size();
      continue;
    }
    if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
    ++i;
    ++j;
  }
  const std::size_t rest_a = a.size() - i, rest_b = b.size() - j;
  return rest_a != rest_b ? rest_a < rest_b : a < b;
}

}  // namespace wane
