// Trials without effect, simulated: how often does each exact test reject, and how often does each interval hold the
// truth? Prints a table; exit code 1 where a rejection rate is off by more than half a percent.
//   wane_statistics_simulation [TRIALS]      20 000 trials of 12 where not said
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/counted_random.h"
#include "pipeline/statistics/bootstrap.h"
#include "pipeline/statistics/groups.h"
#include "pipeline/statistics/mixed_model.h"
#include "pipeline/statistics/permutation.h"
#include "pipeline/statistics/rates.h"
#include "pipeline/statistics/shift.h"

namespace wane {
namespace {

const std::vector<double> ladder = {5, 5, 5, 10, 10, 10, 16, 16, 16, 24, 24, 24};
constexpr double alpha = 0.05, true_rate = -0.8;

struct Coverage {
  const char* what;
  double nominal;
  double held = 0, trials = 0;
  void count(bool holds) {
    held += holds;
    ++trials;
  }
  void print() const {
    const double share = held / trials;
    std::printf("  %-62s nominal %.3f  measured %.4f +- %.4f  (%.0f)\n", what, nominal, share,
                std::sqrt(share * (1 - share) / trials), trials);
  }
};

// The share of trials that reject at the attainable level nearest to alpha.
bool print_rejection(const char* test, const std::vector<double>& p) {
  double level = 0;
  for (const double each : p)
    if (std::abs(each - alpha) < std::abs(level - alpha)) level = each;
  const double rejected =
      static_cast<double>(std::count_if(p.begin(), p.end(), [&](double each) { return each <= level + 1e-12; }));
  const double n = static_cast<double>(p.size()), share = rejected / n;
  const bool right = std::abs(share - alpha) <= 0.005;
  std::printf("  %-22s nearest attainable level %.5f  rejected %.4f +- %.4f  %s\n", test, level, share,
              std::sqrt(share * (1 - share) / n), right ? "within 0.05 +- 0.005" : "OUTSIDE 0.05 +- 0.005");
  return right;
}

std::vector<double> part(const std::vector<double>& values, std::size_t begin, std::size_t end) {
  return {values.begin() + static_cast<std::ptrdiff_t>(begin), values.begin() + static_cast<std::ptrdiff_t>(end)};
}

// Rates that scatter normally around one truth, skewed where asked (exponential).
std::vector<double> null_rates(const CountedRandom& random, std::uint64_t trial, bool skewed) {
  std::vector<double> rates;
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    const std::uint64_t draw = trial * ladder.size() + i;
    rates.push_back(true_rate + 0.5 * (skewed ? -std::log(random.uniform(draw)) - 1 : random.normal(draw)));
  }
  return rates;
}

bool tests_keep_their_level(std::size_t trials, bool skewed) {
  std::vector<double> jonckheere, spearman, linear;
  const auto ranks = mean_ranks(ladder);
  const CountedRandom random(1, skewed);
  Coverage slope{"slope, exact (inverted permutation tests)", 0.95};
  Coverage student{"mean of a group of 3, Student's t", 0.95}, bca{"mean of a group of 3, BCa bootstrap", 0.95};
  Coverage student_all{"mean of all 12, Student's t", 0.95}, bca_all{"mean of all 12, BCa bootstrap", 0.95};
  Coverage shift{"highest less lowest dose, Hodges-Lehmann, widest (3 against 3)", 0.90};
  Coverage halves{"upper less lower 6, Hodges-Lehmann, exact", 0};
  for (std::size_t t = 0; t < trials; ++t) {
    const auto rates = null_rates(random, t, skewed);
    jonckheere.push_back(permute_jonckheere(ladder, rates).p_two_sided);
    spearman.push_back(permute_linear(ranks, mean_ranks(rates)).p_two_sided);
    const auto contrast = permute_linear(ladder, rates);
    linear.push_back(contrast.p_two_sided);
    // The interval is of all slopes that neither one-sided test rejects at 2.5 %: the true one is 0.
    slope.count(contrast.p_greater > 0.025 && contrast.p_less > 0.025);
    const auto low = part(rates, 0, 3), high = part(rates, 9, 12);
    const auto difference = hodges_lehmann(low, high);
    shift.count(*difference.widest_low <= 0 && *difference.widest_high >= 0);
    const auto half = hodges_lehmann(part(rates, 0, 6), part(rates, 6, 12));
    halves.nominal = half.confidence;
    halves.count(*half.low <= 0 && *half.high >= 0);
    const auto group = summarise(low);
    student.count(*group.interval_95_low <= true_rate && *group.interval_95_high >= true_rate);
    bca.count(group.bootstrap->low <= true_rate && group.bootstrap->high >= true_rate);
    if (t % 10 != 0) continue;
    const auto all = summarise(rates);
    student_all.count(*all.interval_95_low <= true_rate && *all.interval_95_high >= true_rate);
    bca_all.count(all.bootstrap->low <= true_rate && all.bootstrap->high >= true_rate);
  }
  std::printf("%zu trials of 12 in 4 x 3 without effect, %s rates\n", trials,
              skewed ? "skewed (exponential)" : "normal");
  bool right = print_rejection("Jonckheere-Terpstra", jonckheere);
  right = print_rejection("Spearman", spearman) && right;
  right = print_rejection("linear contrast", linear) && right;
  for (const Coverage& coverage : {slope, shift, halves, student, bca, student_all, bca_all}) coverage.print();
  return right;
}

// 12 people, five visits in two years, own slopes: the mixed model's dose x time, and each person's own interval.
void print_model_coverage(std::size_t trials) {
  Coverage model{"mixed model, dose x years, Satterthwaite", 0.95};
  Coverage person{"rate of one person of 5 visits (measurement)", 0.95};
  const CountedRandom random(2);
  std::uint64_t draw = 0;
  std::size_t singular = 0;
  constexpr double slope_per_dose = 0.02, noise = 0.15;
  for (std::size_t t = 0; t < trials; ++t) {
    std::vector<ModelSubject> subjects;
    for (const double dose : ladder) {
      const double intercept = 8 * random.normal(draw++);
      const double rate = true_rate + slope_per_dose * dose + 0.4 * random.normal(draw++);
      ModelSubject subject{Eigen::MatrixXd(5, 4), Eigen::VectorXd(5), Eigen::VectorXd(5)};
      std::vector<std::optional<double>> days;
      for (int visit = 0; visit < 5; ++visit) {
        const double years = 0.5 * visit;
        days.push_back(years * 365.25);
        subject.fixed.row(visit) << 1, years, dose, years * dose;
        subject.years(visit) = years;
        subject.values(visit) = 700 + intercept + rate * years + noise * random.normal(draw++);
      }
      std::vector<Change> changes;
      for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t j = i + 1; j < 5; ++j) {
          const double ratio =
              std::exp((subject.values(static_cast<int>(j)) - subject.values(static_cast<int>(i))) / 100);
          const double percent = percent_change(1, ratio);
          const double error = noise / 100 * std::sqrt(2.0) / log_ratio_per_percent(percent);
          changes.push_back({i, j, {percent, percent, percent}, {error, error, error}});
        }
      const auto own = participant_rate(days, changes).brain.rate.value();
      const double truth = percent_change(1, std::exp(rate / 100));
      person.count(*own.interval_95_low <= truth && *own.interval_95_high >= truth);
      subjects.push_back(subject);
    }
    const auto fit = fit_mixed_model(subjects);
    singular += fit.singular;
    model.count(fit.effects[3].low <= slope_per_dose && fit.effects[3].high >= slope_per_dose);
  }
  std::printf("%zu trials of 12 with 5 visits in 2 years and a true dose response (%zu fits singular)\n", trials,
              singular);
  model.print();
  person.print();
}

}  // namespace
}  // namespace wane

int main(int argc, char** argv) {
  const std::size_t trials = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20000;
  if (trials < 100) {
    std::fprintf(stderr, "How many trials? At least 100.\n");
    return 2;
  }
  bool right = wane::tests_keep_their_level(trials, false);
  right = wane::tests_keep_their_level(trials, true) && right;
  wane::print_model_coverage(trials / 10);
  return right ? 0 : 1;
}
