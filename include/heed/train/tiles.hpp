#pragma once

/// @file
/// From the user's sequences to tiles: how wide they are, and who stands in which lane.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "heed/core/buffer.hpp"
#include "heed/core/check.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// Sequences with one label each: views of the user's memory.
template <class S>
struct LabelledSequences {
  TensorView<const S, 3> x;                    ///< (n, steps, features)
  std::span<const std::int32_t> labels;        ///< (n)
  std::span<const std::int32_t> lengths = {};  ///< valid steps of each; empty: all full

  Index count() const { return x.extent(0); }
};

/// Throws where there are no sequences, or they have no steps or features, or `check_finite` does.
template <class S>
void check_sequences(TensorView<const S, 3> x, std::span<const std::int32_t> lengths) {
  require(!x.empty(), [&] { return Fault{"no data", "sequences", "(n, steps, features)", to_text(x.extents())}; });
  check_finite(x, lengths, "sequences");
}
template <class S>
void check_sequences(const LabelledSequences<S>& data) {
  check_sequences(data.x, data.lengths);
  const auto labels = static_cast<Index>(data.labels.size());
  require(labels == data.count(), [&] {
    return Fault{"sequences and labels differ in number", "sequences", std::to_string(data.count()) + " labels",
                 std::to_string(labels)};
  });
}

/// Throws where a label is not 0 to classes - 1.
inline void check_labels(std::span<const std::int32_t> labels, Index classes) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0 && labels[i] < classes, [&] {
      return Fault{"label out of range", "label " + std::to_string(i) + " (counted from 0)",
                   "0 to " + std::to_string(classes - 1), std::to_string(labels[i])};
    });
  }
}

/// Tiles have a multiple of so many lanes: a packet of any processor.
inline constexpr Index tile_unit = 16;
/// As wide as those of models whose sequences take much memory get.
inline constexpr Index narrow_tile = 32;

/// How many lanes the tiles of a batch have: 64, or 32 where a lane takes more than 256 KiB, or as few more or less as
/// fill a small batch evenly. A multiple of 16. Decided by the batch and the model alone, for results depend on it.
inline Index tile_width(Index batch, Index lane_bytes = 0) {
  constexpr Index heavy = Index(1) << 18, unit = tile_unit;
  const Index widest = lane_bytes > heavy ? narrow_tile : 64;
  const Index tiles = std::max<Index>(1, (batch + widest - 1) / widest);
  const Index rows = (std::max<Index>(batch, 1) + tiles - 1) / tiles;
  return (rows + unit - 1) / unit * unit;
}
inline Index tile_count(Index batch, Index width) { return (batch + width - 1) / width; }

/// Some sequences side by side. Lanes past the last of them are padding: sequences without steps.
template <class S>
struct SequenceTile {
  Tile<const S> x;                  // as many steps as the longest of its sequences
  Tile<const std::int32_t> labels;  // (1, 1); 0 in padding
  const S* weights = nullptr;       // one a lane: 1, and 0 in padding
  Index rows = 0;                   // lanes in use
};

/// Memory for tiles of sequences.
template <class S>
class TileStore {
 public:
  /// Room for `tiles` tiles; nothing is allocated where there was as much before.
  void reserve(Index tiles, Shape shape, Index lanes) {
    shape_ = shape;
    lanes_ = lanes;
    x_.reserve(tiles * shape.steps * shape.features * lanes);
    lengths_.reserve(tiles * lanes);
    labels_.reserve(tiles * lanes);
    weights_.reserve(tiles * lanes);
  }

  /// Puts the sequences `row(0)`, `row(1)`, ... `row(rows - 1)` into tile `i`.
  template <class Row>
  SequenceTile<S> gather(Index i, TensorView<const S, 3> x, std::span<const std::int32_t> lengths,
                         std::span<const std::int32_t> labels, Index rows, Row&& row) {
    const Index L = lanes_, F = shape_.features;
    S* to = x_.data() + i * shape_.steps * F * L;
    std::int32_t* length = lengths_.data() + i * L;
    std::int32_t* label = labels_.data() + i * L;
    S* weight = weights_.data() + i * L;
    Index steps = 0;
    bool ragged = rows < L;
    for (Index l = 0; l < L; ++l) {
      const auto r = static_cast<std::size_t>(l < rows ? row(l) : 0);
      const Index valid = l >= rows ? 0 : lengths.empty() ? shape_.steps : lengths[r];
      length[l] = static_cast<std::int32_t>(valid);
      label[l] = l < rows && !labels.empty() ? labels[r] : 0;
      weight[l] = l < rows ? S(1) : S(0);
      steps = std::max(steps, valid);
    }
    for (Index l = 0; l < rows; ++l) ragged = ragged || length[l] < steps;
    for (Index l = 0; l < L; ++l) {
      const S* from = l < rows ? x[row(l)].data() : nullptr;
      const Index valid = length[l] * F;
      for (Index k = 0; k < valid; ++k) to[k * L + l] = from[k];
      for (Index k = valid; k < steps * F; ++k) to[k * L + l] = 0;
    }
    return {Tile<const S>(to, {steps, F}, L, ragged ? length : nullptr), Tile<const std::int32_t>(label, {1, 1}, L),
            weight, rows};
  }

 private:
  Buffer<S> x_, weights_;
  Buffer<std::int32_t> lengths_, labels_;
  Shape shape_;
  Index lanes_ = 0;
};

}  // namespace heed::inline HEED_ISA
