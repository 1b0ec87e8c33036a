#pragma once

/// @file
/// From the user's sequences to tiles: how wide tiles are, and which sequence is in which lane.

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include "heed/core/buffer.hpp"
#include "heed/core/check.hpp"
#include "heed/core/error.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// Labels as (n, 1); targets stay as they are.
inline TensorView<const std::int32_t, 2> as_rows(LabelsView labels) { return labels.rows(); }
template <class S>
TensorView<const S, 2> as_rows(TensorView<const S, 2> targets) {
  return targets;
}

/// Whether this many labels per sequence belong to the steps of its input.
inline bool labels_steps(Index labels, Index steps) { return labels > 1 && labels == steps; }

/// The targets of sequence i: its label, the labels of its valid steps, or its numbers. `steps` are those of the
/// inputs.
inline std::span<const std::int32_t> targets_of(LabelsView labels, std::span<const std::int32_t> lengths, Index steps,
                                                Index i) {
  const Index each = labels.each();
  const bool ragged = labels_steps(each, steps) && !lengths.empty();
  const Index valid = ragged ? lengths[static_cast<std::size_t>(i)] : each;
  return {labels.data() + i * each, static_cast<std::size_t>(valid)};
}
template <class S>
std::span<const S> targets_of(TensorView<const S, 2> targets, std::span<const std::int32_t>, Index, Index i) {
  return {targets.data() + i * targets.extent(1), static_cast<std::size_t>(targets.extent(1))};
}

/// Throws if there are no sequences, if they have no steps or features, and as `check_finite` does. Tokens are not
/// checked here: the model knows its vocabulary.
template <class X>
void check_sequences(TensorView<const X, 3> x, std::span<const std::int32_t> lengths) {
  require(!x.empty(), [&] { return Fault{"no data", "sequences", "(n, steps, features)", to_text(x.extents())}; });
  if constexpr (std::floating_point<X>) {
    check_finite(x, lengths, "sequences");
  } else {
    check_lengths(lengths, x.extent(0), x.extent(1), "sequences");
  }
}
template <class X, class T>
void check_sequences(const LabelledSequences<X, T>& data) {
  require(data.mask.empty(), [] { return Fault{"a mask of steps is not taken here", "sequences", {}, {}}; });
  check_sequences(data.x, data.lengths);
  const Index targets = as_rows(data.labels).extent(0);
  require(targets == data.count(), [&] {
    const std::string what = std::same_as<T, std::int32_t> ? "labels" : "targets";
    return Fault{"sequences and " + what + " differ in number", "sequences", text_of(data.count()) + " " + what,
                 text_of(targets)};
  });
}

/// Runs the model's own check of its input. A model of tokens has `check_input(TensorView<const Input, 3> x,
/// std::span<const std::int32_t> lengths, const std::string& where)`.
template <class Model>
void check_input(const Model& model, TensorView<const typename Model::Input, 3> x,
                 std::span<const std::int32_t> lengths, const std::string& where) {
  if constexpr (requires { model.check_input(x, lengths, where); }) model.check_input(x, lengths, where);
}

/// Throws if a label is not in 0 .. classes - 1.
inline void check_labels(std::span<const std::int32_t> labels, Index classes) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0 && labels[i] < classes, [&] {
      return Fault{"label out of range", "label " + text_of(i) + " (counted from 0)", "0 to " + text_of(classes - 1),
                   text_of(labels[i])};
    });
  }
}

/// The lanes of a tile are a multiple of this: a packet of any processor.
inline constexpr Index tile_unit = 16;
/// The lanes of a tile whose sequences need much memory; see `tile_width`.
inline constexpr Index narrow_tile = 32;

/// The number of lanes per tile for a batch: 64, or 32 if a lane takes more than 256 KiB, adjusted to fill a small
/// batch evenly. A multiple of 16, or 1 for one or two sequences. It depends only on the batch and the model, because
/// results depend on it.
inline Index tile_width(Index batch, Index lane_bytes = 0) {
  if (batch == 1 || batch == 2) return 1;
  constexpr Index heavy = Index(1) << 18, unit = tile_unit;
  const Index widest = lane_bytes > heavy ? narrow_tile : 64;
  const Index tiles = std::max<Index>(1, (batch + widest - 1) / widest);
  const Index rows = (std::max<Index>(batch, 1) + tiles - 1) / tiles;
  return (rows + unit - 1) / unit * unit;
}
/// The number of tiles of `width` lanes for a batch.
inline Index tile_count(Index batch, Index width) { return (batch + width - 1) / width; }

/// The default scalar of a loss for data of these types.
template <class X, class T>
using ScalarOfData =
    std::conditional_t<std::floating_point<X>, X, std::conditional_t<std::floating_point<T>, T, float>>;

/// Sequences side by side. The lanes after the last sequence are padding: sequences without steps.
template <class X, class T = std::int32_t, class S = ScalarOfData<X, T>>
struct SequenceTile {
  Tile<const X> x;             ///< has the steps of its longest sequence, or the least that a tile may have
  Tile<const T> labels;        ///< (1, 1), (steps, 1), or (1, k) numbers; 0 in padding
  const S* weights = nullptr;  ///< one per lane: 1, in padding 0
  Index rows = 0;              ///< lanes in use
};

/// Memory for tiles of sequences.
template <class X, class T = std::int32_t, class S = ScalarOfData<X, T>>
class TileStore {
 public:
  /// Makes room for `tiles` tiles, which have at least so many steps. Does not allocate if there was as much before.
  void reserve(Index tiles, Shape shape, Index lanes, Index targets = 1, Index least_steps = 0) {
    shape_ = shape;
    least_steps_ = least_steps;
    lanes_ = lanes;
    targets_ = targets;
    x_.reserve(tiles * shape.steps * shape.features * lanes);
    lengths_.reserve(tiles * lanes);
    labels_.reserve(tiles * lanes * targets);
    weights_.reserve(tiles * lanes);
  }

  /// Copies the sequences `row(0)`, `row(1)`, ... `row(rows - 1)` into tile `i`.
  template <class Row>
  SequenceTile<X, T, S> gather(Index i, TensorView<const X, 3> x, std::span<const std::int32_t> lengths,
                               TargetsView<T> labels, Index rows, Row&& row) {
    const Index L = lanes_, F = shape_.features, K = targets_;
    X* to = x_.data() + i * shape_.steps * F * L;
    std::int32_t* length = lengths_.data() + i * L;
    T* label = labels_.data() + i * L * K;
    S* weight = weights_.data() + i * L;
    const T* targets = labels.empty() ? nullptr : labels.data();
    Index steps = least_steps_;
    bool ragged = rows < L;
    for (Index l = 0; l < L; ++l) {
      const auto r = static_cast<std::size_t>(l < rows ? row(l) : 0);
      const Index valid = l >= rows ? 0 : lengths.empty() ? shape_.steps : lengths[r];
      length[l] = static_cast<std::int32_t>(valid);
      for (Index k = 0; k < K; ++k) {
        label[k * L + l] = l < rows && targets ? targets[static_cast<Index>(r) * K + k] : T(0);
      }
      weight[l] = l < rows ? S(1) : S(0);
      steps = std::max(steps, valid);
    }
    for (Index l = 0; l < rows; ++l) ragged = ragged || length[l] < steps;
    for (Index l = 0; l < L; ++l) {
      const X* from = l < rows ? x[row(l)].data() : nullptr;
      const Index valid = length[l] * F;
      for (Index k = 0; k < valid; ++k) to[k * L + l] = from[k];
      for (Index k = valid; k < steps * F; ++k) to[k * L + l] = 0;
    }
    const Shape of_targets = std::same_as<T, std::int32_t> ? Shape{K, 1} : Shape{1, K};
    return {Tile<const X>(to, {steps, F}, L, ragged ? length : nullptr), Tile<const T>(label, of_targets, L), weight,
            rows};
  }

 private:
  Buffer<X> x_;
  Buffer<S> weights_;
  Buffer<std::int32_t> lengths_;
  Buffer<T> labels_;
  Shape shape_;
  Index lanes_ = 0, targets_ = 1, least_steps_ = 0;
};

}  // namespace heed::inline HEED_ISA
