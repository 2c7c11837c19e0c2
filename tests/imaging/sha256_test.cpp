#include "imaging/sha256.h"

#include <gtest/gtest.h>

#include <fstream>

#include "imaging/error.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

// Values of FIPS 180-2's examples.
TEST(Sha256, OfTextIsThePublishedValue) {
  EXPECT_EQ(sha256_of_text(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of_text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, OfFileIsThatOfItsBytesBeyondOnePiece) {
  const broken::ScratchFolder folder;
  const std::filesystem::path file = folder / "million_a";
  std::ofstream(file) << std::string(1'000'000, 'a');
  EXPECT_EQ(sha256_of_file(file), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfMissingFileNamesIt) {
  try {
    sha256_of_file("/nowhere/scan.nii.gz");
    FAIL() << "no exception";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere/scan.nii.gz"), std::string::npos);
  }
}

}  // namespace
}  // namespace wane
