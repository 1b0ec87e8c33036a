#pragma once

/// @file
/// Where training finds the sequences of a batch.

#include <cstdint>
#include <span>

#include "heed/core/types.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

/// The sequences of a run, all of them in this process: the user's own memory. Training asks for them by position in
/// the epoch's order.
template <class S>
class LocalRows {
 public:
  /// Throws as `check_sequences` does.
  explicit LocalRows(const LabelledSequences<S>& data) : data_(data) { check_sequences(data); }

  Index count() const { return data_.count(); }
  Shape shape() const { return {data_.x.extent(1), data_.x.extent(2)}; }
  std::span<const std::int32_t> labels() const { return data_.labels; }

  /// The sequence at position p is `order[p]`, or p where `order` is empty. Must be called before each step of an
  /// epoch, in order: what is asked for until the next call are positions of `batches[step]`.
  void prepare(std::span<const Index> order, std::span<const Batch> /*batches*/, Index /*step*/) { order_ = order; }

  Index at(Index position) const { return order_.empty() ? position : order_[static_cast<std::size_t>(position)]; }
  std::int32_t label(Index position) const { return data_.labels[static_cast<std::size_t>(at(position))]; }

  /// Puts the sequences at these positions into tile `i`.
  SequenceTile<S> gather(TileStore<S>& store, Index i, IndexRange positions) const {
    return store.gather(i, data_.x, data_.lengths, data_.labels, positions.count(),
                        [&](Index l) { return at(positions.first + l); });
  }

  /// Nothing is asked for any more but labels.
  void release() {}

 private:
  LabelledSequences<S> data_;
  std::span<const Index> order_;
};

}  // namespace heed::inline HEED_ISA
