#pragma once

/// @file
/// The training step: the gradient of a batch, tile by tile.

#include <algorithm>
#include <span>
#include <vector>

#include "heed/core/concepts.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/train/reducer.hpp"

namespace heed::inline HEED_ISA {

/// How many accumulators of gradients a batch is dealt to: a matter of the batch and the model's size alone, never of
/// the threads, so that results do not depend on them. A large model gets few: each holds a whole gradient.
inline Index shard_count(Index tiles, Index parameters) {
  constexpr Index most = 16, memory = Index(1) << 26;  // numbers in all gradients together
  const Index affordable = std::clamp<Index>(memory / std::max<Index>(parameters, 1), 2, most);
  return std::clamp<Index>(tiles, 1, affordable);
}

/// What a thread needs to run a model on a tile, kept from step to step.
template <class Model>
struct Worker {
  Index number = 0;  // below the number of threads
  typename Model::Cache cache;
  Scratch scratch;
  TileBuffer<typename Model::Scalar> output, doutput;
};

/// Computes gradients of batches for one model. Allocates in the first steps only.
template <Layer Model, class R = InProcessReducer>
requires Reducer<R, Model>
class TrainingStep {
 public:
  TrainingStep(const Model& like, ThreadPool& threads, R reducer = {})
      : like_(like),
        threads_(threads),
        reducer_(std::move(reducer)),
        parameters_(parameter_count(like)),
        workers_(static_cast<std::size_t>(threads.size())) {
    for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i].number = static_cast<Index>(i);
    set_zero(like_);
  }

  R& reducer() { return reducer_; }

  /// Runs `tile(index, worker, gradient, totals)` for every tile of a batch: it adds to the gradient and the totals.
  /// Tiles are dealt to shards in order, shards to threads as they are free, and the shards are added up in a fixed
  /// order.
  template <class F>
  const Totals& operator()(Index tiles, F&& tile) {
    const Index count = shard_count(tiles, parameters_);
    while (static_cast<Index>(shards_.size()) < count) shards_.push_back({like_, {}});
    const ShardRange own = reducer_.own(count);
    threads_.for_each(own.last - own.first, [&](Index i, int worker) {
      const Index k = own.first + i;
      Shard<Model>& shard = shards_[static_cast<std::size_t>(k)];
      set_zero(shard.gradient);
      shard.totals = {};
      for (Index t = tiles * k / count; t < tiles * (k + 1) / count; ++t) {
        tile(t, workers_[static_cast<std::size_t>(worker)], shard.gradient, shard.totals);
      }
    });
    reducer_.reduce(std::span(shards_).first(static_cast<std::size_t>(count)), threads_);
    return shards_.front().totals;
  }

  /// Of the last batch.
  Model& gradient() { return shards_.front().gradient; }

 private:
  Model like_;  // zeros: what a new shard starts from
  ThreadPool& threads_;
  R reducer_;
  Index parameters_;
  std::vector<Worker<Model>> workers_;
  std::vector<Shard<Model>> shards_;
};

}  // namespace heed::inline HEED_ISA
