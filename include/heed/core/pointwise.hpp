#pragma once

/// @file
/// Elementwise operations on whole tiles.

#include "heed/core/compiled.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// y = f(x), elementwise; f works on packs.
template <class S, class F>
HEED_INLINE void transform(Tile<const S> x, Tile<S> y, F&& f) {
  using namespace simd;
  for_each_packet<S>(x.size(), [&]<class P>(Index i) HEED_LAMBDA { store(y.data + i, f(load<P>(x.data + i))); });
}

/// to += x
template <class S>
void add(Tile<const S> x, Tile<S> to) {
  using namespace simd;
  for_each_packet<S>(x.size(), [&]<class P>(Index i) HEED_LAMBDA { accumulate(to.data + i, load<P>(x.data + i)); });
}

/// to *= x
template <class S>
void multiply(Tile<const S> x, Tile<S> to) {
  using namespace simd;
  for_each_packet<S>(x.size(), [&]<class P>(Index i)
                                   HEED_LAMBDA { store(to.data + i, mul(load<P>(to.data + i), load<P>(x.data + i))); });
}

/// Writes or adds a pack of a gradient, if it is wanted: number `i` of the tile and those after it.
template <class S, class P>
HEED_INLINE void put(const Into<S>& to, Index i, const P& value) {
  S* p = to.tile.data + i;
  simd::store(p, to.add ? simd::add(simd::load<P>(p), value) : value);
}

/// The same. `Away`: past the CPU's caches, of a gradient that is not added to; see `simd::store_away`.
template <bool Away, class S, class P>
HEED_INLINE void put(const Into<S>& to, Index i, const P& value) {
  if constexpr (Away) {
    simd::store_away(to.tile.data + i, value);
  } else {
    put(to, i, value);
  }
}

/// dx (+)= f(a, dy), elementwise; a is the layer's input or output.
template <class S, class F>
HEED_INLINE void transform_gradient(Tile<const S> a, Tile<const S> dy, Into<S> dx, F&& f) {
  using namespace simd;
  if (!dx) return;
  for_each_packet<S>(a.size(),
                     [&]<class P>(Index i) HEED_LAMBDA { put(dx, i, f(load<P>(a.data + i), load<P>(dy.data + i))); });
}

namespace detail {
// A pack of numbers of one step: several lanes of a feature, or several features of the only lane.
template <bool OneLane>
struct Place {
  Index number, feature, lane;  // the first number of the pack

  /// A pack of values of which each lane, or each feature, has one.
  template <class P>
  HEED_INLINE P of_lane(const simd::ScalarOf<P>* values) const {
    return OneLane ? simd::set1<P>(values[0]) : simd::load<P>(values + lane);
  }
  template <class P>
  HEED_INLINE P of_feature(const simd::ScalarOf<P>* values) const {
    return OneLane ? simd::load<P>(values + feature) : simd::set1<P>(values[feature]);
  }
};
}  // namespace detail

/// Calls `f.operator()<P>(place)` over the numbers of one step. For values that each lane or feature has, see `place`.
template <class S, class F>
HEED_INLINE void for_each_place(Index features, Index lanes, F&& f) {
  if (lanes == 1) {
    simd::for_each_packet<S>(
        features, [&]<class P>(Index i) HEED_LAMBDA { f.template operator()<P>(detail::Place<true>{i, i, 0}); });
    return;
  }
  for (Index feature = 0; feature < features; ++feature) {
    simd::for_each_lane<S>(lanes, [&]<class P>(Index lane) HEED_LAMBDA {
      f.template operator()<P>(detail::Place<false>{feature * lanes + lane, feature, lane});
    });
  }
}

/// to[lane] = sum over the features of one step of `f.operator()<P>(place)`.
template <class S, class F>
HEED_INLINE void sum_over_features(Index features, Index lanes, S* to, F&& f) {
  if (lanes == 1) {
    S total = 0;
    simd::for_each_packet<S>(features, [&]<class P>(Index i) HEED_LAMBDA {
      total += simd::sum(f.template operator()<P>(detail::Place<true>{i, i, 0}));
    });
    *to = total;
    return;
  }
  simd::for_each_lane<S>(lanes, [&]<class P>(Index lane) HEED_LAMBDA {
    P total = simd::set1<P>(0);
    for (Index feature = 0; feature < features; ++feature) {
      const detail::Place<false> place{feature * lanes + lane, feature, lane};
      total = simd::add(total, f.template operator()<P>(place));
    }
    simd::store(to + lane, total);
  });
}

/// to[lane] = x . y, of two tiles of one step. Returns `to`.
template <class S>
const S* dots_of_lanes(Tile<const S> x, Tile<const S> y, S* to) {
  using namespace simd;
  sum_over_features<S>(x.features, x.lanes, to, [&]<class P>(auto at) HEED_LAMBDA {
    return mul(load<P>(x.data + at.number), load<P>(y.data + at.number));
  });
  return to;
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::add)
HEED_COMPILED_FUNCTION(heed::multiply)
HEED_COMPILED_FUNCTION(heed::dots_of_lanes)
