// A machine that fails under the program: one clear sentence, the right exit code, nothing half-written, and the next
// run ends in the same files. docs/faults.md says what a user sees.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/sha256.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/run/run_log.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"
#include "tests/faults/failing_writes.h"
#include "tests/faults/kill_and_resume.h"
#include "tests/faults/process.h"
#include "tests/faults/tiny_trial.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using faults::arguments_for;
using faults::Ended;
using faults::Process;
using faults::TinyTrial;

// A trial of two and its undisturbed results, made once for all tests of the process.
struct Undisturbed {
  Undisturbed() : trial(faults::make_tiny_trial(scratch.path(), 2)) {
    ended = faults::run(arguments_for("run", trial, scratch / "out"));
    hashes = faults::hashes_below(scratch / "out");
  }
  broken::ScratchFolder scratch;
  TinyTrial trial;
  Ended ended;
  std::map<std::string, std::string> hashes;
};

class MachineFaults : public testing::Test {
 protected:
  static const Undisturbed& undisturbed() {
    static const Undisturbed made;
    return made;
  }
  const TinyTrial& trial() const { return undisturbed().trial; }
  void SetUp() override { ASSERT_EQ(undisturbed().ended.exit_code, 0) << undisturbed().ended.err; }

  std::vector<std::string> run_arguments(const std::string& command = "run") const {
    return arguments_for(command, trial(), out_);
  }
  std::vector<std::string> task_arguments(const std::string& label) const {
    auto arguments = run_arguments("participant");
    arguments.insert(arguments.end(), {"--participant-label", label});
    return arguments;
  }
  // A copy of the dataset that a test may spoil.
  TinyTrial own_trial() const {
    fs::copy(trial().dataset, scratch_ / "dataset", fs::copy_options::recursive);
    return {scratch_ / "dataset", trial().template_folder};
  }
  nlohmann::json last_log_line() const {
    std::istringstream lines(text_of(out_ / "logs/run.jsonl"));
    std::string last;
    for (std::string line; std::getline(lines, line);) last = line;
    return nlohmann::json::parse(last);
  }
  void expect_resumed() const {
    const Ended resumed = faults::run(run_arguments());
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_EQ(faults::difference(undisturbed().hashes, faults::hashes_below(out_)), "");
    EXPECT_TRUE(faults::temporary_files_below(out_).empty());
    EXPECT_FALSE(verify_log(out_).broken);
    for (const auto& entry : fs::directory_iterator(out_ / "logs")) EXPECT_NE(entry.path().extension(), ".lock");
  }

  broken::ScratchFolder scratch_;
  const fs::path out_ = scratch_ / "out";
};

// --- Signals

class Interrupted : public MachineFaults, public testing::WithParamInterface<int> {};

TEST_P(Interrupted, SaysHowToGoOnAndLeavesNothingHalfWritten) {
  Process process(run_arguments());
  ASSERT_TRUE(process.says("sub-01: ")) << process.err();
  process.send(GetParam());
  ASSERT_TRUE(process.ends_within(20s));
  const Ended ended = process.wait();
  EXPECT_EQ(ended.exit_code, 128 + GetParam());
  EXPECT_TRUE(
      ended.err.ends_with("wane: Interrupted. Run the same command again to continue; participants that are "
                          "finished are kept.\n"))
      << ended.err;
  EXPECT_EQ(ended.err.find("Interrupted"), ended.err.rfind("Interrupted")) << "said twice: " << ended.err;
  EXPECT_TRUE(faults::temporary_files_below(out_).empty());
  EXPECT_EQ(last_log_line()["event"], "interrupted");
  expect_resumed();
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupted, testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_F(MachineFaults, ASecondCtrlCEndsAtOnceWhateverTheFirstWaitsFor) {
  Process process(run_arguments());
  ASSERT_TRUE(process.says("sub-01: ")) << process.err();
  // The last line of the log has to wait for this lock.
  const int log = open((out_ / "logs/run.jsonl").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(flock(log, LOCK_EX), 0);
  process.send(SIGINT);
  ASSERT_TRUE(process.says("Interrupted."));
  EXPECT_FALSE(process.ends_within(300ms));
  process.send(SIGINT);
  EXPECT_TRUE(process.ends_within(2s));
  EXPECT_EQ(process.wait().exit_code, 128 + SIGINT);
  close(log);
  expect_resumed();
}

TEST_F(MachineFaults, WithNohupAClosedTerminalEndsNothing) {
  Process process(run_arguments(), {}, {SIGHUP});
  ASSERT_TRUE(process.says("sub-01: ")) << process.err();
  process.send(SIGHUP);
  EXPECT_EQ(process.wait().exit_code, 0);
}

TEST_F(MachineFaults, EveryCommandSaysThatItWasInterrupted) {
  Process process(
      {"simulate", "person", "--head", faults::sample_head(), "--out", scratch_ / "planted", "--gm", "0,-1"});
  ASSERT_TRUE(process.takes_signals());
  process.send(SIGTERM);
  const Ended ended = process.wait();
  EXPECT_EQ(ended.exit_code, 128 + SIGTERM);
  EXPECT_TRUE(ended.err.ends_with("wane: Interrupted. Run the same command again.\n")) << ended.err;
}

// The bar on a terminal of 60 columns (util-linux's `script` makes one): never wider, and gone before the results.
TEST_F(MachineFaults, TheBarFitsIntoTheTerminalAndIsErasedAtTheEnd) {
  std::string command = "stty cols 60 rows 20; " + std::string(WANE_BINARY_DIR) + "/bin/wane";
  for (const auto& argument : run_arguments()) command += " " + argument;
  ASSERT_EQ(
      std::system(("script -qec '" + command + "' /dev/null </dev/null >" + (scratch_ / "screen").string()).c_str()),
      0);
  const std::string screen = text_of(scratch_ / "screen"), erase = "\r\033[K";
  std::size_t bars = 0;
  for (std::size_t at = screen.find(erase); at != std::string::npos;) {
    const std::size_t begin = at + erase.size(), next = screen.find(erase, begin);
    const std::string piece = screen.substr(begin, next - begin);
    at = next;
    if (!piece.starts_with('[')) continue;
    ++bars;
    EXPECT_LT(piece.size(), 60U) << piece;
    EXPECT_EQ(piece.find('\n'), std::string::npos) << "something stands behind the bar: " << piece;
  }
  EXPECT_GE(bars, 12U);
  EXPECT_TRUE(contains(screen, "\nMADE WITH --sloppy") || contains(screen, erase + "MADE WITH --sloppy"))
      << "the results begin on a line of their own";
}

// --- Killed

TEST_F(MachineFaults, KilledAtRandomMomentsAndResumedARunEndsInTheSameFiles) {
  std::ostringstream words;
  const faults::KillSeries series = faults::kill_and_resume(4, 11, words);
  EXPECT_EQ(series.same, 4) << words.str();
  EXPECT_GE(series.in_the_middle, 3);
}

TEST_F(MachineFaults, WhatAKilledRunLeftUnderTemporaryNamesIsRemoved) {
  ASSERT_EQ(faults::run(run_arguments()).exit_code, 0);
  Process ended({"--version"});
  ended.wait();
  const std::string name = ".tmp-" + host_name() + "-" + std::to_string(ended.id()) + "-0-";
  for (const char* folder : {"", "logs", "dose-groups", "sub-01", "sub-01/figures", "sub-02/ses-01/anat"})
    std::ofstream(out_ / folder / (name + "half.nii.gz")) << "half";
  std::ofstream(out_ / "sub-01/anat/.tmp-another-machine-77-0-half.nii.gz") << "half";
  std::ofstream(out_ / (".tmp-" + host_name() + "-1-0-of-a-process-that-lives.json")) << "half";
  const Ended again = faults::run(run_arguments());
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(faults::temporary_files_below(out_),
            std::vector<std::string>{".tmp-" + host_name() + "-1-0-of-a-process-that-lives.json"});
}

TEST_F(MachineFaults, ImagesOfASessionThatIsNoMoreDoNotStandBesideTheNewReport) {
  const TinyTrial own = own_trial();
  ASSERT_EQ(faults::run(arguments_for("run", own, out_)).exit_code, 0);
  ASSERT_TRUE(fs::exists(out_ / "sub-01/ses-02/anat/sub-01_ses-02_dseg.nii.gz"));
  std::ofstream(out_ / "sub-01/ses-02/anat/my-own-notes.txt") << "kept";
  fs::remove_all(own.dataset / "sub-01/ses-02");
  fs::remove_all(own.dataset / "sub-02/ses-02");
  ASSERT_EQ(faults::run(arguments_for("run", own, out_)).exit_code, 0);
  EXPECT_FALSE(fs::exists(out_ / "sub-01/ses-02/anat/sub-01_ses-02_dseg.nii.gz"));
  EXPECT_TRUE(fs::exists(out_ / "sub-01/ses-02/anat/my-own-notes.txt"));
  EXPECT_FALSE(fs::exists(out_ / "sub-02/ses-02"));
  EXPECT_TRUE(fs::exists(out_ / "sub-01/ses-01/anat/sub-01_ses-01_dseg.nii.gz"));
}

// --- Two at once

TEST_F(MachineFaults, ASecondRunOnTheSameFolderIsRefusedInASentenceThatNamesTheFirst) {
  Process first(run_arguments());
  ASSERT_TRUE(first.says("sub-01: ")) << first.err();
  for (const auto& arguments : {task_arguments("01"), run_arguments(), run_arguments("group")}) {
    const Ended second = faults::run(arguments);
    EXPECT_EQ(second.exit_code, 5) << second.err;
    EXPECT_TRUE(contains(second.err, "by another Wane (machine " + host_name() + ", process " +
                                         std::to_string(first.id()) + ", since 20"))
        << second.err;
    const std::ptrdiff_t notice_of_sloppy = contains(second.err, "MADE WITH --sloppy") ? 1 : 0;
    EXPECT_EQ(std::count(second.err.begin(), second.err.end(), '\n'), 1 + notice_of_sloppy) << second.err;
  }
  EXPECT_EQ(first.wait().exit_code, 0);
  expect_resumed();
}

TEST_F(MachineFaults, TasksForDifferentParticipantsShareTheFolder) {
  Process first(task_arguments("01"));
  ASSERT_TRUE(first.says("sub-01: ")) << first.err();
  Process second(task_arguments("02"));
  ASSERT_TRUE(second.says("sub-02: ")) << second.err();
  EXPECT_EQ(first.wait().exit_code, 0);
  EXPECT_EQ(second.wait().exit_code, 0);
  expect_resumed();
}

TEST_F(MachineFaults, NobodyUnblindsWhileAParticipantIsMeasured) {
  ASSERT_EQ(faults::run(run_arguments()).exit_code, 0);
  const OutputLock measured = lock_participant(out_, "sub-01");
  auto arguments = run_arguments("group");
  arguments.insert(arguments.end(), {"--blind", scratch_ / "key.json"});
  const Ended refused = faults::run(arguments);
  EXPECT_EQ(refused.exit_code, 5) << refused.err;
  EXPECT_TRUE(contains(refused.err, "sub-01 is being measured in " + out_.string())) << refused.err;
  EXPECT_FALSE(fs::exists(out_ / "blinding.json"));
  EXPECT_EQ(faults::run(run_arguments("group")).exit_code, 0) << "an interim report needs no end of the tasks";
}

TEST_F(MachineFaults, OnAFileSystemWithoutLocksItGoesOnAndSaysSo) {
  const Ended ended = faults::run(run_arguments(), {{"WANE_FAULT_BELOW", out_.string()}, {"WANE_FAULT_NO_LOCKS", "1"}});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const std::string sentence = "has no locks: take care that no other Wane";
  EXPECT_TRUE(contains(ended.err, sentence)) << ended.err;
  EXPECT_EQ(ended.err.find(sentence), ended.err.rfind(sentence));
  EXPECT_EQ(faults::difference(undisturbed().hashes, faults::hashes_below(out_)), "");
}

// --- Folders

TEST_F(MachineFaults, AFolderThatIsNotWanesIsNotWrittenInto) {
  fs::create_directories(out_);
  std::ofstream(out_ / "volumes.tsv") << "mine";
  for (const std::string command : {"run", "participant", "group"}) {
    const Ended ended = faults::run(run_arguments(command));
    EXPECT_EQ(ended.exit_code, 2) << ended.err;
    EXPECT_TRUE(contains(ended.err, out_.string() + " is not Wane's: it holds volumes.tsv; name an empty folder"))
        << ended.err;
  }
  EXPECT_EQ(text_of(out_ / "volumes.tsv"), "mine");
  EXPECT_EQ(faults::hashes_below(out_).size(), 1U) << "something was written";
}

// --- Disk

// A sample of the calls that write; build/bin/wane_fail_each_write makes every single one fail.
TEST_F(MachineFaults, AFullDiskAtAnyWriteIsExitCode5WithTheFileNamedAndResumable) {
  std::ostringstream words;
  const faults::FailingWrites alone = faults::fail_writes("ENOSPC", false, 29, words);
  EXPECT_GE(alone.counted, 100);
  EXPECT_EQ(alone.right, alone.tried) << words.str();
  EXPECT_LE(alone.unharmed, 2);
  const faults::FailingWrites full = faults::fail_writes("ENOSPC", true, 41, words);
  EXPECT_EQ(full.right, full.tried) << words.str();
}

TEST_F(MachineFaults, ADiskThatTurnsReadOnlyOrBreaksIsExitCode5) {
  std::ostringstream words;
  for (const char* as : {"EROFS", "EIO"}) {
    const faults::FailingWrites result = faults::fail_writes(as, true, 83, words);
    EXPECT_EQ(result.right, result.tried) << as << ": " << words.str();
  }
}

TEST_F(MachineFaults, AFolderRemovedInTheMiddleIsOneSentenceAndTheNextRunIsWhole) {
  Process process(run_arguments());
  ASSERT_TRUE(process.says("sub-01: ")) << process.err();
  fs::rename(out_, scratch_ / "moved away");
  const Ended ended = process.wait();
  EXPECT_EQ(ended.exit_code, 5) << ended.err;
  EXPECT_TRUE(contains(ended.err, "No such file or directory")) << ended.err;
  EXPECT_FALSE(contains(ended.err, "bug")) << ended.err;
  expect_resumed();
}

TEST_F(MachineFaults, ResultsThatCannotBePrintedAreNotExitCode0) {
  const std::string command =
      std::string(WANE_BINARY_DIR) + "/bin/wane --help >/dev/full 2>" + (scratch_ / "err").string();
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 5);
  EXPECT_TRUE(contains(text_of(scratch_ / "err"), "could not be printed: No space left on device"));
}

// --- Inputs

// A byte comes to the scan's end before each of the calls that read it in turn: before its hash was taken, while it is
// taken, between hash and reading, while it is read.
TEST_F(MachineFaults, AScanThatChangesWhileItIsReadFailsAndNoReportNamesAnotherHash) {
  const TinyTrial own = own_trial();
  const fs::path scan = faults::scan_of(own, "sub-01", "ses-02");
  const std::string whole = text_of(scan);
  int refused = 0, measured = 0;
  for (int at = 1;; ++at) {
    std::ofstream(scan, std::ios::binary) << whole;
    const fs::path out = scratch_ / std::to_string(at);
    auto arguments = arguments_for("participant", own, out);
    arguments.insert(arguments.end(), {"--participant-label", "01"});
    const Ended ended = faults::run(arguments, {{"WANE_FAULT_BELOW", scan.string()},
                                                {"WANE_FAULT_CALLS", "read"},
                                                {"WANE_FAULT_AT", std::to_string(at)},
                                                {"WANE_FAULT_AS", "CHANGE"}});
    if (text_of(scan) == whole) break;  // there are no more calls
    if (ended.exit_code == 3) {
      ++refused;
      EXPECT_TRUE(contains(ended.out, scan.string() + " changed while it was read; wait until the copy is finished"))
          << ended.out;
      EXPECT_FALSE(fs::exists(out / "sub-01/sub-01_atrophy.json"));
      continue;
    }
    ++measured;
    EXPECT_EQ(ended.exit_code, 0) << at << ended.err;
    const std::string named = json_of(out / "sub-01/sub-01_atrophy.json")["inputs"][1]["sha256"];
    EXPECT_TRUE(named == sha256_of_text(whole) || named == sha256_of_text(whole + "x")) << at;
  }
  EXPECT_GE(refused, 1);
  EXPECT_GE(measured, 1);
}

TEST_F(MachineFaults, AScanThatCannotBeReadOrIsGoneCostsItsParticipantAlone) {
  const fs::path scan = faults::scan_of(trial(), "sub-01", "ses-02");
  for (const char* as : {"EACCES", "EIO", "ENOENT"}) {
    // Calls: the header that is looked at for the memory, the hash (open, then pieces), the reading.
    for (const int at : {2, 4, 6}) {
      const fs::path out = scratch_ / (std::string(as) + std::to_string(at));
      const Ended ended = faults::run(arguments_for("run", trial(), out), {{"WANE_FAULT_BELOW", scan.string()},
                                                                           {"WANE_FAULT_CALLS", "read"},
                                                                           {"WANE_FAULT_AT", std::to_string(at)},
                                                                           {"WANE_FAULT_AND_AFTER", "1"},
                                                                           {"WANE_FAULT_AS", as}});
      if (!contains(ended.notes, scan.filename().string())) continue;  // the file needs fewer calls
      EXPECT_EQ(ended.exit_code, 1) << as << at << ended.err;
      EXPECT_TRUE(contains(ended.out, "  failed: sub-01: ")) << as << at << ended.out;
      EXPECT_TRUE(contains(ended.out, scan.string())) << as << at << ended.out;
      EXPECT_FALSE(contains(ended.out, "bug")) << as << at << ended.out;
      EXPECT_TRUE(contains(ended.out, "1 measured, 1 failed")) << as << at << ended.out;
    }
  }
}

TEST_F(MachineFaults, ADanglingLinkIsNamedAndTheOthersAreMeasured) {
  const TinyTrial own = own_trial();
  for (const char* session : {"ses-01", "ses-02"}) {
    const fs::path scan = faults::scan_of(own, "sub-01", session);
    fs::remove(scan);
    fs::create_symlink(".git/annex/objects/not-fetched.nii.gz", scan);
  }
  const Ended ended = faults::run(arguments_for("run", own, out_));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_TRUE(contains(ended.err, "sub-01_ses-01_T1w.nii.gz is a link to a file that is not here")) << ended.err;
  EXPECT_TRUE(contains(ended.out, "1 measured")) << ended.out;
}

// --- Memory

TEST_F(MachineFaults, MemoryThatIsRefusedIsExitCode5) {
  // From the first large request of a run on, at some places.
  for (const long at : {40L, 90L, 150L, 250L}) {
    const fs::path out = scratch_ / std::to_string(at);
    const Ended ended = faults::run(arguments_for("run", trial(), out), {{"WANE_FAULT_BELOW", out.string()},
                                                                         {"WANE_FAULT_MALLOC_AT", std::to_string(at)},
                                                                         {"WANE_FAULT_MALLOC_LEAST", "20000"}});
    if (ended.exit_code == 0) continue;  // the request was one that may fail
    EXPECT_TRUE(ended.exit_code == 5 || ended.exit_code == 1) << at << ": " << ended.exit_code << ended.err;
    EXPECT_TRUE(contains(ended.err + ended.out, "enough memory")) << at << ended.err;
    EXPECT_FALSE(contains(ended.err, "bug")) << at << ended.err;
  }
}

}  // namespace
}  // namespace wane::cases
