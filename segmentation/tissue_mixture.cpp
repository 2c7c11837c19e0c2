#include "segmentation/tissue_mixture.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "base/elementary.h"
#include "base/error.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"

namespace wane {
namespace {

constexpr int classes = 5;  // CSF, CSF/GM, GM, GM/WM, WM
constexpr const char* wrong_order =
    "CSF, gray and white matter do not differ in brightness in the order of a T1-weighted scan: check that the scans "
    "are T1-weighted, and leave out those that are not.";
constexpr std::array<const char*, 3> tissue_names{"CSF", "gray matter", "white matter"};
using Classes = std::array<float, classes>;

struct Gaussians {
  std::array<double, 3> mean{};
  std::array<double, 3> deviation{};
  std::array<double, classes> weight{0.15, 0.15, 0.3, 0.15, 0.25};

  double class_mean(int c) const { return c % 2 == 0 ? mean[c / 2] : 0.5 * (mean[c / 2] + mean[c / 2 + 1]); }
  double class_variance(int c) const {
    if (c % 2 == 0) return deviation[c / 2] * deviation[c / 2];
    const double gap = mean[c / 2 + 1] - mean[c / 2];
    const double noise = 0.5 * (deviation[c / 2] * deviation[c / 2] + deviation[c / 2 + 1] * deviation[c / 2 + 1]);
    return noise + gap * gap / 12;
  }
};

struct Sums {
  std::array<double, 3> weight{}, value{}, square{};
  std::array<double, classes> share{};
  Sums& operator+=(const Sums& o) {
    for (int t = 0; t < 3; ++t) {
      weight[t] += o.weight[t];
      value[t] += o.value[t];
      square[t] += o.square[t];
    }
    for (int c = 0; c < classes; ++c) share[c] += o.share[c];
    return *this;
  }
};

// The voxels of the mask with what the iterations need of each, packed.
struct Packed {
  std::vector<std::size_t> place;
  std::vector<std::array<std::int32_t, 6>> neighbour;  // index into the packed list or -1
  std::array<float, 3> neighbour_weight{};             // by axis
  std::vector<float> intensity;
  std::vector<float> corrected;
  std::vector<Classes> prior;
  std::vector<Classes> log_prior;
  std::vector<Classes> posterior;
  std::vector<Classes> last_posterior;
};

Packed pack(const Volume& intensity, const Mask& brain, const TissuePriors& priors, double floor) {
  Packed p;
  const Grid& grid = intensity.grid;
  const std::size_t in_slice = std::size_t(grid.size[0]) * std::size_t(grid.size[1]);
  std::vector<std::size_t> first(std::size_t(grid.size[2]) + 1, 0);  // of each slice in the packed list
  parallel_for(std::size_t(grid.size[2]), [&](std::size_t k) {
    for (std::size_t n = k * in_slice; n < (k + 1) * in_slice; ++n) first[k + 1] += brain[n] != 0;
  });
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<std::int32_t> index(intensity.size(), -1);
  p.place.resize(first.back());
  parallel_for(std::size_t(grid.size[2]), [&](std::size_t k) {
    std::size_t m = first[k];
    for (std::size_t n = k * in_slice; n < (k + 1) * in_slice; ++n)
      if (brain[n]) {
        index[n] = std::int32_t(m);
        p.place[m++] = n;
      }
  });
  const std::size_t row = grid.size[0], slice = row * grid.size[1];
  const std::array<std::size_t, 3> step{1, row, slice};
  const double finest = grid.spacing_mm.minCoeff();
  for (int axis = 0; axis < 3; ++axis) p.neighbour_weight[axis] = float(finest / grid.spacing_mm[axis]);
  p.neighbour.resize(p.place.size());
  p.intensity.resize(p.place.size());
  p.prior.resize(p.place.size());
  p.log_prior.resize(p.place.size());
  const auto pack_voxel = [&](std::size_t m) {
    const std::size_t n = p.place[m];
    const std::array<int, 3> at{int(n % row), int((n / row) % grid.size[1]), int(n / slice)};
    for (int axis = 0; axis < 3; ++axis) {
      p.neighbour[m][2 * axis] = at[axis] > 0 ? index[n - step[axis]] : -1;
      p.neighbour[m][2 * axis + 1] = at[axis] + 1 < grid.size[axis] ? index[n + step[axis]] : -1;
    }
    p.intensity[m] = intensity[n];
    const float csf = std::max(priors.csf[n], 0.F) + float(floor);
    const float gm = std::max(priors.gm[n], 0.F) + float(floor);
    const float wm = std::max(priors.wm[n], 0.F) + float(floor);
    const float sum = csf + gm + wm;
    Classes& prior = p.prior[m];
    prior = {csf / sum, std::sqrt(csf * gm) / sum, gm / sum, std::sqrt(gm * wm) / sum, wm / sum};
    for (int c = 0; c < classes; ++c) p.log_prior[m][c] = std::log(prior[c]);
  };
  parallel_for(p.place.size(), pack_voxel, 8192);
  p.corrected = p.intensity;
  p.posterior = p.prior;
  p.last_posterior = p.prior;
  return p;
}

// Means and deviations from the voxels that the priors are most certain of, robust to what lies astray.
Gaussians initial(const Packed& p) {
  Gaussians g;
  parallel_for(3, [&](std::size_t t) {
    std::vector<std::pair<float, float>> values;  // intensity, weight
    double total = 0;
    for (std::size_t m = 0; m < p.place.size(); ++m) {
      const float w = p.prior[m][2 * t] > 0.5F ? p.prior[m][2 * t] * p.prior[m][2 * t] : 0.F;
      if (w <= 0) continue;
      values.emplace_back(p.intensity[m], w);
      total += w;
    }
    if (values.size() < 30)
      throw InputError(std::string("The brain shows too little ") + tissue_names[t] +
                       " to tell CSF, gray and white matter apart: look at the scans, and leave out those that do not "
                       "show a whole brain.");
    std::sort(values.begin(), values.end());
    const auto quantile = [&](double fraction) {
      double sum = 0;
      for (const auto& [value, weight] : values) {
        sum += weight;
        if (sum >= fraction * total) return double(value);
      }
      return double(values.back().first);
    };
    g.mean[t] = quantile(t == 0 ? 0.3 : 0.5);
    g.deviation[t] = std::max(1e-3, 0.5 * (quantile(0.75) - quantile(0.25)) / 0.6745);
  });
  // No misfit of another head's priors turns the order of the brightness round; another contrast does.
  if (g.mean[2] < 0.9 * g.mean[1] || g.mean[2] < g.mean[0]) throw InputError(wrong_order);
  // CSF in the priors is often partly gray: keep a sensible order to start from.
  if (g.mean[2] <= g.mean[1]) g.mean[2] = g.mean[1] * 1.1;
  if (g.mean[0] >= 0.9 * g.mean[1]) g.mean[0] = 0.5 * g.mean[1];
  for (double& d : g.deviation) d = std::min(d, 0.15 * g.mean[2]);
  return g;
}

constexpr float repulsion[classes][classes] = {{0.F, .3F, 1.F, 1.5F, 2.F},
                                               {.3F, 0.F, .3F, 1.F, 1.5F},
                                               {1.F, .3F, 0.F, .3F, 1.F},
                                               {1.5F, 1.F, .3F, 0.F, .3F},
                                               {2.F, 1.5F, 1.F, .3F, 0.F}};

constexpr std::size_t lanes = 256;  // voxels whose classes are worked out side by side

// What a pass needs of the mixture, in single precision.
struct PassConstants {
  Classes mean, factor, offset;
  float markov_weight;
};

// `intensity`, `log_prior` and `neighbours` (sums of the neighbours' weighted posteriors) of `lanes` voxels; the
// posteriors replace the neighbours.
__attribute__((target_clones("avx2", "default"))) void posteriors_of_lanes(const PassConstants& k,
                                                                           const float* intensity,
                                                                           const float (&log_prior)[classes][lanes],
                                                                           float (&neighbours)[classes][lanes]) {
  float score[classes][lanes];
  for (int c = 0; c < classes; ++c) {
    // Darker than CSF is CSF, brighter than white matter is white matter (vessels and fat left in the mask).
    const float below = c == 0 ? 0.F : 1.F, above = c == classes - 1 ? 0.F : 1.F;
    for (std::size_t x = 0; x < lanes; ++x) {
      const float distance = intensity[x] - k.mean[c];
      const float counted = distance * (distance < 0 ? below : above);
      float cost = 0;
      for (int d = 0; d < classes; ++d) cost += repulsion[c][d] * neighbours[d][x];
      score[c][x] = k.factor[c] * counted * counted + k.offset[c] + log_prior[c][x] - k.markov_weight * cost;
    }
  }
  for (std::size_t x = 0; x < lanes; ++x) {
    float most = score[0][x];
    for (int c = 1; c < classes; ++c) most = std::max(most, score[c][x]);
    float sum = 0;
    for (int c = 0; c < classes; ++c) sum += score[c][x] = fast_exp(score[c][x] - most);
    for (int c = 0; c < classes; ++c) neighbours[c][x] = score[c][x] / sum;
  }
}

// One mean-field pass: posteriors from the intensities, the priors and the neighbours' last posteriors.
void update_posteriors(Packed& p, const Gaussians& g, double markov_weight) {
  PassConstants constants;
  for (int c = 0; c < classes; ++c) {
    constants.mean[c] = float(g.class_mean(c));
    constants.factor[c] = float(-0.5 / g.class_variance(c));
    constants.offset[c] = float(std::log(g.weight[c] + 1e-6) - 0.5 * std::log(g.class_variance(c)));
  }
  constants.markov_weight = float(markov_weight);
  std::swap(p.posterior, p.last_posterior);
  const std::vector<Classes>& last = p.last_posterior;
  parallel_blocks(p.place.size(), lanes, [&](std::size_t begin, std::size_t end) {
    float intensity[lanes] = {}, log_prior[classes][lanes] = {}, neighbours[classes][lanes] = {};
    for (std::size_t m = begin; m < end; ++m) {
      const std::size_t x = m - begin;
      intensity[x] = p.corrected[m];
      for (int c = 0; c < classes; ++c) log_prior[c][x] = p.log_prior[m][c];
      if (markov_weight <= 0) continue;
      Classes sum{};
      for (int side = 0; side < 6; ++side) {
        const std::int32_t other = p.neighbour[m][side];
        if (other < 0) continue;
        const Classes& q = last[std::size_t(other)];
        for (int c = 0; c < classes; ++c) sum[c] += p.neighbour_weight[side / 2] * q[c];
      }
      for (int c = 0; c < classes; ++c) neighbours[c][x] = sum[c];
    }
    posteriors_of_lanes(constants, intensity, log_prior, neighbours);
    for (std::size_t m = begin; m < end; ++m)
      for (int c = 0; c < classes; ++c) p.posterior[m][c] = neighbours[c][m - begin];
  });
}

void update_gaussians(const Packed& p, Gaussians& g) {
  const Sums s = parallel_sum(p.place.size(), 16384, Sums{}, [&](std::size_t begin, std::size_t end) {
    Sums part;
    for (std::size_t m = begin; m < end; ++m) {
      for (int t = 0; t < 3; ++t) {
        const double w = p.posterior[m][2 * t], v = p.corrected[m];
        part.weight[t] += w;
        part.value[t] += w * v;
        part.square[t] += w * v * v;
      }
      for (int c = 0; c < classes; ++c) part.share[c] += p.posterior[m][c];
    }
    return part;
  });
  for (int t = 0; t < 3; ++t) {
    if (s.weight[t] < 20) continue;
    g.mean[t] = s.value[t] / s.weight[t];
    g.deviation[t] = std::sqrt(std::max(1e-6, s.square[t] / s.weight[t] - g.mean[t] * g.mean[t]));
  }
  // Noise is the same in gray and white matter; a wider gray class would take the border away from the white one.
  const double shared = std::sqrt(g.deviation[1] * g.deviation[2]);
  g.deviation[1] = g.deviation[2] = shared;
  g.deviation[0] = std::clamp(g.deviation[0], 0.8 * shared, 2.0 * shared);
  double total = 0;
  for (const double share : s.share) total += share;
  // The priors already say how common the tissues are; these weights only adjust, and may not vanish.
  for (int c = 0; c < classes; ++c) g.weight[c] = std::max(0.02, s.share[c] / total);
  if (!(g.mean[0] < g.mean[1] && g.mean[1] < g.mean[2])) throw InputError(wrong_order);
}

// The field that takes the intensities to their expected values, smooth over `sigma_mm`; computed on 4 mm voxels.
// `residual` and `weight` are 0 outside of the brain.
void update_bias(Packed& p, const Gaussians& g, Volume& residual, Volume& weight, double sigma_mm) {
  const Grid& grid = residual.grid;
  Classes mean, precision;
  for (int c = 0; c < classes; ++c) {
    mean[c] = float(g.class_mean(c));
    precision[c] = float(1 / g.class_variance(c));
  }
  const float darkest = 0.2F * float(g.mean[1]);
  parallel_for(
      p.place.size(),
      [&](std::size_t m) {
        float expected = 0, total = 0;
        for (int c = 0; c < classes; ++c) {
          const float w = p.posterior[m][c] * precision[c];
          expected += w * mean[c];
          total += w;
        }
        expected /= total;
        // CSF says little about the field: it is dark and holds other things.
        const float useful = total * expected * expected * (1 - p.posterior[m][0] - 0.7F * p.posterior[m][1]);
        const bool used = p.intensity[m] > darkest && useful > 0;
        residual[p.place[m]] = used ? std::clamp(std::log(p.intensity[m] / expected), -0.7F, 0.7F) * useful : 0.F;
        weight[p.place[m]] = used ? useful : 0.F;
      },
      8192);
  const double coarse_mm = std::max(4.0, grid.spacing_mm.minCoeff());
  Volume r = downsampled(residual, coarse_mm), w = downsampled(weight, coarse_mm);
  r = gaussian(r, sigma_mm);
  w = gaussian(w, sigma_mm);
  const double top = *std::max_element(w.values.begin(), w.values.end());
  for (std::size_t n = 0; n < r.size(); ++n) r[n] /= w[n] + float(1e-4 * top);
  const Volume field = resample(r, grid);
  const double sum = parallel_sum(p.place.size(), 16384, 0.0, [&](std::size_t begin, std::size_t end) {
    double part = 0;
    for (std::size_t m = begin; m < end; ++m) part += field[p.place[m]];
    return part;
  });
  const auto level = float(sum / double(p.place.size()));
  parallel_for(
      p.place.size(), [&](std::size_t m) { p.corrected[m] = p.intensity[m] * fast_exp(level - field[p.place[m]]); },
      8192);
}

constexpr double least_share = 0.01;  // of the brain; no brain has less gray or white matter

void require_gray_and_white(const Packed& p, const Gaussians& g, double least_contrast) {
  const double contrast = (g.mean[2] - g.mean[1]) / g.deviation[1];
  if (!(contrast >= least_contrast)) {
    char words[32];
    std::snprintf(words, sizeof words, "%.3g", least_contrast);
    throw InputError("Gray and white matter hardly differ in brightness (by " + std::to_string(contrast).substr(0, 4) +
                     " of their spread, at least " + words +
                     " is needed): check that the scans are T1-weighted and that their "
                     "export did not cut the bright values off.");
  }
  for (int t = 1; t < 3; ++t) {
    double share = 0;
    for (const Classes& q : p.posterior) share += q[2 * t];
    if (!(share >= least_share * double(p.place.size()))) throw InputError(wrong_order);
  }
}

}  // namespace

TissuePriors flat_priors(const Volume& intensity, const Mask& brain) {
  std::vector<float> values;
  for (std::size_t n = 0; n < brain.size(); ++n)
    if (brain[n]) values.push_back(intensity[n]);
  if (values.empty())
    throw InputError("The brain mask is empty: look at the scan and at where the brain was taken to be.");
  std::sort(values.begin(), values.end());
  const auto at = [&](double fraction) { return values[std::size_t(fraction * double(values.size() - 1))]; };
  const float low = at(0.02), high = at(0.98);
  if (!(high > low))
    throw InputError("The brightness inside the brain mask is all the same: check the export of the scan.");
  TissuePriors priors{Volume(intensity.grid), Volume(intensity.grid), Volume(intensity.grid)};
  for (std::size_t n = 0; n < brain.size(); ++n) {
    if (!brain[n]) continue;
    const float place = (intensity[n] - low) / (high - low);
    priors.csf[n] = place < 0.4F ? 0.9F : 0.05F;
    priors.wm[n] = place > 0.8F ? 0.9F : 0.05F;
    priors.gm[n] = 1 - priors.csf[n] - priors.wm[n];
  }
  return priors;
}

TissueMixture segment_tissues(const Volume& intensity, const Mask& brain, const TissuePriors& priors,
                              const TissueMixtureOptions& options) {
  require_same_grid(intensity.grid, brain.grid, "the scan", "the brain mask");
  require_same_grid(intensity.grid, priors.gm.grid, "the scan", "the tissue priors");
  Packed p = pack(intensity, brain, priors, options.prior_floor);
  if (p.place.size() < 1000)
    throw InputError(
        "The brain mask is nearly empty: look at the scans, and leave out those that do not show a whole brain.");
  Gaussians g = initial(p);
  p.prior = {};  // from here on its logarithm is used
  Volume residual(intensity.grid), weight(intensity.grid);
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    update_posteriors(p, g, iteration < 3 ? 0.0 : options.markov_weight);
    update_gaussians(p, g);
    if (options.bias_sigma_mm > 0 && iteration >= 2) update_bias(p, g, residual, weight, options.bias_sigma_mm);
  }
  require_gray_and_white(p, g, options.least_contrast);
  TissueMixture result;
  result.csf = Volume(intensity.grid);
  result.gm = Volume(intensity.grid);
  result.wm = Volume(intensity.grid);
  result.corrected = intensity;
  result.mean = g.mean;
  result.deviation = g.deviation;
  const auto unpack_voxel = [&](std::size_t m) {
    const std::size_t n = p.place[m];
    const Classes& q = p.posterior[m];
    const float v = p.corrected[m];
    const float gray = float(std::clamp((v - g.mean[0]) / (g.mean[1] - g.mean[0]), 0.0, 1.0));   // in CSF/GM
    const float white = float(std::clamp((v - g.mean[1]) / (g.mean[2] - g.mean[1]), 0.0, 1.0));  // in GM/WM
    result.csf[n] = q[0] + q[1] * (1 - gray);
    result.gm[n] = q[2] + q[1] * gray + q[3] * (1 - white);
    result.wm[n] = q[4] + q[3] * white;
    result.corrected[n] = v;
  };
  parallel_for(p.place.size(), unpack_voxel, 8192);
  return result;
}

}  // namespace wane
