#include "pipeline/dataset/shell_words.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

using Words = std::vector<std::string>;

TEST(ShellWords, AreQuotedOnlyWhereAShellWouldChangeThem) {
  EXPECT_EQ(shell_command({"wane", "run", "/data/BIDS", "--threads=2"}), "wane run /data/BIDS --threads=2");
  EXPECT_EQ(shell_command({"wane", "my trial/", "", "it's"}), "wane 'my trial/' '' 'it'\\''s'");
  EXPECT_EQ(shell_command({"\xC3\xA9t\xC3\xA9"}), "'\xC3\xA9t\xC3\xA9'");
  EXPECT_EQ(shell_command({"a\nb", "\xE9'"}), "$'a\\x0Ab' $'\\xE9\\''");
}

TEST(ShellWords, ComeBackFromAShellAsTheyWere) {
  const broken::ScratchFolder folder;
  const Words words = {"a b", "$HOME",     "`id`",      "*",    "~",        "a;b", "#",     "\"q\"", "it's",
                       "\\",  "tab\there", "new\nline", "\xE9", "\xC3\xA9", "!x",  "{a,b}", "",      "x\\'y\x01"};
  broken::write_bytes(folder / "script", "printf '<%s>' " + shell_command(words) + "\n");
  const std::string command = "bash " + (folder / "script").string();
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  ASSERT_TRUE(pipe);
  std::string read, expected;
  for (int c; (c = std::fgetc(pipe.get())) != EOF;) read += static_cast<char>(c);
  for (const auto& word : words) expected += "<" + word + ">";
  EXPECT_EQ(read, expected);
}

}  // namespace
}  // namespace wane
