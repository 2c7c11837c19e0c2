#include "pipeline/report/mosaic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "pipeline/report/picture_file.h"

namespace wane {
namespace {

// A ball, bright in the person's left half, on a grid whose voxel axes run as `direction` says.
struct Ball {
  Volume t1;
  Mask brain;
};

Ball ball(const Mat3& direction) {
  Grid grid;
  const Vec3 lps_size(41, 51, 45);
  const Vec3 size = (direction.transpose() * lps_size).cwiseAbs();
  for (int a = 0; a < 3; ++a) grid.size[a] = int(std::lround(size[a]));
  grid.spacing_mm = Vec3::Constant(2);
  grid.direction = direction;
  const Vec3 half((grid.size[0] - 1) / 2.0, (grid.size[1] - 1) / 2.0, (grid.size[2] - 1) / 2.0);
  grid.origin_mm = -(grid.index_to_lps().linear() * half);
  Ball made{Volume(grid), Mask(grid)};
  const Affine to_lps = grid.index_to_lps();
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const Vec3 at = to_lps * Vec3(i, j, k);
        made.brain.at(i, j, k) = at.norm() < 32;
        if (made.brain.at(i, j, k)) made.t1.at(i, j, k) = at[0] > 0.5 ? 100.F : 30.F;
      }
  return made;
}

Picture picture_of(const Ball& made) {
  MosaicVisit visit;
  visit.name = "ses-01";
  visit.t1 = &made.t1;
  visit.brain = &made.brain;
  return quality_mosaic("sub-01", {visit});
}

// Mean of a column of the first axial tile, in its lower line (no outline).
double brightness(const Picture& picture, int from_x, int to_x) {
  double sum = 0;
  int n = 0;
  for (int y = 0; y < picture.height; ++y)
    for (int x = from_x; x < to_x; ++x, ++n) sum += picture.rgb[3 * (std::size_t(y) * picture.width + x)];
  return sum / n;
}

TEST(Mosaic, ThePersonsLeftIsOnTheRight) {
  const Picture picture = picture_of(ball(Mat3::Identity()));
  // The ball is 64 mm wide, the tile 64 + 2 x 14 mm, 0.8 mm a pixel, 14 pixels from the edge: its middle is at 72.
  EXPECT_GT(brightness(picture, 80, 100), 1.5 * brightness(picture, 40, 60));
}

TEST(Mosaic, TheVoxelsOrderDoesNotMatter) {
  const Picture straight = picture_of(ball(Mat3::Identity()));
  Mat3 flipped = Mat3::Identity();
  flipped(0, 0) = flipped(1, 1) = -1;
  Mat3 permuted;  // i up, j to the right, k to the front
  permuted << 0, -1, 0, 0, 0, -1, 1, 0, 0;
  for (const Mat3& direction : {flipped, permuted}) {
    const Picture other = picture_of(ball(direction));
    ASSERT_EQ(other.width, straight.width);
    ASSERT_EQ(other.height, straight.height);
    std::size_t different = 0;
    for (std::size_t n = 0; n < straight.rgb.size(); ++n)
      different += std::abs(int(straight.rgb[n]) - int(other.rgb[n])) > 2;
    EXPECT_LT(double(different), 0.002 * double(straight.rgb.size()));
  }
}

TEST(Mosaic, GrowsByTheSameHeightForEveryVisit) {
  const Ball made = ball(Mat3::Identity());
  const MosaicVisit visit{"ses-01", &made.t1, &made.brain, nullptr, nullptr, nullptr};
  const Picture one = quality_mosaic("sub-01", {visit});
  const Picture two = quality_mosaic("sub-01", {visit, visit});
  const Picture three = quality_mosaic("sub-01", {visit, visit, visit});
  EXPECT_EQ(one.rgb.size(), std::size_t(3) * one.width * one.height);
  EXPECT_EQ(two.width, one.width);
  EXPECT_EQ(three.height - two.height, two.height - one.height);
}

TEST(Mosaic, DrawsTissuesInColour) {
  const Ball made = ball(Mat3::Identity());
  Volume gm(made.t1.grid);
  for (std::size_t n = 0; n < gm.size(); ++n) gm[n] = made.brain[n];
  const MosaicVisit plain{"ses-01", &made.t1, nullptr, nullptr, nullptr, nullptr};
  const MosaicVisit coloured{"ses-01", &made.t1, nullptr, &gm, nullptr, nullptr};
  EXPECT_NE(quality_mosaic("sub-01", {plain}).rgb, quality_mosaic("sub-01", {coloured}).rgb);
}

TEST(Mosaic, AnEmptyMaskAndAnEmptyScanAreDrawnAllTheSame) {
  const Volume t1(ball(Mat3::Identity()).t1.grid);
  const Mask brain(t1.grid);
  const MosaicVisit visit{"ses-01", &t1, &brain, nullptr, nullptr, nullptr};
  EXPECT_GT(quality_mosaic("sub-01", {visit}).width, 0);
  EXPECT_THROW(quality_mosaic("sub-01", {}), InputError);
}

TEST(Mosaic, IsWrittenAsPng) {
  const auto file = std::filesystem::temp_directory_path() / "wane_mosaic_test.png";
  write_png(file, picture_of(ball(Mat3::Identity())));
  std::ifstream in(file, std::ios::binary);
  std::string start(8, '\0');
  in.read(start.data(), 8);
  EXPECT_EQ(start, "\x89PNG\r\n\x1a\n");
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace wane
