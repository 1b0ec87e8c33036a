#pragma once

/// @file
/// How the work of a step is divided: sequences into tiles, tiles into shards. It depends only on the batch and the
/// model's size, not on threads or processes, so results do not depend on these.

#include <algorithm>

#include "heed/core/types.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

/// The number of gradient accumulators for the tiles of a batch. A large model gets few, because each accumulator holds
/// a whole gradient.
inline Index shard_count(Index tiles, Index parameters) {
  constexpr Index fewest_tiles = 16, memory = Index(1)
                                              << 26;  // of a shard where there are many; numbers in all gradients
  const Index most = std::clamp<Index>(tiles / fewest_tiles, 16, 256);
  const Index affordable = std::clamp<Index>(memory / std::max<Index>(parameters, 1), 2, most);
  return std::clamp<Index>(tiles, 1, affordable);
}

/// The tiles of a range of shards, if `tiles` tiles are divided among `count` shards in order.
inline IndexRange tiles_of(IndexRange shards, Index count, Index tiles) {
  return {tiles * shards.first / count, tiles * shards.last / count};
}

/// The sequences of a step: an interval of positions in the epoch's order, and its division.
struct Batch {
  IndexRange positions;
  Index width = 1;   ///< lanes per tile
  Index shards = 1;  ///< number of shards

  Index tiles() const { return tile_count(positions.count(), width); }
  IndexRange tiles_of(IndexRange range) const { return heed::tiles_of(range, shards, tiles()); }
  /// The positions of the sequences in these tiles.
  IndexRange positions_of(IndexRange range) const {
    return {std::min(positions.first + range.first * width, positions.last),
            std::min(positions.first + range.last * width, positions.last)};
  }
};

}  // namespace heed::inline HEED_ISA
