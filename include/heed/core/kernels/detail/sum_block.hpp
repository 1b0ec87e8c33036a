#pragma once

// The sums of 16 packets, each the gradient of a weight.

#include <type_traits>

#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

namespace detail {
using namespace simd;

#ifdef EIGEN_VECTORIZE_AVX512
/// Sums each of 16 packets of 16 floats into one packet: a tree of 15 merges, each two shuffles and an addition. The
/// sum of packet [i][j] is at 4 j + i.
HEED_INLINE Pack<float, 16> sums16(const Pack<float, 16> (&a)[4][4]) {
  using V = float __attribute__((vector_size(64)));
  const auto halves = [](V x, V y) HEED_LAMBDA -> V {
    return __builtin_shufflevector(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
           __builtin_shufflevector(x, y, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  };
  const auto quarters = [](V x, V y) HEED_LAMBDA -> V {
    return __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
           __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  };
  const auto pairs = [](V x, V y) HEED_LAMBDA -> V {
    return __builtin_shufflevector(x, y, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
           __builtin_shufflevector(x, y, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  };
  const auto singles = [](V x, V y) HEED_LAMBDA -> V {
    return __builtin_shufflevector(x, y, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30) +
           __builtin_shufflevector(x, y, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31);
  };
  V row[4];
  unroll<4>([&](auto i) HEED_LAMBDA {
    row[i] = quarters(halves(V(a[i][0].part[0]), V(a[i][1].part[0])), halves(V(a[i][2].part[0]), V(a[i][3].part[0])));
  });
  return {{singles(pairs(row[0], row[1]), pairs(row[2], row[3]))}};
}
#endif

// The 16 sums of a block of 4 x 4 packets, added to a column-major matrix: sum (i, j) to dw[i + j out].
template <class S, class P>
HEED_INLINE void accumulate_block(S* dw, Index out, const P (&sum)[4][4]) {
#ifdef EIGEN_VECTORIZE_AVX512
  if constexpr (std::is_same_v<S, float>) {
    alignas(64) float total[16];
    store(total, sums16(sum));
    unroll<4>([&](auto j) HEED_LAMBDA { accumulate(dw + j * out, load<Pack<float, 4>>(total + 4 * j)); });
    return;
  }
#endif
  unroll<4>([&](auto j) HEED_LAMBDA { accumulate_sums(dw + j * out, sum[0][j], sum[1][j], sum[2][j], sum[3][j]); });
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA::kernels
