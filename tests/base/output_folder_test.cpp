#include "base/output_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "base/error.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

class OutputFolder : public testing::Test {
 protected:
  OutputFolder() {
    fs::create_directories(out_);
    fs::create_directories(elsewhere_);
  }
  std::string refusal(const fs::path& path) const {
    try {
      require_inside(out_, path);
      return "";
    } catch (const ResourceError& error) {
      return error.what();
    }
  }

  broken::ScratchFolder scratch_;
  const fs::path out_ = scratch_ / "out", elsewhere_ = scratch_ / "elsewhere";
};

TEST_F(OutputFolder, WhatIsNotThereYetIsFine) {
  EXPECT_EQ(refusal(out_ / "sub-01" / "anat" / "x.json"), "");
  make_folders_inside(out_, out_ / "sub-01" / "anat");
  EXPECT_TRUE(fs::is_directory(out_ / "sub-01" / "anat"));
  EXPECT_EQ(refusal(out_ / "sub-01" / "anat" / "x.json"), "");
}

TEST_F(OutputFolder, AFolderThatCannotBeCreatedIsNamedWithTheReason) {
  std::ofstream(out_ / "file") << "not a folder";
  for (const auto& make : {std::function([&] { make_folders(out_ / "file" / "sub-01"); }),
                           std::function([&] { make_folders_inside(out_, out_ / "file" / "sub-01"); })}) {
    try {
      make();
      FAIL() << "a folder within a file";
    } catch (const ResourceError& error) {
      EXPECT_EQ(error.what(), "The folder " + (out_ / "file" / "sub-01").string() +
                                  " cannot be created: Not a directory; check its permissions and the disk, or name "
                                  "another folder.");
    }
  }
}

TEST_F(OutputFolder, ALinkThatLeadsOutIsNamed) {
  fs::create_directory_symlink(elsewhere_, out_ / "sub-01");
  for (const fs::path& path : {out_ / "sub-01", out_ / "sub-01" / "anat" / "x.json"}) {
    const std::string message = refusal(path);
    EXPECT_NE(message.find((out_ / "sub-01").string() + "' is a link to '"), std::string::npos) << message;
    EXPECT_NE(message.find("outside of the output folder"), std::string::npos) << message;
  }
  EXPECT_THROW(make_folders_inside(out_, out_ / "sub-01" / "anat"), ResourceError);
  EXPECT_TRUE(fs::is_empty(elsewhere_));
}

TEST_F(OutputFolder, RelativeLinksAndLinksOfLinksAreFollowed) {
  fs::create_directory_symlink("../elsewhere", out_ / "relative");
  fs::create_directory_symlink("relative", out_ / "twice");
  EXPECT_NE(refusal(out_ / "relative"), "");
  EXPECT_NE(refusal(out_ / "twice"), "");
}

TEST_F(OutputFolder, LinksToNothingAndLoopsAreRefused) {
  fs::create_symlink("nowhere", out_ / "logs");
  fs::create_symlink("loop", out_ / "loop");
  EXPECT_NE(refusal(out_ / "logs" / "run.jsonl"), "");
  EXPECT_NE(refusal(out_ / "loop"), "");
}

TEST_F(OutputFolder, LinksThatStayInsideAreFine) {
  fs::create_directories(out_ / "data" / "sub-01");
  fs::create_directory_symlink("data/sub-01", out_ / "sub-01");
  EXPECT_EQ(refusal(out_ / "sub-01" / "x.json"), "");
  EXPECT_NO_THROW(require_links_inside(out_, out_, Depth::all));
}

// The name of one folder begins like the other's.
TEST_F(OutputFolder, ASiblingWithTheSameBeginningIsOutside) {
  fs::create_directories(scratch_ / "out-of-reach");
  fs::create_directory_symlink(scratch_ / "out-of-reach", out_ / "sub-01");
  EXPECT_NE(refusal(out_ / "sub-01"), "");
}

TEST_F(OutputFolder, TheOutputFolderItselfMayBeALink) {
  fs::create_directory_symlink(out_, scratch_ / "link");
  fs::create_directories(out_ / "data");
  fs::create_directory_symlink("data", out_ / "sub-01");
  EXPECT_NO_THROW(make_folders_inside(scratch_ / "link", scratch_ / "link" / "sub-01" / "anat"));
  EXPECT_NO_THROW(require_links_inside(scratch_ / "link", scratch_ / "link", Depth::all));
}

TEST_F(OutputFolder, EntriesAndAllThatIsBelowAreTwoDepths) {
  fs::create_directories(out_ / "sub-01" / "anat");
  fs::create_symlink(elsewhere_ / "x", out_ / "sub-01" / "anat" / "x.json");
  EXPECT_NO_THROW(require_links_inside(out_, out_, Depth::entries));
  EXPECT_THROW(require_links_inside(out_, out_ / "sub-01", Depth::all), ResourceError);
  EXPECT_NO_THROW(require_links_inside(out_, out_ / "not-there", Depth::all));
}

}  // namespace
}  // namespace wane
