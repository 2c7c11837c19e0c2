#include "segmentation/bspline_lattice.h"

#include <gtest/gtest.h>

#include <cmath>

namespace wane {
namespace {

constexpr std::array<int, 3> size{13, 11, 9};

std::size_t count() {
  return std::size_t(size[0]) * size[1] * size[2];
}

std::vector<double> wave() {
  std::vector<double> values;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) values.push_back(std::sin(0.2 * i) + 0.1 * j * std::cos(0.1 * k));
  return values;
}

double mean_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n) sum += std::abs(a[n] - b[n]) / double(a.size());
  return sum;
}

TEST(BSplineLattice, MeetsASingleValueExactly) {
  const std::size_t place = 5 + std::size_t(size[0]) * (4 + std::size_t(size[1]) * 3);
  std::vector<unsigned char> mask(count(), 0);
  mask[place] = 1;
  BSplineLattice lattice(size, {4, 5, 6});
  lattice.add_fit(std::vector<double>(count(), 2.5), mask);
  EXPECT_NEAR(lattice.values()[place], 2.5, 1e-12);
}

TEST(BSplineLattice, FittedAgainAndAgainComesToTheValues) {
  const std::vector<double> truth = wave();
  const std::vector<unsigned char> all(count(), 1);
  BSplineLattice lattice(size, {5, 5, 4});
  const double before = mean_difference(lattice.values(), truth);
  for (int round = 0; round < 100; ++round) {
    std::vector<double> rest = truth;
    const std::vector<double> reached = lattice.values();
    for (std::size_t n = 0; n < rest.size(); ++n) rest[n] -= reached[n];
    lattice.add_fit(rest, all);
  }
  EXPECT_LT(mean_difference(lattice.values(), truth), 0.02 * before);
}

TEST(BSplineLattice, WhatLiesOutsideOfTheMaskDoesNotCount) {
  std::vector<double> values = wave(), spoiled = values;
  std::vector<unsigned char> mask(count(), 1);
  for (std::size_t n = 0; n < count(); n += 3) {
    mask[n] = 0;
    spoiled[n] = 1000;
  }
  BSplineLattice a(size, {5, 5, 4}), b(size, {5, 5, 4});
  a.add_fit(values, mask);
  b.add_fit(spoiled, mask);
  EXPECT_EQ(a.values(), b.values());
}

TEST(BSplineLattice, IsTheSameSplineOnHalvedSpans) {
  BSplineLattice lattice(size, {4, 5, 6});
  lattice.add_fit(wave(), std::vector<unsigned char>(count(), 1));
  const std::vector<double> before = lattice.values();
  lattice.refine();
  const std::vector<double> after = lattice.values();
  // The last voxel of a line is taken a thousandth of a voxel before the end.
  for (std::size_t n = 0; n < count(); ++n) ASSERT_NEAR(after[n], before[n], 1e-9);
}

}  // namespace
}  // namespace wane
