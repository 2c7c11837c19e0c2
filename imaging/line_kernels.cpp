#include "imaging/line_kernels.h"

namespace wane {
namespace {

constexpr std::size_t lanes = 32;  // sums held in registers while the kernel's weights are gone through

}  // namespace

__attribute__((target_clones("avx2", "default"))) void symmetric_sum(const std::vector<float>& half,
                                                                     const float* const* low, const float* const* high,
                                                                     std::size_t width, float* out) {
  const std::size_t radius = half.size() - 1;
  std::size_t w = 0;
  for (; w + lanes <= width; w += lanes) {
    float sum[lanes];
    for (std::size_t x = 0; x < lanes; ++x) sum[x] = half[0] * low[0][w + x];
    for (std::size_t r = 1; r <= radius; ++r) {
      const float weight = half[r];
      const float* a = low[r] + w;
      const float* b = high[r] + w;
      for (std::size_t x = 0; x < lanes; ++x) sum[x] += weight * (a[x] + b[x]);
    }
    for (std::size_t x = 0; x < lanes; ++x) out[w + x] = sum[x];
  }
  for (; w < width; ++w) {
    float sum = half[0] * low[0][w];
    for (std::size_t r = 1; r <= radius; ++r) sum += half[r] * (low[r][w] + high[r][w]);
    out[w] = sum;
  }
}

__attribute__((target_clones("avx2", "default"))) void add_scaled(float weight, const float* in, std::size_t width,
                                                                  float* sum) {
  for (std::size_t w = 0; w < width; ++w) sum[w] += weight * in[w];
}

}  // namespace wane
