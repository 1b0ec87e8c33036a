#pragma once

/// @file
/// The processes of a run: which process computes which shards, and how their gradients are summed. This is the only
/// place where other machines take part.

#include <algorithm>
#include <concepts>
#include <functional>
#include <span>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/train/rows.hpp"

namespace heed::inline HEED_ISA {

/// The sums of a batch besides the gradient.
struct Totals {
  double loss = 0;     ///< scaled: the sum over the batch is the mean
  double correct = 0;  ///< sequences whose largest logit is at their label, or what the loss counts as correct
  Totals& operator+=(const Totals& other) {
    loss += other.loss;
    correct += other.correct;
    return *this;
  }
};

/// The part of a batch that one gradient accumulator takes.
template <class S>
struct Shard {
  OwnModel<S> gradient;
  Totals totals;

  Shard& operator+=(const Shard& other);
};

template <class S>
Shard<S>& Shard<S>::operator+=(const Shard& other) {
  Parameters<S>& sums = gradient.parameters();
  const Parameters<S>& parts = other.gradient.parameters();
  detail::check_same_sizes(sums, parts);
  for (Index i = 0; i < sums.count(); ++i) {
    const ParameterArray<S>& part = parts[i];
    if (!part.wanted()) continue;
    part.for_each_touched([&](Index first, Index count) {
      S* to = sums[i].touch(first, count);
      simd::for_each_packet<S>(count, [&]<class P>(Index k) HEED_LAMBDA {
        simd::accumulate(to + k, simd::load<P>(part.data() + first + k));
      });
    });
  }
  totals += other.totals;
  return *this;
}

/// Adds shard i + distance to shard i for each pair of one level of the tree ((0 + 1) + (2 + 3)) + ..., if both are in
/// `mine`. `mine` begins with shard `first`.
template <class S>
void add_pairs(std::span<Shard<S>> mine, Index first, Index distance, ThreadPool& threads) {
  const Index step = 2 * distance, left = (first + step - 1) / step * step - first;  // the first left half
  const Index pairs = (static_cast<Index>(mine.size()) - left - distance + step - 1) / step;
  threads.for_each(std::max<Index>(pairs, 0), [&](Index i, int) {
    const auto to = static_cast<std::size_t>(left + step * i);
    mine[to] += mine[to + static_cast<std::size_t>(distance)];
  });
}

/// The processes of a run, for models with scalar S. The work of a step is always divided into the same shards, in the
/// same order.
///
/// - `own(count)`: which of `count` things (shards, tiles) belong to this process; possibly none. Each belongs to
///   exactly one process.
/// - `reduce(mine, count, threads)`: `mine` has the shards of `own(count)`, or a single one for the result if this
///   process owns none. Afterwards `mine[0]` holds the sum over all shards of all processes, in the order of the tree
///   ((0 + 1) + (2 + 3)) + ... The bits do not depend on the number of processes.
/// - `share(items)`: each process has filled its `own(items.size())`; afterwards all are there.
/// - `all(yes)`: whether every process says yes.
/// - `rows(data)`: the sequences of the run (see `LocalRows`); `data` has those of this process.
template <class R, class S>
concept Reducer = std::copyable<R> && requires(R& reducer, Index count, std::span<Shard<S>> mine, ThreadPool& threads,
                                               std::span<Totals> items, const LabelledSequences<S>& data) {
  { reducer.own(count) } -> std::same_as<IndexRange>;
  reducer.reduce(mine, count, threads);
  reducer.share(items);
  { reducer.all(true) } -> std::same_as<bool>;
  reducer.rows(data);
};

/// A run in a single process.
struct InProcessReducer {
  IndexRange own(Index count) const { return {0, count}; }

  template <class S>
  void reduce(std::span<Shard<S>> mine, Index count, ThreadPool& threads) const {
    for (Index distance = 1; distance < count; distance *= 2) add_pairs(mine, 0, distance, threads);
  }

  template <class T>
  void share(std::span<T>) const {}

  bool all(bool yes) const { return yes; }

  template <class X, class T>
  LocalRows<X, T> rows(const LabelledSequences<X, T>& data) const {
    return LocalRows<X, T>(data);
  }
};

/// A reducer of any type, for the training engine.
template <class S>
class AnyReducer {
 public:
  virtual ~AnyReducer() = default;
  virtual IndexRange own(Index count) = 0;
  virtual void reduce(std::span<Shard<S>> mine, Index count, ThreadPool& threads) = 0;
  virtual void share(std::span<Totals> items) = 0;
  virtual bool all(bool yes) = 0;
  /// Calls f, which may throw. If f throws in one process, this throws in all of them, if the reducer supports it.
  virtual void agree(const std::function<void()>& f) = 0;
};

/// Wraps a copy of a reducer.
template <class S, class R>
class ReducerOf final : public AnyReducer<S> {
 public:
  explicit ReducerOf(const R& reducer) : reducer_(reducer) {}

  IndexRange own(Index count) override { return reducer_.own(count); }
  void reduce(std::span<Shard<S>> mine, Index count, ThreadPool& threads) override {
    reducer_.reduce(mine, count, threads);
  }
  void share(std::span<Totals> items) override { reducer_.share(items); }
  bool all(bool yes) override { return reducer_.all(yes); }
  void agree(const std::function<void()>& f) override {
    if constexpr (requires { reducer_.agree(f); }) {
      reducer_.agree(f);
    } else {
      f();
    }
  }

 private:
  R reducer_;
};

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Shard)
HEED_COMPILED_FUNCTION(heed::add_pairs)
HEED_COMPILED_ONE(class heed::ReducerOf<float, heed::InProcessReducer>)
HEED_COMPILED_ONE(class heed::ReducerOf<double, heed::InProcessReducer>)
