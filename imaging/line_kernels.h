// Inner loops over runs of contiguous floats, compiled for AVX2 as well and chosen when the program starts. Nothing is
// contracted or reordered between the two: every machine gives the same bits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace wane {

// out[w] = half[0] low[0][w] + sum over r >= 1 of half[r] (low[r][w] + high[r][w]), added in the order of r: one step
// of a convolution with a symmetric kernel, whose neighbours r before and r behind start at low[r] and high[r].
// `out` overlaps none of them.
void symmetric_sum(const std::vector<float>& half, const float* const* low, const float* const* high, std::size_t width,
                   float* out);
// The two that it chooses from.
void symmetric_sum_sse(const std::vector<float>& half, const float* const* low, const float* const* high,
                       std::size_t width, float* out);
void symmetric_sum_avx2(const std::vector<float>& half, const float* const* low, const float* const* high,
                        std::size_t width, float* out);

// Neighbours r before and r behind a place on a line of `n`, where the ends are repeated: pointers for symmetric_sum.
class Neighbours {
 public:
  explicit Neighbours(int radius) : low_(std::size_t(radius) + 1), high_(std::size_t(radius) + 1) {}
  // `at(t)`: where the run of place t of the line starts.
  template <class At>
  void around(int t, int n, At&& at) {
    for (std::size_t r = 0; r < low_.size(); ++r) {
      low_[r] = at(std::max(t - int(r), 0));
      high_[r] = at(std::min(t + int(r), n - 1));
    }
  }
  const float* const* low() const { return low_.data(); }
  const float* const* high() const { return high_.data(); }

 private:
  std::vector<const float*> low_, high_;
};

// sum[w] += weight * in[w]
void add_scaled(float weight, const float* in, std::size_t width, float* sum);

}  // namespace wane
