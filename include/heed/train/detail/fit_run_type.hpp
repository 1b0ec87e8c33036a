#pragma once

// One training run. Its functions are in fit_run.hpp, fit_run_epochs.hpp and fit_run_checkpoint.hpp. It depends only on
// the scalar: models, losses, optimizers, data and processes are tables of functions.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/optim/ema.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/train/batch.hpp"
#include "heed/train/detail/any_loss.hpp"
#include "heed/train/detail/any_optimizer.hpp"
#include "heed/train/detail/any_rows.hpp"
#include "heed/train/detail/augment.hpp"
#include "heed/train/detail/feed.hpp"
#include "heed/train/detail/fit_state.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit_options.hpp"
#include "heed/train/history.hpp"
#include "heed/train/reducer.hpp"
#include "heed/train/split.hpp"
#include "heed/train/step.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// The parts of a run, independent of their types.
template <class S>
struct FitParts {
  TrainedModel<S> model;
  Metadata identity;  // of the model
  AnyLoss<S> loss;
  std::unique_ptr<AnyOptimizer<S>> optimizer;
  std::shared_ptr<AnyReducer<S>> reducer;
  std::unique_ptr<AnyRows<S>> rows, test, validated;  // no test: null; the training rows again, to validate on
  OutputKind* outputs = nullptr;                      // where the model remembers the loss's kind; null: nowhere
  std::unique_ptr<AnyRows<S>> probed;                 // the training rows once more, for a checkpoint's probe
};

template <class S>
class FitRun {
 public:
  HEED_COLD FitRun(FitParts<S> parts, const FitOptions& options);
  History train();

  // ---- for the loop over rounds
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
  HEED_COLD void freeze();
  void balance(std::span<const Index> members, Index classes);
  Outcome epoch(EpochRecord& record);
  Outcome diverged();
  double update(int epoch, Index batch);
  const Totals& gradient(const Batch& batch, double scale, Key key);
  double add_other_loss(const AugmentedTile<S>& tile, Tile<const S> z, double scale, Tile<S> dz,
                        const Pass& pass) const;
  bool evaluate(EpochRecord& record);
  void observe(const EpochRecord& record);

  void start();
  HEED_COLD void each_part(const StateParts& parts);
  HEED_COLD void keep();
  void identify(Metadata of_model);
  HEED_COLD void resume();
  HEED_COLD void load(TrainingState& state);
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
  std::vector<bool> frozen_;                      // per parameter; empty: none
  std::optional<ParameterList<S>> kept_weights_;  // if the optimizer might move frozen parameters
  ParameterList<S> good_;                         // the last weights that gave a finite loss
  std::optional<ParameterList<S>> best_;          // of early stopping
  std::optional<BasicMovingAverage<S>> ema_;
  std::optional<EvaluationRun<S>> test_, validation_, probe_;
  Schedule schedule_;
  double base_rate_ = -1;  // the optimizer's; negative: it does not tell
  double counted_ = 0;     // denominator of the accuracy
  double before_ = 0;      // seconds of the run before the checkpoint
  std::chrono::steady_clock::time_point begin_;
  bool kept_ = false;  // whether the last epoch is in the checkpoint
  TrainingProgress progress_;
  Metadata identity_;
  std::vector<double> loss_probe_;
  History history_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
