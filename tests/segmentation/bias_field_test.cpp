#include "segmentation/bias_field.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <thread>
#include <vector>

#include "base/error.h"
#include "tests/imaging/grids_for_tests.h"

namespace wane {
namespace {

// Three classes in shells and lumps, so that each is found everywhere in the ball and the field can be told from them.
double tissue(const Vec3& p) {
  const double lumps = std::sin(p[0] / 7) * std::sin(p[1] / 8 + 1) * std::sin(p[2] / 6 + 2);
  if (lumps > 0.15) return 100;
  return lumps > -0.25 ? 75 : 30;
}

bool inside(const Vec3& p) {
  return p.norm() < 60;
}

double known_field(const Vec3& p) {
  return std::exp(0.2 * std::sin(p[0] / 60) + 0.15 * std::cos(p[1] / 50) - 0.002 * p[2]);
}

Grid grid_for_tests() {
  std::mt19937 random(1);
  return test::oblique_grid(random, {60, 50, 48}, Vec3(2.2, 2.6, 2.8));
}

Volume seen_through(double strength) {
  return test::rendered(grid_for_tests(), [&](const Vec3& p) {
    return inside(p) ? 5 * tissue(p) * std::pow(known_field(p), strength) : 0.0;
  });
}

// Logarithm of found over known inside the mask, and its spread: the overall gain is not the field's business.
double spread_of_log_ratio(const Volume& field, const Mask& mask, double strength) {
  const Volume truth = test::rendered(field.grid, known_field);
  double sum = 0, square = 0, count = 0;
  for (std::size_t n = 0; n < field.size(); ++n) {
    if (!mask[n]) continue;
    const double ratio = std::log(double(field[n])) - strength * std::log(double(truth[n]));
    sum += ratio;
    square += ratio * ratio;
    ++count;
  }
  return std::sqrt(square / count - sum * sum / (count * count));
}

TEST(EstimateBiasField, RecoversASmoothFieldOverThreeClasses) {
  const Mask mask = test::rendered_mask(grid_for_tests(), inside);
  const Volume flat(grid_for_tests(), 1.F);
  ASSERT_GT(spread_of_log_ratio(flat, mask, 1), 0.09);  // without a correction
  EXPECT_LT(spread_of_log_ratio(estimate_bias_field(seen_through(1), mask), mask, 1), 0.03);
}

TEST(EstimateBiasField, IsFlatWhereThereIsNoField) {
  const Mask mask = test::rendered_mask(grid_for_tests(), inside);
  EXPECT_LT(spread_of_log_ratio(estimate_bias_field(seen_through(0), mask), mask, 0), 0.02);
}

TEST(EstimateBiasField, HasTheGeometricMeanOneAndIsPositiveEverywhere) {
  const Mask mask = test::rendered_mask(grid_for_tests(), inside);
  const Volume field = estimate_bias_field(seen_through(1), mask);
  double sum = 0, count = 0;
  for (std::size_t n = 0; n < field.size(); ++n) {
    ASSERT_GT(field[n], 0);
    if (!mask[n]) continue;
    sum += std::log(double(field[n]));
    ++count;
  }
  EXPECT_NEAR(sum / count, 0, 0.005);  // the mean is taken on the coarser working grid
}

// As when several participants are measured at once.
TEST(EstimateBiasField, OnSeveralThreadsAtOnceIsSafeAndTheSame) {
  const Mask mask = test::rendered_mask(grid_for_tests(), inside);
  const Volume seen = seen_through(1);
  BiasFieldOptions quick;
  quick.working_spacing_mm = 8;
  quick.iterations = 3;
  std::array<Volume, 4> fields;
  std::vector<std::thread> threads;
  for (Volume& field : fields) threads.emplace_back([&] { field = estimate_bias_field(seen, mask, quick); });
  for (std::thread& thread : threads) thread.join();
  for (const Volume& field : fields) EXPECT_EQ(field.values, fields[0].values);
  EXPECT_EQ(fields[0].values, estimate_bias_field(seen, mask, quick).values);
}

TEST(EstimateBiasField, RefusesAnEmptyMask) {
  EXPECT_THROW(estimate_bias_field(seen_through(1), Mask(grid_for_tests())), InputError);
}

}  // namespace
}  // namespace wane
