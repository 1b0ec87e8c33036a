#pragma once

/// @file
/// The gradient of a batch, for your own training loop.
///
///     heed::BatchGradient gradient(model, heed::CrossEntropy<float>());
///     heed::Adam<Model> adam(model, {.learning_rate = 0.01});
///     for (Index epoch = 1; epoch <= 100; ++epoch) {
///       const double loss = gradient(model, {x, labels}).loss;
///       heed::clip_norm(gradient.get(), 1);
///       adam.step(model, gradient.get());
///     }

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "heed/core/any_model.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/require_layer.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/losses/loss.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/detail/any_loss.hpp"
#include "heed/train/detail/any_rows.hpp"
#include "heed/train/detail/feed.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/reducer.hpp"
#include "heed/train/step.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

/// Computes the gradient of the mean loss of one batch after another, as `fit` does. The bits are the same for any
/// number of threads. It does not allocate if a batch is no larger than those before it and has no mask. Random layers
/// draw from `key`: pass a different key for each batch.
template <Layer Model, Loss<typename Model::Scalar> L = CrossEntropy<typename Model::Scalar>>
class BatchGradient {
 public:
  using S = typename Model::Scalar;
  using Data = LabelledSequences<typename Model::Input, typename L::Target>;

  /// For models like this one. `threads` = 0 uses all.
  explicit BatchGradient(const Model& like, L loss = L(), int threads = 0)
      : threads_(std::make_unique<ThreadPool>(threads)), step_(like, *threads_), loss_(std::move(loss)) {
    static_assert(require_trainable_layer<Model>());
  }

  /// Returns the loss and accuracy of the batch, before any step, and leaves the gradient in `get()`. Throws if the
  /// batch is faulty or does not fit the model.
  Evaluation operator()(const Model& model, const Data& batch, Key key = {}) {
    const FlushDenormals flush;
    const ModelReference<S> reference(model);
    detail::Feed<S>& feed = feed_of(batch);
    detail::check_targets_of<S>(feed.rows(), loss_, reference, "BatchGradient");
    feed.rows().check_input(reference);
    const Index count = feed.rows().count(), steps = feed.rows().shape().steps;
    feed.cut_one_batch(tile_width(count), [&](Index tiles) { return shard_count(tiles, step_.parameters()); });
    feed.start(reference, loss_, step_.reducer(), threads_->size());
    const double scale = feed.denominator() > 0 ? 1 / feed.denominator() : 0, counted = feed.counted(loss_);
    const Batch& all = feed.batch(0);
    const Totals& totals = step_(all.tiles(), [&](Index i, Worker<S>& worker, OwnModel<S>& gradient, Totals& sum) {
      const IndexRange positions = all.positions_of({i, i + 1});
      const detail::AnySequenceTile<S> tile = feed.tile(i, positions, worker.number);
      const Pass pass{worker.scratch, true, key, positions.first};
      const Shape output = reference.output_shape(tile.x.shape);
      const Tile<S> z = detail::take_output(worker.output, output, tile, steps);
      const Tile<S> dz = detail::take_output(worker.doutput, output, tile, steps);
      reference.forward(tile.x, z, worker.cache, pass);
      sum.loss += loss_(z, tile.targets, tile.weights, scale, dz, pass);
      sum.correct += loss_.count_correct(z, tile.targets, tile.weights);
      gradient.add_gradient(reference, tile.x, z, dz, worker.cache, pass);
    });
    return {totals.loss, counted > 0 ? totals.correct / counted : 0};
  }

  /// The gradient of the last batch, as a model of the same type. It may be changed in place, for example clipped.
  Model& get() { return step_.gradient().template as<Model>(); }

 private:
  using Rows = detail::RowsOf<S, typename Model::Input, typename L::Target>;

  // the feed of these sequences; it reuses memory
  detail::Feed<S>& feed_of(const Data& batch) {
    const bool masked = !batch.mask.empty();  // the steps of a masked batch are copied
    if (feed_ && !masked && !masked_) {
      rows_->look_at(batch, InProcessReducer());
    } else {
      auto rows = std::make_unique<Rows>(batch, InProcessReducer());
      rows_ = rows.get();
      feed_.emplace(std::move(rows));
    }
    masked_ = masked;
    return *feed_;
  }

  std::unique_ptr<ThreadPool> threads_;  // stays where it is: the step has a reference
  std::optional<detail::Feed<S>> feed_;
  Rows* rows_ = nullptr;  // of the feed
  bool masked_ = false;
  TrainingStep<S> step_;
  detail::AnyLoss<S> loss_;
};
template <Layer Model>
BatchGradient(const Model&) -> BatchGradient<Model>;
template <Layer Model, class L>
BatchGradient(const Model&, L) -> BatchGradient<Model, L>;
template <Layer Model, class L>
BatchGradient(const Model&, L, int) -> BatchGradient<Model, L>;

}  // namespace heed::inline HEED_ISA
