#include "base/option_field.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace wane {
namespace {

std::string refusal(const std::string& section, const OptionField& field) {
  try {
    require_allowed_values(section, {field});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(OptionField, RefusesWhatLiesOutsideOfItsRangeAndNamesTheRange) {
  double value = 5;
  const OptionField field{"margin_mm", "mm", "", &value, {10, 100}};
  EXPECT_EQ(refusal("align", field), "align.margin_mm must lie between 10 and 100 mm.");
  EXPECT_EQ(refusal("", field), "--margin-mm must lie between 10 and 100 mm.");
  for (const double allowed : {10.0, 55.0, 100.0}) {
    value = allowed;
    EXPECT_EQ(refusal("align", field), "") << allowed;
  }
  value = std::nan("");
  EXPECT_NE(refusal("align", field), "");
}

TEST(OptionField, TakesZeroBesideItsRangeWhereZeroHasAMeaning) {
  double value = 0;
  const OptionField field{"spacing_mm", "mm", "", &value, {0.5, 4, "from the scans"}};
  EXPECT_EQ(refusal("align", field), "");
  value = 0.25;
  EXPECT_EQ(refusal("align", field), "align.spacing_mm must be 0 (from the scans) or lie between 0.5 and 4 mm.");
  EXPECT_EQ(in_words(field.range), "0 (from the scans), or 0.5 to 4");
}

TEST(OptionField, OfAWholeNumberWithOneBoundNamesThatBound) {
  int value = 1;
  const OptionField field{"next_visits", "", "", &value, {2, INFINITY}};
  EXPECT_EQ(refusal("", field), "--next-visits must be at least 2.");
}

TEST(OptionField, RefusesATextThatIsNoChoiceAndNamesTheChoices) {
  std::string value = "cubic";
  const OptionField field{"scale", "", "", &value, {}, {}, OptionKind::user, {"linear", "log"}};
  EXPECT_EQ(refusal("", field), "--scale is 'cubic', but it has to be one of: linear, log.");
  value = "log";
  EXPECT_EQ(refusal("", field), "");
}

}  // namespace
}  // namespace wane
