// Times the exact tests of 15 participants in 3 / 3 / 3 / 6: 8 408 400 arrangements, counted in halves as the program
// does and one by one as a check. Exit code 1 where the two differ or either takes more than 20 s.
#include <chrono>
#include <cstdio>

#include "base/counted_random.h"
#include "pipeline/statistics/permutation.h"

namespace wane {
namespace {

template <class F>
PermutationTest timed(const char* what, F&& f, bool& quick) {
  const auto begin = std::chrono::steady_clock::now();
  const PermutationTest test = f();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("  %-44s %.0f arrangements  p %.12f  %.3f s\n", what, test.arrangements, test.p_two_sided, seconds);
  quick = quick && seconds <= 20;
  return test;
}

}  // namespace
}  // namespace wane

int main() {
  using namespace wane;
  const std::vector<double> doses = {5, 5, 5, 10, 10, 10, 16, 16, 16, 24, 24, 24, 24, 24, 24};
  const CountedRandom random(3);
  std::vector<double> rates;
  for (std::size_t i = 0; i < doses.size(); ++i) rates.push_back(-1 + 0.02 * doses[i] + 0.4 * random.normal(i));
  const auto ranks = mean_ranks(doses), rate_ranks = mean_ranks(rates);
  bool quick = true;
  const auto halves = timed(
      "linear contrast, in halves", [&] { return permute_linear(doses, rates); }, quick);
  const auto one_by_one = timed(
      "linear contrast, one by one", [&] { return enumerate_linear(doses, rates); }, quick);
  const auto spearman = timed(
      "Spearman, in halves", [&] { return permute_linear(ranks, rate_ranks); }, quick);
  const auto listed = timed(
      "Spearman, one by one", [&] { return enumerate_linear(ranks, rate_ranks); }, quick);
  timed(
      "Jonckheere-Terpstra, by recursion", [&] { return permute_jonckheere(doses, rates); }, quick);
  const bool same = halves.p_two_sided == one_by_one.p_two_sided && spearman.p_two_sided == listed.p_two_sided;
  std::printf("%s, %s\n", same ? "the same counts" : "DIFFERENT COUNTS", quick ? "each within 20 s" : "TOO SLOW");
  return same && quick ? 0 : 1;
}
