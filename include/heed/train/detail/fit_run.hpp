#pragma once

// One training run: what is set up once, and what happens in an epoch.

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/losses/loss.hpp"
#include "heed/optim/clip.hpp"
#include "heed/optim/ema.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/detail/feed.hpp"
#include "heed/train/detail/fit_state.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit_options.hpp"
#include "heed/train/history.hpp"
#include "heed/train/order.hpp"
#include "heed/train/reducer.hpp"
#include "heed/train/split.hpp"
#include "heed/train/step.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

template <class Model, class Optimizer, class L, class R>
class FitRun {
 public:
  using S = typename Model::Scalar;
  using X = typename Model::Input;
  using T = typename L::Target;
  using Data = LabelledSequences<X, T>;

  HEED_COLD FitRun(Model& model, const Data& data, const std::optional<Data>& test, L loss, Optimizer& optimizer,
                   const FitOptions& options, const R& reducer)
      : model_(model),
        optimizer_(optimizer),
        options_(check(options)),
        loss_(std::move(loss)),
        feed_(data, reducer),
        threads_(options.executor ? ThreadPool(options.executor) : ThreadPool(options.threads)),
        step_(model, threads_, reducer),
        good_(model),
        schedule_(options.schedule) {
    const Index outputs = model.output_shape(rows().shape()).features;
    const auto weights = static_cast<Index>(options.class_weights.size());
    require_option(weights == 0 || weights == outputs, "class_weights", "one a class", static_cast<double>(weights));
    check_targets_of(loss_, model, rows().shape(), rows().labels(), "fit");
    agreed(this->reducer(), [&] { check_input(model, data.x, data.lengths, "sequences"); });
    Split split = split_rows();
    if constexpr (std::same_as<T, std::int32_t>) balance(split.training, outputs);
    if (test) test_.emplace(model, *test, threads_, loss_, reducer);
    if (!split.validation.empty()) {
      validation_.emplace(model, data, threads_, loss_, reducer, split.validation);
    }
    feed_.cut(model, std::move(split.training), options);
    counted_ = feed_.counted(loss_);
    base_rate_ = rate_of(optimizer_);
    require(options.schedule.index() == 0 || base_rate_ >= 0, [] {
      return Fault{"schedule needs an optimizer with options.learning_rate", "fit", {}, {}};
    });
    complete_in_place(schedule_, base_rate_, options.epochs, options.epochs * feed_.steps());
    if (options.ema_decay > 0) ema_.emplace(model, options.ema_decay);
    if (options.early_stopping.patience > 0) best_.emplace(model);
    if (options.checkpoint.load) resume();
    feed_.start(loss_, this->reducer(), threads_.size());
  }

  HEED_COLD History train() {
    using Clock = std::chrono::steady_clock;
    History& history = history_;
    history.epochs.reserve(static_cast<std::size_t>(std::min(options_.epochs, 10000)));
    const auto begin = Clock::now();
    const double before = progress_.seconds;
    while (progress_.epoch < options_.epochs) {
      const auto end_with = [&](Outcome outcome) { history.outcome = outcome; };
      if (waited_enough()) {
        end_with(Outcome::early);
        break;
      }
      EpochRecord record{.epoch = progress_.epoch + 1, .epochs = options_.epochs};
      Outcome outcome = asked_to_stop() ? Outcome::cancelled : epoch(record);
      if (outcome == Outcome::finished && !evaluate(record)) outcome = Outcome::diverged;
      record.seconds = progress_.seconds = before + std::chrono::duration<double>(Clock::now() - begin).count();
      if (outcome != Outcome::finished) {
        end_with(outcome);
        if (outcome == Outcome::diverged) history.diverged_at = record.epoch;
        if (outcome == Outcome::cancelled && options_.checkpoint.save) keep();
        break;
      }
      history.epochs.push_back(record);
      progress_.epoch = record.epoch;
      observe(record);
      const bool last = record.epoch == options_.epochs || waited_enough();
      const bool keeps = options_.checkpoint.save && (last || record.epoch % options_.checkpoint.every == 0);
      if (keeps) keep();
      bool go_on = true;
      for (const Callback& callback : options_.callbacks) go_on = callback(record) && go_on;
      if (!reducer().all(go_on)) {
        end_with(Outcome::stopped);
        if (options_.checkpoint.save && !keeps) keep();
        break;
      }
    }
    finish();
    return std::move(history_);
  }

 private:
  const auto& rows() const { return feed_.rows(); }
  R& reducer() { return step_.reducer(); }
  bool asked_to_stop() { return options_.stop && !reducer().all(!options_.stop.requested()); }
  bool waited_enough() const {
    return options_.early_stopping.patience > 0 && progress_.waited >= options_.early_stopping.patience;
  }
  /// What is evaluated, and kept in the end.
  const Model& weights() const { return ema_ ? ema_->average() : model_; }

  HEED_COLD Split split_rows() const {
    Split split;
    if (options_.validation == 0) return split;
    const Key key = Key{options_.seed}.child(0);  // epochs have 1 and on
    const bool one_label = std::same_as<T, std::int32_t> && as_rows(rows().labels()).extent(1) == 1;
    if constexpr (std::same_as<T, std::int32_t>) {
      if (one_label) split = stratified_split(rows().labels(), options_.validation, key);
    }
    if (!one_label) split = random_split(rows().count(), options_.validation, key);
    require(!split.validation.empty() && !split.training.empty(), [&] {
      return Fault{"validation leaves nothing to validate on, or to train on", "fit", "more sequences",
                   text_of(rows().count())};
    });
    return split;
  }

  HEED_COLD void balance(std::span<const Index> members, Index classes) {
    if (!options_.balance_classes) return;
    std::vector<std::int32_t> labels;
    const Index count = members.empty() ? rows().count() : static_cast<Index>(members.size());
    for (Index i = 0; i < count; ++i) {
      const Index row = members.empty() ? i : members[static_cast<std::size_t>(i)];
      for (const std::int32_t y : targets_of(rows().labels(), rows().lengths(), rows().shape().steps, row)) {
        if (y >= 0) labels.push_back(y);  // others are ignored
      }
    }
    loss_ = rebalanced(loss_, balanced_class_weights(labels, classes));
  }

  /// `diverged` where the loss, or a weight at the end, is not finite: the model is then as it last was with a finite
  /// loss. `cancelled` after a step that is not the last one.
  Outcome epoch(EpochRecord& record) {
    const Key key = Key{options_.seed}.child(static_cast<std::uint64_t>(record.epoch));
    feed_.begin_epoch(key);
    TrainingProgress& p = progress_;
    while (p.batch < feed_.steps()) {
      const double denominator = feed_.prepare(loss_, p.batch);
      const Totals& totals = gradient(feed_.batch(p.batch), denominator > 0 ? 1 / denominator : 0, key);
      if (!std::isfinite(totals.loss)) return diverged();
      if (p.batch == 0) good_ = model_;
      p.loss += totals.loss * denominator;
      p.denominator += denominator;
      p.correct += totals.correct;
      record.learning_rate = update(record.epoch - 1, p.batch);
      if (++p.batch < feed_.steps() && asked_to_stop()) return Outcome::cancelled;
    }
    if (!all_finite(model_)) return diverged();
    record.loss = p.denominator > 0 ? p.loss / p.denominator : 0;
    record.accuracy = counted_ > 0 ? p.correct / counted_ : 0;
    record.sequences = feed_.count();
    p.batch = 0;
    p.loss = p.denominator = p.correct = 0;
    return Outcome::finished;
  }

  /// Takes back the last weights that gave a finite loss.
  HEED_COLD Outcome diverged() {
    model_ = good_;
    return Outcome::diverged;
  }

  /// One step of the optimizer; gives its rate.
  HEED_COLD double update(int epoch, Index batch) {
    Model& gradient = step_.gradient();
    if (options_.clip_value > 0) clip_value(gradient, options_.clip_value);
    if (options_.clip_norm > 0) clip_norm(gradient, options_.clip_norm);
    if (schedule_.index() > 0) {
      set_rate(optimizer_, rate(schedule_, epoch, epoch * feed_.steps() + batch, base_rate_));
    }
    optimizer_.step(model_, gradient);
    if (ema_) ema_->update(model_);
    const double now = rate_of(optimizer_);
    return now < 0 ? std::numeric_limits<double>::quiet_NaN() : now;
  }

  const Totals& gradient(const Batch& batch, double scale, Key key) {
    return step_(batch.tiles(), [&](Index i, Worker<Model>& worker, Model& gradient, Totals& totals) {
      const IndexRange positions = batch.positions_of({i, i + 1});
      const SequenceTile<X, T, S> tile = feed_.tile(i, positions, worker.number);
      const Pass pass{worker.scratch, true, key, positions.first};
      const Shape output = model_.output_shape(tile.x.shape());
      const Index steps = rows().shape().steps;
      const Tile<S> z = take_output(worker.output, output, tile, steps);
      const Tile<S> dz = take_output(worker.doutput, output, tile, steps);
      model_.forward(tile.x, z, worker.cache, pass);
      totals.loss += loss_(z, tile.labels, tile.weights, scale, dz, pass);
      totals.correct += count_correct<L, S>(loss_, z, tile.labels, tile.weights);
      backward_parameters<Model>(model_, tile.x, z, dz, worker.cache, gradient, pass);
    });
  }

  /// False where a loss is not finite.
  HEED_COLD bool evaluate(EpochRecord& record) {
    if (validation_) {
      const Evaluation e = (*validation_)(weights());
      record.validation_loss = e.loss;
      record.validation_accuracy = e.accuracy;
    }
    if (test_) {
      const Evaluation e = (*test_)(weights());
      record.test_loss = e.loss;
      record.test_accuracy = e.accuracy;
    }
    const auto good = [](bool there, double loss) { return !there || std::isfinite(loss); };
    const bool finite =
        good(validation_.has_value(), record.validation_loss) && good(test_.has_value(), record.test_loss);
    if (!finite) diverged();
    return finite;
  }

  HEED_COLD void observe(const EpochRecord& record) {
    const double loss = record.monitored_loss();
    if (auto* plateau = std::get_if<PlateauSchedule>(&schedule_)) plateau->observe(loss);
    if (!best_) return;
    ++progress_.waited;
    if (loss < progress_.best - options_.early_stopping.min_delta) {
      progress_.best = loss;
      progress_.best_epoch = record.epoch;
      progress_.waited = 0;
      *best_ = weights();
    }
  }

  HEED_COLD void finish() {
    if (schedule_.index() > 0) set_rate(optimizer_, base_rate_);
    if (best_ && progress_.best_epoch > 0) {
      model_ = *best_;
      history_.best_epoch = progress_.best_epoch;
    } else if (ema_ && ema_->updates() > 0 && history_.outcome != Outcome::diverged) {
      model_ = ema_->average();
    }
  }

  RunState<Model, Optimizer> state() {
    return {model_, good_, optimizer_, best_, ema_, schedule_, progress_, history_.epochs};
  }
  HEED_COLD void keep() { options_.checkpoint.save(state().saved(identity_)); }
  HEED_COLD void resume() {
    identity_ = identity(options_, schedule_, feed_.batch(0).width);
    add_identity(identity_, model_, optimizer_, rows());
    const bool kept = state().load(options_.checkpoint, identity_);
    for (EpochRecord& record : history_.epochs) record.epochs = options_.epochs;
    const bool all = reducer().all(kept), none = reducer().all(!kept);
    require(all || none, [] { return Fault{"some processes have a checkpoint, others have none", "fit", {}, {}}; });
  }

  using Rows = decltype(std::declval<const R&>().rows(std::declval<const Data&>()));

  Model& model_;
  Optimizer& optimizer_;
  const FitOptions& options_;
  L loss_;
  Feed<Rows, X, T, S> feed_;
  ThreadPool threads_;
  TrainingStep<Model, R> step_;
  Model good_;  // the last weights that gave a finite loss
  std::optional<Model> best_;
  std::optional<MovingAverage<Model>> ema_;
  std::optional<Evaluator<Model, R, L>> test_, validation_;
  Schedule schedule_;
  double base_rate_ = -1;  // the optimizer's; negative: it tells none
  double counted_ = 0;     // what the accuracy divides by
  TrainingProgress progress_;
  Metadata identity_;
  History history_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
