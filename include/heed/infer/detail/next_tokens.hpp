#pragma once

// Operations on the logits of one step, for all lanes at once: an inner part of decode.hpp.

#include <limits>

#include "heed/core/math.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// The log-probability of an impossible token.
template <class S>
inline constexpr S impossible = -std::numeric_limits<S>::max() / 4;

/// Log-softmax in place: z -= log sum e^z in each lane.
template <class S>
void log_softmax(Tile<S> z) {
  using namespace simd;
  const Index L = z.lanes;
  for_each_lane<S>(L, [&]<class P>(Index l) HEED_LAMBDA {
    P top = load<P>(z.data + l), sum = set1<P>(0);
    for (Index c = 1; c < z.features; ++c) top = max(top, load<P>(z.at(0, c) + l));
    for (Index c = 0; c < z.features; ++c) sum = add(sum, simd::exp(sub(load<P>(z.at(0, c) + l), top)));
    S logs[width<P>];
    store(logs, sum);
    for (S& s : logs) s = std::log(s);
    top = add(top, load<P>(logs));
    for (Index c = 0; c < z.features; ++c) store(z.at(0, c) + l, sub(load<P>(z.at(0, c) + l), top));
  });
}

/// Argmax: the largest number of each lane and its index (as a number). The lower index wins a tie.
template <class S>
void largest(Tile<const S> z, S* value, S* place) {
  using namespace simd;
  for_each_lane<S>(z.lanes, [&]<class P>(Index l) HEED_LAMBDA {
    P top = load<P>(z.data + l), at = set1<P>(0);
    for (Index c = 1; c < z.features; ++c) {
      const P v = load<P>(z.at(0, c) + l);
      at = select_less(top, v, set1<P>(static_cast<S>(c)), at);
      top = max(top, v);
    }
    store(value + l, top);
    store(place + l, at);
  });
}

}  // namespace heed::inline HEED_ISA::detail
