// Broken, odd and hostile files: refused or read with one clear sentence, without a crash and without claiming memory.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <regex>

#include "base/error.h"
#include "imaging/nifti.h"
#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using broken::MadeFile;

class Placed {
 public:
  explicit Placed(const MadeFile& made) : file(folder_ / made.file_name) { broken::write_bytes(file, made.bytes); }

 private:
  broken::ScratchFolder folder_;

 public:
  const fs::path file;
};

Placed place(const std::string& file_name, const std::string& bytes) {
  return Placed(MadeFile{"", file_name, bytes, ""});
}

long peak_memory_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

void expect_one_sentence(const std::string& message, const fs::path& file, const std::string& said) {
  EXPECT_NE(message.find(file.string()), std::string::npos) << message;
  EXPECT_NE(message.find(said), std::string::npos) << message;
  EXPECT_TRUE(std::regex_match(message, std::regex("[A-Z][^\n]*; [^\n]*\\."))) << message;
  EXPECT_LT(message.size(), 300 + file.string().size()) << message;
}

TEST(BrokenNifti, IsRefusedWithOneSentenceThatNamesTheFile) {
  for (const MadeFile& made : broken::broken_files()) {
    SCOPED_TRACE(made.name);
    const Placed placed(made);
    const long before_kib = peak_memory_kib();
    try {
      read_nifti(placed.file);
      ADD_FAILURE() << "it was read";
    } catch (const InputError& error) {
      expect_one_sentence(error.what(), placed.file, made.said);
    }
    EXPECT_LT(peak_memory_kib() - before_kib, 32 * 1024) << "memory was claimed for a broken file";
  }
}

TEST(BrokenNifti, PassesInspectionOnlyWhereTheDamageIsInsideCompressedData) {
  for (const MadeFile& made : broken::broken_files()) {
    SCOPED_TRACE(made.name);
    const Placed placed(made);
    try {
      inspect_nifti(placed.file);
      EXPECT_EQ(placed.file.extension(), ".gz");
    } catch (const InputError& error) {
      expect_one_sentence(error.what(), placed.file, "");
    }
  }
}

TEST(OddNifti, IsReadWithAWarning) {
  for (const MadeFile& made : broken::odd_files()) {
    SCOPED_TRACE(made.name);
    const NiftiScan scan = read_nifti(Placed(made).file);
    EXPECT_EQ(scan.volume.size(), 20u * 18u * 16u);
    ASSERT_EQ(scan.report.warnings.size(), 1u);
    const std::string& warning = scan.report.warnings[0];
    EXPECT_NE(warning.find(made.said), std::string::npos) << warning;
    EXPECT_EQ(warning.back(), '.');
  }
}

TEST(NiftiDamage, EveryTruncationOfAFileIsRefused) {
  const std::string plain = broken::nifti_bytes({});
  const std::string gz = broken::gz_bytes(plain);
  for (int percent = 0; percent < 100; percent += 4) {
    EXPECT_THROW(read_nifti(place("cut.nii", broken::cut(plain, percent / 100.0)).file), InputError) << percent;
    EXPECT_THROW(read_nifti(place("cut.nii.gz", broken::cut(gz, percent / 100.0)).file), InputError) << percent;
  }
}

// A damaged byte in the wrapper of a gzip file may be harmless (its time stamp); it must never change a voxel.
TEST(NiftiDamage, NoFlippedByteOfACompressedFileChangesAVoxelInSilence) {
  const std::string gz = broken::gz_bytes(broken::nifti_bytes({}));
  const NiftiScan whole = read_nifti(place("flipped.nii.gz", gz).file);
  for (std::size_t n = 0; n < gz.size(); n += 1 + gz.size() / 400) {
    std::string damaged = gz;
    damaged[n] = char(~damaged[n]);
    try {
      const NiftiScan scan = read_nifti(place("flipped.nii.gz", damaged).file);
      EXPECT_EQ(scan.volume.values, whole.volume.values) << "byte " << n;
    } catch (const InputError&) {
      continue;
    }
  }
}

TEST(NiftiDamage, NoByteOfTheHeaderCrashesTheReader) {
  for (const auto& recipe : {broken::Recipe(), broken::as_nifti_2({})}) {
    const std::string plain = broken::nifti_bytes(recipe);
    for (std::size_t n = 0; n < std::size_t(recipe.vox_offset); ++n)
      for (const char value : {'\0', '\x7f', '\x80', '\xff'}) {
        std::string damaged = plain;
        damaged[n] = value;
        try {
          const NiftiScan scan = read_nifti(place("header.nii", damaged).file);
          EXPECT_TRUE(scan.volume.grid.index_to_lps().matrix().allFinite()) << "byte " << n;
        } catch (const InputError&) {
          continue;
        }
      }
  }
}

TEST(NiftiDamage, MissingFilesAndFoldersAreNamed) {
  for (const fs::path& file : {fs::path("/nowhere/scan.nii.gz"), fs::path(testing::TempDir())}) {
    try {
      read_nifti(file);
      FAIL() << "it was read";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(file.string()), std::string::npos) << error.what();
    }
  }
}

TEST(NiftiDamage, APipeIsRefusedRatherThanWaitedFor) {
  const broken::ScratchFolder folder;
  const fs::path pipe = folder / "pipe.nii";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THROW(read_nifti(pipe), InputError);
}

TEST(NiftiDamage, TheCapOnVoxelsIsTheCallersToSet) {
  const Placed placed = place("capped.nii", broken::nifti_bytes({}));
  const fs::path& file = placed.file;
  NiftiLimits limits;
  limits.most_voxels = 20 * 18 * 16;
  EXPECT_NO_THROW(read_nifti(file, limits));
  limits.most_voxels -= 1;
  EXPECT_THROW(read_nifti(file, limits), InputError);
}

}  // namespace
}  // namespace wane
