#pragma once

/// @file
/// The options of `fit`.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/types.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/options/fields.hpp"
#include "heed/train/augmentation.hpp"
#include "heed/train/history.hpp"
#include "heed/train/stop.hpp"
#include "heed/train/tiles.hpp"
#include "heed/train/training_state.hpp"

namespace heed::inline HEED_ABI {

/// Ends training if the monitored loss has not fallen more than `min_delta` below its best value for `patience` epochs.
/// The monitored loss is that of the validation; without one that of the test; without either that of training. However
/// training ends, the model then has the weights of the best epoch.
struct EarlyStopping {
  int patience = 0;  ///< epochs; 0: no early stopping
  double min_delta = 0;
};

/// Options of `fit`.
struct FitOptions {
  int epochs = 100;
  double learning_rate = 1e-3;    ///< of Adam; an optimizer that is passed in has its own
  double weight_decay = 0;        ///< of AdamW, not on biases and norms; an optimizer that is passed in has its own
  Schedule schedule = {};         ///< of the learning rate, starting from the optimizer's; none: constant
  Index batch_size = 0;           ///< sequences per batch; 0: all
  Index accumulate = 1;           ///< batches per step: their sequences count as one batch
  bool shuffle = true;            ///< a new order in each epoch; irrelevant for a full batch
  bool bucket_by_length = false;  ///< batches of sequences of similar length (see `EpochOrder`)
  /// For the order, the validation split, random layers, and weights that nobody has set (`start_from`).
  std::uint64_t seed = 0;
  int threads = 0;                  ///< 0: as many as the machine or container has; any number gives the same bits
  ExecutorReference executor = {};  ///< the user's own threads instead
  Index tile_width = 0;             ///< sequences per tile, a multiple of 16; 0: chosen by `tile_width`
  /// Parameters whose name contains one of these texts do not change ({"lstm"}), and their gradients are not computed.
  std::vector<std::string> frozen = {};
  /// Factors of Adam's learning rate ({{"lstm", 0.1}}). An optimizer that is passed in has its own.
  std::vector<NamedFactor> rates = {};
  double clip_norm = 0;   ///< scales gradients down to this norm; 0: off
  double clip_value = 0;  ///< clamps each number of the gradient to +- this, before `clip_norm`; 0: off
  std::vector<double> class_weights = {};
  bool balance_classes = false;  ///< class weights from `balanced_class_weights`
  double label_smoothing = 0;
  Augmentation augment = {};  ///< changes the training sequences: `{.jitter = 0.05, .time_warp = 0.2}`
  double validation = 0;      ///< keeps this share of the sequences for validation, the same share of each class
  EarlyStopping early_stopping = {};
  double ema_decay = 0;  ///< uses the moving average of the weights for evaluation and at the end; 0: off
  Checkpoint checkpoint = {};
  StopSignal stop = {};                  ///< checked after every step
  std::vector<Callback> callbacks = {};  ///< called after every epoch
  /// Gets what `fit` returns, with the epochs so far, also if `fit` throws after training has begun. The model then has
  /// the weights that it would have had at the end; with early stopping, the best ones.
  History* history = nullptr;

  static void fields(auto&& f, auto&... o) {
    f({"epochs", "Passes over the data", Range::at_least(0)}, o.epochs...);
    f({"learning_rate", "Of Adam", Range::at_least(0)}, o.learning_rate...);
    f({"weight_decay", "Of AdamW", Range::at_least(0)}, o.weight_decay...);
    f({"threads", "0: as many as the machine has", Range::from(0, most_threads)}, o.threads...);
    f({.name = "rates", .range = Range::at_least(0), .optional = true, .flag = ""}, o.rates...);
    results(f, o...);
  }
  /// The options that results depend on, whatever the optimizer. A resumed run must have the same.
  static void results(auto&& f, auto&... o) {
    f({.name = "batch_size", .meaning = "Sequences per step; 0: all", .range = Range::at_least(0), .flag = "batch"},
      o.batch_size...);
    f({"accumulate", "Batches per step", Range::at_least(1)}, o.accumulate...);
    f({"shuffle", "A new order each epoch"}, o.shuffle...);
    f({"bucket_by_length", "Batches of sequences of similar length"}, o.bucket_by_length...);
    f({"seed", "Of all random numbers"}, o.seed...);
    f({"tile_width", "Sequences side by side", Range::from(0, 1 << 20)}, o.tile_width...);
    f({.name = "clip_norm",
       .meaning = "Largest norm of the gradient; 0: any",
       .range = Range::at_least(0),
       .flag = "clip"},
      o.clip_norm...);
    f({"clip_value", "Largest number of the gradient; 0: any", Range::at_least(0)}, o.clip_value...);
    f({"balance_classes", "All classes have the same total weight"}, o.balance_classes...);
    f({"label_smoothing", "Share of a label that is spread over all classes", Range::from(0, 1)}, o.label_smoothing...);
    Augmentation::fields(f, o.augment...);
    f({"validation", "Share for validation, which chooses the epoch", Range::share()}, o.validation...);
    f({"ema_decay", "Of the weights' moving average; 0: none", Range::share()}, o.ema_decay...);
    f({"early_stopping.patience", "Epochs without progress that end training", Range::at_least(0)},
      o.early_stopping.patience...);
    f({"early_stopping.min_delta", "What is progress", Range::at_least(0)}, o.early_stopping.min_delta...);
    f({"class_weights", "", Range::at_least(0)}, o.class_weights...);
    f({.name = "frozen", .optional = true, .flag = ""}, o.frozen...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
void require_option(bool ok, const char* name, const char* expected, double got);
}  // namespace detail

/// Throws at the first option that is out of range, and names it.
const FitOptions& check(const FitOptions& o);

namespace detail {

/// The options that results depend on, as text. The number of epochs is not included; if a schedule depends on it, its
/// steps are.
Metadata identity(const FitOptions& o, const Schedule& schedule, Index width);

/// Whether results depend on the monitored loss.
inline bool watches(const FitOptions& o) {
  return o.early_stopping.patience > 0 || std::holds_alternative<PlateauSchedule>(o.schedule);
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <string>

#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION void require_option(bool ok, const char* name, const char* expected, double got) {
  require(ok, [&] { return Fault{std::string(name) + " out of range", "fit", expected, shortest_number(got)}; });
}

}  // namespace detail

HEED_COLD HEED_FUNCTION const FitOptions& check(const FitOptions& o) {
  check(o, "fit");
  check(o.schedule);
  detail::require_option(o.accumulate == 1 || o.batch_size > 0, "accumulate", "1, or a batch_size",
                         static_cast<double>(o.accumulate));
  detail::require_option(o.tile_width % tile_unit == 0, "tile_width", "a multiple of 16, at least 0",
                         static_cast<double>(o.tile_width));
  require(!o.balance_classes || o.class_weights.empty(),
          [] { return Fault{"class_weights and balance_classes exclude each other", "fit", "one of them", "both"}; });
  detail::require_option(o.checkpoint.every >= 1, "checkpoint.every", "at least 1", o.checkpoint.every);
  require(static_cast<bool>(o.checkpoint.load) == static_cast<bool>(o.checkpoint.save),
          [] { return Fault{"checkpoint needs both load and save", "fit", {}, {}}; });
  const auto empty = std::find(o.callbacks.begin(), o.callbacks.end(), nullptr);
  require(empty == o.callbacks.end(), [&] {
    return Fault{"an empty callback",
                 "fit, callback " + text_of(empty - o.callbacks.begin()) + " (counted from 0)",
                 "a function",
                 {}};
  });
  return o;
}

namespace detail {

HEED_COLD HEED_FUNCTION Metadata identity(const FitOptions& o, const Schedule& schedule, Index width) {
  FieldTable table;
  FitOptions otherwise;
  FitOptions::results(table, const_cast<FitOptions&>(o), otherwise);  // only read
  Metadata m{{"option.schedule", to_text(schedule)}};
  for (const FieldRecord& field : table.records) {
    if (field.optional && field.same()) continue;  // older checkpoints do not have it
    const bool number =
        field.kind != FieldKind::seed && field.kind != FieldKind::numbers && field.kind != FieldKind::texts;
    m["option." + std::string(field.name)] = number ? shortest_number(field.number()) : field.text();
  }
  m["option.tile_width"] = shortest_number(static_cast<double>(width));  // as it was chosen
  return m;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
