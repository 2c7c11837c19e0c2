// Exponential of single precision for inner loops: free of branches, so that compilers vectorise it, and made of
// additions and multiplications alone, so that every machine gives the same bits. After Cephes (Moshier); its relative
// error is below 2e-7.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace wane {

// 0 is never reached: below -87 it is e^-87.
[[gnu::always_inline]] inline float fast_exp(float x) {
  x = std::min(std::max(x, -87.F), 88.F);
  // x = n ln 2 + r; adding and taking away a large number rounds to the nearest whole one.
  constexpr float rounding = 12582912.F;
  const float n = (x * 1.44269504F + rounding) - rounding;
  const float r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  const float e = p * (r * r) + r + 1.F;
  return e * std::bit_cast<float>((std::int32_t(n) + 127) << 23);
}

}  // namespace wane
