#pragma once

// What combines the lanes of packets: sums, maxima, transposes.

#include <utility>

#include "heed/core/detail/packets.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::simd {

// GCC warns that it ignores the attributes of Eigen's packets wherever they are a template argument.
#pragma GCC diagnostic push
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace detail {
// The lower and the upper half of a packet combined; not with Eigen for 512 bits, because of the warning above.
template <class T>
HEED_INLINE auto fold_sum(const T& a) {
  return eigen::predux_half_dowto4(a);
}
#ifdef EIGEN_VECTORIZE_AVX512
HEED_INLINE __m256 low(const __m512& a) { return __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7); }
HEED_INLINE __m256 high(const __m512& a) { return __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15); }
HEED_INLINE __m256d low(const __m512d& a) { return __builtin_shufflevector(a, a, 0, 1, 2, 3); }
HEED_INLINE __m256d high(const __m512d& a) { return __builtin_shufflevector(a, a, 4, 5, 6, 7); }
HEED_INLINE auto fold_sum(const __m512& a) { return eigen::padd(low(a), high(a)); }
HEED_INLINE auto fold_sum(const __m512d& a) { return eigen::padd(low(a), high(a)); }
HEED_INLINE auto sum_of(const __m512& a) { return eigen::predux(fold_sum(a)); }
HEED_INLINE auto sum_of(const __m512d& a) { return eigen::predux(fold_sum(a)); }
HEED_INLINE auto max_of(const __m512& a) { return eigen::predux_max(larger(low(a), high(a))); }
HEED_INLINE auto max_of(const __m512d& a) { return eigen::predux_max(larger(low(a), high(a))); }
#endif
template <class T>
HEED_INLINE auto sum_of(const T& a) {
  return eigen::predux(a);
}
template <class T>
HEED_INLINE auto max_of(const T& a) {
  return eigen::predux_max(a);
}
}  // namespace detail

/// The sum of a packet's lanes.
template <class P>
HEED_INLINE ScalarOf<P> sum(const P& a) {
  typename P::Raw total = a.part[0];
  unroll<P::parts - 1>([&](auto i) HEED_LAMBDA { total = eigen::padd(total, a.part[i + 1]); });
  return detail::sum_of(total);
}
/// The largest of a packet's lanes.
template <class P>
HEED_INLINE ScalarOf<P> max_of(const P& a) {
  typename P::Raw largest = a.part[0];
  unroll<P::parts - 1>([&](auto i) HEED_LAMBDA { largest = detail::larger(largest, a.part[i + 1]); });
  return detail::max_of(largest);
}
/// The lower half of a packet plus the upper one.
template <class S, int Lanes>
HEED_INLINE Pack<S, Lanes / 2> add_halves(const Pack<S, Lanes>& a) {
  return {{detail::fold_sum(a.part[0])}};
}
/// out[j] += the sum of packet j, for four packets: a transpose instead of four horizontal sums.
template <class P>
HEED_INLINE void accumulate_sums(ScalarOf<P>* out, const P& a, const P& b, const P& c, const P& d) {
  static_assert(P::parts == 1);
  if constexpr (P::lanes == 4) {
    eigen::PacketBlock<typename P::Raw, 4> block;
    block.packet[0] = a.part[0];
    block.packet[1] = b.part[0];
    block.packet[2] = c.part[0];
    block.packet[3] = d.part[0];
    eigen::ptranspose(block);
    const auto total =
        eigen::padd(eigen::padd(block.packet[0], block.packet[1]), eigen::padd(block.packet[2], block.packet[3]));
    eigen::pstoreu(out, eigen::padd(eigen::ploadu<typename P::Raw>(out), total));
  } else if constexpr (P::lanes > 4) {
    accumulate_sums(out, add_halves(a), add_halves(b), add_halves(c), add_halves(d));
  } else {
    out[0] += sum(a);
    out[1] += sum(b);
    out[2] += sum(c);
    out[3] += sum(d);
  }
}

namespace detail {
#ifdef EIGEN_VECTORIZE_AVX512
// Element l of the first row of a pair, or of the second, after bit B of rows and lanes was exchanged.
template <int B, bool Second, class V, int... l>
HEED_INLINE V swap_bit(const V& x, const V& y, std::integer_sequence<int, l...>) {
  constexpr int W = sizeof...(l);
  return V(__builtin_shufflevector(x, y,
                                   (Second == ((l & B) != 0) ? (Second ? W + l : l)
                                    : Second                 ? (l ^ B)
                                                             : W + (l ^ B))...));
}
template <int B, class V, int W>
HEED_INLINE void swap_bits(V (&rows)[W]) {
  constexpr std::make_integer_sequence<int, W> lanes;
  unroll<W>([&](auto i) HEED_LAMBDA {
    if ((i & B) == 0) {
      const V x = rows[i], y = rows[i + B];
      rows[i] = swap_bit<B, false>(x, y, lanes);
      rows[i + B] = swap_bit<B, true>(x, y, lanes);
    }
  });
  if constexpr (B > 1) swap_bits<B / 2>(rows);
}
#endif
}  // namespace detail

/// Transposes a square of packets: to[j * to_stride + i] = from[i * from_stride + j] for i, j below the width of the
/// widest packet.
template <class S>
HEED_INLINE void transpose_square(const S* from, Index from_stride, S* to, Index to_stride) {
  constexpr int W = native_width<S>;
  using Raw = typename eigen::packet_traits<S>::type;
#ifdef EIGEN_VECTORIZE_AVX512  // not with Eigen, because of the warning above
  Raw rows[W];
  unroll<W>([&](auto i) HEED_LAMBDA { rows[i] = eigen::ploadu<Raw>(from + i * from_stride); });
  detail::swap_bits<W / 2>(rows);
  unroll<W>([&](auto i) HEED_LAMBDA { eigen::pstoreu(to + i * to_stride, rows[i]); });
#else
  eigen::PacketBlock<Raw, W> block;
  unroll<W>([&](auto i) HEED_LAMBDA { block.packet[i] = eigen::ploadu<Raw>(from + i * from_stride); });
  eigen::ptranspose(block);
  unroll<W>([&](auto i) HEED_LAMBDA { eigen::pstoreu(to + i * to_stride, block.packet[i]); });
#endif
}

#pragma GCC diagnostic pop

}  // namespace heed::inline HEED_ISA::simd
