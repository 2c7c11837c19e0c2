#include "pipeline/dataset/text_encoding.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace wane {
namespace {

std::string refusal(const std::string& text) {
  std::vector<std::string> warnings;
  try {
    as_utf8(text, "t.tsv", warnings);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TextEncoding, Utf8StaysAsItIs) {
  std::vector<std::string> warnings;
  for (const std::string text : {"", "plain", "\xC2\xB5g \xE2\x82\xAC \xF0\x9F\xA7\xA0", "\xEF\xBF\xBD"})
    EXPECT_EQ(as_utf8(text, "t.tsv", warnings), text);
  EXPECT_TRUE(warnings.empty());
}

TEST(TextEncoding, LettersOfSpreadsheetsBecomeUtf8AndAreQuoted) {
  std::vector<std::string> warnings;
  EXPECT_EQ(as_utf8("a\tb\r\n1\t5 \xB5g\r\n2\t\x80 5\r\n", "t.tsv", warnings),
            "a\tb\r\n1\t5 \xC2\xB5g\r\n2\t\xE2\x82\xAC 5\r\n");
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(
      warnings[0].find("t.tsv: the text is not UTF-8 and is read as Windows-1252 (line 2, column 5: '5 \xC2\xB5g')"),
      std::string::npos)
      << warnings[0];
}

TEST(TextEncoding, TextThatIsNeitherIsRefusedWithThePlace) {
  EXPECT_NE(refusal("a\tb\n1\t\x81\n").find("t.tsv, line 2, column 3: the text is not UTF-8"), std::string::npos);
  EXPECT_NE(refusal("\xC3\xA9\n\xE9\n").find("line 2, column 1"), std::string::npos) << "two encodings in one file";
}

TEST(TextEncoding, OverlongFormsSurrogatesAndCutSequencesAreNotUtf8) {
  for (const std::string text :
       {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88", "x\xE2\x82"}) {
    std::vector<std::string> warnings;
    try {
      EXPECT_NE(as_utf8(text, "t.tsv", warnings), text);
      EXPECT_EQ(warnings.size(), 1u);
    } catch (const InputError&) {
      continue;  // 0x90 has no meaning in Windows-1252 either
    }
  }
}

}  // namespace
}  // namespace wane
