// Difference of two groups without assuming a distribution: Hodges and Lehmann 1963, with the interval that inverts
// the exact Wilcoxon-Mann-Whitney test (Bauer 1972).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace wane {

struct Shift {
  double estimate = 0;              // median of all differences high - low, in the unit of the values
  std::optional<double> low, high;  // empty where no interval of this confidence exists (3 against 3 at 95 %)
  std::optional<double> widest_low, widest_high;  // smallest and largest difference: the widest interval there is
  double confidence = 0;                          // attained by low to high, or by the widest where they are empty
  bool exact = true;                              // false: normal approximation (more than 25 in a group)
};

// `low_group` and `high_group` are values of the lowest and the highest dose; both must not be empty. Without ties the
// confidence is exact; with ties it is at least the one given.
Shift hodges_lehmann(std::vector<double> low_group, std::vector<double> high_group, double confidence = 0.95);

}  // namespace wane
