#pragma once

/// @file
/// The training step: the gradient of a batch, tile by tile.

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/reducer.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

/// What a thread needs to run a model on a tile; reused in each step.
template <class S>
struct Worker {
  Index number = 0;  ///< below the number of threads
  AnyCache<S> cache;
  Scratch scratch;
  TileBuffer<S> output, doutput;
};

namespace detail {
/// `gradient` is another model of the same type.
template <class S>
Index lane_bytes_of(const ModelReference<S>& model, OwnModel<S>& gradient, Shape shape) {
  const FlushDenormals flush;
  TileBuffer<double> input;  // zeros of any type
  const Tile<double> zeros = input.take(shape, tile_unit);
  fill(zeros, 0.0);
  AnyTile x(zeros);
  const Index before = allocated_bytes();
  AnyCache<S> cache(model.functions());
  Scratch scratch;
  TileBuffer<S> output, doutput;
  const Pass pass{scratch, true};
  const Shape of_output = model.output_shape(shape);
  const Tile<S> y = output.take(of_output, x.lanes), dy = doutput.take(of_output, x.lanes);
  fill(dy, S(0));
  model.forward(x, y, cache, pass);
  gradient.add_gradient(model, x, y, dy, cache, pass);
  return (allocated_bytes() - before) / x.lanes;
}
}  // namespace detail

/// The memory that a sequence of this shape needs in a forward and backward pass: caches, temporaries, outputs.
/// Measured by such a pass.
template <Layer Model>
Index lane_bytes(const Model& model, Shape shape) {
  OwnModel<typename Model::Scalar> gradient(model);
  return detail::lane_bytes_of<typename Model::Scalar>(model, gradient, shape);
}

/// Computes gradients of batches for one model. Only the first steps allocate.
template <class S>
class TrainingStep {
 public:
  /// For models like this one. With a reducer over several processes, each process handles a part.
  HEED_COLD TrainingStep(OwnModel<S> like, ThreadPool& threads,
                         std::shared_ptr<AnyReducer<S>> reducer = in_this_process());
  template <Layer Model>
    requires std::same_as<typename Model::Scalar, S>
  TrainingStep(const Model& like, ThreadPool& threads) : TrainingStep(OwnModel<S>(like), threads) {}

  static std::shared_ptr<AnyReducer<S>> in_this_process() {
    return std::make_shared<ReducerOf<S, InProcessReducer>>(InProcessReducer());
  }

  AnyReducer<S>& reducer() { return *reducer_; }
  /// The number of parameters.
  Index parameters() const { return parameters_; }

  /// Calls `tile(index, worker, gradient, totals)` for each tile of a batch that belongs to this process. The call adds
  /// to the gradient, an `OwnModel<S>&`, and to the totals. Tiles are assigned to shards in order, free threads take
  /// the next shard, and the shards are summed in a fixed order.
  template <class F>
  const Totals& operator()(Index tiles, F&& tile) {
    const auto call = [&tile](Index i, Worker<S>& worker, Shard<S>& shard) {
      tile(i, worker, shard.gradient, shard.totals);
    };
    return run(tiles, {&call, [](const void* function, Index i, Worker<S>& worker, Shard<S>& shard) {
                         (*static_cast<decltype(&call)>(function))(i, worker, shard);
                       }});
  }

  /// Marks these parameters' gradients as not wanted: layers that can, skip them, and the gradients are 0.
  void want_all_but(const std::vector<bool>& frozen);
  /// The same for parameters whose name contains one of these texts. Throws as `heed::freeze`.
  void freeze(const std::vector<std::string>& parts) {
    want_all_but(detail::frozen_among(std::as_const(like_).parameters().names(), parts, "freeze"));
  }

  /// The gradient of the last batch.
  OwnModel<S>& gradient() { return shards_.front().gradient; }

 private:
  // one function type, so that the rest is compiled only once
  struct Work {
    const void* function;
    void (*call)(const void* function, Index i, Worker<S>& worker, Shard<S>& shard);
  };
  const Totals& run(Index tiles, Work work);

  OwnModel<S> like_;  // zeros: the start of a new shard
  ThreadPool& threads_;
  std::shared_ptr<AnyReducer<S>> reducer_;
  Index parameters_;
  std::vector<Worker<S>> workers_;
  std::vector<Shard<S>> shards_;  // of this process; at the end the first holds the sum
};
template <Layer Model>
TrainingStep(const Model&, ThreadPool&) -> TrainingStep<typename Model::Scalar>;

template <class S>
TrainingStep<S>::TrainingStep(OwnModel<S> like, ThreadPool& threads, std::shared_ptr<AnyReducer<S>> reducer)
    : like_(std::move(like)),
      threads_(threads),
      reducer_(std::move(reducer)),
      parameters_(detail::count_numbers(std::as_const(like_).parameters())),
      workers_(static_cast<std::size_t>(threads.size())) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i].number = static_cast<Index>(i);
    workers_[i].cache = AnyCache<S>(like_.reference().functions());
  }
  detail::zero_parameters(like_.parameters());
}

template <class S>
void TrainingStep<S>::want_all_but(const std::vector<bool>& frozen) {
  detail::want_all_but(like_.parameters(), frozen);
  for (Shard<S>& shard : shards_) detail::want_all_but(shard.gradient.parameters(), frozen);
}

template <class S>
const Totals& TrainingStep<S>::run(Index tiles, Work work) {
  const Index count = shard_count(tiles, parameters_);
  const IndexRange own = reducer_->own(count);
  const Index held = std::max<Index>(own.count(), 1);  // the sum needs one
  shards_.reserve(static_cast<std::size_t>(held));
  while (static_cast<Index>(shards_.size()) < held) shards_.push_back({like_, {}});
  threads_.for_each(own.count(), [&](Index i, int worker) {
    const Index k = own.first + i;
    Shard<S>& shard = shards_[static_cast<std::size_t>(i)];
    detail::zero_parameters(shard.gradient.parameters());
    shard.totals = {};
    const IndexRange range = tiles_of({k, k + 1}, count, tiles);
    for (Index t = range.first; t < range.last; ++t) {
      work.call(work.function, t, workers_[static_cast<std::size_t>(worker)], shard);
    }
  });
  reducer_->reduce(std::span(shards_).first(static_cast<std::size_t>(held)), count, threads_);
  detail::zero_unwanted(shards_.front().gradient.parameters());
  return shards_.front().totals;
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::lane_bytes_of)
HEED_COMPILED_TYPE(class heed::TrainingStep)
