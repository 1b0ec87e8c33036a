#pragma once

// What a run keeps in a checkpoint, and takes back.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "heed/core/metadata.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/optim/ema.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/train/history.hpp"
#include "heed/train/rows.hpp"
#include "heed/train/tiles.hpp"
#include "heed/train/training_state.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// The optimizer's present rate; -1 where it tells none.
template <class Optimizer>
double rate_of(const Optimizer& optimizer) {
  if constexpr (requires {
                  { optimizer.options.learning_rate } -> std::convertible_to<double>;
                }) {
    return optimizer.options.learning_rate;
  } else {
    return -1;
  }
}
template <class Optimizer>
void set_rate(Optimizer& optimizer, double rate) {
  if constexpr (requires { optimizer.options.learning_rate = rate; }) optimizer.options.learning_rate = rate;
}

/// The same loss with other class weights, where it has such.
template <class S>
CrossEntropy<S> rebalanced(const CrossEntropy<S>& loss, const std::vector<double>& weights) {
  auto options = loss.options();
  options.class_weights = weights;
  return CrossEntropy<S>(std::move(options));
}
template <class L>
L rebalanced(const L&, const std::vector<double>&) {
  throw Error(Fault{"balance_classes goes with cross-entropy", "fit", {}, {}});
}

/// Where the parts of a run go: models become tensors, whole numbers series. One kind for all that is done with them,
/// so that it is compiled once.
struct StateParts {
  enum class Act { collect, save, load } act;
  TrainingState& state;
  std::string prefix = {};

  template <Visitable M>
  void operator()(const char* name, M& part) const {
    if (act == Act::collect) state.add(prefix + name, part);
  }
  HEED_COLD void operator()(const char* name, std::int64_t& number) const {
    if (act == Act::save) state.series[prefix + name] = {static_cast<double>(number)};
    if (act == Act::load) number = static_cast<std::int64_t>(numbers(name, 1).front());
  }
  HEED_COLD const std::vector<double>& numbers(const char* name, std::size_t count) const {
    const std::vector<double>& values = state.series[prefix + name];
    require(values.size() == count, [&] {
      return Fault{"a series of another length", "checkpoint", text_of(count), text_of(values.size())};
    });
    return values;
  }
  StateParts under(const char* more) const { return {act, state, more}; }
};

/// What a run keeps besides models: how far it has come, its records, its schedule.
HEED_COLD inline void transfer(bool loading, TrainingState& state, TrainingProgress& progress,
                               std::vector<EpochRecord>& records, Schedule& schedule) {
  transfer(loading, state, progress);
  transfer(loading, state, records);
  auto* plateau = std::get_if<PlateauSchedule>(&schedule);
  if (!plateau) return;
  auto& s = plateau->state;
  double numbers[] = {s.rate, s.best, static_cast<double>(s.bad), static_cast<double>(s.cooling)};
  transfer(loading, state.series["plateau"], numbers);
  s = {numbers[0], numbers[1], static_cast<Index>(numbers[2]), static_cast<Index>(numbers[3])};
}

template <class Model, class Optimizer>
struct RunState {
  Model& model;
  Model& good;
  Optimizer& optimizer;
  std::optional<Model>& best;
  std::optional<MovingAverage<Model>>& ema;
  Schedule& schedule;
  TrainingProgress& progress;
  std::vector<EpochRecord>& records;

  HEED_COLD TrainingState saved(const Metadata& identity) {
    TrainingState state;
    state.identity = identity;
    each_part({StateParts::Act::collect, state});
    each_part({StateParts::Act::save, state});
    transfer(false, state, progress, records, schedule);
    return state;
  }

  HEED_COLD bool load(const Checkpoint& checkpoint, const Metadata& identity) {
    require(keeps_state, [] {
      return Fault{"the optimizer cannot go into a checkpoint", "fit", "one with visit_state", {}};
    });
    TrainingState state;
    state.identity = identity;
    each_part({StateParts::Act::collect, state});
    if (!checkpoint.load(state)) return false;
    each_part({StateParts::Act::load, state});
    transfer(true, state, progress, records, schedule);
    return true;
  }

 private:
  static constexpr bool keeps_state = requires(Optimizer & o, StateParts parts) { o.visit_state(parts); };

  HEED_COLD void each_part(const StateParts& parts) {
    parts("model", model);
    parts("good", good);
    if (best) parts("best", *best);
    if (ema) ema->visit_state(parts.under("ema."));
    if constexpr (keeps_state) optimizer.visit_state(parts.under("optimizer."));
  }
};

/// What the model, the optimizer and the data add to the options.
template <class Model, class Optimizer, class Rows>
HEED_COLD void add_identity(Metadata& identity, const Model& model, const Optimizer& optimizer, const Rows& rows) {
  const auto add = [&](const char* prefix, const Metadata& more) {
    for (const auto& [key, value] : more) identity[prefix + key] = value;
  };
  if constexpr (requires {
                  { model.metadata() } -> std::convertible_to<Metadata>;
                })
    add("model.", model.metadata());
  if constexpr (requires {
                  { optimizer.settings() } -> std::convertible_to<Metadata>;
                }) {
    add("optimizer.", optimizer.settings());
  }
  const auto targets = as_rows(rows.labels());
  const auto lengths = rows.lengths();
  set(identity, "data.count", rows.count());
  set(identity, "data.steps", rows.shape().steps);
  set(identity, "data.features", rows.shape().features);
  set(identity, "data.sequences", rows.fingerprint());
  set(identity, "data.labels", fingerprint(0, targets.data(), targets.size()));
  set(identity, "data.lengths", fingerprint(0, lengths.data(), static_cast<Index>(lengths.size())));
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
