// wane import on DICOM files that the tests make: the right series each time, and the mistakes named.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "imaging/nifti.h"
#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/dicom_writer.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

// The line of the plan's table about a series.
std::string line_with(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  if (at == std::string::npos) return {};
  const std::size_t begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

class Import : public testing::Test {
 protected:
  // Slices of the phantom are 6 mm.
  ProgramResult import(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"import", source_, bids_, "--thickest-t1w-slice-mm", "6"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return wane(arguments);
  }
  // A visit as scanners make it: localizer, T1w twice, its reformatted copy, FLAIR.
  void write_visit(const std::string& folder, MadeSeries made) const {
    made.number = 1;
    write_series(source_ / folder / "a", as_localizer(made));
    made.number = 2;
    write_series(source_ / folder / "b", made);
    made.number = 3;
    write_series(source_ / folder / "b", made);  // two series in one folder
    made.number = 5;
    write_series(source_ / folder / "c" / "deep" / "er", as_flair(made));
    made.number = 9;
    made.image_type = "DERIVED\\SECONDARY\\MPR";
    write_series(source_ / folder / "d", made);
  }
  std::string write_map(const std::string& text) const {
    std::ofstream(scratch_ / "map.tsv") << text;
    return scratch_ / "map.tsv";
  }
  fs::path scan(const std::string& name) const { return bids_ / name; }

  broken::ScratchFolder scratch_;
  const fs::path source_ = scratch_ / "scanner";
  const fs::path bids_ = scratch_ / "bids";
};

MadeSeries second_visit(MadeSeries made) {
  made.study_date = "20240710";
  made.study_uid += "2";
  return made;
}

TEST_F(Import, FindsTheRightSeriesOfTwoVisits) {
  write_visit("one", {});
  write_visit("two", second_visit({}));
  const ProgramResult result = import();
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(
      files_below(bids_),
      (std::vector<std::string>{"README", "dataset_description.json", "participants.json", "participants.tsv",
                                "sub-TRIAL001/ses-01/anat/sub-TRIAL001_ses-01_FLAIR.json",
                                "sub-TRIAL001/ses-01/anat/sub-TRIAL001_ses-01_FLAIR.nii.gz",
                                "sub-TRIAL001/ses-01/anat/sub-TRIAL001_ses-01_T1w.json",
                                "sub-TRIAL001/ses-01/anat/sub-TRIAL001_ses-01_T1w.nii.gz",
                                "sub-TRIAL001/ses-02/anat/sub-TRIAL001_ses-02_FLAIR.json",
                                "sub-TRIAL001/ses-02/anat/sub-TRIAL001_ses-02_FLAIR.nii.gz",
                                "sub-TRIAL001/ses-02/anat/sub-TRIAL001_ses-02_T1w.json",
                                "sub-TRIAL001/ses-02/anat/sub-TRIAL001_ses-02_T1w.nii.gz",
                                "sub-TRIAL001/sub-TRIAL001_sessions.json", "sub-TRIAL001/sub-TRIAL001_sessions.tsv"}));
  EXPECT_EQ(text_of(bids_ / "sub-TRIAL001/sub-TRIAL001_sessions.tsv"),
            "session_id\tdays_since_baseline\nses-01\t0\nses-02\t182\n");
  EXPECT_EQ(text_of(bids_ / "participants.tsv"), "participant_id\tdose_group\tdose\nsub-TRIAL001\tn/a\tn/a\n");
  const std::string first = result.out.substr(0, result.out.find("two/"));
  EXPECT_TRUE(contains(line_with(first, " 1 AAHead_Scout"), "localizer"));
  EXPECT_TRUE(contains(line_with(first, " 2 T1_MPRAGE"), "repeated later: series 3"));
  EXPECT_TRUE(contains(line_with(first, " 3 T1_MPRAGE"), "import"));
  EXPECT_TRUE(contains(line_with(first, " 9 T1_MPRAGE"), "an original image"));
  // The repeat has the pixels of the original; the sidecar has the number's own echo of the choice: its geometry.
  const NiftiReport report = inspect_nifti(scan("sub-TRIAL001/ses-01/anat/sub-TRIAL001_ses-01_T1w.nii.gz"));
  EXPECT_TRUE(contains(report.grid.describe(), "30")) << report.grid.describe();
  EXPECT_TRUE(contains(result.out, "sub-TRIAL001_ses-01_T1w.nii.gz: not defaced")) << result.out;
}

TEST_F(Import, NeitherNamesNorDatesReachTheDataset) {
  MadeSeries made;
  made.description = "T1 mprage Jane";
  write_series(source_, made);
  const ProgramResult result = import();
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  for (const auto& name : files_below(bids_)) {
    std::string text = name + text_of(bids_ / name);
    if (name.ends_with(".nii.gz")) {
      ASSERT_EQ(
          std::system(("gzip -dc '" + (bids_ / name).string() + "' > '" + (scratch_ / "raw").string() + "'").c_str()),
          0);
      text = text_of(scratch_ / "raw").substr(0, 352);
    }
    for (const char* hidden :
         {"Jane", "JANE", "DOE", "1950", "2024", "101500", "10160", "166123", "Somewhere", "1.2.826"})
      EXPECT_FALSE(contains(text, hidden)) << hidden << " in " << name;
  }
  EXPECT_TRUE(contains(result.out, "SeriesDescription of its sidecar was left out")) << result.out;
  const auto sidecar = json_of(scan("sub-TRIAL001/ses-01/anat/sub-TRIAL001_ses-01_T1w.json"));
  EXPECT_EQ(sidecar["EchoTime"], 0.00298);
  EXPECT_EQ(sidecar["ConversionSoftware"], "dcm2niix");
  EXPECT_FALSE(contains(result.out, "DOE"));
  EXPECT_FALSE(contains(result.out, "20240110"));
}

TEST_F(Import, KeepsDatesWhereAsked) {
  write_series(source_, {});
  ASSERT_EQ(import({"--keep-dates"}).exit_code, 0);
  EXPECT_TRUE(contains(text_of(bids_ / "sub-TRIAL001/sub-TRIAL001_sessions.tsv"), "ses-01\t0\t2024-01-10T10:16:00"));
  EXPECT_TRUE(contains(text_of(bids_ / "README"), "Dates of visits were kept")) << text_of(bids_ / "README");
}

TEST_F(Import, AFileThatCannotBeReadIsAProblem) {
  write_series(source_, {});
  fs::create_symlink("/proc/self/mem", source_ / "bad");  // reading its beginning fails with EIO
  const ProgramResult result = import();
  EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
  EXPECT_TRUE(contains(result.out, "The file bad cannot be read")) << result.out;
  EXPECT_TRUE(contains(result.out, "1 imported")) << result.out;
}

TEST_F(Import, ADryRunWritesNothingAndPrintsTheSamePlan) {
  write_visit("one", {});
  const ProgramResult dry = import({"--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_FALSE(fs::exists(bids_));
  const ProgramResult real = import();
  EXPECT_EQ(dry.out.substr(0, dry.out.find("\n\n")), real.out.substr(0, real.out.find("\n\n")));
}

TEST_F(Import, RunningAgainAddsOnlyWhatIsNew) {
  write_series(source_ / "one", {});
  ASSERT_EQ(import().exit_code, 0);
  std::ofstream(bids_ / "participants.tsv") << "participant_id\tage\tdose_group\nsub-TRIAL001\t61\tB\n";
  const fs::path first = scan("sub-TRIAL001/ses-01/anat/sub-TRIAL001_ses-01_T1w.nii.gz");
  const auto written = fs::last_write_time(first);
  write_series(source_ / "two", second_visit({}));
  MadeSeries other;
  other.patient_id = other.patient_name = "TRIAL-002";
  other.study_uid += "7";
  write_series(source_ / "other", other);
  const ProgramResult result = import();
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_TRUE(contains(result.out, "2 imported, 1 there already")) << result.out;
  EXPECT_EQ(fs::last_write_time(first), written);
  EXPECT_EQ(text_of(bids_ / "sub-TRIAL001/sub-TRIAL001_sessions.tsv"),
            "session_id\tdays_since_baseline\nses-01\t0\nses-02\t182\n");
  EXPECT_EQ(text_of(bids_ / "participants.tsv"),
            "participant_id\tage\tdose_group\nsub-TRIAL001\t61\tB\nsub-TRIAL002\tn/a\tn/a\n");
  EXPECT_TRUE(contains(import().out, "0 imported, 3 there already"));
}

TEST_F(Import, MissingSlicesAreNamedAndNotImported) {
  MadeSeries holed;
  holed.missing = {11, 12};
  write_series(source_, holed);
  const ProgramResult result = import();
  EXPECT_EQ(result.exit_code, 3) << result.out;
  EXPECT_TRUE(contains(result.out, "2 of its slices are missing")) << result.out;
  EXPECT_FALSE(fs::exists(bids_ / "sub-TRIAL001"));
}

TEST_F(Import, TwoPeopleInOneFolderAreToldApart) {
  MadeSeries one, two;
  two.patient_id = "TRIAL-002";
  two.patient_name = "ROE^RICHARD";
  two.study_uid += "9";
  write_series(source_ / "mixed", one);
  two.number = 2;
  write_series(source_ / "mixed", two);
  EXPECT_EQ(import().exit_code, 0);
  EXPECT_TRUE(fs::exists(scan("sub-TRIAL001/ses-01/anat/sub-TRIAL001_ses-01_T1w.nii.gz")));
  EXPECT_TRUE(fs::exists(scan("sub-TRIAL002/ses-01/anat/sub-TRIAL002_ses-01_T1w.nii.gz")));
}

TEST_F(Import, TwoPeopleOfOnePatientIdAreRefused) {
  MadeSeries one, two;
  two.birth_date = "19610203";
  two.study_uid += "9";
  two.number = 2;
  write_series(source_ / "mixed", one);
  write_series(source_ / "mixed", two);
  const ProgramResult result = import();
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(contains(result.out, "different people, as their dates of birth differ")) << result.out;
  EXPECT_FALSE(fs::exists(bids_ / "sub-TRIAL001"));
}

TEST_F(Import, ADefacedScanIsReported) {
  MadeSeries defaced;
  defaced.face = false;
  write_series(source_, defaced);
  const ProgramResult result = import();
  EXPECT_TRUE(contains(result.out, "T1w.nii.gz: defaced")) << result.out;
  EXPECT_EQ(json_of(scan("sub-TRIAL001/ses-01/anat/sub-TRIAL001_ses-01_T1w.json"))["WaneImport"]["Face"], "defaced");
}

TEST_F(Import, OneScanIsTheSameWhateverTheTransferSyntaxAndFolders) {
  MadeSeries made;
  write_series(source_ / "x", made);
  ASSERT_EQ(import().exit_code, 0);
  const fs::path name = "sub-TRIAL001/ses-01/anat/sub-TRIAL001_ses-01_T1w.nii.gz";
  const std::string first = text_of(bids_ / name);
  fs::remove_all(bids_);
  fs::remove_all(source_);
  made.implicit = true;
  write_series(source_ / "$(touch hacked); 'a b'" / "-o", made);
  ASSERT_EQ(import({"--threads", "2"}).exit_code, 0);
  EXPECT_TRUE(first == text_of(bids_ / name));
  EXPECT_FALSE(fs::exists("hacked"));
}

TEST_F(Import, LooseNiftiFilesComeInByTheSameTable) {
  broken::Recipe recipe;
  recipe.dim = {3, 60, 60, 60, 1, 1, 1, 1};
  recipe.pixdim = {1, 3, 3, 3, 1, 1, 1, 1};
  recipe.srow = {{{3, 0, 0, -90}, {0, 3, 0, -90}, {0, 0, 3, -90}}};
  recipe.qoffset = {-90, -90, -90};
  std::string bytes = broken::nifti_bytes(recipe);
  bytes.replace(148, 12, "Jane Doe 50y");  // descrip
  fs::create_directories(source_ / "p7/m0");
  fs::create_directories(source_ / "p7/m6");
  broken::write_bytes(source_ / "p7/m0/t1.nii.gz", broken::gz_bytes(bytes));
  bytes[400] = '\1';
  broken::write_bytes(source_ / "p7/m6/image.nii", bytes);
  broken::write_bytes(source_ / "p7/m6/t2.nii", bytes);
  const std::string map = write_map(
      "folder\tparticipant_id\tsession\tstudy_date\tdose_group\tdose\n"
      "p7/m0\t07\tbase\t2024-01-10\tB\t5\np7/m6/image.nii\t07\tm6\t2024-07-10\tB\t5\n");
  const ProgramResult result = import({"--map", map});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_TRUE(fs::exists(scan("sub-07/ses-base/anat/sub-07_ses-base_T1w.nii.gz")));
  EXPECT_TRUE(fs::exists(scan("sub-07/ses-m6/anat/sub-07_ses-m6_T1w.nii.gz")));
  EXPECT_EQ(text_of(bids_ / "sub-07/sub-07_sessions.tsv"),
            "session_id\tdays_since_baseline\nses-base\t0\nses-m6\t182\n");
  EXPECT_EQ(text_of(bids_ / "participants.tsv"), "participant_id\tdose_group\tdose\nsub-07\tB\t5\n");
  EXPECT_TRUE(contains(line_with(result.out, "t2.nii"), "T2w"));
  ASSERT_EQ(std::system(("gzip -dc '" + scan("sub-07/ses-base/anat/sub-07_ses-base_T1w.nii.gz").string() + "' > '" +
                         (scratch_ / "raw").string() + "'")
                            .c_str()),
            0);
  EXPECT_FALSE(contains(text_of(scratch_ / "raw"), "Jane"));
  // One that was cut short is named, and one that is somebody else's now.
  fs::create_directories(source_ / "p7/m9");
  broken::write_bytes(source_ / "p7/m9/t1.nii", broken::cut(bytes, 0.5));
  const ProgramResult other = import({"--pattern", "{participant}/{session}"});
  EXPECT_EQ(other.exit_code, 3) << other.out;
  EXPECT_TRUE(contains(line_with(other.out, "  p7/m9 "), "it is cut short")) << other.out;
  EXPECT_TRUE(contains(line_with(other.out, "  p7/m0 "), "imported before as sub-07")) << other.out;
  // Without the table nothing says whose they are.
  fs::remove_all(bids_);
  const ProgramResult alone = import();
  EXPECT_EQ(alone.exit_code, 3);
  EXPECT_TRUE(contains(alone.out, "Nothing says whose scan it is")) << alone.out;
}

TEST_F(Import, WithoutDcm2niixThePackageIsNamed) {
  write_series(source_, {});
  const std::string path = std::getenv("PATH");
  setenv("PATH", scratch_.path().c_str(), 1);
  const ProgramResult result = import();
  // One that fails.
  std::ofstream(scratch_ / "dcm2niix") << "#!/bin/sh\n[ \"$1\" = --version ] && echo v1.0.20220720 && exit\n"
                                          "echo Error: no memory for you\nexit 1\n";
  fs::permissions(scratch_ / "dcm2niix", fs::perms::owner_all);
  const ProgramResult fails = import();
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_TRUE(contains(result.err, "install Debian's package dcm2niix")) << result.err;
  EXPECT_EQ(fails.exit_code, 3) << fails.err;
  EXPECT_TRUE(contains(fails.out, "no memory for you")) << fails.out;
  EXPECT_FALSE(fs::exists(bids_ / "sub-TRIAL001"));
  for (const auto& entry : fs::directory_iterator(bids_))
    EXPECT_FALSE(contains(entry.path().filename(), ".wane-import-")) << "staging is left";
}

TEST_F(Import, LinksInTheDatasetLeadNothingOutOfIt) {
  write_series(source_, {});
  fs::create_directories(scratch_ / "elsewhere");
  fs::create_directories(bids_);
  std::ofstream(bids_ / "dataset_description.json") << "{}";
  fs::create_directory_symlink(scratch_ / "elsewhere", bids_ / "sub-TRIAL001");
  const ProgramResult result = import();
  EXPECT_EQ(result.exit_code, 5) << result.out;
  EXPECT_TRUE(contains(result.err, "is a link to")) << result.err;
  EXPECT_TRUE(fs::is_empty(scratch_ / "elsewhere"));
}

TEST_F(Import, FoldersThatCannotBeImportedAreRefusedInASentence) {
  fs::create_directories(source_);
  std::ofstream(source_ / "notes.txt") << "hello";
  EXPECT_TRUE(contains(import().err, "holds neither DICOM nor NIfTI files"));
  fs::create_directories(source_ / "sub-01/anat");
  broken::write_bytes(source_ / "sub-01/anat/sub-01_T1w.nii", broken::nifti_bytes({}));
  EXPECT_TRUE(contains(import().err, "is a BIDS dataset already"));
  fs::create_directories(bids_);
  std::ofstream(bids_ / "thesis.docx") << "hello";
  fs::remove_all(source_ / "sub-01");
  write_series(source_, {});
  EXPECT_TRUE(contains(import().err, "neither empty nor a BIDS dataset"));
  EXPECT_EQ(wane({"import", source_, source_ / "bids"}).exit_code, 2);
}

}  // namespace
}  // namespace wane::cases
