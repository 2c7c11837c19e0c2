#include "registration/calibration_drift.h"

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

// Interpolation holds two volumes that lie on one grid a little to where they are. What was found is therefore applied,
// half to each, and the rest is measured until it is small.
std::optional<double> log_scale(const Volume& from, const Volume& to, const Mask& shell) {
  constexpr int rounds = 2;
  VisitRegistrationOptions options;
  options.model = LinearModel::similarity;
  options.coarsest_mm = 3.0;
  options.settled_fraction = 1e-4;
  Affine half = Affine::Identity();
  for (int round = 0; round < rounds; ++round) {
    const VisitRegistration found = round == 0 ? register_visits(from, shell, to, shell, Affine::Identity(), options)
                                               : register_visits(moved(from, half.inverse()), shell, moved(to, half),
                                                                 shell, Affine::Identity(), options);
    if (!(found.correlation >= least_correlation)) return std::nullopt;
    const Affine step(Eigen::Matrix4d(found.a_to_b.matrix().sqrt()));
    half = half * step;
    options.coarsest_mm = options.finest_mm;
  }
  const double result = 2 * std::log(half.linear().determinant()) / 3;
  return std::isfinite(result) ? std::optional(result) : std::nullopt;
}

}  // namespace

std::optional<std::vector<double>> calibration_drift_percent(const std::vector<Volume>& visits,
                                                             const Mask& intracranial, const Volume& seen) {
  require_same_grid(intracranial.grid, seen.grid, "the intracranial mask", "what is seen");
  if (visits.size() < 2 || count(intracranial) == 0) return std::nullopt;
  const Mask shell = shell_around(intracranial, seen);
  if (volume_ml(shell) < least_shell_ml) return std::nullopt;
  if (visits.size() == 2) {
    const auto scale = log_scale(visits[0], visits[1], shell);
    if (!scale) return std::nullopt;
    return std::vector<double>{-50 * *scale, 50 * *scale};
  }
  const Volume mean = mean_of(visits);
  std::vector<double> drift;
  double sum = 0;
  for (const Volume& visit : visits) {
    const auto scale = log_scale(mean, visit, shell);
    if (!scale) return std::nullopt;
    drift.push_back(100 * *scale);
    sum += drift.back();
  }
  for (double& value : drift) value -= sum / double(drift.size());
  return drift;
}

}  // namespace wane
