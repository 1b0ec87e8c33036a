#pragma once

/// @file
/// The sum of the shards' gradients: the one seam where other machines come in.

#include <concepts>
#include <span>
#include <vector>

#include "heed/core/parallel.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

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
};

/// A range of shards: first .. last - 1.
struct ShardRange {
  Index first = 0, last = 0;
};

/// Who adds up the shards of a step. The work is always cut into the same shards, in the same order; a process computes
/// those that `own` gives it. After `reduce`, shard 0 of every process holds the sum over all shards of all processes,
/// to the same bits however many they are. `sum` adds a number over processes (each process holds a part of the data),
/// in a fixed order.
template <class R, class Model>
concept Reducer = requires(R& reducer, Index count, std::span<Shard<Model>> shards, ThreadPool& threads, double x) {
  { reducer.own(count) } -> std::same_as<ShardRange>;
  reducer.reduce(shards, threads);
  { reducer.sum(x) } -> std::same_as<double>;
};

/// All shards are in this process: a tree of additions, ((0 + 1) + (2 + 3)) + ..., that depends on their number alone.
struct InProcessReducer {
  ShardRange own(Index count) const { return {0, count}; }
  double sum(double x) const { return x; }

  template <class Model>
  void reduce(std::span<Shard<Model>> shards, ThreadPool& threads) const {
    const auto count = static_cast<Index>(shards.size());
    for (Index distance = 1; distance < count; distance *= 2) {
      const Index pairs = (count - distance + 2 * distance - 1) / (2 * distance);
      threads.for_each(pairs, [&](Index i, int) {
        Shard<Model>& to = shards[static_cast<std::size_t>(2 * distance * i)];
        const Shard<Model>& from = shards[static_cast<std::size_t>(2 * distance * i + distance)];
        for_each_parameter(
            [](const Path&, auto& sum, const auto& part) {
              using S = typename std::remove_reference_t<decltype(sum)>::Scalar;
              simd::for_each_packet<S>(sum.size(), [&]<class P>(Index k) HEED_LAMBDA {
                simd::accumulate(sum.data() + k, simd::load<P>(part.data() + k));
              });
            },
            to.gradient, from.gradient);
        to.totals += from.totals;
      });
    }
  }
};

}  // namespace heed::inline HEED_ISA
