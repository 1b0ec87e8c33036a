#pragma once

/// @file
/// Environments in which an agent acts, and the window of its last observations.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// The result of an action.
struct ActionResult {
  double reward = 0;
  bool terminal = false;   ///< the episode ends here: the future has value 0
  bool timed_out = false;  ///< the episode is cut off here: the future still has a value

  bool over() const { return terminal || timed_out; }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// Throws if a reward is not finite.
inline const ActionResult& checked(const ActionResult& result) {
  require(std::isfinite(result.reward),
          [&] { return Fault{"a reward is not finite", "environment", "a finite number", text_of(result.reward)}; });
  return result;
}
/// Throws if the value of an action is not finite, because then there is no largest one.
template <class S>
void check_action_value(S value, const char* where) {
  require(std::isfinite(value), [&] { return Fault{"the values of the actions are not finite", where, {}, {}}; });
}
}  // namespace detail

/// An environment. It is a value: a copy continues independently.
///
/// - `observation_size()`, `actions()`: the numbers of an observation, and the number of actions.
/// - `reset(key)`: starts an episode, as a function of the key.
/// - `step(action)`: takes an action in 0 .. actions - 1. The result is a function of the state and the key. Every
///   episode must end, whatever the actions, at least by a time limit: code that plays whole episodes waits for their
///   ends.
/// - `observe(to)`: writes the present observation.
template <class E, class S>
concept Environment =
    std::copyable<E> && requires(E& environment, const E& seen, Key key, std::int32_t action, std::span<S> to) {
      { seen.observation_size() } -> std::convertible_to<Index>;
      { seen.actions() } -> std::convertible_to<Index>;
      environment.reset(key);
      { environment.step(action) } -> std::convertible_to<ActionResult>;
      seen.observe(to);
    };

/// The last observations, (steps, features), the newest last. At the start of an episode the first observation fills
/// the places before it.
template <class S>
class ObservationWindow {
 public:
  /// Throws if a size is not positive.
  explicit ObservationWindow(Shape shape) : shape_(shape) {
    check_sizes({{"steps", shape.steps}, {"features", shape.features}}, "ObservationWindow");
    values_ = make_vector<S>(element_count(Extents<2>{shape.steps, shape.features}), "ObservationWindow");
  }

  Shape shape() const { return shape_; }
  std::span<const S> values() const { return values_; }

  /// Starts with the first observation of an episode. Throws if a number is not finite.
  template <Environment<S> E>
  void begin(const E& environment) {
    observe(environment);
    for (Index t = 0; t + 1 < shape_.steps; ++t) {
      std::copy(newest().begin(), newest().end(), values_.begin() + t * shape_.features);
    }
  }
  /// Adds the next observation. Throws if a number is not finite.
  template <Environment<S> E>
  void add(const E& environment) {
    std::copy(values_.begin() + shape_.features, values_.end(), values_.begin());
    observe(environment);
  }

 private:
  void observe(const auto& environment) {
    environment.observe(newest());
    const auto bad = std::find_if(newest().begin(), newest().end(), [](S v) { return !std::isfinite(v); });
    require(bad == newest().end(), [&] {
      return Fault{"an observation is not finite",
                   "ObservationWindow, number " + text_of(bad - newest().begin()) + " (counted from 0)",
                   "a finite number", text_of(static_cast<double>(*bad))};
    });
  }
  std::span<S> newest() { return std::span(values_).last(static_cast<std::size_t>(shape_.features)); }

  Shape shape_;
  std::vector<S> values_;
};

}  // namespace heed::inline HEED_ISA
