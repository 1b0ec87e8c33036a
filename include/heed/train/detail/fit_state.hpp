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

/// Parts of the state that are models become tensors, numbers become series.
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

  TrainingState saved(const Metadata& identity) {
    TrainingState state;
    state.identity = identity;
    collect(state);
    numbers<false>(state);
    return state;
  }

  bool load(const Checkpoint& checkpoint, const Metadata& identity) {
    require(keeps_state, [] {
      return Fault{"the optimizer cannot go into a checkpoint", "fit", "one with visit_state", {}};
    });
    TrainingState state;
    state.identity = identity;
    collect(state);
    if (!checkpoint.load(state)) return false;
    numbers<true>(state);
    return true;
  }

 private:
  static constexpr bool keeps_state = requires(Optimizer & o) {
    o.visit_state([](const char*, auto&) {});
  };

  // f(name, part) for each part, a model or a whole number
  template <class F>
  void each_part(F&& f) {
    const auto under = [&](std::string prefix) {
      return [&f, prefix](const char* name, auto& part) { f(prefix + name, part); };
    };
    f("model", model);
    f("good", good);
    if (best) f("best", *best);
    if (ema) ema->visit_state(under("ema."));
    if constexpr (keeps_state) optimizer.visit_state(under("optimizer."));
  }
  void collect(TrainingState& state) {
    each_part([&](const std::string& name, auto& part) {
      if constexpr (Visitable<std::remove_reference_t<decltype(part)>>) state.add(name, part);
    });
  }
  template <bool loading>
  void numbers(TrainingState& state) {
    each_part([&](const std::string& name, auto& part) {
      if constexpr (std::integral<std::remove_reference_t<decltype(part)>>) transfer<loading>(state.series[name], part);
    });
    transfer<loading>(state, progress);
    transfer<loading>(state, records);
    if (auto* p = std::get_if<PlateauSchedule>(&schedule)) {
      auto& s = p->state;
      transfer<loading>(state.series["plateau"], s.rate, s.best, s.bad, s.cooling);
    }
  }
};

/// What the model, the optimizer and the data add to the options.
template <class Model, class Optimizer, class Rows>
void add_identity(Metadata& identity, const Model& model, const Optimizer& optimizer, const Rows& rows) {
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
