#include "base/peak_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

namespace wane {
namespace {

constexpr std::size_t mib = 1 << 20;

// Takes memory from the system and gives it back, which free() may not do.
void use_for_a_moment(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, bytes);
  munmap(memory, bytes);
}

TEST(PeakMemory, IsThatSinceTheCountWasRestarted) {
  const double before = peak_memory_mib();
  ASSERT_GT(before, 1);
  use_for_a_moment(200 * mib);
  const double with_much = peak_memory_mib();
  EXPECT_GT(with_much, 200);
  if (!restart_peak_memory()) GTEST_SKIP() << "the kernel does not allow it";
  const double restarted = peak_memory_mib();
  EXPECT_LT(restarted, with_much - 150);
  use_for_a_moment(50 * mib);
  EXPECT_NEAR(peak_memory_mib(), restarted + 50, 10);
}

}  // namespace
}  // namespace wane
