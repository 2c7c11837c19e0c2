// Bootstrap interval of a mean that is corrected for bias and skewness. Efron 1987, J Am Stat Assoc 82:171 (BCa).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wane {

struct BootstrapInterval {
  double low = 0, high = 0;
  std::string method;  // "all 27 resamples", "9999 resamples, seed 20230112"
};

// The interval of the mean of `values` (any unit) with this confidence. Up to 6 values: all n^n resamples are counted,
// so that nothing is random. Above: 9999 seeded resamples, fewer (at least 999) above 2000 values. The share of
// resamples below the mean counts those equal to it as one half; the ends are the smallest resampled means whose share
// reaches the corrected level. Empty for fewer than two values or none that differ.
//
// With three values a bootstrap knows only their range: it is too narrow (Student's t is the one to read).
std::optional<BootstrapInterval> bca_interval(std::vector<double> values, double confidence = 0.95,
                                              std::uint64_t seed = 20230112);

}  // namespace wane
