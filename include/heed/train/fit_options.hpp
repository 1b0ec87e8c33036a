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
  /// Of the order, the validation split, random layers, and weights that nobody has set (`start_from`).
  std::uint64_t seed = 0;
  int threads = 0;  ///< 0: as many as the machine, or the container, has. Results are the same bits for any number
  ExecutorReference executor = {};  ///< threads of one's own instead
  Index tile_width = 0;             ///< sequences side by side, a multiple of 16; 0: what `tile_width` chooses
  /// Parameters with one of these texts in their names stay as they are ({"lstm"}), and their gradients are not
  /// computed
  std::vector<std::string> frozen = {};
  /// Factors of Adam's learning rate ({{"lstm", 0.1}}); an optimizer that is handed in has its own
  std::vector<NamedFactor> rates = {};
  double clip_norm = 0;   ///< gradients are scaled down to this norm; 0: not
  double clip_value = 0;  ///< numbers of the gradient are clamped to +- this, before `clip_norm`; 0: not
  std::vector<double> class_weights = {};
  bool balance_classes = false;  ///< class weights of `balanced_class_weights`
  double label_smoothing = 0;
  Augmentation augment = {};  ///< changes what is trained on: `{.jitter = 0.05, .time_warp = 0.2}`
  double validation = 0;      ///< this share of the sequences is kept for validation, of each class alike
  EarlyStopping early_stopping = {};
  double ema_decay = 0;  ///< evaluates, and ends with, the moving average of weights; 0: not
  Checkpoint checkpoint = {};
  StopSignal stop = {};                  ///< asked after every step
  std::vector<Callback> callbacks = {};  ///< after every epoch
  /// Gets what `fit` returns, also where it throws after training has begun: the epochs that ended. The model then has
  /// the weights that it would have had in the end, the best ones with early stopping.
  History* history = nullptr;

  static void fields(auto&& f, auto&... o) {
    f({"epochs", "Passes over the data", Range::at_least(0)}, o.epochs...);
    f({"learning_rate", "Of Adam", Range::at_least(0)}, o.learning_rate...);
    f({"weight_decay", "Of AdamW", Range::at_least(0)}, o.weight_decay...);
    f({"threads", "0: as many as the machine has", Range::from(0, most_threads)}, o.threads...);
    f({.name = "rates", .range = Range::at_least(0), .optional = true, .flag = ""}, o.rates...);
    results(f, o...);
  }
  /// Those that results depend on, whatever the optimizer: a run that goes on must have the same.
  static void results(auto&& f, auto&... o) {
    f({.name = "batch_size", .meaning = "Sequences a step; 0: all", .range = Range::at_least(0), .flag = "batch"},
      o.batch_size...);
    f({"accumulate", "Batches a step", Range::at_least(1)}, o.accumulate...);
    f({"shuffle", "A new order each epoch"}, o.shuffle...);
    f({"bucket_by_length", "Batches of sequences of about one length"}, o.bucket_by_length...);
    f({"seed", "Of everything that is drawn"}, o.seed...);
    f({"tile_width", "Sequences side by side", Range::from(0, 1 << 20)}, o.tile_width...);
    f({.name = "clip_norm",
       .meaning = "Largest norm of the gradient; 0: any",
       .range = Range::at_least(0),
       .flag = "clip"},
      o.clip_norm...);
    f({"clip_value", "Largest number of the gradient; 0: any", Range::at_least(0)}, o.clip_value...);
    f({"balance_classes", "All classes count alike"}, o.balance_classes...);
    f({"label_smoothing", "Share of a label that all classes get", Range::from(0, 1)}, o.label_smoothing...);
    Augmentation::fields(f, o.augment...);
    f({"validation", "Share that is held out, and chooses the epoch", Range::share()}, o.validation...);
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

/// What results depend on, as text. The number of epochs is not among it: where a schedule depends on it, its steps
/// tell.
Metadata identity(const FitOptions& o, const Schedule& schedule, Index width);

/// Whether results depend on the loss that is monitored.
inline bool watches(const FitOptions& o) {
  return o.early_stopping.patience > 0 || std::holds_alternative<PlateauSchedule>(o.schedule);
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

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
  return o;
}

namespace detail {

HEED_COLD HEED_FUNCTION Metadata identity(const FitOptions& o, const Schedule& schedule, Index width) {
  FieldTable table;
  FitOptions otherwise;
  FitOptions::results(table, const_cast<FitOptions&>(o), otherwise);  // looked at alone
  Metadata m{{"option.schedule", to_text(schedule)}};
  for (const FieldRecord& field : table.records) {
    if (field.optional && field.same()) continue;  // checkpoints from before lack it
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
