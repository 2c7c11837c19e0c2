#include "base/error.h"

#include <gtest/gtest.h>

namespace wane {
namespace {

TEST(OneLine, KeepsTextsOfAllLanguages) {
  for (const char* text : {"", "plain", "Größe 10 µm", "患者", "\xF0\x9F\xA7\xA0"}) EXPECT_EQ(one_line(text), text);
}

TEST(OneLine, CommandsToTheTerminalAreReplaced) {
  EXPECT_EQ(one_line("a\nb\tc\x1b[2J\x7f"), "a?b?c?[2J?");
  EXPECT_EQ(one_line("\xC2\x9B"
                     "31m"),
            "?31m")
      << "the one-character form of ESC [";
}

TEST(OneLine, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(one_line("Gr\xF6\xDF"
                     "e"),
            "Gr??e");
  EXPECT_EQ(one_line("\xC0\xAF"), "??") << "an overlong form of '/'";
  EXPECT_EQ(one_line("\xED\xA0\x80"), "???") << "half of a pair";
  EXPECT_EQ(one_line("\xF4\x90\x80\x80"), "????") << "beyond the last character";
  EXPECT_EQ(one_line("x\xE6\x82"), "x??") << "cut short";
}

TEST(OneLine, OfALongTextTheMiddleIsLeftOut) {
  std::string text;
  for (int n = 0; n < 100'000; ++n) text += "ä";
  const std::string line = one_line("begin " + text + " end");
  EXPECT_LE(line.size(), 1000U);
  EXPECT_TRUE(line.starts_with("begin ä"));
  EXPECT_TRUE(line.ends_with("ä end"));
  EXPECT_EQ(one_line(line), line) << "cut within a character";
}

TEST(Errors, AreOneLineWhateverTheyName) {
  EXPECT_STREQ(InputError("'sub-\n01' is no name.").what(), "'sub-?01' is no name.");
}

}  // namespace
}  // namespace wane
