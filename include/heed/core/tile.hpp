#pragma once

/// @file
/// The working unit of every layer: a block of sequences, one per SIMD lane.

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "heed/core/buffer.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// A view of a block of sequences, stored `[step][feature][lane]`: lane l is one sequence, and lanes are contiguous.
///
/// `lengths` has the number of valid steps of each lane; null: all are full. Steps past a lane's end hold finite
/// numbers that nobody reads, and their gradients are zero. A single sequence is a tile of one lane.
template <class S>
struct Tile {
  S* data = nullptr;
  Index steps = 0, features = 0, lanes = 0;
  const std::int32_t* lengths = nullptr;

  Tile() = default;
  Tile(S* data_, Shape shape, Index lanes_, const std::int32_t* lengths_ = nullptr) noexcept
      : data(data_), steps(shape.steps), features(shape.features), lanes(lanes_), lengths(lengths_) {}
  template <class U>
    requires std::same_as<const U, S>
  Tile(const Tile<U>& other) noexcept : Tile(other.data, other.shape(), other.lanes, other.lengths) {}
  // Written out, so that calls pass a tile by its address. A trivially copyable tile would be copied with packets for
  // each call, too soon after its numbers were written: a store-forwarding stall in each step of a stream.
  Tile(const Tile& other) noexcept : Tile(other.data, other.shape(), other.lanes, other.lengths) {}
  Tile& operator=(const Tile& other) noexcept {
    data = other.data;
    steps = other.steps;
    features = other.features;
    lanes = other.lanes;
    lengths = other.lengths;
    return *this;
  }
  ~Tile() = default;

  explicit operator bool() const { return data != nullptr; }
  Shape shape() const { return {steps, features}; }
  Index size() const { return steps * features * lanes; }

  /// The lanes of one feature at one step.
  S* at(Index step, Index feature = 0) const { return data + (step * features + feature) * lanes; }
  /// One step as a tile of one step; it has no lengths.
  Tile step(Index t) const { return t < steps ? Tile(at(t), {1, features}, lanes) : Tile(); }
  /// `count` steps from `first`, without lengths.
  Tile range(Index first, Index count) const { return Tile(at(first), {count, features}, lanes); }
  /// The number of valid steps of a lane.
  Index length(Index lane) const { return lengths ? std::min<Index>(lengths[lane], steps) : steps; }
  Tile with_lengths(const std::int32_t* l) const { return Tile(data, shape(), lanes, l); }
};

/// A range of features of a tile, at every step: for example what one direction of a recurrent layer writes.
template <class S>
struct FeatureRange {
  Tile<S> tile;
  Index first = 0, count = 0;

  FeatureRange(Tile<S> tile_, Index first_, Index count_) : tile(tile_), first(first_), count(count_) {}
  template <class U>
    requires std::same_as<const U, S>
  FeatureRange(FeatureRange<U> other) : tile(other.tile), first(other.first), count(other.count) {}

  explicit operator bool() const { return bool(tile); }
  S* at(Index step) const { return tile.at(step, first); }
  /// One step; its features are contiguous.
  Tile<S> step(Index t) const { return Tile<S>(at(t), {1, count}, tile.lanes); }
};

/// Where a layer puts the gradient of an input: nowhere (`{}`), `into` a tile (overwritten), or `onto` a tile (added).
template <class S>
struct Into {
  Tile<S> tile;
  bool add = false;

  explicit operator bool() const { return bool(tile); }
  Into step(Index t) const { return tile ? Into{tile.step(t), add} : Into{}; }
  Into range(Index first, Index count) const { return tile ? Into{tile.range(first, count), add} : Into{}; }
};
template <class S>
Into<S> into(Tile<S> tile) {
  return {tile, false};
}
template <class S>
Into<S> onto(Tile<S> tile) {
  return {tile, true};
}
/// Computed only if it is wanted.
template <class S>
Into<S> into_if(bool wanted, Tile<S> tile) {
  return wanted ? into(tile) : Into<S>();
}
template <class S>
Into<S> onto_if(bool wanted, Tile<S> tile) {
  return wanted ? onto(tile) : Into<S>();
}

/// A tile that owns its memory, for caches. It grows to the largest shape taken so far.
template <class S>
class TileBuffer {
 public:
  Tile<S> take(Shape shape, Index lanes, const std::int32_t* lengths = nullptr) {
    const Tile<S> tile(buffer_.reserve(shape.steps * shape.features * lanes), shape, lanes, lengths);
    tile_ = tile;
    return tile;
  }
  /// As last taken.
  Tile<const S> view() const { return tile_; }
  Tile<S> tile() { return tile_; }

  TileBuffer() = default;
  TileBuffer(const TileBuffer&) noexcept {}  // a copy of a cache starts empty
  TileBuffer(TileBuffer&& other) noexcept
      : buffer_(std::move(other.buffer_)), tile_(std::exchange(other.tile_, Tile<S>())) {}
  TileBuffer& operator=(const TileBuffer&) noexcept { return *this; }
  TileBuffer& operator=(TileBuffer&& other) noexcept {
    buffer_ = std::move(other.buffer_);
    tile_ = std::exchange(other.tile_, Tile<S>());
    return *this;
  }
  ~TileBuffer() = default;

 private:
  Buffer<S> buffer_;
  Tile<S> tile_;
};

/// Sets all numbers of a tile to a value.
template <class S>
void fill(Tile<S> tile, S value) {
  std::fill_n(tile.data, tile.size(), value);
}
/// Copies the numbers of a tile to another one of the same shape.
template <class S>
void copy(Tile<const S> from, Tile<S> to) {
  std::copy_n(from.data, from.size(), to.data);
}

}  // namespace heed::inline HEED_ISA
