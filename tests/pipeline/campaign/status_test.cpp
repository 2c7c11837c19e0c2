#include "pipeline/campaign/status.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "pipeline/campaign/campaign_folder.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

std::string line(const std::string& time, long process, const std::string& event, const std::string& more = "") {
  return R"({"time":"2026-11-28T)" + time + R"(Z","host":"n1","process":)" + std::to_string(process) + R"(,"event":")" +
         event + "\"" + (more.empty() ? "" : "," + more) + "}\n";
}

std::string measured(const std::string& time, long process) {
  return line(time, process, "participant", R"("state":"measured")");
}

LogFacts facts_of(const std::string& text) {
  std::istringstream log(text);
  return log_facts(log, "log");
}

CampaignFacts people(const std::vector<std::string>& ids) {
  CampaignFacts facts;
  facts.participants = ids;
  return facts;
}

ParticipantLock lock(long process, bool held) {
  return {{"n1", process, "2026-11-28T10:00:00Z"}, held};
}

TEST(LogFacts, CountWhatEachProcessMeasured) {
  const LogFacts facts = facts_of(line("10:00:00", 1, "start", R"("dataset":"/data")") + measured("10:01:00", 1) +
                                  line("10:01:30", 2, "start", R"("dataset":"/data")") + measured("10:02:00", 1) +
                                  line("10:02:10", 1, "interrupted", R"("signal":"SIGTERM")") + R"({"time":"2026)");
  EXPECT_EQ(facts.dataset, "/data");
  ASSERT_TRUE(facts.processes.contains({"n1", 1}));
  const LoggedProcess& first = facts.processes.at({"n1", 1});
  EXPECT_EQ(first.participants, 2U);
  EXPECT_EQ(*first.last_participant - *first.started, 120);
  EXPECT_EQ(first.interrupted_by, "SIGTERM");
  EXPECT_EQ(facts.processes.at({"n1", 2}).participants, 0U);
}

TEST(LogFacts, ForgetAnEarlierProcessOfTheSameNumber) {
  const LogFacts facts =
      facts_of(line("10:00:00", 1, "start") + measured("10:01:00", 1) +
               line("10:01:10", 1, "interrupted", R"("signal":"SIGTERM")") + line("11:00:00", 1, "start"));
  EXPECT_EQ(facts.processes.at({"n1", 1}).participants, 0U);
  EXPECT_EQ(facts.processes.at({"n1", 1}).interrupted_by, "");
}

TEST(LogFacts, KnowWhetherReportsAreOfTheLatestMeasurements) {
  const std::string group = line("10:05:00", 3, "group");
  EXPECT_FALSE(facts_of(measured("10:01:00", 1)).reports_made);
  EXPECT_TRUE(facts_of(measured("10:01:00", 1) + group).reports_current);
  EXPECT_FALSE(facts_of(group + measured("10:06:00", 1)).reports_current);
  EXPECT_TRUE(facts_of(group + measured("10:06:00", 1)).reports_made);
  EXPECT_TRUE(facts_of(group + line("10:06:00", 1, "participant", R"("state":"up to date")")).reports_current);
}

TEST(Status, IsOfLockReportAndFailure) {
  CampaignFacts facts = people({"sub-1", "sub-2", "sub-3", "sub-4", "sub-5", "sub-6", "sub-7"});
  facts.with_report = {"sub-1", "sub-6", "sub-7"};
  facts.locks["sub-2"] = lock(7, true);
  facts.locks["sub-3"] = lock(8, false);
  facts.failures["sub-4"] = {"sub-4", "The scan is empty.", 3};
  facts.failures["sub-6"] = {"sub-6", "The disk was away.", 3};  // an earlier result that does not count
  facts.locks["sub-7"] = lock(8, false);                         // killed after the report was written
  facts.failures["sub-2"] = {"sub-2", "Earlier.", 3};            // measured again now
  const CampaignStatus status = status_of(facts);
  std::vector<Progress> found;
  for (const auto& each : status.participants) found.push_back(each.progress);
  EXPECT_EQ(found, (std::vector<Progress>{Progress::done, Progress::running, Progress::stopped, Progress::failed,
                                          Progress::waiting, Progress::failed, Progress::done}));
  EXPECT_NE(status.participants[1].why.find("machine n1, process 7"), std::string::npos);
  EXPECT_EQ(status.participants[3].why, "The scan is empty.");
  EXPECT_EQ(status.count(Progress::failed), 2U);
}

TEST(Status, SaysHowAProcessEnded) {
  CampaignFacts facts = people({"sub-1", "sub-2"});
  facts.locks["sub-1"] = lock(1, false);
  facts.locks["sub-2"] = lock(2, false);
  facts.log = facts_of(line("10:00:00", 1, "start") + line("10:00:00", 2, "start") +
                       line("10:02:10", 1, "interrupted", R"("signal":"SIGTERM")"));
  const CampaignStatus status = status_of(facts);
  EXPECT_NE(status.participants[0].why.find("time limit"), std::string::npos);
  EXPECT_NE(status.participants[1].why.find("killed without a word"), std::string::npos);
}

TEST(Status, TimeLeftFollowsFromThePaceOfOneProcessAndHowManyWork) {
  CampaignFacts facts = people({"sub-1", "sub-2", "sub-3", "sub-4", "sub-5", "sub-6", "sub-7", "sub-8"});
  facts.with_report = {"sub-1", "sub-2"};
  facts.log = facts_of(line("10:00:00", 1, "start") + measured("10:01:00", 1) + measured("10:02:00", 1));
  EXPECT_FALSE(status_of(facts).seconds_left) << "nobody is at work";
  facts.locks["sub-3"] = lock(1, true);
  EXPECT_DOUBLE_EQ(*status_of(facts).seconds_left, 60 * 5.5);
  facts.locks["sub-4"] = lock(2, true);
  EXPECT_DOUBLE_EQ(*status_of(facts).seconds_left, 60 * 5.0 / 2);
  EXPECT_EQ(status_of(facts).processes, 2U);
  facts.log = {};
  EXPECT_FALSE(status_of(facts).seconds_left) << "nobody has been measured yet";
}

TEST(ReadStatus, LeavesOutWhomTheLatestCampaignDidNotAskFor) {
  const broken::ScratchFolder folder;
  const std::filesystem::path out = folder / "out";
  for (const char* id : {"sub-1", "sub-2", "sub-3"}) {
    std::filesystem::create_directories(folder / "bids" / id / "anat");
    std::ofstream(folder / "bids" / id / "anat" / (std::string(id) + "_T1w.nii.gz")) << "not read";
  }
  std::filesystem::create_directories(out / "logs");
  make_output_folder(out, "1.0.0");
  record_failure(out, {"sub-1", "The scan is empty.", 3});
  CampaignRecord record;
  record.dataset = (folder / "bids").string();
  const auto status_after = [&](const std::vector<std::string>& asked) {
    record.asked = asked;
    write_campaign_record(make_campaign_folder(out), record);
    return read_status(out).status;
  };
  EXPECT_EQ(status_after({}).participants.size(), 3U) << "everybody is asked for";
  const CampaignStatus status = status_after({"sub-2"});
  ASSERT_EQ(status.participants.size(), 2U);
  EXPECT_EQ(status.participants[0].progress, Progress::failed) << "sub-1 of an earlier campaign";
  EXPECT_EQ(status.participants[1].participant_id, "sub-2");
}

TEST(StatusText, ListsWhoNeedsAttentionAndCountsTheOthers) {
  CampaignFacts facts = people({"sub-1", "sub-2", "sub-3"});
  facts.with_report = {"sub-1"};
  facts.failures["sub-2"] = {"sub-2", "The scan is empty.", 3};
  const ReadStatus read{status_of(facts), "/data", {}};
  const std::string text = status_text(read, "out", false);
  EXPECT_NE(text.find("done      1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("sub-2        failed   The scan is empty.\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("sub-3"), std::string::npos) << text;
  EXPECT_NE(status_text(read, "out", true).find("sub-3        waiting\n"), std::string::npos);
}

}  // namespace
}  // namespace wane
