#include "segmentation/bias_field.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <unsupported/Eigen/FFT>
#include <utility>

#include "base/error.h"
#include "base/median.h"
#include "base/parallel.h"
#include "imaging/resample.h"
#include "segmentation/bspline_lattice.h"

namespace wane {
namespace {

constexpr std::size_t bins = 200;
constexpr std::size_t padded_bins = 512;
constexpr double field_fwhm = 0.15;  // of the field's blur of the histogram of log intensities
constexpr double wiener_noise = 0.01;
constexpr double settled = 1e-4;  // relative change of the field

using Line = std::vector<double>;
using Spectrum = std::vector<std::complex<double>>;

float median_within(const Volume& volume, const Mask& mask) {
  std::vector<float> values;
  for (std::size_t n = 0; n < volume.size(); ++n)
    if (mask[n] && volume[n] > 0) values.push_back(volume[n]);
  if (values.empty()) return 0;
  return upper_median(std::move(values));
}

Spectrum transformed(const Line& line) {
  Spectrum result;
  Eigen::FFT<double>().fwd(result, line);
  result.resize(padded_bins);
  for (std::size_t n = padded_bins / 2 + 1; n < padded_bins; ++n) result[n] = std::conj(result[padded_bins - n]);
  return result;
}

Line transformed_back(const Spectrum& spectrum) {
  Line result;
  Eigen::FFT<double>().inv(result, spectrum);
  return result;
}

Line times(const Line& line, const Spectrum& filter) {
  Spectrum spectrum = transformed(line);
  for (std::size_t n = 0; n < spectrum.size(); ++n) spectrum[n] *= filter[n];
  return transformed_back(spectrum);
}

// The blur that the field gives to the histogram, as a filter of its spectrum.
Spectrum blur_of_field(double bin_width) {
  const double width = field_fwhm / bin_width;
  const double scale = 2 * std::sqrt(std::log(2.0) / EIGEN_PI) / width;
  Line gaussian(padded_bins);
  for (std::size_t n = 0; n < padded_bins; ++n) {
    const auto distance = double(std::min(n, padded_bins - n));
    gaussian[n] = scale * std::exp(-distance * distance * 4 * std::log(2.0) / (width * width));
  }
  return transformed(gaussian);
}

struct Histogram {
  double low = 0, bin_width = 0;
  Line counts = Line(bins, 0.0);
};

Histogram histogram_of(const Line& values, const Mask& inside) {
  Histogram h;
  double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
  for (std::size_t n = 0; n < values.size(); ++n) {
    if (!inside[n]) continue;
    low = std::min(low, values[n]);
    high = std::max(high, values[n]);
  }
  h.low = low;
  h.bin_width = (high - low) / double(bins - 1);
  if (!(h.bin_width > 0)) return h;
  for (std::size_t n = 0; n < values.size(); ++n) {
    if (!inside[n]) continue;
    const double place = (values[n] - low) / h.bin_width;
    const std::size_t bin = std::min(std::size_t(place), bins - 1);
    const double beyond = place - double(bin);
    h.counts[bin] += 1 - beyond;
    if (bin + 1 < bins) h.counts[bin + 1] += beyond;
  }
  return h;
}

// The expected true log intensity for each bin of the observed ones (Sled 1998: deconvolution, then E(u | v)).
Line expected_true(const Histogram& h) {
  constexpr std::size_t before = (padded_bins - bins) / 2;
  Line padded(padded_bins, 0.0);
  std::copy(h.counts.begin(), h.counts.end(), padded.begin() + before);
  const Spectrum blur = blur_of_field(h.bin_width);
  Spectrum sharpening(padded_bins);
  for (std::size_t n = 0; n < padded_bins; ++n) {
    const std::complex<double> c = std::conj(blur[n]);
    sharpening[n] = (c / (c * blur[n] + wiener_noise)).real();
  }
  Line truth = times(padded, sharpening);
  Line weighted(padded_bins);
  for (std::size_t n = 0; n < padded_bins; ++n) {
    truth[n] = std::max(truth[n], 0.0);
    weighted[n] = truth[n] * (h.low + (double(n) - double(before)) * h.bin_width);
  }
  const Line numerator = times(weighted, blur), denominator = times(truth, blur);
  Line expected(bins);
  for (std::size_t n = 0; n < bins; ++n) {
    const double d = denominator[n + before];
    expected[n] = d != 0 ? numerator[n + before] / d : 0.0;
  }
  return expected;
}

// What the field must explain: the observed log intensities less their expected true values.
Line residual_of(const Line& values, const Mask& inside) {
  const Histogram h = histogram_of(values, inside);
  Line residual(values.size(), 0.0);
  if (!(h.bin_width > 0)) return residual;
  const Line expected = expected_true(h);
  for (std::size_t n = 0; n < values.size(); ++n) {
    if (!inside[n]) continue;
    const double place = (values[n] - h.low) / h.bin_width;
    const auto bin = std::size_t(place);
    const double truth =
        bin + 1 < bins ? expected[bin] + (expected[bin + 1] - expected[bin]) * (place - double(bin)) : expected.back();
    residual[n] = values[n] - truth;
  }
  return residual;
}

// Standard deviation over mean of the ratio of two fields, given as logarithms.
double change_of(const Line& before, const Line& after, const Mask& inside) {
  double count = 0, sum = 0, square = 0;
  for (std::size_t n = 0; n < before.size(); ++n) {
    if (!inside[n]) continue;
    const double excess = std::exp(before[n] - after[n]) - 1;  // about 0, so that the squares keep their digits
    count += 1;
    sum += excess;
    square += excess * excess;
  }
  const double mean = sum / count;
  return std::sqrt(std::max(0.0, square - count * mean * mean) / (count - 1)) / (1 + mean);
}

// N4: what sharpens the histogram most is fitted by a spline, again and again, on ever finer knots.
Line log_field(const Line& observed, const Mask& inside, const std::array<int, 3>& control_points,
               const BiasFieldOptions& options) {
  BSplineLattice lattice(inside.grid.size, control_points);
  Line field(observed.size(), 0.0), rest = observed;
  for (int level = 0; level < options.levels; ++level) {
    if (level > 0) lattice.refine();
    for (int iteration = 0; iteration < options.iterations; ++iteration) {
      lattice.add_fit(residual_of(rest, inside), inside.values);
      Line next = lattice.values();
      const double change = change_of(field, next, inside);
      field = std::move(next);
      for (std::size_t n = 0; n < rest.size(); ++n) rest[n] = observed[n] - field[n];
      if (!(change > settled)) break;
    }
  }
  return field;
}

}  // namespace

Volume estimate_bias_field(const Volume& volume, const Mask& mask, const BiasFieldOptions& options) {
  require_same_grid(volume.grid, mask.grid, "the scan", "its mask");
  const Volume coarse = downsampled(volume, options.working_spacing_mm);
  // Voxels at the edge of an extracted brain are partly empty and so darker than their tissue: not the field's doing.
  // Each visit is cut elsewhere, so that its field would brighten another rim.
  constexpr float whole = 0.98F;
  Volume filled(volume.grid);
  parallel_voxels(filled.size(), [&](std::size_t n) { filled[n] = volume[n] > 0; });
  filled = downsampled(filled, options.working_spacing_mm);
  Mask inside = resample(mask, coarse.grid);
  const float dark = 0.15F * median_within(coarse, inside);
  double voxels = 0;
  for (std::size_t n = 0; n < inside.size(); ++n) {
    inside[n] = inside[n] && filled[n] >= whole && coarse[n] > dark;
    voxels += inside[n];
  }
  if (voxels < 10)
    throw InputError(
        "the scan is empty where the brain should be, so that its bias field cannot be estimated: look at the scan, "
        "and leave it out if it does not show a whole brain.");
  Line observed(coarse.size(), 0.0);
  for (std::size_t n = 0; n < coarse.size(); ++n)
    if (coarse[n] > 0) observed[n] = std::log(double(coarse[n]));
  std::array<int, 3> points;
  for (int axis = 0; axis < 3; ++axis) {
    const double extent_mm = coarse.grid.size[axis] * coarse.grid.spacing_mm[axis];
    points[axis] = int(std::max(1.0, std::round(extent_mm / options.knot_spacing_mm))) + 3;
  }
  const Line field_log = log_field(observed, inside, points, options);
  double mean = 0;
  for (std::size_t n = 0; n < inside.size(); ++n)
    if (inside[n]) mean += field_log[n] / voxels;
  // Where the scan is empty there is no field to see.
  Volume logarithm(coarse.grid);
  for (std::size_t n = 0; n < coarse.size(); ++n) logarithm[n] = coarse[n] > 0 ? float(field_log[n]) : 0.F;
  Volume field = resample(logarithm, volume.grid, Affine::Identity());
  parallel_voxels(field.size(), [&](std::size_t n) { field[n] = std::exp(field[n] - float(mean)); });
  return field;
}

}  // namespace wane
