#include "base/text_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "tests/broken/limited_memory.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

std::string refusal(const fs::path& file, std::size_t most_bytes = most_text_bytes) {
  try {
    read_text_file(file, most_bytes);
    return "";
  } catch (const InputError& error) {
    return error.what();
  }
}

TEST(TextFile, IsReadWholeUpToTheLimit) {
  const broken::ScratchFolder folder;
  for (const std::size_t size : {0U, 1U, 65536U, 65537U, 200'000U}) {
    const std::string text(size, 'x');
    std::ofstream(folder / "a.txt", std::ios::binary) << text;
    EXPECT_EQ(read_text_file(folder / "a.txt", size), text) << size;
    if (size > 0) {
      EXPECT_THROW(read_text_file(folder / "a.txt", size - 1), InputError) << size;
    }
  }
}

// 10 GB on no disk: a sparse file.
TEST(TextFile, OneLineOfTenGigabytesIsRefusedUnread) {
  const broken::ScratchFolder folder;
  std::ofstream(folder / "long.tsv") << "participant_id";
  fs::resize_file(folder / "long.tsv", 10'000'000'000);
  const broken::LimitedMemory limit(64u << 20);
  EXPECT_NE(refusal(folder / "long.tsv").find("long.tsv is too large"), std::string::npos)
      << refusal(folder / "long.tsv");
}

// It tells 0 bytes and goes on for longer than the limit.
TEST(TextFile, AFileThatHoldsMoreThanItTellsIsRefused) {
  EXPECT_FALSE(refusal("/proc/self/maps", 100).empty());
}

TEST(TextFile, WhatIsNoFileIsRefusedAndNotWaitedFor) {
  const broken::ScratchFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  fs::create_symlink("nowhere", folder / "link");
  for (const fs::path& file : {folder / "pipe", folder / "link", folder.path(), fs::path("/dev/zero")})
    EXPECT_NE(refusal(file).find(file.string()), std::string::npos) << file;
}

TEST(ReadLine, GivesLinesAsTheyAre) {
  std::istringstream stream("one\n\nthree\r\nfour");
  std::vector<std::string> lines;
  for (std::string line; read_line(stream, line, 100, "x");) lines.push_back(line);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "three\r", "four"}));
}

TEST(ReadLine, ALineThatIsTooLongIsRefused) {
  const std::string line_of_five = "12345\n";
  std::string line;
  std::istringstream fits(line_of_five), longer(line_of_five);
  EXPECT_TRUE(read_line(fits, line, 5, "x"));
  EXPECT_THROW(read_line(longer, line, 4, "x"), InputError);
}

}  // namespace
}  // namespace wane
