#include "pipeline/validation/ladder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>

#include "base/error.h"

namespace wane {
namespace {

std::vector<Rung> of_kind(const std::vector<Rung>& rungs, const std::string& kind) {
  std::vector<Rung> some;
  std::copy_if(rungs.begin(), rungs.end(), std::back_inserter(some), [&](const Rung& r) { return r.kind == kind; });
  return some;
}

const Rung& named(const std::vector<Rung>& rungs, const std::string& name) {
  const auto rung = std::find_if(rungs.begin(), rungs.end(), [&](const Rung& other) { return other.name == name; });
  if (rung == rungs.end()) throw std::runtime_error("no rung " + name);
  return *rung;
}

// Which confounds a rung has beside those asked of every visit.
std::set<std::string> confounds(const Rung& rung) {
  std::set<std::string> found;
  const PlantOptions& options = rung.options;
  if (options.rotation_degrees > 0 || options.shift_mm > 0) found.insert("pose alone");
  if (options.bias_amplitude > 0) found.insert("bias field alone");
  if (options.noise_fraction > 0) found.insert("noise alone");
  if (options.gain_range > 1) found.insert("gain alone");
  if (rung.visits.front().voxel_mm != rung.visits.back().voxel_mm) found.insert("voxel size alone");
  if (rung.visits.back().calibration_drift_percent != 0) found.insert("calibration drift alone");
  return found;
}

TEST(Ladder, PlantsEveryAmountInTheBrainAndInGrayMatterOnly) {
  const auto rungs = ladder({}, 1);
  std::set<std::pair<double, double>> planted;
  for (const char* kind : {"loss of brain", "loss of gray matter only", "growth of brain", "zero change"})
    for (const Rung& rung : of_kind(rungs, kind)) {
      ASSERT_EQ(rung.visits.size(), 2U);
      planted.insert({rung.visits[1].gm_change_percent, rung.visits[1].wm_change_percent});
    }
  for (const double loss : {0.2, 0.5, 1.0, 1.5, 3.0}) {
    EXPECT_TRUE(planted.count({-loss, -loss})) << loss;
    EXPECT_TRUE(planted.count({-loss, 0})) << loss;
  }
  EXPECT_TRUE(planted.count({0, 0}));
  EXPECT_TRUE(planted.count({1.5, 1.5}));
}

TEST(Ladder, EachConfoundIsAloneInItsRungAndCleanScansHaveNone) {
  const auto rungs = ladder({}, 1);
  EXPECT_TRUE(confounds(named(rungs, "clean")).empty());
  for (const char* kind :
       {"pose alone", "bias field alone", "noise alone", "gain alone", "voxel size alone", "calibration drift alone"}) {
    const auto some = of_kind(rungs, kind);
    EXPECT_FALSE(some.empty()) << kind;
    for (const Rung& rung : some) EXPECT_EQ(confounds(rung), std::set<std::string>{kind}) << rung.name;
  }
  for (const Rung& rung : of_kind(rungs, "all confounds together")) EXPECT_EQ(confounds(rung).size(), 6U) << rung.name;
}

TEST(Ladder, DriftIsHalfAPercentBothWaysAndSlicesAreThreeMillimetres) {
  const auto rungs = ladder({}, 1);
  EXPECT_EQ(named(rungs, "driftup").visits[1].calibration_drift_percent, 0.5);
  EXPECT_EQ(named(rungs, "driftdown").visits[1].calibration_drift_percent, -0.5);
  EXPECT_EQ(named(rungs, "slices").visits[0].voxel_mm, Vec3(1, 1, 1));
  EXPECT_EQ(named(rungs, "slices").visits[1].voxel_mm, Vec3(1, 1, 3));
}

TEST(Ladder, ThickSlicesAreThoseOfAllVisits) {
  LadderOptions options;
  options.slice_mm = 3;
  for (const Rung& rung : ladder(options, 1))
    if (rung.kind != "voxel size alone" && rung.kind != "all confounds together") {
      for (const VisitRequest& visit : rung.visits) EXPECT_EQ(visit.voxel_mm, Vec3(1, 1, 3)) << rung.name;
    }
  options.slice_mm = 0.5;
  EXPECT_THROW(ladder(options, 1), UsageError);
}

TEST(Ladder, NamesAndSeedsAreEachRungsOwn) {
  std::set<std::string> labels;
  std::map<std::uint64_t, std::string> seeds;
  std::size_t rungs = 0;
  for (const std::size_t head : {1, 2, 10})
    for (const Rung& rung : ladder({}, head)) {
      const std::string label = participant_label(head, rung);
      ++rungs;
      EXPECT_TRUE(labels.insert(label).second) << label;
      EXPECT_TRUE(label.starts_with("sub-"));
      EXPECT_TRUE(std::all_of(label.begin() + 4, label.end(), [](unsigned char c) { return std::isalnum(c) != 0; }))
          << label;
      if (rung.exchanged_of.empty()) {
        EXPECT_TRUE(seeds.emplace(rung.options.seed, label).second) << label << " and " << seeds[rung.options.seed];
      }
    }
  EXPECT_EQ(labels.size(), rungs);
}

TEST(Ladder, ExchangedVisitsAreThoseOfTheirPartner) {
  const auto rungs = ladder({}, 1);
  const auto exchanged = of_kind(rungs, "exchanged visits");
  EXPECT_FALSE(exchanged.empty());
  for (const Rung& rung : exchanged) {
    const Rung& partner = named(rungs, rung.exchanged_of);
    EXPECT_EQ(partner.visits.size(), 2U);
    EXPECT_EQ(rung.options.seed, partner.options.seed);
    EXPECT_EQ(rung.visits[1].gm_change_percent, partner.visits[1].gm_change_percent);
  }
}

TEST(Ladder, TheQuickOneIsAPartOfTheFullOne) {
  LadderOptions options;
  const auto full = ladder(options, 3);
  options.quick = true;
  const auto quick = ladder(options, 3);
  EXPECT_LT(quick.size(), full.size() / 3);
  for (const Rung& rung : quick) EXPECT_EQ(named(full, rung.name).options.seed, rung.options.seed) << rung.name;
  EXPECT_FALSE(of_kind(quick, "exchanged visits").empty());
  EXPECT_FALSE(of_kind(quick, "three visits").empty());
}

TEST(Ladder, ThreeVisitsAreOneRung) {
  const auto rungs = of_kind(ladder({}, 1), "three visits");
  ASSERT_EQ(rungs.size(), 1U);
  EXPECT_EQ(rungs[0].visits.size(), 3U);
}

TEST(Ladder, OnlySomeRungsComeWithTheirPartners) {
  LadderOptions options;
  options.only = {"exchanged1"};
  const auto rungs = ladder(options, 1);
  ASSERT_EQ(rungs.size(), 2U);
  EXPECT_EQ(rungs[0].name, rungs[1].exchanged_of);
  options.only = {"sideways"};
  EXPECT_THROW(ladder(options, 1), UsageError);
}

TEST(Ladder, VoxelsAndBendingAreThoseAskedFor) {
  LadderOptions options;
  options.voxel_mm = 2;
  options.bend = true;
  std::set<std::uint64_t> people;
  for (const Rung& rung : ladder(options, 1)) {
    EXPECT_EQ(rung.visits[0].voxel_mm, Vec3(2, 2, 2)) << rung.name;
    EXPECT_EQ(rung.options.planting_spacing_mm, 2);
    ASSERT_TRUE(rung.options.person.has_value());
    if (rung.exchanged_of.empty()) {
      EXPECT_TRUE(people.insert(*rung.options.person).second) << rung.name;
    }
  }
  options.bend = false;
  for (const Rung& rung : ladder(options, 1)) EXPECT_FALSE(rung.options.person.has_value());
  options.voxel_mm = 9;
  EXPECT_THROW(ladder(options, 1), UsageError);
}

}  // namespace
}  // namespace wane
