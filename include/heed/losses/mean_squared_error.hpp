#pragma once

/// @file
/// The mean squared error.

#include <span>

#include "heed/core/compiled.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/detail/elementwise.hpp"

namespace heed::inline HEED_ISA {

/// loss = scale sum over steps, features and lanes of (y - target)^2. scale = 1 / count gives the mean,
/// torch.nn.MSELoss. A batch is processed tile by tile, so its count (`count`, or the sum of `target_weight`) must be
/// known first.
template <class S>
struct MeanSquaredError {
  using Target = S;
  static constexpr const char* name = "MeanSquaredError";

  /// How many numbers of a tile are compared, given the lanes' weights (null: all 1).
  static double count(Tile<const S> y, const S* weights);

  /// What the targets of one sequence add to the count.
  static double target_weight(std::span<const S> targets) { return static_cast<double>(targets.size()); }

  /// Throws unless each sequence has `outputs` finite targets.
  static void check(TensorView<const S, 2> targets, Index outputs) {
    detail::check_targets(targets, outputs, "MeanSquaredError");
  }

  /// The scaled loss of a tile. `weights` has one weight per lane (null: all 1); padding lanes have 0. Steps past a
  /// lane's end do not count. `dy` gets the gradient, unless it is empty.
  double operator()(Tile<const S> y, Tile<const S> target, const S* weights, double scale, Tile<S> dy,
                    const Pass& pass) const;
};

template <class S>
double MeanSquaredError<S>::count(Tile<const S> y, const S* weights) {
  double total = 0;
  for (Index l = 0; l < y.lanes; ++l) {
    total += (weights ? static_cast<double>(weights[l]) : 1.0) * static_cast<double>(y.length(l) * y.features);
  }
  return total;
}

template <class S>
double MeanSquaredError<S>::operator()(Tile<const S> y, Tile<const S> target, const S* weights, double scale,
                                       Tile<S> dy, const Pass& pass) const {
  using namespace simd;
  const auto squared = []<class P>(const P& a, const P& b, Index, P& gradient) HEED_LAMBDA {
    const P d = sub(a, b);
    gradient = add(d, d);
    return mul(d, d);
  };
  return heed::detail::elementwise_loss<S>(y, target, weights, scale, dy, pass, squared);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::MeanSquaredError)
