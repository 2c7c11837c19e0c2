#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>
#include <vector>

#include "base/error.h"
#include "imaging/nifti.h"
#include "tests/broken/limited_file_length.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  std::size_t files_in_folder() const {
    return std::size_t(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }
  static std::string content(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  broken::ScratchFolder folder_;
};

TEST_F(AtomicFile, HoldsTheTextAndLeavesNothingElse) {
  write_text_atomically(folder_ / "a.json", "first");
  write_text_atomically(folder_ / "a.json", "second");
  EXPECT_EQ(content(folder_ / "a.json"), "second");
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(AtomicFile, TemporaryNameIsHiddenInTheSameFolderWithTheSameEnding) {
  write_atomically(folder_ / "a.nii.gz", [&](const fs::path& temporary) {
    EXPECT_EQ(temporary.parent_path(), folder_.path());
    EXPECT_EQ(temporary.filename().string().front(), '.');
    EXPECT_TRUE(temporary.filename().string().ends_with("a.nii.gz"));
    std::ofstream(temporary) << "x";
  });
}

TEST_F(AtomicFile, AFailureLeavesTheOlderFileAndNoTemporary) {
  write_text_atomically(folder_ / "a.json", "old");
  EXPECT_THROW(write_atomically(folder_ / "a.json",
                                [](const fs::path& temporary) {
                                  std::ofstream(temporary) << "half";
                                  throw std::runtime_error("power cut");
                                }),
               std::runtime_error);
  EXPECT_EQ(content(folder_ / "a.json"), "old");
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(AtomicFile, AMissingFolderIsNamedWithTheReason) {
  try {
    write_text_atomically(folder_ / "missing" / "a.json", "x");
    FAIL() << "no exception";
  } catch (const ResourceError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("missing/a.json"), std::string::npos) << message;
    EXPECT_NE(message.find("No such file or directory"), std::string::npos) << message;
  }
}

// A limit on the length of files stands in for a full disk: writing fails in the middle.
TEST_F(AtomicFile, ADiskThatTakesNoMoreLeavesTheOlderFileAndIsReported) {
  write_text_atomically(folder_ / "a.json", "old");
  const broken::LimitedFileLength limit(100'000);
  try {
    write_text_atomically(folder_ / "a.json", std::string(1'000'000, 'x'));
    FAIL() << "no exception";
  } catch (const ResourceError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("a.json': File too large"), std::string::npos) << message;
  }
  EXPECT_EQ(content(folder_ / "a.json"), "old");
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(AtomicFile, AnImageThatDoesNotFitOnTheDiskLeavesNothing) {
  Grid grid;
  grid.size = {64, 64, 64};
  const broken::LimitedFileLength limit(100'000);
  EXPECT_THROW(write_nifti(folder_ / "a.nii", Volume(grid, 1.0f)), ResourceError);
  Volume noise(grid);
  for (std::size_t n = 0; n < noise.size(); ++n) noise[n] = std::sin(float(n * n % 10007));
  EXPECT_THROW(write_nifti(folder_ / "a.nii.gz", noise), ResourceError);
  EXPECT_EQ(files_in_folder(), 0u);
}

TEST_F(AtomicFile, AFolderInTheWayIsReportedAndNothingIsLeft) {
  fs::create_directories(folder_ / "a.json");
  EXPECT_THROW(write_text_atomically(folder_ / "a.json", "x"), ResourceError);
  EXPECT_EQ(files_in_folder(), 1u);
}

// Whoever may write into the folder can guess the next temporary name.
TEST_F(AtomicFile, ALinkUnderTheTemporaryNameIsNotFollowed) {
  std::ofstream(folder_ / "victim") << "untouched";
  fs::path temporary;
  write_atomically(folder_ / "a.json", [&](const fs::path& name) {
    temporary = name;
    std::ofstream(name) << "x";
  });
  const std::string name = temporary.filename().string();  // .tmp-HOST-PROCESS-COUNT-a.json
  const std::size_t end = name.rfind("-a.json"), begin = name.rfind('-', end - 1) + 1;
  const int count = std::stoi(name.substr(begin, end - begin));
  fs::create_symlink("victim", folder_ / (name.substr(0, begin) + std::to_string(count + 1) + "-a.json"));
  write_text_atomically(folder_ / "a.json", "second");
  EXPECT_EQ(content(folder_ / "victim"), "untouched");
  EXPECT_EQ(content(folder_ / "a.json"), "second");
  EXPECT_FALSE(fs::is_symlink(fs::symlink_status(folder_ / "a.json")));
}

TEST_F(AtomicFile, ALinkUnderTheFinalNameIsReplacedAndItsTargetStays) {
  std::ofstream(folder_ / "victim") << "untouched";
  fs::create_symlink("victim", folder_ / "a.json");
  write_text_atomically(folder_ / "a.json", "new");
  EXPECT_EQ(content(folder_ / "victim"), "untouched");
  EXPECT_EQ(content(folder_ / "a.json"), "new");
}

TEST_F(AtomicFile, ThePermissionsAreThereFromTheFirstMoment) {
  const auto permissions_in = [&](unsigned mode) {
    fs::perms seen{};
    write_atomically(
        folder_ / "a.json", [&](const fs::path& temporary) { seen = fs::status(temporary).permissions(); }, mode);
    EXPECT_EQ(fs::status(folder_ / "a.json").permissions(), seen);
    return seen;
  };
  EXPECT_EQ(permissions_in(0600), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_NE(permissions_in(0666) & fs::perms::owner_read, fs::perms::none);
}

TEST_F(AtomicFile, ManyThreadsMayWriteTheSameFile) {
  std::vector<std::thread> threads;
  for (int n = 0; n < 8; ++n)
    threads.emplace_back([&, n] { write_text_atomically(folder_ / "a.json", std::string(10000, char('a' + n))); });
  for (std::thread& thread : threads) thread.join();
  const std::string text = content(folder_ / "a.json");
  EXPECT_EQ(text, std::string(10000, text.at(0)));
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(AtomicFile, ANewFileIsWrittenOnceAndNeverReplaced) {
  EXPECT_TRUE(write_new_text_atomically(folder_ / "a.json", "first"));
  EXPECT_FALSE(write_new_text_atomically(folder_ / "a.json", "second"));
  EXPECT_EQ(content(folder_ / "a.json"), "first");
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(AtomicFile, OfManyWritersOfANewFileOneIsTheFirst) {
  std::vector<int> first(8);
  std::vector<std::thread> threads;
  for (std::size_t n = 0; n < first.size(); ++n)
    threads.emplace_back([&, n] {
      first[n] = write_new_text_atomically(folder_ / "a.json", std::string(10000, char('a' + n))) ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(first.begin(), first.end(), 1), 1);
  const auto winner = std::size_t(std::find(first.begin(), first.end(), 1) - first.begin());
  EXPECT_EQ(content(folder_ / "a.json"), std::string(10000, char('a' + winner)));
  EXPECT_EQ(files_in_folder(), 1u);
}

// --- What killed processes leave

std::string this_machine() {
  std::array<char, 65> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

// A process that has ended: its number is nobody's.
pid_t ended_process() {
  const pid_t process = fork();
  if (process == 0) _exit(0);
  waitpid(process, nullptr, 0);
  return process;
}

class LeftBehindFiles : public AtomicFile {
 protected:
  fs::path put(const std::string& name) const {
    std::ofstream(folder_ / name) << "half";
    return folder_ / name;
  }
  fs::path of_process(pid_t process, const std::string& name, unsigned count = 3) const {
    return put(".tmp-" + this_machine() + "-" + std::to_string(process) + "-" + std::to_string(count) + "-" + name);
  }
};

TEST_F(LeftBehindFiles, ThoseOfProcessesThatAreNoMoreAreRemoved) {
  const fs::path left = of_process(ended_process(), "a.json"), other = of_process(ended_process(), "b.json");
  const fs::path of_a_living = of_process(getppid(), "a.json");
  const fs::path from_before = of_process(getpid(), "a.json", 4'000'000'000U);  // this process has not come so far
  write_text_atomically(folder_ / "c.json", "so that this process has come to 0");
  const fs::path own = of_process(getpid(), "a.json", 0);
  const fs::path not_temporary = put("a.json");
  remove_temporary_files(folder_.path(), LeftBehind::abandoned, "a.json");
  EXPECT_FALSE(fs::exists(left));
  EXPECT_FALSE(fs::exists(from_before));
  EXPECT_TRUE(fs::exists(other));
  EXPECT_TRUE(fs::exists(own));
  EXPECT_TRUE(fs::exists(of_a_living));
  EXPECT_TRUE(fs::exists(not_temporary));
  remove_temporary_files(folder_.path(), LeftBehind::abandoned);
  EXPECT_FALSE(fs::exists(other));
  EXPECT_EQ(files_in_folder(), 4u);
}

TEST_F(LeftBehindFiles, ThoseOfOtherMachinesAreRemovedWhenTheyAreOldOrTheFolderIsLocked) {
  const fs::path young = put(".tmp-another-machine-7-0-a.json"), old = put(".tmp-another-machine-8-0-a.json");
  fs::last_write_time(old, fs::last_write_time(young) - std::chrono::hours(25));
  remove_temporary_files(folder_.path(), LeftBehind::abandoned);
  EXPECT_TRUE(fs::exists(young));
  EXPECT_FALSE(fs::exists(old));
  fs::create_directories(folder_ / "below");
  const fs::path below = put("below/.tmp-another-machine-7-0-a.json");
  remove_temporary_files_below(folder_.path(), LeftBehind::all);
  EXPECT_FALSE(fs::exists(young));
  EXPECT_FALSE(fs::exists(below));
}

TEST_F(AtomicFile, AfterTheEndOfWritingNoFileBegins) {
  const fs::path file = folder_ / "a.json";
  EXPECT_EXIT(
      {
        std::thread([&] {
          write_atomically(file, [&](const fs::path& temporary) {
            std::ofstream(temporary) << "whole";
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
          });
        }).detach();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        end_writing_of_files();  // waits for the one under way
        std::thread([&] { write_text_atomically(folder_ / "b.json", "too late"); }).detach();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        _exit(7);
      },
      testing::ExitedWithCode(7), "");
  EXPECT_EQ(content(file), "whole");
  EXPECT_EQ(files_in_folder(), 1u);
}

}  // namespace
}  // namespace wane
