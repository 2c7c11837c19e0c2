// What lies in the folder that is imported, and in the dataset that it is added to.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text_file.h"
#include "pipeline/dataset/visit_dates.h"
#include "pipeline/import/existing_dataset.h"
#include "pipeline/import/source_folder.h"
#include "tests/broken/scratch_folder.h"
#include "tests/refusal.h"
#include "tests/sentences.h"

namespace wane {
namespace {

using test::any_has;
using test::has;

namespace fs = std::filesystem;
using broken::ScratchFolder;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// DICOM, explicit little endian, or deflated.
std::string dicom(bool deflated) {
  const std::string syntax =
      deflated ? std::string("1.2.840.10008.1.2.1.99") : std::string("1.2.840.10008.1.2.1\0", 20);
  return std::string(128, '\0') + "DICM" + std::string("\x02\0\x10\0UI", 6) + char(syntax.size()) + '\0' + syntax +
         std::string("\x20\0\x0e\0UI\x06\0001.2.3\0", 14);
}

TEST(SourceFolder, FilesThatCannotBeReadAreNamedAsProblems) {
  const ScratchFolder scratch;
  write(scratch / "a/IM1", dicom(false));
  write(scratch / "a/notes.txt", "notes");
  fs::create_symlink("/proc/self/mem", scratch / "a/IM2");  // reading its beginning fails with EIO
  fs::create_symlink("nowhere", scratch / "a/IM3");
  const SourceFolder found = read_source_folder(scratch.path());
  EXPECT_EQ(found.series.size(), 1U);
  EXPECT_EQ(found.other_files, 1U) << "the notes";
  ASSERT_EQ(found.problems.size(), 2U);
  EXPECT_TRUE(any_has(found.problems, "a/IM2 cannot be read (Input/output error)"));
  EXPECT_TRUE(any_has(found.problems, "a/IM3 cannot be read (it is a link to a file that is not there)"));
}

// Root may read all files: the test goes on as a user who may not.
class NotRoot {
 public:
  NotRoot() { EXPECT_TRUE(geteuid() != 0 || seteuid(nobody) == 0); }
  ~NotRoot() { EXPECT_TRUE(getuid() != 0 || seteuid(0) == 0); }
  NotRoot(const NotRoot&) = delete;
  NotRoot& operator=(const NotRoot&) = delete;

 private:
  static constexpr uid_t nobody = 65534;
};

TEST(SourceFolder, FilesWithoutPermissionAreNamedAsProblems) {
  const ScratchFolder scratch;
  write(scratch / "IM1", dicom(false));
  write(scratch / "IM2", dicom(false));
  fs::permissions(scratch.path(), fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
  fs::permissions(scratch / "IM1", fs::perms::others_read, fs::perm_options::add);
  fs::permissions(scratch / "IM2", fs::perms::none);
  const NotRoot not_root;
  EXPECT_TRUE(any_has(read_source_folder(scratch.path()).problems, "IM2 cannot be read (Permission denied)"));
}

TEST(SourceFolder, DeflatedFilesAreAProblem) {
  const ScratchFolder scratch;
  write(scratch / "IM1", dicom(false));
  write(scratch / "IM2", dicom(true));
  EXPECT_TRUE(any_has(read_source_folder(scratch.path()).problems, "deflated"));
  fs::remove(scratch / "IM1");
  EXPECT_TRUE(has(test::refusal([&] { read_source_folder(scratch.path()); }), "deflated"));
}

TEST(ExistingDataset, ScansWithoutSessionFoldersAreRefused) {
  const ScratchFolder scratch;
  write(scratch / "dataset_description.json", "{}");
  write(scratch / "sub-01/anat/sub-01_T1w.nii.gz", "");
  std::string refusal;
  try {
    read_existing_dataset(scratch.path());
  } catch (const UsageError& error) {
    refusal = error.what();
  }
  EXPECT_TRUE(has(refusal, "sub-01/anat/sub-01_T1w.nii.gz")) << refusal;
  EXPECT_TRUE(has(refusal, "sub-01/ses-01/anat")) << refusal;
}

TEST(ExistingDataset, KnowsWhichVisitsHaveDates) {
  const ScratchFolder scratch;
  write(scratch / "sub-01/sub-01_sessions.tsv", "session_id\tdays_since_baseline\nses-01\t0\n");
  write(scratch / "sub-02/sub-02_sessions.tsv",
        "session_id\tdays_since_baseline\tacq_time\nses-01\t0\t2024-01-10T00:00:00\nses-02\t182\tn/a\n");
  const ExistingDataset dataset = read_existing_dataset(scratch.path());
  EXPECT_EQ(dataset.tables_without_dates, std::set<std::string>{"01"});
  EXPECT_TRUE(dataset.visits.at("02").at("01").dated);
  EXPECT_FALSE(dataset.visits.at("02").at("02").dated);
}

TEST(MoveNewIntoPlace, MovesAWholeFileAndReplacesNone) {
  const ScratchFolder scratch;
  write(scratch / "staging/scan", "new");
  fs::create_directories(scratch / "sub-01/anat");
  EXPECT_TRUE(move_new_into_place(scratch / "staging/scan", scratch / "sub-01/anat/scan", scratch.path()));
  EXPECT_EQ(read_text_file(scratch / "sub-01/anat/scan"), "new");
  EXPECT_FALSE(fs::exists(scratch / "staging/scan"));
  write(scratch / "staging/scan", "newer");
  EXPECT_FALSE(move_new_into_place(scratch / "staging/scan", scratch / "sub-01/anat/scan", scratch.path()));
  for (const fs::path& top : {scratch.path() / "", scratch / "sub-01/.."}) {
    write(scratch / "staging/other", "other");
    EXPECT_TRUE(move_new_into_place(scratch / "staging/other", top / "sub-01/anat/other", top)) << top;
    fs::remove(top / "sub-01/anat/other");
  }
  EXPECT_EQ(read_text_file(scratch / "sub-01/anat/scan"), "new");
}

}  // namespace
}  // namespace wane
