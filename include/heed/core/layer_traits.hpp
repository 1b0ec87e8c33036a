#pragma once

/// @file
/// What a layer says of itself beside its functions.

#include <concepts>
#include <cstdint>

#include "heed/core/buffer.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// How a layer changes time, as it says by `static constexpr TimeChange time_change = TimeChange::pools_steps`. One that
/// says nothing keeps the steps.
enum class TimeChange {
  keeps_steps,  ///< step t of y is of step t of x: a sequence has the length that it had
  pools_steps,  ///< y has one step, of all of x: there are no lengths any more
  own_steps     ///< y has steps of its own. How many, says `output_length`; without it all sequences have them all
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

/// A layer with steps of its own where sequences of different lengths have different numbers of them:
/// `output_length(n)` is how many steps of y a sequence of n steps has.
template <class L>
concept MapsLengths = time_change<L> == TimeChange::own_steps && requires(const L& layer) {
  { layer.output_length(Index(1)) } -> std::same_as<Index>;
};

/// How many steps of y a sequence of `length` steps has; `steps`: how many y has.
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

/// The lengths of y's lanes, null where there are none. `room` has them where they are other than those of x.
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

/// Whether a layer reads how far the steps of a sequence are apart, as positions, convolutions and windows do. One that
/// does, or has a part that does, says so: `bool reads_distances() const`. Others cannot tell a sequence of which steps
/// are missing from one without them.
template <class L>
bool reads_distances(const L& layer) {
  if constexpr (requires { layer.reads_distances(); }) {
    return layer.reads_distances();
  } else {
    return false;
  }
}

/// A layer whose `backward` reads y says so: `static constexpr bool backward_reads_output = true`. Of the others y may
/// be anything then, an empty tile too.
template <class L>
inline constexpr bool backward_reads_output = requires { requires L::backward_reads_output; };

}  // namespace heed::inline HEED_ISA
