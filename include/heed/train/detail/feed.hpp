#pragma once

// The tiles of a run's batches: those of a full batch packed once, those of mini-batches gathered as they are needed.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit_options.hpp"
#include "heed/train/order.hpp"
#include "heed/train/step.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

template <class Rows, class X, class T, class S>
class Feed {
 public:
  template <class Data, class R>
  Feed(const Data& data, const R& reducer) : rows_(reducer.rows(data)) {}

  const Rows& rows() const { return rows_; }
  /// Of sequences that are trained on, and of batches.
  Index count() const { return order_->count(); }
  /// What the accuracy of an epoch divides by.
  template <class L>
  double counted(const L& loss) const {
    double sum = 0;
    for (Index i = 0; i < count(); ++i) {
      const Index row = order_->members().empty() ? i : order_->members()[static_cast<std::size_t>(i)];
      sum += detail::counted(loss, targets_of(rows_.labels(), rows_.lengths(), rows_.shape().steps, row));
    }
    return sum;
  }
  Index steps() const { return static_cast<Index>(batches_.size()); }
  const Batch& batch(Index i) const { return batches_[static_cast<std::size_t>(i)]; }

  /// Cuts the rows `members` (empty: all) into the batches of an epoch, each with its tiles and shards.
  template <class Model>
  HEED_COLD void cut(const Model& model, std::vector<Index> members, const FitOptions& o) {
    const Index count = members.empty() ? rows_.count() : static_cast<Index>(members.size());
    const Index size = o.batch_size ? std::min(o.batch_size, count) : count;
    const Index step = std::min(size * std::min(o.accumulate, count), count);
    const bool choose = !o.tile_width && step > narrow_tile;  // otherwise a lane's memory does not matter
    const Index lane = choose ? lane_bytes(model, rows_.shape()) : 0;
    const Index width = o.tile_width ? o.tile_width : tile_width(step, lane);
    const Index parameters = parameter_count(model);
    for (Index first = 0; first < count; first += step) {
      const Index last = std::min(first + step, count);
      batches_.push_back({{first, last}, width, shard_count(tile_count(last - first, width), parameters)});
    }
    order_.emplace(rows_.count(), std::move(members), rows_.lengths(),
                   EpochOrderOptions{step, o.shuffle, o.bucket_by_length});
  }

  /// Takes the memory for tiles, one a thread, or all of a full batch that this process owns.
  template <class L, class R>
  HEED_COLD void start(const L& loss, R& reducer, int threads) {
    const Index targets = as_rows(rows_.labels()).extent(1), width = batches_.front().width;
    if (!full()) {
      stores_.resize(static_cast<std::size_t>(threads));
      for (auto& store : stores_) store.reserve(1, rows_.shape(), width, targets);
      return;
    }
    const Batch& all = batches_.front();
    rows_.prepare((*order_)(Key{}), batches_, 0);
    denominator_ = denominator_of(loss, all.positions);
    own_ = all.tiles_of(reducer.own(all.shards));
    stores_.resize(1);
    stores_.front().reserve(own_.count(), rows_.shape(), width, targets);
    tiles_.reserve(static_cast<std::size_t>(own_.count()));
    for (Index i = own_.first; i < own_.last; ++i) {
      tiles_.push_back(rows_.gather(stores_.front(), i - own_.first, all.positions_of({i, i + 1})));
    }
    rows_.release();
  }

  void begin_epoch(Key key) { epoch_ = (*order_)(key); }

  /// Before batch i, in order: gives its denominator.
  template <class L>
  double prepare(const L& loss, Index i) {
    if (full()) return denominator_;
    rows_.prepare(epoch_, batches_, i);
    return denominator_of(loss, batch(i).positions);
  }

  /// A tile of the batch that was prepared, in the memory of a thread.
  SequenceTile<X, T, S> tile(Index i, IndexRange positions, Index thread) {
    if (full()) return tiles_[static_cast<std::size_t>(i - own_.first)];
    return rows_.gather(stores_[static_cast<std::size_t>(thread)], 0, positions);
  }

 private:
  bool full() const { return batches_.size() == 1; }

  template <class L>
  double denominator_of(const L& loss, IndexRange positions) const {
    double sum = 0;
    for (Index p = positions.first; p < positions.last; ++p) sum += loss.target_weight(rows_.targets(p));
    return sum;
  }

  Rows rows_;
  std::vector<Batch> batches_;
  std::optional<EpochOrder> order_;
  std::span<const Index> epoch_;              // the order of this one
  std::vector<TileStore<X, T, S>> stores_;    // full batch: one for all tiles of this process
  std::vector<SequenceTile<X, T, S>> tiles_;  // of the full batch
  IndexRange own_;                            // which tiles they are
  double denominator_ = 0;                    // of the loss over the full batch
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
