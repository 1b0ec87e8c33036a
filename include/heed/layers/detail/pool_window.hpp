#pragma once

/// @file
/// Windows over time as pooling layers count them: an inner part of max_pool1d.hpp and mean_pool1d.hpp.

#include "heed/core/error.hpp"
#include "heed/core/time_window.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

struct PoolWindow : TimeWindow {
  bool ceil = false;  // also counts a last window that the sequence does not fill

  /// The number of windows in a sequence of this many steps, as PyTorch counts them. No window begins past the end.
  Index count(Index steps) const {
    TimeWindow longer = *this;
    if (ceil) longer.right += stride - 1;
    const Index windows = longer.outputs(steps);
    return ceil && (windows - 1) * stride >= steps + left ? windows - 1 : windows;
  }

  /// Throws if a number is out of range. As in PyTorch, the padding is at most half of the kernel.
  void check(const char* where) const {
    check_window(TimeWindow{kernel, stride, dilation}, where);
    require(left >= 0 && left <= kernel / 2, [&] {
      return Fault{"padding out of range", where, "0 to " + text_of(kernel / 2) + ", half of the kernel",
                   text_of(left)};
    });
  }
};

}  // namespace heed::inline HEED_ISA::detail
