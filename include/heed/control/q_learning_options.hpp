#pragma once

/// @file
/// The options and records of deep Q-learning.

#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>
#include <vector>

#include "heed/control/q_update.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/types.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/options/fields.hpp"
#include "heed/train/history.hpp"
#include "heed/train/stop.hpp"

namespace heed::inline HEED_ABI {

/// The progress of learning, reported after each evaluation.
struct QRecord {
  Index step = 0, steps = 0;  ///< of the environment, from 1; of how many
  Index episodes = 0;         ///< finished episodes
  double training_return =
      std::numeric_limits<double>::quiet_NaN();            ///< mean over the episodes that ended since the last record
  double evaluation_return = 0;                            ///< mean over the evaluation episodes
  double loss = std::numeric_limits<double>::quiet_NaN();  ///< mean over the updates since the last record
  double epsilon = 0, learning_rate = 0, seconds = 0;
};

/// Called after every evaluation. Learning continues while all callbacks return true.
using QCallback = std::function<bool(const QRecord&)>;

/// The result of `learn_q`: its records, and how it ended.
struct QHistory;

/// Options of `learn_q`.
struct QLearningOptions {
  Index steps = 50'000;  ///< of the environment
  Index window = 8;      ///< number of last observations that the model sees
  double discount = 0.99;
  double reward_scale = 1;       ///< the model learns values of rewards times this
  Index n_step = 1;              ///< number of rewards in a transition
  Index replay = 50'000;         ///< transitions that are kept
  Index warmup = 1'000;          ///< steps before the first update
  Index update_every = 1;        ///< steps per update
  QUpdateOptions update = {};    ///< the options of an update
  Schedule schedule = {};        ///< of the learning rate, counted in updates
  double first_epsilon = 1;      ///< share of random actions at the start
  double last_epsilon = 0.05;    ///< and at the end of a linear decrease,
  Index epsilon_steps = 10'000;  ///< which ends at this step
  Index evaluate_every = 2'000;  ///< steps; 0: never, and the model keeps its last weights
  Index evaluation_episodes = 64;
  /// a mean return of the evaluation that is good enough to stop
  double goal = std::numeric_limits<double>::infinity();
  std::uint64_t seed = 0;
  int threads = 0;       ///< 0: as many as the machine or container has; any number gives the same bits
  StopSignal stop = {};  ///< checked after every step, in evaluations by several threads
  std::vector<QCallback> callbacks = {};
  QHistory* history = nullptr;  ///< as `FitOptions::history`

  static void fields(auto&& f, auto&... o) {
    f({"steps", "Of the environment", Range::at_least(0)}, o.steps...);
    f({"window", "Observations that the model sees"}, o.window...);
    f({"discount", "Of rewards, per step", Range::from(0, 1)}, o.discount...);
    f({"reward_scale", "", {0, Range::infinite, true, true}}, o.reward_scale...);
    f({"n_step", "Rewards of a transition"}, o.n_step...);
    f({"replay", "Transitions that are kept"}, o.replay...);
    f({"warmup", "Steps before the first update", Range::at_least(0)}, o.warmup...);
    f({"update_every", "Steps", Range::at_least(1)}, o.update_every...);
    f({"first_epsilon", "", Range::from(0, 1)}, o.first_epsilon...);
    f({"last_epsilon", "", Range::from(0, 1)}, o.last_epsilon...);
    f({"epsilon_steps", "", Range::at_least(0)}, o.epsilon_steps...);
    f({.name = "evaluate_every",
       .meaning = "Steps between evaluations",
       .range = Range::at_least(0),
       .flag = "evaluate"},
      o.evaluate_every...);
    f({"evaluation_episodes", ""}, o.evaluation_episodes...);
    f({"seed", "Of all random numbers"}, o.seed...);
    f({"threads", "0: as many as the machine has", Range::from(0, most_threads)}, o.threads...);
  }
};

struct QHistory {
  std::vector<QRecord> records;
  Outcome outcome = Outcome::finished;  ///< `early`: the goal was reached
  Index best_step = 0;                  ///< the step of the model's weights; 0: there was no evaluation
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Throws at the first option that is out of range, including those of the schedule.
HEED_FUNCTION const QLearningOptions& check(const QLearningOptions& options, std::string_view where);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include "heed/core/error.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION const QLearningOptions& check(const QLearningOptions& options, std::string_view where) {
  check<QLearningOptions>(options, where);
  detail::inside(where, [&] { check(options.schedule); });
  return options;
}

}  // namespace heed::inline HEED_ISA

#endif
