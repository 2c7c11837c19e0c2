#include "base/counted_random.h"

#include <gtest/gtest.h>

#include <cmath>

namespace wane {
namespace {

TEST(CountedRandom, NumbersDependOnSeedStreamAndCountAlone) {
  const CountedRandom a(7, 1), b(7, 1), other_stream(7, 2), other_seed(8, 1);
  EXPECT_EQ(a.uniform(5), b.uniform(5));
  EXPECT_NE(a.uniform(5), a.uniform(6));
  EXPECT_NE(a.uniform(5), other_stream.uniform(5));
  EXPECT_NE(a.uniform(5), other_seed.uniform(5));
}

TEST(CountedRandom, NormalHasTheMomentsOfANormal) {
  const CountedRandom random(3);
  const int n = 400000;
  double sum = 0, square = 0, fourth = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal(i);
    sum += x;
    square += x * x;
    fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / n, 0, 0.01);
  EXPECT_NEAR(square / n, 1, 0.01);
  EXPECT_NEAR(fourth / n, 3, 0.08);
}

TEST(CountedRandom, NeighbouringCountsAreUncorrelated) {
  const CountedRandom random(11);
  const int n = 200000;
  double product = 0;
  for (int i = 0; i < n; ++i) product += random.normal(i) * random.normal(i + 1);
  EXPECT_NEAR(product / n, 0, 0.01);
}

TEST(CountedRandom, QuantilesInvertTheNormalDistribution) {
  for (const double z : {-4.0, -2.5, -1.0, -0.1, 0.0, 0.7, 1.959964, 3.3}) {
    const double p = 0.5 * std::erfc(-z / std::sqrt(2.0));
    EXPECT_NEAR(normal_quantile(p), z, 1e-6) << z;
  }
}

}  // namespace
}  // namespace wane
