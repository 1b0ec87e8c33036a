#pragma once

/// @file
/// One update of deep Q-learning.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/control/replay.hpp"
#include "heed/core/any_model.hpp"
#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/huber.hpp"
#include "heed/losses/taken_action.hpp"
#include "heed/optim/adam.hpp"
#include "heed/optim/clip.hpp"
#include "heed/options/fields.hpp"
#include "heed/train/step.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ABI {

/// Options of `QUpdate`.
struct QUpdateOptions {
  Index batch_size = 64;        ///< transitions per update
  double learning_rate = 1e-3;  ///< of Adam
  double clip_norm = 10;        ///< scales gradients down to this norm; 0: off
  double delta = 1;             ///< of the Huber loss
  bool double_q = true;         ///< the model chooses the next action, the target network gives its value
  /// updates between two copies of the model to the target network; 0: a moving average instead
  Index target_period = 0;
  double target_rate = 0.005;  ///< of the moving average: the share of the difference per update
  /// Parameters whose name contains one of these texts do not change, and their gradients are not computed.
  std::vector<std::string> frozen = {};
  std::vector<NamedFactor> rates = {};  ///< factors of the learning rate, for parameters whose name contains a text

  static void fields(auto&& f, auto&... o) {
    f({.name = "batch_size", .meaning = "Transitions per update", .flag = "batch"}, o.batch_size...);
    f({"learning_rate", "Of Adam, at first", Range::at_least(0)}, o.learning_rate...);
    f({"clip_norm", "Largest norm of the gradient; 0: any", Range::at_least(0)}, o.clip_norm...);
    f({"delta", "Of the Huber loss", {0, Range::infinite, true, true}}, o.delta...);
    f({"double_q"}, o.double_q...);
    f({"target_period", "", Range::at_least(0)}, o.target_period...);
    f({"target_rate", "", {0, 1, false, true}}, o.target_rate...);
    f({.name = "frozen", .optional = true, .flag = ""}, o.frozen...);
    f({.name = "rates", .range = Range::at_least(0), .optional = true, .flag = ""}, o.rates...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
template <class S>
void move_parameters(Parameters<S>& to, const Parameters<S>& from, double rate) {
  check_same_sizes(from, to);
  if (rate == 1) return copy_parameters(from, to);
  using namespace simd;
  for (Index k = 0; k < to.count(); ++k) {
    S* a = to[k].data();
    const S* b = from[k].data();
    for_each_packet<S>(from[k].size(), [&]<class P>(Index i) HEED_LAMBDA {
      const P old = load<P>(a + i);
      store(a + i, fma(set1<P>(static_cast<S>(rate)), sub(load<P>(b + i), old), old));
    });
  }
}
}  // namespace detail

/// to += rate (from - to), parameter by parameter (Polyak and Juditsky 1992). Rate 1 copies, whatever `to` holds.
template <Visitable Model>
void move_towards(Model& to, const Model& from, double rate) {
  Parameters<typename Model::Scalar> moved(to);
  detail::move_parameters(moved, parameters_of(from), rate);
}

/// For each lane: reward + discount value(best next action), in the form of `TakenAction`'s targets (1, 2), whose
/// second feature it writes. `chosen_by` has the values that choose the action, `valued_by` the values that count: (1,
/// actions) each.
template <class S>
void put_values(Tile<const S> chosen_by, Tile<const S> valued_by, const S* reward, const S* discount, Tile<S> target) {
  for (Index l = 0; l < target.lanes; ++l) {
    Index best = 0;
    for (Index a = 1; a < chosen_by.features; ++a) {
      best = chosen_by.at(0, a)[l] > chosen_by.at(0, best)[l] ? a : best;
    }
    target.at(0, 1)[l] = reward[l] + discount[l] * valued_by.at(0, best)[l];
  }
}

/// Deep Q-learning (Mnih et al. 2015) on transitions drawn from a replay buffer. Q is the model, Q' its target network.
/// Q* is Q with `double_q` (van Hasselt, Guez and Silver 2016), otherwise Q'.
///
///     loss = mean of huber(Q(state, action) - (reward + discount Q'(next, argmax Q*(next)))),   then a step of Adam
///
/// The same key gives the same bits for any number of threads. Only the first steps allocate. This class is for models
/// of any type; `QUpdate` is for one model type.
template <class S>
class BasicQUpdate {
 public:
  using Options = QUpdateOptions;

  /// For models like `target`, which has the target network's initial weights. Throws if an option is out of range, or
  /// if it names no parameter.
  HEED_COLD BasicQUpdate(OwnModel<S> target, const ReplayBuffer<S>& replay, Options o, ThreadPool& threads);

  /// Updates the model, whose parameters are `weights`. Returns the loss before the update. If the loss is not finite,
  /// the model stays as it was. Throws, leaving the model as it was, if the states have another shape than at the
  /// start, or if an action is not one of the model's.
  double operator()(const ModelReference<S>& model, Parameters<S>& weights, const ReplayBuffer<S>& replay, Key key);

  const OwnModel<S>& target_model() const { return target_; }
  /// Copies these weights to the target network.
  void restart_target(const Parameters<S>& weights) { detail::copy_parameters<S>(weights, target_.parameters()); }
  std::int64_t steps() const { return adam_.steps(); }
  void set_learning_rate(double rate) { adam_.options.learning_rate = rate; }

 private:
  struct Memory {
    TileStore<S, S> states, next;
    TileBuffer<S> targets, steps, chosen_by, valued_by;
  };

  void check_states(Shape got) const;
  void run_tile(const ModelReference<S>& model, const ReplayBuffer<S>& replay, Index first, Index rows, double scale,
                Worker<S>& worker, OwnModel<S>& gradient, Totals& totals, const Pass& pass);

  Options options_;
  OwnModel<S> target_;
  BasicAdam<S> adam_;
  TrainingStep<S> step_;
  TakenAction<S> loss_;
  std::vector<Memory> memory_;  // of the threads
  std::vector<Index> rows_;     // of the batch
  Index width_;
  Shape shape_;  // of a state
  Index actions_;
};

/// The update for models of one type.
template <Layer Model>
class QUpdate : public BasicQUpdate<typename Model::Scalar> {
 public:
  using S = typename Model::Scalar;
  using BasicQUpdate<S>::operator();

  /// For models like this one. The target network starts as a copy of it. Throws if an option is out of range.
  QUpdate(const Model& model, const ReplayBuffer<S>& replay, QUpdateOptions o, ThreadPool& threads)
      : BasicQUpdate<S>(OwnModel<S>(model), replay, o, threads) {}

  /// Updates the model. Returns the loss before the update.
  double operator()(Model& model, const ReplayBuffer<S>& replay, Key key) {
    weights_.look_at(model);
    return (*this)(model, weights_, replay, key);
  }
  using BasicQUpdate<S>::restart_target;
  void restart_target(const Model& model) { this->restart_target(parameters_of(model)); }
  const Model& target() const { return this->target_model().template as<Model>(); }

 private:
  Parameters<S> weights_;  // of the last step
};

template <class S>
BasicQUpdate<S>::BasicQUpdate(OwnModel<S> target, const ReplayBuffer<S>& replay, Options o, ThreadPool& threads)
    : options_(heed::check(o, "QUpdate")),
      target_(std::move(target)),
      adam_(target_.parameters(), {.learning_rate = o.learning_rate, .rates = o.rates}),
      step_(target_, threads),
      loss_(Huber<S>({.delta = o.delta})),
      memory_(static_cast<std::size_t>(threads.size())),
      rows_(static_cast<std::size_t>(o.batch_size)),
      width_(tile_width(o.batch_size)),
      shape_(replay.shape()),
      actions_(logits_shape(target_.reference(), replay.shape(), "QUpdate").features) {
  for (Memory& m : memory_) {
    m.states.reserve(1, replay.shape(), width_);
    m.next.reserve(1, replay.shape(), width_);
  }
  if (!o.frozen.empty()) {
    step_.want_all_but(detail::frozen_among(std::as_const(target_).parameters().names(), o.frozen, "QUpdate: frozen"));
  }
}

template <class S>
double BasicQUpdate<S>::operator()(const ModelReference<S>& model, Parameters<S>& weights,
                                   const ReplayBuffer<S>& replay, Key key) {
  check_states(replay.shape());
  replay.sample(key.child(0), rows_);
  const Index count = options_.batch_size;
  const double scale = 1 / static_cast<double>(count);
  const double loss =
      step_(tile_count(count, width_), [&](Index i, Worker<S>& worker, OwnModel<S>& gradient, Totals& totals) {
        const Pass training{worker.scratch, true, key.child(1), i * width_};
        run_tile(model, replay, i * width_, std::min(width_, count - i * width_), scale, worker, gradient, totals,
                 training);
      }).loss;
  if (!std::isfinite(loss)) return loss;
  const FlushDenormals flush;
  Parameters<S>& gradient = step_.gradient().parameters();
  if (options_.clip_norm > 0) detail::clip_parameters_norm(gradient, options_.clip_norm);
  adam_.step(weights, std::as_const(gradient));
  const bool copies = options_.target_period > 0;
  if (!copies || adam_.steps() % options_.target_period == 0) {
    detail::move_parameters(target_.parameters(), std::as_const(weights), copies ? 1 : options_.target_rate);
  }
  return loss;
}

template <class S>
void BasicQUpdate<S>::check_states(Shape got) const {
  require(got == shape_, [&] {
    return Fault{"wrong shape of the states", "QUpdate", to_text(Extents<2>{shape_.steps, shape_.features}),
                 to_text(Extents<2>{got.steps, got.features})};
  });
}

// The transitions rows_[first] and on.
template <class S>
void BasicQUpdate<S>::run_tile(const ModelReference<S>& model, const ReplayBuffer<S>& replay, Index first, Index rows,
                               double scale, Worker<S>& worker, OwnModel<S>& gradient, Totals& totals,
                               const Pass& pass) {
  Memory& memory = memory_[static_cast<std::size_t>(worker.number)];
  const auto row = [&](Index l) { return rows_[static_cast<std::size_t>(first + l)]; };
  const auto states = memory.states.gather(0, replay.states(), {}, {}, rows, row);
  const auto next = memory.next.gather(0, replay.next_states(), {}, {}, rows, row);
  const Tile<S> targets = memory.targets.take({1, 2}, width_), steps = memory.steps.take({1, 2}, width_);
  fill(targets, S(0));
  fill(steps, S(0));
  for (Index l = 0; l < rows; ++l) {
    const Transition<S> t = replay[row(l)];
    require(t.action >= 0 && t.action < actions_,
            [&] { return Fault{"no such action", "QUpdate", "0 to " + text_of(actions_ - 1), text_of(t.action)}; });
    targets.at(0, 0)[l] = static_cast<S>(t.action);
    steps.at(0, 0)[l] = t.reward;
    steps.at(0, 1)[l] = t.discount;
  }
  const Pass frozen{pass.scratch};
  const Shape q{1, actions_};
  const Tile<S> valued_by = memory.valued_by.take(q, width_), chosen_by = memory.chosen_by.take(q, width_);
  target_.reference().forward(next.x, valued_by, worker.cache, frozen);
  if (options_.double_q) model.forward(next.x, chosen_by, worker.cache, frozen);
  put_values<S>(options_.double_q ? chosen_by : valued_by, valued_by, steps.at(0, 0), steps.at(0, 1), targets);
  const Tile<S> y = worker.output.take(q, width_), dy = worker.doutput.take(q, width_);
  model.forward(states.x, y, worker.cache, pass);
  totals.loss += loss_(y, targets, states.weights, scale, dy, pass);
  gradient.add_gradient(model, states.x, y, dy, worker.cache, pass);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(class heed::BasicQUpdate)
HEED_COMPILED_FUNCTION(heed::detail::move_parameters)
