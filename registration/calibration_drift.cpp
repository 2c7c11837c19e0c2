#include "registration/calibration_drift.h"

#include <algorithm>
#include <cmath>
#include <unsupported/Eigen/MatrixFunctions>

#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "registration/visit_registration.h"

namespace wane {
namespace {

constexpr double least_shell_ml = 150;
constexpr double least_correlation = 0.8;

double mean_height_mm(const Mask& mask) {
  const Affine to_lps = mask.grid.index_to_lps();
  double sum = 0, voxels = 0;
  for (int k = 0; k < mask.grid.size[2]; ++k)
    for (int j = 0; j < mask.grid.size[1]; ++j)
      for (int i = 0; i < mask.grid.size[0]; ++i)
        if (mask.at(i, j, k)) {
          sum += (to_lps * Vec3(i, j, k))[2];
          voxels += 1;
        }
  return voxels > 0 ? sum / voxels : 0;
}

// Skull and scalp; not jaw, neck and throat, which move.
Mask shell_around(const Mask& intracranial, const Volume& seen) {
  constexpr float inner_mm = 2, outer_mm = 18;
  constexpr double below_centre_mm = 40;
  const Volume distance = signed_distance(intracranial);
  const double lowest_mm = mean_height_mm(intracranial) - below_centre_mm;
  const Affine to_lps = seen.grid.index_to_lps();
  Mask shell(seen.grid);
  for (int k = 0; k < seen.grid.size[2]; ++k)
    for (int j = 0; j < seen.grid.size[1]; ++j)
      for (int i = 0; i < seen.grid.size[0]; ++i) {
        const std::size_t n = seen.grid.offset(i, j, k);
        shell[n] = distance[n] > inner_mm && distance[n] < outer_mm && seen[n] > 0.5F &&
                   (to_lps * Vec3(i, j, k))[2] > lowest_mm;
      }
  return shell;
}

Volume mean_of(const std::vector<Volume>& visits) {
  Volume mean(visits.front().grid);
  for (const Volume& visit : visits)
    for (std::size_t n = 0; n < mean.size(); ++n) mean[n] += visit[n] / float(visits.size());
  return mean;
}

// The scan seen through `map`, on its own grid.
Volume moved(const Volume& scan, const Affine& map) {
  return resample(scan, scan.grid, map, Interpolation::cubic);
}

// A symmetric stretch (logarithm; its diagonal is in parts of 1) and what it is when groups of blocks are left out.
struct Stretch {
  Mat3 log = Mat3::Zero();
  double length = 0;  // the mean of all directions
  std::vector<Mat3> leaving_out;
};

Mat3 log_stretch(const Affine& affine) {
  const Eigen::JacobiSVD<Mat3> svd(affine.linear(), Eigen::ComputeFullV);
  const Vec3 logs = svd.singularValues().array().log();
  return svd.matrixV() * logs.asDiagonal() * svd.matrixV().transpose();
}

Affine half_of(const Affine& affine) {
  return Affine(Eigen::Matrix4d(affine.matrix().sqrt()));
}

Stretch stretch_of(const Affine& half, const VisitRegistration& last) {
  Stretch result{2 * log_stretch(half), 2 * std::log(half.linear().determinant()) / 3, {}};
  const Mat3 found = log_stretch(last.a_to_b);
  for (const Affine& other : last.leaving_out) result.leaving_out.push_back(result.log + log_stretch(other) - found);
  return result;
}

double error_along(const Stretch& stretch, const Vec3& axis) {
  std::vector<double> values;
  for (const Mat3& log : stretch.leaving_out) values.push_back(axis.dot(log * axis));
  return jackknife_error(values);
}

double length_error(const Stretch& stretch) {
  std::vector<double> values;
  for (const Mat3& log : stretch.leaving_out) values.push_back(log.trace() / 3);
  return jackknife_error(values);
}

VisitRegistrationOptions registration_options(LinearModel model) {
  VisitRegistrationOptions options;
  options.model = model;
  options.coarsest_mm = 3.0;
  options.settled_fraction = 1e-4;
  options.jackknife = true;
  return options;
}

// Of one visit against another.
struct PairDrift {
  Stretch common;      // the same along all axes
  Stretch along_axes;  // free
  bool uneven = false;
};

// By more than scanners' axes commonly differ, and by more than chance.
bool uneven(const Stretch& stretch, const Mat3& axes) {
  constexpr double notable = 0.0025, standard_errors = 3;
  for (int k = 0; k < 3; ++k) {
    const auto difference = [&](const Mat3& log) { return axes.col(k).dot(log * axes.col(k)) - log.trace() / 3; };
    std::vector<double> leaving_out;
    for (const Mat3& log : stretch.leaving_out) leaving_out.push_back(difference(log));
    if (std::abs(difference(stretch.log)) > std::max(notable, standard_errors * jackknife_error(leaving_out)))
      return true;
  }
  return false;
}

// All stretches free; `half` of what is known already is applied to each scan.
std::optional<Stretch> free_stretch(const Volume& from, const Volume& to, const Mask& shell, Affine half,
                                    double coarsest_mm, int rounds) {
  VisitRegistrationOptions options = registration_options(LinearModel::affine);
  options.coarsest_mm = coarsest_mm;
  VisitRegistration found;
  for (int round = 0; round < rounds; ++round) {
    found = register_visits(moved(from, half.inverse()), shell, moved(to, half), shell, Affine::Identity(), options);
    if (!(found.correlation >= least_correlation)) return std::nullopt;
    half = half * half_of(found.a_to_b);
    options.coarsest_mm = options.finest_mm;
  }
  const Stretch result = stretch_of(half, found);
  return result.log.allFinite() ? std::optional(result) : std::nullopt;
}

// A scan whose voxel size is far off agrees with another one along no common scale, but does along free ones.
std::optional<PairDrift> far_off(const Volume& from, const Volume& to, const Mask& shell) {
  constexpr double least_stretch = 0.03, coarsest_mm = 6.0;
  const auto free = free_stretch(from, to, shell, Affine::Identity(), coarsest_mm, 2);
  if (!free || free->log.cwiseAbs().maxCoeff() < least_stretch) return std::nullopt;
  return PairDrift{*free, *free, true};
}

// Interpolation holds two volumes that lie on one grid a little to where they are. What was found is therefore applied,
// half to each, and the rest is measured until it is small.
std::optional<PairDrift> pair_drift(const Volume& from, const Volume& to, const Mask& shell, const Mat3& axes) {
  VisitRegistrationOptions options = registration_options(LinearModel::similarity);
  const VisitRegistration first = register_visits(from, shell, to, shell, Affine::Identity(), options);
  if (!(first.correlation >= least_correlation)) return far_off(from, to, shell);
  const Affine half = half_of(first.a_to_b);
  options.coarsest_mm = options.finest_mm;
  const ComparableScan from_moved = comparable_scan(moved(from, half.inverse()), shell, options);
  const ComparableScan to_moved = comparable_scan(moved(to, half), shell, options);
  const VisitRegistration second = register_visits(from_moved, to_moved, Affine::Identity(), options);
  if (!(second.correlation >= least_correlation)) return far_off(from, to, shell);
  options.model = LinearModel::affine;
  const VisitRegistration freed = register_visits(from_moved, to_moved, second.a_to_b, options);
  PairDrift result{stretch_of(half * half_of(second.a_to_b), second), stretch_of(half * half_of(freed.a_to_b), freed)};
  if (!result.common.log.allFinite() || !result.along_axes.log.allFinite()) return std::nullopt;
  if (!uneven(result.along_axes, axes)) return result;
  const auto settled = free_stretch(from, to, shell, half * half_of(freed.a_to_b), options.finest_mm, 1);
  if (!settled) return result;
  result.along_axes = *settled;
  result.uneven = uneven(result.along_axes, axes);
  return result;
}

VisitDrift visit_drift(const PairDrift& pair, const Mat3& axes, double share, bool along_axes) {
  const Stretch& length = along_axes ? pair.along_axes : pair.common;
  VisitDrift drift;
  drift.length_percent = 100 * share * length.length;
  // Where one scale for all axes and free stretches do not come to the same mean, neither is known better than that.
  const double disagreement = along_axes ? 0 : pair.common.length - pair.along_axes.length;
  drift.length_error_percent = 100 * std::abs(share) * std::hypot(length_error(length), disagreement);
  for (int k = 0; k < 3; ++k) {
    drift.axis_percent[k] = 100 * share * axes.col(k).dot(pair.along_axes.log * axes.col(k));
    drift.axis_error_percent[k] = 100 * std::abs(share) * error_along(pair.along_axes, axes.col(k));
  }
  return drift;
}

}  // namespace

std::optional<CalibrationDrift> calibration_drift(const std::vector<Volume>& visits, const Mask& intracranial,
                                                  const Volume& seen, const std::vector<Mat3>& scan_axes) {
  require_same_grid(intracranial.grid, seen.grid, "the intracranial mask", "what is seen");
  if (visits.size() < 2 || count(intracranial) == 0) return std::nullopt;
  const Mask shell = shell_around(intracranial, seen);
  if (volume_ml(shell) < least_shell_ml) return std::nullopt;
  CalibrationDrift result;
  if (visits.size() == 2) {
    const auto pair = pair_drift(visits[0], visits[1], shell, scan_axes.at(1));
    if (!pair) return std::nullopt;
    result.along_axes = pair->uneven;
    result.visits = {visit_drift(*pair, scan_axes[0], -0.5, pair->uneven),
                     visit_drift(*pair, scan_axes[1], 0.5, pair->uneven)};
    return result;
  }
  const Volume mean = mean_of(visits);
  std::vector<PairDrift> pairs;
  for (std::size_t v = 0; v < visits.size(); ++v) {
    const auto pair = pair_drift(mean, visits[v], shell, scan_axes.at(v));
    if (!pair) return std::nullopt;
    result.along_axes = result.along_axes || pair->uneven;
    pairs.push_back(*pair);
  }
  VisitDrift sum;
  for (std::size_t v = 0; v < visits.size(); ++v) {
    result.visits.push_back(visit_drift(pairs[v], scan_axes[v], 1, result.along_axes));
    sum.length_percent += result.visits.back().length_percent;
    sum.axis_percent += result.visits.back().axis_percent;
  }
  for (VisitDrift& visit : result.visits) {
    visit.length_percent -= sum.length_percent / double(visits.size());
    visit.axis_percent -= sum.axis_percent / double(visits.size());
  }
  return result;
}

}  // namespace wane
