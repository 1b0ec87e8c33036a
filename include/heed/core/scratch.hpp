#pragma once

/// @file
/// Temporary memory of a pass: a stack that is released scope by scope.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// A stack of memory in chunks that never move. Once it has grown to the size of a pass, it does not allocate again.
class Scratch {
 public:
  /// When a mark goes out of scope, everything taken after it is released.
  class Mark {
   public:
    explicit Mark(Scratch& scratch) : scratch_(scratch), chunk_(scratch.chunk_), used_(scratch.used_) {}
    ~Mark() {
      scratch_.chunk_ = chunk_;
      scratch_.used_ = used_;
    }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;

   private:
    Scratch& scratch_;
    std::size_t chunk_;
    Index used_;
  };

  /// Uninitialised, aligned memory for `count` numbers, valid until the innermost mark ends.
  template <class S>
  S* take(Index count) {
    constexpr auto unit = static_cast<Index>(alignment);
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<Index>::max() / 2) / sizeof(S);
    if (static_cast<std::uint64_t>(count) > most) [[unlikely]]  // also negative counts
      allocate_aligned<S>(count);                               // throws
    const Index bytes = (count * static_cast<Index>(sizeof(S)) + unit - 1) / unit * unit;
    while (chunk_ < chunks_.size() && bytes > chunks_[chunk_].size - used_) {
      ++chunk_;
      used_ = 0;
    }
    if (chunk_ == chunks_.size()) {
      const Index size = std::max<Index>(bytes, chunks_.empty() ? first_chunk : 2 * chunks_.back().size);
      chunks_.push_back({allocate_aligned<std::byte>(size), size});
      used_ = 0;
    }
    std::byte* p = chunks_[chunk_].data.get() + used_;
    used_ += bytes;
    return reinterpret_cast<S*>(p);
  }
  template <class S>
  Tile<S> tile(Shape shape, Index lanes, const std::int32_t* lengths = nullptr) {
    return Tile<S>(take<S>(shape.steps * shape.features * lanes), shape, lanes, lengths);
  }
  template <class S>
  Tile<S> like(Tile<const S> other) {
    return tile<S>(other.shape(), other.lanes, other.lengths);
  }

  Scratch() = default;
  Scratch(Scratch&& other) noexcept
      : chunks_(std::move(other.chunks_)),
        chunk_(std::exchange(other.chunk_, 0)),
        used_(std::exchange(other.used_, 0)) {}
  Scratch& operator=(Scratch&& other) noexcept {
    chunks_ = std::exchange(other.chunks_, {});
    chunk_ = std::exchange(other.chunk_, 0);
    used_ = std::exchange(other.used_, 0);
    return *this;
  }
  Scratch(const Scratch&) noexcept {}
  Scratch& operator=(const Scratch&) noexcept { return *this; }
  ~Scratch() = default;

 private:
  static constexpr Index first_chunk = Index(1) << 16;
  struct Chunk {
    AlignedArray<std::byte> data;
    Index size;
  };
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;
  Index used_ = 0;
};

/// What accompanies a pass over a tile besides the numbers.
struct Pass {
  Scratch& scratch;
  bool training = false;  ///< whether random layers draw; if not, they are the identity
  Key key = {};           ///< of this step and this place in the model
  Index first_row = 0;    ///< the row of the data set in lane 0
  bool keep = true;       ///< whether backward may follow: layers keep what it reads; if not, they may keep less

  /// A pass without a backward pass.
  static Pass inference(Scratch& scratch) { return {scratch, false, {}, 0, false}; }
  /// The pass for child i of a composite layer.
  Pass at(std::uint64_t child) const { return {scratch, training, key.child(child), first_row, keep}; }
};

}  // namespace heed::inline HEED_ISA
