#pragma once

/// @file
/// Memory that is fetched while kernels compute.
///
/// The numbers of a long sequence do not stay in the processor's caches between two visits. Simple passes over a step
/// compute too little to hide how long memory takes. Products compute enough. So whoever walks over the steps says what
/// the next ones meet, and products fetch it, a few lines at a time: many at once would wait for each other.

#include <algorithm>
#include <array>
#include <cstddef>

#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// A list of memory to fetch, spread evenly over some work. It changes no result.
class Ahead {
 public:
  /// Forgets the list. The next one is spread over so many multiply-adds.
  void begin(Index work) { *this = Ahead(work); }

  /// Some steps of some features of a tile. An empty tile adds nothing.
  template <class S>
  void add(FeatureRange<const S> range, IndexRange steps) {
    if (!range || count_ == most) return;
    const Index size = range.tile.lanes * static_cast<Index>(sizeof(S));
    Rows rows{reinterpret_cast<const std::byte*>(range.at(steps.first)), range.count * size, range.tile.features * size,
              steps.count()};
    if (rows.bytes == rows.stride) rows = {rows.first, rows.bytes * rows.count, 0, 1};
    rows_[count_++] = rows;
    lines_ += (rows.bytes + line - 1) / line * rows.count;
    per_line_ = work_ / std::max<Index>(lines_, 1) + 1;
  }
  template <class S>
  void add(Tile<const S> tile, IndexRange steps) {
    add(FeatureRange<const S>(tile, 0, tile.features), steps);
  }

  /// Fetches what is due after so many multiply-adds more.
  HEED_INLINE void fetch(Index work) {
    done_ += work;
    if (done_ >= per_line_ && next_ < count_) fetch_due();
  }

  Ahead() = default;

 private:
  static constexpr auto line = static_cast<Index>(alignment);
  static constexpr std::size_t most = 8;
  struct Rows {
    const std::byte* first;
    Index bytes, stride, count;
  };

  explicit Ahead(Index work) : work_(work) {}

  void fetch_due() {
    Index done = done_;
    const Index per_line = per_line_;
    while (done >= per_line && next_ < count_) {
      Rows& rows = rows_[next_];
      const std::byte* const end = rows.first + rows.bytes;
      const std::byte* p = rows.first + at_;
      for (; done >= per_line && p < end; done -= per_line, p += line) simd::prefetch(p);
      at_ = p - rows.first;
      if (p < end) continue;
      at_ = 0;
      if (--rows.count > 0) {
        rows.first += rows.stride;
      } else {
        ++next_;
      }
    }
    done_ = done;
  }

  std::array<Rows, most> rows_ = {};
  std::size_t count_ = 0, next_ = 0;
  Index at_ = 0;                           // in a row
  Index work_ = 0, lines_ = 0, done_ = 0;  // `done_`: since the last line
  Index per_line_ = 1;
};

}  // namespace heed::inline HEED_ISA::kernels
