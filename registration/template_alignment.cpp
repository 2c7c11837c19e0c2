#include "registration/template_alignment.h"

#include <cmath>

#include "imaging/morphology.h"
#include "imaging/parallel.h"
#include "imaging/resample.h"
#include "registration/visit_registration.h"

namespace wane {
namespace {

constexpr int bins = 32;
using Parameters = Eigen::Matrix<double, 12, 1>;  // in units of about 2 mm at the border of the head

// Intensities as continuous bins 0 .. bins - 1 between the 1st and 99.5th percentile of what is not background.
Volume binned(const Volume& volume, const Mask* within) {
  std::vector<float> values;
  for (std::size_t n = 0; n < volume.size(); n += 3)
    if ((!within || (*within)[n]) && volume[n] > 0) values.push_back(volume[n]);
  Volume result(volume.grid);
  if (values.size() < 100) return result;
  const auto at = [&](double fraction) {
    const auto place = values.begin() + std::ptrdiff_t(fraction * double(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return *place;
  };
  const float high = at(0.995);
  const float low = std::min(at(0.01), 0.5F * high);
  parallel_voxels(volume.size(), [&](std::size_t n) {
    result[n] = std::clamp((volume[n] - low) / (high - low), 0.F, 1.F) * (bins - 1.001F);
  });
  return result;
}

struct Point {
  Vec3 position_mm;
  float bin;
};

// More points make an evaluation slower, not better: 12 parameters are well determined by this many.
constexpr std::size_t most_points = 50000;

std::vector<Point> points_of(const Volume& bins_of_head, const Mask& region) {
  std::vector<Point> points;
  const Affine to_lps = bins_of_head.grid.index_to_lps();
  const auto& size = bins_of_head.grid.size;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i)
        if (region.at(i, j, k)) points.push_back({to_lps * Vec3(i, j, k), bins_of_head.at(i, j, k)});
  if (points.size() <= most_points) return points;
  // A stride that shares no factor with the rows' lengths would do; the golden ratio scatters the choice evenly.
  std::vector<Point> chosen;
  const double share = double(most_points) / double(points.size());
  double phase = 0;
  for (const Point& point : points) {
    phase += 0.6180339887498949;
    if (phase >= 1) phase -= 1;
    if (phase < share) chosen.push_back(point);
  }
  return chosen;
}

struct Histogram {
  std::vector<double> joint = std::vector<double>(bins * bins, 0.0);
  double inside = 0;
  Histogram& operator+=(const Histogram& other) {
    for (std::size_t n = 0; n < joint.size(); ++n) joint[n] += other.joint[n];
    inside += other.inside;
    return *this;
  }
};

double entropy(const std::vector<double>& counts, double total) {
  double h = 0;
  for (const double c : counts)
    if (c > 0) h -= c / total * std::log(c / total);
  return h;
}

class Similarity {
 public:
  Similarity(const std::vector<Point>& points, const Volume& scan_bins, const Vec3& pivot_mm)
      : points_(points), scan_(scan_bins), pivot_mm_(pivot_mm) {}

  // Template to scan: scale, shear and rotation about the template's centre, after `start`.
  Affine transform(const Affine& start, const Parameters& p) const {
    const double turn = 0.02, stretch = 0.02;
    Affine local = Affine::Identity();
    const Vec3 w = turn * p.segment<3>(3);
    const Mat3 rotation =
        w.norm() > 1e-12 ? Eigen::AngleAxisd(w.norm(), w.normalized()).toRotationMatrix() : Mat3::Identity();
    Mat3 shape = Mat3::Identity();
    for (int axis = 0; axis < 3; ++axis) shape(axis, axis) = std::exp(stretch * p[6 + axis]);
    shape(0, 1) = stretch * p[9];
    shape(0, 2) = stretch * p[10];
    shape(1, 2) = stretch * p[11];
    local.linear() = rotation * shape;
    local.translation() = pivot_mm_ + 2.0 * p.head<3>() - local.linear() * pivot_mm_;
    return start * local;
  }

  TemplateAlignment evaluate(const Affine& template_to_scan) const {
    const Affine map = scan_.grid.lps_to_index() * template_to_scan;
    const LinearSampler sampler(scan_);
    const auto counts = parallel_sum(points_.size(), 8192, Histogram{}, [&](std::size_t begin, std::size_t end) {
      Histogram h;
      for (std::size_t n = begin; n < end; ++n) {
        const Vec3 at = map * points_[n].position_mm;
        const float value = sampler(float(at[0]), float(at[1]), float(at[2]), -1.F);
        if (value < 0) continue;
        h.inside += 1;
        add(h.joint, points_[n].bin, value);
      }
      return h;
    });
    TemplateAlignment result;
    result.template_to_scan = template_to_scan;
    result.overlap = points_.empty() ? 0 : counts.inside / double(points_.size());
    if (result.overlap < 0.3) return result;
    std::vector<double> of_head(bins, 0.0), of_scan(bins, 0.0);
    for (int a = 0; a < bins; ++a)
      for (int b = 0; b < bins; ++b) {
        of_head[a] += counts.joint[a * bins + b];
        of_scan[b] += counts.joint[a * bins + b];
      }
    const double together = entropy(counts.joint, counts.inside);
    if (together > 1e-9)
      result.normalised_mutual_information =
          (entropy(of_head, counts.inside) + entropy(of_scan, counts.inside)) / together;
    return result;
  }

  // What is minimised; little overlap and improbable shapes cost.
  double cost(const Affine& start, const Parameters& p) const {
    const TemplateAlignment a = evaluate(transform(start, p));
    const double missing = std::max(0.0, 0.9 - a.overlap);
    const double shape = p.segment<3>(6).squaredNorm() / 64.0 + p.tail<3>().squaredNorm() / 25.0;
    return -a.normalised_mutual_information + 0.3 * missing * missing + 0.0008 * shape;
  }

 private:
  static void add(std::vector<double>& joint, float a, float b) {
    const int i = int(a), j = int(b);
    const double fa = a - i, fb = b - j;
    double* cell = joint.data() + i * bins + j;
    cell[0] += (1 - fa) * (1 - fb);
    cell[1] += (1 - fa) * fb;
    cell[bins] += fa * (1 - fb);
    cell[bins + 1] += fa * fb;
  }

  const std::vector<Point>& points_;
  const Volume& scan_;
  Vec3 pivot_mm_;
};

// BFGS with central differences over the first `dimensions` parameters.
double minimise(const Similarity& similarity, const Affine& start, Parameters& p, int dimensions, int iterations,
                double step) {
  Eigen::MatrixXd inverse_hessian = Eigen::MatrixXd::Identity(dimensions, dimensions) * 200.0;
  double value = similarity.cost(start, p);
  Eigen::VectorXd gradient(dimensions);
  const auto differences = [&](const Parameters& at) {
    Eigen::VectorXd g(dimensions);
    for (int d = 0; d < dimensions; ++d) {
      Parameters up = at, down = at;
      up[d] += step;
      down[d] -= step;
      g[d] = (similarity.cost(start, up) - similarity.cost(start, down)) / (2 * step);
    }
    return g;
  };
  gradient = differences(p);
  for (int iteration = 0; iteration < iterations; ++iteration) {
    Eigen::VectorXd direction = -inverse_hessian * gradient;
    if (direction.dot(gradient) >= 0) {
      inverse_hessian = Eigen::MatrixXd::Identity(dimensions, dimensions) * 200.0;
      direction = -inverse_hessian * gradient;
    }
    if (direction.norm() > 4.0) direction *= 4.0 / direction.norm();
    Parameters next = p;
    double reached = value;
    double length = 1.0;
    for (; length > 0.02; length *= 0.4) {
      next = p;
      next.head(dimensions) += length * direction;
      reached = similarity.cost(start, next);
      if (reached < value + 1e-4 * length * direction.dot(gradient)) break;
    }
    if (!(reached < value - 1e-7)) break;
    const Eigen::VectorXd moved = (next - p).head(dimensions);
    const Eigen::VectorXd slope = differences(next);
    const Eigen::VectorXd turned = slope - gradient;
    const double curvature = moved.dot(turned);
    if (curvature > 1e-12) {
      const Eigen::MatrixXd left =
          Eigen::MatrixXd::Identity(dimensions, dimensions) - moved * turned.transpose() / curvature;
      inverse_hessian = left * inverse_hessian * left.transpose() + moved * moved.transpose() / curvature;
    }
    const bool converged = value - reached < 1e-5 && moved.norm() < 0.05;
    p = next;
    value = reached;
    gradient = slope;
    if (converged) break;
  }
  return value;
}

Mask coarse_region(const Mask& region, const Grid& grid) {
  return resample(region, grid);
}

Vec3 centre_of_mass(const Volume& volume) {
  Vec3 sum = Vec3::Zero();
  double total = 0;
  const auto& size = volume.grid.size;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        const double w = volume.at(i, j, k);
        sum += w * Vec3(i, j, k);
        total += w;
      }
  if (total <= 0) return volume.grid.centre_mm();
  return volume.grid.index_to_lps() * Vec3(sum / total);
}

// Where the head's middle may be: the scan's middle, its centre of mass, and the middle of a head hanging from the
// highest signal (which neck and shoulders do not move), each also a little up and down.
std::vector<Vec3> candidate_centres(const Volume& scan_bins) {
  const Affine to_lps = scan_bins.grid.index_to_lps();
  const auto& size = scan_bins.grid.size;
  std::vector<double> heights;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i)
        if (scan_bins.at(i, j, k) > 0.15F * bins) heights.push_back((to_lps * Vec3(i, j, k))[2]);
  const Vec3 mass = centre_of_mass(scan_bins);
  std::vector<Vec3> centres{scan_bins.grid.centre_mm(), mass};
  if (heights.size() > 50) {
    const auto top = heights.begin() + std::ptrdiff_t(0.998 * double(heights.size() - 1));
    std::nth_element(heights.begin(), top, heights.end());
    centres.emplace_back(mass[0], mass[1], *top - 75.0);
    centres.emplace_back(mass[0], mass[1] + 15.0, *top - 75.0);
  }
  const std::size_t found = centres.size();
  for (std::size_t n = 0; n < found; ++n)
    for (const double dz : {-35.0, 35.0}) centres.push_back(centres[n] + Vec3(0, 0, dz));
  return centres;
}

struct Start {
  Affine affine;
  double cost;
};

// The first (best) of those that have come to the same place, at most `most_starts`.
std::vector<Start> distinct(const std::vector<Start>& starts, const Vec3& pivot_mm) {
  constexpr std::size_t most_starts = 8;
  constexpr double same_place_mm = 12.0;
  const auto apart_mm = [&](const Affine& a, const Affine& b) {
    double most = 0;
    for (int axis = 0; axis < 3; ++axis)
      for (const double side : {-70.0, 70.0}) {
        const Vec3 p = pivot_mm + side * Vec3::Unit(axis);
        most = std::max(most, (a * p - b * p).norm());
      }
    return most;
  };
  std::vector<Start> kept;
  for (const Start& start : starts) {
    if (kept.size() == most_starts) break;
    const bool known = std::any_of(kept.begin(), kept.end(),
                                   [&](const Start& k) { return apart_mm(k.affine, start.affine) < same_place_mm; });
    if (!known) kept.push_back(start);
  }
  return kept;
}

}  // namespace

TemplateAlignment align_to_template(const Volume& head, const Mask& brain, const Volume& scan,
                                    const TemplateAlignmentOptions& options) {
  require_same_grid(head.grid, brain.grid, "the template's head", "its brain");
  const Mask coarse_brain = resample(brain, isotropic_grid(brain.grid, 2.0));
  const Mask region = dilated(coarse_brain, options.margin_mm);
  const auto level = [&](double spacing_mm) {
    const Volume head_level = downsampled(head, spacing_mm);
    const Mask region_level = coarse_region(region, head_level.grid);
    return std::pair(points_of(binned(head_level, &region_level), region_level),
                     binned(downsampled(scan, spacing_mm), nullptr));
  };
  const auto [coarse_points, coarse_scan] = level(8.0);
  Vec3 pivot = Vec3::Zero();
  for (const Point& point : coarse_points) pivot += point.position_mm;
  if (!coarse_points.empty()) pivot /= double(coarse_points.size());
  const Similarity coarse(coarse_points, coarse_scan, pivot);

  // Every start is tried as it is; the best are optimised.
  std::vector<Start> starts;
  const double widest = options.search_angle_degrees;
  for (const Vec3& centre : candidate_centres(coarse_scan))
    for (const double pitch : {-widest, -widest / 2, 0.0, widest / 2, widest})
      for (const double roll : {-widest * 0.7, 0.0, widest * 0.7})
        for (const double yaw : {-widest * 0.7, 0.0, widest * 0.7}) {
          Affine start = Affine::Identity();
          const double radians = EIGEN_PI / 180.0;
          start.linear() =
              (Eigen::AngleAxisd(pitch * radians, Vec3::UnitX()) * Eigen::AngleAxisd(roll * radians, Vec3::UnitY()) *
               Eigen::AngleAxisd(yaw * radians, Vec3::UnitZ()))
                  .toRotationMatrix();
          start.translation() = centre - start.linear() * pivot;
          starts.push_back({start, 0});
        }
  parallel_tasks(starts.size(),
                 [&](std::size_t n) { starts[n].cost = coarse.cost(starts[n].affine, Parameters::Zero()); });
  const auto better = [](const Start& a, const Start& b) { return a.cost < b.cost; };
  std::stable_sort(starts.begin(), starts.end(), better);
  starts.resize(std::min<std::size_t>(starts.size(), 40));
  parallel_tasks(starts.size(), [&](std::size_t n) {
    Parameters p = Parameters::Zero();
    starts[n].cost = minimise(coarse, starts[n].affine, p, 6, 8, 0.5);
    starts[n].affine = coarse.transform(starts[n].affine, p);
  });
  std::stable_sort(starts.begin(), starts.end(), better);
  starts = distinct(starts, pivot);

  // Mutual information is blind to a template blown up to the scalp's size. Each of the best is therefore tried with
  // several sizes, and local correlation within the skull, which sees folds and ventricles, decides.
  const double fine_mm = options.finest_mm;
  const Volume head_fine = downsampled(head, fine_mm), scan_fine = downsampled(scan, fine_mm);
  const Mask region_fine = resample(dilated(coarse_brain, 3.0), head_fine.grid);
  const Mask nowhere(scan_fine.grid);  // the template's region decides where to look
  VisitRegistrationOptions refinement;
  // Sizes along the axes come last: with all of them free, a start that is far off is stretched instead of turned.
  refinement.model = LinearModel::similarity;
  refinement.normalisation_sigma_mm = 12.0;
  refinement.coarsest_mm = refinement.finest_mm = 2 * fine_mm;
  const ComparableScan head_tried = comparable_scan(head_fine, region_fine, refinement);
  const ComparableScan scan_tried = comparable_scan(scan_fine, nowhere, refinement);
  std::vector<VisitRegistration> candidates;
  const auto try_starts = [&](const std::vector<double>& pitches_degrees) {
    std::vector<Affine> turned;
    for (const Start& start : starts)
      for (const double pitch : pitches_degrees)
        for (const double size : {0.9, 1.0, 1.1})
          turned.push_back(start.affine * Eigen::Translation3d(pivot) *
                           Eigen::AngleAxisd(pitch * EIGEN_PI / 180, Vec3::UnitX()) * Eigen::Scaling(size) *
                           Eigen::Translation3d(-pivot));
    const std::size_t before = candidates.size();
    candidates.resize(before + turned.size());
    parallel_tasks(turned.size(), [&](std::size_t n) {
      candidates[before + n] = register_visits(head_tried, scan_tried, turned[n], refinement);
    });
  };
  try_starts({0.0});
  const auto plausible = [](const VisitRegistration& c) {
    const Vec3 stretch = Mat3(c.a_to_b.linear()).jacobiSvd().singularValues();
    return stretch.allFinite() && stretch.maxCoeff() < 1.4 && stretch.minCoeff() > 0.65;
  };
  const auto closer = [&](const VisitRegistration& a, const VisitRegistration& b) {
    return std::pair(plausible(a), a.correlation) > std::pair(plausible(b), b.correlation);
  };
  std::stable_sort(candidates.begin(), candidates.end(), closer);
  // Nearly all heads are found by now. A nod is what is most often still wrong.
  constexpr double surely_found = 0.6;
  if (candidates.front().correlation < surely_found) {
    try_starts({-24.0, -12.0, 12.0, 24.0});
    std::stable_sort(candidates.begin(), candidates.end(), closer);
  }
  candidates.resize(std::min<std::size_t>(candidates.size(), 3));
  refinement.model = LinearModel::affine;
  refinement.coarsest_mm = 2 * fine_mm;
  refinement.finest_mm = fine_mm;
  const ComparableScan head_refined = comparable_scan(head_fine, region_fine, refinement);
  const ComparableScan scan_refined = comparable_scan(scan_fine, nowhere, refinement);
  parallel_tasks(candidates.size(), [&](std::size_t n) {
    candidates[n] = register_visits(head_refined, scan_refined, candidates[n].a_to_b, refinement);
  });
  std::stable_sort(candidates.begin(), candidates.end(), closer);
  if (!plausible(candidates.front())) return coarse.evaluate(starts.front().affine);
  TemplateAlignment result = coarse.evaluate(candidates.front().a_to_b);
  result.correlation = candidates.front().correlation;
  return result;
}

}  // namespace wane
