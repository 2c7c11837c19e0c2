#include "imaging/sample_points.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "imaging/resample.h"

namespace wane {
namespace {

Volume random_volume(const std::array<int, 3>& size) {
  Grid grid;
  grid.size = size;
  Volume volume(grid);
  std::mt19937 random(5);
  for (float& v : volume.values) v = std::uniform_real_distribution<float>(-3, 3)(random);
  return volume;
}

struct Points {
  std::vector<float> x, y, z;
  PointsView view() const { return {x.size(), x.data(), y.data(), z.data()}; }
  void add(float px, float py, float pz) {
    x.push_back(px);
    y.push_back(py);
    z.push_back(pz);
  }
};

// Inside, at borders, outside, on voxels, and no numbers.
Points points_around(const std::array<int, 3>& size) {
  Points points;
  std::mt19937 random(6);
  const auto place = [&](int extent) {
    return std::uniform_real_distribution<float>(-2.F, float(extent) + 1.F)(random);
  };
  for (int n = 0; n < 1000; ++n) points.add(place(size[0]), place(size[1]), place(size[2]));
  for (const float edge :
       {-0.5F, -0.50001F, 0.F, float(size[0]) - 1.F, float(size[0]) - 0.5F, float(size[0]) - 0.4999F})
    points.add(edge, 0.F, 0.F);
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  points.add(nan, 0.F, 0.F);
  points.add(0.F, infinity, 0.F);
  points.add(0.F, 0.F, -infinity);
  points.add(0.F, 3e9F, 0.F);
  return points;
}

const std::array<std::array<int, 3>, 4> sizes{{{7, 5, 6}, {1, 5, 6}, {7, 1, 1}, {1, 1, 1}}};

TEST(SamplePoints, HasTheBitsOfTheLinearSampler) {
  for (const auto& size : sizes) {
    const Volume volume = random_volume(size);
    const Points points = points_around(size);
    std::vector<float> found(points.x.size());
    sample_points(size, volume.values.data(), points.view(), -7.F, found.data());
    const LinearSampler sampler(volume);
    for (std::size_t n = 0; n < found.size(); ++n)
      ASSERT_EQ(found[n], sampler(points.x[n], points.y[n], points.z[n], -7.F)) << n;
  }
}

TEST(SamplePoints, GradientsHaveTheBitsOfTheLinearSampler) {
  for (const auto& size : sizes) {
    const Volume volume = random_volume(size);
    const Points points = points_around(size);
    std::vector<float> found(points.x.size()), x(found), y(found), z(found);
    sample_points_with_gradient(size, volume.values.data(), points.view(), -7.F, found.data(), x.data(), y.data(),
                                z.data());
    const LinearSampler sampler(volume);
    for (std::size_t n = 0; n < found.size(); ++n) {
      float gradient[3];
      ASSERT_EQ(found[n], sampler.with_gradient(points.x[n], points.y[n], points.z[n], gradient, -7.F)) << n;
      ASSERT_EQ(x[n], gradient[0]) << n;
      ASSERT_EQ(y[n], gradient[1]) << n;
      ASSERT_EQ(z[n], gradient[2]) << n;
    }
  }
}

TEST(PlaceRow, HasTheBitsOfTheMapItself) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> number(-2, 2);
  for (int trial = 0; trial < 50; ++trial) {
    Affine map = Affine::Identity();
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 4; ++column) map(row, column) = number(random) * (column == 3 ? 40 : 1);
    std::vector<float> x(37), y(x), z(x);
    place_row(map, 3, 2, 11, 17, x.size(), x.data(), y.data(), z.data());
    for (std::size_t n = 0; n < x.size(); ++n) {
      const Vec3 place = map * Vec3(3 + 2 * double(n), 11, 17);
      ASSERT_EQ(x[n], float(place[0]));
      ASSERT_EQ(y[n], float(place[1]));
      ASSERT_EQ(z[n], float(place[2]));
    }
  }
}

}  // namespace
}  // namespace wane
