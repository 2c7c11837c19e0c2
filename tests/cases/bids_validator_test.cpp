// What Wane writes, looked at by bids-validator (npm; the target wane_bids_validator fetches it).
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/broken/scratch_folder.h"
#include "tests/cases/dicom_writer.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

const fs::path validator = fs::path(WANE_BINARY_DIR) / "bids_validator/node_modules/.bin/bids-validator";

#define REQUIRE_VALIDATOR()                                                                                    \
  if (!fs::exists(validator)) {                                                                                \
    const std::string sentence = "There is no bids-validator: ninja -C build wane_bids_validator fetches it."; \
    ASSERT_FALSE(is_continuous_integration()) << sentence;                                                     \
    GTEST_SKIP() << sentence;                                                                                  \
  }

// One line for each error; `ignored`: codes that are not looked at.
std::string errors_in(const fs::path& dataset, const std::string& ignored) {
  const broken::ScratchFolder scratch;
  std::ofstream(scratch / "config.json") << "{\"ignore\": [" << ignored << "]}";
  const ProgramResult result =
      shell(quoted(validator) + " " + quoted(dataset) + " --json --config " + quoted(scratch / "config.json"));
  const nlohmann::json found = nlohmann::json::parse(result.out, nullptr, false);
  if (!found.is_object()) return "no answer: " + result.err;
  std::string text;
  for (const nlohmann::json& error : found["issues"]["errors"]) {
    text += error["key"].get<std::string>() + ":";
    for (const nlohmann::json& file : error["files"])
      if (file.contains("file") && file["file"].is_object()) text += " " + file["file"].value("relativePath", "");
    text += "\n";
  }
  return text;
}

TEST(BidsValidator, TheSampleTrialIsValidBids) {
  REQUIRE_VALIDATOR();
  EXPECT_EQ(errors_in(sample_trial(), ""), "");
}

TEST(BidsValidator, AnImportedDatasetIsValidBids) {
  REQUIRE_VALIDATOR();
  for (const bool keep_dates : {false, true}) {
    const broken::ScratchFolder scratch;
    MadeSeries made;
    write_series(scratch / "scanner/one/t1", made);
    write_series(scratch / "scanner/one/flair", as_flair(made));
    made.study_date = "20240710";
    made.study_uid += "2";
    write_series(scratch / "scanner/two/t1", made);
    // Slices of the phantom are 6 mm.
    std::vector<std::string> words{"import", scratch / "scanner", scratch / "bids", "--thickest-t1w-slice-mm", "6"};
    if (keep_dates) words.emplace_back("--keep-dates");
    const ProgramResult result = wane(words);
    ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_EQ(errors_in(scratch / "bids", ""), "") << "keep_dates: " << keep_dates;
  }
}

TEST(BidsValidator, SeesWhatIsWrong) {
  REQUIRE_VALIDATOR();
  const broken::ScratchFolder scratch;
  copy_participants(scratch / "dataset", {"sub-01"});
  std::ofstream(scratch / "dataset/sub-01/ses-01/anat/notes.txt") << "no name of BIDS";
  EXPECT_TRUE(contains(errors_in(scratch / "dataset", ""), "notes.txt"));
}

// bids-validator 1 knows no names of derivatives: 1 is "not a BIDS name", 67 "a participant without raw data". What it
// knows of derivatives is dataset_description.json; the names are looked at below.
TEST(BidsValidator, OutIsValidAsFarAsItKnowsDerivatives) {
  REQUIRE_VALIDATOR();
  const SharedRun run = sample_trial_run();
  EXPECT_EQ(errors_in(run.out, "1, 67"), "");
}

TEST(BidsDerivatives, DescriptionNamesTheProgramAndTheSourceAndNoFolder) {
  const SharedRun run = sample_trial_run();
  const nlohmann::json description = json_of(run.out / "dataset_description.json");
  EXPECT_EQ(description["DatasetType"], "derivative");
  EXPECT_EQ(description["GeneratedBy"][0]["Name"], "Wane");
  EXPECT_EQ(description["SourceDatasets"][0]["Name"], json_of(run.dataset / "dataset_description.json")["Name"]);
  EXPECT_FALSE(contains(description.dump(), run.dataset.parent_path().string()));
}

bool is_ignored(const std::string& name) {
  for (const char* ending : {".html", ".md", "_atrophy.json", "_map.nii.gz", "_map.json", "_xfm.txt", "_xfm.json",
                             "_surface.vtk", "_surface.json"})
    if (name.ends_with(ending)) return true;
  return contains(name, "figures/") || contains(name, "dose-groups/") || name.starts_with("labels/") ||
         !contains(name, "/");
}

TEST(BidsDerivatives, EveryImageHasANameOfBidsOrIsInBidsignoreAndEachHasASidecar) {
  const SharedRun run = sample_trial_run();
  const std::regex name_of_bids(
      R"(sub-\d+/(ses-\d+/)?(anat/)?sub-\d+(_ses-\d+)?(_space-midpoint)?(_label-(GM|WM|CSF))?(_desc-[a-z]+)?_(T1w|mask|dseg|probseg)\.(nii\.gz|json))");
  const std::string ignored = text_of(run.out / ".bidsignore");
  for (const char* line : {"*.html\n", "logs/\n", "figures/\n", "labels/\n", "*_xfm.*\n", "*_map.*\n"})
    EXPECT_TRUE(contains(ignored, line)) << line;
  std::size_t images = 0;
  for (const std::string& name : files_below(run.out)) {
    if (!is_ignored(name)) {
      EXPECT_TRUE(std::regex_match(name, name_of_bids)) << name;
    }
    if (!name.ends_with(".nii.gz")) continue;
    ++images;
    EXPECT_TRUE(fs::exists(run.out / (name.substr(0, name.size() - 7) + ".json"))) << name;
  }
  EXPECT_EQ(images, 12U * 18U);
}

}  // namespace
}  // namespace wane::cases
