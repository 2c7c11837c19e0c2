// A person from raw scans through all stages in memory, and the maps on the scans' own grids, on a head of ellipsoids
// that is its own template.
#include "pipeline/run/process.h"

#include <gtest/gtest.h>

#include "tests/pipeline/stages/head_phantom.h"

namespace wane {
namespace {

using test::PhantomVisit;

const ErrorModel no_errors{{}, {}, {}, {1, 1, 1}, 0, {}};

// The raw scan of a head that lies otherwise in the scanner, on the scanner's own grid.
Volume raw_scan(const Grid& grid, const Affine& scan_to_head, const PhantomVisit& visit) {
  const CountedRandom noise(visit.noise_seed);
  Volume scan =
      test::rendered(grid, [&](const Vec3& p) { return test::brightness(test::tissue_at(scan_to_head * p, visit)); });
  for (std::size_t n = 0; n < scan.size(); ++n) scan[n] = std::max(0.F, scan[n] + float(noise.normal(n)));
  return scan;
}

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

Grid upright() {
  return centred(test::upright_grid({60, 72, 66}, Vec3::Constant(3)));
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
  processed.measurement.visits[0].visit_to_mean = DisplacementField(midpoint, moved.cast<float>());
  processed.joint_tissues = test::phantom_tissues(midpoint, {});
  processed.extracted.brain_mask =
      test::rendered_mask(midpoint, [](const Vec3& p) { return test::phantom_cranium.distance_mm(p) < 0; });

  const NativeMaps maps = native_maps(processed, 0);
  const auto to_mean = [&](const Vec3& p) { return Vec3(scan_to_head * p + moved); };
  EXPECT_EQ(maps.brain.grid.size, flipped_grid().size);
  EXPECT_GT(dice(maps.brain, [&](const Vec3& p) { return test::phantom_cranium.distance_mm(to_mean(p)) < 0; }), 0.98);
  const auto fullest = [&](int label) {
    return [&, label](const Vec3& p) {
      const test::PhantomTissue tissue = test::tissue_at(to_mean(p), {});
      if (test::phantom_cranium.distance_mm(to_mean(p)) >= 0) return false;
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
  processed.measurement.visits[0].visit_to_mean = DisplacementField(midpoint, Eigen::Vector3f::Zero());
  processed.joint_tissues = test::phantom_tissues(midpoint, {});
  processed.extracted.brain_mask =
      test::rendered_mask(midpoint, [](const Vec3& p) { return test::phantom_cranium.distance_mm(p) < 0; });
  const NativeMaps maps = native_maps(processed, 0);
  EXPECT_GT(dice(maps.brain, [](const Vec3& p) { return p[2] > 0 && test::phantom_cranium.distance_mm(p) < 0; }), 0.99);
}

TEST(ProcessParticipant, GivesAllPartsOfAPersonWhoseScansLieOtherwise) {
  const std::vector<PhantomVisit> visits{{1, 0.95, 1}, {1, 1.05, 2}};
  std::vector<Affine> scan_to_head{test::turned(3, Vec3(1, 2, 0)), test::turned(4, Vec3(-1, 1, 2))};
  scan_to_head[0].pretranslate(Vec3(3, -4, 2));
  scan_to_head[1].pretranslate(Vec3(-2, 5, 1));
  const std::vector<Grid> grids{upright(), flipped_grid()};
  std::vector<VisitScan> scans;
  for (std::size_t v = 0; v < 2; ++v)
    scans.push_back(
        {"scan " + std::to_string(v), raw_scan(grids[v], scan_to_head[v], visits[v]), "ses-0" + std::to_string(v + 1)});
  RunOptions options;
  options.conform.search_angle_degrees = 5;
  options.align.spacing_mm = 3;
  options.extract.warp_spacing_mm = 4;
  options.measure.calibration = false;
  std::vector<std::string> stages;
  const ProcessedParticipant processed =
      process_participant(std::move(scans), {test::phantom_template(), no_errors}, options,
                          [&](const char* stage, int) { stages.emplace_back(stage); });
  EXPECT_EQ(stages, (std::vector<std::string>{"conform", "align", "extract", "segment", "measure"}));

  const Measurement& measurement = processed.measurement;
  ASSERT_EQ(measurement.changes.size(), 1U);
  const double gm = test::phantom_gm_ml();
  const double planted = percent_change(gm + test::phantom_wm_ml(visits[0]), gm + test::phantom_wm_ml(visits[1]));
  EXPECT_NEAR(measurement.changes[0].percent.brain, planted, 0.25 * std::abs(planted));
  EXPECT_NEAR(measurement.visits[0].volumes_ml.brain, gm + test::phantom_wm_ml(visits[0]), 0.05 * gm);
  ASSERT_EQ(processed.quality.visits.size(), 2U);
  for (std::size_t v = 0; v < 2; ++v) {
    const NativeMaps maps = native_maps(processed, v);
    const auto white = [&](const Vec3& p) { return test::tissue_at(scan_to_head[v] * p, visits[v]).wm > 0.5; };
    EXPECT_GT(dice(of_label(maps.tissue, 3), white), 0.95);
    EXPECT_EQ(maps.tissue.grid.size, grids[v].size);
  }
}

}  // namespace
}  // namespace wane
