#pragma once

/// @file
/// Poolings over time without weights: (steps, features) to (1, features), over each sequence's valid steps.
/// A sequence without steps gives 0.

#include <cstdint>
#include <limits>

#include "heed/core/lengths.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The last valid step.
template <class S>
struct LastPool {
  using Scalar = S;
  using Input = S;
  static constexpr bool pools_time = true;
  struct Cache {};
  Shape output_shape(Shape x) const { return {1, x.features}; }
  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const { take_last(x, x, Tile<const S>(), y); }
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, LastPool&, const Pass&) const {
    put_last(x, dy, dx);
  }
  static void visit(auto&&, auto&...) {}
};

/// The mean of the valid steps; GlobalAveragePooling1D of Keras, with its mask.
template <class S>
struct MeanPool {
  using Scalar = S;
  using Input = S;
  static constexpr bool pools_time = true;
  struct Cache {
    TileBuffer<S> share;  // (steps, 1): 1 / length at valid steps, 0 past the end
  };
  Shape output_shape(Shape x) const { return {1, x.features}; }
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const {
    const Tile<S> share = cache.share.take({x.steps, 1}, x.lanes);
    for (Index t = 0; t < x.steps; ++t) {
      for (Index l = 0; l < x.lanes; ++l) {
        const Index n = x.length(l);
        share.at(t)[l] = t < n ? S(1) / static_cast<S>(n) : S(0);
      }
    }
    fill(y, S(0));
    for (Index t = 0; t < x.steps; ++t) {
      spread(x, share, t, [&]<class P>(Index i, Index j, const P& s) HEED_LAMBDA {
        simd::accumulate(y.data + j, simd::mul(s, simd::load<P>(x.data + i)));
      });
    }
  }
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, MeanPool&,
                const Pass&) const {
    if (!dx) return;
    for (Index t = 0; t < x.steps; ++t) {
      spread(x, cache.share.view(), t, [&]<class P>(Index i, Index j, const P& s) HEED_LAMBDA {
        put(dx, i, simd::mul(s, simd::load<P>(dy.data + j)));
      });
    }
  }
  static void visit(auto&&, auto&...) {}

 private:
  // f(number in x, number in y, share) over step t
  template <class F>
  HEED_INLINE static void spread(Tile<const S> x, Tile<const S> share, Index t, F&& f) {
    for (Index feature = 0; feature < x.features; ++feature) {
      const Index i = (t * x.features + feature) * x.lanes, j = feature * x.lanes;
      simd::for_each_lane<S>(x.lanes,
                             [&]<class P>(Index l) HEED_LAMBDA { f(i + l, j + l, simd::load<P>(share.at(t) + l)); });
    }
  }
};

/// The largest value of each feature over the valid steps. Its gradient goes to the first step that has it.
template <class S>
struct MaxPool {
  using Scalar = S;
  using Input = S;
  static constexpr bool pools_time = true;
  struct Cache {
    TileBuffer<std::int32_t> where;  // (1, features): the step that gave the maximum, -1 where there is none
  };
  Shape output_shape(Shape x) const { return {1, x.features}; }
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const {
    const Tile<std::int32_t> where = cache.where.take({1, x.features}, x.lanes);
    fill(where, std::int32_t(-1));
    fill(y, S(0));
    for (Index t = 0; t < x.steps; ++t) {
      for (Index f = 0; f < x.features; ++f) {
        const S* from = x.at(t, f);
        S* best = y.at(0, f);
        std::int32_t* step = where.at(0, f);
        for (Index l = 0; l < x.lanes; ++l) {
          const bool valid = !x.lengths || t < x.lengths[l];
          const bool better = valid && (step[l] < 0 || from[l] > best[l]);
          best[l] = better ? from[l] : best[l];
          step[l] = better ? static_cast<std::int32_t>(t) : step[l];
        }
      }
    }
  }
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, MaxPool&,
                const Pass&) const {
    if (!dx) return;
    const Tile<const std::int32_t> where = cache.where.view();
    for (Index t = 0; t < x.steps; ++t) {
      for (Index f = 0; f < x.features; ++f) {
        S* to = dx.tile.at(t, f);
        for (Index l = 0; l < x.lanes; ++l) {
          const S d = where.at(0, f)[l] == t ? dy.at(0, f)[l] : S(0);
          to[l] = dx.add ? to[l] + d : d;
        }
      }
    }
  }
  static void visit(auto&&, auto&...) {}
};

}  // namespace heed::inline HEED_ISA
