#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "heed/control/environment.hpp"
#include "heed/core/rng.hpp"

namespace test_support {

/// Shows +1 or -1 at first, then 0. The last of `length` actions is worth 1 where it is what was shown (1 for +1, else
/// 0): by chance half of them are. Where `times_out` the episode ends without being terminal.
struct Recall {
  int length = 3;
  bool times_out = false;
  double shown = 1;
  int step_number = 0;

  static heed::Index observation_size() { return 1; }
  static heed::Index actions() { return 2; }

  void reset(heed::Key key) {
    shown = key.below(0, 2) == 0 ? -1 : 1;
    step_number = 0;
  }
  heed::ActionResult step(std::int32_t action) {
    const bool last = ++step_number == length;
    return {.reward = last && (action == 1) == (shown > 0) ? 1.0 : 0.0,
            .terminal = last && !times_out,
            .timed_out = last && times_out};
  }
  template <class S>
  void observe(std::span<S> to) const {
    to[0] = step_number == 0 ? static_cast<S>(shown) : S(0);
  }
};

/// Counts its steps: 0, 1, 2 ...; rewards are those numbers too.
struct Counter {
  double start = 0;
  int length = 4;
  bool times_out = false;
  int step_number = 0;

  static heed::Index observation_size() { return 2; }
  static heed::Index actions() { return 3; }

  void reset(heed::Key) { step_number = 0; }
  heed::ActionResult step(std::int32_t) {
    const double reward = start + step_number++;
    const bool last = step_number == length;
    return {.reward = reward, .terminal = last && !times_out, .timed_out = last && times_out};
  }
  template <class S>
  void observe(std::span<S> to) const {
    std::fill(to.begin(), to.end(), static_cast<S>(start + step_number));
  }
};

}  // namespace test_support
