#pragma once

// A pole on a cart, to be kept upright by pushing the cart left or right.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <string>

#include "heed/control/environment.hpp"
#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"

namespace support {

/// The cart-pole of Barto, Sutton and Anderson (1983) as CartPole-v1 of Gym has it: Euler's steps of 0.02 s, a push of
/// 10 N to the left (action 0) or to the right (1), a reward of 1 a step. It ends where the cart is farther than 2.4 m
/// from the middle or the pole more than 12 degrees from upright, and times out after 500 steps. Seen are the position
/// and the angle alone, as shares of these limits: the velocities are hidden.
class CartPole {
 public:
  static constexpr double gravity = 9.8, cart_mass = 1, pole_mass = 0.1, half_length = 0.5, force = 10, tau = 0.02;
  static constexpr double farthest = 2.4, steepest = 12 * std::numbers::pi / 180;
  static constexpr int longest = 500;

  struct State {
    double position = 0, velocity = 0, angle = 0, angular_velocity = 0;
  };

  CartPole() = default;
  explicit CartPole(const State& state) : state_(state) {}

  const State& state() const { return state_; }
  int steps() const { return steps_; }

  static heed::Index observation_size() { return 2; }
  static heed::Index actions() { return 2; }

  /// All four numbers from U(-0.05, 0.05).
  void reset(heed::Key key) {
    const auto draw = [&](std::uint64_t i) { return key.uniform(i, -0.05, 0.05); };
    state_ = {draw(0), draw(1), draw(2), draw(3)};
    steps_ = 0;
  }

  heed::ActionResult step(std::int32_t action) {
    constexpr double total = cart_mass + pole_mass, moment = pole_mass * half_length;
    State& s = state_;
    const double sine = std::sin(s.angle), cosine = std::cos(s.angle);
    const double push = action == 1 ? force : -force;
    const double common = (push + moment * s.angular_velocity * s.angular_velocity * sine) / total;
    const double turning =
        (gravity * sine - cosine * common) / (half_length * (4.0 / 3.0 - pole_mass * cosine * cosine / total));
    const double moving = common - moment * turning * cosine / total;
    s = {s.position + tau * s.velocity, s.velocity + tau * moving, s.angle + tau * s.angular_velocity,
         s.angular_velocity + tau * turning};
    const bool fallen = std::abs(s.position) > farthest || std::abs(s.angle) > steepest;
    return {.reward = 1, .terminal = fallen, .timed_out = ++steps_ >= longest && !fallen};
  }

  template <class S>
  void observe(std::span<S> to) const {
    to[0] = static_cast<S>(state_.position / farthest);
    to[1] = static_cast<S>(state_.angle / steepest);
  }

 private:
  State state_;
  int steps_ = 0;
};

}  // namespace support
