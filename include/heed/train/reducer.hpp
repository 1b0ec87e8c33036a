#pragma once

/// @file
/// The processes of a run: who computes which shards, and how their gradients are added up. The one seam where other
/// machines come in.

#include <concepts>
#include <span>
#include <vector>

#include "heed/core/parallel.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/train/rows.hpp"

namespace heed::inline HEED_ISA {

/// What a batch adds up besides the gradient.
struct Totals {
  double loss = 0;     ///< scaled: the sum over the batch is the mean
  double correct = 0;  ///< sequences whose largest logit is their label's
  Totals& operator+=(const Totals& other) {
    loss += other.loss;
    correct += other.correct;
    return *this;
  }
};

/// The part of a batch that one accumulator of gradients takes.
template <class Model>
struct Shard {
  Model gradient;
  Totals totals;

  Shard& operator+=(const Shard& other) {
    for_each_parameter(
        [](const Path&, auto& sum, const auto& part) {
          using S = typename std::remove_reference_t<decltype(sum)>::Scalar;
          part.for_each_touched([&](Index first, Index count) {
            S* to = sum.touch(first, count);
            simd::for_each_packet<S>(count, [&]<class P>(Index k) HEED_LAMBDA {
              simd::accumulate(to + k, simd::load<P>(part.data() + first + k));
            });
          });
        },
        gradient, other.gradient);
    totals += other.totals;
    return *this;
  }
};

/// Adds shard i + distance to shard i for every pair of one level of the tree ((0 + 1) + (2 + 3)) + ... whose halves
/// are both among `mine`, the shards from `first` on.
template <class Model>
void add_pairs(std::span<Shard<Model>> mine, Index first, Index distance, ThreadPool& threads) {
  const Index step = 2 * distance, left = (first + step - 1) / step * step - first;  // the first left half among them
  const Index pairs = (static_cast<Index>(mine.size()) - left - distance + step - 1) / step;
  threads.for_each(std::max<Index>(pairs, 0), [&](Index i, int) {
    const auto to = static_cast<std::size_t>(left + step * i);
    mine[to] += mine[to + static_cast<std::size_t>(distance)];
  });
}

/// The processes of a run. The work of a step is always cut into the same shards, in the same order.
/// - `own(count)`: those of `count` things (shards, tiles) that this process takes care of; it may be none. All
/// processes
///   together own each once.
/// - `reduce(mine, count, threads)`: `mine` are the shards that `own(count)` gives, or a single one for the result
/// where
///   it gives none. Afterwards `mine[0]` holds the sum over all shards of all processes, in the order of the tree
///   ((0 + 1) + (2 + 3)) + ...: the same bits however many processes there are.
/// - `share(items)`: every process has filled those that `own(items.size())` gives it; afterwards all are there.
/// - `all(yes)`: whether every process says yes.
/// - `rows(data)`: the sequences of the run (see `LocalRows`), of which `data` are those that this process has.
template <class R, class Model>
concept Reducer = requires(R& reducer, Index count, std::span<Shard<Model>> mine, ThreadPool& threads,
                           std::span<Totals> items, const LabelledSequences<typename Model::Scalar>& data) {
  { reducer.own(count) } -> std::same_as<IndexRange>;
  reducer.reduce(mine, count, threads);
  reducer.share(items);
  { reducer.all(true) } -> std::same_as<bool>;
  reducer.rows(data);
};

/// One process has everything.
struct InProcessReducer {
  IndexRange own(Index count) const { return {0, count}; }

  template <class Model>
  void reduce(std::span<Shard<Model>> mine, Index count, ThreadPool& threads) const {
    for (Index distance = 1; distance < count; distance *= 2) add_pairs(mine, 0, distance, threads);
  }

  template <class T>
  void share(std::span<T>) const {}

  bool all(bool yes) const { return yes; }

  template <class S>
  LocalRows<S> rows(const LabelledSequences<S>& data) const {
    return LocalRows<S>(data);
  }
};

}  // namespace heed::inline HEED_ISA
