#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/error.h"
#include "pipeline/stages/align.h"
#include "pipeline/stages/conform.h"
#include "pipeline/stages/extract.h"
#include "pipeline/stages/measure.h"
#include "pipeline/stages/segment.h"

namespace wane {
namespace {

template <class Options>
class StageOptions : public testing::Test {};

using AllOptions = testing::Types<ConformOptions, AlignOptions, ExtractOptions, SegmentOptions, MeasureOptions>;
TYPED_TEST_SUITE(StageOptions, AllOptions);

TYPED_TEST(StageOptions, DefaultsAreValid) {
  EXPECT_NO_THROW(TypeParam{}.validate());
}

// Every field of every stage is guarded: a number that makes no sense is refused before any work is done.
TYPED_TEST(StageOptions, NoFieldTakesNumbersThatMakeNoSense) {
  TypeParam options;
  for (const OptionField& field : option_fields(options)) {
    if (double* const* value = std::get_if<double*>(&field.value)) {
      const double before = **value;
      for (const double senseless : {-1.0, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
        **value = senseless;
        EXPECT_THROW(options.validate(), UsageError) << field.name << " = " << senseless;
      }
      **value = before;
    } else if (int* const* whole = std::get_if<int*>(&field.value)) {
      const int before = **whole;
      for (const int senseless : {-1, 1'000'000'000}) {
        **whole = senseless;
        EXPECT_THROW(options.validate(), UsageError) << field.name << " = " << senseless;
      }
      **whole = before;
    }
  }
}

TYPED_TEST(StageOptions, FieldsAreNamedOnceAndExplained) {
  TypeParam options;
  std::set<std::string> names;
  for (const OptionField& field : option_fields(options)) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_GT(field.help.size(), 20U) << field.name;
  }
  EXPECT_FALSE(names.empty());
}

TEST(StageOptionsMessage, NamesTheOptionAndItsRange) {
  AlignOptions options;
  options.margin_mm = 5;
  try {
    options.validate();
    FAIL() << "no exception";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "align.margin_mm must lie between 10 and 100 mm.");
  }
}

}  // namespace
}  // namespace wane
