#pragma once

// The tiles of a run's batches. The tiles of a full batch are packed once; those of mini-batches are gathered when
// needed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/least_steps.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/detail/any_loss.hpp"
#include "heed/train/detail/any_rows.hpp"
#include "heed/train/order.hpp"
#include "heed/train/reducer.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

template <class S>
class Feed {
 public:
  explicit Feed(std::unique_ptr<AnyRows<S>> rows) : rows_(std::move(rows)) {}

  const AnyRows<S>& rows() const { return *rows_; }
  /// The number of training sequences, and of batches.
  Index count() const { return order_->count(); }
  Index steps() const { return static_cast<Index>(batches_.size()); }
  const Batch& batch(Index i) const { return batches_[static_cast<std::size_t>(i)]; }
  /// The row at a position in the order of the data, or of a full batch.
  Index row(Index position) const { return epoch_.empty() ? position : epoch_[static_cast<std::size_t>(position)]; }
  /// The tiles of a full batch that belong to this process.
  IndexRange own() const { return own_; }
  double denominator() const { return denominator_; }

  /// The denominator of an epoch's accuracy.
  double counted(const AnyLoss<S>& loss) const;
  /// Divides the rows `members` (empty: all) into batches of `o.batch` sequences, with tiles of `width` lanes and
  /// `shards(tiles)` shards.
  template <class Shards>
  void cut(std::vector<Index> members, const EpochOrderOptions& o, Index width, Shards&& shards) {
    order_.emplace(rows_->count(), std::move(members), rows_->lengths(), o);
    for (Index first = 0; first < count(); first += o.batch) {
      const Index last = std::min(first + o.batch, count());
      batches_.push_back({{first, last}, width, shards(tile_count(last - first, width))});
    }
  }
  /// All rows as one batch, repeatedly. Allocates if there are more rows than before.
  template <class Shards>
  void cut_one_batch(Index width, Shards&& shards) {
    if (!order_) order_.emplace(0, std::vector<Index>(), std::span<const std::int32_t>(), EpochOrderOptions());
    order_->look_at_one_batch(rows_->count(), rows_->lengths());
    batches_.assign(1, Batch{{0, count()}, width, shards(tile_count(count(), width))});
    tiles_.clear();
  }
  /// Allocates tiles: one per thread, or all tiles of a full batch that belong to this process.
  HEED_COLD void start(const ModelReference<S>& model, const AnyLoss<S>& loss, AnyReducer<S>& reducer, int threads);
  void begin_epoch(Key key) { epoch_ = (*order_)(key); }
  /// Call it before batch i, in order. Returns the batch's denominator.
  double prepare(const AnyLoss<S>& loss, Index i);
  /// A tile of the prepared batch, in the memory of a thread.
  AnySequenceTile<S> tile(Index i, IndexRange positions, Index thread) {
    if (full()) return tiles_[static_cast<std::size_t>(i - own_.first)];
    return rows_->gather(thread, 0, positions);
  }

 private:
  bool full() const { return batches_.size() == 1; }
  double denominator_of(const AnyLoss<S>& loss, IndexRange positions) const;

  std::unique_ptr<AnyRows<S>> rows_;
  std::vector<Batch> batches_;
  std::optional<EpochOrder> order_;
  std::span<const Index> epoch_;           // the order of this epoch
  std::vector<AnySequenceTile<S>> tiles_;  // of the full batch: the tiles of this process
  IndexRange own_;                         // the range of these tiles
  double denominator_ = 0;                 // of the loss over the full batch
};

template <class S>
double Feed<S>::counted(const AnyLoss<S>& loss) const {
  double sum = 0;
  for (Index i = 0; i < count(); ++i) {
    const Index row = order_->members().empty() ? i : order_->members()[static_cast<std::size_t>(i)];
    sum += loss.counted(rows_->targets_of_row(row));
  }
  return sum;
}

template <class S>
void Feed<S>::start(const ModelReference<S>& model, const AnyLoss<S>& loss, AnyReducer<S>& reducer, int threads) {
  const Batch& first = batches_.front();
  const Index least = least_steps(model, rows_->shape(), rows_->lengths());
  if (!full()) return rows_->reserve(threads, 1, first.width, least);
  begin_epoch(Key{});
  rows_->prepare(epoch_, batches_, 0);
  denominator_ = denominator_of(loss, first.positions);
  own_ = first.tiles_of(reducer.own(first.shards));
  rows_->reserve(1, own_.count(), first.width, least);
  tiles_.reserve(static_cast<std::size_t>(own_.count()));
  for (Index i = own_.first; i < own_.last; ++i) {
    tiles_.push_back(rows_->gather(0, i - own_.first, first.positions_of({i, i + 1})));
  }
  rows_->release();
}

template <class S>
double Feed<S>::prepare(const AnyLoss<S>& loss, Index i) {
  if (full()) return denominator_;
  rows_->prepare(epoch_, batches_, i);
  return denominator_of(loss, batch(i).positions);
}

template <class S>
double Feed<S>::denominator_of(const AnyLoss<S>& loss, IndexRange positions) const {
  double sum = 0;
  for (Index p = positions.first; p < positions.last; ++p) sum += loss.target_weight(rows_->targets(p));
  return sum;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(class heed::detail::Feed)
