// What is said to wrong command lines, and that nothing is written then.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

// One sentence on stderr, nothing on stdout.
void expect_refused(const ProgramResult& result, int exit_code, const std::string& said) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  EXPECT_TRUE(contains(result.err, said)) << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(result.out, "");
}

class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    fs::create_directories(scratch_ / "dataset/sub-01/ses-01/anat");
    std::ofstream(scratch_ / "dataset/sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz") << "text";
    std::ofstream(scratch_ / "dataset/participants.tsv") << "participant_id\tdose_group\tdose\nsub-01\tA\t1\n";
  }
  ~CommandLine() override { EXPECT_FALSE(fs::exists(out_)) << "something was written"; }
  broken::ScratchFolder scratch_;
  const fs::path dataset_ = scratch_ / "dataset";
  const fs::path out_ = scratch_ / "out";
};

TEST_F(CommandLine, SaysItsVersion) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--version"}, {"run", "--version"}, {"version"}, {"-v"}}) {
    const ProgramResult result = wane(arguments);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out.rfind("wane ", 0), 0U) << result.out;
  }
}

TEST_F(CommandLine, HelpIsAWordToo) {
  EXPECT_EQ(wane({"help"}).out, wane({"--help"}).out);
  EXPECT_EQ(wane({"help", "run"}).out, wane({"run", "--help"}).out);
  EXPECT_EQ(wane({"help", "simulate", "trial"}).out, wane({"simulate", "trial", "--help"}).out);
  expect_refused(wane({"help", "rum"}), 2, "There is no command \"rum\". Did you mean run");
}

TEST_F(CommandLine, AMisspelledOptionIsNamedWithTheNearest) {
  expect_refused(wane({"run", "--thread", "2", dataset_, out_}), 2,
                 "There is no option --thread in wane run. Did you mean --threads");
  expect_refused(wane({"run", dataset_, out_, "--threats=2"}), 2, "There is no option --threats in wane run.");
  expect_refused(wane({"--versoin"}), 2, "There is no option --versoin in wane. Did you mean --version?");
}

TEST_F(CommandLine, AnUnknownLetterIsNamedAlone) {
  expect_refused(wane({"run", "-q", "2", dataset_, out_}), 2, "There is no option -q in wane run.");
  expect_refused(wane({"run", dataset_, out_, "-threads", "2"}), 2,
                 "There is no option -threads in wane run. Did you mean --threads");
}

// What wrappers made for other BIDS Apps give: the options are known, and the dataset's own fault is what is said.
TEST_F(CommandLine, OptionsOfOtherBidsAppsAreKnown) {
  fs::remove(dataset_ / "sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz");
  const ProgramResult result =
      wane({dataset_, out_, "participant", "--participant-label", "01", "-w", scratch_ / "work", "--n_cpus", "1",
            "--mem", "4G", "--skip-bids-validation", "--session-label", "01"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_TRUE(contains(result.out, "no T1w scan that can be used in sub-01 among the sessions and scans"))
      << result.out;
  EXPECT_FALSE(fs::exists(scratch_ / "work")) << "help says that it is not used";
  fs::remove_all(out_);
}

TEST_F(CommandLine, MemoryNeedsAnAmountThatCanBe) {
  expect_refused(wane({"run", dataset_, out_, "--mem", "16"}), 2, "write 16G");
  expect_refused(wane({"run", dataset_, out_, "--mem", "much"}), 2, "it takes an amount such as 16G");
  expect_refused(wane({"run", dataset_, out_, "--nprocs", "0"}), 2, "--threads");
}

TEST_F(CommandLine, LabelsMayBeGlobsAndHaveCommasAndMustNameSomebody) {
  expect_refused(wane({"run", dataset_, out_, "--participant-label", "01,77"}), 2, "no participant '77'");
  expect_refused(wane({"run", dataset_, out_, "--participant-label", "7*"}), 2, "no participant '7*'");
  expect_refused(wane({"run", dataset_, out_, "--session-label", "7*"}), 2, "--session-label");
}

TEST_F(CommandLine, AFilterFileThatIsNoneIsRefused) {
  const fs::path filter = scratch_ / "filter.json";
  const auto refused = [&](int exit_code, const char* words) {
    expect_refused(wane({"run", dataset_, out_, "--bids-filter-file", filter}), exit_code, words);
  };
  refused(3, "filter.json");
  std::ofstream(filter) << R"({"t1w": {"aquisition": "mprage"}})";
  refused(2, "Did you mean acquisition?");
  std::ofstream(filter) << R"({"t1w": )";
  refused(2, "is not JSON");
  std::ofstream(filter) << R"({"t1w": {"acquisition": "other"}})";
  refused(2, "is of the sessions and scans that were asked for");
}

TEST_F(CommandLine, DerivativesHaveThreeModes) {
  expect_refused(wane({"run", dataset_, out_, "--derivatives", "some"}), 2, "minimal, standard, full");
}

TEST_F(CommandLine, EveryCommandExplainsItself) {
  EXPECT_TRUE(contains(wane({}).out, "BIDS App"));
  for (const char* command : {"run", "participant", "group", "pair", "conform", "align", "extract", "segment",
                              "measure", "template", "simulate", "validate", "benchmark"}) {
    const ProgramResult result = wane({command, "--help"});
    EXPECT_EQ(result.exit_code, 0) << command;
    EXPECT_TRUE(contains(result.out, "Usage: wane " + std::string(command))) << result.out;
  }
}

TEST_F(CommandLine, EveryCommandHasTheCommonFlags) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"run"},
                                                                                       {"participant"},
                                                                                       {"group"},
                                                                                       {"conform"},
                                                                                       {"measure"},
                                                                                       {"template"},
                                                                                       {"simulate", "person"},
                                                                                       {"simulate", "trial"},
                                                                                       {"validate"}}) {
    std::vector<std::string> asked = command;
    asked.emplace_back("--help");
    const std::string help = wane(asked).out;
    for (const char* flag : {"--threads", "--verbose", "--version"})
      EXPECT_TRUE(contains(help, flag)) << command.back() << ' ' << flag;
  }
  expect_refused(wane({"validate", "--out", dataset_, "--truth", dataset_, "--threads", "0"}), 2, "--threads");
}

TEST_F(CommandLine, UnknownCommandsAndFlagsAreWrongUse) {
  expect_refused(wane({"rnu", dataset_, out_}), 2, "Did you mean run?");
  expect_refused(wane({dataset_, out_}), 2, "wane run");
  expect_refused(wane({"run", dataset_, out_, "--bogus"}), 2, "--bogus");
  expect_refused(wane({"run", dataset_}), 2, "OUT");
  expect_refused(wane({"run", dataset_, out_, "--threads", "0"}), 2, "--threads");
  expect_refused(wane({"run", dataset_, out_, "--align-spacing-mm", "wide"}), 2, "--align-spacing-mm");
  expect_refused(wane({"run", dataset_, out_, "--align-spacing-mm", "-1"}), 2, "spacing_mm");
  expect_refused(wane({"run", dataset_, out_, "--participant-label", "77"}), 2, "77");
}

TEST_F(CommandLine, UnknownConfigurationKeysAreWrongUse) {
  const fs::path config = scratch_ / "config.json";
  std::ofstream(config) << R"({"align": {"spaceing_mm": 2}})";
  expect_refused(wane({"run", dataset_, out_, "--config", config}), 2, "Did you mean spacing_mm");
  std::ofstream(config) << R"({"align": {"spacing_mm": 2)";
  expect_refused(wane({"run", dataset_, out_, "--config", config}), 2, "is not JSON");
  expect_refused(wane({"run", dataset_, out_, "--config", scratch_ / "absent.json"}), 3, "absent.json");
}

TEST_F(CommandLine, UnusableFoldersAreNamed) {
  expect_refused(wane({"run", scratch_ / "absent", out_}), 3, "absent");
  fs::create_directories(scratch_ / "empty");
  expect_refused(wane({"run", scratch_ / "empty", out_}), 3, "empty");
  expect_refused(wane({"run", dataset_, dataset_}), 2, "is the dataset itself");
  expect_refused(wane({"group", dataset_, out_}), 3, "wane participant");
}

TEST_F(CommandLine, AStageNamesTheScanThatItRefuses) {
  broken::Recipe recipe;
  recipe.voxels.assign(20U * 18U * 16U, 7);
  broken::write_bytes(scratch_ / "even.nii", broken::nifti_bytes(recipe));
  const ProgramResult result = wane({"conform", out_, scratch_ / "even.nii", "--visit", "ses-01"});
  expect_refused(result, 3, (scratch_ / "even.nii").string() + ": the scan has the same value everywhere");
}

TEST(Resources, AnOutputFolderThatCannotBeMadeIsOne) {
  const broken::ScratchFolder scratch;
  fs::create_directories(scratch / "dataset/sub-01/ses-01/anat");
  std::ofstream(scratch / "dataset/sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz") << "text";
  std::ofstream(scratch / "file") << "not a folder";
  const ProgramResult result = wane({"run", scratch / "dataset", scratch / "file" / "out"});
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_TRUE(contains(result.err, "cannot be created: Not a directory")) << result.err;
}

TEST(Resources, AParticipantThatDoesNotFitIntoTheMemoryIsNotTried) {
  const broken::ScratchFolder scratch;
  copy_participants(scratch / "dataset", {"sub-01"});
  const ProgramResult result = wane({"run", scratch / "dataset", scratch / "out", "--memory", "0.1"});
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_TRUE(contains(result.out, "allow more with --memory")) << result.out;
}

TEST(Template, AnIncompleteFolderIsRefused) {
  const broken::ScratchFolder scratch;
  fs::copy(fs::path(WANE_BINARY_DIR) / "share/wane/template", scratch / "template");
  fs::remove(scratch / "template/wm_prior.nii.gz");
  copy_participants(scratch / "dataset", {"sub-01"});
  const ProgramResult result = wane({"run", scratch / "dataset", scratch / "out", "--template", scratch / "template"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_TRUE(contains(result.err, "has no wm_prior.nii.gz")) << result.err;
}

}  // namespace
}  // namespace wane::cases
