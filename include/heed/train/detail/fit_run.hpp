#pragma once

// One training run: what is set up once, and what happens in an epoch. It knows the scalar alone: models, losses,
// optimizers, data and processes come as tables of functions.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/output_kind.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/optim/clip.hpp"
#include "heed/optim/ema.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/detail/any_loss.hpp"
#include "heed/train/detail/any_optimizer.hpp"
#include "heed/train/detail/any_rows.hpp"
#include "heed/train/detail/feed.hpp"
#include "heed/train/detail/fit_probe.hpp"
#include "heed/train/detail/fit_state.hpp"
#include "heed/train/detail/rounds.hpp"
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

/// What a run is made of, whatever its types.
template <class S>
struct FitParts {
  TrainedModel<S> model;
  Metadata identity;  // of the model
  AnyLoss<S> loss;
  std::unique_ptr<AnyOptimizer<S>> optimizer;
  std::shared_ptr<AnyReducer<S>> reducer;
  std::unique_ptr<AnyRows<S>> rows, test, validated;  // no test: null; the training rows again, to validate on
  OutputKind* outputs = nullptr;                      // what the model remembers of the loss; null: nothing
  std::unique_ptr<AnyRows<S>> probed;                 // and again, with a checkpoint
};

template <class S>
class FitRun {
 public:
  HEED_COLD FitRun(FitParts<S> parts, const FitOptions& options);
  History train();

  // ---- for the loop over the rounds
  bool left() const { return progress_.epoch < options_.epochs; }
  bool enough() const {
    return options_.early_stopping.patience > 0 && progress_.waited >= options_.early_stopping.patience;
  }
  bool asked_to_stop() { return options_.stop && !reducer_->all(!options_.stop.requested()); }
  bool all(bool yes) { return reducer_->all(yes); }
  Outcome round(EpochRecord& record);
  void finish(Outcome outcome);
  void take(const EpochRecord& record);
  void ended(Outcome outcome);

 private:
  const AnyRows<S>& rows() const { return feed_.rows(); }
  Parameters<S>& weights() { return model_.parameters(); }

  Split split_rows() const;
  void freeze();
  void balance(std::span<const Index> members, Index classes);
  Outcome epoch(EpochRecord& record);
  Outcome diverged();
  double update(int epoch, Index batch);
  const Totals& gradient(const Batch& batch, double scale, Key key);
  bool evaluate(EpochRecord& record);
  void observe(const EpochRecord& record);

  void start();
  void each_part(const StateParts& parts);
  void keep();
  void identify(Metadata of_model);
  void resume();
  void load(TrainingState& state);
  std::vector<double> outputs_probe();

  TrainedModel<S> model_;
  std::unique_ptr<AnyOptimizer<S>> optimizer_;
  std::shared_ptr<AnyReducer<S>> reducer_;
  const FitOptions& options_;
  AnyLoss<S> loss_;
  OutputKind* outputs_;
  Feed<S> feed_;
  ThreadPool threads_;
  TrainingStep<S> step_;
  std::vector<bool> frozen_;                      // parameter by parameter; empty: none
  std::optional<ParameterList<S>> kept_weights_;  // where the optimizer might move frozen ones
  ParameterList<S> good_;                         // the last weights that gave a finite loss
  std::optional<ParameterList<S>> best_;          // of early stopping
  std::optional<BasicMovingAverage<S>> ema_;
  std::optional<EvaluationRun<S>> test_, validation_, probe_;
  Schedule schedule_;
  double base_rate_ = -1;  // the optimizer's; negative: it tells none
  double counted_ = 0;     // what the accuracy divides by
  double before_ = 0;      // seconds, of the run that a checkpoint goes on with
  std::chrono::steady_clock::time_point begin_;
  bool kept_ = false;  // the last epoch is in the checkpoint
  TrainingProgress progress_;
  Metadata identity_;
  std::vector<double> loss_probe_;
  History history_;
};

template <class S>
FitRun<S>::FitRun(FitParts<S> parts, const FitOptions& options)
    : model_(std::move(parts.model)),
      optimizer_(std::move(parts.optimizer)),
      reducer_(std::move(parts.reducer)),
      options_(check(options)),
      loss_(std::move(parts.loss)),
      outputs_(parts.outputs),
      feed_(std::move(parts.rows)),
      threads_(options.executor ? ThreadPool(options.executor) : ThreadPool(options.threads)),
      step_(OwnModel<S>(model_), threads_, reducer_),
      good_(model_.parameters()),
      schedule_(options.schedule) {
  freeze();
  const Index outputs = model_.output_shape(rows().shape()).features;
  const auto class_weights = static_cast<Index>(options.class_weights.size());
  require_option(class_weights == 0 || class_weights == outputs, "class_weights", "one a class",
                 static_cast<double>(class_weights));
  check_targets_of<S>(rows(), loss_, model_, "fit");
  reducer_->agree([&] { rows().check_input(model_); });
  Split split = split_rows();
  if (rows().have_labels()) balance(split.training, outputs);
  const bool watches_test = parts.test && split.validation.empty();
  if (options.checkpoint.load && watches_test && watches(options)) parts.test->add_identity(identity_, "watched");
  if (parts.test) test_.emplace(model_, std::move(parts.test), threads_, loss_, reducer_, std::span<const Index>());
  if (!split.validation.empty()) {
    validation_.emplace(model_, std::move(parts.validated), threads_, loss_, reducer_, split.validation);
  }

  const Index count = split.training.empty() ? rows().count() : static_cast<Index>(split.training.size());
  const Index size = options.batch_size ? std::min(options.batch_size, count) : count;
  const Index step = std::min(size * std::min(options.accumulate, count), count);
  const bool choose = !options.tile_width && step > narrow_tile;  // otherwise a lane's memory does not matter
  const auto measured = [&] {
    OwnModel<S> gradient(model_);
    return lane_bytes_of<S>(model_, gradient, rows().shape());
  };
  const Index lane = choose ? measured() : 0;
  const Index width = options.tile_width ? options.tile_width : tile_width(step, lane);
  feed_.cut(std::move(split.training), {step, options.shuffle, options.bucket_by_length}, width,
            [&](Index tiles) { return shard_count(tiles, step_.parameters()); });
  counted_ = feed_.counted(loss_);

  base_rate_ = optimizer_->rate();
  require(options.schedule.index() == 0 || base_rate_ >= 0,
          [] { return Fault{"schedule needs an optimizer with options.learning_rate", "fit", {}, {}}; });
  complete_in_place(schedule_, base_rate_, options.epochs, options.epochs * feed_.steps());
  if (options.ema_decay > 0) ema_.emplace(weights(), options.ema_decay);
  if (options.early_stopping.patience > 0) best_.emplace(weights());
  if (options.checkpoint.load) {
    std::vector<Index> first(static_cast<std::size_t>(std::min(probed_rows, rows().count())));
    std::iota(first.begin(), first.end(), Index(0));
    probe_.emplace(model_, std::move(parts.probed), threads_, output_size(rows()), reducer_, first);
    loss_probe_ = probe(loss_, rows(), model_.output_shape(rows().shape()));
    identify(std::move(parts.identity));
  }
  feed_.start(loss_, *reducer_, threads_.size());
  if (options.checkpoint.load) resume();  // last: what throws before has changed nothing
}

template <class S>
void FitRun<S>::start() {
  if (progress_.epoch > 0 || progress_.batch > 0) return;  // a run that goes on
  model_.start(Key{options_.seed});
  copy_parameters(std::as_const(weights()), good_.view());
  if (best_) best_.emplace(weights());
  if (ema_) ema_.emplace(weights(), options_.ema_decay);
}

template <class S>
History FitRun<S>::train() {
  start();
  history_.epochs.reserve(static_cast<std::size_t>(std::min(options_.epochs, 10000)));
  begin_ = std::chrono::steady_clock::now();
  before_ = progress_.seconds;
  if (outputs_) *outputs_ = loss_.outputs();  // before callbacks save the model
  train_to_the_end(*this, options_.callbacks);
  return std::move(history_);
}

template <class S>
Outcome FitRun<S>::round(EpochRecord& record) {
  record.epoch = progress_.epoch + 1;
  record.epochs = options_.epochs;
  Outcome outcome = epoch(record);
  if (outcome == Outcome::finished && !evaluate(record)) outcome = Outcome::diverged;
  if (outcome == Outcome::diverged) history_.diverged_at = record.epoch;
  record.seconds = progress_.seconds =
      before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  return outcome;
}

template <class S>
void FitRun<S>::take(const EpochRecord& record) {
  history_.epochs.push_back(record);
  progress_.epoch = record.epoch;
  observe(record);
  const bool last = !left() || enough();
  kept_ = options_.checkpoint.save && (last || record.epoch % options_.checkpoint.every == 0);
  if (kept_) keep();
}

template <class S>
void FitRun<S>::ended(Outcome outcome) {
  const bool keeps = outcome == Outcome::cancelled || (outcome == Outcome::stopped && !kept_);
  if (keeps && options_.checkpoint.save) keep();
}

template <class S>
Split FitRun<S>::split_rows() const {
  Split split;
  if (options_.validation == 0) return split;
  const Key key = Key{options_.seed}.child(0);  // epochs have 1 and on
  if (rows().have_labels() && rows().each() == 1) {
    const LabelsView labels = rows().labels();
    split = stratified_split({labels.data(), labels.size()}, options_.validation, key);
  } else {
    split = random_split(rows().count(), options_.validation, key);
  }
  require(!split.validation.empty() && !split.training.empty(), [&] {
    return Fault{"validation leaves nothing to validate on, or to train on", "fit", "more sequences",
                 text_of(rows().count())};
  });
  return split;
}

template <class S>
void FitRun<S>::freeze() {
  require(options_.rates.empty() || options_.rates == optimizer_->rates(), [] {
    return Fault{"rates are of the default optimizer", "fit", "rates of the optimizer that is handed in", {}};
  });
  std::vector<std::string> parts = options_.frozen;
  const std::span<const std::string> names = std::as_const(weights()).names();
  frozen_among(names, parts, "fit: frozen");
  for (const std::string& part : optimizer_->frozen()) parts.push_back(part);
  if (parts.empty()) return;
  frozen_ = frozen_among(names, parts, "fit: frozen");
  step_.want_all_but(frozen_);
  if (!optimizer_->keeps_unwanted()) kept_weights_.emplace(weights());
}

template <class S>
void FitRun<S>::balance(std::span<const Index> members, Index classes) {
  if (!options_.balance_classes) return;
  std::vector<std::int32_t> labels;
  const Index count = members.empty() ? rows().count() : static_cast<Index>(members.size());
  for (Index i = 0; i < count; ++i) {
    const Index row = members.empty() ? i : members[static_cast<std::size_t>(i)];
    for (const std::int32_t y : rows().targets_of_row(row).template as<std::int32_t>()) {
      if (y >= 0) labels.push_back(y);  // others are ignored
    }
  }
  loss_ = loss_.rebalanced(balanced_class_weights(labels, classes));
}

/// `diverged` where the loss, or a weight at the end, is not finite: the model is then as it last was with a finite
/// loss. `cancelled` after a step that is not the last one.
template <class S>
Outcome FitRun<S>::epoch(EpochRecord& record) {
  const Key key = Key{options_.seed}.child(static_cast<std::uint64_t>(record.epoch));
  feed_.begin_epoch(key);
  TrainingProgress& p = progress_;
  while (p.batch < feed_.steps()) {
    const double denominator = feed_.prepare(loss_, p.batch);
    const Totals& totals = gradient(feed_.batch(p.batch), denominator > 0 ? 1 / denominator : 0, key);
    if (!std::isfinite(totals.loss)) return diverged();
    if (p.batch == 0) copy_parameters(std::as_const(weights()), good_.view());
    p.loss += totals.loss * denominator;
    p.denominator += denominator;
    p.correct += totals.correct;
    record.learning_rate = update(record.epoch - 1, p.batch);
    if (++p.batch < feed_.steps() && asked_to_stop()) {
      return parameters_finite(std::as_const(weights())) ? Outcome::cancelled : diverged();
    }
  }
  if (!parameters_finite(std::as_const(weights()))) return diverged();
  record.loss = p.denominator > 0 ? p.loss / p.denominator : 0;
  record.accuracy = counted_ > 0 ? p.correct / counted_ : 0;
  record.sequences = feed_.count();
  p.batch = 0;
  p.loss = p.denominator = p.correct = 0;
  return Outcome::finished;
}

/// Takes back the last weights that gave a finite loss.
template <class S>
Outcome FitRun<S>::diverged() {
  copy_parameters(std::as_const(good_).view(), weights());
  return Outcome::diverged;
}

/// One step of the optimizer; gives its rate.
template <class S>
double FitRun<S>::update(int epoch, Index batch) {
  const FlushDenormals flush;
  OwnModel<S>& gradient = step_.gradient();
  if (options_.clip_value > 0) clip_parameters_value(gradient.parameters(), options_.clip_value);
  if (options_.clip_norm > 0) clip_parameters_norm(gradient.parameters(), options_.clip_norm);
  if (schedule_.index() > 0) {
    optimizer_->set_rate(rate(schedule_, epoch, epoch * feed_.steps() + batch, base_rate_));
  }
  optimizer_->step(weights(), gradient);
  if (kept_weights_) {
    for (Index i = 0; i < weights().count(); ++i) {
      if (frozen_[static_cast<std::size_t>(i)]) weights()[i] = std::as_const(*kept_weights_).view()[i];
    }
  }
  if (ema_) ema_->update(weights());
  const double now = optimizer_->rate();
  return now < 0 ? std::numeric_limits<double>::quiet_NaN() : now;
}

template <class S>
const Totals& FitRun<S>::gradient(const Batch& batch, double scale, Key key) {
  const Index steps = rows().shape().steps;
  return step_(batch.tiles(), [&](Index i, Worker<S>& worker, OwnModel<S>& gradient, Totals& totals) {
    const IndexRange positions = batch.positions_of({i, i + 1});
    const AnySequenceTile<S> tile = feed_.tile(i, positions, worker.number);
    const Pass pass{worker.scratch, true, key, positions.first};
    const Shape output = model_.output_shape(tile.x.shape);
    const Tile<S> z = take_output(worker.output, output, tile, steps);
    const Tile<S> dz = take_output(worker.doutput, output, tile, steps);
    model_.forward(tile.x, z, worker.cache, pass);
    totals.loss += loss_(z, tile.targets, tile.weights, scale, dz, pass);
    totals.correct += loss_.count_correct(z, tile.targets, tile.weights);
    gradient.add_gradient(model_, tile.x, z, dz, worker.cache, pass);
  });
}

/// Of the averaged weights, where there are such. False where a loss is not finite.
template <class S>
bool FitRun<S>::evaluate(EpochRecord& record) {
  if (!validation_ && !test_) return true;
  // the average is evaluated in the model's place
  struct Exchange {
    Parameters<S>& weights;
    Parameters<S>* average;
    Exchange(Parameters<S>& w, Parameters<S>* a) : weights(w), average(a) {
      if (average) swap_parameters(weights, *average);
    }
    ~Exchange() {
      if (average) swap_parameters(weights, *average);
    }
  };
  bool finite = true;
  {
    const Exchange exchange(weights(), ema_ ? &ema_->list().view() : nullptr);
    const auto measure = [&](auto& run, double& loss, double& accuracy) {
      if (!run) return;
      const Evaluation e = (*run)(model_);
      loss = e.loss;
      accuracy = e.accuracy;
      finite = finite && std::isfinite(e.loss);
    };
    measure(validation_, record.validation_loss, record.validation_accuracy);
    measure(test_, record.test_loss, record.test_accuracy);
  }
  if (!finite) diverged();
  return finite;
}

template <class S>
void FitRun<S>::observe(const EpochRecord& record) {
  const double loss = record.monitored_loss();
  if (auto* plateau = std::get_if<PlateauSchedule>(&schedule_)) plateau->observe(loss);
  if (!best_) return;
  ++progress_.waited;
  if (loss < progress_.best - options_.early_stopping.min_delta) {
    progress_.best = loss;
    progress_.best_epoch = record.epoch;
    progress_.waited = 0;
    copy_parameters(ema_ ? std::as_const(ema_->list()).view() : std::as_const(weights()), best_->view());
  }
}

template <class S>
void FitRun<S>::finish(Outcome outcome) {
  history_.outcome = outcome;
  if (schedule_.index() > 0) optimizer_->set_rate(base_rate_);
  if (best_ && progress_.best_epoch > 0) {
    copy_parameters(std::as_const(*best_).view(), weights());
    history_.best_epoch = progress_.best_epoch;
  } else if (ema_ && ema_->updates() > 0 && history_.outcome != Outcome::diverged) {
    copy_parameters(std::as_const(ema_->list()).view(), weights());
  }
  if (options_.history) *options_.history = history_;
}

// ---- checkpoints

template <class S>
void FitRun<S>::each_part(const StateParts& parts) {
  parts("model", weights());
  parts("good", good_);
  if (best_) parts("best", *best_);
  if (ema_) ema_->visit_state(parts.under("ema."));
  optimizer_->visit_state(parts.under("optimizer."));
}

template <class S>
std::vector<double> FitRun<S>::outputs_probe() {
  const Key key{0x9eed};
  return {(*probe_)(model_, nullptr, &key).loss};
}

template <class S>
void FitRun<S>::keep() {
  TrainingState state;
  state.identity = identity_;
  each_part({StateParts::Act::collect, state});
  each_part({StateParts::Act::save, state});
  transfer(false, state, progress_, history_.epochs, schedule_);
  state.series["probe.outputs"] = outputs_probe();
  state.series["probe.loss"] = loss_probe_;
  options_.checkpoint.save(state);
}

/// What a run that goes on must have in common with the one before.
template <class S>
void FitRun<S>::identify(Metadata of_model) {
  identity_.merge(identity(options_, schedule_, feed_.batch(0).width));
  identity_.merge(loss_.identity());
  of_model.erase("output_kind");  // the loss says it
  for (const auto& [key, value] : of_model) identity_["model." + key] = value;
  for (const auto& [key, value] : optimizer_->settings()) identity_["optimizer." + key] = value;
  rows().add_identity(identity_, "data");
  require(optimizer_->keeps_state(),
          [] { return Fault{"the optimizer cannot go into a checkpoint", "fit", "one with visit_state", {}}; });
}

/// Where it throws, model and optimizer are as they were.
template <class S>
void FitRun<S>::resume() {
  TrainingState state;
  state.identity = identity_;
  each_part({StateParts::Act::collect, state});
  each_part({StateParts::Act::save, state});
  const StateCopy before(state);
  try {
    state.series.clear();
    load(state);
  } catch (...) {
    before.put_back(state);
    each_part({StateParts::Act::load, state});
    throw;
  }
}

template <class S>
void FitRun<S>::load(TrainingState& state) {
  bool kept = false;
  reducer_->agree([&] {
    kept = options_.checkpoint.load(state);
    if (!kept) return;
    each_part({StateParts::Act::load, state});
    transfer(true, state, progress_, history_.epochs, schedule_);
    check_count("batch", static_cast<double>(progress_.batch), feed_.steps() - 1);
  });
  const bool all = reducer_->all(kept), none = reducer_->all(!kept);
  require(all || none, [] { return Fault{"some processes have a checkpoint, others have none", "fit", {}, {}}; });
  if (!kept) return;
  // files of the first version say neither
  const auto outputs = state.series.find("probe.outputs"), loss = state.series.find("probe.loss");
  if (loss != state.series.end()) check_probe<S>(loss->second, loss_probe_, "loss");
  if (outputs != state.series.end()) check_probe<S>(outputs->second, outputs_probe(), "model");
  for (EpochRecord& record : history_.epochs) record.epochs = options_.epochs;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(class heed::detail::FitRun)
