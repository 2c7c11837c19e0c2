// Carrying a template to a head, extracting its brain, and making a template, on a head of ellipsoids.
#include "tests/pipeline/stages/head_phantom.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/error.h"
#include "imaging/morphology.h"
#include "segmentation/brain_extraction.h"
#include "segmentation/build_template.h"

namespace wane {
namespace {

template <class A, class B>
double dice(const A& a, const B& b) {
  double both = 0, sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    both += a[n] && b[n] ? 1 : 0;
    sum += (a[n] ? 1 : 0) + (b[n] ? 1 : 0);
  }
  return 2 * both / sum;
}

// `distance_mm` and `radius_mm` as they are seen through `to_template`.
Mask intracranial_through(const Grid& grid, const std::function<Vec3(const Vec3&)>& to_template) {
  return test::rendered_mask(grid,
                             [&](const Vec3& p) { return test::phantom_cranium.distance_mm(to_template(p)) < 0; });
}

Grid oblique_grid() {
  std::mt19937 random(5);
  return test::oblique_grid(random, {70, 66, 58}, Vec3(3, 3.2, 3.4));
}

TEST(CarryTemplate, SetsTheMaskWhereDisplacementAndAffineSayAlsoOnAnObliqueGrid) {
  const HeadTemplate head_template = test::phantom_template();
  const Grid grid = oblique_grid();
  // A wave of 6 mm, and an affine that turns, shifts and stretches.
  const auto wave = [](const Vec3& p) { return Vec3(6 * std::sin(p[1] / 25), 0, 4 * std::cos(p[0] / 30)); };
  DisplacementField displacement(grid, Eigen::Vector3f::Zero());
  const Affine to_lps = grid.index_to_lps();
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) displacement.at(i, j, k) = wave(to_lps * Vec3(i, j, k)).cast<float>();
  Affine affine = test::turned(12, Vec3(1, 2, 3));
  affine.pretranslate(Vec3(5, -7, 4));
  affine.scale(1.05);
  const CarriedTemplate carried = carry_template(head_template, grid, displacement, affine);
  const auto through = [&](const Vec3& p) { return Vec3(affine * (p + wave(p))); };
  EXPECT_GT(dice(carried.intracranial, intracranial_through(grid, through)), 0.985);
  EXPECT_LT(dice(carried.intracranial, intracranial_through(grid, [&](const Vec3& p) { return Vec3(affine * p); })),
            0.97)
      << "the displacement must be seen in this test";
  const Volume white = test::rendered(grid, [&](const Vec3& p) { return test::tissue_at(through(p), {}).wm; });
  double difference = 0;
  for (std::size_t n = 0; n < white.size(); ++n) difference += std::abs(white[n] - carried.priors.wm[n]);
  double sum = 0;
  for (const float value : white.values) sum += value;
  EXPECT_LT(difference, 0.08 * sum);
}

TEST(ExtractBrain, FindsTheBrainWhoseTemplateIsThreeMillimetresOff) {
  const Grid grid = test::phantom_grid();
  CarriedTemplate carried =
      carry_template(test::phantom_template(), grid, DisplacementField(grid, Eigen::Vector3f::Zero()),
                     Affine(Eigen::Translation3d(0, 3, 0)));
  const Mask brain = extract_brain(test::phantom_scan(grid, {}), carried);
  const Mask parenchyma =
      test::rendered_mask(grid, [](const Vec3& p) { return test::phantom_brain.distance_mm(p) < 0; });
  const Mask cranium =
      test::rendered_mask(grid, [](const Vec3& p) { return test::phantom_cranium.distance_mm(p) < 3; });
  double missed = 0, outside = 0, all = 0;
  for (std::size_t n = 0; n < brain.size(); ++n) {
    all += parenchyma[n];
    missed += parenchyma[n] && !brain[n] ? 1 : 0;
    outside += brain[n] && !cranium[n] ? 1 : 0;
  }
  EXPECT_LT(missed, 0.01 * all);
  EXPECT_LT(outside, 0.01 * all) << "no skull and no scalp";
}

// A head of 2 mm voxels whose eyes, with the bright fat of their orbits, reach 4 mm into what the template calls brain.
struct HeadWithEyes {
  static constexpr float fat = 160, vitreous = 20;  // white matter is at 100
  Grid grid = test::upright_grid({84, 102, 93}, Vec3::Constant(2));
  Volume scan = test::phantom_scan(grid, {});
  Mask orbits{grid}, scalp{grid}, brain{grid};
  CarriedTemplate carried;

  HeadWithEyes() {
    const Affine to_lps = grid.index_to_lps();
    for (int k = 0; k < grid.size[2]; ++k)
      for (int j = 0; j < grid.size[1]; ++j)
        for (int i = 0; i < grid.size[0]; ++i) {
          const Vec3 p = to_lps * Vec3(i, j, k);
          const bool cranium = test::phantom_cranium.distance_mm(p) < 0;
          double from_eye_mm = 1e9;
          for (const Vec3& eye : {Vec3(28, -74, -23), Vec3(-28, -74, -23)})
            from_eye_mm = std::min(from_eye_mm, (p - eye).norm());
          const bool orbit = from_eye_mm < 12;
          if (orbit) scan.at(i, j, k) = from_eye_mm < 5 ? vitreous : fat;
          orbits.at(i, j, k) = orbit;
          scalp.at(i, j, k) = test::tissue_at(p, {}).scalp > 0.5;
          brain.at(i, j, k) = cranium && !orbit;
        }
    carried = carry_template(test::phantom_template(), grid, DisplacementField(grid, Eigen::Vector3f::Zero()),
                             Affine::Identity());
  }
};

double share_of(const Mask& part, const Mask& mask) {
  double both = 0, all = 0;
  for (std::size_t n = 0; n < part.size(); ++n) {
    all += part[n];
    both += part[n] && mask[n] ? 1 : 0;
  }
  return both / all;
}

TEST(ExtractBrain, IsTheTrueBrainWithoutEyesAndScalp) {
  const HeadWithEyes head;
  const Mask found = extract_brain(head.scan, head.carried);
  EXPECT_GT(dice(found, head.brain), 0.99);
  EXPECT_EQ(share_of(head.scalp, found), 0);
  EXPECT_LT(share_of(head.orbits, found), 0.01) << "some 0.1 mL, where the cut is smoothed";
  // What the bounds would say of a mask that is a voxel too wide or too narrow, or of one that keeps the orbits.
  EXPECT_LT(dice(dilated(found, 2.1), head.brain), 0.99);
  EXPECT_LT(dice(eroded(found, 2.1), head.brain), 0.99);
  BrainExtractionOptions keeps_all;
  keeps_all.brighter_than_white = 10;
  EXPECT_GT(share_of(head.orbits, extract_brain(head.scan, head.carried, keeps_all)), 0.05);
}

TEST(ExtractBrain, RefusesAScanThatHoldsNoBrain) {
  HeadWithEyes head;
  const CarriedTemplate beside =
      carry_template(test::phantom_template(), head.grid, DisplacementField(head.grid, Eigen::Vector3f::Zero()),
                     Affine(Eigen::Translation3d(0, 200, 0)));
  EXPECT_THROW(extract_brain(head.scan, beside), InputError);
  for (float& value : head.scan.values) value = 0;
  EXPECT_THROW(extract_brain(head.scan, head.carried), InputError);
}

TEST(BuildTemplate, OfAHeadWhoseTissuesAreKnownHasThem) {
  const Grid grid = test::phantom_grid();
  const Volume head = test::phantom_scan(grid, {});
  const test::Ellipsoid thalamus{{-1, 30, 5}, {12, 12, 12}, 1};  // as bright as white matter
  Volume brain = head;
  LabelMap atlas(grid);
  const TissueMaps truth = test::phantom_tissues(grid, {});
  const Mask inside = intracranial_through(grid, [](const Vec3& p) { return p; });
  const Mask deep = test::rendered_mask(grid, [&](const Vec3& p) { return thalamus.distance_mm(p) < 0; });
  for (std::size_t n = 0; n < brain.size(); ++n) {
    if (!inside[n]) brain[n] = 0;
    atlas[n] = deep[n] ? 77 : (truth.gm[n] > 0.5F ? 1 : 0);
  }
  const HeadTemplate result = build_template(head, brain, atlas);
  const auto at = [&](const Volume& volume, const Vec3& p) {
    const Vec3 index = (grid.lps_to_index() * p).array().round();
    return volume.at(int(index[0]), int(index[1]), int(index[2]));
  };
  EXPECT_GT(at(result.wm_prior, Vec3(0, -40, 10)), 0.8);
  EXPECT_GT(at(result.gm_prior, thalamus.centre_mm), 0.8) << "gray by convention";
  EXPECT_GT(at(result.gm_prior, Vec3(0, 71, 3)), 0.5);
  EXPECT_GT(at(result.csf_prior, Vec3(13, -4, 10)), 0.8) << "ventricle";
  for (std::size_t n = 0; n < grid.voxel_count(); ++n)
    ASSERT_LE(result.gm_prior[n] + result.wm_prior[n] + result.csf_prior[n], 1.0001F);
  EXPECT_GT(dice(result.intracranial_mask, inside), 0.97);
}

}  // namespace
}  // namespace wane
