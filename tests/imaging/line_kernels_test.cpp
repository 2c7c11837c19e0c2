#include "imaging/line_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/elementary.h"

namespace wane {
namespace {

std::vector<float> random_line(std::size_t n) {
  std::mt19937 random(3);
  std::vector<float> line(n);
  for (float& v : line) v = std::uniform_real_distribution<float>(-1, 1)(random);
  return line;
}

// Whatever the machine's widest instructions are: the plain loop, whose order of additions is the definition.
TEST(SymmetricSum, HasTheBitsOfThePlainLoop) {
  const std::vector<float> half{0.4F, 0.2F, 0.07F, 0.03F};
  for (const std::size_t width : {1U, 7U, 32U, 33U, 100U, 131U}) {
    const std::vector<float> line = random_line(width + 6);
    Neighbours near(3);
    near.around(3, int(line.size()), [&](int t) { return line.data() + t; });
    std::vector<float> found(width), narrow(width), wide(width);
    symmetric_sum(half, near.low(), near.high(), width, found.data());
    symmetric_sum_sse(half, near.low(), near.high(), width, narrow.data());
    EXPECT_EQ(found, narrow);
    if (__builtin_cpu_supports("avx2")) {
      symmetric_sum_avx2(half, near.low(), near.high(), width, wide.data());
      EXPECT_EQ(found, wide);
    }
    for (std::size_t w = 0; w < width; ++w) {
      volatile float sum = half[0] * line[w + 3];
      for (std::size_t r = 1; r < half.size(); ++r) {
        const volatile float both = line[w + 3 - r] + line[w + 3 + r];
        const volatile float weighted = half[r] * both;
        sum = sum + weighted;
      }
      ASSERT_EQ(found[w], sum) << width << " " << w;
    }
  }
}

TEST(AddScaled, HasTheBitsOfThePlainLoop) {
  const std::vector<float> line = random_line(77);
  std::vector<float> sum(77, 0.1F);
  add_scaled(0.3F, line.data(), line.size(), sum.data());
  for (std::size_t w = 0; w < line.size(); ++w) {
    const volatile float weighted = 0.3F * line[w];
    const volatile float expected = 0.1F + weighted;
    ASSERT_EQ(sum[w], expected);
  }
}

TEST(Neighbours, RepeatTheEndsOfTheLine) {
  const std::vector<float> line{5, 6, 7};
  Neighbours near(2);
  near.around(0, 3, [&](int t) { return line.data() + t; });
  EXPECT_EQ(*near.low()[2], 5);
  EXPECT_EQ(*near.high()[2], 7);
  near.around(2, 3, [&](int t) { return line.data() + t; });
  EXPECT_EQ(*near.high()[1], 7);
}

TEST(FastExp, IsTheExponentialToSinglePrecision) {
  for (double x = -80; x < 80; x += 0.00713)
    ASSERT_NEAR(double(fast_exp(float(x))) / std::exp(double(float(x))), 1, 2.5e-7) << x;
  EXPECT_EQ(fast_exp(0.F), 1.F);
  EXPECT_LT(fast_exp(-1e30F), 1e-37F);
}

}  // namespace
}  // namespace wane
