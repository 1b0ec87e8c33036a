#pragma once

/// @file
/// Windows over time: which input steps each output step sees.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// A window of `kernel` taps that are `dilation` steps apart. It moves by `stride` steps over a sequence with `left`
/// zeros before the first step and `right` zeros after the last. Tap j of output t is step t stride - left + j
/// dilation.
struct TimeWindow {
  Index kernel = 1, stride = 1, dilation = 1, left = 0, right = 0;

  /// The distance from the first tap to the last.
  Index reach() const { return (kernel - 1) * dilation; }
  /// Whether the last tap is the output's own step. A stream then has everything that an output needs.
  bool causal() const { return stride == 1 && left == reach() && right == 0; }
  /// The number of outputs for a sequence of this many steps: 0 if it has no steps, or is too short.
  Index outputs(Index steps) const {
    const Index first = left + right + steps - reach() - 1;  // how far the first window can move
    return steps <= 0 || first < 0 ? 0 : first / stride + 1;
  }
  /// The step under tap j of output t.
  Index step(Index t, Index j = 0) const { return t * stride - left + j * dilation; }
  /// The taps of output t that lie inside a sequence of `steps` steps.
  IndexRange inside(Index t, Index steps) const {
    const Index first = std::min(up(-step(t), dilation), kernel);
    return {first, std::max(std::min(up(steps - step(t), dilation), kernel), first)};
  }
  /// The outputs, out of `count`, whose tap j lies inside a sequence of `steps` steps.
  IndexRange places(Index j, Index steps, Index count) const {
    const Index first = std::min(up(-step(0, j), stride), count);
    return {first, std::max(std::min(up(steps - step(0, j), stride), count), first)};
  }
  /// The output, out of `count`, whose tap j is step s; -1: none.
  Index output(Index s, Index j, Index count) const {
    const Index n = s - step(0, j);
    return n >= 0 && n % stride == 0 && n / stride < count ? n / stride : -1;
  }

 private:
  // the least n with n * size >= value; 0 for a negative value
  static Index up(Index value, Index size) { return value <= 0 ? 0 : (value + size - 1) / size; }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Throws if a number is out of range.
HEED_FUNCTION void check_window(const TimeWindow& w, const char* where);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <string>

namespace heed::inline HEED_ISA {

HEED_FUNCTION void check_window(const TimeWindow& w, const char* where) {
  constexpr Index most = Index(1) << 30;  // sums of a few such sizes do not overflow
  const auto check = [&](const char* name, Index value, Index least, Index largest) {
    require(value >= least && value <= largest, [&] {
      return Fault{std::string(name) + " out of range", where, text_of(least) + " to " + text_of(largest),
                   text_of(value)};
    });
  };
  check("kernel_size", w.kernel, 1, most);
  check("stride", w.stride, 1, most);
  check("dilation", w.dilation, 1, w.kernel > 1 ? most / (w.kernel - 1) : most);
  check("pad", w.left, 0, most);
  check("pad", w.right, 0, most);
}

}  // namespace heed::inline HEED_ISA

#endif
