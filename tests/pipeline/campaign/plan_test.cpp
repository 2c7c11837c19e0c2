#include "pipeline/campaign/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/error.h"

namespace wane {
namespace {

constexpr std::uint64_t gigabyte = 1'000'000'000;

std::vector<ParticipantWork> people(std::size_t count, double seconds = 60) {
  std::vector<ParticipantWork> work;
  for (std::size_t n = 0; n < count; ++n) work.push_back({"sub-" + std::to_string(n), gigabyte, seconds});
  return work;
}

CampaignLimits limits(std::size_t tasks, int cpus = 1) {
  return {tasks, cpus, std::nullopt};
}

std::vector<std::size_t> everybody_in(const CampaignPlan& plan) {
  std::vector<std::size_t> all;
  for (const auto& task : plan.tasks) all.insert(all.end(), task.participants.begin(), task.participants.end());
  std::sort(all.begin(), all.end());
  return all;
}

TEST(PlanCampaign, GivesEachParticipantATaskAsLongAsThereAreTasks) {
  const CampaignPlan plan = plan_campaign(people(5), limits(5));
  ASSERT_EQ(plan.tasks.size(), 5U);
  for (std::size_t n = 0; n < 5; ++n) EXPECT_EQ(plan.tasks[n].participants, std::vector<std::size_t>{n});
}

TEST(PlanCampaign, TakesEverybodyOnceWithinTheLargestArray) {
  for (const std::size_t count : {1, 2, 999, 1000, 1001, 2500}) {
    const CampaignPlan plan = plan_campaign(people(count), limits(1000));
    EXPECT_EQ(plan.tasks.size(), std::min<std::size_t>(count, 1000)) << count;
    std::vector<std::size_t> expected(count);
    for (std::size_t n = 0; n < count; ++n) expected[n] = n;
    EXPECT_EQ(everybody_in(plan), expected) << count;
    for (const auto& task : plan.tasks) EXPECT_FALSE(task.participants.empty()) << count;
  }
}

TEST(PlanCampaign, GivesTheLargestWorkATaskOfItsOwn) {
  std::vector<ParticipantWork> work = people(5, 10);
  work[3].cpu_seconds = 100;
  const CampaignPlan plan = plan_campaign(work, limits(2));
  ASSERT_EQ(plan.tasks.size(), 2U);
  EXPECT_EQ(plan.tasks[0].participants, std::vector<std::size_t>{3});
  EXPECT_EQ(plan.tasks[1].participants, (std::vector<std::size_t>{0, 1, 2, 4}));
  EXPECT_DOUBLE_EQ(plan.longest_seconds, 100);
  EXPECT_DOUBLE_EQ(plan.cpu_seconds, 140);
}

TEST(PlanCampaign, AsksForMoreTimeThanItEstimatesAndForNoLessThanTenMinutes) {
  EXPECT_EQ(plan_campaign(people(3, 5), limits(3)).seconds, 600U);
  const CampaignPlan plan = plan_campaign(people(100, 60), limits(1));
  EXPECT_DOUBLE_EQ(plan.longest_seconds, 6000);
  EXPECT_EQ(plan.seconds, 18000U);
}

TEST(PlanCampaign, AsksForTheMemoryOfThoseMeasuredSideBySide) {
  const auto one = plan_campaign(people(8), limits(1, 1));
  EXPECT_GE(one.memory_bytes, gigabyte);
  EXPECT_LT(one.memory_bytes, gigabyte * 5 / 4);
  const auto four = plan_campaign(people(8), limits(1, 4));
  EXPECT_GE(four.memory_bytes, 4 * gigabyte);
  EXPECT_DOUBLE_EQ(four.longest_seconds, 8 * 60 / 4.0);
  // With one participant a task, the processors work inside it.
  const auto alone = plan_campaign(people(8), limits(8, 4));
  EXPECT_LT(alone.memory_bytes, gigabyte * 5 / 4);
  EXPECT_LT(alone.longest_seconds, 60);
  EXPECT_GT(alone.longest_seconds, 60 / 4.0);
}

TEST(PlanCampaign, NamesWhoNeedsMoreMemoryThanAllowed) {
  std::vector<ParticipantWork> work = people(4);
  work[2].memory_bytes = 8 * gigabyte;
  CampaignLimits limited = limits(4);
  limited.memory_bytes = 2 * gigabyte;
  const CampaignPlan plan = plan_campaign(work, limited);
  EXPECT_EQ(plan.too_large, std::vector<std::size_t>{2});
  EXPECT_EQ(plan.memory_bytes, 2 * gigabyte);
  EXPECT_EQ(everybody_in(plan).size(), 4U) << "they fail with a sentence, and are not forgotten";
}

TEST(PlanCampaign, OfNobodyHasNoTask) {
  EXPECT_TRUE(plan_campaign({}, limits(10)).tasks.empty());
}

TEST(PlanCampaign, RefusesNoTasksAndNoProcessors) {
  EXPECT_THROW(plan_campaign(people(1), limits(0)), UsageError);
  EXPECT_THROW(plan_campaign(people(1), limits(1, 0)), UsageError);
}

TEST(PlanCampaign, OfAHundredThousandTakesNoSecond) {
  const auto began = std::chrono::steady_clock::now();
  const CampaignPlan plan = plan_campaign(people(100'000), limits(1000));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  EXPECT_EQ(everybody_in(plan).size(), 100'000U);
}

TEST(EstimatedCpuSeconds, GrowWithVisitsAndVoxels) {
  Grid scan;
  scan.size = {176, 256, 256};
  const RunOptions fine;
  RunOptions coarse;
  coarse.align.spacing_mm = 2;
  const double two = estimated_cpu_seconds({scan, scan}, fine);
  EXPECT_GT(estimated_cpu_seconds({scan, scan, scan}, fine), two);
  EXPECT_LT(estimated_cpu_seconds({scan, scan}, coarse), two);
  EXPECT_GT(estimated_cpu_seconds({}, fine), 0);
}

}  // namespace
}  // namespace wane
