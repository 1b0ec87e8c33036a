#pragma once

/// @file
/// What a layer declares about itself besides its functions.

#include <concepts>
#include <cstdint>

#include "heed/core/buffer.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// How a layer changes time. A layer declares it: `static constexpr TimeChange time_change = TimeChange::pools_steps`.
/// The default is `keeps_steps`.
enum class TimeChange {
  keeps_steps,  ///< step t of y belongs to step t of x: the lengths stay the same
  pools_steps,  ///< y has one step for all of x: there are no lengths any more
  own_steps     ///< y has steps of its own: `output_length` counts them; without it no sequence is shorter
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

template <class L>
inline constexpr TimeChange time_change = [] {
  if constexpr (requires { L::time_change; }) {
    return L::time_change;
  } else {
    return TimeChange::keeps_steps;
  }
}();

/// A layer with its own steps whose number depends on the sequence's length: `output_length(n)` is the number of steps
/// of y for a sequence of n steps.
template <class L>
concept MapsLengths = time_change<L> == TimeChange::own_steps && requires(const L& layer) {
  { layer.output_length(Index(1)) } -> std::same_as<Index>;
};

/// The number of steps of y for a sequence of `length` steps. `steps`: the steps of y for a full sequence.
template <class L>
Index output_length(const L& layer, Index length, Index steps) {
  if constexpr (time_change<L> == TimeChange::keeps_steps) {
    return length;
  } else if constexpr (MapsLengths<L>) {
    return layer.output_length(length);
  } else {
    return steps;
  }
}

/// The lengths of y's lanes; null if there are none. They are stored in `room` if they differ from the lengths of x.
template <class L>
const std::int32_t* output_lengths(const L& layer, const std::int32_t* lengths, Index lanes,
                                   Buffer<std::int32_t>& room) {
  if constexpr (time_change<L> == TimeChange::keeps_steps) {
    return lengths;
  } else if constexpr (MapsLengths<L>) {
    if (!lengths) return nullptr;
    std::int32_t* to = room.reserve(lanes);
    for (Index l = 0; l < lanes; ++l) to[l] = static_cast<std::int32_t>(layer.output_length(lengths[l]));
    return to;
  } else {
    return nullptr;
  }
}

/// Whether a layer's result depends on the distance between steps, as for positions, convolutions and windows. Such a
/// layer, or one with such a part, has `bool reads_distances() const`. For the others, a sequence with missing steps
/// equals the sequence without them.
template <class L>
bool reads_distances(const L& layer) {
  if constexpr (requires { layer.reads_distances(); }) {
    return layer.reads_distances();
  } else {
    return false;
  }
}

/// The number of features that x must have; 0: any number.
template <class L>
Index input_size(const L& layer) {
  if constexpr (requires { layer.input_size(); }) {
    return layer.input_size();
  } else {
    return 0;
  }
}

/// How many features y has for each feature of x. A layer that accepts any number of features and gives another number
/// of them has `Index feature_factor() const`.
template <class L>
Index feature_factor(const L& layer) {
  if constexpr (requires { layer.feature_factor(); }) {
    return layer.feature_factor();
  } else {
    return 1;
  }
}

/// A layer whose `backward` reads y declares `static constexpr bool backward_reads_output = true`. For the others y may
/// be anything, even an empty tile.
template <class L>
inline constexpr bool backward_reads_output = requires { requires L::backward_reads_output; };

}  // namespace heed::inline HEED_ISA
