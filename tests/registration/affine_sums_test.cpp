#include "registration/affine_sums.h"

#include <gtest/gtest.h>

#include <random>

namespace wane {
namespace {

std::vector<AffinePoint> random_points(std::size_t count) {
  std::mt19937 random(9);
  std::uniform_real_distribution<double> number(-3, 3);
  const auto vector = [&] {
    const double x = number(random), y = number(random), z = number(random);
    return Vec3(x, y, z);
  };
  std::vector<AffinePoint> points;
  for (std::size_t n = 0; n < count; ++n) {
    const Vec3 gradient = vector(), position = 30 * vector();
    const double weight = std::abs(number(random)), residual = number(random);
    set_point(gradient, position, weight, residual, points.emplace_back());
  }
  return points;
}

TEST(AffinePoint, IsTheDerivativeOfTheResidualByMatrixAndTranslation) {
  AffinePoint point;
  set_point(Vec3(2, 3, 5), Vec3(7, 11, 13), 0.5, 4, point);
  const double slope[12] = {14, 22, 26, 21, 33, 39, 35, 55, 65, 2, 3, 5};
  for (int d = 0; d < 12; ++d) {
    EXPECT_EQ(point.slope[d], slope[d]);
    EXPECT_EQ(point.weighted[d], 0.5 * slope[d]);
  }
  EXPECT_EQ(point.residual, 4);
}

TEST(AddPoints, HasTheBitsOfThePlainLoop) {
  for (const std::size_t count : {0U, 1U, 5U, 64U}) {
    const std::vector<AffinePoint> points = random_points(count);
    AffineSums found;
    add_points(points, count, found);
    AffineSums expected;
    for (const AffinePoint& point : points)
      for (int d = 0; d < 12; ++d) {
        for (int e = d; e < 12; ++e) {
          const volatile double product = point.weighted[d] * point.slope[e];
          expected.normal(e, d) += product;
        }
        const volatile double product = point.weighted[d] * point.residual;
        expected.right[d] += product;
      }
    for (int d = 0; d < 12; ++d) {
      for (int e = d; e < 12; ++e) ASSERT_EQ(found.normal(e, d), expected.normal(e, d)) << e << " " << d;
      ASSERT_EQ(found.right[d], expected.right[d]);
    }
  }
}

TEST(AddPoints, SumsDoNotDependOnHowManyPointsAreAddedAtOnce) {
  const std::vector<AffinePoint> points = random_points(50);
  AffineSums at_once, in_parts;
  add_points(points, points.size(), at_once);
  add_points(points, 13, in_parts);
  add_points({points.begin() + 13, points.end()}, points.size() - 13, in_parts);
  for (int d = 0; d < 12; ++d)
    for (int e = d; e < 12; ++e) ASSERT_EQ(at_once.normal(e, d), in_parts.normal(e, d));
  EXPECT_EQ(at_once.right, in_parts.right);
}

}  // namespace
}  // namespace wane
