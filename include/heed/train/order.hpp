#pragma once

/// @file
/// The order of the sequences in an epoch.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Options of `EpochOrder`.
struct EpochOrderOptions {
  Index batch = 1;                ///< sequences per step
  bool shuffle = true;            ///< a new order in each epoch
  bool bucket_by_length = false;  ///< batches of sequences of similar length
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Orders of `count` sequences, or of the rows `members` of a larger data set. Inside a batch, sequences are sorted by
/// length. Apart from rounding this changes no sum, and it saves padding.
///
/// Bucketing sorts the shuffled sequences by length in runs of 64 batches, then shuffles the full batches. So a batch
/// has sequences of similar length, different ones in each epoch, and the partial batch stays last.
class EpochOrder {
 public:
  using Options = EpochOrderOptions;

  /// `lengths` is empty (all full) or has one length for each row of the data set. With more than one batch it must
  /// outlive this object.
  EpochOrder(Index count, std::vector<Index> members, std::span<const std::int32_t> lengths, Options options);

  /// Switches to all rows of another data set, as one batch. Allocates if that is larger than those before.
  void look_at_one_batch(Index count, std::span<const std::int32_t> lengths);

  Index count() const { return count_; }
  /// The training rows; empty: all.
  std::span<const Index> members() const { return members_; }

  /// The order of an epoch, a function of its key; empty: the order of the data. Valid until the next call. Only the
  /// first call allocates.
  std::span<const Index> operator()(Key key);

 private:
  static constexpr Index run = 64;  // batches

  void fill();
  /// Calls f(rows) for each interval of this many positions.
  template <class F>
  void for_each_part(Index size, F&& f) {
    for (Index first = 0; first < count_; first += size) {
      f(std::span(order_).subspan(static_cast<std::size_t>(first),
                                  static_cast<std::size_t>(std::min(size, count_ - first))));
    }
  }
  void sort_batches();
  void bucket(Key key);

  Options options_;
  std::vector<Index> members_, order_;
  std::span<const std::int32_t> lengths_;
  Index count_ = 0;
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <numeric>
#include <utility>

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION EpochOrder::EpochOrder(Index count, std::vector<Index> members,
                                               std::span<const std::int32_t> lengths, Options options)
    : options_(options), members_(std::move(members)), lengths_(lengths) {
  count_ = members_.empty() ? count : static_cast<Index>(members_.size());
  if (count_ <= options.batch) {  // the order of a full batch does not matter
    fill();
    sort_batches();
  }
}

HEED_FUNCTION void EpochOrder::look_at_one_batch(Index count, std::span<const std::int32_t> lengths) {
  options_ = {.batch = count, .shuffle = false};
  members_.clear();
  order_.clear();
  lengths_ = lengths;
  count_ = count;
  fill();
  sort_batches();
}

HEED_FUNCTION std::span<const Index> EpochOrder::operator()(Key key) {
  if (count_ <= options_.batch) return order_;
  fill();
  if (order_.empty()) return order_;
  if (options_.shuffle) heed::shuffle(order_, key);
  if (options_.bucket_by_length && !lengths_.empty()) bucket(key.child(0));
  sort_batches();
  return order_;
}

HEED_FUNCTION void EpochOrder::fill() {
  const bool shuffles = options_.shuffle && count_ > options_.batch;
  if (!members_.empty()) {
    order_.assign(members_.begin(), members_.end());
  } else if (shuffles || !lengths_.empty()) {
    order_.resize(static_cast<std::size_t>(count_));
    std::iota(order_.begin(), order_.end(), Index(0));
  }
}

HEED_FUNCTION void EpochOrder::sort_batches() {
  if (lengths_.empty()) return;
  for_each_part(std::min(options_.batch, count_), [&](std::span<Index> rows) { sort_by_length(rows, lengths_); });
}

HEED_FUNCTION void EpochOrder::bucket(Key key) {
  const Index size = options_.batch;
  const Key* ties = options_.shuffle ? &key : nullptr;
  for_each_part(run * size, [&](std::span<Index> rows) { sort_by_length(rows, lengths_, ties); });
  if (!options_.shuffle) return;
  const auto batch = [&](Index i) { return order_.begin() + static_cast<std::ptrdiff_t>(i * size); };
  const Key places = key.child(1);
  for (Index i = count_ / size; i > 1; --i) {
    const auto j = static_cast<Index>(places.below(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(i)));
    if (j != i - 1) std::swap_ranges(batch(i - 1), batch(i), batch(j));
  }
}

}  // namespace heed::inline HEED_ISA

#endif
