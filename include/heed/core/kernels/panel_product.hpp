#pragma once

/// @file
/// The product of all steps of a tile with a weight that is larger than the CPU's caches.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/kernels/product.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// Whether `panel_product` is faster: the weight has at least a MiB, and several lanes share it.
template <class S>
bool needs_panels(Index steps, Index rows, Index count, Index lanes) {
  return rows * count * static_cast<Index>(sizeof(S)) >= Index(1) << 20 && steps * lanes >= 64 && lanes > 1 &&
         lanes >= simd::native_width<S>;
}

/// y[t] = bias + W x[t] at every step; W (rows x count) is column-major. The bits are those of `product` for each step.
/// The steps of x and y are contiguous.
///
/// It works on some steps, rows and inputs at a time, so that both sides stay in L2. 16 rows of the weight are copied
/// to a panel in L1: read in place, the weight would touch another page with every input.
template <class S>
HEED_KERNEL void panel_product(Index steps, Index rows, Index count, Index lanes, const S* w, const S* bias, const S* x,
                               S* y) {
  using namespace simd;
  constexpr Index panel = 16, most = 2048 / Index(sizeof(S));  // rows, inputs: 32 KiB of a thread's stack
  constexpr Index room = Index(1) << 17;                       // numbers of L2
  alignas(64) S packed[std::size_t{panel * most}];
  const auto blocks = [](Index all, Index size) { return std::max<Index>((all + size - 1) / size, 1); };
  const auto even = [&](Index all, Index size) { return (all + blocks(all, size) - 1) / blocks(all, size); };
  const Index inputs = even(count, most);
  const Index some_steps = even(steps, std::max<Index>(room / (inputs * lanes), 1));
  const Index some_rows = std::max<Index>(room / 2 / (some_steps * lanes) / panel, 1) * panel;
  for (Index t0 = 0; t0 < steps; t0 += some_steps) {
    const Index t1 = std::min(t0 + some_steps, steps);
    for (Index r0 = 0; r0 < rows; r0 += some_rows) {
      const Index r1 = std::min(r0 + some_rows, rows);
      for (Index k0 = 0; k0 < count; k0 += inputs) {
        const Index n = std::min(inputs, count - k0);
        for (Index r = r0; r < r1; r += panel) {
          const Index height = std::min(panel, r1 - r);
          for (Index k = 0; k < n; ++k) {
            const S* from = w + (k0 + k) * rows + r;
            for_each_packet<S>(height,
                               [&]<class P>(Index i) HEED_LAMBDA { store(packed + k * panel + i, load<P>(from + i)); });
          }
          for (Index t = t0; t < t1; ++t) {
            S* to = y + (t * rows + r) * lanes;
            const Start<S> start{k0 == 0 && bias ? bias + r : nullptr, k0 == 0 ? nullptr : to};
            product<S>(height, lanes, start, to, {{x + (t * count + k0) * lanes, n, packed, 1, panel}});
          }
        }
      }
    }
  }
}

}  // namespace heed::inline HEED_ISA::kernels

HEED_COMPILED_FUNCTION(heed::kernels::panel_product)
