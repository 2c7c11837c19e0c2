#include "pipeline/simulation/trial.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace wane {
namespace {

TEST(Trial, HasFourDosesWhoseLossFallsWithDoseForEveryone) {
  const auto plan = trial_plan({});
  ASSERT_EQ(plan.size(), 12U);
  std::map<double, std::pair<double, double>> range;  // of the planted GM change, by dose
  for (const auto& participant : plan) {
    const double change = participant.visits.back().gm_change_percent;
    auto [place, is_new] = range.try_emplace(participant.dose, change, change);
    place->second.first = std::min(place->second.first, change);
    place->second.second = std::max(place->second.second, change);
  }
  ASSERT_EQ(range.size(), 4U);
  double before = -100;
  for (const auto& [dose, lowest_highest] : range) {
    EXPECT_GT(lowest_highest.first, before) << dose;
    before = lowest_highest.second;
  }
}

TEST(Trial, EveryoneIsAnotherPersonWithOtherNoise) {
  std::set<std::uint64_t> seeds, people;
  std::set<std::string> ids;
  for (const auto& participant : trial_plan({})) {
    seeds.insert(participant.options.seed);
    people.insert(participant.options.person.value());
    ids.insert(participant.id);
  }
  EXPECT_EQ(seeds.size(), 12U);
  EXPECT_EQ(people.size(), 12U);
  EXPECT_EQ(*ids.begin(), "sub-01");
  EXPECT_EQ(*ids.rbegin(), "sub-12");
}

TEST(Trial, FullHasThreeVisitsAtOneMillimetre) {
  const auto plan = trial_plan({.seed = 1, .participants_per_group = 1, .full = true});
  ASSERT_EQ(plan.size(), 4U);
  ASSERT_EQ(plan[0].visits.size(), 3U);
  EXPECT_EQ(plan[0].visits[2].days, 730);
  EXPECT_EQ(plan[0].visits[2].voxel_mm, Vec3::Ones());
}

}  // namespace
}  // namespace wane
