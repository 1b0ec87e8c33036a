#pragma once

/// @file
/// Loss, accuracy and outputs of a model on given sequences.

#include <concepts>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/require_layer.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/binary_cross_entropy.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/losses/loss.hpp"
#include "heed/losses/mean_squared_error.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/detail/any_loss.hpp"
#include "heed/train/detail/any_rows.hpp"
#include "heed/train/detail/arrays.hpp"
#include "heed/train/detail/feed.hpp"
#include "heed/train/detail/model_outputs.hpp"
#include "heed/train/reducer.hpp"
#include "heed/train/step.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ABI {

/// The result of an evaluation.
struct Evaluation {
  double loss = 0;      ///< the mean
  double accuracy = 0;  ///< 0 to 1, over all labels that count; NaN if the loss has no accuracy
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {

/// The place of a model's output for a tile. If labels belong to input steps, it has the sequences' lengths. `steps` is
/// the largest number of steps.
template <class S>
Tile<S> take_output(TileBuffer<S>& memory, Shape shape, const AnySequenceTile<S>& tile, Index steps) {
  return memory.take(shape, tile.x.lanes, labels_steps(tile.targets.shape.steps, steps) ? tile.x.lengths : nullptr);
}

/// The work of `Evaluator` for all model types.
template <class S>
class EvaluationRun {
 public:
  HEED_COLD EvaluationRun(const ModelReference<S>& model, std::unique_ptr<AnyRows<S>> rows, ThreadPool& threads,
                          AnyLoss<S> loss, std::shared_ptr<AnyReducer<S>> reducer, std::span<const Index> members);

  /// With `outputs`, (n, outputs), it also writes the outputs (of one step each) of this process's sequences. With a
  /// key, random layers draw as in training.
  Evaluation operator()(const ModelReference<S>& model, const TensorView<S, 2>* outputs = nullptr,
                        const Key* training = nullptr);

 private:
  ThreadPool& threads_;
  AnyLoss<S> loss_;
  std::shared_ptr<AnyReducer<S>> reducer_;
  Feed<S> feed_;  // one batch; each shard is a tile
  std::vector<Worker<S>> workers_;
  std::vector<Totals> totals_;  // of all tiles
  Index outputs_ = 0;
  double scale_ = 0, counted_ = 0;
};

template <class S>
EvaluationRun<S>::EvaluationRun(const ModelReference<S>& model, std::unique_ptr<AnyRows<S>> rows, ThreadPool& threads,
                                AnyLoss<S> loss, std::shared_ptr<AnyReducer<S>> reducer,
                                std::span<const Index> members) try
    : threads_(threads),
      loss_(std::move(loss)),
      reducer_(std::move(reducer)),
      feed_(std::move(rows)),
      workers_(static_cast<std::size_t>(threads.size())) {
  const FlushDenormals mode;
  outputs_ = check_targets_of(feed_.rows(), loss_, model, "Evaluator");
  reducer_->agree([&] { feed_.rows().check_input(model); });
  for (Worker<S>& worker : workers_) worker.cache = AnyCache<S>(model.functions());
  const Index count = members.empty() ? feed_.rows().count() : static_cast<Index>(members.size());
  feed_.cut({members.begin(), members.end()}, {.batch = count}, tile_width(count), [](Index tiles) { return tiles; });
  counted_ = feed_.counted(loss_);
  feed_.start(model, loss_, *reducer_, 1);
  totals_.resize(static_cast<std::size_t>(feed_.batch(0).tiles()));
  scale_ = feed_.denominator() > 0 ? 1 / feed_.denominator() : 0;
} catch (const std::bad_alloc&) {
  rethrow_as_error("Evaluator");
}

template <class S>
Evaluation EvaluationRun<S>::operator()(const ModelReference<S>& model, const TensorView<S, 2>* out,
                                        const Key* training) try {
  const FlushDenormals mode;
  const Shape shape = feed_.rows().shape();
  if (out) {
    const Extents<2> expected{feed_.count(), outputs_};
    logits_shape(model, shape, "Evaluator");
    require(out->extents() == expected,
            [&] { return Fault{"wrong shape", "Evaluator, logits", to_text(expected), to_text(out->extents())}; });
  }
  const Index outputs = model.output_shape(shape).features;
  require(outputs == outputs_,
          [&] { return Fault{"another model", "Evaluator", text_of(outputs_) + " classes", text_of(outputs)}; });
  const IndexRange own = feed_.own();
  threads_.for_each(own.count(), [&](Index i, int w) {
    Worker<S>& worker = workers_[static_cast<std::size_t>(w)];
    const AnySequenceTile<S> tile = feed_.tile(own.first + i, {}, 0);
    const Pass pass = training ? Pass{worker.scratch, true, *training, (own.first + i) * tile.x.lanes, false}
                               : Pass::inference(worker.scratch);
    const Tile<S> z = take_output(worker.output, model.output_shape(tile.x.shape), tile, shape.steps);
    model.forward(tile.x, z, worker.cache, pass);
    for (Index l = 0; out && l < tile.rows; ++l) {
      const Index row = feed_.row((own.first + i) * tile.x.lanes + l);
      for (Index c = 0; c < z.features; ++c) (*out)(row, c) = z.at(0, c)[l];
    }
    totals_[static_cast<std::size_t>(own.first + i)] = {loss_(z, tile.targets, tile.weights, scale_, {}, pass),
                                                        loss_.count_correct(z, tile.targets, tile.weights)};
  });
  reducer_->share(totals_);
  Totals sum;
  for (const Totals& t : totals_) sum += t;
  return {sum.loss, counted_ > 0 ? sum.correct / counted_ : 0};
} catch (const std::bad_alloc&) {
  rethrow_as_error("Evaluator");
}

}  // namespace detail

/// Evaluates models repeatedly on the same sequences, which are packed once. With a reducer over several processes each
/// has a part of the sequences, and all get the result.
template <Layer Model, class R = InProcessReducer, class L = CrossEntropy<typename Model::Scalar>>
  requires Reducer<R, typename Model::Scalar> && Loss<L, typename Model::Scalar>
class Evaluator {
 public:
  using S = typename Model::Scalar;
  using X = typename Model::Input;
  using T = typename L::Target;

  /// On all sequences, or on the rows `members`. Throws if the sequences are faulty, or if a target does not fit the
  /// model.
  Evaluator(const Model& model, const LabelledSequences<X, T>& data, ThreadPool& threads, L loss = L(),
            const R& reducer = {}, std::span<const Index> members = {})
      : run_(model, detail::rows_of<S>(data, reducer), threads, detail::AnyLoss<S>(std::move(loss)),
             std::make_shared<ReducerOf<S, R>>(reducer), members) {}

  Evaluation operator()(const Model& model) { return run_(model); }

  /// Also writes the outputs (a classifier's logits), (n, outputs). Only for an evaluator of all sequences, with one
  /// output step each.
  Evaluation operator()(const Model& model, TensorView<S, 2> outputs)
    requires std::same_as<R, InProcessReducer>
  {
    return run_(model, &outputs);
  }

 private:
  detail::EvaluationRun<S> run_;
};

/// Evaluates once, with cross-entropy. Throws also if the model was trained on numbers: it has no classes.
template <Layer Model>
Evaluation evaluate(const Model& model, const LabelledSequences<typename Model::Input>& data, int threads = 0) {
  detail::check_has_classes(model, "evaluate");
  ThreadPool pool(threads);
  return Evaluator<Model>(model, data, pool)(model);
}
/// Evaluates once, with a given loss.
template <Layer Model, Loss<typename Model::Scalar> L>
Evaluation evaluate(const Model& model, const LabelledSequences<typename Model::Input, typename L::Target>& data,
                    L loss, int threads = 0) {
  ThreadPool pool(threads);
  return Evaluator<Model, InProcessReducer, L>(model, data, pool, std::move(loss))(model);
}

/// Evaluates once on numbers, with binary cross-entropy if the model was trained with it, and else with the mean squared
/// error.
template <Layer Model, std::same_as<typename Model::Scalar> T>
Evaluation evaluate(const Model& model, const LabelledSequences<typename Model::Input, T>& data, int threads = 0) {
  if (output_kind(model) == OutputKind::flags) return evaluate(model, data, BinaryCrossEntropy<T>(), threads);
  return evaluate(model, data, MeanSquaredError<T>(), threads);
}

/// Evaluates on arrays, as `fit` takes them, with the losses above.
template <class Model, detail::NumberArray X, detail::NumberArray Y>
Evaluation evaluate(const Model& model, const X& x, const Y& y, int threads = 0) {
  static_assert(require_layer<Model>());
  using T = std::conditional_t<detail::holds_labels<Y>, std::int32_t, typename Model::Scalar>;
  return detail::with_arrays<T, Model>(x, y, [&](const auto& data) { return evaluate(model, data, threads); });
}
/// The same with a given loss.
template <class Model, detail::NumberArray X, detail::NumberArray Y, Loss<typename Model::Scalar> L>
Evaluation evaluate(const Model& model, const X& x, const Y& y, L loss, int threads = 0) {
  static_assert(require_layer<Model>());
  return detail::with_arrays<typename L::Target, Model>(
      x, y, [&](const auto& data) { return evaluate(model, data, std::move(loss), threads); });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(class heed::detail::EvaluationRun)
