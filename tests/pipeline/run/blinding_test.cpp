#include "pipeline/run/blinding.h"

#include <gtest/gtest.h>

#include <fstream>

#include "imaging/error.h"
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

TEST_F(Blinding, TheKeyIsItsOwnersAlone) {
  blind(key_, dataset_, out_);
  EXPECT_EQ(fs::status(key_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace
}  // namespace wane
