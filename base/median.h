// The middle of a sample.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace wane {

// The upper median: of an even number of values the larger of the two in the middle, so that it is one of them. There
// must be at least one value.
template <class T>
T upper_median(std::vector<T> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace wane
