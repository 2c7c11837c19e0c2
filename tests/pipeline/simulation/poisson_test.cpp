#include "pipeline/simulation/poisson.h"

#include <gtest/gtest.h>

#include <numbers>

#include "base/error.h"
#include "pipeline/simulation/displacement.h"

namespace wane {
namespace {

Grid cube(int n, double spacing_mm) {
  Grid grid;
  grid.size = {n, n, n};
  grid.spacing_mm = Vec3::Constant(spacing_mm);
  return grid;
}

// div u = cos(pi x / L) between walls at 0 and L has u_x = L / pi sin(pi x / L), u_y = u_z = 0.
TEST(Poisson, SolvesTheCosineBetweenTwoWalls) {
  const int n = 40;
  const double spacing_mm = 1.5, length_mm = n * spacing_mm;
  Volume rate(cube(n, spacing_mm));
  const Mask domain(rate.grid, 1);
  auto x_mm = [&](int i) { return (i + 0.5) * spacing_mm; };
  for (int k = 0; k < n; ++k)
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i) rate.at(i, j, k) = float(std::cos(std::numbers::pi * x_mm(i) / length_mm));
  const DisplacementField field = displacement_of_rate(rate, domain);
  for (int i = 0; i < n; ++i) {
    const double expected = length_mm / std::numbers::pi * std::sin(std::numbers::pi * x_mm(i) / length_mm);
    EXPECT_NEAR(field.at(i, 7, 20)[0], expected, 0.03) << i;
    EXPECT_NEAR(field.at(i, 7, 20)[1], 0, 1e-3);
  }
}

TEST(Poisson, NothingMovesWhereNothingIsAsked) {
  const Volume rate(cube(6, 1), 0.25F);  // the same everywhere: a closed space cannot grow
  const DisplacementField field = displacement_of_rate(rate, Mask(rate.grid, 1));
  for (const auto& u : field.values) EXPECT_EQ(u.norm(), 0);
}

TEST(Poisson, AnEmptyDomainIsAnError) {
  const Volume rate(cube(4, 1));
  EXPECT_THROW(displacement_of_rate(rate, Mask(rate.grid)), InputError);
}

TEST(Displacement, InverseTakesPointsBack) {
  const int n = 30;
  DisplacementField field(cube(n, 2.0), Eigen::Vector3f::Zero());
  for (int k = 0; k < n; ++k)
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i)
        field.at(i, j, k) = Eigen::Vector3f(std::sin(0.3F * j), 0.5F * std::cos(0.2F * k), std::sin(0.25F * i));
  const DisplacementField back = inverted(field);
  for (int k = 5; k < 25; k += 3)
    for (int i = 5; i < 25; i += 3) {
      const Vec3 moved = Vec3(i, 12, k) + back.at(i, 12, k).cast<double>() / 2.0;
      EXPECT_LT((displacement_at(field, moved) + back.at(i, 12, k)).norm(), 2e-4);
    }
}

}  // namespace
}  // namespace wane
