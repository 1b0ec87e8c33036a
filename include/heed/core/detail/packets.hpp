#pragma once

// Packs: several packets of Eigen that are treated as one value, and operations on single packets. heed/core/simd.hpp has
// what kernels call.

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
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

/// Whether an instruction multiplies and adds at once.
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
inline constexpr bool fused = true;
#else
inline constexpr bool fused = false;
#endif

/// So many rows of sums, of two packets each, fill the registers beside the factors. Each sum waits for its last
/// addition: fewer sums would leave the multipliers idle.
inline constexpr int rows_of_sums = registers == 32 ? 8 : 6;

/// The end of the rows that go in blocks of C. If blocks of 6 leave two or three rows, these and the last block go in
/// two blocks of 4.
template <int C>
Index in_blocks(Index rows) {
  return C == 6 && rows > C && rows % C / 2 == 1 ? rows - C : rows;
}

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
  if constexpr (fused && std::is_arithmetic_v<T>) return std::fma(a, b, c);
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

#pragma GCC diagnostic pop

}  // namespace heed::inline HEED_ISA::simd
