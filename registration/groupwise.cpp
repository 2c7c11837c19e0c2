#include "registration/groupwise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "imaging/line_kernels.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"
#include "registration/brightness_difference.h"

namespace wane {
namespace {

constexpr int moment_count = 9;  // xx yy zz xy xz yz of the gradient, then residual times x y z

// A rectangle of one slice; both ends belong to it. Empty where high < low.
struct Part {
  int low_i = 0, high_i = -1, low_j = 0, high_j = -1;
  bool empty() const { return high_i < low_i || high_j < low_j; }
  bool has_row(int j) const { return !empty() && j >= low_j && j <= high_j; }
  std::size_t width() const { return std::size_t(high_i - low_i + 1); }
};

Part united(const Part& a, const Part& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.low_i, b.low_i), std::max(a.high_i, b.high_i), std::min(a.low_j, b.low_j),
          std::max(a.high_j, b.high_j)};
}

Part widened(const Part& part, int voxels, const Grid& grid) {
  if (part.empty()) return part;
  return {std::max(part.low_i - voxels, 0), std::min(part.high_i + voxels, grid.size[0] - 1),
          std::max(part.low_j - voxels, 0), std::min(part.high_j + voxels, grid.size[1] - 1)};
}

// Of every slice what lies within `voxels` of the parts, slices before and behind included.
std::vector<Part> widened(const std::vector<Part>& parts, int voxels, const Grid& grid) {
  std::vector<Part> result(parts.size());
  const int slices = int(parts.size());
  for (int k = 0; k < slices; ++k)
    for (int near = std::max(k - voxels, 0); near <= std::min(k + voxels, slices - 1); ++near)
      result[std::size_t(k)] = united(result[std::size_t(k)], widened(parts[std::size_t(near)], voxels, grid));
  return result;
}

// Of every slice the rectangle around what is not zero.
std::vector<Part> parts_of(const std::vector<float>& weight, const Grid& grid) {
  std::vector<Part> parts(std::size_t(grid.size[2]));
  parallel_for(parts.size(), [&](std::size_t k) {
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i)
        if (weight[grid.offset(i, j, int(k))] != 0) parts[k] = united(parts[k], {i, i, j, j});
  });
  return parts;
}

std::vector<Part> whole(const Grid& grid) {
  return std::vector<Part>(std::size_t(grid.size[2]), Part{0, grid.size[0] - 1, 0, grid.size[1] - 1});
}

// f(offset of the first voxel, part, j, k) for the rows of the parts.
template <class F>
void each_row(const std::vector<Part>& parts, const Grid& grid, F&& f) {
  parallel_for(parts.size(), [&](std::size_t k) {
    const Part& part = parts[k];
    for (int j = part.low_j; j <= part.high_j && !part.empty(); ++j)
      f(grid.offset(part.low_i, j, int(k)), part, j, int(k));
  });
}

// Central differences per voxel, one-sided at the border, along a row of a part.
void gradient_of_row(const std::vector<float>& values, const Grid& grid, const Part& part, int j, int k,
                     float* const gradient[3]) {
  const float* row = values.data() + grid.offset(0, j, k);
  for (int i = part.low_i; i <= part.high_i; ++i) {
    const int low = std::max(i - 1, 0), high = std::min(i + 1, grid.size[0] - 1);
    gradient[0][i - part.low_i] = (row[high] - row[low]) * (1.F / float(std::max(1, high - low)));
  }
  const auto across = [&](int low_j, int high_j, int low_k, int high_k, float* out) {
    const float* low = values.data() + grid.offset(part.low_i, low_j, low_k);
    const float* high = values.data() + grid.offset(part.low_i, high_j, high_k);
    const float scale = 1.F / float(std::max(1, high_j - low_j + high_k - low_k));
    for (std::size_t i = 0; i < part.width(); ++i) out[i] = (high[i] - low[i]) * scale;
  };
  across(std::max(j - 1, 0), std::min(j + 1, grid.size[1] - 1), k, k, gradient[1]);
  across(j, j, std::max(k - 1, 0), std::min(k + 1, grid.size[2] - 1), gradient[2]);
}

void mean_of(const std::vector<std::vector<float>>& volumes, std::vector<float>& mean) {
  parallel_blocks(mean.size(), voxel_block, [&](std::size_t begin, std::size_t end) {
    std::copy(volumes[0].begin() + std::ptrdiff_t(begin), volumes[0].begin() + std::ptrdiff_t(end),
              mean.begin() + std::ptrdiff_t(begin));
    for (std::size_t v = 1; v < volumes.size(); ++v)
      for (std::size_t n = begin; n < end; ++n) mean[n] += volumes[v][n];
    for (std::size_t n = begin; n < end; ++n) mean[n] /= float(volumes.size());
  });
}

// The rows of the moments that a row of the result is made of.
struct MomentRows {
  const float* row[moment_count];
};

// (tensor + damping) step = -(residual times gradient), at most half a voxel long; a row of smoothed moments.
__attribute__((target_clones("avx2", "default"))) void solve_row(const MomentRows& m, float damping, std::size_t width,
                                                                 float* step_x, float* step_y, float* step_z) {
  for (std::size_t n = 0; n < width; ++n) {
    const float xx = m.row[0][n] + damping, yy = m.row[1][n] + damping, zz = m.row[2][n] + damping;
    const float xy = m.row[3][n], xz = m.row[4][n], yz = m.row[5][n];
    const float rx = m.row[6][n], ry = m.row[7][n], rz = m.row[8][n];
    const float c00 = yy * zz - yz * yz, c01 = xz * yz - xy * zz, c02 = xy * yz - xz * yy;
    const float c11 = xx * zz - xz * xz, c12 = xy * xz - xx * yz, c22 = xx * yy - xy * xy;
    const float determinant = xx * c00 + xy * c01 + xz * c02;
    // Where there is neither gradient nor brightness (damping 0) nothing says where to go.
    const float scale = std::abs(determinant) >= std::numeric_limits<float>::min() ? -1.F / determinant : 0.F;
    const float x = scale * (c00 * rx + c01 * ry + c02 * rz);
    const float y = scale * (c01 * rx + c11 * ry + c12 * rz);
    const float z = scale * (c02 * rx + c12 * ry + c22 * rz);
    const float length = std::sqrt(x * x + y * y + z * z);
    const float limit = 0.5F / std::max(length, 0.5F);
    step_x[n] = limit * x;
    step_y[n] = limit * y;
    step_z[n] = limit * z;
  }
}

class Level {
 public:
  Level(std::vector<Volume> visits, Volume weight, const GroupwiseOptions& options, double neighbourhood_mm)
      : grid_(weight.grid), weight_(std::move(weight.values)), options_(options) {
    sigma_voxels_ = Vec3::Constant(neighbourhood_mm).cwiseQuotient(grid_.spacing_mm);
    for (int axis = 0; axis < 3; ++axis)
      kernels_[axis] = sigma_voxels_[axis] > 0.05 && grid_.size[axis] > 1 ? gaussian_kernel(sigma_voxels_[axis])
                                                                          : std::vector<float>{1.F};
    compared_ = parts_of(weight_, grid_);
    const int reach = std::max({reach_k(), int(kernels_[0].size()) - 1, int(kernels_[1].size()) - 1});
    solved_ = widened(compared_, reach, grid_);
    smoothed_ = widened(solved_, reach, grid_);
    for (Volume& visit : visits) {
      samplers_.emplace_back(visit);
      visit = {};
    }
    const std::size_t count = grid_.voxel_count();
    mean_.assign(count, 0.F);
    warped_.assign(samplers_.size(), std::vector<float>(count, 0.F));
    gain_.assign(samplers_.size(), std::vector<float>(count, 1.F));
    log_brightness_.assign(samplers_.size(), std::vector<float>(count, 0.F));
  }

  void set_log_brightness(std::vector<std::vector<float>> log_brightness) {
    log_brightness_ = std::move(log_brightness);
    for (std::size_t v = 0; v < log_brightness_.size(); ++v)
      parallel_voxels(gain_[v].size(), [&](std::size_t n) { gain_[v][n] = std::exp(-log_brightness_[v][n]); });
  }
  const std::vector<std::vector<float>>& log_brightness() const { return log_brightness_; }

  void iterate(std::vector<VectorField>& fields, int iterations) {
    if (iterations > 0) update(fields, iterations);
    warp_all(fields, whole(grid_));
  }

  const std::vector<std::vector<float>>& warped() const { return warped_; }
  const std::vector<float>& mean() const { return mean_; }
  double last_step_mm() const { return last_step_mm_; }

 private:
  // Of all visits' steps, weighted as the visits are compared.
  double rms_mm(const std::vector<VectorField>& steps) const {
    struct Sums {
      double squares = 0, weight = 0;
      Sums& operator+=(const Sums& other) {
        squares += other.squares;
        weight += other.weight;
        return *this;
      }
    };
    const Vec3 squared_mm = grid_.spacing_mm.cwiseAbs2();
    const Sums sums = parallel_sum(weight_.size(), voxel_block, Sums{}, [&](std::size_t begin, std::size_t end) {
      Sums part;
      for (const VectorField& step : steps)
        for (std::size_t n = begin; n < end; ++n) {
          if (!(weight_[n] > 0)) continue;
          double square = 0;
          for (std::size_t axis = 0; axis < 3; ++axis)
            square +=
                squared_mm[Eigen::Index(axis)] * double(step.component[axis][n]) * double(step.component[axis][n]);
          part.squares += double(weight_[n]) * square;
          part.weight += double(weight_[n]);
        }
      return part;
    });
    return sums.weight > 0 ? std::sqrt(sums.squares / sums.weight) : 0;
  }

  void update(std::vector<VectorField>& fields, int iterations) {
    // Gradients in the compared part need its neighbours; beyond, nothing is looked at.
    const std::vector<Part> needed = widened(compared_, 1, grid_);
    const int slab = std::min(grid_.size[2], slab_slices + 2 * reach_k());
    for (auto& m : moments_) m.assign(std::size_t(slab) * in_slice(), 0.F);
    middle_.assign(grid_.voxel_count(), 0.F);
    std::vector<VectorField> steps(fields.size(), VectorField(grid_));
    VectorField next(grid_);
    for (int iteration = 0; iteration < iterations; ++iteration) {
      warp_all(fields, needed);
      match_brightness();
      const auto noise = float(options_.noise_fraction * mean_brightness());
      for (std::size_t v = 0; v < fields.size(); ++v) step_of(v, needed, noise, steps[v]);
      // The steps sum to zero, as the displacements do.
      remove_mean(steps);
      if (iteration + 1 == iterations) last_step_mm_ = rms_mm(steps);
      for (std::size_t v = 0; v < fields.size(); ++v) {
        compose(fields[v], steps[v], next);
        std::swap(fields[v], next);
      }
      remove_mean(fields);
    }
    for (auto& m : moments_) m = {};
    middle_ = {};
  }

  // The visits seen through their displacements, divided by their fields of brightness, and their mean.
  void warp_all(const std::vector<VectorField>& fields, const std::vector<Part>& parts) {
    const auto& size = grid_.size;
    for (std::size_t v = 0; v < fields.size(); ++v) {
      const auto& [dx, dy, dz] = fields[v].component;
      const CubicSampler& visit = samplers_[v];
      each_row(parts, grid_, [&](std::size_t n, const Part& part, int j, int k) {
        for (int i = part.low_i; i <= part.high_i; ++i, ++n) {
          const float x = std::clamp(float(i) + dx[n], 0.F, float(size[0] - 1));
          const float y = std::clamp(float(j) + dy[n], 0.F, float(size[1] - 1));
          const float z = std::clamp(float(k) + dz[n], 0.F, float(size[2] - 1));
          warped_[v][n] = visit(x, y, z) * gain_[v][n];
        }
      });
    }
    mean_of(warped_, mean_);
  }

  void remove_mean(std::vector<VectorField>& fields) const {
    parallel_blocks(grid_.voxel_count(), 4096, [&](std::size_t begin, std::size_t end) {
      std::vector<float> mean(end - begin);
      for (int c = 0; c < 3; ++c) {
        std::copy_n(fields[0].component[c].begin() + std::ptrdiff_t(begin), end - begin, mean.begin());
        for (std::size_t v = 1; v < fields.size(); ++v) {
          const float* component = fields[v].component[c].data() + begin;
          for (std::size_t n = 0; n < mean.size(); ++n) mean[n] += component[n];
        }
        for (float& m : mean) m /= float(fields.size());
        for (VectorField& field : fields) {
          float* component = field.component[c].data() + begin;
          for (std::size_t n = 0; n < mean.size(); ++n) component[n] -= mean[n];
        }
      }
    });
  }

  double mean_brightness() const {
    struct Sums {
      double weight = 0, bright = 0;
      Sums& operator+=(const Sums& o) {
        weight += o.weight;
        bright += o.bright;
        return *this;
      }
    };
    const Sums sums = parallel_sum(mean_.size(), voxel_block, Sums{}, [&](std::size_t begin, std::size_t end) {
      Sums part;
      for (std::size_t n = begin; n < end; ++n) {
        part.weight += weight_[n];
        part.bright += double(weight_[n]) * mean_[n];
      }
      return part;
    });
    return sums.weight > 0 ? sums.bright / sums.weight : 1;
  }

  // Every visit is divided by how much brighter than the mean it is, smoothly; the differences sum to zero.
  void match_brightness() {
    const double level = mean_brightness();
    std::vector<Volume> differences;
    for (const std::vector<float>& warped : warped_)
      differences.push_back(brightness_difference(grid_, warped, mean_, weight_, level, brightness_sigma_mm));
    for (std::size_t n = 0; n < differences.front().size(); ++n) {
      float mean = 0;
      for (const Volume& d : differences) mean += d[n];
      mean /= float(differences.size());
      for (Volume& d : differences) d[n] -= mean;
    }
    for (std::size_t v = 0; v < differences.size(); ++v) {
      const Volume difference = resample(differences[v], grid_);
      parallel_voxels(mean_.size(), [&](std::size_t n) {
        log_brightness_[v][n] += difference[n];
        const float change = std::exp(-difference[n]);
        gain_[v][n] *= change;
        warped_[v][n] *= change;
      });
    }
    mean_of(warped_, mean_);
  }

  // Least squares in a neighbourhood: (K * g g' + damping) step = -K * (residual g).
  void step_of(std::size_t v, const std::vector<Part>& needed, float noise, VectorField& step) {
    const std::vector<float>& warped = warped_[v];
    each_row(needed, grid_, [&](std::size_t n, const Part& part, int, int) {
      for (const std::size_t end = n + part.width(); n < end; ++n) middle_[n] = 0.5F * (warped[n] + mean_[n]);
    });
    for (int first = 0; first < grid_.size[2]; first += slab_slices) {
      const Slab slab = slab_from(first);
      parallel_for(std::size_t(slab.stored_end - slab.stored), [&](std::size_t n) {
        const int k = slab.stored + int(n);
        clear_moments_of_slice(slab, k);
        if (!compared_[std::size_t(k)].empty()) smooth_moments_of_slice(warped, slab, k);
      });
      smooth_and_solve(slab, noise * noise, step);
    }
    for (auto& c : step.component) gaussian_in_place(c, grid_.size, 0.5 * sigma_voxels_);
  }

  // Moments are held of some slices at a time: of all, they would be the most of the memory.
  static constexpr int slab_slices = 64;
  struct Slab {
    int begin, end;          // of the steps
    int stored, stored_end;  // of the moments: the kernel's reach more on both sides
  };
  int reach_k() const { return int(kernels_[2].size()) - 1; }
  std::size_t in_slice() const { return std::size_t(grid_.size[0]) * std::size_t(grid_.size[1]); }
  Slab slab_from(int begin) const {
    const int end = std::min(begin + slab_slices, grid_.size[2]);
    return {begin, end, std::max(begin - reach_k(), 0), std::min(end + reach_k(), grid_.size[2])};
  }
  float* moments_at(int m, const Slab& slab, int i, int j, int k) {
    return moments_[std::size_t(m)].data() + grid_.offset(i, j, k - slab.stored);
  }

  void clear_moments_of_slice(const Slab& slab, int k) {
    const Part& part = smoothed_[std::size_t(k)];
    for (int m = 0; m < moment_count; ++m)
      for (int j = part.low_j; j <= part.high_j && !part.empty(); ++j)
        std::fill_n(moments_at(m, slab, part.low_i, j, k), part.width(), 0.F);
  }

  // The moments of one slice, smoothed along i and j; nothing but zeros outside of the part and the kernel's reach.
  void smooth_moments_of_slice(const std::vector<float>& warped, const Slab& slab, int k) {
    const Part part = compared_[std::size_t(k)];
    const int reach_i = int(kernels_[0].size()) - 1, reach_j = int(kernels_[1].size()) - 1;
    const Part out{std::max(part.low_i - reach_i, 0), std::min(part.high_i + reach_i, grid_.size[0] - 1),
                   std::max(part.low_j - reach_j, 0), std::min(part.high_j + reach_j, grid_.size[1] - 1)};
    const std::size_t width = part.width(), rows = std::size_t(part.high_j - part.low_j + 1);
    std::vector<float> gradients(3 * width * rows), residuals(width * rows);
    for (int j = part.low_j; j <= part.high_j; ++j) {
      const std::size_t at = std::size_t(j - part.low_j) * width, n = grid_.offset(part.low_i, j, k);
      float* const g[3] = {&gradients[at], &gradients[width * rows + at], &gradients[2 * width * rows + at]};
      gradient_of_row(middle_, grid_, part, j, k, g);
      for (std::size_t i = 0; i < width; ++i) residuals[at + i] = warped[n + i] - mean_[n + i];
    }
    const float* g[3] = {gradients.data(), gradients.data() + width * rows, gradients.data() + 2 * width * rows};
    constexpr int first[moment_count] = {0, 1, 2, 0, 0, 1, 0, 1, 2};
    constexpr int second[moment_count] = {0, 1, 2, 1, 2, 2, -1, -1, -1};
    const std::size_t out_width = out.width();
    std::vector<float> padded(out_width + 2 * std::size_t(reach_i), 0.F), along_i(out_width * rows);
    const std::vector<float> nothing(out_width, 0.F);
    Neighbours near_i(reach_i), near_j(reach_j);
    near_i.around(reach_i, int(padded.size()), [&](int t) { return padded.data() + t; });
    for (int m = 0; m < moment_count; ++m) {
      for (std::size_t j = 0; j < rows; ++j) {
        const float* a = g[first[m]] + j * width;
        const float* b = second[m] < 0 ? residuals.data() + j * width : g[second[m]] + j * width;
        const float* w = weight_.data() + grid_.offset(part.low_i, part.low_j + int(j), k);
        float* p = padded.data() + reach_i + (part.low_i - out.low_i);
        for (std::size_t i = 0; i < width; ++i) p[i] = w[i] * a[i] * b[i];
        // At the volume's border its value is repeated; elsewhere there is nothing beyond the part.
        if (part.low_i == 0) std::fill(padded.data(), p, p[0]);
        if (part.high_i == grid_.size[0] - 1) std::fill(p + width, padded.data() + padded.size(), p[width - 1]);
        symmetric_sum(kernels_[0], near_i.low(), near_i.high(), out_width, along_i.data() + j * out_width);
      }
      for (int j = out.low_j; j <= out.high_j; ++j) {
        near_j.around(j, grid_.size[1], [&](int row) {
          return part.has_row(row) ? along_i.data() + std::size_t(row - part.low_j) * out_width : nothing.data();
        });
        symmetric_sum(kernels_[1], near_j.low(), near_j.high(), out_width, moments_at(m, slab, out.low_i, j, k));
      }
    }
  }

  // The moments smoothed along k too, and the steps that they lead to.
  void smooth_and_solve(const Slab& slab, float damping, VectorField& step) {
    parallel_for(grid_.size[1], [&](std::size_t row) {
      const int j = int(row);
      std::vector<float> smoothed(moment_count * std::size_t(grid_.size[0]));
      Neighbours near(reach_k());
      for (int k = slab.begin; k < slab.end; ++k) {
        const std::size_t start = grid_.offset(0, j, k);
        for (auto& c : step.component) std::fill_n(c.begin() + std::ptrdiff_t(start), grid_.size[0], 0.F);
        const Part& part = solved_[std::size_t(k)];
        if (!part.has_row(j)) continue;
        MomentRows rows;
        for (int m = 0; m < moment_count; ++m) {
          near.around(k, grid_.size[2], [&](int slice) { return moments_at(m, slab, part.low_i, j, slice); });
          float* out = smoothed.data() + std::size_t(m) * std::size_t(grid_.size[0]);
          symmetric_sum(kernels_[2], near.low(), near.high(), part.width(), out);
          rows.row[m] = out;
        }
        const std::size_t n = start + std::size_t(part.low_i);
        solve_row(rows, damping, part.width(), &step.component[0][n], &step.component[1][n], &step.component[2][n]);
      }
    });
  }

  Grid grid_;
  std::vector<float> weight_;
  std::vector<Part> compared_;  // where the weight is not zero
  std::vector<Part> solved_;    // where steps may differ from zero
  std::vector<Part> smoothed_;  // whose moments the steps are made of
  GroupwiseOptions options_;
  Vec3 sigma_voxels_;
  std::array<std::vector<float>, 3> kernels_;
  std::vector<CubicSampler> samplers_;
  std::vector<std::vector<float>> log_brightness_;
  std::vector<std::vector<float>> gain_;  // exp(-log_brightness_)
  std::vector<std::vector<float>> warped_;
  std::vector<float> mean_;
  std::vector<float> middle_;  // between a visit and the mean
  double last_step_mm_ = 0;
  std::array<std::vector<float>, moment_count> moments_;  // of the step under way
};

double finest_neighbourhood_mm(const GroupwiseOptions& options, const Grid& grid) {
  return std::max(options.neighbourhood_mm, grid.spacing_mm.maxCoeff());
}

}  // namespace

GroupwiseResult register_groupwise(const std::vector<Volume>& visits, const Volume& weight,
                                   const GroupwiseOptions& options) {
  if (visits.empty()) throw InputError("there is no visit to register.");
  for (const Volume& visit : visits) require_same_grid(visit.grid, weight.grid, "a visit", "the weight");
  const double finest_mm = weight.grid.spacing_mm.maxCoeff();
  GroupwiseResult result;
  std::vector<VectorField> fields;
  std::vector<std::vector<float>> log_brightness;
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
                finest ? finest_neighbourhood_mm(options, grid) : spacing_mm);
    std::vector<VectorField> next;
    std::vector<std::vector<float>> next_log_brightness;
    for (std::size_t v = 0; v < visits.size(); ++v) {
      next.push_back(fields.empty() ? VectorField(grid) : resampled(fields[v], grid));
      if (log_brightness.empty()) {
        next_log_brightness.emplace_back(grid.voxel_count(), 0.F);
      } else {
        Volume last(last_grid);
        last.values = log_brightness[v];
        next_log_brightness.push_back(resample(last, grid).values);
      }
    }
    fields = std::move(next);
    level.set_log_brightness(std::move(next_log_brightness));
    level.iterate(fields, visits.size() > 1 ? options.iterations[l] : 0);
    log_brightness = level.log_brightness();
    last_grid = grid;
    result.last_step_mm = level.last_step_mm();
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
