#pragma once

// The mean of the outputs of an ensemble's members.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "heed/core/compiled.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

template <class S>
void log_softmax_lane(S* z, Index classes, Index lanes) {
  S largest = z[0], sum = 0;
  for (Index c = 1; c < classes; ++c) largest = std::max(largest, z[c * lanes]);
  for (Index c = 0; c < classes; ++c) sum += std::exp(z[c * lanes] - largest);
  const S all = largest + std::log(sum);
  for (Index c = 0; c < classes; ++c) z[c * lanes] -= all;
}

/// log(1 / N sum_i exp(f(z_i))) at one place
template <class S, class F>
S log_mean_exp(std::span<TileBuffer<S>> z, Index at, F&& f) {
  S largest = f(z[0].view().data[at]), sum = 0;
  for (auto& member : z) largest = std::max(largest, f(member.view().data[at]));
  for (auto& member : z) sum += std::exp(f(member.view().data[at]) - largest);
  return largest + std::log(sum / static_cast<S>(z.size()));
}

/// For classes y = log(1 / N sum_i softmax(z_i)). For flags y is the logit of the mean of the sigmoids, for numbers the
/// mean. Overwrites z. Computed with log-sum-exp, so that no probability is too small.
template <class S>
void average_outputs(std::span<TileBuffer<S>> z, OutputKind kind, Tile<S> y) {
  const Index size = y.steps * y.features * y.lanes;
  if (kind == OutputKind::numbers || (kind == OutputKind::classes && y.features == 1)) {
    for (Index i = 0; i < size; ++i) {
      S sum = 0;
      for (auto& member : z) sum += member.view().data[i];
      y.data[i] = sum / static_cast<S>(z.size());
    }
  } else if (kind == OutputKind::flags) {
    // log(sigmoid(v)); log(1 - sigmoid(v)) is that of -v
    const auto log_sigmoid = [](S v) { return std::min(v, S(0)) - std::log1p(std::exp(-std::abs(v))); };
    for (Index i = 0; i < size; ++i) {
      y.data[i] = log_mean_exp(z, i, log_sigmoid) - log_mean_exp(z, i, [&](S v) { return log_sigmoid(-v); });
    }
  } else {
    for (auto& member : z) {
      const Tile<S> own = member.tile();
      for (Index t = 0; t < y.steps; ++t) {
        for (Index l = 0; l < y.lanes; ++l) log_softmax_lane(own.at(t, 0) + l, y.features, y.lanes);
      }
    }
    for (Index i = 0; i < size; ++i) y.data[i] = log_mean_exp(z, i, [](S v) { return v; });
  }
}

/// Adds one member's share to the mean; the first member starts it.
template <class S>
void average_weights(Tile<const S> weights, Index member, Index members, TileBuffer<S>& mean) {
  const Tile<S> sum = member == 0 ? mean.take(weights.shape(), weights.lanes, weights.lengths) : mean.tile();
  for (Index t = 0; t < weights.steps; ++t) {
    for (Index i = 0; i < weights.features * weights.lanes; ++i) {
      const S share = weights.at(t, 0)[i] / static_cast<S>(members);
      S& to = sum.at(t, 0)[i];
      to = member == 0 ? share : to + share;
    }
  }
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::average_outputs)
HEED_COMPILED_FUNCTION(heed::detail::average_weights)
