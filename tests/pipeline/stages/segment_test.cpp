// Volumes that follow from formulas, found by the stage on a head of ellipsoids.
#include "pipeline/stages/segment.h"

#include <gtest/gtest.h>

#include "imaging/smooth.h"
#include "tests/pipeline/stages/head_phantom.h"

namespace wane {
namespace {

double ml_of(const Volume& fraction) {
  double sum = 0;
  for (const float value : fraction.values) sum += value;
  return sum * fraction.grid.spacing_mm.prod() / 1000;
}

TEST(Segment, GivesTheVolumesOfTheEllipsoids) {
  ExtractedBrain extracted = test::phantom_extracted({{1, 1, 1}, {1, 1, 2}});
  // Priors say where tissues are about, not where their borders lie.
  for (Volume* prior : {&extracted.gm_prior, &extracted.wm_prior, &extracted.csf_prior}) *prior = gaussian(*prior, 6);
  const TissueMaps maps = segment(extracted, {});
  const double gm = test::phantom_gm_ml(), wm = test::phantom_wm_ml({});
  EXPECT_NEAR(ml_of(maps.gm), gm, 0.04 * gm);
  EXPECT_NEAR(ml_of(maps.wm), wm, 0.04 * wm);
  for (std::size_t n = 0; n < maps.gm.size(); ++n) {
    const float sum = maps.gm[n] + maps.wm[n] + maps.csf[n];
    ASSERT_NEAR(sum, extracted.brain_mask[n] ? 1 : 0, 1e-4) << n;
  }
}

TEST(Segment, FollowsVentriclesThatAreLargerThanThePriors) {
  const auto csf_inside = [](double ventricle_scale) {
    ExtractedBrain extracted = test::phantom_extracted({{1, ventricle_scale, 1}});
    return ml_of(segment(extracted, {}).csf);
  };
  const double planted = test::ventricles_ml(1.1) - test::ventricles_ml(1);
  const double found = csf_inside(1.1) - csf_inside(1);
  // A voxel that is half CSF and half white matter looks like gray matter: 21 % of the ring are not seen.
  EXPECT_NEAR(found, planted, 0.25 * planted);
}

}  // namespace
}  // namespace wane
