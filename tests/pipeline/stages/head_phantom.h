// A head of ellipsoids with its tissues known at every point: scalp, skull, CSF, gray and white matter, ventricles. For
// stages that need a whole head, at 3 mm so that they take seconds.
#pragma once

#include <vector>

#include "base/counted_random.h"
#include "pipeline/stages/extract.h"
#include "segmentation/tissue_maps.h"
#include "tests/registration/phantoms_for_tests.h"

namespace wane::test {

struct PhantomVisit {
  double scale = 1;            // in length, of the whole head: as a wrong voxel size shows it
  double ventricle_scale = 1;  // in length, of the ventricles: what they gain, white matter loses
  std::uint64_t noise_seed = 1;
};

// What fills space at a point, 0..1 each.
struct PhantomTissue {
  double scalp = 0, csf = 0, gm = 0, wm = 0;
};

inline const std::vector<Ellipsoid>& phantom_ventricles() {
  static const std::vector<Ellipsoid> ventricles{{{13, -4, 10}, {8, 26, 12}, 1}, {{-14, 0, 9}, {9, 27, 11}, 1}};
  return ventricles;
}
constexpr double phantom_border_mm = 2.5;
inline const Ellipsoid phantom_brain{{0, 2, 3}, {57, 75, 64}, 1};
inline const Ellipsoid phantom_white{{1, 3, 6}, {46, 62, 50}, 1};

inline const Ellipsoid phantom_cranium{{0, 1, 2}, {62, 80, 70}, 1};

inline double ellipsoid_ml(const Ellipsoid& e) {
  return 4.0 / 3 * EIGEN_PI * e.radii_mm.prod() / 1000;
}

inline double ventricles_ml(double scale) {
  double ml = 0;
  for (const Ellipsoid& one : phantom_ventricles()) ml += ellipsoid_ml(one) * scale * scale * scale;
  return ml;
}

// In mL, before the head is scaled.
inline double phantom_wm_ml(const PhantomVisit& visit) {
  return ellipsoid_ml(phantom_white) - ventricles_ml(visit.ventricle_scale);
}
inline double phantom_gm_ml() {
  return ellipsoid_ml(phantom_brain) - ellipsoid_ml(phantom_white);
}

inline PhantomTissue tissue_at(const Vec3& point, const PhantomVisit& visit) {
  const Vec3 p = point / visit.scale;
  const auto inside = [&](const Ellipsoid& e) { return soft_inside(e.distance_mm(p), phantom_border_mm); };
  double ventricle = 0;
  for (Ellipsoid one : phantom_ventricles()) {
    one.radii_mm *= visit.ventricle_scale;
    ventricle += inside(one);
  }
  const double head = inside({{0, 0, 0}, {76, 94, 84}, 1}), skull = inside({{0, 0, 0}, {70, 88, 78}, 1});
  const double cranium = inside(phantom_cranium), brain = inside(phantom_brain);
  const double white = inside(phantom_white);
  PhantomTissue tissue;
  tissue.scalp = head - skull;
  tissue.wm = std::max(0.0, white - ventricle);
  tissue.gm = std::max(0.0, brain - white);
  tissue.csf = std::max(0.0, cranium - tissue.wm - tissue.gm);
  return tissue;
}

inline Grid phantom_grid() {
  return upright_grid({56, 68, 62}, Vec3::Constant(3));
}

// As a scanner shows it: CSF 25, gray matter 72, white matter 100, scalp 110, skull and air 6.
inline double brightness(const PhantomTissue& tissue) {
  return 6 + 104 * tissue.scalp + 19 * tissue.csf + 66 * tissue.gm + 94 * tissue.wm;
}

// With noise of 1.
inline Volume phantom_scan(const Grid& grid, const PhantomVisit& visit) {
  const CountedRandom noise(visit.noise_seed);
  Volume scan = rendered(grid, [&](const Vec3& p) { return brightness(tissue_at(p, visit)); });
  for (std::size_t n = 0; n < scan.size(); ++n) scan[n] += float(noise.normal(n));
  return scan;
}

inline TissueMaps phantom_tissues(const Grid& grid, const PhantomVisit& visit) {
  return {rendered(grid, [&](const Vec3& p) { return tissue_at(p, visit).gm; }),
          rendered(grid, [&](const Vec3& p) { return tissue_at(p, visit).wm; }),
          rendered(grid, [&](const Vec3& p) { return tissue_at(p, visit).csf; })};
}

// As the stage `extract` hands visits on whose brain it has found without error.
inline ExtractedBrain phantom_extracted(const std::vector<PhantomVisit>& visits, const PhantomVisit& mean = {}) {
  const Grid grid = phantom_grid();
  ExtractedBrain extracted;
  extracted.mean = Volume(grid);
  for (const PhantomVisit& visit : visits) {
    extracted.corrected.push_back(phantom_scan(grid, visit));
    for (std::size_t n = 0; n < extracted.mean.size(); ++n)
      extracted.mean[n] += extracted.corrected.back()[n] / float(visits.size());
    extracted.scan_axes.push_back(Mat3::Identity());
    extracted.unseen_brain_ml.push_back(0);
  }
  extracted.comparable = Volume(grid, 1.F);
  const auto within = [&](double mm) {
    return rendered_mask(grid, [&](const Vec3& p) { return phantom_cranium.distance_mm(p) < mm; });
  };
  extracted.brain_mask = within(-1);
  extracted.intracranial = within(0);
  extracted.coarsest_voxel_mm3 = grid.spacing_mm.prod();
  const TissueMaps maps = phantom_tissues(grid, mean);
  extracted.gm_prior = maps.gm;
  extracted.wm_prior = maps.wm;
  extracted.csf_prior = maps.csf;
  return extracted;
}

// The head as its own template.
inline HeadTemplate phantom_template() {
  const Grid grid = phantom_grid();
  const TissueMaps maps = phantom_tissues(grid, {});
  return {phantom_scan(grid, {}),
          rendered(grid, [](const Vec3& p) { return soft_inside(phantom_cranium.distance_mm(p), 2); }),
          maps.gm,
          maps.wm,
          maps.csf,
          rendered_mask(grid, [](const Vec3& p) { return phantom_cranium.distance_mm(p) < 0; })};
}

}  // namespace wane::test
