#include "pipeline/stages/scan_values.h"

#include <gtest/gtest.h>

#include <cmath>

#include "imaging/morphology.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

Grid grid_for_tests() {
  return test::upright_grid({56, 66, 60}, Vec3::Constant(4.0));
}

// Magnitudes with noise, brightest tissue about 120.
Volume noisy_head() {
  std::mt19937 random(5);
  return test::rendered(grid_for_tests(), [&](const Vec3& p) {
    return std::hypot(test::head_at(p, 3.0) + test::uniform(random, -3, 3), test::uniform(random, -3, 3));
  });
}

Mask brain() {
  return test::rendered_mask(grid_for_tests(), test::in_brain);
}

template <class F>
Volume made_of(const Volume& scan, F&& f) {
  Volume result = scan;
  for (std::size_t n = 0; n < scan.size(); ++n) result[n] = float(f(n));
  return result;
}

double largest_difference(const Volume& a, const Volume& b, const Mask& where) {
  double most = 0;
  for (std::size_t n = 0; n < a.size(); ++n)
    if (where[n]) most = std::max(most, std::abs(double(a[n]) - double(b[n])));
  return most;
}

TEST(CleanValues, KeepsEveryBitWhereTheAirIsAboutZero) {
  const Volume noisy = noisy_head();
  Mask inside = brain();
  const Volume masked = made_of(noisy, [&](std::size_t n) { return inside[n] ? noisy[n] : 0; });
  for (const Volume& scan : {noisy, masked}) {
    Volume cleaned = scan;
    const CleanedValues found = clean_values(cleaned);
    EXPECT_EQ(cleaned.values, scan.values);
    EXPECT_EQ(found.subtracted, 0);
    EXPECT_EQ(found.negative_share, 0);
    EXPECT_TRUE(found.wrapped.empty());
    EXPECT_LT(found.surround, 5);
  }
}

TEST(CleanValues, AnOffsetIsTakenOff) {
  const Volume noisy = noisy_head();
  for (const double offset : {-60.0, 1000.0}) {
    Volume cleaned = made_of(noisy, [&](std::size_t n) { return noisy[n] + offset; });
    const CleanedValues found = clean_values(cleaned);
    EXPECT_NEAR(found.subtracted, offset, 1.5);
    EXPECT_LT(largest_difference(cleaned, noisy, brain()), 1.5) << offset;
    EXPECT_GE(*std::min_element(cleaned.values.begin(), cleaned.values.end()), 0) << offset;
  }
}

TEST(CleanValues, ZScoresBecomeProportionalToTheScanTheyWereMadeOf) {
  const Volume noisy = noisy_head();
  Volume cleaned = made_of(noisy, [&](std::size_t n) { return (noisy[n] - 85) / 25; });
  clean_values(cleaned);
  EXPECT_LT(largest_difference(made_of(cleaned, [&](std::size_t n) { return 25 * cleaned[n]; }), noisy, brain()), 1.5);
}

TEST(CleanValues, ZScoresOfABrainAloneOnZeroKeepTheirOrderAboveTheAir) {
  const Volume noisy = noisy_head();
  const Mask inside = brain();
  Volume cleaned = made_of(noisy, [&](std::size_t n) { return inside[n] ? (noisy[n] - 85) / 25 : 0; });
  clean_values(cleaned);
  std::size_t zero_inside = 0;
  for (std::size_t n = 0; n < cleaned.size(); ++n) {
    if (!inside[n]) {
      ASSERT_EQ(cleaned[n], 0);
    }
    zero_inside += inside[n] && cleaned[n] == 0;
  }
  EXPECT_LT(double(zero_inside), 0.01 * double(count(inside)));
}

TEST(CleanValues, ABrainOnGreyKeepsItsValuesAndTheGreyBecomesZero) {
  const Volume noisy = noisy_head();
  const Mask inside = brain();
  for (const float grey : {10.F, 100.F}) {
    Volume cleaned = made_of(noisy, [&](std::size_t n) { return inside[n] ? noisy[n] : grey; });
    EXPECT_EQ(clean_values(cleaned).subtracted, 0) << grey;
    EXPECT_EQ(largest_difference(cleaned, noisy, inside), 0) << grey;
    for (std::size_t n = 0; n < cleaned.size(); ++n)
      if (!inside[n]) {
        ASSERT_EQ(cleaned[n], 0) << grey;
      }
  }
}

TEST(CleanValues, WrappedValuesAreNotTakenForAnOffset) {
  const Volume noisy = noisy_head();
  // 110 and more do not fit: they come out at the other end of the type.
  const auto wrapped = [&](std::size_t n) { return noisy[n] > 110 ? noisy[n] - 220 : noisy[n]; };
  Volume cleaned = made_of(noisy, wrapped);
  const CleanedValues found = clean_values(cleaned);
  EXPECT_EQ(found.subtracted, 0);
  ASSERT_FALSE(found.wrapped.empty());
  for (std::size_t n = 0; n < noisy.size(); ++n) ASSERT_EQ(found.wrapped[n], noisy[n] > 110) << n;
}

TEST(CleanValues, AirOfNoiseFromTheLowestToTheHighestValueIsSaid) {
  std::mt19937 random(3);
  const Volume noisy = noisy_head();
  const Volume uniform =
      made_of(noisy, [&](std::size_t n) { return noisy[n] < 10 ? test::uniform(random, 0, 120) : noisy[n]; });
  Volume cleaned = uniform;
  EXPECT_GT(clean_values(cleaned).surround, 40);
  EXPECT_EQ(cleaned.values, uniform.values);
  // The same as some scanners write it: -0.5 to 0.5.
  Volume centred = made_of(uniform, [&](std::size_t n) { return uniform[n] / 120 - 0.5; });
  clean_values(centred);
  EXPECT_LT(largest_difference(made_of(centred, [&](std::size_t n) { return 120 * centred[n]; }), uniform, brain()), 2);
}

}  // namespace
}  // namespace wane
