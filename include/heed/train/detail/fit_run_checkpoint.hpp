#pragma once

// What a training run stores in a checkpoint, and how it resumes from one.

#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/rng.hpp"
#include "heed/options/metadata.hpp"
#include "heed/train/detail/fit_probe.hpp"
#include "heed/train/detail/fit_run_type.hpp"
#include "heed/train/detail/fit_state.hpp"
#include "heed/train/history.hpp"
#include "heed/train/training_state.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

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

/// What must be the same when a run resumes.
template <class S>
void FitRun<S>::identify(Metadata of_model) {
  identity_.merge(identity(options_, schedule_, feed_.batch(0).width));
  identity_.merge(loss_.identity());
  of_model.erase("output_kind");  // the loss determines it
  for (const auto& [key, value] : of_model) identity_["model." + key] = value;
  for (const auto& [key, value] : optimizer_->settings()) identity_["optimizer." + key] = value;
  rows().add_identity(identity_, "data");
  require(optimizer_->keeps_state(),
          [] { return Fault{"the optimizer cannot go into a checkpoint", "fit", "one with visit_state", {}}; });
}

/// If it throws, model and optimizer are as they were.
template <class S>
void FitRun<S>::resume() {
  TrainingState state;
  state.identity = identity_;
  each_part({StateParts::Act::collect, state});
  each_part({StateParts::Act::save, state});
  const StateCopy before(state);
  const std::vector<StateTensor> tensors = state.tensors;  // what loads may change the list, too
  try {
    state.series.clear();
    load(state);
  } catch (...) {
    state.tensors = tensors;
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
    const int begun = progress_.epoch + (progress_.batch > 0 ? 1 : 0);
    require(begun <= options_.epochs, [&] {
      return Fault{"the checkpoint has more epochs than this run", "fit",
                   "at least " + text_of(begun) + " epochs, or another checkpoint", text_of(options_.epochs)};
    });
  });
  const bool all = reducer_->all(kept), none = reducer_->all(!kept);
  require(all || none, [] { return Fault{"some processes have a checkpoint, others have none", "fit", {}, {}}; });
  if (!kept) return;
  // files of the first version have neither
  const auto outputs = state.series.find("probe.outputs"), loss = state.series.find("probe.loss");
  if (loss != state.series.end()) check_probe<S>(loss->second, loss_probe_, "loss");
  if (outputs != state.series.end()) check_probe<S>(outputs->second, outputs_probe(), "model");
  for (EpochRecord& record : history_.epochs) record.epochs = options_.epochs;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
