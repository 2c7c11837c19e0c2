// A campaign through a real Slurm, GNU parallel and Snakemake ends with the bytes of `wane run`. The tests called Slurm
// run inside tests/slurm/with-slurm, which ctest starts them with.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/outside_program.h"
#include "pipeline/run/output_folder.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"
#include "tests/faults/process.h"
#include "tests/faults/tiny_trial.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int people = 4;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// A tiny trial in which the last person has one visit only, and what `wane run` makes of it.
class Campaign : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_ = new Shared;
    shared_->trial = faults::make_tiny_trial(shared_->folder.path(), people);
    fs::remove_all(shared_->trial.dataset / "sub-04" / "ses-02");
    const fs::path out = shared_->folder / "run";
    shared_->run = faults::run(faults::arguments_for("run", shared_->trial, out));
    shared_->expected = faults::hashes_below(out);
  }
  static void TearDownTestSuite() {
    delete shared_;
    shared_ = nullptr;
  }

  void SetUp() override { ASSERT_EQ(shared_->run.exit_code, 0) << shared_->run.err; }

  std::vector<std::string> arguments(const std::string& command) const {
    return faults::arguments_for(command, shared_->trial, out_);
  }
  faults::Ended wane(const std::vector<std::string>& words) const { return faults::run(words); }
  std::string status() const { return wane({"status", out_}).out; }
  void expect_as_by_run() const { EXPECT_EQ(faults::difference(shared_->expected, faults::hashes_below(out_)), ""); }

  // By GNU parallel or Snakemake, in the scratch folder.
  ProgramEnd by(const std::vector<std::string>& words) const {
    return run_outside_program(words, {scratch_.path()}, words.front());
  }

  // The plan, as `wane jobs --json` prints it, stage by stage.
  void expect_done_by_snakemake(const std::string& plan) const {
    write(scratch_ / "plan.json", plan);
    const fs::path snakefile = fs::path(WANE_SOURCE_DIR) / "workflow" / "Snakefile";
    setenv("HOME", scratch_.path().c_str(), 1);  // its cache
    const ProgramEnd measured =
        by({"snakemake", "--snakefile", snakefile, "--configfile", "plan.json", "--cores", "2"});
    ASSERT_EQ(measured.exit_code, 0) << measured.err;
    for (const char* stage : {"rule conform:", "rule align:", "rule extract:", "rule segment:", "rule participant:"})
      EXPECT_TRUE(contains(measured.err, stage)) << stage << measured.err;
    EXPECT_TRUE(contains(measured.err, "Taken up")) << measured.err;
  }

  broken::ScratchFolder scratch_;
  fs::path out_ = scratch_ / "out it's $(touch hacked) {} {1}";

  struct Shared {
    broken::ScratchFolder folder;
    faults::TinyTrial trial;
    faults::Ended run;
    std::map<std::string, std::string> expected;
  };
  static Shared* shared_;
};

Campaign::Shared* Campaign::shared_ = nullptr;

TEST_F(Campaign, ByGnuParallelEndsWithTheBytesOfRun) {
  const faults::Ended planned = wane(arguments("jobs"));
  ASSERT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_EQ(std::count(planned.out.begin(), planned.out.end(), '\n'), people);
  write(scratch_ / "list", planned.out);
  const ProgramEnd measured = by({"parallel", "--will-cite", "--jobs", "2", "--arg-file", "list"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  ASSERT_EQ(wane(arguments("group")).exit_code, 0);
  expect_as_by_run();
  EXPECT_FALSE(fs::exists(scratch_ / "hacked"));

  const faults::Ended again = wane(arguments("jobs"));
  EXPECT_EQ(again.out, "") << "everybody is up to date";
  EXPECT_TRUE(contains(status(), "Everybody is measured.")) << status();
}

TEST_F(Campaign, ListsOnlyWhoFailedOrIsMissing) {
  const fs::path scan = faults::scan_of(shared_->trial, "sub-02", "ses-01");
  fs::copy(shared_->trial.dataset, scratch_ / "dataset", fs::copy_options::recursive);
  const faults::TinyTrial trial{scratch_ / "dataset", shared_->trial.template_folder};
  const fs::path broken_scan = faults::scan_of(trial, "sub-04", "ses-01");
  write(broken_scan, "no scan");
  const auto labels = [](const std::string& list) {
    std::string found;
    const std::string before = "--participant-label ";
    for (auto at = list.find(before); at != std::string::npos; at = list.find(before, at + 1))
      found += list.substr(at + before.size(), 6) + " ";
    return found;
  };
  const auto jobs = [&] { return labels(wane(faults::arguments_for("jobs", trial, out_)).out); };
  EXPECT_EQ(jobs(), "sub-01 sub-02 sub-03 sub-04 ");
  ASSERT_EQ(wane(faults::arguments_for("run", trial, out_)).exit_code, 1);
  EXPECT_EQ(jobs(), "sub-04 ") << "it failed";
  EXPECT_TRUE(contains(status(), "sub-04       failed")) << status();

  // A scan with other bytes, whatever its time of writing says.
  const auto written = fs::last_write_time(faults::scan_of(trial, "sub-02", "ses-01"));
  fs::copy_file(scan, scratch_ / "copy.nii.gz");
  fs::rename(scratch_ / "copy.nii.gz", faults::scan_of(trial, "sub-02", "ses-01"));
  fs::last_write_time(faults::scan_of(trial, "sub-02", "ses-01"), written - 24h);
  EXPECT_EQ(jobs(), "sub-02 sub-04 ");

  fs::remove(out_ / "sub-03" / "sub-03_atrophy.json");
  EXPECT_EQ(jobs(), "sub-02 sub-03 sub-04 ");
  EXPECT_TRUE(contains(status(), "waiting   1")) << status();
  write(trial.dataset / "sub-01" / "sub-01_sessions.tsv", "session_id\tdays_since_baseline\nses-01\t0\nses-02\t200\n");
  EXPECT_EQ(jobs(), "sub-01 sub-02 sub-03 sub-04 ") << "its rate is another";
}

TEST_F(Campaign, BySnakemakeStageByStageEndsWithTheBytesOfRun) {
  const faults::Ended planned = wane(with(arguments("jobs"), {"--json"}));
  ASSERT_EQ(planned.exit_code, 0) << planned.err;
  expect_done_by_snakemake(planned.out);
  expect_as_by_run();
  EXPECT_FALSE(fs::exists(scratch_ / "stages" / "work" / "sub-01")) << "work folders are removed";
  EXPECT_FALSE(fs::exists(scratch_ / "hacked"));
}

TEST_F(Campaign, BySnakemakeTheSampleTrialEndsWithTheBytesOfRun) {
  const SharedRun by_run = sample_trial_run();
  ASSERT_EQ(by_run.result.exit_code, 0) << by_run.result.err;
  const faults::Ended planned = wane({"jobs", by_run.dataset, out_, "--json"});
  ASSERT_EQ(planned.exit_code, 0) << planned.err;
  expect_done_by_snakemake(planned.out);
  EXPECT_EQ(faults::difference(faults::hashes_below(by_run.out), faults::hashes_below(out_)), "");
}

TEST_F(Campaign, StagesOfOtherOptionsAreNotTakenUp) {
  const fs::path work = scratch_ / "work";
  const auto stage = [&](const std::vector<std::string>& words, const std::string& spacing) {
    return wane(with(words, {"--threads", "1", "--quality", "report", "--template", shared_->trial.template_folder,
                             "--config", spacing}));
  };
  const faults::Ended planned = wane(with(arguments("jobs"), {"--json"}));
  const auto plan = nlohmann::json::parse(planned.out);
  const std::string same = scratch_ / "same.json";
  fs::copy_file(plan["options"][1].get<std::string>(), same);
  auto changed = nlohmann::json::parse(text_of(same));
  changed["align"]["margin_mm"] = 12.0;
  write(scratch_ / "changed.json", changed.dump());
  for (const std::string& align_options : {same, (scratch_ / "changed.json").string()}) {
    fs::remove_all(work);
    fs::remove_all(out_);
    for (const char* session : {"ses-01", "ses-02"})
      ASSERT_EQ(
          stage({"conform", work / "sub-01", faults::scan_of(shared_->trial, "sub-01", session), "--visit", session},
                same)
              .exit_code,
          0);
    ASSERT_EQ(stage({"align", work / "sub-01"}, align_options).exit_code, 0);
    // These two have no quality checks.
    for (const char* name : {"extract", "segment"})
      ASSERT_EQ(wane({name, work / "sub-01", "--threads", "1", "--template", shared_->trial.template_folder, "--config",
                      same})
                    .exit_code,
                0);
    const faults::Ended measured =
        wane(with(arguments("participant"), {"--participant-label", "01", "--stages", work}));
    ASSERT_EQ(measured.exit_code, 0) << measured.err;
    EXPECT_EQ(contains(measured.err, "Taken up"), align_options == same) << measured.err;
    for (const auto& [name, hash] : faults::hashes_below(out_ / "sub-01"))
      EXPECT_EQ(hash, shared_->expected.at("sub-01/" + name)) << name;
  }
}

double cpu_seconds_of_children() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) { return double(time.tv_sec) + 1e-6 * double(time.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

TEST(CampaignOfMany, IsPlannedInAMillisecondAPerson) {
  constexpr int many = 2'000;
  const broken::ScratchFolder folder;
  std::string table = "participant_id\tdose_group\tdose\n";
  for (int person = 1; person <= many; ++person) {
    const std::string id = "sub-" + std::to_string(person);
    write(folder / "bids" / id / "anat" / (id + "_T1w.nii.gz"), "not read");
    table += id + "\tA\t1\n";
  }
  write(folder / "bids" / "participants.tsv", table);
  const double before = cpu_seconds_of_children();
  const ProgramResult planned = cases::wane({"slurm", folder / "bids", folder / "out"});
  EXPECT_LT(cpu_seconds_of_children() - before, 2) << "of the processor, because other programs may run meanwhile";
  ASSERT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_TRUE(contains(planned.out, "2000 participants are to be measured: 1000 tasks")) << planned.out;
  const std::string tasks = text_of(folder / "out" / "logs" / "campaign-0001" / "tasks.tsv");
  EXPECT_EQ(std::count(tasks.begin(), tasks.end(), '\n'), 1000);
  EXPECT_EQ(std::count(tasks.begin(), tasks.end(), '\t'), many - 1000) << "everybody is in one task";
}

TEST(CampaignPlanned, WithBlindBlindsBeforeAnythingIsSubmittedAndPassesScanOptionsOn) {
  const broken::ScratchFolder folder;
  for (const char* session : {"ses-01", "ses-02"})
    write(folder / "bids" / "sub-1" / session / "anat" / ("sub-1_" + std::string(session) + "_T1w.nii.gz"), "not read");
  write(folder / "bids" / "participants.tsv", "participant_id\tdose_group\tdose\nsub-1\tA\t1\n");
  const fs::path out = folder / "out", logs = out / "logs";
  ASSERT_EQ(cases::wane({"slurm", folder / "bids", out}).exit_code, 0);
  write(logs / "campaign-0001" / "group.log", "A: -1 % per year");
  const ProgramResult planned = cases::wane({"slurm", folder / "bids", out, "--blind", folder / "key.json",
                                             "--derivatives", "minimal", "--session-label", "02"});
  ASSERT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_TRUE(fs::exists(out / "blinding.json"));
  EXPECT_FALSE(fs::exists(logs / "campaign-0001" / "group.log"));
  const auto options = json_of(logs / "campaign-0002" / "options.json");
  EXPECT_EQ(options["output"]["derivatives"], "minimal");
  EXPECT_EQ(options["dataset"]["sessions"], "02");
  EXPECT_EQ(cases::wane({"slurm", folder / "bids", out}).exit_code, 2) << "the group job would be refused";
}

// Within tests/slurm/with-slurm, with arrays of at most two tasks.
class Slurm : public Campaign {
 protected:
  void SetUp() override {
    if (std::getenv("SLURM_CONF") == nullptr) GTEST_SKIP() << "there is no Slurm: tests/slurm/with-slurm starts one";
    Campaign::SetUp();
  }

  faults::Ended submit() const { return wane(with(arguments("slurm"), {"--submit"})); }

  bool queue_is_empty_within(std::chrono::seconds time) const {
    const auto limit = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < limit) {
      const ProgramEnd queue = by({"squeue", "--noheader"});
      if (queue.exit_code == 0 && queue.out.empty()) return true;
      std::this_thread::sleep_for(200ms);
    }
    return false;
  }

  // The process that measures the participant, stopped where it is.
  bool freezes(const std::string& id) const {
    const auto limit = std::chrono::steady_clock::now() + 120s;
    while (std::chrono::steady_clock::now() < limit) {
      const auto locks = participant_locks(out_);
      const auto lock = locks.find(id);
      if (lock != locks.end() && lock->second.held)
        return kill(static_cast<pid_t>(lock->second.holder.process), SIGSTOP) == 0;
      std::this_thread::sleep_for(2ms);
    }
    return false;
  }
};

TEST_F(Slurm, GoesOnAfterATaskWasKilledAndEndsWithTheBytesOfRun) {
  const faults::Ended first = submit();
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(contains(first.out, "4 participants are to be measured: 2 tasks")) << first.out;
  const auto record = json_of(out_ / "logs" / "campaign-0001" / "campaign.json");
  const std::string array = record["array_job"];
  // Task 2 is to measure sub-02 and sub-04.
  ASSERT_TRUE(freezes("sub-02"));
  EXPECT_TRUE(contains(status(), "sub-02       running")) << status();
  const faults::Ended twice = submit();
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_TRUE(contains(twice.err, "still waits or runs")) << twice.err;
  // As a time limit does: SIGTERM, which a process that is stopped does not see, and SIGKILL after KillWait.
  ASSERT_EQ(by({"scancel", array + "_2"}).exit_code, 0);
  ASSERT_TRUE(queue_is_empty_within(300s));
  EXPECT_TRUE(contains(status(), "sub-02       stopped")) << status();
  EXPECT_TRUE(contains(status(), "done      2\n")) << status();
  EXPECT_FALSE(fs::exists(out_ / "sub-02" / "sub-02_atrophy.json"));
  EXPECT_EQ(json_of(out_ / "trial_atrophy.json")["left_out"].size(), 2U) << "the group job reports who is there";

  const faults::Ended second = submit();
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_TRUE(contains(second.out, "2 participants are to be measured, 2 are up to date")) << second.out;
  ASSERT_TRUE(queue_is_empty_within(300s));
  expect_as_by_run();
  EXPECT_TRUE(contains(status(), "Everybody is measured.")) << status();
  EXPECT_FALSE(fs::exists(out_ / "logs" / "campaign-0001" / "hacked"));

  const faults::Ended third = submit();
  EXPECT_TRUE(contains(third.out, "0 participants are to be measured, 4 are up to date")) << third.out;
  const ProgramEnd queue = by({"squeue", "--noheader"});
  EXPECT_EQ(queue.exit_code, 0) << queue.err;
  EXPECT_EQ(queue.out, "");
}

// The trial that users see first, measured as they measure it.
TEST_F(Slurm, OnTheSampleTrialGoesOnAfterATaskWasKilledAndEndsWithTheBytesOfRun) {
  const SharedRun by_run = sample_trial_run();
  ASSERT_EQ(by_run.result.exit_code, 0) << by_run.result.err;
  const auto submit_trial = [&] { return wane({"slurm", by_run.dataset, out_, "--submit"}); };
  const faults::Ended first = submit_trial();
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(contains(first.out, "12 participants are to be measured: 2 tasks")) << first.out;
  const fs::path campaign = out_ / "logs" / "campaign-0001";
  const std::string array = json_of(campaign / "campaign.json")["array_job"];
  // The third of the six whom task 1 measures, one after another.
  std::istringstream first_task(text_of(campaign / "tasks.tsv"));
  std::string third;
  for (int n = 0; n < 3; ++n) first_task >> third;
  ASSERT_TRUE(freezes(third)) << third;
  ASSERT_EQ(by({"scancel", array + "_1"}).exit_code, 0);
  ASSERT_TRUE(queue_is_empty_within(600s));
  EXPECT_TRUE(contains(status(), third + "       stopped")) << status();
  const faults::Ended second = submit_trial();
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_TRUE(contains(second.out, "4 participants are to be measured, 8 are up to date")) << second.out;
  ASSERT_TRUE(queue_is_empty_within(600s));
  EXPECT_EQ(faults::difference(faults::hashes_below(by_run.out), faults::hashes_below(out_)), "");
}

TEST_F(Slurm, SaysWhySlurmRefuses) {
  const faults::Ended refused = wane(with(arguments("slurm"), {"--submit", "--partition", "none"}));
  EXPECT_EQ(refused.exit_code, 5);
  EXPECT_TRUE(contains(refused.err, "Invalid partition")) << refused.err;
}

}  // namespace
}  // namespace wane::cases
