#pragma once

/// @file
/// Windows that move over the steps of a sequence: an inner part of pooling with strides.

#include <algorithm>
#include <string>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// Window t covers the steps t stride - padding + k dilation, k below `kernel`. Those before the first step and past
/// the last one are padding.
struct TimeWindow {
  Index kernel = 1, stride = 1, padding = 0, dilation = 1;
  bool ceil = false;  // a last window that the sequence does not fill counts too

  /// How many windows a sequence of `length` steps has, as PyTorch counts them; 0 where it is too short for one.
  Index count(Index length) const {
    if (length <= 0) return 0;
    const Index rest = length + 2 * padding - dilation * (kernel - 1) - 1 + (ceil ? stride - 1 : 0);
    if (rest < 0) return 0;
    const Index windows = rest / stride + 1;
    return ceil && (windows - 1) * stride >= length + padding ? windows - 1 : windows;  // none begins in the padding
  }
  Index begin(Index window) const { return window * stride - padding; }

  /// Throws where a size is out of range. PyTorch's rule: padding is at most half of the kernel.
  void check(const char* where) const {
    constexpr Index most = Index(1) << 30;
    const auto within = [&](Index value, Index least, Index limit, const char* name) {
      require(value >= least && value <= limit, [&] {
        return Fault{"option out of range", where,
                     std::string(name) + " of " + text_of(least) + " to " + text_of(limit), text_of(value)};
      });
    };
    within(kernel, 1, most, "kernel_size");
    within(stride, 1, most, "stride");
    within(dilation, 1, most, "dilation");
    within(padding, 0, kernel / 2, "padding");
  }
};

}  // namespace heed::inline HEED_ISA::detail
