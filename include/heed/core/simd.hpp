#pragma once

/// @file
/// Packets. This is the only file that names `Eigen::internal`.
///
/// Every function here works on a `Pack`: several Eigen packets that are treated as one value. Each operation is
/// applied to all of them before the next one, so that independent chains of operations overlap and nothing is indexed
/// at run time.

#include <Eigen/Core>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "heed/core/types.hpp"

#if (HEED_ISA_IS_SCALAR != 0) != defined(EIGEN_DONT_VECTORIZE)
#error "heed does not see whether Eigen makes packets: define EIGEN_DONT_VECTORIZE before the first header"
#endif

namespace heed::inline HEED_ISA::simd {

namespace eigen = Eigen::internal;

// GCC warns that it ignores the attributes of Eigen's packets wherever they are a template argument.
#pragma GCC diagnostic push
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace detail {
template <class S, int Width, class Candidate = typename eigen::packet_traits<S>::type>
struct Find {
  using Half = typename eigen::unpacket_traits<Candidate>::half;
  static_assert(!std::is_same_v<Half, Candidate>, "no packet of this width");
  using Type = typename Find<S, Width, Half>::Type;
};
template <class S, int Width, class Candidate>
  requires(eigen::unpacket_traits<Candidate>::size == Width)
struct Find<S, Width, Candidate> {
  using Type = Candidate;
};
}  // namespace detail

/// `parts` packets of `lanes` numbers each, as one value. A scalar is a packet of one.
template <class S, int Lanes, int Parts = 1>
struct Pack {
  using Scalar = S;
  using Raw = typename detail::Find<S, Lanes>::Type;
  static constexpr int lanes = Lanes;
  static constexpr int parts = Parts;
  static constexpr int width = Lanes * Parts;
  Raw part[std::size_t{Parts}];
};
template <class S, int Parts>
struct Pack<S, 1, Parts> {
  using Scalar = S;
  using Raw = S;
  static constexpr int lanes = 1;
  static constexpr int parts = Parts;
  static constexpr int width = Parts;
  Raw part[std::size_t{Parts}];
};

/// The width of this machine's widest packet of S, and that packet.
template <class S>
inline constexpr int native_width = eigen::packet_traits<S>::size;
template <class S, int Parts = 1>
using Packet = Pack<S, native_width<S>, Parts>;
template <class P>
using ScalarOf = typename P::Scalar;
template <class P>
inline constexpr int width = P::width;

/// The number of vector registers, which sets the size of accumulator blocks.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int registers = 32;
#else
inline constexpr int registers = 16;
#endif

/// Calls f(0), f(1), ..., f(N - 1), unrolled. If f is inlined, its argument is a constant.
template <int N, class F>
HEED_INLINE void unroll(F&& f) {
  [&]<int... i>(std::integer_sequence<int, i...>) HEED_LAMBDA { (f(i), ...); }(std::make_integer_sequence<int, N>{});
}

namespace detail {
// f on each part
template <class P, class F, class... A>
HEED_INLINE P each(F&& f, const A&... a) {
  if constexpr (P::parts == 1) return {{f(a.part[0]...)}};
  if constexpr (P::parts == 2) return {{f(a.part[0]...), f(a.part[1]...)}};
  P result;
  unroll<P::parts>([&](auto i) HEED_LAMBDA { result.part[i] = f(a.part[i]...); });
  return result;
}
// Eigen's own 512-bit minimum, maximum and square root make GCC 12 warn of uninitialised values.
template <class T>
HEED_INLINE T smaller(const T& a, const T& b) {
  return eigen::pmin(a, b);
}
template <class T>
HEED_INLINE T larger(const T& a, const T& b) {
  return eigen::pmax(a, b);
}
template <class T>
HEED_INLINE T root(const T& a) {
  return eigen::psqrt(a);
}
// Scalars are rounded as packets are, so the compiler must not contract a product and a sum as it likes.
template <class T>
HEED_INLINE T multiply_add(const T& a, const T& b, const T& c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  if constexpr (std::is_arithmetic_v<T>) return std::fma(a, b, c);
#endif
  return eigen::pmadd(a, b, c);
}
#if defined(__aarch64__) && defined(EIGEN_VECTORIZE_NEON)
// NEON's own minimum and maximum are NaN if either argument is.
HEED_INLINE float32x4_t smaller(const float32x4_t& a, const float32x4_t& b) { return b < a ? b : a; }
HEED_INLINE float64x2_t smaller(const float64x2_t& a, const float64x2_t& b) { return b < a ? b : a; }
HEED_INLINE float32x4_t larger(const float32x4_t& a, const float32x4_t& b) { return a < b ? b : a; }
HEED_INLINE float64x2_t larger(const float64x2_t& a, const float64x2_t& b) { return a < b ? b : a; }
#endif
#ifdef EIGEN_VECTORIZE_AVX512
HEED_INLINE __m512 root(const __m512& a) { return _mm512_maskz_sqrt_ps(__mmask16(-1), a); }
HEED_INLINE __m512d root(const __m512d& a) { return _mm512_maskz_sqrt_pd(__mmask8(-1), a); }
HEED_INLINE __m512 smaller(const __m512& a, const __m512& b) { return _mm512_maskz_min_ps(__mmask16(-1), b, a); }
HEED_INLINE __m512d smaller(const __m512d& a, const __m512d& b) { return _mm512_maskz_min_pd(__mmask8(-1), b, a); }
HEED_INLINE __m512 larger(const __m512& a, const __m512& b) { return _mm512_maskz_max_ps(__mmask16(-1), b, a); }
HEED_INLINE __m512d larger(const __m512d& a, const __m512d& b) { return _mm512_maskz_max_pd(__mmask8(-1), b, a); }
#endif
}  // namespace detail

// ---- arithmetic

template <class P>
HEED_INLINE P add(const P& a, const P& b) {
  if constexpr (P::parts == 1) return {{eigen::padd(a.part[0], b.part[0])}};
  return detail::each<P>([](const auto& x, const auto& y) HEED_LAMBDA { return eigen::padd(x, y); }, a, b);
}
template <class P>
HEED_INLINE P sub(const P& a, const P& b) {
  if constexpr (P::parts == 1) return {{eigen::psub(a.part[0], b.part[0])}};
  return detail::each<P>([](const auto& x, const auto& y) HEED_LAMBDA { return eigen::psub(x, y); }, a, b);
}
template <class P>
HEED_INLINE P mul(const P& a, const P& b) {
  if constexpr (P::parts == 1) return {{eigen::pmul(a.part[0], b.part[0])}};
  return detail::each<P>([](const auto& x, const auto& y) HEED_LAMBDA { return eigen::pmul(x, y); }, a, b);
}
template <class P>
HEED_INLINE P div(const P& a, const P& b) {
  if constexpr (P::parts == 1) return {{eigen::pdiv(a.part[0], b.part[0])}};
  return detail::each<P>([](const auto& x, const auto& y) HEED_LAMBDA { return eigen::pdiv(x, y); }, a, b);
}
/// a b + c
template <class P>
HEED_INLINE P fma(const P& a, const P& b, const P& c) {
  if constexpr (P::parts == 1) return {{detail::multiply_add(a.part[0], b.part[0], c.part[0])}};
  return detail::each<P>(
      [](const auto& x, const auto& y, const auto& z) HEED_LAMBDA { return detail::multiply_add(x, y, z); }, a, b, c);
}
/// The smaller one. It is a if either is NaN, so that clamping keeps a NaN.
template <class P>
HEED_INLINE P min(const P& a, const P& b) {
  if constexpr (P::parts == 1) return {{detail::smaller(a.part[0], b.part[0])}};
  return detail::each<P>([](const auto& x, const auto& y) HEED_LAMBDA { return detail::smaller(x, y); }, a, b);
}
/// The larger one; a if either is NaN.
template <class P>
HEED_INLINE P max(const P& a, const P& b) {
  if constexpr (P::parts == 1) return {{detail::larger(a.part[0], b.part[0])}};
  return detail::each<P>([](const auto& x, const auto& y) HEED_LAMBDA { return detail::larger(x, y); }, a, b);
}
template <class P>
HEED_INLINE P sqrt(const P& a) {
  return detail::each<P>([](const auto& x) HEED_LAMBDA { return detail::root(x); }, a);
}
/// x if a < b, else y, in each lane
template <class P>
HEED_INLINE P select_less(const P& a, const P& b, const P& x, const P& y) {
  return detail::each<P>([](const auto& a1, const auto& b1, const auto& x1, const auto& y1)
                             HEED_LAMBDA { return a1 < b1 ? x1 : y1; },
                         a, b, x, y);
}

// ---- memory

template <class P>
HEED_INLINE P set1(ScalarOf<P> s) {
  if constexpr (P::parts == 1) return {{eigen::pset1<typename P::Raw>(s)}};
  P result;
  const typename P::Raw one = eigen::pset1<typename P::Raw>(s);
  unroll<P::parts>([&](auto i) HEED_LAMBDA { result.part[i] = one; });
  return result;
}
template <class P>
HEED_INLINE P load(const ScalarOf<P>* p) {
  if constexpr (P::parts == 1) return {{eigen::ploadu<typename P::Raw>(p)}};
  P result;
  unroll<P::parts>([&](auto i) HEED_LAMBDA { result.part[i] = eigen::ploadu<typename P::Raw>(p + i * P::lanes); });
  return result;
}
/// A load that stays in a register for all its uses. GCC would repeat the load at each use, which costs throughput.
template <class P>
HEED_INLINE P load_once(const ScalarOf<P>* p) {
  P result = load<P>(p);
#if defined(__GNUC__) && !defined(__clang__) && defined(__AVX512F__)
  if constexpr (P::lanes > 1) unroll<P::parts>([&](auto i) HEED_LAMBDA { asm("" : "+v"(result.part[i])); });
#elif defined(__GNUC__) && !defined(__clang__) && defined(__SSE2__)
  if constexpr (P::lanes > 1) unroll<P::parts>([&](auto i) HEED_LAMBDA { asm("" : "+x"(result.part[i])); });
#endif
  return result;
}
template <class P>
HEED_INLINE void store(ScalarOf<P>* p, const P& a) {
  if constexpr (P::parts == 1) return eigen::pstoreu(p, a.part[0]);
  unroll<P::parts>([&](auto i) HEED_LAMBDA { eigen::pstoreu(p + i * P::lanes, a.part[i]); });
}
/// A store past the processor's caches, where it can: of what is not read again soon. p is a multiple of `alignment`, as
/// are the packs that follow it. `fence_stores` comes before another thread may have the memory.
template <class P>
HEED_INLINE void store_away(ScalarOf<P>* p, const P& a) {
#ifdef EIGEN_VECTORIZE_AVX512
  if constexpr (sizeof(typename P::Raw) == 64) {
    return unroll<P::parts>([&](auto i) HEED_LAMBDA {
      _mm512_stream_si512(reinterpret_cast<__m512i*>(p + i * P::lanes), std::bit_cast<__m512i>(a.part[i]));
    });
  }
#elif defined(EIGEN_VECTORIZE_AVX)
  if constexpr (sizeof(typename P::Raw) == 32) {
    return unroll<P::parts>([&](auto i) HEED_LAMBDA {
      _mm256_stream_si256(reinterpret_cast<__m256i*>(p + i * P::lanes), std::bit_cast<__m256i>(a.part[i]));
    });
  }
#endif
  store(p, a);
}
HEED_INLINE void fence_stores() {
#ifdef EIGEN_VECTORIZE_AVX
  _mm_sfence();
#endif
}

/// `store` or `store_away`, for code that is compiled for both.
template <bool Away>
struct Store {
  static constexpr bool away = Away;
  template <class P>
  HEED_INLINE void operator()(ScalarOf<P>* p, const P& a) const {
    if constexpr (Away) {
      store_away(p, a);
    } else {
      store(p, a);
    }
  }
};

/// Asks for the line of p to come into the second level of caches. p may be anything.
HEED_INLINE void prefetch(const void* p) { __builtin_prefetch(p, 0, 2); }

/// *p += a
template <class P>
HEED_INLINE void accumulate(ScalarOf<P>* p, const P& a) {
  store(p, add(load<P>(p), a));
}

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

// ---- loops
//
// The loops and their uses. The last five are in pointwise.hpp:
//
//   for_each_packet<S, N>   contiguous numbers, N packets at a time: all numbers alike
//   for_each_lane<S>        the lanes of one feature of one step
//   unroll<N>               a number of repetitions that is known at compile time, such as the packets of a block
//   transform               y = f(x) on whole tiles
//   add, multiply           to += x, to *= x on whole tiles
//   transform_gradient      dx (+)= f(x or y, dy) on whole tiles
//   for_each_place          one step, where each lane or feature has a value of its own (a bias, a length)
//   sum_over_features       one sum per lane over the features of a step (a mean, a norm, a dot product)

namespace detail {
// packets of `Width`, then of four, then scalars
template <class S, int Width, class F>
HEED_INLINE void for_rest(Index i, Index n, F&& f) {
  for (; i + Width <= n; i += Width) f.template operator()<Pack<S, Width>>(i);
  if constexpr (Width > 1) {
    if (i < n) for_rest<S, (Width > 4 ? 4 : 1)>(i, n, f);
  }
}
}  // namespace detail

/// Calls `f.operator()<P>(offset)` over n contiguous elements: N packets at a time, then half as many, and so on, then
/// single packets, packets of four, scalars. N is a power of two.
template <class S, int N = 1, class F>
HEED_INLINE void for_each_packet(Index n, F&& f, Index first = 0) {
  constexpr int W = N * native_width<S>;
  if constexpr (N > 1) {
    Index i = first;
    for (; i + W <= n; i += W) f.template operator()<Packet<S, N>>(i);
    for_each_packet<S, N / 2>(n, f, i);
  } else {
    detail::for_rest<S, W>(first, n, f);
  }
}

/// The same over the lanes of a tile: packets, then scalars. In all tiles that heed makes, the lanes are a multiple of
/// the packet width.
template <class S, class F>
HEED_INLINE void for_each_lane(Index lanes, F&& f) {
  Index l = 0;
  for (; l + native_width<S> <= lanes; l += native_width<S>) f.template operator()<Packet<S>>(l);
  for (; l < lanes; ++l) f.template operator()<Pack<S, 1>>(l);
}

#pragma GCC diagnostic pop

}  // namespace heed::inline HEED_ISA::simd
