#pragma once

/// @file
/// How layers take part in streams, where the steps of one sequence come one by one.

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

/// What the layers of a model remember of a stream when its next step comes: numbers, 0 before the first step. Each
/// layer in turn takes its own.
template <class S>
struct StreamMemory {
  S* numbers;
  Index step;           ///< of the step that comes, counted from 0
  Index max_steps = 0;  ///< there are no more; 0: any number
  Index known = 0;      ///< the caches still hold what follows from the steps before this one: `step`, or 0

  S* take(Index count) { return std::exchange(numbers, numbers + count); }
};

/// A layer whose output at a step depends on that step alone says so: `static constexpr bool stepwise = true`. In a
/// stream its `forward` runs on one step.
template <class L>
inline constexpr bool stepwise = requires { requires L::stepwise; };

/// A causal layer that remembers:
///
/// - `prepare_stream(x, cache)`: how many numbers it remembers of a stream of at most x.steps (0: any number) with
///   x.features each; readies the cache. Throws if the layer is not causal, or must know how many steps and does
///   not.
/// - `stream_step(x, y, memory, cache, pass)`: from the next step of one lane to what `forward` gives for the steps so
///   far: their last, or, of a pool, the only one.
template <class L>
concept RemembersSteps =
    requires(const L& layer, typename L::Cache& cache, Tile<const typename L::Input> x, Tile<typename L::Scalar> y,
             StreamMemory<typename L::Scalar>& memory, const Pass& pass) {
      { layer.prepare_stream(Shape(), cache) } -> std::same_as<Index>;
      layer.stream_step(x, y, memory, cache, pass);
    };

/// What can be run a step at a time.
template <class L>
concept StreamLayer = Layer<L> && (stepwise<L> || RemembersSteps<L>);

/// Whether a layer makes one step of all steps; of layers one after another, whether any of them does.
template <class L>
inline constexpr bool gives_one_step = time_change<L> == TimeChange::pools_steps;

/// As `RemembersSteps` has it, for stepwise layers too.
template <StreamLayer L>
Index prepare_stream(const L& layer, Shape x, typename L::Cache& cache) {
  if constexpr (stepwise<L>) {
    return 0;
  } else {
    return layer.prepare_stream(x, cache);
  }
}
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
/// Throws unless an attention looks back alone, as one in a stream must.
inline void check_causal(bool causal, const char* where) {
  require(causal,
          [&] { return Fault{"an attention that looks ahead has no next step", where, "causal to be on", "off"}; });
}
/// `size` numbers of each step that is to come. Throws without a `max_steps`.
inline Index all_steps(Index max_steps, Index size, const char* where) {
  require(max_steps > 0,
          [&] { return Fault{"attention remembers all steps of a stream", where, "max_steps of at least 1", "none"}; });
  return max_steps * size;
}
}  // namespace detail

}  // namespace heed::inline HEED_ISA
