#pragma once

/// @file
/// Copies between tables, whose rows are contiguous, and tiles, whose lanes are contiguous.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// y[feature][lane] = rows[lane][feature]
template <class S>
void gather_rows(const S* const* rows, Index features, Index lanes, S* y) {
  if (lanes == 1) {
    std::copy_n(rows[0], features, y);
    return;
  }
  constexpr Index block = 16;  // lanes whose rows are read side by side: their numbers fill whole cache lines of y
  for (Index first = 0; first < lanes; first += block) {
    const Index last = std::min(first + block, lanes);
    for (Index f = 0; f < features; ++f) {
      for (Index l = first; l < last; ++l) y[f * lanes + l] = rows[l][f];
    }
  }
}

/// rows[lane][feature] += dy[feature][lane], one lane after another, because rows may repeat. A null row is skipped.
template <class S>
void scatter_rows(const S* dy, Index features, Index lanes, S* const* rows) {
  using namespace simd;
  for (Index l = 0; l < lanes; ++l) {
    S* to = rows[l];
    if (!to) continue;
    if (lanes == 1) {
      for_each_packet<S>(features, [&]<class P>(Index f) HEED_LAMBDA { accumulate(to + f, load<P>(dy + f)); });
    } else {
      for (Index f = 0; f < features; ++f) to[f] += dy[f * lanes + l];
    }
  }
}

}  // namespace heed::inline HEED_ISA::kernels

HEED_COMPILED_FUNCTION(heed::kernels::gather_rows)
HEED_COMPILED_FUNCTION(heed::kernels::scatter_rows)
