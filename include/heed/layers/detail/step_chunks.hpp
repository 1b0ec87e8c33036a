#pragma once

/// @file
/// The steps of long sequences, some at a time.

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "heed/core/kernels/ahead.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// Cuts the steps of a tile into chunks that stay in the CPU's caches while a layer works on them. A layer that visits
/// each step several times then fetches it from memory once. A tile that fits in the caches is one chunk.
///
/// Forward passes go from the last chunk to the first, backward passes from the first to the last: each begins where
/// the layer before it has ended, with what the caches still hold.
class StepChunks {
 public:
  /// One chunk.
  StepChunks() = default;
  template <class S>
  explicit StepChunks(const Tile<const S>& x) {
    const Index step = x.features * x.lanes * static_cast<Index>(sizeof(S));
    if (x.steps * step <= cached) return;
    some_ = std::max<Index>(chunk / std::max<Index>(step, 1) / 4 * 4, 4);
    count_ = (x.steps + some_ - 1) / some_;
  }

  bool whole() const { return count_ == 1; }
  Index count() const { return count_; }
  /// The first step of chunk c.
  Index first(Index c) const { return c * some_; }
  /// The most steps that a chunk of so many has.
  Index most(Index steps) const { return whole() ? steps : some_; }

  /// Chunk c of a tile with the steps that were cut, without lengths. Empty if there is no such chunk.
  template <class S>
  Tile<S> of(Tile<S> tile, Index c) const {
    if (whole()) return tile.with_lengths(nullptr);
    if (!tile || c < 0 || c >= count_) return {};
    return tile.range(c * some_, std::min(some_, tile.steps - c * some_));
  }
  template <class S>
  Into<S> of(Into<S> to, Index c) const {
    return {of(to.tile, c), to.add};
  }
  /// The same with lengths, which are written to memory from the scratch.
  template <class S>
  Tile<S> of(Tile<S> tile, Index c, Scratch& scratch) const {
    if (whole() || !tile.lengths) return of(tile, c).with_lengths(tile.lengths);
    std::int32_t* lengths = scratch.take<std::int32_t>(tile.lanes);
    const auto first = static_cast<std::int32_t>(c * some_);
    for (Index l = 0; l < tile.lanes; ++l) lengths[l] = std::max<std::int32_t>(tile.lengths[l] - first, 0);
    return of(tile, c).with_lengths(lengths);
  }

  /// Calls `f.operator()<away>()`. `away`: the tile is so large that little of what is written to it would stay in the
  /// caches, and `put<away>` may go past them.
  template <class S, class F>
  void writing(const Into<S>& to, F&& f) const {
    if constexpr (simd::stores_away) {
      constexpr auto line = static_cast<std::uintptr_t>(alignment);
      const auto at = reinterpret_cast<std::uintptr_t>(to.tile.data);
      const auto row = static_cast<std::uintptr_t>(to.tile.lanes) * sizeof(S);
      if (to && !to.add && to.tile.size() * static_cast<Index>(sizeof(S)) > distant && at % line == 0 &&
          row % line == 0) {
        f.template operator()<true>();
        return simd::fence_stores();
      }
    }
    f.template operator()<false>();
  }

  /// What kernels fetch while they work on a chunk for so many multiply-adds: chunk c of these tiles. Null if there is
  /// one chunk.
  template <class S>
  kernels::Ahead* fetch(Index c, Index work, std::initializer_list<Tile<const S>> tiles) {
    if (whole()) return nullptr;
    next_.begin(work);
    for (const Tile<const S>& tile : tiles) {
      if (const Tile<const S> part = of(tile, c)) next_.add(part, {0, part.steps});
    }
    return &next_;
  }

 private:
  static constexpr Index chunk = Index(1) << 16, cached = Index(1) << 19, distant = Index(1) << 21;  // bytes
  Index some_ = 0, count_ = 1;
  kernels::Ahead next_;
};

}  // namespace heed::inline HEED_ISA::detail
