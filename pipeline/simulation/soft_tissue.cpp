#include "pipeline/simulation/soft_tissue.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"

namespace wane {
namespace {

constexpr int kBins = 512;
constexpr int kIterations = 40;

struct Histogram {
  double low = 0, width = 1;  // intensity of the first bin's border; of one bin
  std::vector<double> counts = std::vector<double>(kBins, 0.0);
  double centre(int bin) const { return low + (bin + 0.5) * width; }
};

// From the 0.5th to the 99.5th percentile: vessels and leftovers of the skull must not pull the classes.
Histogram histogram(const Volume& t1, const Mask& brain) {
  std::vector<float> values;
  for (std::size_t n = 0; n < t1.size(); ++n)
    if (brain[n]) values.push_back(t1[n]);
  if (values.size() < 1000) throw InputError("The brain mask for planting holds fewer than 1000 voxels.");
  auto quantile = [&](double q) {
    const auto place = values.begin() + std::ptrdiff_t(q * double(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return double(*place);
  };
  Histogram h;
  h.low = quantile(0.005);
  h.width = (quantile(0.995) - h.low) / kBins;
  if (!(h.width > 0)) throw InputError("The head has one constant intensity inside its brain mask.");
  for (const float v : values) {
    const double bin = (v - h.low) / h.width;
    if (bin >= 0 && bin <= kBins) h.counts[std::min(int(bin), kBins - 1)] += 1;
  }
  return h;
}

struct TissueClass {
  double mean, sigma, weight;
  double density(double x) const {
    const double z = (x - mean) / sigma;
    return weight * std::exp(-0.5 * z * z) / sigma;
  }
};

using Mixture = std::array<TissueClass, 3>;

Mixture fitted_mixture(const Histogram& h) {
  const double range = h.width * kBins;
  auto at = [&](double fraction) { return h.low + fraction * range; };
  Mixture classes{{{at(0.15), 0.12 * range, 0.15}, {at(0.58), 0.10 * range, 0.5}, {at(0.85), 0.08 * range, 0.35}}};
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    std::array<double, 3> n{}, sum{}, square{};
    for (int bin = 0; bin < kBins; ++bin) {
      const double x = h.centre(bin);
      std::array<double, 3> density;
      for (int c = 0; c < 3; ++c) density[c] = classes[c].density(x);
      const double total = density[0] + density[1] + density[2] + 1e-30;
      for (int c = 0; c < 3; ++c) {
        const double share = h.counts[bin] * density[c] / total;
        n[c] += share;
        sum[c] += share * x;
        square[c] += share * x * x;
      }
    }
    const double all = n[0] + n[1] + n[2];
    for (int c = 0; c < 3; ++c) {
      if (n[c] < 1e-4 * all) continue;  // an empty class stays where it is
      const double mean = sum[c] / n[c];
      const double variance = std::max(square[c] / n[c] - mean * mean, h.width * h.width);
      classes[c] = {mean, std::sqrt(variance), n[c] / all};
    }
  }
  std::sort(classes.begin(), classes.end(), [](const auto& a, const auto& b) { return a.mean < b.mean; });
  return classes;
}

}  // namespace

SoftTissue soft_tissue(const Volume& t1, const Mask& brain) {
  require_same_grid(t1.grid, brain.grid, "head", "brain mask");
  const Histogram h = histogram(t1, brain);
  const Mixture classes = fitted_mixture(h);
  const double csf_mean = classes[0].mean, gm_mean = classes[1].mean, wm_mean = classes[2].mean;
  const double least_contrast = 0.02 * h.width * kBins;
  if (gm_mean - csf_mean < least_contrast || wm_mean - gm_mean < least_contrast)
    throw InputError("The head does not show three tissues inside its brain mask; planting needs a T1-weighted scan.");
  SoftTissue maps{Volume(t1.grid), Volume(t1.grid)};
  parallel_for(
      t1.size(),
      [&](std::size_t n) {
        if (!brain[n]) return;
        const double csf = std::clamp((gm_mean - t1[n]) / (gm_mean - csf_mean), 0.0, 1.0);
        const double wm = std::clamp((t1[n] - gm_mean) / (wm_mean - gm_mean), 0.0, 1.0);
        maps.wm[n] = float(wm);
        maps.gm[n] = float(std::clamp(1.0 - csf - wm, 0.0, 1.0));
      },
      1 << 16);
  return maps;
}

}  // namespace wane
