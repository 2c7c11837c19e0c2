#include "base/parallel.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace wane {
namespace {

class Parallel : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { omp_set_num_threads(GetParam()); }
  void TearDown() override { omp_set_num_threads(1); }
};

// Terms of very different sizes: any other order of additions gives other bits.
double block_of_harmonic_sum(std::size_t begin, std::size_t end) {
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += std::pow(-1.0, double(i % 3)) / (1.0 + double(i * i % 10007));
  return sum;
}

TEST_P(Parallel, SumHasTheBitsOfTheBlocksAddedInOrder) {
  const std::size_t n = 100'003, block = 1000;
  double expected = 0;
  for (std::size_t begin = 0; begin < n; begin += block)
    expected += block_of_harmonic_sum(begin, std::min(n, begin + block));
  for (int repeat = 0; repeat < 5; ++repeat) EXPECT_EQ(parallel_sum(n, block, 0.0, block_of_harmonic_sum), expected);
}

TEST_P(Parallel, ForVisitsEveryElementOnce) {
  std::vector<int> visits(1234, 0);
  parallel_for(
      visits.size(), [&](std::size_t i) { ++visits[i]; }, 100);
  EXPECT_EQ(visits, std::vector<int>(1234, 1));
}

TEST_P(Parallel, BlocksEndWithTheWorkThatIsLeft) {
  std::vector<std::size_t> ends(4, 0);
  parallel_blocks(10, 3, [&](std::size_t begin, std::size_t end) { ends[begin / 3] = end; });
  EXPECT_EQ(ends, (std::vector<std::size_t>{3, 6, 9, 10}));
}

TEST_P(Parallel, TheFirstExceptionInOrderPassesThrough) {
  try {
    parallel_for(50, [](std::size_t i) {
      if (i == 31 || i == 7 || i == 49) throw std::runtime_error(std::to_string(i));
    });
    FAIL() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "7");
  }
}

TEST_P(Parallel, AnExceptionDoesNotKeepTheOtherBlocksFromTheirWork) {
  std::vector<int> done(40, 0);
  EXPECT_THROW(parallel_for(40,
                            [&](std::size_t i) {
                              if (i == 3) throw std::runtime_error("three");
                              done[i] = 1;
                            }),
               std::runtime_error);
  for (std::size_t i = 0; i < done.size(); ++i) EXPECT_EQ(done[i], i != 3);
}

TEST_P(Parallel, NoWorkIsNoCall) {
  parallel_for(0, [](std::size_t) { FAIL(); });
  EXPECT_EQ(parallel_sum(0, 10, 5.0, [](std::size_t, std::size_t) { return 1.0; }), 5.0);
}

INSTANTIATE_TEST_SUITE_P(Threads, Parallel, testing::Values(1, 2, 3));

}  // namespace
}  // namespace wane
