#pragma once

/// @file
/// How the work of a step is cut: sequences into tiles, tiles into shards. It is a matter of the batch and the model's
/// size alone, never of threads or processes, so that results do not depend on them.

#include <algorithm>

#include "heed/core/types.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

/// How many accumulators of gradients the tiles of a batch are dealt to. A large model gets few: each holds a whole
/// gradient.
inline Index shard_count(Index tiles, Index parameters) {
  constexpr Index fewest_tiles = 16, memory = Index(1)
                                              << 26;  // of a shard where there are many; numbers in all gradients
  const Index most = std::clamp<Index>(tiles / fewest_tiles, 16, 256);
  const Index affordable = std::clamp<Index>(memory / std::max<Index>(parameters, 1), 2, most);
  return std::clamp<Index>(tiles, 1, affordable);
}

/// The tiles of the shards of a range, where `tiles` are dealt to `count` shards in order.
inline IndexRange tiles_of(IndexRange shards, Index count, Index tiles) {
  return {tiles * shards.first / count, tiles * shards.last / count};
}

/// The sequences of a step: an interval of positions in the epoch's order, cut.
struct Batch {
  IndexRange positions;
  Index width = 1;   ///< lanes of a tile
  Index shards = 1;  ///< their number

  Index tiles() const { return tile_count(positions.count(), width); }
  IndexRange tiles_of(IndexRange range) const { return heed::tiles_of(range, shards, tiles()); }
  /// Where the sequences of these tiles stand.
  IndexRange positions_of(IndexRange range) const {
    return {std::min(positions.first + range.first * width, positions.last),
            std::min(positions.first + range.last * width, positions.last)};
  }
};

}  // namespace heed::inline HEED_ISA
