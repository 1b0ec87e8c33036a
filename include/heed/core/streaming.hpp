#pragma once

/// @file
/// How layers take part in streams, where the steps of a sequence arrive one by one.

#include <cmath>
#include <concepts>
#include <string>
#include <utility>

#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// What the layers of a model remember between two steps of a stream: numbers, 0 before the first step. Each layer
/// takes its own part in turn.
template <class S>
struct StreamMemory {
  S* numbers;
  Index step;           ///< index of the coming step, from 0
  Index max_steps = 0;  ///< the most steps; 0: no limit
  Index known = 0;      ///< how many steps the caches still cover: `step`, or 0

  S* take(Index count) { return std::exchange(numbers, numbers + count); }
};

/// A layer whose output at a step depends only on that step declares `static constexpr bool stepwise = true`. A stream
/// runs its `forward` on one step.
template <class L>
inline constexpr bool stepwise = requires { requires L::stepwise; };

/// A causal layer that remembers:
///
/// - `prepare_stream(x, cache)`: prepares the cache and returns how many numbers the layer remembers, for a stream of
///   at most x.steps steps (0: no limit) of x.features features. Throws if the layer is not causal, or if it needs a
///   limit and has none.
/// - `stream_step(x, y, memory, cache, pass)`: takes the next step of one lane and writes what `forward` gives for the
///   steps so far: its last step or, for a pooling layer, its only one.
template <class L>
concept RemembersSteps =
    requires(const L& layer, typename L::Cache& cache, Tile<const typename L::Input> x, Tile<typename L::Scalar> y,
             StreamMemory<typename L::Scalar>& memory, const Pass& pass) {
      { layer.prepare_stream(Shape(), cache) } -> std::same_as<Index>;
      layer.stream_step(x, y, memory, cache, pass);
    };

/// A layer that can run one step at a time.
template <class L>
concept StreamLayer = Layer<L> && (stepwise<L> || RemembersSteps<L>);

/// Whether a layer pools all steps into one; for a chain of layers, whether any of them does.
template <class L>
inline constexpr bool gives_one_step = time_change<L> == TimeChange::pools_steps;

/// As in `RemembersSteps`, also for stepwise layers.
template <StreamLayer L>
Index prepare_stream(const L& layer, Shape x, typename L::Cache& cache) {
  if constexpr (stepwise<L>) {
    return 0;
  } else {
    return layer.prepare_stream(x, cache);
  }
}
/// Runs one step, as `StreamLayer` has it.
template <StreamLayer L>
void stream_step(const L& layer, Tile<const typename L::Input> x, Tile<typename L::Scalar> y,
                 StreamMemory<typename L::Scalar>& memory, typename L::Cache& cache, const Pass& pass) {
  if constexpr (stepwise<L>) {
    layer.forward(x, y, cache, pass);
  } else {
    layer.stream_step(x, y, memory, cache, pass);
  }
}

namespace detail {
/// Throws unless an attention is causal, as streams require.
inline void check_causal(bool causal, const char* where) {
  require(causal,
          [&] { return Fault{"an attention that looks ahead has no next step", where, "causal to be on", "off"}; });
}
/// `size` numbers for each step to come. Throws without a `max_steps`.
inline Index all_steps(Index max_steps, Index size, const char* where) {
  require(max_steps > 0,
          [&] { return Fault{"attention remembers all steps of a stream", where, "max_steps of at least 1", "none"}; });
  return max_steps * size;
}
}  // namespace detail

}  // namespace heed::inline HEED_ISA
