#pragma once

/// @file
/// Ragged tiles: what layers do at the ends of sequences. It costs nothing if a tile has no lengths.

#include <algorithm>
#include <cstdint>
#include <span>

#include "heed/core/compiled.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The number of steps that every lane has.
template <class S>
Index common_length(Tile<S> tile) {
  if (!tile.lengths || tile.lanes == 0) return tile.steps;
  return std::clamp<Index>(*std::min_element(tile.lengths, tile.lengths + tile.lanes), 0, tile.steps);
}

namespace detail {
template <class S>
HEED_KERNEL void zero_lanes(const std::int32_t* lengths, Index t, Tile<S> row) {
  const auto now = static_cast<std::int32_t>(t);  // as wide as lengths, to be compared in packets
  for (Index f = 0; f < row.features; ++f) {
    S* p = row.at(0, f);
    for (Index l = 0; l < row.lanes; ++l) p[l] = now < lengths[l] ? p[l] : S(0);
  }
}
// to += from in the lanes that have this many steps
template <class S>
HEED_KERNEL void add_lanes(const std::int32_t* lengths, Index most, Index steps, Tile<const S> from, Tile<S> to) {
  for (Index f = 0; f < to.features; ++f) {
    const S* p = from.at(0, f);
    S* q = to.at(0, f);
    for (Index l = 0; l < to.lanes; ++l) q[l] += std::min<Index>(lengths[l], most) == steps ? p[l] : S(0);
  }
}
}  // namespace detail

/// Zeroes the lanes of `row` (step t of `x`) that have ended by step t.
template <class U, class S>
void zero_ended(Tile<U> x, Index t, Tile<S> row) {
  if (x.lengths) detail::zero_lanes(x.lengths, t, row);
}

/// Zeroes everything past each lane's end.
template <class S>
void zero_past_end(Tile<S> tile, const std::int32_t* lengths) {
  if (!lengths) return;
  const Tile<S> ragged = tile.with_lengths(lengths);
  for (Index t = common_length(ragged); t < tile.steps; ++t) zero_ended(ragged, t, tile.step(t));
}

/// The steps that at least one lane has, without lengths, and with 0 where a lane has ended. It is a copy if lanes end
/// at different steps. `lengths` may be null.
template <class S>
Tile<const S> steps_in_use(Tile<const S> x, const std::int32_t* lengths, Scratch& scratch) {
  if (!lengths || x.lanes == 0) return x;
  const Index longest = std::clamp<Index>(*std::max_element(lengths, lengths + x.lanes), 0, x.steps);
  const Tile<const S> used(x.data, {longest, x.features}, x.lanes);
  if (common_length(used.with_lengths(lengths)) == longest) return used;
  const Tile<S> zeroed = scratch.like(used);
  copy(used, zeroed);
  zero_past_end(zeroed, lengths);
  return zeroed;
}

/// A gradient with zeros past each lane's end: the given one if all lanes are full, otherwise a copy in scratch memory.
template <class S>
Tile<const S> valid_steps(Tile<const S> gradient, const std::int32_t* lengths, Scratch& scratch) {
  if (!lengths) return gradient;
  const Tile<S> valid = scratch.like(gradient);
  copy(gradient, valid);
  zero_past_end(valid, lengths);
  return valid;
}

/// to += from in the lanes whose last valid step is t. Empty tiles do nothing.
template <class U, class S>
void add_where_last(Tile<U> x, Index t, Tile<const S> from, Tile<S> to) {
  if (!from) return;
  if (x.lengths) {
    detail::add_lanes(x.lengths, x.steps, t + 1, from, to);
  } else if (t + 1 == x.steps) {
    add(from, to);
  }
}

/// to += from in the lanes without valid steps. Empty tiles do nothing.
template <class U, class S>
void add_where_empty(Tile<U> x, Tile<const S> from, Tile<S> to) {
  add_where_last(x, -1, from, to);
}

/// to = the last valid step of `from` in each lane. A lane without steps gets `otherwise`, or 0 if that is empty.
template <class U, class S>
HEED_COLD void take_last(Tile<U> x, Tile<const S> from, Tile<const S> otherwise, Tile<S> to) {
  if (!to) return;
  for (Index f = 0; f < to.features; ++f) {
    S* q = to.at(0, f);
    for (Index l = 0; l < to.lanes; ++l) {
      const Index n = x.length(l);
      q[l] = n > 0 ? from.at(n - 1, f)[l] : otherwise ? otherwise.at(0, f)[l] : S(0);
    }
  }
}

/// The backward pass: dx (+)= dy at the last valid step of each lane, 0 elsewhere.
template <class U, class S>
void put_last(Tile<U> x, Tile<const S> dy, Into<S> dx) {
  if (!dx) return;
  if (!dx.add) fill(dx.tile, S(0));
  for (Index t = 0; t < x.steps; ++t) add_where_last(x, t, dy, dx.tile.step(t));
}

/// Lane l becomes a copy of lane `from[l]`.
template <class S>
void gather_lanes(Tile<S> tile, const std::int32_t* from, Scratch& scratch) {
  const Scratch::Mark mark(scratch);
  const Tile<S> before = scratch.like(Tile<const S>(tile));
  copy(Tile<const S>(tile), before);
  for (Index r = 0; r < tile.steps * tile.features; ++r) {
    for (Index l = 0; l < tile.lanes; ++l) tile.data[r * tile.lanes + l] = before.data[r * tile.lanes + from[l]];
  }
}

/// Sorts rows by length, the longest first, so that neighbours in a tile end together. Rows of equal length are
/// shuffled by `key`, or sorted by number without a key. Does not allocate.
void sort_by_length(std::span<Index> rows, std::span<const std::int32_t> lengths, const Key* key = nullptr);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cstddef>

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION void sort_by_length(std::span<Index> rows, std::span<const std::int32_t> lengths,
                                            const Key* key) {
  const auto length = [&](Index row) { return lengths[static_cast<std::size_t>(row)]; };
  const auto draw = [&](Index row) { return key ? key->bits(static_cast<std::uint64_t>(row)) : 0; };
  std::sort(rows.begin(), rows.end(), [&](Index a, Index b) {
    if (length(a) != length(b)) return length(a) > length(b);
    const std::uint64_t first = draw(a), second = draw(b);
    return first != second ? first < second : a < b;
  });
}

}  // namespace heed::inline HEED_ISA

#endif

HEED_COMPILED_FUNCTION(heed::zero_past_end)
HEED_COMPILED_FUNCTION(heed::valid_steps)
HEED_COMPILED_FUNCTION(heed::gather_lanes)
