// The same scans give the same bytes, whichever way the program is called.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

TEST(SameResults, TheBidsAppFormOnTwoThreadsGivesTheBytesOfARunOnOne) {
  const SharedRun run = sloppy_run();
  ASSERT_EQ(run.result.exit_code, 0) << run.result.err;
  const broken::ScratchFolder scratch;
  const fs::path out = scratch / "out";
  const ProgramResult participant =
      wane({"--threads", "2", run.dataset, out, "participant", "--participant_label", "01", "--sloppy"});
  ASSERT_EQ(participant.exit_code, 0) << participant.err;
  EXPECT_FALSE(fs::exists(out / "trial_atrophy.json"));
  ASSERT_EQ(wane({run.dataset, out, "group"}).exit_code, 0);

  ASSERT_EQ(files_below(out), files_below(run.out));
  for (const auto& name : files_below(out))
    EXPECT_TRUE(reproducible_text_of(out / name) == reproducible_text_of(run.out / name)) << name;
}

void expect_same_files(const fs::path& a, const fs::path& b) {
  ASSERT_EQ(files_below(a), files_below(b));
  EXPECT_FALSE(files_below(a).empty());
  for (const auto& name : files_below(a))
    EXPECT_TRUE(reproducible_text_of(a / name) == reproducible_text_of(b / name)) << name;
}

// Three threads divide no loop evenly, eight are more than most machines of a test have.
TEST(SameResults, OneThreeAndEightThreadsGiveTheSameBytes) {
  const SharedRun run = sloppy_run();
  ASSERT_EQ(run.result.exit_code, 0) << run.result.err;
  for (const char* threads : {"3", "8"}) {
    const broken::ScratchFolder scratch;
    const ProgramResult result = wane({"run", run.dataset, scratch / "out", "--sloppy", "--threads", threads});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    expect_same_files(scratch / "out", run.out);
  }
}

// Stands for a node of another kind: without it, glibc's functions would be those of this machine's processor.
TEST(SameResults, ProcessorsWithoutFusedMultiplicationGiveTheSameBytes) {
  const SharedRun run = sloppy_run();
  const broken::ScratchFolder scratch;
  ASSERT_EQ(setenv("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX", 1), 0);
  const ProgramResult result = wane({"run", run.dataset, scratch / "out", "--sloppy"});
  unsetenv("GLIBC_TUNABLES");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  expect_same_files(scratch / "out", run.out);
}

TEST(SameResults, ParticipantsInAnyOrderAndSideBySideGiveTheSameBytes) {
  const broken::ScratchFolder scratch;
  copy_participants(scratch / "dataset", {"sub-01", "sub-02"});
  const auto measured = [&](const std::string& name, const std::vector<std::string>& labels, const char* threads) {
    for (const auto& label : labels) {
      const ProgramResult result = wane({"participant", scratch / "dataset", scratch / name, "--participant-label",
                                         label, "--sloppy", "--threads", threads});
      EXPECT_EQ(result.exit_code, 0) << result.err;
    }
  };
  measured("backwards", {"02", "01"}, "1");
  const ProgramResult together =
      wane({"participant", scratch / "dataset", scratch / "together", "--sloppy", "--threads", "2"});
  ASSERT_EQ(together.exit_code, 0) << together.err;
  EXPECT_NE(together.err.find("2 at once with 1 thread each"), std::string::npos) << together.err;
  expect_same_files(scratch / "backwards", scratch / "together");
}

TEST(SameResults, TheStagesOneByOneGiveTheSameBytesForOneAndEightThreads) {
  const SharedRun run = sloppy_run();
  const broken::ScratchFolder scratch;
  for (const char* threads : {"1", "8"}) {
    const fs::path work = scratch / threads;
    for (const char* session : {"ses-01", "ses-02"})
      ASSERT_EQ(wane({"conform", work, scan_of(run.dataset, "sub-01", session), "--visit", session, "--sloppy",
                      "--threads", threads})
                    .exit_code,
                0);
    for (const char* stage : {"align", "extract", "segment", "measure"}) {
      const ProgramResult result = wane({stage, work, "--sloppy", "--threads", threads});
      ASSERT_EQ(result.exit_code, 0) << stage << ": " << result.err;
    }
  }
  expect_same_files(scratch / "1", scratch / "8");
}

TEST(SameResults, ForceComputesAgainAndFindsTheSame) {
  const SharedRun run = sloppy_run();
  const broken::ScratchFolder scratch;
  fs::copy(run.out, scratch / "out", fs::copy_options::recursive);
  const ProgramResult forced = wane({"run", run.dataset, scratch / "out", "--sloppy", "--force"});
  EXPECT_NE(forced.out.find("1 measured"), std::string::npos) << forced.out;
  const std::string report = "sub-01/sub-01_atrophy.json";
  EXPECT_EQ(text_of(scratch / "out" / report), text_of(run.out / report));
}

TEST(SameResults, TheChainOfStagesOnFilesMeasuresWhatRunMeasures) {
  const SharedRun run = sloppy_run();
  const broken::ScratchFolder scratch;
  const fs::path work = scratch / "work";
  for (const char* session : {"ses-01", "ses-02"})
    ASSERT_EQ(
        wane({"conform", work, scan_of(run.dataset, "sub-01", session), "--visit", session, "--sloppy"}).exit_code, 0);
  for (const char* stage : {"align", "extract", "segment"}) {
    const ProgramResult result = wane({stage, work, "--sloppy"});
    ASSERT_EQ(result.exit_code, 0) << stage << ": " << result.err;
  }
  const ProgramResult measured = wane({"measure", work, "--sloppy"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;

  const nlohmann::json chain = nlohmann::json::parse(measured.out);
  const nlohmann::json whole = json_of(run.out / "sub-01/sub-01_atrophy.json");
  for (const char* tissue : {"brain", "gray_matter", "white_matter"}) {
    // Reports are rounded: percent to 0.0001, volumes to 0.001 mL.
    EXPECT_NEAR(chain["changes"][0]["percent"][tissue].get<double>(),
                whole["changes"][0]["percent"][tissue].get<double>(), 0.00005001);
    for (std::size_t visit = 0; visit < 2; ++visit)
      EXPECT_NEAR(chain["visits"][visit]["volumes_ml"][tissue].get<double>(),
                  whole["visits"][visit]["volumes_ml"][tissue].get<double>(), 0.0005001);
  }
}

TEST(SameResults, ExchangedVisitsFlipTheSignOfTheChange) {
  const SharedRun run = sloppy_run();
  const broken::ScratchFolder scratch;
  const fs::path dataset = scratch / "dataset";
  copy_participants(dataset, {"sub-01"});
  for (const auto& [here, there] : {std::pair{"ses-01", "ses-02"}, std::pair{"ses-02", "ses-01"}})
    fs::copy_file(scan_of(run.dataset, "sub-01", here), scan_of(dataset, "sub-01", there),
                  fs::copy_options::overwrite_existing);
  const ProgramResult result = wane({"participant", dataset, scratch / "out", "--sloppy"});
  ASSERT_EQ(result.exit_code, 0) << result.err;

  const std::string report = "sub-01/sub-01_atrophy.json";
  const double forward = json_of(run.out / report)["changes"][0]["percent"]["brain"];
  const double backward = json_of(scratch / "out" / report)["changes"][0]["percent"]["brain"];
  // At 1 mm it is the same to 0.0001; --sloppy stops before all has settled.
  EXPECT_NEAR(backward, -forward, 0.02);
}

TEST(SameResults, AStageSaysWhichOneIsMissingBeforeIt) {
  const broken::ScratchFolder scratch;
  const ProgramResult result = wane({"segment", scratch / "work"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("run `wane align` first"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace wane::cases
