// Permutation distributions of a dose trend: how the statistic falls when the rates are shared out anew over the doses.
//
// The tests are conditional: doses and rates stay as they are, and every way to share out the rates over the doses is
// equally likely under no effect. Nothing is assumed of how rates are distributed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace wane {

enum class PermutationMethod {
  exact,       // every arrangement counted
  sampled,     // seeded random arrangements (Monte Carlo)
  asymptotic,  // normal, with the exact permutation mean and variance
};

struct PermutationTest {
  double statistic = 0;           // observed
  double mean = 0;                // over all arrangements
  double standard_deviation = 0;  // over all arrangements
  double p_greater = 1;           // share of arrangements with a statistic at least the observed
  double p_less = 1;              // ... at most the observed
  double p_two_sided = 1;         // ... at least as far from the mean, either side
  PermutationMethod method = PermutationMethod::exact;
  double arrangements = 0;    // counted or sampled; equal doses are not told apart (12 in 4 x 3: 369 600)
  double standard_error = 0;  // of p_two_sided by sampling (in a DoseResponse: of its p); 0 where exact or asymptotic
};

struct PermutationOptions {
  std::size_t most_sums = std::size_t{1} << 21;  // partial sums listed by an exact count: n = 20 in 4 groups
  std::size_t samples = 99999;                   // random arrangements where an exact count is too large
  std::size_t most_draws = 30000000;  // samples x participants; where that leaves under 999, the test is asymptotic
  std::uint64_t seed = 20230112;
};

// sum over participants of score * value (linear contrast; Spearman where both are ranks; linear-by-linear association
// of R's coin). Exact by splitting the participants into two halves: all arrangements of a half are listed for every
// number that it takes of each dose, sorted, and pairs of halves are counted by a merge. Arrangements count as equal to
// the observed within 1e-10 of the statistic's largest possible deviation, so that rounding does not tell ties apart.
// Standardised p values are those of the statistic minus its mean. Needs sizes alike and not empty.
PermutationTest permute_linear(const std::vector<double>& scores, const std::vector<double>& values,
                               const PermutationOptions& options = {});

// Jonckheere 1954 and Terpstra 1952: pairs of participants with different doses in which the higher dose has the higher
// value, equal values counting one half. Exact by recursion over how many of each dose are below a value.
PermutationTest permute_jonckheere(const std::vector<double>& doses, const std::vector<double>& values,
                                   const PermutationOptions& options = {});

// Every arrangement by itself, one after the other, with incremental sums; the same p values as permute_linear. For
// checks and timing.
PermutationTest enumerate_linear(const std::vector<double>& scores, const std::vector<double>& values);

// "exact (369600 arrangements)", "99999 random arrangements, seed 20230112, p +- 0.0007", "normal approximation"
std::string method_in_words(const PermutationTest& test, const PermutationOptions& options = {});

// Ranks from 1, equal values sharing their mean rank.
std::vector<double> mean_ranks(const std::vector<double>& values);

// Multinomial number of ways to share n participants out over classes of these sizes, as a double.
double arrangements_of(const std::vector<std::size_t>& sizes);

// Values in rising order, each once, with the class that every entry belongs to.
struct DoseClasses {
  std::vector<double> doses;
  std::vector<std::size_t> sizes;
  std::vector<std::size_t> class_of;  // one for each value given
};
DoseClasses dose_classes(const std::vector<double>& doses);

}  // namespace wane
