// The sample trial from raw scans to the reports of its four dose groups.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "imaging/nifti.h"
#include "pipeline/measurement/volumes.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

double mean_brain_rate(const fs::path& out, const std::string& group) {
  const nlohmann::json report = json_of(out / "dose-groups" / ("dose-" + group + "_atrophy.json"));
  return report["rates_percent_per_year"]["brain"]["mean"];
}

// Percent per year, the mean of a dose group.
double planted_brain_rate(const SharedRun& run, const std::string& group) {
  const nlohmann::json report = json_of(run.out / "dose-groups" / ("dose-" + group + "_atrophy.json"));
  double sum = 0;
  for (const auto& participant : report["participants"]) {
    const std::string id = participant["participant_id"];
    const nlohmann::json last = json_of(run.dataset / "truth" / (id + ".json"))["visits"].back();
    sum += percent_change(100, 100 + last["brain_change_percent"].get<double>()) * 365.25 / last["days"].get<double>();
  }
  return sum / double(report["participants"].size());
}

TEST(SampleTrial, DoseGroupsComeOutInThePlantedOrder) {
  const SharedRun run = sample_trial_run();
  ASSERT_EQ(run.result.exit_code, 0) << run.result.err;
  double before = -100;
  for (const std::string group : {"A", "B", "C", "D"}) {
    const double mean = mean_brain_rate(run.out, group);
    EXPECT_LT(before, mean) << group;
    EXPECT_NEAR(mean, planted_brain_rate(run, group), 0.15) << group;
    before = mean;
  }
}

TEST(SampleTrial, TheChangesAreWhatWasPlanted) {
  const SharedRun run = sample_trial_run();
  const ProgramResult validation = wane({"validate", "--out", run.out, "--truth", run.dataset / "truth"});
  ASSERT_EQ(validation.exit_code, 0) << validation.err;
  std::cout << validation.out;
  double sum = 0;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(run.dataset / "truth")) {
    const std::string id = entry.path().stem().string();
    if (!id.starts_with("sub-")) continue;
    const nlohmann::json report = json_of(run.out / id / (id + "_atrophy.json"));
    const nlohmann::json truth = json_of(entry.path());
    sum += std::abs(report["changes"][0]["percent"]["brain"].get<double>() -
                    percent_change(100, 100 + truth["visits"][1]["brain_change_percent"].get<double>()));
    ++count;
  }
  EXPECT_EQ(count, 12U);
  EXPECT_LE(sum / static_cast<double>(count), 0.13) << "mean absolute error of the brain's change in percent";
}

TEST(SampleTrial, EveryFileOfTheContractIsThere) {
  const SharedRun run = sample_trial_run();
  std::vector<std::string> expected = {"dataset_description.json",
                                       "trial_atrophy.json",
                                       "volumes.tsv",
                                       "changes.tsv",
                                       "changes_long.tsv",
                                       "rates_long.tsv",
                                       "volumes_long.tsv",
                                       "next_trial.tsv",
                                       "rates.tsv",
                                       "visits.tsv",
                                       "dose_groups.tsv",
                                       "dose_tests.tsv",
                                       "rates.json",
                                       "logs/run.jsonl",
                                       "trial.html",
                                       "quality.html",
                                       "sub-12.html",
                                       "methods.md"};
  for (const char* group : {"A", "B", "C", "D"})
    expected.push_back("dose-groups/dose-" + std::string(group) + "_atrophy.json");
  expected.insert(expected.end(),
                  {"sub-12/sub-12_atrophy.json", "sub-12/figures/sub-12_quality.png",
                   "sub-12/anat/sub-12_space-midpoint_T1w.nii.gz",
                   "sub-12/sub-12_from-ses-01_to-ses-02_space-midpoint_desc-change_map.nii.gz",
                   "sub-12/sub-12_from-ses-01_to-ses-02_space-midpoint_desc-change_map.json",
                   "sub-12/sub-12_from-ses-01_to-ses-02_space-midpoint_desc-unsmoothedchange_map.nii.gz",
                   "sub-12/sub-12_space-midpoint_desc-measured_mask.nii.gz",
                   "sub-12/sub-12_space-midpoint_desc-brain_surface.vtk"});
  for (const char* ending : {"desc-brain_mask.nii.gz", "dseg.nii.gz", "space-midpoint_desc-preproc_T1w.nii.gz",
                             "space-midpoint_desc-brain_mask.nii.gz", "space-midpoint_label-GM_probseg.nii.gz",
                             "space-midpoint_label-WM_probseg.nii.gz", "space-midpoint_label-CSF_probseg.nii.gz",
                             "from-T1w_to-midpoint_mode-image_xfm.txt", "dseg.json"})
    expected.push_back("sub-12/ses-02/anat/sub-12_ses-02_" + std::string(ending));
  for (const auto& name : expected) EXPECT_TRUE(fs::exists(run.out / name)) << name;

  const nlohmann::json report = json_of(run.out / "sub-12/sub-12_atrophy.json");
  for (const char* key : {"schema", "sign_convention", "version", "options", "inputs", "participant_id", "dose_group",
                          "dose", "visits", "changes", "rates_percent_per_year", "warnings"})
    EXPECT_TRUE(report.contains(key)) << key;
  EXPECT_EQ(report["sign_convention"], "negative = loss");
}

// As somebody would check it who has only the files of OUT.
double mean_over_tissue(const fs::path& out, const std::string& id) {
  const fs::path folder = out / id;
  const Volume map = read_nifti(folder / (id + "_from-ses-01_to-ses-02_space-midpoint_desc-change_map.nii.gz")).volume;
  const Mask measured = read_nifti_mask(folder / (id + "_space-midpoint_desc-measured_mask.nii.gz"));
  double sum = 0, weights = 0;
  for (const char* session : {"ses-01", "ses-02"})
    for (const char* tissue : {"GM", "WM"}) {
      const Volume share = read_nifti(folder / session / "anat" /
                                      (id + "_" + session + "_space-midpoint_label-" + tissue + "_probseg.nii.gz"))
                               .volume;
      for (std::size_t n = 0; n < map.size(); ++n) {
        if (!measured[n]) continue;
        sum += double(share[n]) * map[n];
        weights += share[n];
      }
    }
  return sum / weights;
}

TEST(SampleTrial, TheMapOfChangeAveragesToTheChangeThatIsReported) {
  const SharedRun run = sample_trial_run();
  for (const char* id : {"sub-01", "sub-04", "sub-07", "sub-12"}) {
    const nlohmann::json report = json_of(run.out / id / (std::string(id) + "_atrophy.json"));
    EXPECT_NEAR(mean_over_tissue(run.out, id), report["changes"][0]["percent"]["brain"].get<double>(), 0.1) << id;
  }
}

TEST(SampleTrial, VolumesArePlausible) {
  const SharedRun run = sample_trial_run();
  for (const auto& participant : json_of(run.out / "trial_atrophy.json")["participants"]) {
    const std::string id = participant["participant_id"];
    for (const auto& visit : json_of(run.out / id / (id + "_atrophy.json"))["visits"]) {
      const auto& volumes = visit["volumes_ml"];
      const double brain = volumes["brain"], gm = volumes["gray_matter"], wm = volumes["white_matter"];
      EXPECT_NEAR(brain, gm + wm, 0.01) << id;
      EXPECT_GT(brain, 900) << id;
      EXPECT_LT(brain, 1900) << id;
      EXPECT_GT(volumes["intracranial"].get<double>(), brain) << id;
    }
  }
}

TEST(SampleTrial, RunningAgainComputesNothingAndChangesNothing) {
  const SharedRun run = sample_trial_run();
  const broken::ScratchFolder scratch;
  fs::copy(run.out, scratch / "out", fs::copy_options::recursive);
  const ProgramResult again = wane({"run", run.dataset, scratch / "out"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(contains(again.out, "0 measured, 12 already up to date")) << again.out;
  ASSERT_EQ(files_below(scratch / "out"), files_below(run.out));
  for (const auto& name : files_below(run.out))
    EXPECT_TRUE(reproducible_text_of(scratch / "out" / name) == reproducible_text_of(run.out / name)) << name;
}

TEST(SampleTrial, UnblindedDosesNeedNoNewMeasurement) {
  const SharedRun run = sample_trial_run();
  const broken::ScratchFolder scratch;
  fs::copy(run.out, scratch / "out", fs::copy_options::recursive);
  fs::copy(run.dataset, scratch / "dataset", fs::copy_options::recursive);
  const std::string table = text_of(run.dataset / "participants.tsv");
  std::ofstream(scratch / "dataset/participants.tsv") << std::regex_replace(table, std::regex("\tD\t"), "\thigh\t");
  const ProgramResult result = wane({"run", scratch / "dataset", scratch / "out"});
  EXPECT_TRUE(contains(result.out, "0 measured, 12 already up to date")) << result.out;
  EXPECT_EQ(mean_brain_rate(scratch / "out", "high"), mean_brain_rate(run.out, "D"));
  EXPECT_FALSE(fs::exists(scratch / "out/dose-groups/dose-D_atrophy.json"));
  EXPECT_EQ(json_of(scratch / "out/sub-04/sub-04_atrophy.json")["dose_group"], "high");
}

TEST(SampleTrial, TheReportNamesThePlantedDoseResponseAndTheReverseForSwappedDoses) {
  const SharedRun run = sample_trial_run();
  const auto sentence = [](const fs::path& out, const char* tissue) -> std::string {
    return json_of(out / "trial_atrophy.json")["dose_response"][tissue]["sentence"];
  };
  const broken::ScratchFolder scratch;
  fs::copy(run.out, scratch / "out", fs::copy_options::recursive);
  fs::copy(run.dataset, scratch / "dataset", fs::copy_options::recursive);
  ASSERT_EQ(wane({"group", run.dataset, scratch / "out"}).exit_code, 0);
  for (const char* tissue : {"brain", "gray_matter"})
    EXPECT_TRUE(sentence(scratch / "out", tissue).starts_with("Higher dose goes with less ")) << tissue;

  std::string table = text_of(run.dataset / "participants.tsv");
  for (const auto& [from, to] : {std::pair{"\tA\t0.7", "\ta\t5.7"},
                                 {"\tB\t1.4", "\tb\t2.8"},
                                 {"\tC\t2.8", "\tc\t1.4"},
                                 {"\tD\t5.7", "\td\t0.7"}})
    table = std::regex_replace(table, std::regex(from), to);
  std::ofstream(scratch / "dataset/participants.tsv") << table;
  ASSERT_EQ(wane({"group", scratch / "dataset", scratch / "out"}).exit_code, 0);
  for (const char* tissue : {"brain", "gray_matter"})
    EXPECT_TRUE(sentence(scratch / "out", tissue).starts_with("Higher dose goes with more ")) << tissue;
}

// A dataset with single scans of the sample trial, filed as somebody might have.
class Misfiled {
 public:
  explicit Misfiled(const fs::path& sample) : sample_(sample) {}

  static fs::path visit(const std::string& label, const std::string& session) {
    return fs::path("sub-" + label) / session / "anat" / ("sub-" + label + "_" + session + "_T1w.nii.gz");
  }
  fs::path place(const std::string& session) const {
    const fs::path file = scratch_ / "data" / visit("01", session);
    fs::create_directories(file.parent_path());
    return file;
  }
  void file(const fs::path& scan, const std::string& session) const { fs::copy_file(sample_ / scan, place(session)); }
  fs::path sample(const std::string& label, const std::string& session) const {
    return sample_ / visit(label, session);
  }
  fs::path path(const char* name) const { return scratch_ / name; }
  ProgramResult run() const { return wane({"run", path("data"), path("out")}); }

 private:
  fs::path sample_;
  broken::ScratchFolder scratch_;
};

// The people of the sample trial are one head, bent: no two real people are as alike.
TEST(SampleTrial, TwoPeopleMixedUpAreToldApart) {
  const Misfiled trial(sample_trial_run().dataset);
  trial.file(Misfiled::visit("01", "ses-01"), "ses-01");
  trial.file(Misfiled::visit("05", "ses-02"), "ses-02");
  const ProgramResult result = trial.run();
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_NE(result.out.find("do not show the same person"), std::string::npos) << result.out;
}

TEST(SampleTrial, StagesChainedByHandRefuseTwoPeopleToo) {
  const Misfiled trial(sample_trial_run().dataset);
  const fs::path work = trial.path("work");
  ASSERT_EQ(wane({"conform", work, trial.sample("01", "ses-01"), "--visit", "ses-01"}).exit_code, 0);
  ASSERT_EQ(wane({"conform", work, trial.sample("05", "ses-02"), "--visit", "ses-02"}).exit_code, 0);
  const ProgramResult refused = wane({"align", work});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_NE(refused.err.find("do not show the same person"), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists(work / "align/align.json"));
  EXPECT_EQ(wane({"align", work, "--quality", "report"}).exit_code, 0);
}

TEST(SampleTrial, OfThreeVisitsAScanThatCannotBeReadCostsItsVisitAlone) {
  const Misfiled trial(sample_trial_run().dataset);
  trial.file(Misfiled::visit("01", "ses-01"), "ses-01");
  std::ofstream(trial.place("ses-02")) << "no scan";
  trial.file(Misfiled::visit("01", "ses-02"), "ses-03");
  std::ofstream(trial.path("data") / "sub-01/sub-01_sessions.tsv")
      << "session_id\tdays_since_baseline\nses-01\t0\nses-02\t180\nses-03\t365\n";
  const ProgramResult result = trial.run();
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_NE(result.out.find("sub-01 ses-02: FAILED: "), std::string::npos) << result.out;
  const nlohmann::json report = json_of(trial.path("out") / "sub-01/sub-01_atrophy.json");
  EXPECT_EQ(report["visits"][1]["quality"]["checks"][0]["name"], "usable");
  EXPECT_TRUE(report["visits"][1]["volumes_ml"]["brain"].is_null());
  ASSERT_EQ(report["changes"].size(), 1U);
  const SharedRun good = sample_trial_run();
  const nlohmann::json pair = json_of(good.out / "sub-01/sub-01_atrophy.json");
  EXPECT_EQ(report["changes"][0]["percent"], pair["changes"][0]["percent"]) << "as if the visit had never been";
  EXPECT_TRUE(report["rates_percent_per_year"]["brain"].is_number());
}

TEST(SampleTrial, TheLogOnlyGrows) {
  const SharedRun run = sample_trial_run();
  const broken::ScratchFolder scratch;
  fs::copy(run.out, scratch / "out", fs::copy_options::recursive);
  const std::string before = text_of(scratch / "out/logs/run.jsonl");
  ASSERT_EQ(wane({"group", run.dataset, scratch / "out"}).exit_code, 0);
  const std::string after = text_of(scratch / "out/logs/run.jsonl");
  EXPECT_EQ(after.substr(0, before.size()), before);
  EXPECT_GT(after.size(), before.size());
  std::istringstream lines(after);
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json entry = nlohmann::json::parse(line);
    for (const char* key : {"time", "user", "event"}) EXPECT_TRUE(entry.contains(key)) << line;
  }
}

}  // namespace
}  // namespace wane::cases
