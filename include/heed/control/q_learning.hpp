#pragma once

/// @file
/// Deep Q-learning: a model learns the values of actions by acting.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "heed/control/environment.hpp"
#include "heed/control/episodes.hpp"
#include "heed/control/q_learning_options.hpp"
#include "heed/control/q_update.hpp"
#include "heed/control/replay.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/start.hpp"
#include "heed/core/types.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/train/detail/rounds.hpp"
#include "heed/train/history.hpp"

namespace heed::inline HEED_ISA {

/// A model that acts in an environment and learns from it, one step at a time. With probability epsilon it takes a
/// random action, otherwise the greedy one. The replay buffer stores the result, and an update follows.
template <Layer Model, Environment<typename Model::Scalar> E>
class QLearner {
 public:
  using S = typename Model::Scalar;

  /// The model must outlive it. Throws if an option is out of range, or if the model does not fit the environment.
  HEED_COLD QLearner(Model& model, E environment, const QLearningOptions& options)
      : model_(model),
        environment_(std::move(environment)),
        options_(heed::check(options, "learn_q")),
        threads_(options.threads),
        player_(model, environment_, options.window, threads_),
        replay_(options.replay, {options.window, environment_.observation_size()}),
        transitions_(replay_.shape(), options.discount, options.n_step),
        update_(model, replay_, options.update, threads_),
        weights_(model),
        good_(weights_),
        before_(weights_),
        schedule_(complete(options.schedule, options.update.learning_rate, 0,
                           std::max<Index>((options.steps - options.warmup) / options.update_every, 1))) {
    start_from(model, key_);
    update_.restart_target(model);
    begin_episode();
  }

  QLearner(const QLearner&) = delete;  // its parts refer to each other
  QLearner& operator=(const QLearner&) = delete;

  /// Takes one action and learns. Returns false if the loss was not finite; the model then has the last weights with a
  /// finite loss. Only the first steps allocate.
  bool step() {
    const Key draw = key_.child(0).child(static_cast<std::uint64_t>(steps_));
    std::int32_t action = 0;
    if (draw.uniform(0) < epsilon()) {
      action = static_cast<std::int32_t>(draw.below(1, static_cast<std::uint64_t>(environment_.actions())));
    } else {
      action = policy_(model_, transitions_.window());
    }
    ActionResult result = detail::checked(environment_.step(action));
    return_ += result.reward;
    result.reward *= options_.reward_scale;
    transitions_.add(action, result, environment_, replay_);
    ++steps_;
    if (result.over()) {
      ++record_.episodes;
      returns_ += return_;
      ++ended_;
      begin_episode();
    }
    if (steps_ < options_.warmup || replay_.size() == 0 || steps_ % options_.update_every != 0) return true;
    const auto number = static_cast<Index>(update_.steps());
    update_.set_learning_rate(learning_rate());
    detail::copy_parameters(std::as_const(weights_), before_.view());
    const double loss = update_(model_, replay_, key_.child(2).child(static_cast<std::uint64_t>(number)));
    losses_ += loss;
    ++updates_;
    if (!std::isfinite(loss)) return take_back();
    std::swap(before_, good_);
    return true;
  }

  /// Returns false if a weight is not finite, and then restores weights as `step` does.
  bool finite() { return detail::parameters_finite(std::as_const(weights_)) || take_back(); }

  /// The mean return of the evaluation episodes, which are always the same. Meaningless if the stop signal ended them.
  double evaluate() {
    const std::span<const double> returns = player_(model_, key_.child(3), options_.evaluation_episodes, options_.stop);
    return std::accumulate(returns.begin(), returns.end(), 0.0) / static_cast<double>(returns.size());
  }

  /// The record since the last call, without an evaluation.
  QRecord record() {
    const auto mean = [](double sum, Index count) {
      return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
    };
    record_.step = steps_;
    record_.steps = options_.steps;
    record_.training_return = mean(std::exchange(returns_, 0.0), std::exchange(ended_, 0));
    record_.loss = mean(std::exchange(losses_, 0.0), std::exchange(updates_, 0));
    record_.epsilon = epsilon();
    record_.learning_rate = learning_rate();
    return record_;
  }

  Index steps() const { return steps_; }
  const ReplayBuffer<S>& replay() const { return replay_; }
  const Model& target() const { return update_.target(); }

  /// The present share of random actions.
  double epsilon() const {
    if (steps_ >= options_.epsilon_steps) return options_.last_epsilon;
    const double share = static_cast<double>(steps_) / static_cast<double>(options_.epsilon_steps);
    return options_.first_epsilon + (options_.last_epsilon - options_.first_epsilon) * share;
  }
  double learning_rate() const {
    const auto number = static_cast<Index>(update_.steps());
    return rate(schedule_, 0, number, options_.update.learning_rate);
  }

 private:
  bool take_back() {
    detail::copy_parameters(std::as_const(good_).view(), weights_);
    return false;
  }

  void begin_episode() {
    environment_.reset(key_.child(1).child(static_cast<std::uint64_t>(record_.episodes)));
    transitions_.begin(environment_);
    return_ = 0;
  }

  Model& model_;
  E environment_;
  QLearningOptions options_;
  Key key_{options_.seed};
  ThreadPool threads_;
  EpisodePlayer<Model, E> player_;
  ReplayBuffer<S> replay_;
  TransitionMaker<S> transitions_;
  QUpdate<Model> update_;
  Parameters<S> weights_;
  ParameterList<S> good_, before_;  // the last weights with a finite loss; those before the last update
  Schedule schedule_;
  GreedyPolicy<Model> policy_;
  Index steps_ = 0, ended_ = 0, updates_ = 0;
  double return_ = 0, returns_ = 0, losses_ = 0;
  QRecord record_;
};

namespace detail {
/// The rounds of `learn_q`: each has the steps up to an evaluation.
template <class Model, class E>
class QLearningRun {
 public:
  using S = typename Model::Scalar;

  QLearningRun(Model& model, const E& environment, const QLearningOptions& options)
      : options_(options), learner_(model, environment, options), weights_(model) {}

  QHistory train() {
    begin_ = Clock::now();
    const bool evaluates = options_.evaluate_every > 0;
    train_to_the_end(*this, evaluates ? options_.callbacks : std::vector<QCallback>());
    return std::move(history_);
  }

  // ---- for the loop over rounds
  void finish(Outcome outcome) {
    history_.outcome = outcome;
    if (history_.outcome == Outcome::finished && enough()) history_.outcome = Outcome::early;
    if (best_) copy_parameters(std::as_const(*best_).view(), weights_);
    if (options_.history) *options_.history = history_;
  }
  bool left() const { return learner_.steps() < options_.steps; }
  bool enough() const { return highest_ >= options_.goal; }
  bool asked_to_stop() const { return options_.stop.requested(); }
  static bool all(bool yes) { return yes; }
  void ended(Outcome) {}
  Outcome round(QRecord& record) {
    try {
      return play(record);
    } catch (const Error&) {  // policies reject values that are not finite
      if (!learner_.finite()) return Outcome::diverged;
      throw;
    }
  }
  Outcome play(QRecord& record) {
    const Index every = options_.evaluate_every;
    if (!learner_.step()) return Outcome::diverged;
    while (left() && (every == 0 || learner_.steps() % every != 0)) {
      if (asked_to_stop()) return Outcome::cancelled;
      if (!learner_.step()) return Outcome::diverged;
    }
    if (!learner_.finite()) return Outcome::diverged;
    if (every == 0) return Outcome::finished;
    record = learner_.record();
    record.evaluation_return = learner_.evaluate();
    if (asked_to_stop()) return Outcome::cancelled;  // the evaluation may have been cut short
    record.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    return Outcome::finished;
  }
  void take(const QRecord& record) {
    if (options_.evaluate_every == 0) return;
    if (record.evaluation_return >= highest_) {
      highest_ = record.evaluation_return;
      history_.best_step = record.step;
      best_.emplace(weights_);
    }
    history_.records.push_back(record);
  }

 private:
  using Clock = std::chrono::steady_clock;
  const QLearningOptions& options_;
  QLearner<Model, E> learner_;
  Parameters<S> weights_;
  std::optional<ParameterList<S>> best_;
  double highest_ = -std::numeric_limits<double>::infinity();
  Clock::time_point begin_;
  QHistory history_;
};
}  // namespace detail

/// Teaches `model` the values of the actions in `environment`. Every `evaluate_every` steps it is evaluated with the
/// greedy policy on separate episodes. At the end it has the weights of the best evaluation (of the last one in a tie).
/// An evaluation that `stop` interrupted does not count. The same seed gives the same bits for any number of threads.
/// Throws if an option is out of range, or if the model does not fit the environment.
template <Layer Model, Environment<typename Model::Scalar> E>
QHistory learn_q(Model& model, const E& environment, const QLearningOptions& options = {}) {
  detail::QLearningRun<Model, E> run(model, environment, options);
  if constexpr (RemembersOutputs<Model>) model.outputs = OutputKind::numbers;
  return run.train();
}

}  // namespace heed::inline HEED_ISA
