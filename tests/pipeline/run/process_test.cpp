// The maps on the scans' own grids, on a head of ellipsoids.
#include "pipeline/run/process.h"

#include <gtest/gtest.h>

#include "tests/pipeline/stages/head_phantom.h"

namespace wane {
namespace {

Grid centred(Grid grid) {
  grid.origin_mm -= grid.centre_mm();
  return grid;
}

// Slices from front to back, left and right stored the other way round, and the box tilted.
Grid flipped_grid() {
  Grid grid;
  grid.size = {66, 62, 72};
  grid.spacing_mm = Vec3(2.8, 3.0, 3.0);
  Mat3 axes = Mat3::Zero();
  axes(0, 0) = -1;
  axes(2, 1) = 1;
  axes(1, 2) = 1;
  grid.direction = test::turned(9, Vec3(1, 0.5, -1)).linear() * axes;
  return centred(grid);
}

template <class F>
double dice(const Mask& mask, F&& inside_at_lps) {
  const Mask truth = test::rendered_mask(mask.grid, inside_at_lps);
  double both = 0, sum = 0;
  for (std::size_t n = 0; n < mask.size(); ++n) {
    both += mask[n] && truth[n] ? 1 : 0;
    sum += mask[n] + truth[n];
  }
  return 2 * both / sum;
}

Mask of_label(const LabelMap& labels, int label) {
  Mask mask(labels.grid);
  for (std::size_t n = 0; n < labels.size(); ++n) mask[n] = labels[n] == label;
  return mask;
}

// The larger ventricle is on the right: taken for the left one, it would be seen.
TEST(NativeMaps, LieWhereTheScanShowsThemWhateverItsOrientation) {
  Affine scan_to_head = test::turned(7, Vec3(2, -1, 1));
  scan_to_head.pretranslate(Vec3(4, 3, -6));
  const Vec3 moved(2, -3, 1.5);  // the visit's anatomy against the person's average
  ProcessedParticipant processed;
  const Grid midpoint = test::phantom_grid();
  processed.conformed.resize(1);
  processed.conformed[0].scan.grid = flipped_grid();
  processed.aligned.visits.resize(1);
  processed.aligned.visits[0].midpoint_to_scan = scan_to_head.inverse();
  processed.measurement.visits.resize(1);
  processed.measurement.visits[0].visit_to_average = DisplacementField(midpoint, moved.cast<float>());
  processed.joint_tissues = test::phantom_tissues(midpoint, {});
  processed.extracted.brain =
      test::rendered_mask(midpoint, [](const Vec3& p) { return test::phantom_cranium.distance_mm(p) < 0; });

  const NativeMaps maps = native_maps(processed, 0);
  const auto to_average = [&](const Vec3& p) { return Vec3(scan_to_head * p + moved); };
  EXPECT_EQ(maps.brain.grid.size, flipped_grid().size);
  EXPECT_GT(dice(maps.brain, [&](const Vec3& p) { return test::phantom_cranium.distance_mm(to_average(p)) < 0; }),
            0.98);
  const auto fullest = [&](int label) {
    return [&, label](const Vec3& p) {
      const test::PhantomTissue tissue = test::tissue_at(to_average(p), {});
      if (test::phantom_cranium.distance_mm(to_average(p)) >= 0) return false;
      const double most = std::max({tissue.csf, tissue.gm, tissue.wm});
      return (label == 1 ? tissue.csf : label == 2 ? tissue.gm : tissue.wm) == most;
    };
  };
  EXPECT_GT(dice(of_label(maps.tissue, 1), fullest(1)), 0.95);
  EXPECT_GT(dice(of_label(maps.tissue, 2), fullest(2)), 0.95);
  EXPECT_GT(dice(of_label(maps.tissue, 3), fullest(3)), 0.97);
}

TEST(NativeMaps, HoldNothingWhereTheScanShowsNothing) {
  ProcessedParticipant processed;
  const Grid midpoint = test::phantom_grid();
  processed.conformed.resize(1);
  processed.conformed[0].scan.grid = midpoint;
  processed.aligned.visits.resize(1);
  processed.aligned.visits[0].seen = test::rendered_mask(midpoint, [](const Vec3& p) { return p[2] > 0; });
  processed.measurement.visits.resize(1);
  processed.measurement.visits[0].visit_to_average = DisplacementField(midpoint, Eigen::Vector3f::Zero());
  processed.joint_tissues = test::phantom_tissues(midpoint, {});
  processed.extracted.brain =
      test::rendered_mask(midpoint, [](const Vec3& p) { return test::phantom_cranium.distance_mm(p) < 0; });
  const NativeMaps maps = native_maps(processed, 0);
  EXPECT_GT(dice(maps.brain, [](const Vec3& p) { return p[2] > 0 && test::phantom_cranium.distance_mm(p) < 0; }), 0.99);
}

}  // namespace
}  // namespace wane
