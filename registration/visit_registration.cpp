#include "registration/visit_registration.h"

#include <cmath>
#include <limits>
#include <unsupported/Eigen/MatrixFunctions>
#include <utility>

#include "base/error.h"
#include "base/median.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "imaging/sample_points.h"
#include "imaging/sampled_box.h"
#include "imaging/smooth.h"
#include "registration/affine_sums.h"
#include "registration/rigid.h"

namespace wane {
namespace {

using Generator = Eigen::Matrix4d;
constexpr int most_iterations = 40;

std::vector<Generator> generators(LinearModel model) {
  std::vector<Generator> result;
  const auto unit = [](int row, int column) {
    Generator g = Generator::Zero();
    g(row, column) = 1;
    return g;
  };
  // Lengths of some 100 mm are the unit, so that all parameters move points by comparable distances.
  constexpr double reach_mm = 60.0;
  for (int axis = 0; axis < 3; ++axis) result.push_back(unit(axis, 3));
  for (int axis = 0; axis < 3; ++axis)
    result.push_back((unit((axis + 2) % 3, (axis + 1) % 3) - unit((axis + 1) % 3, (axis + 2) % 3)) / reach_mm);
  if (model == LinearModel::similarity) {
    result.push_back((unit(0, 0) + unit(1, 1) + unit(2, 2)) / reach_mm);
    return result;
  }
  if (model == LinearModel::rigid_with_scales || model == LinearModel::affine)
    for (int axis = 0; axis < 3; ++axis) result.push_back(unit(axis, axis) / reach_mm);
  if (model == LinearModel::affine)
    for (int axis = 0; axis < 3; ++axis)
      result.push_back((unit((axis + 2) % 3, (axis + 1) % 3) + unit((axis + 1) % 3, (axis + 2) % 3)) / reach_mm);
  return result;
}

Affine square_root(const Affine& transform) {
  Affine root(Eigen::Matrix4d(transform.matrix().sqrt()));
  root.makeAffine();
  return root;
}

// The scan's own voxels in the box around its region and 16 mm more.
Grid grid_around(const Grid& scan, const Mask& region) {
  const Mask wide = dilated(resample(region, isotropic_grid(scan, 4.0)), 16.0);
  Box box = bounding_box(wide);
  if (box.empty()) box = {{0, 0, 0}, {wide.grid.size[0] - 1, wide.grid.size[1] - 1, wide.grid.size[2] - 1}};
  const auto corner = [&](const std::array<int, 3>& index) {
    return scan.lps_to_index() * (wide.grid.index_to_lps() * Vec3(index[0], index[1], index[2]));
  };
  const Vec3 low = corner(box.low), high = corner(box.high);
  return cropped_grid(scan, {int(std::floor(low[0])), int(std::floor(low[1])), int(std::floor(low[2]))},
                      {int(std::ceil(high[0])), int(std::ceil(high[1])), int(std::ceil(high[2]))});
}

// `part` and `region`: on one grid, that of grid_around.
ComparableLevel comparable_level(const Volume& part, const Volume& region, double spacing_mm, double sigma_mm) {
  Volume level = downsampled(part, spacing_mm);
  const Volume mean = gaussian(level, sigma_mm);
  Volume square(level.grid);
  parallel_voxels(level.size(), [&](std::size_t n) {
    level[n] -= mean[n];
    square[n] = level[n] * level[n];
  });
  const Volume variance = gaussian(square, sigma_mm);
  const double total = parallel_sum(variance.size(), voxel_block, 0.0, [&](std::size_t begin, std::size_t end) {
    double sum = 0;
    for (std::size_t n = begin; n < end; ++n) sum += variance[n];
    return sum;
  });
  const float floor = float(0.05 * total / double(variance.size()) + 1e-12);
  parallel_voxels(level.size(), [&](std::size_t n) { level[n] /= std::sqrt(variance[n] + floor); });
  Volume weight = resample(region, level.grid);
  return {spacing_mm, std::move(level), std::move(weight)};
}

std::vector<double> spacings_mm(const VisitRegistrationOptions& options) {
  std::vector<double> result;
  for (double spacing_mm = options.coarsest_mm; spacing_mm > options.finest_mm * 0.99; spacing_mm /= 2)
    result.push_back(spacing_mm < 2 * options.finest_mm * 0.99 ? options.finest_mm : spacing_mm);
  return result;
}

double diagonal_mm(const Grid& grid) {
  return Vec3(grid.size[0], grid.size[1], grid.size[2]).cwiseProduct(grid.spacing_mm).norm();
}

[[noreturn]] void refuse_diverged() {
  throw InputError(
      "The alignment of two visits came to no result: check that both scans show the whole head of the same person.");
}

// Two boxes that overlap, and of the same scale, reach no further together than their diagonals. Twice that leaves room
// for a poor start; beyond it the alignment has run away, and the half-way grid would fill the memory.
void require_plausible_extent(const Vec3& extent_mm, double diagonals_mm) {
  constexpr double most_diagonals = 2;
  if (!(extent_mm.maxCoeff() <= most_diagonals * diagonals_mm) || !extent_mm.allFinite()) refuse_diverged();
}

// Half-way points in a frame that is the same whichever scan is called a.
Grid halfway_grid(const ComparableLevel& a, const Affine& half_to_a, const ComparableLevel& b, const Affine& half_to_b,
                  double spacing_mm) {
  Vec3 low = Vec3::Constant(std::numeric_limits<double>::max());
  Vec3 high = -low;
  const auto include = [&](const ComparableLevel& scan, const Affine& half_to_scan) {
    const Affine map = half_to_scan.inverse() * scan.weight.grid.index_to_lps();
    const auto& size = scan.weight.grid.size;
    for (int corner = 0; corner < 8; ++corner) {
      const Vec3 p =
          map * Vec3((corner & 1) ? size[0] - 1 : 0, (corner & 2) ? size[1] - 1 : 0, (corner & 4) ? size[2] - 1 : 0);
      low = low.cwiseMin(p);
      high = high.cwiseMax(p);
    }
  };
  include(a, half_to_a);
  include(b, half_to_b);
  require_plausible_extent(high - low, diagonal_mm(a.weight.grid) + diagonal_mm(b.weight.grid));
  Grid grid;
  grid.spacing_mm = Vec3::Constant(spacing_mm);
  grid.origin_mm = low;
  for (int axis = 0; axis < 3; ++axis) grid.size[axis] = std::max(1, int((high[axis] - low[axis]) / spacing_mm) + 1);
  return grid;
}

constexpr int jackknife_groups = 8;
struct GroupSums {
  std::array<AffineSums, jackknife_groups> groups;
  GroupSums& operator+=(const GroupSums& o) {
    for (std::size_t g = 0; g < groups.size(); ++g) groups[g] += o.groups[g];
    return *this;
  }
};

// A scan's values and gradients (per voxel step) at the points of a row.
struct RowValues {
  std::vector<float> value, along_x, along_y, along_z;
  // 0 outside of the scan.
  void sample_values(const Volume& scan, const PointsView& points) {
    value.resize(points.count);
    sample_points(scan.grid.size, scan.values.data(), points, 0.F, value.data());
  }
  // -100 outside of the scan.
  void sample(const Volume& scan, const PointsView& points) {
    for (auto* of : {&value, &along_x, &along_y, &along_z}) of->resize(points.count);
    sample_points_with_gradient(scan.grid.size, scan.values.data(), points, -100.F, value.data(), along_x.data(),
                                along_y.data(), along_z.data());
  }
  Vec3 gradient(std::size_t n) const { return Vec3(along_x[n], along_y[n], along_z[n]); }
};

// From indices of the half-way grid to continuous indices of the two scans.
struct ScanMaps {
  Affine a, b;
};

// What one thread works in while it adds up a row of the half-way grid: the row's points in both scans, one array for
// each number, so that many points are sampled at once.
struct Row {
  std::array<std::vector<float>, 3> place_a, place_b;  // continuous indices
  std::vector<float> weight_a, weight_b;
  std::vector<int> index;  // of the points that count, within the row
  RowValues of_a, of_b;
  std::vector<AffinePoint> points;

  void resize(std::size_t count) {
    for (auto* places : {&place_a, &place_b})
      for (auto& coordinate : *places) coordinate.resize(count);
    weight_a.resize(count);
    weight_b.resize(count);
  }
  // The half-way points (i, j, k) with i = i_begin, i_begin + i_step, ... below i_end, and their weights.
  void place(const ScanMaps& maps, int i_begin, int i_end, int i_step, int j, int k, const ComparableLevel& a,
             const ComparableLevel& b) {
    const std::size_t count = std::size_t((i_end - i_begin + i_step - 1) / i_step);
    resize(count);
    place_row(maps.a, i_begin, i_step, j, k, count, place_a[0].data(), place_a[1].data(), place_a[2].data());
    place_row(maps.b, i_begin, i_step, j, k, count, place_b[0].data(), place_b[1].data(), place_b[2].data());
    sample_points(a.weight.grid.size, a.weight.values.data(), in_a(), 0.F, weight_a.data());
    sample_points(b.weight.grid.size, b.weight.values.data(), in_b(), 0.F, weight_b.data());
  }
  PointsView in_a() const { return {weight_a.size(), place_a[0].data(), place_a[1].data(), place_a[2].data()}; }
  PointsView in_b() const { return {weight_a.size(), place_b[0].data(), place_b[1].data(), place_b[2].data()}; }
  // Keeps the points whose mean weight is at least `least`; weight_a becomes that mean.
  void keep_weighted(float least) {
    index.clear();
    for (std::size_t n = 0; n < weight_a.size(); ++n) {
      const float w = 0.5F * (weight_a[n] + weight_b[n]);
      if (w < least) continue;
      const std::size_t kept = index.size();
      weight_a[kept] = w;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        place_a[axis][kept] = place_a[axis][n];
        place_b[axis][kept] = place_b[axis][n];
      }
      index.push_back(int(n));
    }
    weight_a.resize(index.size());
  }
};

class HalfwayProblem {
 public:
  HalfwayProblem(const ComparableLevel& a, const ComparableLevel& b, const Grid& grid, const Vec3& pivot_mm,
                 LinearModel model)
      : a_(a),
        b_(b),
        compared_a_(sampled_box({&a.weight}, 0)),
        compared_b_(sampled_box({&b.weight}, 0)),
        grid_(grid),
        pivot_mm_(pivot_mm),
        generators_(generators(model)) {}

  double residual_scale(const Affine& half_to_a, const Affine& half_to_b) const {
    std::vector<std::vector<float>> of_slices((std::size_t(grid_.size[2]) + 1) / 2);
    const ScanMaps maps = maps_for(half_to_a, half_to_b);
    parallel_for(of_slices.size(), [&](std::size_t slice) {
      const int k = 2 * int(slice);
      Row row;
      for (int j = 0; j < grid_.size[1]; j += 2) {
        const auto [begin, end] = compared_part(maps, j, k);
        row.place(maps, begin & ~1, end, 2, j, k, a_, b_);
        row.keep_weighted(0.25F);
        row.of_a.sample_values(a_.normalised, row.in_a());
        row.of_b.sample_values(b_.normalised, row.in_b());
        for (std::size_t n = 0; n < row.index.size(); ++n)
          of_slices[slice].push_back(std::abs(row.of_a.value[n] - row.of_b.value[n]));
      }
    });
    std::vector<float> residuals;
    for (const auto& of_slice : of_slices) residuals.insert(residuals.end(), of_slice.begin(), of_slice.end());
    if (residuals.empty()) return 1;
    return std::max(1e-3, 1.4826 * double(upper_median(std::move(residuals))));
  }

  AffineSums evaluate(const Affine& half_to_a, const Affine& half_to_b, double scale) const {
    const Evaluation evaluation(*this, half_to_a, half_to_b, scale);
    return parallel_sum(std::size_t(grid_.size[2]), 1, AffineSums{}, [&](std::size_t slice, std::size_t) {
      AffineSums sums;
      Row row;
      for (int j = 0; j < grid_.size[1]; ++j) {
        const auto [begin, end] = compared_part(evaluation.maps(), j, int(slice));
        evaluation.add(begin, end, j, int(slice), row, sums);
      }
      return sums;
    });
  }

  // The same, of each group of blocks.
  GroupSums evaluate_groups(const Affine& half_to_a, const Affine& half_to_b, double scale) const {
    constexpr double block_mm = 24.0;
    const Evaluation evaluation(*this, half_to_a, half_to_b, scale);
    const auto block = [&](int index, int axis) { return int(index * grid_.spacing_mm[axis] / block_mm); };
    return parallel_sum(std::size_t(grid_.size[2]), 1, GroupSums{}, [&](std::size_t slice, std::size_t) {
      GroupSums sums;
      Row row;
      for (int j = 0; j < grid_.size[1]; ++j)
        for (int i = 0, end = 0; i < grid_.size[0]; i = end) {
          while (end < grid_.size[0] && block(end, 0) == block(i, 0)) ++end;
          // Neighbours along every axis are of different groups.
          const int group = (block(i, 0) + 2 * block(j, 1) + 3 * block(int(slice), 2)) % jackknife_groups;
          evaluation.add(i, end, j, int(slice), row, sums.groups[std::size_t(group)]);
        }
      return sums;
    });
  }

  // The step in the model's parameters that the sums lead to.
  Eigen::VectorXd step_from(const AffineSums& sums) const {
    const auto count = Eigen::Index(generators_.size());
    Eigen::MatrixXd parts(12, count);  // what each generator is made of
    for (Eigen::Index d = 0; d < count; ++d) {
      const Generator& g = generators_[std::size_t(d)];
      for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) parts(3 * row + column, d) = g(row, column);
        parts(9 + row, d) = g(row, 3);
      }
    }
    const Eigen::Matrix<double, 12, 12> whole = sums.normal.selfadjointView<Eigen::Lower>();
    Eigen::MatrixXd normal = parts.transpose() * whole * parts;
    normal.diagonal().array() += 1e-6 * normal.diagonal().mean() + 1e-12;
    return normal.ldlt().solve(parts.transpose() * sums.right);
  }

  // The motion exp(sum of parameters x generators) about the pivot.
  Affine motion(const Eigen::VectorXd& parameters) const {
    Generator sum = Generator::Zero();
    for (std::size_t d = 0; d < generators_.size(); ++d) sum += parameters[Eigen::Index(d)] * generators_[d];
    Affine result(Eigen::Matrix4d(sum.exp()));
    result.makeAffine();
    return Eigen::Translation3d(pivot_mm_) * result * Eigen::Translation3d(-pivot_mm_);
  }

 private:
  // Adds what points of the half-way grid contribute.
  class Evaluation {
   public:
    Evaluation(const HalfwayProblem& p, const Affine& half_to_a, const Affine& half_to_b, double scale)
        : maps_(p.maps_for(half_to_a, half_to_b)),
          a_(p.a_),
          b_(p.b_),
          cut_(float(4.685 * scale)),
          to_lps_(p.grid_.index_to_lps()),
          pivot_mm_(p.pivot_mm_),
          // Gradients in the scans' voxel steps are turned into the half-way frame's millimetres.
          turn_a_((p.a_.normalised.grid.lps_to_index() * half_to_a).linear().transpose()),
          turn_b_((p.b_.normalised.grid.lps_to_index() * half_to_b).linear().transpose()) {}

    const ScanMaps& maps() const { return maps_; }

    // Points from (i_begin, j, k) up to (i_end, j, k).
    void add(int i_begin, int i_end, int j, int k, Row& row, AffineSums& sums) const {
      row.place(maps_, i_begin, i_end, 1, j, k, a_, b_);
      row.keep_weighted(0.05F);
      row.of_a.sample(a_.normalised, row.in_a());
      row.of_b.sample(b_.normalised, row.in_b());
      row.points.resize(std::max(row.points.size(), row.index.size()));
      std::size_t count = 0;
      for (std::size_t n = 0; n < row.index.size(); ++n) {
        const float w = row.weight_a[n], va = row.of_a.value[n], vb = row.of_b.value[n];
        if (va < -50.F || vb < -50.F) continue;
        const float r = va - vb;
        const float t = 1 - r * r / (cut_ * cut_);
        const double weight = t > 0 ? double(w * t * t) : 0.0;
        sums.weight += w;
        sums.ab += double(w * va * vb);
        sums.aa += double(w * va * va);
        sums.bb += double(w * vb * vb);
        if (weight <= 0) continue;
        const Vec3 gradient = 0.5 * (turn_a_ * row.of_a.gradient(n) + turn_b_ * row.of_b.gradient(n));
        const Vec3 x = to_lps_ * Vec3(i_begin + row.index[n], j, k) - pivot_mm_;
        set_point(gradient, x, weight, double(r), row.points[count++]);
      }
      add_points(row.points, count, sums);
    }

   private:
    ScanMaps maps_;
    const ComparableLevel& a_;
    const ComparableLevel& b_;
    float cut_;
    Affine to_lps_;
    Vec3 pivot_mm_;
    Mat3 turn_a_, turn_b_;
  };

  ScanMaps maps_for(const Affine& half_to_a, const Affine& half_to_b) const {
    return {a_.normalised.grid.lps_to_index() * half_to_a * grid_.index_to_lps(),
            b_.normalised.grid.lps_to_index() * half_to_b * grid_.index_to_lps()};
  }

  // The points of a row that either scan may compare: all others have no weight.
  std::pair<int, int> compared_part(const ScanMaps& maps, int j, int k) const {
    const auto in_a = row_within(compared_a_, maps.a, grid_.size[0], j, k);
    const auto in_b = row_within(compared_b_, maps.b, grid_.size[0], j, k);
    if (in_a.first >= in_a.second) return in_b;
    if (in_b.first >= in_b.second) return in_a;
    return {std::min(in_a.first, in_b.first), std::max(in_a.second, in_b.second)};
  }

  const ComparableLevel& a_;
  const ComparableLevel& b_;
  SampledBox compared_a_, compared_b_;
  Grid grid_;
  Vec3 pivot_mm_;
  std::vector<Generator> generators_;
};

// From where all groups have settled, one step leads to where the others settle without one of them.
std::vector<Affine> transforms_leaving_out(const HalfwayProblem& problem, const Affine& half_to_a,
                                           const Affine& half_to_b) {
  const double scale = problem.residual_scale(half_to_a, half_to_b);
  const GroupSums sums = problem.evaluate_groups(half_to_a, half_to_b, scale);
  std::vector<Affine> result;
  for (int left_out = 0; left_out < jackknife_groups; ++left_out) {
    AffineSums others;
    for (int g = 0; g < jackknife_groups; ++g)
      if (g != left_out) others += sums.groups[std::size_t(g)];
    const Eigen::VectorXd step = problem.step_from(others);
    result.push_back(half_to_b * problem.motion(0.5 * step) * (half_to_a * problem.motion(-0.5 * step)).inverse());
  }
  return result;
}

}  // namespace

double jackknife_error(const std::vector<double>& leaving_out) {
  const auto groups = double(leaving_out.size());
  if (leaving_out.size() < 2) return 0;
  double mean = 0, squares = 0;
  for (const double value : leaving_out) mean += value / groups;
  for (const double value : leaving_out) squares += (value - mean) * (value - mean);
  return std::sqrt(squares * (groups - 1) / groups);
}

ComparableScan comparable_scan(const Volume& scan, const Mask& region, const VisitRegistrationOptions& options) {
  require_same_grid(scan.grid, region.grid, "the scan", "its region");
  const Grid around = grid_around(scan.grid, region);
  const Volume part = resample(scan, around);
  const Volume region_part = as_volume(resample(region, around));
  ComparableScan result;
  for (const double spacing_mm : spacings_mm(options))
    result.push_back(
        comparable_level(part, region_part, spacing_mm, std::max(options.normalisation_sigma_mm, 1.5 * spacing_mm)));
  return result;
}

VisitRegistration register_visits(const ComparableScan& a, const ComparableScan& b, const Affine& initial_a_to_b,
                                  const VisitRegistrationOptions& options) {
  const Affine root = square_root(initial_a_to_b);
  Affine half_to_a = root.inverse();
  Affine half_to_b = root;
  VisitRegistration result;
  for (std::size_t level = 0; level < a.size(); ++level) {
    const double spacing_mm = a[level].spacing_mm;
    const Grid grid = halfway_grid(a[level], half_to_a, b.at(level), half_to_b, spacing_mm);
    const HalfwayProblem problem(a[level], b[level], grid, grid.centre_mm(), options.model);
    for (int iteration = 0; iteration < most_iterations; ++iteration) {
      const double scale = problem.residual_scale(half_to_a, half_to_b);
      const AffineSums sums = problem.evaluate(half_to_a, half_to_b, scale);
      if (sums.weight < 50) break;
      result.correlation = sums.ab / std::sqrt(sums.aa * sums.bb + 1e-12);
      const Eigen::VectorXd step = problem.step_from(sums);
      // a must move by -step / 2 and b by +step / 2 for the residual a - b to vanish.
      half_to_a = half_to_a * problem.motion(-0.5 * step);
      half_to_b = half_to_b * problem.motion(0.5 * step);
      if (step.norm() < options.settled_fraction * spacing_mm) break;
    }
    if (options.jackknife && level + 1 == a.size())
      result.leaving_out = transforms_leaving_out(problem, half_to_a, half_to_b);
  }
  result.a_to_b = half_to_b * half_to_a.inverse();
  if (!result.a_to_b.matrix().allFinite()) refuse_diverged();
  return result;
}

VisitRegistration register_visits(const Volume& a, const Mask& region_a, const Volume& b, const Mask& region_b,
                                  const Affine& initial_a_to_b, const VisitRegistrationOptions& options) {
  return register_visits(comparable_scan(a, region_a, options), comparable_scan(b, region_b, options), initial_a_to_b,
                         options);
}

std::vector<Affine> midpoint_to_visits(std::size_t visits, const std::vector<PairTransform>& pairs) {
  std::vector<Affine> poses(visits, Affine::Identity());
  std::vector<bool> placed(visits, false);
  if (visits == 0) return poses;
  placed[0] = true;
  for (std::size_t round = 0; round < visits; ++round)
    for (const PairTransform& pair : pairs) {
      if (placed[pair.from] && !placed[pair.to]) {
        poses[pair.to] = pair.from_to_to * poses[pair.from];
        placed[pair.to] = true;
      } else if (placed[pair.to] && !placed[pair.from]) {
        poses[pair.from] = pair.from_to_to.inverse() * poses[pair.to];
        placed[pair.from] = true;
      }
    }
  const auto centre = [&] {
    const Affine shift = rigid_mean(poses).inverse();
    for (Affine& pose : poses) pose = pose * shift;
  };
  if (!pairs.empty()) {
    Eigen::MatrixXd laplacian =
        Eigen::MatrixXd::Constant(Eigen::Index(visits), Eigen::Index(visits), 1.0 / double(visits));
    for (const PairTransform& pair : pairs) {
      const auto i = Eigen::Index(pair.from), j = Eigen::Index(pair.to);
      laplacian(i, i) += 1;
      laplacian(j, j) += 1;
      laplacian(i, j) -= 1;
      laplacian(j, i) -= 1;
    }
    const Eigen::LDLT<Eigen::MatrixXd> solver(laplacian);
    for (int iteration = 0; iteration < 20; ++iteration) {
      Eigen::MatrixXd right = Eigen::MatrixXd::Zero(Eigen::Index(visits), 6);
      for (const PairTransform& pair : pairs) {
        const Twist error = rigid_log(poses[pair.to].inverse() * pair.from_to_to * poses[pair.from]);
        right.row(Eigen::Index(pair.to)) += error.transpose();
        right.row(Eigen::Index(pair.from)) -= error.transpose();
      }
      const Eigen::MatrixXd step = solver.solve(right);
      for (std::size_t v = 0; v < visits; ++v)
        poses[v] = poses[v] * rigid_exp(Twist(step.row(Eigen::Index(v)).transpose()));
      if (step.norm() < 1e-12) break;
    }
  }
  centre();
  return poses;
}

}  // namespace wane
