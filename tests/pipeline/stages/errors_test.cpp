// An error of a stage says whose scan is meant.
#include <gtest/gtest.h>

#include "base/error.h"
#include "pipeline/stages/align.h"
#include "pipeline/stages/extract.h"
#include "tests/refusal.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

Grid coarse_grid() {
  return test::upright_grid({40, 48, 44}, Vec3::Constant(4.5));
}

HeadTemplate template_of_formulas() {
  HeadTemplate result;
  result.head = test::rendered(coarse_grid(), [](const Vec3& p) { return test::head_at(p, 3.0); });
  result.intracranial_mask = test::rendered_mask(coarse_grid(), test::in_brain);
  result.wm_prior = test::rendered(coarse_grid(), [](const Vec3& p) { return test::in_brain(p) ? 1.0 : 0.0; });
  return result;
}

ConformedVisit visit_of(const std::string& name, const Volume& scan) {
  ConformedVisit visit;
  visit.name = name;
  visit.scan = scan;
  return visit;
}

Volume noise(unsigned seed) {
  std::mt19937 random(seed);
  return test::rendered(coarse_grid(), [&](const Vec3&) { return test::uniform(random, 0, 100); });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Align, SaysHowLittleTwoScansAgreeThatHaveNothingInCommon) {
  const std::vector<ConformedVisit> visits{visit_of("first.nii", noise(1)), visit_of("second.nii", noise(2))};
  const AlignedVisits aligned = align(visits, template_of_formulas(), {});
  ASSERT_EQ(aligned.agreement.size(), 1U);
  EXPECT_LT(aligned.agreement[0].correlation, 0.3);
  ASSERT_TRUE(aligned.agreement[0].mirrored_correlation);
  EXPECT_LT(*aligned.agreement[0].mirrored_correlation, 0.3);
  ASSERT_TRUE(aligned.agreement[0].stretch);
}

TEST(Extract, NamesTheScanThatShowsNoBrain) {
  const HeadTemplate head_template = template_of_formulas();
  const std::vector<ConformedVisit> visits{visit_of("good.nii", head_template.head),
                                           visit_of("empty.nii", Volume(coarse_grid()))};
  AlignedVisits aligned;
  aligned.midpoint = coarse_grid();
  for (const ConformedVisit& visit : visits)
    aligned.visits.push_back({visit.scan, Mask(coarse_grid(), 1), Affine::Identity()});
  const std::string said = test::refusal([&] { extract(aligned, visits, head_template, {}); });
  EXPECT_TRUE(said.starts_with("empty.nii: ")) << said;
  EXPECT_TRUE(contains(said, "look at the scan")) << said;
}

}  // namespace
}  // namespace wane
