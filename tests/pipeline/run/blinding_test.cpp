#include "pipeline/run/blinding.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <latch>
#include <map>
#include <set>

#include "base/error.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

class Blinding : public testing::Test {
 protected:
  Blinding() {
    fs::create_directories(out_);
    DatasetParticipant one, other;
    one.participant_id = "sub-01";
    one.dose_group = "A";
    other.participant_id = "sub-02";
    other.dose_group = "B";
    dataset_.participants = {one, other};
  }

  broken::ScratchFolder scratch_;
  fs::path out_ = scratch_ / "out", key_ = scratch_ / "key.json";
  Dataset dataset_;
};

TEST_F(Blinding, AFileWithMembersOfAnotherTypeIsNotAKey) {
  const std::string schema = "\"schema\": \"wane/blinding-key/1\"";
  for (const std::string& text : {std::string("{\"schema\": 5}"), "{" + schema + ", \"secret\": 5, \"codes\": {}}",
                                  "{" + schema + ", \"secret\": \"x\", \"codes\": 5}", std::string("[]")}) {
    std::ofstream(key_) << text;
    EXPECT_THROW(blind(key_, dataset_, out_), InputError) << text;
    EXPECT_EQ(blinding_state(out_), BlindingState::never) << text;
  }
}

TEST_F(Blinding, AStateThatCannotBeReadDoesNotUnblind) {
  blind(key_, dataset_, out_);
  for (const char* text : {"{\"state\": 5, \"key_sha256\": 5}", "{}", "[]", "no JSON"}) {
    std::ofstream(out_ / "blinding.json") << text;
    EXPECT_EQ(blinding_state(out_), BlindingState::blinded) << text;
    EXPECT_THROW(unblind(key_, out_), UsageError) << text;
  }
}

TEST_F(Blinding, WhoIsLeftOutShowsNoDoseEither) {
  dataset_.left_out = {{"sub-03", "B", "no scan", 16.0}};
  const Dataset known = blinded(dataset_);
  EXPECT_FALSE(known.left_out[0].dose);
  EXPECT_FALSE(known.left_out[0].dose_group);
}

TEST_F(Blinding, WarningsThatTellOfTheTableAreLeftOut) {
  dataset_.warnings = {"participants.tsv: the dose of sub-01 is 5", "Another."};
  dataset_.participants[0].warnings = {"participants.tsv gives no dose group for sub-01: ...", "Another."};
  const Dataset known = blinded(dataset_);
  EXPECT_EQ(known.warnings, std::vector<std::string>{"Another."});
  EXPECT_EQ(known.participants[0].warnings, std::vector<std::string>{"Another."});
}

TEST_F(Blinding, OfGroupsOnlyTheCodesAreKnownWhoeverWasMeasured) {
  dataset_.left_out = {{"sub-03", "B", "no scan", 16.0}};
  const BlindingKey key = blind(key_, dataset_, out_);
  EXPECT_EQ(blinded_groups(dataset_, key), (std::vector<std::string>{"group-1", "group-2"}));
}

TEST_F(Blinding, TheKeyIsItsOwnersAlone) {
  blind(key_, dataset_, out_);
  EXPECT_EQ(fs::status(key_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Blinding, WhatJobsPrintedBeforeIsRemovedAndAfterwardsIsNot) {
  const fs::path first = out_ / "logs" / "campaign-0001", second = out_ / "logs" / "campaign-0002";
  for (const fs::path& campaign : {first, second}) {
    fs::create_directories(campaign);
    for (const char* name : {"group.log", "task-1.log", "tasks.tsv"}) std::ofstream(campaign / name) << "dose group A";
  }
  blind(key_, dataset_, out_);
  for (const fs::path& campaign : {first, second}) {
    EXPECT_FALSE(fs::exists(campaign / "group.log"));
    EXPECT_FALSE(fs::exists(campaign / "task-1.log"));
    EXPECT_TRUE(fs::exists(campaign / "tasks.tsv"));
  }
  std::ofstream(second / "group.log") << "blinded";
  blind(key_, dataset_, out_);
  EXPECT_TRUE(fs::exists(second / "group.log"));
}

DatasetParticipant person_of(const std::string& group) {
  DatasetParticipant person;
  person.participant_id = "sub-" + group;
  person.dose_group = group;
  return person;
}

// As many tasks of a cluster, each with other participants, that begin together.
std::vector<std::map<std::string, std::string>> codes_of_tasks(const std::vector<Dataset>& datasets,
                                                               const fs::path& key, const fs::path& out) {
  std::latch start(std::ptrdiff_t(datasets.size()));
  std::vector<std::future<BlindingKey>> tasks;
  for (const Dataset& dataset : datasets)
    tasks.push_back(std::async(std::launch::async, [&] {
      start.arrive_and_wait();
      return blind(key, dataset, out);
    }));
  std::vector<std::map<std::string, std::string>> codes;
  for (auto& task : tasks) codes.push_back(task.get().code_of);
  return codes;
}

TEST_F(Blinding, TasksThatBlindAtOnceShareOneKeyAndGiveNoCodeTwice) {
  std::vector<Dataset> datasets(4);
  Dataset whole;
  for (std::size_t n = 0; n < datasets.size(); ++n) {
    const std::string own(1, char('A' + n));
    datasets[n].participants = {person_of("Placebo"), person_of(own)};
    whole.participants.push_back(person_of(own));
  }
  for (int round = 0; round < 20; ++round) {
    const fs::path key = scratch_ / ("key-" + std::to_string(round) + ".json");
    const fs::path out = scratch_ / ("out-" + std::to_string(round));
    const auto codes_of_each = codes_of_tasks(datasets, key, out);
    const auto all = blind(key, whole, out).code_of;
    EXPECT_EQ(all.size(), 5U) << "a task's codes were lost";
    std::set<std::string> different;
    for (const auto& [group, code] : all) different.insert(code);
    EXPECT_EQ(different.size(), all.size()) << "a code was given twice";
    for (const auto& codes : codes_of_each)
      for (const auto& [group, code] : codes) EXPECT_EQ(all.at(group), code) << group;
    EXPECT_NO_THROW(require_key_of(key, out));
  }
}

TEST_F(Blinding, OfTwoKeysAtOnceOneIsRefused) {
  for (int round = 0; round < 20; ++round) {
    const fs::path out = scratch_ / ("out-" + std::to_string(round));
    std::latch start(2);
    std::vector<std::future<std::string>> tasks;
    for (const char* name : {"a", "b"})
      tasks.push_back(std::async(std::launch::async, [&, name] {
        start.arrive_and_wait();
        return blind(scratch_ / (name + std::to_string(round) + ".json"), dataset_, out).sha256;
      }));
    std::size_t refused = 0;
    for (auto& task : tasks) {
      try {
        task.get();
      } catch (const UsageError&) {
        ++refused;
      }
    }
    EXPECT_EQ(refused, 1U);
  }
}

}  // namespace
}  // namespace wane
