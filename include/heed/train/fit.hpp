#pragma once

/// @file
/// Training of classifiers of sequences: full batch, or shuffled mini-batches.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/optim/adam.hpp"
#include "heed/optim/clip.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/history.hpp"
#include "heed/train/reducer.hpp"
#include "heed/train/step.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {

struct FitOptions {
  int epochs = 100;
  double learning_rate = 1e-3;  ///< of Adam; an optimizer that is handed in has its own
  Index batch_size = 0;         ///< sequences a step; 0: all
  bool shuffle = true;          ///< a new order each epoch; a full batch has none
  std::uint64_t seed = 0;       ///< of the order
  int threads = 0;              ///< 0: as many as the machine has. Results are the same bits for any number
  Index tile_width = 0;         ///< sequences side by side, a multiple of 16; 0: what `tile_width` chooses
  double clip_norm = 0;         ///< gradients are scaled down to this norm; 0: not
  std::vector<double> class_weights = {};
  double label_smoothing = 0;
  std::vector<Callback> callbacks = {};  ///< after every epoch
};

namespace detail {

// One training run: what is set up once, and what happens in an epoch.
template <class Model, class Optimizer, class R>
class Fit {
 public:
  using S = typename Model::Scalar;

  Fit(Model& model, const LabelledSequences<S>& data, Optimizer& optimizer, const FitOptions& options, const R& reducer)
      : model_(model),
        rows_(reducer.rows(data)),
        optimizer_(optimizer),
        options_(options),
        loss_({.class_weights = options.class_weights, .label_smoothing = options.label_smoothing}),
        threads_(options.threads),
        step_(model, threads_, reducer),
        good_(model) {
    require(options.epochs >= 0 && options.batch_size >= 0, [&] {
      return Fault{"epochs and batch size", "fit", "at least 0",
                   std::to_string(options.epochs) + " and " + std::to_string(options.batch_size)};
    });
    require(options.clip_norm >= 0 && std::isfinite(options.clip_norm), [&] {
      return Fault{"norm to clip gradients to", "fit", "at least 0", std::to_string(options.clip_norm)};
    });
    require(options.tile_width >= 0 && options.tile_width % tile_unit == 0, [&] {
      return Fault{"width of a tile", "fit", "a multiple of " + std::to_string(tile_unit),
                   std::to_string(options.tile_width)};
    });
    check_labels(rows_.labels(), logits_shape(model, rows_.shape(), "fit").features);
    loss_.check(rows_.labels(), model.output_shape(rows_.shape()).features);
    const Index count = rows_.count(), size = options.batch_size ? std::min(options.batch_size, count) : count;
    const bool choose = !options.tile_width && size > narrow_tile;  // otherwise a lane's memory does not matter
    const Index lane = choose ? lane_bytes(model, rows_.shape()) : 0;
    const Index width = options.tile_width ? options.tile_width : tile_width(size, lane);
    const Index parameters = parameter_count(model);
    for (Index first = 0; first < count; first += size) {
      const Index last = std::min(first + size, count);
      batches_.push_back({{first, last}, width, shard_count(tile_count(last - first, width), parameters)});
    }
    if (batches_.size() == 1) {
      pack(batches_.front());
    } else {
      stores_.resize(static_cast<std::size_t>(threads_.size()));
      for (auto& store : stores_) store.reserve(1, rows_.shape(), width);
    }
  }

  /// False where the loss, or a weight at the end, is not finite: the model is then as it last was with a finite loss.
  bool epoch(int number, EpochRecord& record) {
    const Key key = Key{options_.seed}.child(static_cast<std::uint64_t>(number));
    if (!full() && options_.shuffle) {
      order_.resize(static_cast<std::size_t>(rows_.count()));
      std::iota(order_.begin(), order_.end(), Index(0));
      shuffle(order_, key);
    }
    double loss = 0, denominators = 0, correct = 0;
    for (std::size_t i = 0; i < batches_.size(); ++i) {
      if (!full()) rows_.prepare(order_, batches_, static_cast<Index>(i));
      const double denominator = full() ? denominator_ : denominator_of(batches_[i].positions);
      const Totals& totals = gradient(batches_[i], denominator > 0 ? 1 / denominator : 0, key);
      if (!std::isfinite(totals.loss)) return restore();
      if (i == 0) good_ = model_;
      loss += totals.loss * denominator;
      denominators += denominator;
      correct += totals.correct;
      if (options_.clip_norm > 0) clip_norm(step_.gradient(), options_.clip_norm);
      optimizer_.step(model_, step_.gradient());
    }
    if (!all_finite(model_)) return restore();
    record.loss = denominators > 0 ? loss / denominators : 0;
    record.accuracy = correct / static_cast<double>(rows_.count());
    record.sequences = rows_.count();
    return true;
  }

  /// Takes back the last weights that gave a finite loss.
  bool restore() {
    model_ = good_;
    return false;
  }

  ThreadPool& threads() { return threads_; }
  const CrossEntropy<S>& loss() const { return loss_; }
  R& reducer() { return step_.reducer(); }

 private:
  bool full() const { return batches_.size() == 1; }

  // Full batch: the tiles of this process, once for all epochs.
  void pack(const Batch& batch) {
    rows_.prepare({}, batches_, 0);
    denominator_ = denominator_of(batch.positions);
    own_ = batch.tiles_of(reducer().own(batch.shards));
    store_.reserve(own_.count(), rows_.shape(), batch.width);
    for (Index i = own_.first; i < own_.last; ++i) {
      tiles_.push_back(rows_.gather(store_, i - own_.first, batch.positions_of({i, i + 1})));
    }
    rows_.release();
  }

  double denominator_of(IndexRange positions) const {
    double sum = 0;
    for (Index p = positions.first; p < positions.last; ++p) sum += loss_.target_weight(rows_.label(p));
    return sum;
  }

  const Totals& gradient(const Batch& batch, double scale, Key key) {
    return step_(batch.tiles(), [&](Index i, Worker<Model>& worker, Model& gradient, Totals& totals) {
      const IndexRange positions = batch.positions_of({i, i + 1});
      const SequenceTile<S> tile = full()
                                       ? tiles_[static_cast<std::size_t>(i - own_.first)]
                                       : rows_.gather(stores_[static_cast<std::size_t>(worker.number)], 0, positions);
      const Pass pass{worker.scratch, true, key, positions.first};
      const Shape output = model_.output_shape(tile.x.shape());
      const Tile<S> z = worker.output.take(output, tile.x.lanes), dz = worker.doutput.take(output, tile.x.lanes);
      model_.forward(tile.x, z, worker.cache, pass);
      totals.loss += loss_(z, tile.labels, tile.weights, scale, dz, pass);
      totals.correct += count_correct<S>(z, tile.labels.data, tile.weights);
      model_.backward(tile.x, z, dz, {}, worker.cache, gradient, pass);
    });
  }

  using Rows = decltype(std::declval<const R&>().rows(std::declval<const LabelledSequences<S>&>()));

  Model& model_;
  Rows rows_;
  Optimizer& optimizer_;
  const FitOptions& options_;
  CrossEntropy<S> loss_;
  ThreadPool threads_;
  TrainingStep<Model, R> step_;
  Model good_;  // the last weights that gave a finite loss
  std::vector<Batch> batches_;
  std::vector<Index> order_;  // of the sequences in this epoch; empty: that of the data
  TileStore<S> store_;        // full batch: all tiles of this process
  std::vector<SequenceTile<S>> tiles_;
  IndexRange own_;                    // which tiles they are
  double denominator_ = 0;            // of the loss over the full batch
  std::vector<TileStore<S>> stores_;  // mini-batches: a tile a thread
};

}  // namespace detail

/// Trains `model` on labelled sequences by mean cross-entropy with the given optimizer. After every epoch the model is
/// evaluated on `test`, where there is one, and the callbacks are called. The same seed gives the same bits for any
/// number of threads, and of processes: with a reducer that spans several (see `heed/distributed/mpi.hpp`) `data` and
/// `test` are the parts that this process has. Throws where the data or an option is faulty; the model is then as it
/// was.
template <Layer Model, class Optimizer, class R = InProcessReducer>
requires Reducer<R, Model> && requires(Optimizer& o, Model& m) { o.step(m, m); }
History fit(Model& model, const LabelledSequences<typename Model::Scalar>& data, Optimizer& optimizer,
            const FitOptions& options, const std::optional<LabelledSequences<typename Model::Scalar>>& test = {},
            const R& reducer = {}) {
  using Clock = std::chrono::steady_clock;
  detail::Fit<Model, Optimizer, R> run(model, data, optimizer, options, reducer);
  std::optional<Evaluator<Model, R>> evaluator;
  if (test) evaluator.emplace(model, *test, run.threads(), run.loss(), reducer);
  History history;
  history.epochs.reserve(static_cast<std::size_t>(std::min(options.epochs, 10000)));
  const auto begin = Clock::now();
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    EpochRecord record{.epoch = epoch, .epochs = options.epochs};
    bool finite = run.epoch(epoch, record);
    if (finite && evaluator) {
      const Evaluation e = (*evaluator)(model);
      record.test_loss = e.loss;
      record.test_accuracy = e.accuracy;
      finite = std::isfinite(e.loss) || run.restore();
    }
    if (!finite) {
      history.outcome = Outcome::diverged;
      history.diverged_at = epoch;
      break;
    }
    record.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    history.epochs.push_back(record);
    bool go_on = true;
    for (const Callback& callback : options.callbacks) go_on = callback(record) && go_on;
    if (!run.reducer().all(go_on)) {
      history.outcome = Outcome::stopped;
      break;
    }
  }
  return history;
}

/// With Adam at `options.learning_rate`.
template <Layer Model, class R = InProcessReducer>
requires Reducer<R, Model> History fit(Model& model, const LabelledSequences<typename Model::Scalar>& data,
                                       const FitOptions& options = {},
                                       const std::optional<LabelledSequences<typename Model::Scalar>>& test = {},
                                       const R& reducer = {}) {
  Adam<Model> adam(model, {.learning_rate = options.learning_rate});
  return fit(model, data, adam, options, test, reducer);
}

/// `fit(model, view(x, {n, 10, 5}), labels, {.epochs = 100, .learning_rate = 0.01})`
template <Layer Model>
History fit(Model& model, TensorView<const typename Model::Scalar, 3> x, std::span<const std::int32_t> labels,
            const FitOptions& options = {}) {
  return fit(model, LabelledSequences<typename Model::Scalar>{x, labels}, options);
}

/// Sequences (n, steps, features), labels 0 to 9 and epochs in, a trained model out: ten classes, Adam at 0.01, full
/// batch, everything else the model's defaults. `train<SequenceClassifier<float>>(x, labels, 100)`
template <Layer Model>
Model train(TensorView<const typename Model::Scalar, 3> sequences, std::span<const std::int32_t> labels, int epochs) {
  check_sequences(sequences, {});
  Model model({.features = sequences.extent(2), .classes = 10});
  fit(model, sequences, labels, {.epochs = epochs, .learning_rate = 0.01});
  return model;
}

}  // namespace heed::inline HEED_ISA
