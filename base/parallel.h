// Deterministic parallel loops: work is cut into blocks whose number depends on the amount of work alone, and partial
// sums are added in the order of the blocks, so that results have the same bits for any number of threads.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

namespace wane {

// f(begin, end) for consecutive ranges of [0, n). The first exception (in order of blocks) is rethrown.
template <class F>
void parallel_blocks(std::size_t n, std::size_t block, F&& f) {
  const std::size_t blocks = (n + block - 1) / block;
  std::vector<std::exception_ptr> errors(blocks);
#pragma omp parallel for schedule(dynamic)
  for (std::size_t b = 0; b < blocks; ++b) {
    try {
      f(b * block, std::min(n, (b + 1) * block));
    } catch (...) {
      errors[b] = std::current_exception();
    }
  }
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}

// f(i) for every i in [0, n); for loops over slices, visits or participants.
template <class F>
void parallel_for(std::size_t n, F&& f, std::size_t block = 1) {
  parallel_blocks(n, block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) f(i);
  });
}

// Voxels that a thread takes at once, and that a sum adds up by itself: another number changes last bits of sums.
inline constexpr std::size_t voxel_block = 65536;

// f(n) for every voxel n in [0, voxels).
template <class F>
void parallel_voxels(std::size_t voxels, F&& f) {
  parallel_for(voxels, std::forward<F>(f), voxel_block);
}

// f(i) for every i in [0, n), side by side, for pieces of work that hold loops of their own: these then run on the
// thread of their piece.
template <class F>
void parallel_tasks(std::size_t n, F&& f) {
  parallel_for(n, [&](std::size_t i) {
    omp_set_num_threads(1);  // of the loops inside, for this task alone
    f(i);
  });
}

// The sum of f(begin, end) over blocks of [0, n), added in order. T needs operator+= and a zero `initial`.
template <class T, class F>
T parallel_sum(std::size_t n, std::size_t block, T initial, F&& f) {
  const std::size_t blocks = (n + block - 1) / block;
  std::vector<T> partial(blocks, initial);
  parallel_blocks(n, block, [&](std::size_t begin, std::size_t end) { partial[begin / block] = f(begin, end); });
  T total = initial;
  for (const T& p : partial) total += p;
  return total;
}

// The largest of f(n) over the voxels n in [0, voxels), and at least 0.
template <class F>
double largest_of_voxels(std::size_t voxels, F&& f) {
  struct Largest {
    double value = 0;
    Largest& operator+=(const Largest& o) {
      value = std::max(value, o.value);
      return *this;
    }
  };
  return parallel_sum(voxels, voxel_block, Largest{},
                      [&](std::size_t begin, std::size_t end) {
                        Largest part;
                        for (std::size_t n = begin; n < end; ++n) part.value = std::max(part.value, double(f(n)));
                        return part;
                      })
      .value;
}

}  // namespace wane
