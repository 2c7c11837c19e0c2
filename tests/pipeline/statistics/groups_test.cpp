#include "pipeline/statistics/groups.h"

#include <gtest/gtest.h>

#include <limits>

namespace wane {
namespace {

const double nan = std::numeric_limits<double>::quiet_NaN();

ParticipantRates with_rate(const std::string& id, std::optional<std::string> group, std::optional<double> dose,
                           double rate) {
  return {id, group, dose, TissueValues{rate, rate * 2, nan}, ""};
}

// Reference values: scipy.stats.t.interval(0.95, n - 1, mean, sd / sqrt(n)).
TEST(Summary, three_values) {
  const auto s = summarise({-0.40, -1.20, -0.85});
  EXPECT_EQ(s.n, 3u);
  EXPECT_NEAR(*s.mean, -0.8166666666666665, 1e-14);
  EXPECT_NEAR(*s.standard_deviation, 0.4010403138505321, 1e-14);
  EXPECT_EQ(*s.median, -0.85);
  EXPECT_EQ(*s.minimum, -1.20);
  EXPECT_EQ(*s.maximum, -0.40);
  EXPECT_NEAR(*s.interval_95_low, -1.812906034272428, 1e-10);
  EXPECT_NEAR(*s.interval_95_high, 0.17957270093909483, 1e-10);
}

TEST(Summary, five_values) {
  const auto s = summarise({0.5, -1, 2, 3.25, -0.125});
  EXPECT_NEAR(*s.standard_deviation, 1.699264546796643, 1e-12);
  EXPECT_EQ(*s.median, 0.5);
  EXPECT_NEAR(*s.interval_95_low, -1.1849156111814307, 1e-10);
  EXPECT_NEAR(*s.interval_95_high, 3.0349156111814306, 1e-10);
}

TEST(Summary, what_few_values_cannot_give_is_empty) {
  const auto none = summarise({nan});
  EXPECT_EQ(none.n, 0u);
  EXPECT_FALSE(none.mean || none.median || none.minimum || none.maximum);
  const auto one = summarise({nan, -0.5});
  EXPECT_EQ(one.n, 1u);
  EXPECT_EQ(one.mean, -0.5);
  EXPECT_FALSE(one.standard_deviation || one.interval_95_low || one.interval_95_high);
  const auto two = summarise({4, 2});
  EXPECT_EQ(two.median, 3.0);
  EXPECT_NEAR(*two.interval_95_high - 3, 12.706204736432095, 1e-9);  // t(0.975, 1) times sqrt(2) / sqrt(2)
}

TEST(DoseGroups, are_in_the_order_of_dose) {
  const auto result =
      dose_groups({with_rate("sub-1", "high", 24, -0.2), with_rate("sub-2", "low", 5, -1.0),
                   with_rate("sub-3", "unknown10", std::nullopt, -1.0),
                   with_rate("sub-4", "unknown9", std::nullopt, -1.0), with_rate("sub-5", "low", 5, -2)},
                  {});
  ASSERT_EQ(result.groups.size(), 4u);
  EXPECT_EQ(result.groups[0].name, "low");
  EXPECT_EQ(result.groups[1].name, "high");
  EXPECT_EQ(result.groups[2].name, "unknown9");
  EXPECT_EQ(result.groups[3].name, "unknown10");
  EXPECT_EQ(result.groups[0].rates_percent_per_year.brain.mean, -1.5);
  EXPECT_EQ(result.groups[0].rates_percent_per_year.gray_matter.mean, -3.0);
  EXPECT_EQ(result.groups[0].rates_percent_per_year.white_matter.n, 0u);
  EXPECT_TRUE(result.groups[0].one_dose);
  EXPECT_FALSE(result.groups[2].dose);
  EXPECT_TRUE(result.left_out.empty());
}

TEST(DoseGroups, different_doses_in_one_group_are_known) {
  const auto group = dose_groups({with_rate("sub-1", "A", 4, -1), with_rate("sub-2", "A", 6, -1)}, {}).groups[0];
  EXPECT_EQ(group.dose, 5.0);
  EXPECT_FALSE(group.one_dose);
}

TEST(DoseGroups, nobody_is_left_out_without_a_reason) {
  const auto result = dose_groups({with_rate("sub-1", "A", 5, -1),
                                   {"sub-2", "A", 5, std::nullopt, "only one visit"},
                                   with_rate("sub-3", std::nullopt, std::nullopt, -1)},
                                  {{"sub-4", "A", "no scan"}, {"sub-5", "B", "no scan"}, {"sub-6", std::nullopt, "x"}});
  ASSERT_EQ(result.groups.size(), 2u);
  EXPECT_EQ(result.groups[0].participants.size(), 1u);
  ASSERT_EQ(result.groups[0].left_out.size(), 2u);
  EXPECT_EQ(result.groups[0].left_out[0].reason, "only one visit");
  EXPECT_EQ(result.groups[0].left_out[1].participant_id, "sub-4");
  EXPECT_EQ(result.groups[1].name, "B");
  EXPECT_EQ(result.groups[1].rates_percent_per_year.brain.n, 0u);
  ASSERT_EQ(result.ungrouped.size(), 1u);
  EXPECT_EQ(result.left_out.size(), 5u);
}

}  // namespace
}  // namespace wane
