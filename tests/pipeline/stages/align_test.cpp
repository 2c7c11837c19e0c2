#include "pipeline/stages/align.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "imaging/morphology.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

Grid coarse_grid() {
  return test::upright_grid({56, 64, 60}, Vec3::Constant(3.5));
}

HeadTemplate template_of_formulas() {
  HeadTemplate result;
  result.head = test::rendered(coarse_grid(), [](const Vec3& p) { return test::head_at(p, 3.0); });
  result.intracranial_mask = test::rendered_mask(coarse_grid(), test::in_brain);
  return result;
}

template <class F>
ConformedVisit visit_of(const std::string& name, F&& value_at_lps) {
  ConformedVisit visit;
  visit.name = name;
  visit.scan = test::rendered(coarse_grid(), value_at_lps);
  return visit;
}

ConformedVisit whole(const std::string& name) {
  return visit_of(name, [](const Vec3& p) { return test::head_at(p, 3.0); });
}

Mask constant_where(const std::function<bool(const Vec3&)>& f) {
  return test::rendered_mask(coarse_grid(), f);
}

std::size_t seen(const AlignedVisit& visit) {
  return count(visit.seen);
}

TEST(Align, APartOfTheHeadThatIsOneConstantValueIsNotSeen) {
  const auto cut = [](const Vec3& p) { return p[2] > 50; };
  ConformedVisit second = visit_of("second", [&](const Vec3& p) { return cut(p) ? 0 : test::head_at(p, 3.0); });
  second.constant = constant_where(cut);
  const AlignedVisits aligned = align({whole("first"), second}, template_of_formulas(), {});
  EXPECT_EQ(aligned.visits[0].constant_head_ml, 0);
  EXPECT_GT(aligned.visits[1].constant_head_ml, 100);
  const Affine to_lps = aligned.midpoint.index_to_lps();
  const Affine to_scan = aligned.visits[1].midpoint_to_scan;
  for (int k = 0; k < aligned.midpoint.size[2]; ++k)
    for (int j = 0; j < aligned.midpoint.size[1]; ++j)
      for (int i = 0; i < aligned.midpoint.size[0]; ++i) {
        const Vec3 p = to_scan * to_lps * Vec3(i, j, k);
        if (!test::in_brain(p)) continue;
        if (p[2] > 54) {
          ASSERT_EQ(aligned.visits[1].seen.at(i, j, k), 0) << p.transpose();
        }
        if (p[2] < 46) {
          ASSERT_EQ(aligned.visits[1].seen.at(i, j, k), 1) << p.transpose();
        }
        ASSERT_EQ(aligned.visits[0].seen.at(i, j, k), 1) << p.transpose();
      }
}

TEST(Align, AirThatWasSetToZeroIsSeen) {
  const auto air = [](const Vec3& p) { return test::head_at(p, 3.0) < 1; };
  ConformedVisit first = whole("first"), second = whole("second");
  const AlignedVisits before = align({first, second}, template_of_formulas(), {});
  first.constant = constant_where([&](const Vec3& p) { return air(p) && p.norm() > 60; });
  second.constant = first.constant;
  const AlignedVisits after = align({first, second}, template_of_formulas(), {});
  for (std::size_t v = 0; v < 2; ++v) {
    EXPECT_EQ(after.visits[v].constant_head_ml, 0);
    EXPECT_EQ(seen(after.visits[v]), seen(before.visits[v]));
  }
}

TEST(Align, APartThatNoVisitMeasuredIsSeenByNone) {
  const auto cut = [](const Vec3& p) { return p[2] < -30; };
  ConformedVisit first = visit_of("first", [&](const Vec3& p) { return cut(p) ? 0 : test::head_at(p, 3.0); });
  first.constant = constant_where(cut);
  ConformedVisit second = first;
  const AlignedVisits aligned = align({first, second}, template_of_formulas(), {});
  for (const AlignedVisit& visit : aligned.visits) EXPECT_GT(visit.constant_head_ml, 50);
}

// How often each visit is in a pair.
std::vector<int> partners(std::size_t visits) {
  std::vector<int> count(visits);
  for (const auto& [from, to] : pairs_of_visits(visits)) ++count[from], ++count[to];
  return count;
}

// Beyond five visits the first one once had more partners than the others, and the order of visits changed the space.
TEST(PairsOfVisits, OfThirteenAreAllPairs) {
  EXPECT_EQ(pairs_of_visits(13).size(), 78u);
  EXPECT_EQ(partners(13), std::vector<int>(13, 12));
  EXPECT_TRUE(pairs_of_visits(1).empty());
}

TEST(PairsOfVisits, OfManyGiveEveryVisitAsManyPartners) {
  for (const std::size_t visits : {14u, 24u, 25u, 60u}) {
    const std::vector<int> count = partners(visits);
    EXPECT_EQ(count, std::vector<int>(visits, count.front())) << visits << " visits";
    EXPECT_GE(count.front(), 6);
    EXPECT_LE(count.front(), 12);
  }
}

}  // namespace
}  // namespace wane
