#include "imaging/line_kernels.h"

namespace wane {
namespace {

// Registers are named by hand: left alone, the compiler goes through the weights in the inner loop, one float at a
// time.
// In structs, because a template's argument would lose the alignment.
struct Sse {
  using Register __attribute__((vector_size(16), aligned(4), may_alias)) = float;
};
struct Avx2 {
  using Register __attribute__((vector_size(32), aligned(4), may_alias)) = float;
};

template <class Instructions>
[[gnu::always_inline]] inline void symmetric_sum_in(const std::vector<float>& half, const float* const* low,
                                                    const float* const* high, std::size_t width, float* out) {
  using Register = typename Instructions::Register;
  constexpr std::size_t size = sizeof(Register) / sizeof(float), lanes = 4 * size;
  const std::size_t radius = half.size() - 1;
  const float* weights = half.data();
  const auto at = [](const float* p, std::size_t n) -> const Register& {
    return reinterpret_cast<const Register*>(p)[n];
  };
  std::size_t w = 0;
  for (; w + lanes <= width; w += lanes) {
    const float* centre = low[0] + w;
    Register s0 = weights[0] * at(centre, 0), s1 = weights[0] * at(centre, 1), s2 = weights[0] * at(centre, 2),
             s3 = weights[0] * at(centre, 3);
    for (std::size_t r = 1; r <= radius; ++r) {
      const float* a = low[r] + w;
      const float* b = high[r] + w;
      s0 += weights[r] * (at(a, 0) + at(b, 0));
      s1 += weights[r] * (at(a, 1) + at(b, 1));
      s2 += weights[r] * (at(a, 2) + at(b, 2));
      s3 += weights[r] * (at(a, 3) + at(b, 3));
    }
    Register* o = reinterpret_cast<Register*>(out + w);
    o[0] = s0;
    o[1] = s1;
    o[2] = s2;
    o[3] = s3;
  }
  for (; w < width; ++w) {
    float sum = weights[0] * low[0][w];
    for (std::size_t r = 1; r <= radius; ++r) sum += weights[r] * (low[r][w] + high[r][w]);
    out[w] = sum;
  }
}

}  // namespace

void symmetric_sum_sse(const std::vector<float>& half, const float* const* low, const float* const* high,
                       std::size_t width, float* out) {
  symmetric_sum_in<Sse>(half, low, high, width, out);
}

__attribute__((target("avx2"))) void symmetric_sum_avx2(const std::vector<float>& half, const float* const* low,
                                                        const float* const* high, std::size_t width, float* out) {
  symmetric_sum_in<Avx2>(half, low, high, width, out);
}

void symmetric_sum(const std::vector<float>& half, const float* const* low, const float* const* high, std::size_t width,
                   float* out) {
  static const bool avx2 = __builtin_cpu_supports("avx2");
  avx2 ? symmetric_sum_avx2(half, low, high, width, out) : symmetric_sum_sse(half, low, high, width, out);
}

__attribute__((target_clones("avx2", "default"))) void add_scaled(float weight, const float* in, std::size_t width,
                                                                  float* sum) {
  for (std::size_t w = 0; w < width; ++w) sum[w] += weight * in[w];
}

}  // namespace wane
