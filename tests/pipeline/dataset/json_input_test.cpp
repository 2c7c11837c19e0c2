#include "pipeline/dataset/json_input.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/broken/limited_memory.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

std::string nested(int levels) {
  std::string text;
  for (int n = 0; n < levels; ++n) text += n % 2 == 0 ? "[" : "{\"x\":";
  text += "0";
  for (int n = levels - 1; n >= 0; --n) text += n % 2 == 0 ? "]" : "}";
  return text;
}

TEST(JsonInput, IsReadUpToTheLimitOfLevels) {
  EXPECT_FALSE(parse_json(nested(most_json_levels)).is_discarded());
  EXPECT_TRUE(parse_json(nested(most_json_levels + 1)).is_discarded());
  EXPECT_NE(json_problem(nested(most_json_levels + 1)).find("64 levels"), std::string::npos);
}

// nlohmann's library writes, copies and compares by calling itself: a million levels overflow the stack.
TEST(JsonInput, AMillionLevelsAreRefusedWithoutMemory) {
  const std::string closed = nested(1'000'000), open(1'000'000, '['), mixed = "{\"a\":" + open;
  const broken::LimitedMemory limit(16u << 20);
  for (const std::string* text : {&closed, &open, &mixed}) EXPECT_TRUE(parse_json(*text).is_discarded());
}

TEST(JsonInput, BracketsInTextsAreNoLevels) {
  const std::string brackets(1000, '[');
  EXPECT_EQ(parse_json("[\"" + brackets + "\"]")[0], brackets);
  EXPECT_EQ(parse_json("[\"\\\"" + brackets + "\"]")[0], "\"" + brackets) << "a quote within a text";
  EXPECT_EQ(parse_json("[\"\\\\\", " + nested(10) + "]").size(), 2U) << "a backslash at the end of a text";
}

TEST(JsonInput, MoreThanTheLimitIsRefused) {
  const std::string text(most_json_bytes - 2, 'x');
  EXPECT_FALSE(parse_json('"' + text + '"').is_discarded());
  EXPECT_TRUE(parse_json('"' + text + "x\"").is_discarded());
}

// Docs say what the largest text that is read can take.
TEST(JsonInput, TheSmallestValuesTakeBoundedMemory) {
  std::string text = "[{}";
  while (text.size() + 5 < most_json_bytes) text += ",{}";
  text += "]";
  const broken::LimitedMemory limit(std::size_t(512) << 20);
  EXPECT_EQ(parse_ordered_json(text).size(), (text.size() - 1) / 3);
}

TEST(JsonInput, BrokenTextsAreDiscardedAndSaid) {
  for (const std::string text : {"", "{", "[1,]", "nul", "\"\xFF\"", "{\"a\": 1} x", "[1e999]"}) {
    EXPECT_TRUE(parse_json(text).is_discarded()) << text;
    EXPECT_TRUE(parse_ordered_json(text).is_discarded()) << text;
    EXPECT_FALSE(json_problem(text).empty()) << text;
  }
  EXPECT_NE(json_problem("[1,]").find("character 4"), std::string::npos);
  EXPECT_NE(json_problem("[1e999]").find("too large"), std::string::npos);
}

TEST(JsonInput, AFileThatCannotBeReadIsDiscarded) {
  const broken::ScratchFolder folder;
  std::ofstream(folder / "a.json") << "{\"a\": 1}";
  EXPECT_EQ(json_in_file(folder / "a.json")["a"], 1);
  EXPECT_TRUE(json_in_file(folder / "none.json").is_discarded());
  EXPECT_TRUE(json_in_file(folder.path()).is_discarded());
}

}  // namespace
}  // namespace wane
