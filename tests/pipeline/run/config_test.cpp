#include "pipeline/run/config.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace wane {
namespace {

class Config : public testing::Test {
 protected:
  std::string refusal(const std::string& text) {
    try {
      set_options(parse_config(text, "c.json"), "c.json", {{"s", "", {{"count", "", "", &count_}}}});
      return "";
    } catch (const UsageError& error) {
      return error.what();
    }
  }
  int count_ = 0;
};

TEST_F(Config, ANumberThatDoesNotFitIsRefusedAndNotCut) {
  EXPECT_EQ(refusal(R"({"s": {"count": 2147483647}})"), "");
  EXPECT_EQ(count_, std::numeric_limits<int>::max());
  for (const char* number : {"2147483648", "4294967297", "-99999999999", "18446744073709551615"})
    EXPECT_NE(refusal(R"({"s": {"count": )" + std::string(number) + "}}").find("whole number"), std::string::npos)
        << number;
  EXPECT_EQ(count_, std::numeric_limits<int>::max());
}

TEST_F(Config, DepthAndPlaceOfAnErrorAreSaid) {
  EXPECT_NE(refusal(std::string(1'000'000, '[')).find("64 levels"), std::string::npos);
  EXPECT_NE(refusal(R"({"s": })").find("character 7"), std::string::npos) << refusal(R"({"s": })");
}

TEST_F(Config, ANameOfMegabytesIsRefusedSoonAndShortly) {
  const std::string message = refusal("{\"" + std::string(4'000'000, 'x') + "\": {}}");
  EXPECT_NE(message.find("there is no section"), std::string::npos) << message;
  EXPECT_LE(message.size(), 1000U);
}

}  // namespace
}  // namespace wane
