#include "registration/groupwise.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <array>
#include <cmath>

#include "base/error.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

constexpr double radius_mm = 16;
constexpr double width_mm = 1.6;

Grid small_grid() {
  return test::upright_grid({48, 48, 48});
}

// A bright ball with a dark ball inside of it, in gray: all borders shrink by the same factor, softness stays.
Volume ball(double factor) {
  return test::rendered(small_grid(), [&](const Vec3& p) {
    return 40 + 60 * test::soft_inside(p.norm() - factor * radius_mm, width_mm) -
           40 * test::soft_inside(p.norm() - factor * radius_mm / 2, width_mm);
  });
}

GroupwiseOptions options() {
  GroupwiseOptions result;
  result.iterations = {10, 10, 20};
  return result;
}

GroupwiseResult registered(const std::vector<Volume>& visits) {
  return register_groupwise(visits, Volume(small_grid(), 1.F), options());
}

// Volume of a ball of the mean's size at each visit, integrated over the Jacobian determinant.
std::vector<double> volumes(const GroupwiseResult& result, double mean_radius_mm) {
  const Volume inside = test::rendered(
      small_grid(), [&](const Vec3& p) { return test::soft_inside(p.norm() - mean_radius_mm, width_mm); });
  std::vector<double> found;
  for (const VectorField& field : result.mean_to_visit) {
    const std::vector<float> jacobian = jacobian_determinant(field);
    double sum = 0;
    for (std::size_t n = 0; n < inside.size(); ++n) sum += double(inside[n]) * jacobian[n];
    found.push_back(sum);
  }
  return found;
}

double percent(double from, double to) {
  return 100 * (to / from - 1);
}

TEST(RegisterGroupwise, RecoversAKnownShrinkageOfABall) {
  const double factor = 0.985;  // 4.4 % of the volume
  const auto found = volumes(registered({ball(1), ball(factor)}), radius_mm * (1 + factor) / 2);
  const double truth = 100 * (factor * factor * factor - 1);
  EXPECT_NEAR(percent(found[0], found[1]) / truth, 1, 0.03);
}

TEST(RegisterGroupwise, RecoversASmallChangeAsWellAsALargeOne) {
  const double factor = 0.999;  // 0.3 % of the volume, 0.016 mm of the border
  const auto found = volumes(registered({ball(1), ball(factor)}), radius_mm * (1 + factor) / 2);
  const double truth = 100 * (factor * factor * factor - 1);
  EXPECT_NEAR(percent(found[0], found[1]) / truth, 1, 0.05);
}

// Long and thin, with sides that no vector divides, compared in a part that touches one of its faces; along its third
// axis (`turned`: along its first) it is longer than what is worked on at once.
struct Long {
  Grid grid;
  std::vector<Volume> visits;
  Volume weight;
};

Long long_scan(bool turned) {
  const std::array<int, 3> size = turned ? std::array{150, 41, 37} : std::array{37, 41, 150};
  Long scan{test::upright_grid(size),
            {Volume(test::upright_grid(size)), Volume(test::upright_grid(size))},
            Volume(test::upright_grid(size))};
  const auto bright = [](double x, double y, double z) {
    return 60 + 25 * std::sin(0.35 * x + 0.1 * z) * std::cos(0.4 * y) + 20 * std::cos(0.3 * z - 0.2 * y);
  };
  for (int k = 0; k < 150; ++k)
    for (int j = 0; j < 41; ++j)
      for (int i = 0; i < 37; ++i) {
        const auto at = [&](Volume& v) -> float& { return turned ? v.at(k, j, i) : v.at(i, j, k); };
        const double shift = 0.3 * std::sin(0.05 * k);
        at(scan.visits[0]) = float(bright(i + shift, j, k));
        at(scan.visits[1]) = float(bright(i - shift, j, k));
        at(scan.weight) = std::hypot(i - 10.0, j - 22.0, 0.25 * (k - 70.0)) < 17 ? 1.F : 0.F;
      }
  return scan;
}

TEST(RegisterGroupwise, IsTheSameWhicheverAxisIsLongAndCutIntoSlabs) {
  const Long upright = long_scan(false), turned = long_scan(true);
  const GroupwiseResult a = register_groupwise(upright.visits, upright.weight, options());
  const GroupwiseResult b = register_groupwise(turned.visits, turned.weight, options());
  double largest = 0, apart = 0;
  for (std::size_t c = 0; c < 3; ++c)
    for (int k = 0; k < 150; ++k)
      for (int j = 0; j < 41; ++j)
        for (int i = 0; i < 37; ++i) {
          const float here = a.mean_to_visit[0].component[c][upright.grid.offset(i, j, k)];
          const float there = b.mean_to_visit[0].component[2 - c][turned.grid.offset(k, j, i)];
          largest = std::max(largest, std::abs(double(here)));
          apart = std::max(apart, std::abs(double(here) - there));
        }
  EXPECT_GT(largest, 0.15) << "there is something to find";
  EXPECT_LT(apart, 0.0005);
}

TEST(RegisterGroupwise, ExchangingTheVisitsExchangesTheFields) {
  const Volume a = ball(1), b = ball(0.985);
  const GroupwiseResult forth = registered({a, b}), back = registered({b, a});
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(forth.mean_to_visit[0].component[c], back.mean_to_visit[1].component[c]);
    EXPECT_EQ(forth.mean_to_visit[1].component[c], back.mean_to_visit[0].component[c]);
  }
}

TEST(RegisterGroupwise, DisplacementsSumToZeroAndNoVisitIsTheReference) {
  const GroupwiseResult result = registered({ball(1), ball(0.98), ball(0.97)});
  const double most = largest_norm(result.mean_to_visit[0]);
  EXPECT_GT(most, 0.1);
  for (int c = 0; c < 3; ++c)
    for (std::size_t n = 0; n < small_grid().voxel_count(); ++n) {
      float sum = 0;
      for (const VectorField& field : result.mean_to_visit) sum += field.component[c][n];
      ASSERT_NEAR(sum, 0, 1e-6);
    }
}

TEST(RegisterGroupwise, ChangesOfThreeVisitsAreRightTogether) {
  const std::vector<double> factors{1, 0.99, 0.975};
  const auto found = volumes(registered({ball(factors[0]), ball(factors[1]), ball(factors[2])}),
                             radius_mm * (factors[0] + factors[1] + factors[2]) / 3);
  for (const std::size_t v : {1, 2}) {
    const double truth = 100 * (std::pow(factors[v], 3) - 1);
    EXPECT_NEAR(percent(found[0], found[v]) / truth, 1, 0.03);
  }
}

TEST(RegisterGroupwise, SameScanTwiceIsNoChangeAtAll) {
  const auto found = volumes(registered({ball(1), ball(1)}), radius_mm);
  EXPECT_NEAR(percent(found[0], found[1]), 0, 1e-6);
}

TEST(RegisterGroupwise, SmoothDifferenceOfBrightnessIsNoChange) {
  Volume brighter = test::rendered(small_grid(), [](const Vec3& p) { return 1.04 * std::exp(p[0] * 0.001); });
  const Volume plain = ball(1);
  for (std::size_t n = 0; n < plain.size(); ++n) brighter[n] *= plain[n];
  const auto found = volumes(registered({plain, brighter}), radius_mm);
  EXPECT_NEAR(percent(found[0], found[1]), 0, 0.05);
}

TEST(RegisterGroupwise, HasTheSameBitsForOneAndTwoThreads) {
  GroupwiseOptions few;
  few.iterations = {2, 1, 1};
  const auto with_threads = [&](int threads) {
    omp_set_num_threads(threads);
    return register_groupwise({ball(1), ball(0.98)}, Volume(small_grid(), 1.F), few);
  };
  const GroupwiseResult two = with_threads(2), one = with_threads(1);
  for (std::size_t v = 0; v < 2; ++v)
    for (int c = 0; c < 3; ++c) EXPECT_EQ(one.mean_to_visit[v].component[c], two.mean_to_visit[v].component[c]);
  EXPECT_EQ(one.mean.values, two.mean.values);
}

TEST(RegisterGroupwise, OneVisitIsItsOwnMean) {
  const Volume visit = ball(1);
  const GroupwiseResult result = registered({visit});
  EXPECT_EQ(largest_norm(result.mean_to_visit[0]), 0);
  for (std::size_t n = 0; n < visit.size(); ++n) ASSERT_NEAR(result.mean[n], visit[n], 1e-3);
}

TEST(RegisterGroupwise, RefusesNoVisitsAndOtherGrids) {
  EXPECT_THROW(registered({}), InputError);
  EXPECT_THROW(registered({ball(1), Volume(test::upright_grid({8, 8, 8}))}), InputError);
}

// Without brightness there is neither gradient nor damping: nothing is divided by their determinant.
TEST(RegisterGroupwise, ScansWithoutAnyBrightnessDoNotMove) {
  const Volume dark(small_grid(), 0.F);
  const GroupwiseResult result = registered({dark, dark});
  for (const VectorField& field : result.mean_to_visit) EXPECT_EQ(largest_norm(field), 0);
  for (const float value : result.mean.values) ASSERT_EQ(value, 0);
}

}  // namespace
}  // namespace wane
