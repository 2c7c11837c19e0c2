// Random numbers by count: number n of a stream is a function of (seed, stream, n) alone, so that they can be drawn
// in any order by any number of threads and are the same on every platform.
#pragma once

#include <cstdint>

namespace wane {

class CountedRandom {
 public:
  // `stream` tells independent uses of one seed apart (a visit's noise, its pose, ...).
  explicit CountedRandom(std::uint64_t seed, std::uint64_t stream = 0);

  double uniform(std::uint64_t n) const;  // in (0, 1), never 0 or 1
  double uniform(std::uint64_t n, double low, double high) const { return low + (high - low) * uniform(n); }
  double normal(std::uint64_t n) const;  // mean 0, variance 1

 private:
  std::uint64_t key_;
};

// The standard normal quantile (Acklam's rational approximation, relative error below 1.2e-9), for 0 < p < 1.
double normal_quantile(double p);

}  // namespace wane
