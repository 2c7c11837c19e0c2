#include <gtest/gtest.h>

#include <algorithm>

#include "base/counted_random.h"
#include "pipeline/quality/scan_facts.h"

namespace wane {
namespace {

Volume noise(std::array<int, 3> size, std::uint64_t seed) {
  Grid grid;
  grid.size = size;
  Volume volume(grid);
  const CountedRandom random(seed);
  for (std::size_t n = 0; n < volume.size(); ++n) volume[n] = float(std::max(0.0, 100 + 30 * random.normal(n)));
  return volume;
}

TEST(Fingerprint, TheSameValuesInAnotherAxisOrderHaveTheSame) {
  const Volume scan = noise({11, 13, 17}, 1);
  Volume turned;
  turned.grid.size = {17, 13, 11};
  turned.values.resize(scan.size());
  for (int k = 0; k < 17; ++k)
    for (int j = 0; j < 13; ++j)
      for (int i = 0; i < 11; ++i) turned.at(k, 12 - j, i) = scan.at(i, j, k);
  EXPECT_EQ(fingerprint(turned), fingerprint(scan));
}

TEST(Fingerprint, EmptySpaceAroundTheHeadDoesNotMatter) {
  const Volume scan = noise({9, 9, 9}, 2);
  Grid larger;
  larger.size = {12, 12, 12};
  Volume padded(larger);
  for (int k = 0; k < 9; ++k)
    for (int j = 0; j < 9; ++j)
      for (int i = 0; i < 9; ++i) padded.at(i + 2, j + 1, k + 3) = scan.at(i, j, k);
  EXPECT_EQ(fingerprint(padded), fingerprint(scan));
}

TEST(Fingerprint, AnotherScanHasAnotherEvenWhereOneVoxelDiffers) {
  const Volume scan = noise({9, 9, 9}, 3);
  Volume other = scan;
  other[100] += 1;
  EXPECT_NE(fingerprint(other), fingerprint(scan));
  EXPECT_NE(fingerprint(noise({9, 9, 9}, 4)), fingerprint(scan));
}

TEST(Fingerprint, IsThirtyTwoHexDigits) {
  const std::string print = fingerprint(noise({4, 4, 4}, 5));
  EXPECT_EQ(print.size(), 32U);
  EXPECT_TRUE(
      std::all_of(print.begin(), print.end(), [](char c) { return std::isxdigit(static_cast<unsigned char>(c)); }));
}

}  // namespace
}  // namespace wane
