#pragma once

// Augments a tile, in memory of the thread.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/train/augmentation.hpp"
#include "heed/train/detail/any_rows.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// An augmented tile. With mixup it has the targets of the other sequences: the loss of lane l is weights[l]
/// loss(targets) + other_weights[l] loss(other_targets).
template <class S>
struct AugmentedTile {
  AnySequenceTile<S> tile;
  AnyTile other_targets = {};
  const S* weights = nullptr;        // null: the tile's weights
  const S* other_weights = nullptr;  // null: no mixup

  const S* own_weights() const { return weights ? weights : tile.weights; }
};

/// Throws if the options do not fit the data.
void check_augmentation(const Augmentation& o, bool numbers, bool labels, Index each);

/// A draw b from Beta(a, a), 0 < a <= 1 (M. D. Joehnk, 1964).
double draw_beta(double a, Key key);

/// The key of all draws for a row in an epoch.
inline Key augmentation_key(Key epoch, Index row) {
  return epoch.child(0xa06eed).child(static_cast<std::uint64_t>(row));
}

/// The times of the augmented steps, as positions among the `steps` steps of the sequence, in ascending order.
template <class S>
void draw_times(const Augmentation& o, Key key, Index steps, S* times);

/// Augments one lane in place. `times` has room for `steps` numbers, `room` for `steps` times one more than features.
template <class S>
void augment_lane(const Augmentation& o, Key key, Tile<S> x, Index lane, Index steps, S* times, S* room);

/// Mixes the sequences of a tile whose numbers are in x, using memory of `scratch`.
template <class S>
void mix(const Augmentation& o, Key key, AugmentedTile<S>& result, Tile<S> x, bool labels, Scratch& scratch);

/// An augmented copy of the tile `from`, in memory of `scratch`. `row(l)` is the row of lane l.
template <class S, class Row>
AugmentedTile<S> augment(const Augmentation& o, const AnySequenceTile<S>& from, bool labels, Key epoch, Row&& row,
                         Scratch& scratch) {
  const Tile<const S> x = from.x.template as<S>();
  const Tile<S> to = scratch.tile<S>(x.shape(), x.lanes, x.lengths);
  std::copy_n(x.data, x.size(), to.data);
  S* times = scratch.take<S>(x.steps);
  S* room = scratch.take<S>(x.steps * (x.features + 1));
  for (Index l = 0; l < from.rows; ++l) {
    augment_lane(o, augmentation_key(epoch, row(l)), to, l, x.length(l), times, room);
  }
  AugmentedTile<S> result{.tile = from};
  result.tile.x = Tile<const S>(to);
  if (o.mixup > 0 && from.rows > 1) mix(o, augmentation_key(epoch, row(0)), result, to, labels, scratch);
  return result;
}

template <class T>
AnyTile shifted_targets(const AnyTile& from, Index rows, Index shift, Scratch& scratch) {
  const Tile<const T> y = from.as<T>();
  const Tile<T> to = scratch.tile<T>(y.shape(), y.lanes, y.lengths);
  for (Index k = 0; k < y.steps * y.features; ++k) {
    for (Index l = 0; l < y.lanes; ++l) {
      to.data[k * y.lanes + l] = y.data[k * y.lanes + (l < rows ? (l + shift) % rows : l)];
    }
  }
  return Tile<const T>(to);
}

/// Lane l gets a share of lane l + shift.
template <class S>
void mix(const Augmentation& o, Key key, AugmentedTile<S>& result, Tile<S> x, bool labels, Scratch& scratch) {
  const Index rows = result.tile.rows, L = x.lanes;
  const Key own = key.child(4);
  const Index shift = 1 + static_cast<Index>(own.below(0, static_cast<std::uint64_t>(rows - 1)));
  const Tile<S> mixed = scratch.tile<S>(x.shape(), L, x.lengths);
  S* weights = scratch.take<S>(L);
  S* others = scratch.take<S>(L);
  std::copy_n(x.data, x.size(), mixed.data);
  std::fill_n(weights, L, S(0));
  std::fill_n(others, L, S(0));
  for (Index l = 0; l < rows; ++l) {
    const Index other = (l + shift) % rows, n = x.length(l), m = x.length(other);
    const double b = draw_beta(o.mixup, own.child(static_cast<std::uint64_t>(l) + 1));
    const S share = m > 0 ? static_cast<S>(std::max(b, 1 - b)) : S(1);
    weights[l] = share;
    others[l] = S(1) - share;
    for (Index t = 0; m > 0 && t < n; ++t) {
      const double at = n > 1 ? static_cast<double>(t * (m - 1)) / static_cast<double>(n - 1) : 0;
      const auto before = static_cast<Index>(at);
      const Index after = std::min(before + 1, m - 1);
      const S part = static_cast<S>(at - static_cast<double>(before));
      for (Index f = 0; f < x.features; ++f) {
        const S first = x.at(before, f)[other], second = x.at(after, f)[other];
        S& to = mixed.at(t, f)[l];
        to = share * to + (S(1) - share) * (first + part * (second - first));
      }
    }
  }
  result.tile.x = Tile<const S>(mixed);
  result.weights = weights;
  result.other_weights = others;
  result.other_targets = labels ? shifted_targets<std::int32_t>(result.tile.targets, rows, shift, scratch)
                                : shifted_targets<S>(result.tile.targets, rows, shift, scratch);
}

template <class S>
void draw_times(const Augmentation& o, Key key, Index steps, S* times) {
  constexpr Index knots = 5;
  const double last = static_cast<double>(steps - 1);
  double speed[knots], at = 0;
  for (Index k = 0; k < knots; ++k) {
    speed[k] = o.time_warp > 0 ? std::exp(o.time_warp * key.normal(static_cast<std::uint64_t>(k))) : 1;
  }
  times[0] = 0;
  for (Index t = 1; t < steps; ++t) {
    const double place = (static_cast<double>(t) - 0.5) / last * (knots - 1);
    const auto k = std::min(static_cast<Index>(place), knots - 2);
    at += speed[k] + (place - static_cast<double>(k)) * (speed[k + 1] - speed[k]);
    times[t] = static_cast<S>(at);
  }
  const Key window = key.child(0);
  const double kept = 1 - o.window_slice * window.uniform(0), begin = (1 - kept) * window.uniform(1) * last;
  for (Index t = 0; t < steps; ++t) {
    times[t] = static_cast<S>(std::min(begin + kept * last * static_cast<double>(times[t]) / at, last));
  }
}

// The lane is copied to where a feature's steps follow one another: in a tile they are as far apart as all lanes of a
// step, often a power of two, of which the cache holds few.
template <class S>
void augment_lane(const Augmentation& o, Key key, Tile<S> x, Index lane, Index steps, S* times, S* room) {
  if (steps == 0) return;
  const bool moves = o.moves_steps() && steps > 1;
  if (moves) draw_times(o, key.child(1), steps, times);
  const Key factors = key.child(2), noise = key.child(3);
  S *const copy = room, *const all = room + steps;
  for (Index t = 0; t < steps; ++t) {
    for (Index f = 0; f < x.features; ++f) all[f * steps + t] = x.at(t, f)[lane];
  }
  for (Index f = 0; f < x.features; ++f) {
    S* const own = all + f * steps;
    if (moves) std::copy_n(own, steps, copy);
    for (Index t = 0; moves && t < steps; ++t) {
      const auto before = static_cast<Index>(times[t]);
      const Index after = std::min(before + 1, steps - 1);
      own[t] = copy[before] + (times[t] - static_cast<S>(before)) * (copy[after] - copy[before]);
    }
    const S factor =
        o.scaling > 0 ? static_cast<S>(1 + o.scaling * factors.normal(static_cast<std::uint64_t>(f))) : S(1);
    double sum = 0, squares = 0;
    for (Index t = 0; t < steps; ++t) {
      own[t] *= factor;
      sum += static_cast<double>(own[t]);
    }
    if (o.jitter <= 0) continue;
    const double mean = sum / static_cast<double>(steps);
    for (Index t = 0; t < steps; ++t) {
      const double d = static_cast<double>(own[t]) - mean;
      squares += d * d;
    }
    const double deviation = o.jitter * std::sqrt(squares / static_cast<double>(steps));
    for (Index t = 0; t < steps; ++t) {
      own[t] += static_cast<S>(deviation * noise.normal(static_cast<std::uint64_t>(t * x.features + f)));
    }
  }
  for (Index t = 0; t < steps; ++t) {
    for (Index f = 0; f < x.features; ++f) x.at(t, f)[lane] = all[f * steps + t];
  }
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA::detail {

HEED_COLD HEED_FUNCTION void check_augmentation(const Augmentation& o, bool numbers, bool labels, Index each) {
  if (!o.active()) return;
  require(numbers, [] { return Fault{"tokens cannot be augmented", "fit, augment", "a model of numbers", "tokens"}; });
  require(!labels || each == 1 || (!o.moves_steps() && !(o.mixup > 0)), [&] {
    return Fault{"time_warp, window_slice and mixup do not go with labels of steps", "fit, augment",
                 "one label a sequence, or jitter and scaling alone", text_of(each) + " labels a sequence"};
  });
}

HEED_COLD HEED_FUNCTION double draw_beta(double a, Key key) {
  constexpr std::uint64_t most = 1000;  // a try succeeds with a probability of at least one half
  for (std::uint64_t i = 0; i < most; ++i) {
    // in logarithms: a power 1 / a may be too small for a double
    const double u = std::log(1 - key.uniform(2 * i)) / a, v = std::log(1 - key.uniform(2 * i + 1)) / a;
    const double largest = std::max(u, v), sum = largest + std::log(std::exp(u - largest) + std::exp(v - largest));
    if (sum <= 0) return std::exp(u - sum);
  }
  return 0.5;
}

}  // namespace heed::inline HEED_ISA::detail

#endif

HEED_COMPILED_FUNCTION(heed::detail::augment_lane)
HEED_COMPILED_FUNCTION(heed::detail::draw_times)
HEED_COMPILED_FUNCTION(heed::detail::mix)
