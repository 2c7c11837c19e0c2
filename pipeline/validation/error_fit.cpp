#include "pipeline/validation/error_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/normal_quantile.h"
#include "pipeline/validation/accuracy.h"

namespace wane {
namespace {

// One change of one tissue: an error, what of its variance is known, and how the unknown rest grows.
struct Sample {
  std::string head;
  double error = 0;           // percent
  double known_variance = 0;  // percent^2: residual and calibration
  double voxel_mm3 = 1;
  double change = 0;  // percent: what the scale error is a share of
};
using Samples = std::vector<Sample>;

struct Exponents {
  double noise = 0, scale = 0;
};

struct NoiseAndShare {
  double noise = 0, share = 0;
};

double variance_of(const Sample& sample, const NoiseAndShare& found, const Exponents& exponents) {
  const double noise = found.noise * std::pow(sample.voxel_mm3, exponents.noise);
  const double scale = found.share * std::pow(sample.voxel_mm3, exponents.scale) * sample.change;
  return sample.known_variance + noise * noise + scale * scale;
}

// A sample at given exponents, so that nothing is raised to a power more than once.
struct Term {
  double squared_error, known, noise, scale;  // percent^2, the last two per coefficient^2
};

std::vector<Term> terms_of(const Samples& samples, const Exponents& exponents) {
  std::vector<Term> terms;
  for (const Sample& sample : samples)
    terms.push_back({sample.error * sample.error, sample.known_variance,
                     std::pow(sample.voxel_mm3, 2 * exponents.noise),
                     std::pow(sample.voxel_mm3, 2 * exponents.scale) * sample.change * sample.change});
  return terms;
}

// Twice the negative logarithm of the likelihood, up to a constant.
double unlikeliness(const std::vector<Term>& terms, const NoiseAndShare& found) {
  const double noise2 = found.noise * found.noise, share2 = found.share * found.share;
  double sum = 0;
  for (const Term& term : terms) {
    const double variance = term.known + noise2 * term.noise + share2 * term.scale;
    sum += std::log(variance) + term.squared_error / variance;
  }
  return sum;
}

// The best of a geometric grid, which is drawn closer around the best three times; the last steps are of 1 %.
NoiseAndShare most_likely(const std::vector<Term>& terms) {
  constexpr int steps = 7;  // to either side
  NoiseAndShare best{0.08, 0.04};
  double least = unlikeliness(terms, best);
  for (const double factor : {1.6, 1.17, 1.03, 1.01}) {
    const NoiseAndShare center = best;
    for (int a = -steps; a <= steps; ++a)
      for (int b = -steps; b <= steps; ++b) {
        const NoiseAndShare tried{center.noise * std::pow(factor, a), center.share * std::pow(factor, b)};
        const double value = unlikeliness(terms, tried);
        if (value < least) {
          least = value;
          best = tried;
        }
      }
  }
  return best;
}

struct Fit {
  std::array<NoiseAndShare, 3> tissues;
  Exponents exponents;
};

// Of an error that grows with the voxel volume not at all up to one that grows with the voxel's side to the power
// of 1.5.
constexpr std::array<double, 5> exponents_tried = {0, 0.125, 0.25, 0.375, 0.5};

Fit most_likely_fit(const std::array<Samples, 3>& samples) {
  Fit best;
  double least = std::numeric_limits<double>::infinity();
  for (const double noise : exponents_tried)
    for (const double scale : exponents_tried) {
      Fit fit;
      fit.exponents = {noise, scale};
      double sum = 0;
      for (std::size_t t = 0; t < 3; ++t) {
        const std::vector<Term> terms = terms_of(samples[t], fit.exponents);
        fit.tissues[t] = most_likely(terms);
        sum += unlikeliness(terms, fit.tissues[t]);
      }
      if (sum < least) {
        least = sum;
        best = fit;
      }
    }
  return best;
}

// Of samples or of changes.
template <class T>
std::set<std::string> heads_of(const std::vector<T>& planted) {
  std::set<std::string> heads;
  for (const T& one : planted) heads.insert(one.head);
  return heads;
}

std::array<Samples, 3> without_head(const std::array<Samples, 3>& samples, const std::string& head) {
  std::array<Samples, 3> rest = samples;
  for (Samples& tissue : rest) std::erase_if(tissue, [&](const Sample& sample) { return sample.head == head; });
  return rest;
}

NoiseAndShare scaled(const NoiseAndShare& found, double factor) {
  return {found.noise * factor, found.share * factor};
}

// Each sample with the coefficients that the other heads give.
struct HeldOut {
  const Sample* sample;
  NoiseAndShare found;
  Exponents exponents;
};

// By what noise and share are multiplied so that 95 % of the intervals hold; between a fifth and five times.
double widening(const std::vector<HeldOut>& held_out) {
  const auto share_held = [&](double factor) {
    std::size_t held = 0;
    for (const HeldOut& one : held_out) {
      const double variance = variance_of(*one.sample, scaled(one.found, factor), one.exponents);
      if (std::abs(one.sample->error) <= normal_quantile_975 * std::sqrt(variance)) ++held;
    }
    return static_cast<double>(held) / static_cast<double>(held_out.size());
  };
  constexpr double wanted = 0.95, least = 0.2, most = 5;
  double low = least, high = most;
  for (int halving = 0; halving < 40; ++halving) {
    const double middle = std::sqrt(low * high);
    (share_held(middle) < wanted ? low : high) = middle;
  }
  return high;
}

// The most likely fit, widened by cross-validation over heads.
Fit cross_validated(const std::array<Samples, 3>& samples) {
  Fit fit = most_likely_fit(samples);
  std::array<std::vector<HeldOut>, 3> held_out;
  for (const std::string& head : heads_of(samples[0])) {
    const Fit others = most_likely_fit(without_head(samples, head));
    for (std::size_t t = 0; t < 3; ++t)
      for (const Sample& sample : samples[t])
        if (sample.head == head) held_out[t].push_back({&sample, others.tissues[t], others.exponents});
  }
  for (std::size_t t = 0; t < 3; ++t) fit.tissues[t] = scaled(fit.tissues[t], widening(held_out[t]));
  return fit;
}

ErrorCoefficients coefficients_of(const Fit& fit) {
  ErrorCoefficients coefficients;
  for (std::size_t t = 0; t < 3; ++t) {
    coefficients.noise_percent.*tissue_members[t] = fit.tissues[t].noise;
    coefficients.scale_share.*tissue_members[t] = fit.tissues[t].share;
  }
  coefficients.noise_exponent = fit.exponents.noise;
  coefficients.scale_exponent = fit.exponents.scale;
  return coefficients;
}

std::array<Samples, 3> samples_of_deformation(const std::vector<FitChange>& changes) {
  std::array<Samples, 3> samples;
  for (const FitChange& change : changes)
    for (std::size_t t = 0; t < 3; ++t) {
      const auto tissue = tissue_members[t];
      const double residual = change.errors.residual_percent.*tissue, calibration = change.errors.calibration_percent;
      samples[t].push_back({change.head, change.measured.*tissue - change.planted.*tissue,
                            residual * residual + calibration * calibration, change.errors.voxel_mm3,
                            largest_change(change.measured)});
    }
  return samples;
}

// 1 where nothing tells.
double slope_of_shift(const std::vector<FitChange>& changes, double TissueValues::*tissue) {
  std::vector<PlantedAndMeasured> shifts;
  for (const FitChange& change : changes)
    if (change.shift_percent) shifts.push_back({change.planted.*tissue, (*change.shift_percent).*tissue, std::nullopt});
  const double slope = shifts.empty() ? 1 : accuracy(shifts).slope.value_or(1);
  return slope > 0 ? slope : 1;
}

void require_heads(const std::vector<FitChange>& changes, std::size_t least) {
  const std::size_t heads = heads_of(changes).size();
  if (heads < least)
    throw InputError(
        "The planted changes come from " + std::to_string(heads) + " different heads; at least " +
        std::to_string(least) +
        " are needed, because each is judged by what the others give: run wane validate with more --head.");
}

std::vector<FitChange> of_visits(const std::vector<FitChange>& changes, bool blurred) {
  std::vector<FitChange> kept = changes;
  std::erase_if(kept, [&](const FitChange& change) { return change.errors.visits_blurred != blurred; });
  return kept;
}

// What the model of visits that are alike leaves of the squared errors of the others.
TissueValues blurred_visits_percent(const std::vector<FitChange>& blurred, const ErrorModel& model) {
  TissueValues result;
  for (const auto tissue : tissue_members) {
    double sum = 0;
    for (const FitChange& change : blurred) {
      const ChangeErrors errors = change_errors(model, change.errors.residual_percent,
                                                change.errors.calibration_percent, change.errors.voxel_mm3, false);
      const double error = change.measured.*tissue - change.planted.*tissue;
      sum += error * error - std::pow(standard_error(errors, change.measured).*tissue, 2);
    }
    result.*tissue = blurred.empty() ? 0 : std::sqrt(std::max(0.0, sum / static_cast<double>(blurred.size())));
  }
  return result;
}

// The part of the model that standard errors of the deformation need.
ErrorModel with_deformation(const std::vector<FitChange>& changes, const ErrorModel& before) {
  ErrorModel model = before;
  model.deformation = coefficients_of(cross_validated(samples_of_deformation(of_visits(changes, false))));
  const std::vector<FitChange> blurred = of_visits(changes, true);
  if (!blurred.empty()) model.blurred_visits_percent = blurred_visits_percent(blurred, model);
  return model;
}

}  // namespace

ErrorModel fit_error_model(const std::vector<FitChange>& all_changes, const ErrorModel& before) {
  const std::vector<FitChange> changes = of_visits(all_changes, false);
  require_heads(changes, 3);
  ErrorModel model = with_deformation(all_changes, before);
  for (const auto tissue : tissue_members) model.shift_recovers.*tissue = slope_of_shift(changes, tissue);
  return model;
}

std::vector<TissueValues> held_out_standard_errors(const std::vector<FitChange>& changes, const ErrorModel& before) {
  require_heads(of_visits(changes, false), 4);
  std::vector<TissueValues> errors(changes.size());
  for (const std::string& head : heads_of(changes)) {
    std::vector<FitChange> others = changes;
    std::erase_if(others, [&](const FitChange& change) { return change.head == head; });
    const ErrorModel model = with_deformation(others, before);
    for (std::size_t n = 0; n < changes.size(); ++n) {
      if (changes[n].head != head) continue;
      const ChangeErrors& measured = changes[n].errors;
      errors[n] = standard_error(change_errors(model, measured.residual_percent, measured.calibration_percent,
                                               measured.voxel_mm3, measured.visits_blurred),
                                 changes[n].measured);
    }
  }
  return errors;
}

}  // namespace wane
