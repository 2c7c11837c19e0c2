// Datasets, tables and output folders that were made to do harm: one sentence, the right exit code, nothing written
// elsewhere, bounded memory and time.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t gigabyte = 1'000'000'000;

// The address space of the programs that are started meanwhile. The template and the libraries take some 1 GB of it.
class ProgramsHaveOnly {
 public:
  explicit ProgramsHaveOnly(rlim_t bytes) {
    getrlimit(RLIMIT_AS, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_AS, &limit);
  }
  ~ProgramsHaveOnly() { setrlimit(RLIMIT_AS, &before_); }
  ProgramsHaveOnly(const ProgramsHaveOnly&) = delete;
  ProgramsHaveOnly& operator=(const ProgramsHaveOnly&) = delete;

 private:
  rlimit before_{};
};

// One line on stderr after the warnings, that names `said`.
void expect_refusal(const ProgramResult& result, int exit_code, const std::string& said) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err << result.out;
  const std::size_t end = result.err.find_last_not_of('\n');
  const std::string last = result.err.substr(result.err.rfind('\n', end) + 1);
  EXPECT_TRUE(contains(last, said)) << result.err;
  EXPECT_LT(result.err.size(), 20'000U);
  EXPECT_FALSE(contains(result.err, "bug")) << result.err;
}

// Results are there already, so that runs end at once; the scans are as in the shared run.
class Hostile : public testing::Test {
 protected:
  Hostile() {
    const SharedRun shared = sloppy_run();
    fs::copy(shared.dataset, dataset_, fs::copy_options::recursive);
    fs::copy(shared.out, out_, fs::copy_options::recursive);
    fs::create_directories(elsewhere_);
    std::ofstream(elsewhere_ / "victim") << "untouched";
  }
  ProgramResult run(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"run", dataset_, out_, "--sloppy", "--threads", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return wane(arguments);
  }
  void expect_nothing_elsewhere() const {
    EXPECT_EQ(text_of(elsewhere_ / "victim"), "untouched");
    EXPECT_EQ(files_below(elsewhere_), std::vector<std::string>{"victim"});
  }
  void participants(const std::string& text) const { std::ofstream(dataset_ / "participants.tsv") << text; }

  broken::ScratchFolder scratch_;
  const fs::path dataset_ = scratch_ / "dataset", out_ = scratch_ / "out", elsewhere_ = scratch_ / "elsewhere";
};

TEST_F(Hostile, ALinkInOutThatLeadsElsewhereIsRefusedBeforeAnythingIsWritten) {
  for (const char* name : {"sub-01", "logs", "dose-groups", "trial_atrophy.json", "volumes.tsv"}) {
    SCOPED_TRACE(name);
    const fs::path kept = scratch_ / "kept";
    const bool was_there = fs::exists(out_ / name);
    if (was_there) fs::rename(out_ / name, kept);
    const bool folder = std::string(name).find('.') == std::string::npos;
    fs::create_symlink(folder ? elsewhere_ : elsewhere_ / "victim", out_ / name);
    for (const char* command : {"run", "participant", "group"})
      expect_refusal(wane({command, dataset_, out_}), 5, std::string(name) + "' is a link to '");
    expect_nothing_elsewhere();
    fs::remove(out_ / name);
    if (was_there) fs::rename(kept, out_ / name);
  }
  EXPECT_EQ(run().exit_code, 0) << "without the links all is well";
}

TEST_F(Hostile, ALinkWithinAParticipantsFolderCostsThatParticipant) {
  fs::remove_all(out_ / "sub-01" / "ses-02");
  fs::create_directory_symlink(elsewhere_, out_ / "sub-01" / "ses-02");
  const ProgramResult result = run({"--force"});
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_TRUE(contains(result.out, "failed: sub-01: Cannot write into")) << result.out;
  expect_nothing_elsewhere();
}

TEST_F(Hostile, TheLogIsNotWrittenThroughALink) {
  fs::remove(out_ / "logs" / "run.jsonl");
  fs::create_symlink(elsewhere_ / "victim", out_ / "logs" / "run.jsonl");
  expect_refusal(run(), 5, "run.jsonl' is a link to '");
  expect_nothing_elsewhere();
}

TEST_F(Hostile, OutItselfMayBeALink) {
  fs::create_directory_symlink(out_, scratch_ / "link");
  const ProgramResult result = wane({"run", dataset_, scratch_ / "link", "--sloppy", "--threads", "1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.err, "up to date")) << result.err;
}

TEST_F(Hostile, NamesInTablesThatLeadElsewhereAreRefused) {
  for (const std::string id : {"sub-../../elsewhere/x", "../x", "/etc/passwd", "x\x1b[2Jy"}) {
    participants("participant_id\tdose_group\tdose\nsub-01\tA\t1\n" + id + "\tA\t1\n");
    expect_refusal(run(), 3, "participants.tsv, line 3: ");
    expect_nothing_elsewhere();
  }
}

TEST_F(Hostile, FoldersWhoseNamesBreakLinesAreLeftOutAndTheOthersFinish) {
  fs::copy(dataset_ / "sub-01", dataset_ / "sub-\nX", fs::copy_options::recursive);
  const ProgramResult result = run();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto trial = json_of(out_ / "trial_atrophy.json");
  EXPECT_EQ(trial["left_out"][0]["participant_id"], "sub-?X") << trial["left_out"];
  EXPECT_EQ(trial["participants"].size(), 1U);
}

TEST_F(Hostile, ATableOfTenGigabytesIsRefusedUnread) {
  fs::resize_file(dataset_ / "participants.tsv", 10 * gigabyte);  // sparse: one line of zeros behind the others
  const ProgramsHaveOnly limit(3 * gigabyte);
  expect_refusal(run(), 3, "participants.tsv is too large");
}

TEST_F(Hostile, AMillionColumnsAndTenMillionRowsAreRefused) {
  const ProgramsHaveOnly limit(3 * gigabyte);
  std::string header = "participant_id";
  for (int n = 0; n < 1'000'000; ++n) header += "\tc" + std::to_string(n);
  participants(header + "\n");
  expect_refusal(run(), 3, "more than 20000 columns");
  std::string rows = "participant_id\tdose\n";
  for (int n = 0; n < 10'000'000; ++n) rows += "s\t1\n";
  participants(rows);
  expect_refusal(run(), 3, "more than 10000000");
}

TEST_F(Hostile, JsonOfAMillionLevelsIsRefusedWhereverItIsRead) {
  const std::string deep(1'000'000, '[');
  const fs::path file = scratch_ / "deep.json";
  std::ofstream(file) << deep;
  const ProgramsHaveOnly limit(3 * gigabyte);
  expect_refusal(run({"--config", file}), 2, "64 levels");
  expect_refusal(run({"--plan", file}), 3, "is not a JSON object");
  expect_refusal(run({"--blind", file}), 3, "is not a blinding key");
  expect_refusal(wane({"unblind", dataset_, out_, "--key", file}), 2, "not blinded");

  std::ofstream(dataset_ / "participants.json") << deep;
  EXPECT_EQ(run().exit_code, 0) << "only the unit of the dose is read";
  std::ofstream(out_ / "logs" / "run.jsonl", std::ios::app) << deep << '\n';
  expect_refusal(wane({"log", "verify", out_}), 3, "does not fit to the line before it");
  std::ofstream(out_ / "sub-01" / "sub-01_atrophy.json") << deep;
  expect_refusal(wane({"group", dataset_, out_}), 3, "no participant's report");
  std::ofstream(out_ / "blinding.json") << deep;
  expect_refusal(run(), 2, "are blinded");
}

TEST_F(Hostile, BombsAndPipesCostTheirParticipantWithinBoundedMemoryAndTime) {
  const fs::path scan = scan_of(dataset_, "sub-01", "ses-02");
  const auto failure = [&] {
    const ProgramsHaveOnly limit(3 * gigabyte);
    const auto start = std::chrono::steady_clock::now();
    const ProgramResult result = run();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::minutes(2));
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_FALSE(contains(result.out, "bug")) << result.out;
    return result.out;
  };
  const std::string small = broken::nifti_bytes({});
  broken::write_bytes(scan, broken::gz_bytes(small + std::string(512u << 20, '\0')));
  EXPECT_TRUE(contains(failure(), "more voxels than its header declares"));
  broken::write_bytes(scan, small);
  fs::resize_file(scan, std::uintmax_t(1) << 40);
  EXPECT_TRUE(contains(failure(), "1024 GiB"));
}

TEST_F(Hostile, APipeInsteadOfAScanIsNotWaitedFor) {
  for (const char* session : {"ses-01", "ses-02"}) {
    fs::remove(scan_of(dataset_, "sub-01", session));
    ASSERT_EQ(mkfifo(scan_of(dataset_, "sub-01", session).c_str(), 0600), 0);
  }
  EXPECT_EQ(run().exit_code, 3);
}

}  // namespace
}  // namespace wane::cases
