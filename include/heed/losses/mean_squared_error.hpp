#pragma once

/// @file
/// The mean squared error.

#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// loss = scale sum over steps, features and lanes of (y - target)^2; with scale = 1 / count the mean,
/// torch.nn.MSELoss. A batch is worked on tile by tile: its count comes first (`count`).
template <class S>
struct MeanSquaredError {
  /// How many numbers of a tile are compared, given its lanes' weights (null: all 1).
  static double count(Tile<const S> y, const S* weights) {
    double total = 0;
    for (Index l = 0; l < y.lanes; ++l) {
      total += (weights ? static_cast<double>(weights[l]) : 1.0) * static_cast<double>(y.length(l) * y.features);
    }
    return total;
  }

  /// The scaled loss of a tile. `weights` is one a lane (null: all 1): padding lanes have 0. Steps past a lane's end do
  /// not count. `dy`, where it is not empty, gets the gradient.
  double operator()(Tile<const S> y, Tile<const S> target, const S* weights, double scale, Tile<S> dy,
                    const Pass& pass) const {
    using namespace simd;
    const Index L = y.lanes;
    const Scratch::Mark mark(pass.scratch);
    S* lane = pass.scratch.template take<S>(L);
    double total = 0;
    for (Index t = 0; t < y.steps; ++t) {
      for (Index l = 0; l < L; ++l) lane[l] = t < y.length(l) ? (weights ? weights[l] : S(1)) : S(0);
      for (Index f = 0; f < y.features; ++f) {
        const S *a = y.at(t, f), *b = target.at(t, f);
        S* to = dy ? dy.at(t, f) : nullptr;
        for_each_lane<S>(L, [&]<class P>(Index l) HEED_LAMBDA {
          const P d = sub(load<P>(a + l), load<P>(b + l)), weighted = mul(load<P>(lane + l), d);
          total += static_cast<double>(sum(mul(weighted, d)));
          if (to) store(to + l, mul(set1<P>(static_cast<S>(2 * scale)), weighted));
        });
      }
    }
    return total * scale;
  }
};

}  // namespace heed::inline HEED_ISA
