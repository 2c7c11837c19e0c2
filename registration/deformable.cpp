#include "registration/deformable.h"

#include <cmath>

#include "base/parallel.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"
#include "registration/vector_field.h"

namespace wane {
namespace {

// The moving volume and its gradient (per fixed voxel) seen through the current map.
struct Warped {
  std::vector<float> value;
  std::array<std::vector<float>, 3> gradient;
};

Warped warp(const Volume& moving, const Affine& fixed_index_to_moving_index, const VectorField& field) {
  Warped result;
  const std::size_t count = field.grid.voxel_count();
  result.value.resize(count);
  for (auto& g : result.gradient) g.resize(count);
  const LinearSampler sampler(moving);
  const Eigen::Matrix3f turn = fixed_index_to_moving_index.linear().transpose().cast<float>();
  const auto& size = field.grid.size;
  parallel_for(size[2], [&](std::size_t k) {
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        const std::size_t n = field.grid.offset(i, j, int(k));
        const Vec3 p = fixed_index_to_moving_index *
                       Vec3(i + field.component[0][n], j + field.component[1][n], double(k) + field.component[2][n]);
        Eigen::Vector3f g;
        result.value[n] = sampler.with_gradient(float(p[0]), float(p[1]), float(p[2]), g.data());
        g = turn * g;
        for (int c = 0; c < 3; ++c) result.gradient[c][n] = g[c];
      }
  });
  return result;
}

// Ascent direction of the squared local correlation for the displacement of the moving volume (Avants 2008, eq. 6).
VectorField correlation_force(const Volume& fixed, const std::vector<float>& weight, const Warped& moving, int radius) {
  const Grid& grid = fixed.grid;
  const std::size_t count = grid.voxel_count();
  const std::vector<float>&f = fixed.values, &m = moving.value;
  std::vector<float> mean_f = f, mean_m = m, ff(count), mm(count), fm(count);
  parallel_voxels(count, [&](std::size_t n) {
    ff[n] = f[n] * f[n];
    mm[n] = m[n] * m[n];
    fm[n] = f[n] * m[n];
  });
  for (auto* values : {&mean_f, &mean_m, &ff, &mm, &fm}) box_mean_in_place(*values, grid.size, radius);
  VectorField force(grid);
  parallel_voxels(count, [&](std::size_t n) {
    if (weight[n] <= 0) return;
    const float sff = ff[n] - mean_f[n] * mean_f[n];
    const float smm = mm[n] - mean_m[n] * mean_m[n];
    const float sfm = fm[n] - mean_f[n] * mean_m[n];
    if (sff < 1e-3F || smm < 1e-3F) return;  // intensities are scaled to about 100: this is flat background
    const float scale = weight[n] * 2 * sfm / (sff * smm) * ((f[n] - mean_f[n]) - sfm / smm * (m[n] - mean_m[n]));
    for (int c = 0; c < 3; ++c) force.component[c][n] = scale * moving.gradient[c][n];
  });
  return force;
}

// Robust unit: the 99th percentile of the positive values becomes 100.
Volume scaled_to_hundred(const Volume& volume) {
  std::vector<float> positive;
  for (std::size_t n = 0; n < volume.size(); n += 2)
    if (volume[n] > 0) positive.push_back(volume[n]);
  Volume result = volume;
  if (positive.empty()) return result;
  const auto high = positive.begin() + std::ptrdiff_t(0.99 * double(positive.size() - 1));
  std::nth_element(positive.begin(), high, positive.end());
  const float factor = 100.F / std::max(*high, 1e-6F);
  parallel_voxels(result.size(), [&](std::size_t n) { result[n] = std::clamp(result[n] * factor, 0.F, 150.F); });
  return result;
}

}  // namespace

DisplacementField register_deformable(const Volume& fixed, const Volume& fixed_weight, const Volume& moving,
                                      const Affine& fixed_to_moving, const DeformableOptions& options) {
  require_same_grid(fixed.grid, fixed_weight.grid, "the fixed volume", "its weight");
  const Volume fixed_scaled = scaled_to_hundred(fixed);
  const Volume moving_scaled = scaled_to_hundred(moving);
  VectorField field;
  for (std::size_t level = 0; level < options.levels_mm.size(); ++level) {
    const double spacing_mm = options.levels_mm[level];
    const Grid grid = isotropic_grid(fixed.grid, spacing_mm);
    const Volume f = resample(downsampled(fixed_scaled, spacing_mm), grid);
    const Volume weight = resample(fixed_weight, grid);
    const Volume m = downsampled(moving_scaled, spacing_mm);
    field = level == 0 ? VectorField(grid) : resampled(field, grid);
    VectorField next(grid);
    const Affine map = m.grid.lps_to_index() * fixed_to_moving * grid.index_to_lps();
    for (int iteration = 0; iteration < options.iterations[level]; ++iteration) {
      const Warped moved = warp(m, map, field);
      VectorField force = correlation_force(f, weight.values, moved, options.correlation_radius_voxels);
      smooth(force, options.update_sigma_voxels);
      const double most = largest_norm(force);
      if (most < 1e-9) break;
      // Steps of a fixed length, shorter towards the end so that the field settles.
      const double fraction = double(iteration) / options.iterations[level];
      const float scale = float((fraction < 0.6 ? 0.5 : 0.25) / most);
      for (auto& c : force.component) parallel_voxels(c.size(), [&](std::size_t n) { c[n] *= scale; });
      compose(field, force, next);
      std::swap(field, next);
      smooth(field, options.field_sigma_voxels);
    }
  }
  return to_displacement_mm(field);
}

}  // namespace wane
