#pragma once

// A training run: its set-up and its sequence of epochs.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/train/detail/augment.hpp"
#include "heed/train/detail/fit_probe.hpp"
#include "heed/train/detail/fit_run_checkpoint.hpp"
#include "heed/train/detail/fit_run_epochs.hpp"
#include "heed/train/detail/fit_run_type.hpp"
#include "heed/train/detail/rounds.hpp"
#include "heed/train/fit_options.hpp"
#include "heed/train/history.hpp"
#include "heed/train/order.hpp"
#include "heed/train/split.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

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
  const FlushDenormals flush;
  require(model_.parameters().count() > 0,
          [] { return Fault{"the model has no parameters", "fit", "a model, from which nothing was moved", "none"}; });
  freeze();
  const Index outputs = model_.output_shape(rows().shape()).features;
  const auto class_weights = static_cast<Index>(options.class_weights.size());
  require_option(class_weights == 0 || class_weights == outputs, "class_weights", "one a class",
                 static_cast<double>(class_weights));
  check_targets_of<S>(rows(), loss_, model_, "fit");
  check_augmentation(options.augment, rows().have_numbers(), rows().have_labels(), rows().each());
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
  const bool choose = !options.tile_width && step > narrow_tile;  // otherwise the memory of a lane does not matter
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
  feed_.start(model_, loss_, *reducer_, threads_.size());
  if (options.checkpoint.load) resume();  // last: an error before it has changed nothing
}

template <class S>
void FitRun<S>::start() {
  if (progress_.epoch > 0 || progress_.batch > 0) return;  // the run resumes
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
  const Key key = validation_key(options_.seed);
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
      if (y >= 0) labels.push_back(y);  // other labels are ignored
    }
  }
  loss_ = loss_.rebalanced(balanced_class_weights(labels, classes));
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

}  // namespace detail
}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(class heed::detail::FitRun)
