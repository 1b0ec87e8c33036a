#pragma once

/// @file
/// The replay buffer: the transitions that an agent has experienced.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/control/environment.hpp"
#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// In `state` an action was taken, and rewards were collected until `next`. The action's value is reward + discount
/// times the value of `next`.
template <class S>
struct Transition {
  std::span<const S> state;  ///< (steps, features)
  std::int32_t action = 0;
  S reward = 0;    ///< of several actions: the first plus the discounted following ones
  S discount = 0;  ///< 0: the episode ended
  std::span<const S> next;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The last `capacity` transitions. All memory is allocated at the start.
template <class S>
class ReplayBuffer {
 public:
  /// Throws if a size is not positive.
  ReplayBuffer(Index capacity, Shape shape) : capacity_(capacity), shape_(shape) {
    check_sizes({{"capacity", capacity}, {"steps", shape.steps}, {"features", shape.features}}, "ReplayBuffer");
    states_ = next_ = Tensor<S, 3>({capacity, shape.steps, shape.features});
    steps_ = make_vector<Step>(capacity, "ReplayBuffer");
  }

  Index capacity() const { return capacity_; }
  Index size() const { return size_; }
  Shape shape() const { return shape_; }

  /// Adds a transition; a full buffer drops its oldest one. Throws if a size does not fit.
  void add(const Transition<S>& t) {
    const auto numbers = static_cast<std::size_t>(shape_.steps * shape_.features);
    require(t.state.size() == numbers && t.next.size() == numbers, [&] {
      return Fault{"wrong number of observations", "ReplayBuffer", text_of(numbers),
                   text_of(t.state.size()) + " and " + text_of(t.next.size())};
    });
    std::copy(t.state.begin(), t.state.end(), states_[place_].begin());
    std::copy(t.next.begin(), t.next.end(), next_[place_].begin());
    steps_[static_cast<std::size_t>(place_)] = {t.action, t.reward, t.discount};
    size_ = std::max(size_, place_ + 1);
    place_ = (place_ + 1) % capacity_;
  }

  /// A view of transition i, without a bounds check.
  Transition<S> operator[](Index i) const {
    const auto numbers = static_cast<std::size_t>(shape_.steps * shape_.features);
    const Step& s = steps_[static_cast<std::size_t>(i)];
    return {{states_[i].data(), numbers}, s.action, s.reward, s.discount, {next_[i].data(), numbers}};
  }

  /// All states, and the next states: (capacity, steps, features), of which the first `size()` are filled.
  TensorView<const S, 3> states() const { return states_; }
  TensorView<const S, 3> next_states() const { return next_; }

  /// Draws transitions with equal probability. Throws if there are none.
  void sample(Key key, std::span<Index> rows) const {
    require(size_ > 0, [] { return Fault{"there is nothing to draw from", "ReplayBuffer", {}, {}}; });
    std::uint64_t draw = 0;
    for (Index& row : rows) row = static_cast<Index>(key.below(draw++, static_cast<std::uint64_t>(size_)));
  }

 private:
  struct Step {
    std::int32_t action = 0;
    S reward = 0, discount = 0;
  };

  Index capacity_, size_ = 0, place_ = 0;
  Shape shape_;
  Tensor<S, 3> states_, next_;
  std::vector<Step> steps_;
};

/// Makes n-step transitions from the steps of episodes (Sutton 1988):
///
///     reward = r_t + g r_t+1 + ... + g^(n-1) r_t+n-1,   discount = g^n,   next = the state n steps later
///
/// At an episode's end they are shorter. Their discount is then 0 after a terminal step, but not after a time limit.
template <class S>
class TransitionMaker {
 public:
  /// Throws if n is not positive, or if the discount is not in [0, 1].
  TransitionMaker(Shape shape, double discount, Index n = 1)
      : window_(shape),
        discount_(discount),
        n_(n),
        states_({std::max<Index>(n, 1), shape.steps, shape.features}),
        actions_(static_cast<std::size_t>(std::max<Index>(n, 1))),
        rewards_(actions_.size()) {
    require(n > 0, [&] { return Fault{"option out of range", "TransitionMaker", "n of at least 1", text_of(n)}; });
    require(discount >= 0 && discount <= 1,
            [&] { return Fault{"option out of range", "TransitionMaker", "a discount of 0 to 1", text_of(discount)}; });
  }

  /// The window of the last observations.
  const ObservationWindow<S>& window() const { return window_; }

  /// Starts an episode.
  template <Environment<S> E>
  void begin(const E& environment) {
    window_.begin(environment);
    held_ = 0;
  }
  /// Adds a step: the action was taken in the window's state and led to the environment's state.
  template <Environment<S> E>
  void add(std::int32_t action, const ActionResult& result, const E& environment, ReplayBuffer<S>& replay) {
    if (held_ == n_) drop_first();
    const std::span<const S> state = window_.values();
    std::copy(state.begin(), state.end(), states_[held_].begin());
    actions_[static_cast<std::size_t>(held_)] = action;
    rewards_[static_cast<std::size_t>(held_)] = detail::checked(result).reward;
    ++held_;
    window_.add(environment);
    if (held_ == n_ || result.over()) put(result, replay);
    while (result.over() && held_ > 1) {
      drop_first();
      put(result, replay);
    }
  }

 private:
  void put(const ActionResult& result, ReplayBuffer<S>& replay) const {
    double reward = 0;
    for (Index i = held_; i-- > 0;) reward = rewards_[static_cast<std::size_t>(i)] + discount_ * reward;
    const auto left = result.terminal ? 0 : std::pow(discount_, static_cast<double>(held_));
    replay.add({{states_.data(), window_.values().size()},
                actions_.front(),
                static_cast<S>(reward),
                static_cast<S>(left),
                window_.values()});
  }
  void drop_first() {
    std::copy(states_.begin() + static_cast<std::ptrdiff_t>(window_.values().size()), states_.end(), states_.begin());
    std::shift_left(actions_.begin(), actions_.end(), 1);
    std::shift_left(rewards_.begin(), rewards_.end(), 1);
    --held_;
  }

  ObservationWindow<S> window_;
  double discount_;
  Index n_, held_ = 0;
  Tensor<S, 3> states_;  // states of the actions that wait for more rewards
  std::vector<std::int32_t> actions_;
  std::vector<double> rewards_;
};

}  // namespace heed::inline HEED_ISA
