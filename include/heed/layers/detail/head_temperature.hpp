#pragma once

/// @file
/// A learnt factor for the scores of each attention head, applied to its queries.

#include "heed/core/parameter.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// Calls f(head, first, count) for the numbers of each head at each step, which are contiguous.
template <class S, class F>
void for_each_head(Index heads, Tile<const S> q, F&& f) {
  const Index count = q.features / heads * q.lanes;
  for (Index n = 0; n < q.steps * heads; ++n) f(n % heads, n * count, count);
}
}  // namespace detail

/// plain = q,  q_h = t_h q_h for each head h
template <class S>
void temper(const Vector<S>& t, Tile<S> q, Tile<S> plain) {
  copy<S>(q, plain);
  detail::for_each_head<S>(t.size(), q, [&](Index h, Index first, Index count) {
    simd::for_each_packet<S>(count, [&]<class P>(Index i) HEED_LAMBDA {
      S* to = q.data + first + i;
      simd::store(to, simd::mul(simd::set1<P>(t(h)), simd::load<P>(to)));
    });
  });
}

/// Turns the gradient of the scaled queries into that of the plain ones, in place:  dt_h += sum of plain_h dq_h,  dq_h
/// = t_h dq_h
template <class S>
void temper_backward(const Vector<S>& t, Tile<const S> plain, Tile<S> dq, Vector<S>& dt) {
  detail::for_each_head<S>(t.size(), dq, [&](Index h, Index first, Index count) {
    S total = 0;
    simd::for_each_packet<S>(count, [&]<class P>(Index i) HEED_LAMBDA {
      S* to = dq.data + first + i;
      const P d = simd::load<P>(to);
      total += simd::sum(simd::mul(simd::load<P>(plain.data + first + i), d));
      simd::store(to, simd::mul(simd::set1<P>(t(h)), d));
    });
    dt(h) += total;
  });
}

}  // namespace heed::inline HEED_ISA
