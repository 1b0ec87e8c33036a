#pragma once

// One epoch of a training run.

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/optim/clip.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/detail/fit_run_type.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/history.hpp"
#include "heed/train/step.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Runs an epoch. Returns `diverged` if the loss, or a weight at the end, is not finite; the model then has its last
/// weights with a finite loss. Returns `cancelled` if it stopped before the last step.
template <class S>
Outcome FitRun<S>::epoch(EpochRecord& record) {
  const FlushDenormals flush;
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

/// Restores the last weights that gave a finite loss.
template <class S>
Outcome FitRun<S>::diverged() {
  copy_parameters(std::as_const(good_).view(), weights());
  return Outcome::diverged;
}

/// One step of the optimizer. Returns the learning rate.
template <class S>
double FitRun<S>::update(int epoch, Index batch) {
  const FlushDenormals flush;
  OwnModel<S>& gradient = step_.gradient();
  if (options_.clip_value > 0) clip_parameters_value(gradient.parameters(), options_.clip_value);
  if (options_.clip_norm > 0) clip_parameters_norm(gradient.parameters(), options_.clip_norm);
  if (schedule_.index() > 0) {
    const double now = rate(schedule_, epoch, epoch * feed_.steps() + batch, base_rate_);
    require(now >= 0 && std::isfinite(now), [&] {
      return Fault{"learning rate of the schedule", "fit, epoch " + text_of(epoch + 1) + ", step " + text_of(batch + 1),
                   "a finite number of at least 0", std::to_string(now)};
    });
    optimizer_->set_rate(now);
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
    const Scratch::Mark mark(worker.scratch);
    AugmentedTile<S> augmented{.tile = feed_.tile(i, positions, worker.number)};
    if (options_.augment.active()) {
      augmented = augment(
          options_.augment, augmented.tile, rows().have_labels(), key,
          [&](Index l) { return feed_.row(positions.first + l); }, worker.scratch);
    }
    const AnySequenceTile<S>& tile = augmented.tile;
    const Pass pass{worker.scratch, true, key, positions.first};
    const Shape output = model_.output_shape(tile.x.shape);
    const Tile<S> z = take_output(worker.output, output, tile, steps);
    const Tile<S> dz = take_output(worker.doutput, output, tile, steps);
    model_.forward(tile.x, z, worker.cache, pass);
    totals.loss += loss_(z, tile.targets, augmented.own_weights(), scale, dz, pass);
    if (augmented.other_weights) totals.loss += add_other_loss(augmented, z, scale, dz, pass);
    totals.correct += loss_.count_correct(z, tile.targets, tile.weights);
    gradient.add_gradient(model_, tile.x, z, dz, worker.cache, pass);
  });
}

/// For mixup: the loss of the other targets; adds its gradient to dz.
template <class S>
double FitRun<S>::add_other_loss(const AugmentedTile<S>& tile, Tile<const S> z, double scale, Tile<S> dz,
                                 const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> other = pass.scratch.template like<S>(dz);
  const double loss = loss_(z, tile.other_targets, tile.other_weights, scale, other, pass);
  for (Index k = 0; k < dz.size(); ++k) dz.data[k] += other.data[k];
  return loss;
}

/// Evaluates the model, or the averaged weights if there are any. Returns false if a loss is not finite.
template <class S>
bool FitRun<S>::evaluate(EpochRecord& record) {
  if (!validation_ && !test_) return true;
  // evaluates the average in place of the model
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

}  // namespace detail
}  // namespace heed::inline HEED_ISA
