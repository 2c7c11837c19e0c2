#include "pipeline/report/brain_surface.h"

#include <gtest/gtest.h>
#include <omp.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/error.h"
#include "base/text_file.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

// A ball of radius 30 mm at LPS (12, -7, 25), with a hollow inside and a crumb apart from it, on an oblique grid.
constexpr double kRadius = 30;
const Vec3 kMiddle(12, -7, 25);

Volume ball(bool left_handed = false) {
  Grid grid;
  grid.size = {50, 54, 52};
  grid.spacing_mm = Vec3(1.5, 1.6, 1.4);
  grid.direction = Eigen::AngleAxisd(0.4, Vec3(1, -2, 3).normalized()).toRotationMatrix();
  if (left_handed) grid.direction.col(0) *= -1;
  const Vec3 half(24.5, 26.5, 25.5);
  grid.origin_mm = kMiddle - grid.direction * half.cwiseProduct(grid.spacing_mm);
  Volume volume(grid);
  const Affine to_lps = grid.index_to_lps();
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const double radius = (to_lps * Vec3(i, j, k) - kMiddle).norm();
        volume.at(i, j, k) = float(std::clamp((kRadius - radius) / 1.5 + 0.5, 0.0, 1.0));
        if (radius < 8) volume.at(i, j, k) = 0;
      }
  volume.at(2, 2, 2) = 1;
  return volume;
}

Vec3 lps(const std::array<float, 3>& ras) {
  return {-ras[0], -ras[1], ras[2]};
}

TEST(BrainSurface, LiesWhereTheBrainIs) {
  for (const bool left_handed : {false, true}) {
    const BrainSurface surface = brain_surface(ball(left_handed), 4000);
    ASSERT_GT(surface.triangles.size(), 3000U);
    for (const auto& point : surface.points_ras_mm) ASSERT_NEAR((lps(point) - kMiddle).norm(), kRadius, 0.7);
  }
}

TEST(BrainSurface, IsClosedAndLooksOutwards) {
  for (const bool left_handed : {false, true}) {
    const BrainSurface surface = brain_surface(ball(left_handed), 4000);
    std::map<std::pair<int, int>, int> times;  // each directed edge
    double six_volumes = 0;
    for (const auto& t : surface.triangles) {
      for (int corner = 0; corner < 3; ++corner) ++times[{t[corner], t[(corner + 1) % 3]}];
      const auto at = [&](int corner) { return lps(surface.points_ras_mm[std::size_t(t[corner])]); };
      six_volumes += (at(0) - kMiddle).dot((at(1) - kMiddle).cross(at(2) - kMiddle));
    }
    for (const auto& [edge, count] : times) {
      ASSERT_EQ(count, 1);
      ASSERT_TRUE(times.contains({edge.second, edge.first})) << "an edge with one triangle: a hole";
    }
    const double expected = 4.0 / 3 * M_PI * std::pow(kRadius, 3);
    EXPECT_NEAR(six_volumes / 6, expected, 0.03 * expected);
  }
}

TEST(BrainSurface, HasNoMoreTrianglesThanAskedFor) {
  const std::size_t all = brain_surface(ball(), 1000000).triangles.size();
  ASSERT_GT(all, 5000U);
  EXPECT_LE(brain_surface(ball(), 4000).triangles.size(), 4000U);
}

TEST(BrainSurface, OfNoBrainIsEmpty) {
  EXPECT_TRUE(brain_surface(Volume(ball().grid)).empty());
}

TEST(BrainSurface, ABrainThatReachesTheGridsBorderIsClosedThere) {
  const Volume volume(ball().grid, 1.F);
  const BrainSurface surface = brain_surface(volume, 1000000);
  std::map<std::pair<int, int>, int> times;
  for (const auto& t : surface.triangles)
    for (int corner = 0; corner < 3; ++corner) ++times[{t[corner], t[(corner + 1) % 3]}];
  for (const auto& [edge, count] : times) ASSERT_TRUE(times.contains({edge.second, edge.first}));
}

// What loses volume on the person's left (large LPS x) shows on that side of the surface.
TEST(BrainSurface, ValuesOfTheLeftStandOnTheLeft) {
  const Volume volume = ball();
  const BrainSurface surface = brain_surface(volume, 4000);
  Volume map(volume.grid);
  const Affine to_lps = map.grid.index_to_lps();
  for (int k = 0; k < map.grid.size[2]; ++k)
    for (int j = 0; j < map.grid.size[1]; ++j)
      for (int i = 0; i < map.grid.size[0]; ++i)
        map.at(i, j, k) = (to_lps * Vec3(i, j, k))[0] > kMiddle[0] ? -3.F : 0.F;
  const std::vector<float> values = values_at_vertices(surface, map);
  ASSERT_EQ(values.size(), surface.points_ras_mm.size());
  for (std::size_t n = 0; n < values.size(); ++n) {
    const double left = -surface.points_ras_mm[n][0] - kMiddle[0];
    if (std::abs(left) > 3) {
      ASSERT_NEAR(values[n], left > 0 ? -3 : 0, 1e-3);
    }
  }
}

class SurfaceFileTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  const fs::path folder_ = fs::path(testing::TempDir()) / ("surface" + std::to_string(getpid()));
};

TEST_F(SurfaceFileTest, ReadsBackAsItWasWritten) {
  SurfaceFile written{brain_surface(ball(), 2000), {}};
  for (const char* name : {"change_percent_ses-01_to_ses-02", "change_percent_ses-01_to_ses-03"}) {
    written.values.push_back({name, {}});
    for (std::size_t n = 0; n < written.surface.points_ras_mm.size(); ++n)
      written.values.back().values.push_back(float(written.values.size()) + float(n) / 7);
  }
  write_surface(folder_ / "a.vtk", written);
  const SurfaceFile read = read_surface(folder_ / "a.vtk");
  EXPECT_EQ(read.surface.points_ras_mm, written.surface.points_ras_mm);
  EXPECT_EQ(read.surface.triangles, written.surface.triangles);
  ASSERT_EQ(read.values.size(), 2U);
  EXPECT_EQ(read.values[1].name, "change_percent_ses-01_to_ses-03");
  EXPECT_EQ(read.values[1].values, written.values[1].values);
  const std::string head = read_text_file(folder_ / "a.vtk").substr(0, 120);
  EXPECT_NE(head.find("SPACE=RAS"), std::string::npos) << "what 3D Slicer goes by";
}

TEST_F(SurfaceFileTest, HasTheSameBytesForAnyNumberOfThreads) {
  const int before = omp_get_max_threads();
  std::vector<std::string> bytes;
  for (const int threads : {1, 4}) {
    omp_set_num_threads(threads);
    const BrainSurface surface = brain_surface(ball(), 4000);
    write_surface(folder_ / "a.vtk", {surface, {{"change", values_at_vertices(surface, ball())}}});
    bytes.push_back(read_text_file(folder_ / "a.vtk"));
  }
  omp_set_num_threads(before);
  EXPECT_TRUE(bytes[0] == bytes[1]);
}

TEST_F(SurfaceFileTest, WhatIsNoSurfaceIsRefused) {
  std::ofstream(folder_ / "a.vtk") << "<html>";
  EXPECT_THROW(read_surface(folder_ / "a.vtk"), InputError);
  std::ofstream(folder_ / "a.vtk") << "# vtk DataFile Version 4.2\nx\nBINARY\nDATASET POLYDATA\nPOINTS 7 float\nab";
  EXPECT_THROW(read_surface(folder_ / "a.vtk"), InputError);
}

}  // namespace
}  // namespace wane
