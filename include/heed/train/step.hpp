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
#include "heed/train/batch.hpp"
#include "heed/train/reducer.hpp"

namespace heed::inline HEED_ISA {

/// What a thread needs to run a model on a tile, kept from step to step.
template <class Model>
struct Worker {
  Index number = 0;  // below the number of threads
  typename Model::Cache cache;
  Scratch scratch;
  TileBuffer<typename Model::Scalar> output, doutput;
};

/// The gradient of the parameters alone; a model of tokens has no `dx` to leave out.
template <Layer Model>
void backward_parameters(const Model& model, Tile<const typename Model::Input> x, Tile<const typename Model::Scalar> y,
                         Tile<const typename Model::Scalar> dy, typename Model::Cache& cache, Model& gradient,
                         const Pass& pass) {
  if constexpr (requires { model.backward(x, y, dy, Into<typename Model::Scalar>{}, cache, gradient, pass); }) {
    model.backward(x, y, dy, {}, cache, gradient, pass);
  } else {
    model.backward(x, y, dy, cache, gradient, pass);
  }
}

/// The memory that a sequence of this shape takes in a pass forward and backward: caches, temporaries, outputs. Found
/// by such a pass.
template <Layer Model>
HEED_COLD Index lane_bytes(const Model& model, Shape shape) {
  using S = typename Model::Scalar;
  Model gradient = model;
  using X = typename Model::Input;
  TileBuffer<X> input;
  const Tile<X> x = input.take(shape, tile_unit);
  fill(x, X(0));
  const Index before = allocated_bytes();
  Worker<Model> worker;
  const Pass pass{worker.scratch, true};
  const Shape output = model.output_shape(shape);
  const Tile<S> y = worker.output.take(output, x.lanes), dy = worker.doutput.take(output, x.lanes);
  fill(dy, S(0));
  model.forward(x, y, worker.cache, pass);
  backward_parameters<Model>(model, x, y, dy, worker.cache, gradient, pass);
  return (allocated_bytes() - before) / x.lanes;
}

/// Computes gradients of batches for one model. Allocates in the first steps only.
template <Layer Model, class R = InProcessReducer>
requires Reducer<R, Model>
class TrainingStep {
 public:
  HEED_COLD TrainingStep(const Model& like, ThreadPool& threads, R reducer = {})
      : like_(like),
        threads_(threads),
        reducer_(std::move(reducer)),
        parameters_(parameter_count(like)),
        workers_(static_cast<std::size_t>(threads.size())) {
    for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i].number = static_cast<Index>(i);
    set_zero(like_);
  }

  R& reducer() { return reducer_; }

  /// Runs `tile(index, worker, gradient, totals)` for every tile of a batch that this process owns: it adds to the
  /// gradient and the totals. Tiles are dealt to shards in order, shards to threads as they are free, and the shards
  /// are added up in a fixed order.
  template <class F>
  const Totals& operator()(Index tiles, F&& tile) {
    const Index count = shard_count(tiles, parameters_);
    const IndexRange own = reducer_.own(count);
    const Index held = std::max<Index>(own.count(), 1);  // the sum needs a place
    shards_.reserve(static_cast<std::size_t>(held));
    while (static_cast<Index>(shards_.size()) < held) shards_.push_back({like_, {}});
    threads_.for_each(own.count(), [&](Index i, int worker) {
      const Index k = own.first + i;
      Shard<Model>& shard = shards_[static_cast<std::size_t>(i)];
      set_zero(shard.gradient);
      shard.totals = {};
      const IndexRange range = tiles_of({k, k + 1}, count, tiles);
      for (Index t = range.first; t < range.last; ++t) {
        tile(t, workers_[static_cast<std::size_t>(worker)], shard.gradient, shard.totals);
      }
    });
    reducer_.reduce(std::span(shards_).first(static_cast<std::size_t>(held)), count, threads_);
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
  std::vector<Shard<Model>> shards_;  // those of this process; the first holds the sum in the end
};

}  // namespace heed::inline HEED_ISA
