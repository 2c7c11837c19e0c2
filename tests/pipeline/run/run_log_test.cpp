#include "pipeline/run/run_log.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/sha256.h"
#include "tests/broken/limited_file_length.h"
#include "tests/broken/limited_memory.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

std::vector<std::string> lines_of(const std::filesystem::path& out) {
  std::vector<std::string> lines;
  std::ifstream stream(out / "logs/run.jsonl");
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(RunLog, EachLineNamesTheHashOfTheOneBefore) {
  const broken::ScratchFolder out;
  const RunLog log(out.path());
  log.add("start", {{"text", std::string(200000, 'x')}});  // longer than one piece of reading back
  log.add("end", {{"n", 1}});
  const auto lines = lines_of(out.path());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(lines[0])["previous"], std::string(64, '0'));
  EXPECT_EQ(nlohmann::json::parse(lines[1])["previous"], sha256_of_text(lines[0]));
  const auto verified = verify_log(out.path());
  EXPECT_FALSE(verified.broken);
  EXPECT_EQ(verified.entries, 2U);
  EXPECT_EQ(verified.head, sha256_of_text(lines[1]));
}

TEST(RunLog, TasksThatWriteAtOnceMakeOneChain) {
  const broken::ScratchFolder out;
  std::vector<std::thread> tasks;
  for (int t = 0; t < 4; ++t)
    tasks.emplace_back([&out] {
      const RunLog log(out.path());
      for (int i = 0; i < 25; ++i) log.add("participant", {{"i", i}});
    });
  for (auto& task : tasks) task.join();
  const auto verified = verify_log(out.path());
  EXPECT_EQ(verified.entries, 100U);
  EXPECT_FALSE(verified.broken) << *verified.broken;
}

TEST(RunLog, LinesThatDoNotNameTheOneBeforeAreNoLog) {
  const broken::ScratchFolder out;
  std::filesystem::create_directories(out / "logs");
  std::ofstream(out / "logs/run.jsonl") << "{\"event\":\"start\"}\n{\"event\":\"end\"}\n";
  EXPECT_TRUE(verify_log(out.path()).broken);
  RunLog(out.path()).add("group", nlohmann::ordered_json::object());
  ASSERT_TRUE(verify_log(out.path()).broken);
  EXPECT_NE(verify_log(out.path()).broken->find("Line 1 of "), std::string::npos);
}

TEST(RunLog, AHeadThatWasNotedIsFoundWhileTheLogHoldsItsLine) {
  const broken::ScratchFolder out;
  const RunLog log(out.path());
  log.add("start", {{"n", 1}});
  const std::string noted = log.add("group", {{"n", 2}});
  EXPECT_EQ(verify_log(out.path(), noted).head, noted);
  log.add("end", {{"n", 3}});
  EXPECT_EQ(verify_log(out.path(), noted).noted_entry, 2U);
  const auto lines = lines_of(out.path());
  std::ofstream(out / "logs/run.jsonl") << lines[0] << "\n";
  EXPECT_FALSE(verify_log(out.path(), noted).broken) << "a cut does not break the chain";
  EXPECT_EQ(verify_log(out.path(), noted).noted_entry, 0U);
}

TEST(RunLog, LinesAddedWhileTheLogBeginsAnewStandInTheNewOne) {
  const broken::ScratchFolder out;
  const RunLog log(out.path());
  log.add("start", {{"n", 1}});
  std::thread other;
  log.begin_anew("blind", [&](const std::filesystem::path&) {
    other = std::thread([&] { RunLog(out.path()).add("end", {{"n", 2}}); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return nlohmann::ordered_json::object();
  });
  other.join();
  const auto lines = lines_of(out.path());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(lines[1])["event"], "end");
  EXPECT_FALSE(verify_log(out.path()).broken);
}

TEST(RunLog, ALineThatDoesNotFitOnTheDiskLeavesTheChainWhole) {
  const broken::ScratchFolder out;
  const RunLog log(out.path());
  log.add("start", {{"n", 1}});
  const auto size = std::filesystem::file_size(out / "logs/run.jsonl");
  std::string sentence;
  {
    const broken::LimitedFileLength limit(size + 50);
    try {
      log.add("participant", {{"text", std::string(1000, 'x')}});
    } catch (const ResourceError& error) {
      sentence = error.what();
    }
  }
  EXPECT_NE(sentence.find("File too large"), std::string::npos) << sentence;
  EXPECT_EQ(std::filesystem::file_size(out / "logs/run.jsonl"), size);
  log.add("end", {{"n", 1}});
  const auto verified = verify_log(out.path());
  EXPECT_EQ(verified.entries, 2U);
  EXPECT_FALSE(verified.broken) << *verified.broken;
}

TEST(RunLog, ALineThatAKillCutShortIsCountedAndTheChainGoesOn) {
  const broken::ScratchFolder out;
  const RunLog log(out.path());
  log.add("start", {{"n", 1}});
  log.add("participant", {{"text", std::string(1000, 'x')}});
  const auto file = out / "logs/run.jsonl";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 500);
  log.add("start", {{"n", 2}});
  const auto verified = verify_log(out.path());
  EXPECT_FALSE(verified.broken) << *verified.broken;
  EXPECT_EQ(verified.entries, 3U);
  EXPECT_EQ(verified.cut_short, 1U);

  // What stands where it was cut cannot be changed afterwards.
  auto lines = lines_of(out.path());
  lines[1].resize(lines[1].size() - 1);
  std::ofstream(file) << lines[0] << "\n" << lines[1] << "\n" << lines[2] << "\n";
  EXPECT_TRUE(verify_log(out.path()).broken);
}

TEST(RunLog, TheFirstBlindedRunFixesThePlan) {
  const broken::ScratchFolder out;
  const RunLog log(out.path());
  log.add("group", {{"blinded", false}, {"plan_sha256", "a"}});
  EXPECT_FALSE(plan_at_first_blinded_run(out.path()));
  log.add("edited", {{"event", 1}, {"blinded", true}, {"plan_sha256", "a"}});
  log.add("group", {{"blinded", true}, {"plan_sha256", "b"}});
  log.add("group", {{"blinded", true}, {"plan_sha256", "c"}});
  EXPECT_EQ(plan_at_first_blinded_run(out.path()), "b");
}

TEST(RunLog, TheFirstUnblindedRunTellsThePlanThatItHad) {
  const broken::ScratchFolder out;
  const RunLog log(out.path());
  log.add("group", {{"blinded", true}, {"plan_sha256", "a"}});
  EXPECT_FALSE(plan_at_first_unblinded_run(out.path()));
  log.add("edited", {{"blinded", false}, {"plan_sha256", "b"}});
  log.add("group", {{"blinded", false}, {"plan_sha256", "none"}});
  log.add("group", {{"blinded", false}, {"plan_sha256", "c"}});
  EXPECT_EQ(plan_at_first_unblinded_run(out.path()), "none");
}

TEST(RunLog, WhoUnblindedIsKnown) {
  const broken::ScratchFolder out;
  EXPECT_EQ(unblinded_by(out.path()), "");
  const RunLog log(out.path());
  log.add("group", {{"command", "wane unblind"}});
  EXPECT_EQ(unblinded_by(out.path()), "");
  log.add("unblind", nlohmann::ordered_json::object());
  const auto line = nlohmann::json::parse(lines_of(out.path())[1]);
  EXPECT_EQ(unblinded_by(out.path()), "by " + line["user"].get<std::string>() + " on " +
                                          line["host"].get<std::string>() + " at " + line["time"].get<std::string>());
}

TEST(RunLog, ALinkIsNotWrittenThrough) {
  const broken::ScratchFolder scratch;
  std::filesystem::create_directories(scratch / "out/logs");
  std::ofstream(scratch / "victim") << "untouched";
  std::filesystem::create_symlink(scratch / "victim", scratch / "out/logs/run.jsonl");
  EXPECT_THROW(RunLog(scratch / "out"), ResourceError);
  std::filesystem::remove(scratch / "out/logs/run.jsonl");
  const RunLog log(scratch / "out");
  std::filesystem::create_symlink(scratch / "victim", scratch / "out/logs/run.jsonl");  // put there later
  EXPECT_THROW(log.add("start", {{"n", 1}}), ResourceError);
  std::string text;
  std::getline(std::ifstream(scratch / "victim"), text);
  EXPECT_EQ(text, "untouched");
}

// Sparse: ten gigabytes of one line, on no disk.
TEST(RunLog, ALineOfTenGigabytesIsRefusedWithinBoundedMemory) {
  const broken::ScratchFolder out;
  RunLog(out.path()).add("start", {{"n", 1}});
  std::filesystem::resize_file(out / "logs/run.jsonl", 10'000'000'000);
  const broken::LimitedMemory limit(128u << 20);
  EXPECT_THROW(RunLog(out.path()).add("end", {{"n", 1}}), ResourceError);
  EXPECT_THROW(verify_log(out.path()), InputError);
  EXPECT_THROW(plan_at_first_blinded_run(out.path()), InputError);
}

TEST(RunLog, ALineOfAMillionLevelsCountsAsChanged) {
  const broken::ScratchFolder out;
  RunLog(out.path()).add("start", {{"n", 1}});
  std::ofstream(out / "logs/run.jsonl", std::ios::app) << std::string(1'000'000, '[') << "\"blinded\":true\n";
  EXPECT_TRUE(verify_log(out.path()).broken);
  EXPECT_EQ(plan_at_first_blinded_run(out.path()), std::nullopt);
}

}  // namespace
}  // namespace wane
