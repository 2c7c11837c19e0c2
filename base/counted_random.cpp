#include "base/counted_random.h"

#include <cmath>

namespace wane {
namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;

// The finalizer of splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

double tail_quantile(double p) {
  const double q = std::sqrt(-2.0 * std::log(p));
  const double numerator = (((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e+00) * q -
                              2.549732539343734e+00) *
                                 q +
                             4.374664141464968e+00) *
                                q +
                            2.938163982698783e+00);
  const double denominator =
      ((((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e+00) * q + 3.754408661907416e+00) *
           q +
       1.0);
  return numerator / denominator;
}

double central_quantile(double p) {
  const double q = p - 0.5;
  const double r = q * q;
  const double numerator = (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r +
                              1.383577518672690e+02) *
                                 r -
                             3.066479806614716e+01) *
                                r +
                            2.506628277459239e+00) *
                           q;
  const double denominator = (((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r +
                                6.680131188771972e+01) *
                                   r -
                               1.328068155288572e+01) *
                                  r +
                              1.0);
  return numerator / denominator;
}

}  // namespace

CountedRandom::CountedRandom(std::uint64_t seed, std::uint64_t stream)
    : key_(mix(mix(seed + kGolden) ^ (stream * 0xd1342543de82ef95ULL + kGolden))) {}

double CountedRandom::uniform(std::uint64_t n) const {
  const std::uint64_t bits = mix(mix(key_ + (n + 1) * kGolden) ^ key_) >> 11;
  return (double(bits) + 0.5) * 0x1.0p-53;
}

double CountedRandom::normal(std::uint64_t n) const {
  return normal_quantile(uniform(n));
}

double normal_quantile(double p) {
  constexpr double kTail = 0.02425;
  if (p < kTail) return tail_quantile(p);
  if (p > 1.0 - kTail) return -tail_quantile(1.0 - p);
  return central_quantile(p);
}

}  // namespace wane
