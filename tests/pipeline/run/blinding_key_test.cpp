#include "pipeline/run/blinding_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "base/error.h"
#include "pipeline/run/blinding.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

class Key : public testing::Test {
 protected:
  Key() {
    DatasetParticipant one, other;
    one.participant_id = "sub-01";
    one.dose_group = "A";
    other.participant_id = "sub-02";
    other.dose_group = "B";
    dataset_.participants = {one, other};
    fs::create_directories(out_);
  }

  broken::ScratchFolder scratch_;
  const fs::path out_ = scratch_ / "out", key_ = scratch_ / "key.json";
  Dataset dataset_;
};

constexpr fs::perms owner_only = fs::perms::owner_read | fs::perms::owner_write;

TEST_F(Key, ReadsBackAsItWasWritten) {
  const KeyFile key{"secret", {{"A", "group-2"}, {"B 10/kg", "group-1"}}};
  EXPECT_EQ(parse_key(key_text(key)), key);
}

TEST_F(Key, IsItsOwnersAloneAlsoWhenWrittenAnewOverAnOpenOne) {
  const mode_t before = umask(0);
  blind(key_, dataset_, out_);
  EXPECT_EQ(fs::status(key_).permissions(), owner_only);
  fs::permissions(key_, fs::perms::group_read | fs::perms::others_write, fs::perm_options::add);
  EXPECT_TRUE(key_exposure(key_));
  dataset_.participants[1].dose_group = "C";
  const BlindingKey key = blind(key_, dataset_, out_);
  umask(before);
  EXPECT_EQ(key.code_of.size(), 3U);
  EXPECT_EQ(fs::status(key_).permissions(), owner_only);
  EXPECT_TRUE(key.warnings.empty());
}

TEST_F(Key, ThatOthersCanReadIsUsedWithAWarning) {
  blind(key_, dataset_, out_);
  fs::permissions(key_, fs::perms::group_read, fs::perm_options::add);
  const BlindingKey key = blind(key_, dataset_, out_);
  ASSERT_EQ(key.warnings.size(), 1U);
  EXPECT_NE(key.warnings[0].find("chmod 600"), std::string::npos) << key.warnings[0];
}

TEST_F(Key, ALinkToItStaysALink) {
  fs::create_directories(scratch_ / "safe");
  blind(scratch_ / "safe" / "key.json", dataset_, out_);
  fs::create_symlink("safe/key.json", key_);
  dataset_.participants[1].dose_group = "C";
  blind(key_, dataset_, out_);
  EXPECT_TRUE(fs::is_symlink(fs::symlink_status(key_)));
  EXPECT_EQ(read_key(scratch_ / "safe" / "key.json").code_of.size(), 3U);
}

TEST_F(Key, AnEditedKeyGetsNoCodeTwice) {
  std::ofstream(key_) << R"({"schema": "wane/blinding-key/1", "secret": "x", "codes": {"group-2": "A"}})";
  const BlindingKey key = blind(key_, dataset_, out_);
  std::set<std::string> codes;
  for (const auto& [group, code] : key.code_of) codes.insert(code);
  EXPECT_EQ(codes.size(), key.code_of.size());
}

TEST_F(Key, WhatIsNoFileIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(mkfifo(key_.c_str(), 0600), 0);
  EXPECT_THROW(blind(key_, dataset_, out_), InputError);
  std::ofstream(scratch_ / "deep.json") << std::string(1'000'000, '[');
  EXPECT_THROW(blind(scratch_ / "deep.json", dataset_, out_), InputError);
}

}  // namespace
}  // namespace wane
