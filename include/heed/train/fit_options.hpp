#pragma once

/// @file
/// The options of `fit`.

#include <cstdint>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/types.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/train/history.hpp"
#include "heed/train/stop.hpp"
#include "heed/train/tiles.hpp"
#include "heed/train/training_state.hpp"

namespace heed::inline HEED_ISA {

/// Training ends where the monitored loss (of the validation, else of the test, else of training) has not fallen by
/// more than `min_delta` below the best for `patience` epochs. In the end, however it comes, the model has the weights
/// of the best epoch.
struct EarlyStopping {
  int patience = 0;  ///< epochs; 0: no early stopping
  double min_delta = 0;
};

struct FitOptions {
  int epochs = 100;
  double learning_rate = 1e-3;    ///< of Adam; an optimizer that is handed in has its own
  double weight_decay = 0;        ///< of AdamW, on all but biases and norms; an optimizer that is handed in has its own
  Schedule schedule = {};         ///< of the learning rate, from the optimizer's own; none: it stays
  Index batch_size = 0;           ///< sequences a batch; 0: all
  Index accumulate = 1;           ///< batches a step: their sequences count as one batch
  bool shuffle = true;            ///< a new order each epoch; a full batch has none
  bool bucket_by_length = false;  ///< batches of sequences of about one length (see `EpochOrder`)
  std::uint64_t seed = 0;         ///< of the order, the validation split and random layers
  int threads = 0;  ///< 0: as many as the machine, or the container, has. Results are the same bits for any number
  ExecutorReference executor = {};  ///< threads of one's own instead
  Index tile_width = 0;             ///< sequences side by side, a multiple of 16; 0: what `tile_width` chooses
  double clip_norm = 0;             ///< gradients are scaled down to this norm; 0: not
  double clip_value = 0;            ///< numbers of the gradient are clamped to +- this, before `clip_norm`; 0: not
  std::vector<double> class_weights = {};
  bool balance_classes = false;  ///< class weights of `balanced_class_weights`
  double label_smoothing = 0;
  double validation = 0;  ///< this share of the sequences is kept for validation, of each class alike
  EarlyStopping early_stopping = {};
  double ema_decay = 0;  ///< evaluates, and ends with, the moving average of weights; 0: not
  Checkpoint checkpoint = {};
  StopSignal stop = {};                  ///< asked after every step
  std::vector<Callback> callbacks = {};  ///< after every epoch
};

namespace detail {
void require_option(bool ok, const char* name, const char* expected, double got);
}  // namespace detail

/// Throws at the first option that is out of range, and names it.
const FitOptions& check(const FitOptions& o);

namespace detail {

/// What results depend on, as text. The number of epochs is not among it: where a schedule depends on it, its steps
/// tell.
Metadata identity(const FitOptions& o, const Schedule& schedule, Index width);

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cmath>
#include <string>

#include "heed/core/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION void require_option(bool ok, const char* name, const char* expected, double got) {
  require(ok, [&] { return Fault{std::string(name) + " out of range", "fit", expected, shortest_number(got)}; });
}

}  // namespace detail

HEED_COLD HEED_FUNCTION const FitOptions& check(const FitOptions& o) {
  using detail::require_option;
  const auto at_least_0 = [](const char* name, double value) {
    require_option(value >= 0 && std::isfinite(value), name, "a finite number of at least 0", value);
  };
  require_option(o.epochs >= 0, "epochs", "at least 0", o.epochs);
  at_least_0("learning_rate", o.learning_rate);
  at_least_0("weight_decay", o.weight_decay);
  check(o.schedule);
  require_option(o.batch_size >= 0, "batch_size", "at least 0", static_cast<double>(o.batch_size));
  require_option(o.accumulate >= 1, "accumulate", "at least 1", static_cast<double>(o.accumulate));
  require_option(o.accumulate == 1 || o.batch_size > 0, "accumulate", "1, or a batch_size",
                 static_cast<double>(o.accumulate));
  require_option(o.threads >= 0 && o.threads <= most_threads, "threads", "0 to 4096", o.threads);
  require_option(o.tile_width >= 0 && o.tile_width % tile_unit == 0, "tile_width", "a multiple of 16, at least 0",
                 static_cast<double>(o.tile_width));
  at_least_0("clip_norm", o.clip_norm);
  at_least_0("clip_value", o.clip_value);
  for (const double w : o.class_weights) at_least_0("class_weights", w);
  require(!o.balance_classes || o.class_weights.empty(), [] {
    return Fault{"class_weights and balance_classes exclude each other", "fit", "one of them", "both"};
  });
  require_option(o.label_smoothing >= 0 && o.label_smoothing <= 1, "label_smoothing", "0 to 1", o.label_smoothing);
  require_option(o.validation >= 0 && o.validation < 1, "validation", "0 to below 1", o.validation);
  require_option(o.early_stopping.patience >= 0, "early_stopping.patience", "at least 0", o.early_stopping.patience);
  at_least_0("early_stopping.min_delta", o.early_stopping.min_delta);
  require_option(o.ema_decay >= 0 && o.ema_decay < 1, "ema_decay", "0 to below 1", o.ema_decay);
  require_option(o.checkpoint.every >= 1, "checkpoint.every", "at least 1", o.checkpoint.every);
  require(static_cast<bool>(o.checkpoint.load) == static_cast<bool>(o.checkpoint.save), [] {
    return Fault{"checkpoint needs both load and save", "fit", {}, {}};
  });
  return o;
}

namespace detail {

HEED_COLD HEED_FUNCTION Metadata identity(const FitOptions& o, const Schedule& schedule, Index width) {
  Metadata m;
  const auto number = [&](const char* name, double value) {
    m[std::string("option.") + name] = shortest_number(value);
  };
  number("batch_size", static_cast<double>(o.batch_size));
  number("accumulate", static_cast<double>(o.accumulate));
  number("shuffle", o.shuffle);
  number("bucket_by_length", o.bucket_by_length);
  m["option.seed"] = std::to_string(o.seed);
  number("tile_width", static_cast<double>(width));
  number("clip_norm", o.clip_norm);
  number("clip_value", o.clip_value);
  number("balance_classes", o.balance_classes);
  number("label_smoothing", o.label_smoothing);
  number("validation", o.validation);
  number("ema_decay", o.ema_decay);
  number("early_stopping.patience", o.early_stopping.patience);
  number("early_stopping.min_delta", o.early_stopping.min_delta);
  set(m, "option.class_weights", o.class_weights);
  m["option.schedule"] = to_text(schedule);
  return m;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
