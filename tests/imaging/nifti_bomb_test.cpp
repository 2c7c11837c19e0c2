// Files that are small on disk and want to fill memory or time. Address space is limited: who allocates what the file
// asks for fails.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "base/error.h"
#include "imaging/nifti.h"
#include "tests/broken/broken_nifti.h"
#include "tests/broken/limited_memory.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t mebibyte = std::size_t(1) << 20;

class NiftiBomb : public testing::Test {
 protected:
  std::string refusal(std::size_t memory_bytes) const {
    const broken::LimitedMemory limit(memory_bytes);
    try {
      read_nifti(file_);
      return "it was read";
    } catch (const InputError& error) {
      return error.what();
    }
  }
  void write(const std::string& bytes) const { broken::write_bytes(file_, bytes); }

  broken::ScratchFolder folder_;
  const fs::path file_ = folder_ / "scan.nii.gz";
};

broken::Recipe small_scan() {
  return {};
}

TEST_F(NiftiBomb, WhatInflatesBeyondItsHeaderIsNotInflated) {
  write(broken::gz_bytes(broken::nifti_bytes(small_scan()) + std::string(256 * mebibyte, '\0')));
  ASSERT_LT(fs::file_size(file_), 2 * mebibyte);
  EXPECT_NE(refusal(32 * mebibyte).find("more voxels than its header declares"), std::string::npos);
}

TEST_F(NiftiBomb, AHeaderThatAsksForGigabytesOfZerosThatAreNotThereClaimsNothing) {
  broken::Recipe recipe = small_scan();
  recipe.voxels = broken::ramp(broken::voxel_count(recipe));
  std::string bytes = broken::nifti_bytes(recipe);
  const std::int16_t edge = 800;  // 2 GB of float32
  for (std::size_t axis = 1; axis <= 3; ++axis)
    bytes.replace(40 + 2 * axis, 2, reinterpret_cast<const char*>(&edge), 2);
  write(broken::gz_bytes(bytes));
  EXPECT_NE(refusal(32 * mebibyte).find("cannot hold"), std::string::npos) << refusal(32 * mebibyte);
}

TEST_F(NiftiBomb, VoxelsThatBeginAfterAGigabyteAreReachedWithoutMemory) {
  broken::Recipe recipe = small_scan();
  recipe.vox_offset = 0x1p27f;
  std::string bytes = broken::nifti_bytes(small_scan());
  const float offset = recipe.vox_offset;
  bytes.replace(108, 4, reinterpret_cast<const char*>(&offset), 4);
  std::string noise(mebibyte, '\0');  // or the file would be too short for what it declares
  std::uint32_t state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  write(broken::gz_bytes(bytes + noise + std::string(100 * mebibyte, '\0')));
  EXPECT_NE(refusal(32 * mebibyte).find("cut short"), std::string::npos) << refusal(32 * mebibyte);
}

// A member of gzip that holds nothing has 20 bytes; a file may have any number of them.
TEST_F(NiftiBomb, AFloodOfEmptyMembersEndsSoon) {
  const std::string empty = broken::gz_bytes("");
  std::string flood;
  while (flood.size() < 8 * mebibyte) flood += empty;
  write(broken::gz_bytes(broken::nifti_bytes(small_scan()).substr(0, 1000)) + flood);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NE(refusal(32 * mebibyte).find("cut short"), std::string::npos) << refusal(32 * mebibyte);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST_F(NiftiBomb, ATerabyteIsRefusedBeforeItIsHashed) {
  write(broken::nifti_bytes(small_scan()));
  EXPECT_NO_THROW(require_length_of_a_scan(file_));
  fs::resize_file(file_, std::uintmax_t(1) << 40);  // sparse
  try {
    require_length_of_a_scan(file_);
    FAIL() << "no exception";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("1024 GiB"), std::string::npos) << error.what();
  }
}

TEST(NiftiValues, ValuesBeyondSinglePrecisionCountAsInfinite) {
  const broken::ScratchFolder folder;
  broken::Recipe recipe = small_scan();
  recipe.datatype = 64;
  recipe.voxels = broken::ramp(broken::voxel_count(recipe));
  recipe.voxels[5] = 1e300;
  recipe.voxels[6] = -1e39;
  recipe.voxels[7] = 3e38;
  broken::write_bytes(folder / "scan.nii", broken::nifti_bytes(recipe));
  const NiftiScan scan = read_nifti(folder / "scan.nii");
  EXPECT_EQ(scan.report.non_finite_voxels, 2U);
  EXPECT_EQ(scan.volume[5], 0.F);
  EXPECT_EQ(scan.volume[6], 0.F);
  EXPECT_EQ(scan.volume[7], 3e38F);
}

}  // namespace
}  // namespace wane
