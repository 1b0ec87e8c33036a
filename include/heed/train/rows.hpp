#pragma once

/// @file
/// Where training finds the sequences of a batch.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "heed/core/compiled.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// A hash of the sequence at row `i` of the data.
template <class X>
std::uint64_t fingerprint(Index i, const X* sequence, Index count) {
  std::uint64_t hash = Key{static_cast<std::uint64_t>(i)}.bits(static_cast<std::uint64_t>(count));
  for (Index k = 0; k < count; ++k) {
    using Bits = std::conditional_t<sizeof(X) == 4, std::uint32_t, std::uint64_t>;
    hash = (hash ^ std::bit_cast<Bits>(sequence[k])) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32;
  }
  return hash;
}
}  // namespace detail

/// The sequences of a run, all in this process, in the user's own memory. Training asks for them by position in the
/// epoch's order.
template <class X, class T = std::int32_t>
class LocalRows {
 public:
  /// Throws as `check_sequences` does.
  explicit LocalRows(const LabelledSequences<X, T>& data);

  Index count() const { return data_.count(); }
  Shape shape() const { return {data_.x.extent(1), data_.x.extent(2)}; }
  TargetsView<T> labels() const { return data_.labels; }
  /// Empty: all full.
  std::span<const std::int32_t> lengths() const { return data_.lengths; }

  /// The sequence at position p is `order[p]`, or p if `order` is empty. Called before each step of an epoch, in order.
  /// Until the next call, only positions of `batches[step]` are asked for.
  void prepare(std::span<const Index> order, std::span<const Batch> /*batches*/, Index /*step*/) { order_ = order; }

  Index at(Index position) const { return order_.empty() ? position : order_[static_cast<std::size_t>(position)]; }
  /// The labels or numbers of a sequence.
  std::span<const T> targets(Index position) const {
    return targets_of(data_.labels, data_.lengths, shape().steps, at(position));
  }

  /// Copies the sequences at these positions into tile `i`.
  template <class S>
  SequenceTile<X, T, S> gather(TileStore<X, T, S>& store, Index i, IndexRange positions) const {
    return store.gather(i, data_.x, data_.lengths, data_.labels, positions.count(),
                        [&](Index l) { return at(positions.first + l); });
  }

  /// A hash of the data. Numbers past a sequence's end do not count.
  std::uint64_t fingerprint() const;

  /// From now on only labels, targets and lengths are asked for.
  void release() {}

 private:
  LabelledSequences<X, T> data_;
  std::span<const Index> order_;
};

template <class X, class T>
LocalRows<X, T>::LocalRows(const LabelledSequences<X, T>& data) : data_(data) {
  check_sequences(data);
}

template <class X, class T>
std::uint64_t LocalRows<X, T>::fingerprint() const {
  std::uint64_t sum = 0;
  const Index steps = shape().steps, features = shape().features;
  for (Index i = 0; i < count(); ++i) {
    const Index valid = data_.lengths.empty() ? steps : data_.lengths[static_cast<std::size_t>(i)];
    sum += detail::fingerprint(i, data_.x.data() + i * steps * features, valid * features);
  }
  return sum;
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_ONE(class heed::LocalRows<float, std::int32_t>)
HEED_COMPILED_ONE(class heed::LocalRows<double, std::int32_t>)
HEED_COMPILED_ONE(class heed::LocalRows<std::int32_t, std::int32_t>)
HEED_COMPILED_ONE(class heed::LocalRows<float, float>)
HEED_COMPILED_ONE(class heed::LocalRows<double, double>)
