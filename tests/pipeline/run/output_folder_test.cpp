#include "pipeline/run/output_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "pipeline/run/run_log.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

class OutputFolder : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text = "x") const {
    fs::create_directories((out_ / name).parent_path());
    std::ofstream(out_ / name) << text;
  }
  std::string refusal() const {
    try {
      require_output_folder(out_);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }
  broken::ScratchFolder scratch_;
  const fs::path out_ = scratch_ / "out";
};

TEST_F(OutputFolder, MayBeAbsentOrEmptyOrWanes) {
  EXPECT_EQ(refusal(), "");
  fs::create_directories(out_);
  EXPECT_EQ(refusal(), "");
  make_output_folder(out_, "1.0.0");
  put("volumes.tsv");
  put("whatever.txt");
  EXPECT_EQ(refusal(), "");
}

TEST_F(OutputFolder, IsKnownWhereverAKillEndedTheFirstRun) {
  put(".tmp-vm-1-0-dataset_description.json", "{\"Na");
  EXPECT_EQ(refusal(), "");
  put("logs/run.jsonl");
  EXPECT_EQ(refusal(), "");
  make_output_folder(out_, "1.0.0");
  EXPECT_TRUE(fs::exists(out_ / "dataset_description.json"));
}

TEST_F(OutputFolder, OfReportsGatheredByHandIsWanes) {
  put("sub-01/sub-01_atrophy.json", "{}");
  EXPECT_EQ(refusal(), "");
}

TEST_F(OutputFolder, OfOthersIsRefusedWithWhatLiesThere) {
  for (const char* name : {"b.txt", "a.txt", "c.txt", "d.txt", "e.txt"}) put(name);
  EXPECT_TRUE(refusal().find("is not Wane's: it holds a.txt, b.txt, c.txt and 2 more;") != std::string::npos)
      << refusal();
  EXPECT_THROW(make_output_folder(out_, "1.0.0"), UsageError);
  EXPECT_THROW(static_cast<void>(lock_reports(out_)), UsageError);
  EXPECT_FALSE(fs::exists(out_ / "logs"));
}

TEST_F(OutputFolder, OfAnotherProgramIsRefusedByName) {
  put("dataset_description.json", R"({"Name": "fMRIPrep", "GeneratedBy": [{"Name": "fMRIPrep"}]})");
  EXPECT_TRUE(refusal().find("(fMRIPrep)") != std::string::npos) << refusal();
  for (const char* text : {"", "[]", "{}", R"({"GeneratedBy": 5})", R"({"GeneratedBy": [5, {"Name": 5}]})"}) {
    put("dataset_description.json", text);
    EXPECT_NE(refusal(), "") << text;
  }
}

TEST_F(OutputFolder, ALockKeepsOthersOutAndIsGoneWithoutATrace) {
  make_output_folder(out_, "1.0.0");
  {
    const OutputLock lock = lock_reports(out_);
    EXPECT_TRUE(lock.holds());
    try {
      static_cast<void>(lock_reports(out_));
      FAIL() << "it was locked twice";
    } catch (const ResourceError& error) {
      const std::string said = error.what();
      EXPECT_NE(said.find("machine " + host_name() + ", process " + std::to_string(getpid()) + ", since 20"),
                std::string::npos)
          << said;
    }
    EXPECT_TRUE(lock_participant(out_, "sub-01").holds()) << "participants have locks of their own";
  }
  EXPECT_TRUE(lock_reports(out_).holds());
  EXPECT_TRUE(fs::is_empty(out_ / "logs"));
}

TEST_F(OutputFolder, WhoWaitsForAParticipantGetsItAfterwards) {
  make_output_folder(out_, "1.0.0");
  fs::create_directories(out_ / "logs");
  std::future<bool> waited;
  {
    const OutputLock lock = lock_participant(out_, "sub-01");
    EXPECT_THROW(require_nobody_under_way(out_), ResourceError);
    EXPECT_THROW(require_nobody_under_way(out_, {"sub-01", "sub-02"}), ResourceError);
    EXPECT_NO_THROW(require_nobody_under_way(out_, {"sub-02"}));
    waited = std::async(std::launch::async, [&] { return wait_for_participant(out_, "sub-01").holds(); });
    EXPECT_EQ(waited.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  }
  EXPECT_TRUE(waited.get());
  EXPECT_NO_THROW(require_nobody_under_way(out_));
}

TEST_F(OutputFolder, WhoIsMeasuredAndWhoseProcessWasKilledIsSeenWithoutHoldingAnybodyOff) {
  make_output_folder(out_, "1.0.0");
  put("logs/sub-02.lock", R"({"host": "node-7", "process": 12, "since": "2026-11-28T10:00:00Z"})");
  put("logs/sub-03.lock", "");  // just being made
  const OutputLock lock = lock_participant(out_, "sub-01");
  const auto locks = participant_locks(out_);
  ASSERT_EQ(locks.size(), 2U);
  EXPECT_TRUE(locks.at("sub-01").held);
  EXPECT_EQ(locks.at("sub-01").holder.process, getpid());
  EXPECT_FALSE(locks.at("sub-02").held);
  EXPECT_EQ(locks.at("sub-02").holder.host, "node-7");
  EXPECT_TRUE(lock_participant(out_, "sub-02").holds()) << "the next one goes on";
}

TEST_F(OutputFolder, ALookAtALockDoesNotCostWhoeverTakesIt) {
  make_output_folder(out_, "1.0.0");
  std::atomic<bool> looking = true;
  std::thread looker([&] {
    while (looking) static_cast<void>(participant_locks(out_));
  });
  int refused = 0;
  for (int n = 0; n < 200; ++n) {
    put("logs/sub-01.lock", R"({"host": "node-7", "process": 12, "since": "2026-11-28T10:00:00Z"})");
    try {
      EXPECT_TRUE(lock_participant(out_, "sub-01").holds());
    } catch (const UnderWay&) {
      ++refused;
    }
  }
  looking = false;
  looker.join();
  EXPECT_EQ(refused, 0);
}

TEST_F(OutputFolder, ALockThatCannotBeWrittenIsNamed) {
  make_output_folder(out_, "1.0.0");
  put("logs", "a file where the folder belongs");
  EXPECT_THROW(static_cast<void>(lock_reports(out_)), ResourceError);
  EXPECT_THROW(static_cast<void>(lock_participant(out_, "sub-01")), ResourceError);
}

const char* const of_wane_simulate = R"({"Name": "Trial", "GeneratedBy": [{"Name": "wane simulate"}]})";

TEST_F(OutputFolder, OfSimulationsIsKnownByItsDescriptionAndAnotherIsRefused) {
  EXPECT_NO_THROW(require_simulated_dataset(out_));
  put(".tmp-vm-1-0-dataset_description.json", "{\"Na");
  EXPECT_NO_THROW(require_simulated_dataset(out_));
  put("sub-01/notes.txt");
  EXPECT_THROW(require_simulated_dataset(out_), UsageError) << "people of others";
  put("dataset_description.json", of_wane_simulate);
  EXPECT_NO_THROW(require_simulated_dataset(out_));
  EXPECT_NE(refusal(), "") << "it is no folder for results";
  put("dataset_description.json", R"({"Name": "Raw", "GeneratedBy": [{"Name": "Wane"}]})");
  EXPECT_THROW(require_simulated_dataset(out_), UsageError) << "results are no dataset";
}

TEST_F(OutputFolder, OfAValidationIsKnownByItsDatasetAndAnotherIsRefused) {
  EXPECT_NO_THROW(require_validation_folder(out_));
  put(".validate.lock");
  fs::create_directories(out_ / "dataset");
  EXPECT_NO_THROW(require_validation_folder(out_)) << "killed at its very beginning";
  put("notes.txt");
  EXPECT_THROW(require_validation_folder(out_), UsageError);
  fs::remove(out_ / "notes.txt");
  put("dataset/sub-01/scan.nii");
  EXPECT_THROW(require_validation_folder(out_), UsageError) << "the dataset is another's";
  put("dataset/dataset_description.json", of_wane_simulate);
  put("accuracy.md");
  EXPECT_NO_THROW(require_validation_folder(out_));
}

TEST_F(OutputFolder, SimulationsOfDifferentPeopleShareADataset) {
  fs::create_directories(out_);
  const OutputLock one = lock_simulated_person(out_, "sub-01");
  EXPECT_TRUE(lock_simulated_person(out_, "sub-02").holds());
  EXPECT_THROW(static_cast<void>(lock_simulated_person(out_, "sub-01")), UnderWay);
  const OutputLock trial = lock_simulated_dataset(out_);
  EXPECT_THROW(static_cast<void>(lock_simulated_dataset(out_)), UnderWay);
}

}  // namespace
}  // namespace wane
