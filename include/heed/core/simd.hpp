#pragma once

/// @file
/// Packets. Only this file and its two parts in core/detail use the inside of Eigen.
///
/// Every function here works on a `Pack`: several Eigen packets that are treated as one value. Each operation is
/// applied to all of them before the next one, so that independent chains of operations overlap and nothing is indexed
/// at run time.

#include <Eigen/Core>

#include <bit>

#include "heed/core/detail/packet_lanes.hpp"
#include "heed/core/detail/packets.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::simd {

// GCC warns that it ignores the attributes of Eigen's packets wherever they are a template argument.
#pragma GCC diagnostic push
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

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
#ifdef EIGEN_VECTORIZE_AVX
inline constexpr bool stores_away = true;
#else
inline constexpr bool stores_away = false;  // `store_away` is `store`
#endif
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
