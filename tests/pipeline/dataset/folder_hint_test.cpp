#include "pipeline/dataset/folder_hint.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "pipeline/dataset/bids.h"
#include "pipeline/dataset/shell_words.h"
#include "tests/pipeline/dataset/temporary_dataset.h"

namespace wane {
namespace {

std::string refusal(const std::filesystem::path& folder) {
  try {
    read_dataset(folder, {});
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

void expect_said(const std::filesystem::path& folder, const std::string& words) {
  const std::string said = refusal(folder);
  EXPECT_NE(said.find(words), std::string::npos) << said;
}

const std::string dicom = std::string(128, '\0') + "DICM and more";

TEST(FolderHint, DicomFilesAreNamedWithWhatToDo) {
  const TemporaryDataset data;
  data.write("scans/series 4/IM0001", dicom);
  expect_said(data.folder(),
              "It holds DICOM files (scans/series 4/IM0001): first bring them into BIDS with `wane import " +
                  shell_command({data.folder().string()}) + " BIDS`");
  const TemporaryDataset by_name;
  by_name.write("a/0001.dcm");
  expect_said(by_name.folder(), "It holds DICOM files (a/0001.dcm)");
}

TEST(FolderHint, DicomFilesInAFolderOfAParticipantAreFoundToo) {
  const TemporaryDataset data;
  data.write("sub-01/ses-01/IM0001", dicom);
  expect_said(data.folder(), "No T1w scans were found");
  expect_said(data.folder(), "It holds DICOM files (sub-01/ses-01/IM0001)");
}

TEST(FolderHint, LooseNiftiFilesAreNamedWithTheNameThatTheyNeed) {
  const TemporaryDataset data;
  data.write("patient 1/t1_mprage.nii.gz");
  data.write("patient 1/t1_mprage.json");
  expect_said(data.folder(),
              "It holds NIfTI files that are not named as BIDS names T1w scans (patient 1/t1_mprage.nii.gz)");
  expect_said(data.folder(), "`wane import " + shell_command({data.folder().string()}) + " BIDS`");
  expect_said(data.folder(), "name the scan sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz.");
  expect_said(data.folder(), "`wane pair FIRST.nii.gz SECOND.nii.gz`");
}

TEST(FolderHint, AFolderInsideOfADatasetNamesTheDataset) {
  const TemporaryDataset data;
  data.scan("sub-01", "ses-01");
  const std::string above = std::filesystem::canonical(data.folder()).string();
  const std::string command = "`wane run " + shell_command({above}) + " OUT --participant-label 01`";
  expect_said(data.folder() / "sub-01", "It is the folder of one participant: give the dataset above it");
  for (const char* inside : {"sub-01", "sub-01/ses-01", "sub-01/ses-01/anat"})
    expect_said(data.folder() / inside, command);
}

TEST(FolderHint, AFolderAboveADatasetNamesTheDataset) {
  const TemporaryDataset data;
  data.scan("rawdata/sub-01", "ses-01");
  data.write("code/readme.txt");
  expect_said(data.folder(), "The folders sub-* are one level below: write `wane run " +
                                 shell_command({(data.folder() / "rawdata").string()}) + " OUT`");
}

TEST(FolderHint, ASingleScanNamesTheCommandForTwo) {
  const TemporaryDataset data;
  data.write("t1.nii.gz");
  expect_said(data.folder() / "t1.nii.gz", "`wane pair FIRST.nii.gz SECOND.nii.gz`");
}

TEST(FolderHint, LinksOfParticipantsThatLeadNowhereAreNamed) {
  const TemporaryDataset data;
  std::filesystem::create_directory_symlink("nowhere", data.folder() / "sub-01");
  expect_said(data.folder(), "It holds links to files that are not here (sub-01)");
}

TEST(FolderHint, WhereNothingCanBeSaidNothingIs) {
  const TemporaryDataset data;
  data.write("notes.txt", "text");
  EXPECT_EQ(what_folder_is(data.folder()), "");
  EXPECT_EQ(what_folder_is(data.folder() / "none"), "");
}

}  // namespace
}  // namespace wane
