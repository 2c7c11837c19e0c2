#include "registration/groupwise.h"

#include <cmath>

#include "imaging/error.h"
#include "imaging/parallel.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"

namespace wane {
namespace {

constexpr std::size_t block = 65536;
using Components = std::array<std::vector<float>, 3>;

// The visit seen through its displacement, divided by its field of brightness.
std::vector<float> warp(const CubicSampler& visit, const VectorField& field, const std::vector<float>& log_brightness) {
  std::vector<float> result(field.grid.voxel_count());
  const auto& size = field.grid.size;
  parallel_for(size[2], [&](std::size_t k) {
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        const std::size_t n = field.grid.offset(i, j, int(k));
        const float x = std::clamp(i + field.component[0][n], 0.F, float(size[0] - 1));
        const float y = std::clamp(j + field.component[1][n], 0.F, float(size[1] - 1));
        const float z = std::clamp(float(k) + field.component[2][n], 0.F, float(size[2] - 1));
        result[n] = visit(x, y, z) * std::exp(-log_brightness[n]);
      }
  });
  return result;
}

std::vector<float> mean_of(const std::vector<std::vector<float>>& volumes) {
  std::vector<float> mean(volumes.front().size());
  parallel_for(
      mean.size(),
      [&](std::size_t n) {
        float sum = 0;
        for (const auto& v : volumes) sum += v[n];
        mean[n] = sum / float(volumes.size());
      },
      block);
  return mean;
}

// Central differences per voxel; one-sided at the border.
Components gradient_of(const std::vector<float>& values, const Grid& grid) {
  Components g;
  for (auto& c : g) c.resize(values.size());
  const auto& size = grid.size;
  parallel_for(size[2], [&](std::size_t k) {
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        const std::array<int, 3> at{i, j, int(k)};
        const std::size_t n = grid.offset(i, j, int(k));
        for (int axis = 0; axis < 3; ++axis) {
          auto low = at, high = at;
          low[axis] = std::max(at[axis] - 1, 0);
          high[axis] = std::min(at[axis] + 1, size[axis] - 1);
          const float width = float(std::max(1, high[axis] - low[axis]));
          g[axis][n] =
              (values[grid.offset(high[0], high[1], high[2])] - values[grid.offset(low[0], low[1], low[2])]) / width;
        }
      }
  });
  return g;
}

class Level {
 public:
  Level(std::vector<Volume> visits, Volume weight, const GroupwiseOptions& options, double neighbourhood_mm)
      : grid_(weight.grid), weight_(std::move(weight.values)), options_(options) {
    sigma_voxels_ = Vec3::Constant(neighbourhood_mm).cwiseQuotient(grid_.spacing_mm);
    for (const Volume& visit : visits) samplers_.emplace_back(visit);
    brightness_.assign(visits.size(), std::vector<float>(grid_.voxel_count(), 0.F));
  }

  void set_brightness(std::vector<std::vector<float>> log_brightness) { brightness_ = std::move(log_brightness); }
  const std::vector<std::vector<float>>& brightness() const { return brightness_; }

  void iterate(std::vector<VectorField>& fields, int iterations) {
    for (int iteration = 0; iteration < iterations; ++iteration) {
      warp_all(fields);
      if (iteration % 3 == 0) {
        match_brightness();
        warp_all(fields);
      }
      std::vector<VectorField> steps;
      for (std::size_t v = 0; v < fields.size(); ++v) steps.push_back(step_of(v));
      // The steps sum to zero, as the displacements do.
      remove_mean(steps);
      for (std::size_t v = 0; v < fields.size(); ++v) fields[v] = composed(fields[v], steps[v]);
      remove_mean(fields);
    }
    warp_all(fields);
  }

  const std::vector<std::vector<float>>& warped() const { return warped_; }
  const std::vector<float>& mean() const { return mean_; }

 private:
  void warp_all(const std::vector<VectorField>& fields) {
    warped_.clear();
    for (std::size_t v = 0; v < fields.size(); ++v) warped_.push_back(warp(samplers_[v], fields[v], brightness_[v]));
    mean_ = mean_of(warped_);
  }

  void remove_mean(std::vector<VectorField>& fields) const {
    parallel_for(
        grid_.voxel_count(),
        [&](std::size_t n) {
          for (int c = 0; c < 3; ++c) {
            float sum = 0;
            for (const VectorField& f : fields) sum += f.component[c][n];
            sum /= float(fields.size());
            for (VectorField& f : fields) f.component[c][n] -= sum;
          }
        },
        block);
  }

  // Smooth log ratio of each visit to the mean, from places without edges, so that shifts of borders do not count.
  void match_brightness() {
    const Components g = gradient_of(mean_, grid_);
    double total = 0, bright = 0;
    for (std::size_t n = 0; n < mean_.size(); ++n) {
      total += weight_[n];
      bright += double(weight_[n]) * mean_[n];
    }
    const float level = float(total > 0 ? bright / total : 1);
    const double coarse_mm = std::max(4.0, grid_.spacing_mm.maxCoeff());
    Volume even(grid_);
    parallel_for(
        mean_.size(),
        [&](std::size_t n) {
          const float slope = (g[0][n] * g[0][n] + g[1][n] * g[1][n] + g[2][n] * g[2][n]) / (0.01F * level * level);
          even[n] = mean_[n] > 0.4F * level ? weight_[n] * std::exp(-slope) : 0.F;
        },
        block);
    const Volume smooth_even = gaussian(downsampled(even, coarse_mm), options_.brightness_sigma_mm);
    float most = 0;
    for (const float v : smooth_even.values) most = std::max(most, v);
    std::vector<Volume> fields;
    for (std::size_t v = 0; v < warped_.size(); ++v) {
      Volume ratio(grid_);
      parallel_for(
          mean_.size(),
          [&](std::size_t n) {
            if (even[n] <= 0 || warped_[v][n] <= 0) return;
            ratio[n] = even[n] * std::clamp(std::log(warped_[v][n] / mean_[n]), -0.5F, 0.5F);
          },
          block);
      Volume coarse = gaussian(downsampled(ratio, coarse_mm), options_.brightness_sigma_mm);
      for (std::size_t n = 0; n < coarse.size(); ++n) coarse[n] /= smooth_even[n] + 1e-4F * most + 1e-12F;
      fields.push_back(resample(coarse, grid_));
    }
    parallel_for(
        mean_.size(),
        [&](std::size_t n) {
          float sum = 0;
          for (const Volume& f : fields) sum += f[n];
          sum /= float(fields.size());
          for (std::size_t v = 0; v < fields.size(); ++v) brightness_[v][n] += fields[v][n] - sum;
        },
        block);
  }

  // Least squares in a neighbourhood: (K * g g' + damping) step = -K * (residual g).
  VectorField step_of(std::size_t v) const {
    const std::size_t count = grid_.voxel_count();
    std::vector<float> middle(count);
    parallel_for(
        count, [&](std::size_t n) { middle[n] = 0.5F * (warped_[v][n] + mean_[n]); }, block);
    const Components g = gradient_of(middle, grid_);
    std::array<std::vector<float>, 9> moments;  // xx yy zz xy xz yz, then residual times x y z
    for (auto& m : moments) m.resize(count);
    parallel_for(
        count,
        [&](std::size_t n) {
          const float w = weight_[n], r = warped_[v][n] - mean_[n];
          const float x = g[0][n], y = g[1][n], z = g[2][n];
          moments[0][n] = w * x * x;
          moments[1][n] = w * y * y;
          moments[2][n] = w * z * z;
          moments[3][n] = w * x * y;
          moments[4][n] = w * x * z;
          moments[5][n] = w * y * z;
          moments[6][n] = w * r * x;
          moments[7][n] = w * r * y;
          moments[8][n] = w * r * z;
        },
        block);
    for (auto& m : moments) gaussian_in_place(m, grid_.size, sigma_voxels_);
    const float noise = float(options_.noise_fraction) * level();
    const float damping = noise * noise;
    VectorField step(grid_);
    parallel_for(
        count,
        [&](std::size_t n) {
          Eigen::Matrix3f a;
          a << moments[0][n] + damping, moments[3][n], moments[4][n], moments[3][n], moments[1][n] + damping,
              moments[5][n], moments[4][n], moments[5][n], moments[2][n] + damping;
          const Eigen::Vector3f d = -a.inverse() * Eigen::Vector3f(moments[6][n], moments[7][n], moments[8][n]);
          const float length = d.norm();
          const float limit = length > 0.5F ? 0.5F / length : 1.F;
          for (int c = 0; c < 3; ++c) step.component[c][n] = limit * d[c];
        },
        block);
    for (auto& c : step.component) gaussian_in_place(c, grid_.size, 0.5 * sigma_voxels_);
    return step;
  }

  float level() const {
    double total = 0, bright = 0;
    for (std::size_t n = 0; n < mean_.size(); n += 7) {
      total += weight_[n];
      bright += double(weight_[n]) * mean_[n];
    }
    return float(total > 0 ? bright / total : 1);
  }

  Grid grid_;
  std::vector<float> weight_;
  GroupwiseOptions options_;
  Vec3 sigma_voxels_;
  std::vector<CubicSampler> samplers_;
  std::vector<std::vector<float>> brightness_;
  std::vector<std::vector<float>> warped_;
  std::vector<float> mean_;
};

}  // namespace

GroupwiseResult register_groupwise(const std::vector<Volume>& visits, const Volume& weight,
                                   const GroupwiseOptions& options) {
  if (visits.empty()) throw InputError("there is no visit to register.");
  for (const Volume& visit : visits) require_same_grid(visit.grid, weight.grid, "a visit", "the weight");
  const double finest_mm = weight.grid.spacing_mm.maxCoeff();
  GroupwiseResult result;
  std::vector<VectorField> fields;
  std::vector<std::vector<float>> brightness;
  Grid last_grid;
  for (std::size_t l = 0; l < options.levels_mm.size(); ++l) {
    const bool finest = options.levels_mm[l] <= finest_mm;
    if (finest && l + 1 < options.levels_mm.size())
      continue;  // the volumes are no finer than this: one last level does
    const double spacing_mm = finest ? finest_mm : options.levels_mm[l];
    const Grid grid = finest ? weight.grid : isotropic_grid(weight.grid, spacing_mm);
    std::vector<Volume> level_visits;
    for (const Volume& visit : visits)
      level_visits.push_back(finest ? visit : resample(downsampled(visit, spacing_mm), grid));
    Level level(std::move(level_visits), finest ? weight : resample(weight, grid), options,
                finest ? std::max(options.neighbourhood_mm, spacing_mm) : spacing_mm);
    std::vector<VectorField> next;
    std::vector<std::vector<float>> next_brightness;
    for (std::size_t v = 0; v < visits.size(); ++v) {
      next.push_back(fields.empty() ? VectorField(grid) : resampled(fields[v], grid));
      if (brightness.empty()) {
        next_brightness.emplace_back(grid.voxel_count(), 0.F);
      } else {
        Volume last(last_grid);
        last.values = brightness[v];
        next_brightness.push_back(resample(last, grid).values);
      }
    }
    fields = std::move(next);
    level.set_brightness(std::move(next_brightness));
    level.iterate(fields, visits.size() > 1 ? options.iterations[l] : 0);
    brightness = level.brightness();
    last_grid = grid;
    if (!finest) continue;
    for (std::size_t v = 0; v < visits.size(); ++v) {
      Volume warped(grid);
      warped.values = level.warped()[v];
      result.warped.push_back(std::move(warped));
    }
    result.mean = Volume(grid);
    result.mean.values = level.mean();
    break;
  }
  result.mean_to_visit = std::move(fields);
  return result;
}

}  // namespace wane
