#pragma once

/// @file
/// Products in which each feature has a weight of its own, as in a depthwise convolution:
///
///     y[f][lane] = start[f][lane] + sum over terms of w[f] x[f][lane]

#include "heed/core/compiled.hpp"
#include "heed/core/kernels/product.hpp"
#include "heed/core/kernels/weight_gradient.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// The sum above. Only x and w of a term are used. `y` may be `start.values`.
template <class S>
HEED_KERNEL void depthwise_product(Index features, Index lanes, Start<S> start, S* y, const Terms<S>& terms) {
  using namespace simd;
  for_each_place<S>(features, lanes, [&]<class P>(auto at) HEED_LAMBDA {
    P sum = start.values ? load<P>(start.values + at.number)
            : start.bias ? at.template of_feature<P>(start.bias)
                         : set1<P>(0);
    for (const Term<S>& term : terms) sum = fma(at.template of_feature<P>(term.w), load<P>(term.x + at.number), sum);
    store(y + at.number, sum);
  });
}

namespace detail {
// features f .. f + F: that many independent sums
template <int F, class S>
HEED_INLINE void depthwise_block(Index steps, Index f, Index lanes, Rows<const S> dy, Rows<const S> x, S* dw) {
  using P = Packet<S>;
  P sum[std::size_t{F}];
  S rest[std::size_t{F}] = {};
  unroll<F>([&](auto i) HEED_LAMBDA { sum[i] = set1<P>(0); });
  for (Index t = 0; t < steps; ++t) {
    const S *d = dy.data + t * dy.step + f * lanes, *v = x.data + t * x.step + f * lanes;
    Index l = 0;
    for (; l + width<P> <= lanes; l += width<P>) {
      unroll<F>([&](auto i)
                    HEED_LAMBDA { sum[i] = fma(load<P>(d + i * lanes + l), load<P>(v + i * lanes + l), sum[i]); });
    }
    for (; l < lanes; ++l) unroll<F>([&](auto i) HEED_LAMBDA { rest[i] += d[i * lanes + l] * v[i * lanes + l]; });
  }
  unroll<F>([&](auto i) HEED_LAMBDA { dw[f + i] += simd::sum(sum[i]) + rest[i]; });
}
}  // namespace detail

/// dw[f] += sum over steps and lanes of dy[t][f][lane] x[t][f][lane]
template <class S>
HEED_KERNEL void depthwise_gradient(Index steps, Index lanes, Rows<const S> dy, Rows<const S> x, S* dw) {
  using namespace simd;
  if (lanes == 1) {
    for_each_packet<S>(dy.count, [&]<class Q>(Index f) HEED_LAMBDA {
      Q sum = load<Q>(dw + f);
      for (Index t = 0; t < steps; ++t)
        sum = fma(load<Q>(dy.data + t * dy.step + f), load<Q>(x.data + t * x.step + f), sum);
      store(dw + f, sum);
    });
    return;
  }
  Index f = 0;
  for (; f + 4 <= dy.count; f += 4) detail::depthwise_block<4>(steps, f, lanes, dy, x, dw);
  for (; f < dy.count; ++f) detail::depthwise_block<1>(steps, f, lanes, dy, x, dw);
}

}  // namespace heed::inline HEED_ISA::kernels

HEED_COMPILED_FUNCTION(heed::kernels::depthwise_product)
HEED_COMPILED_FUNCTION(heed::kernels::depthwise_gradient)
