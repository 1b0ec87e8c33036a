#pragma once

// The common part of losses that compare number with number.

#include <cmath>
#include <cstddef>
#include <span>
#include <string>

#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// scale times the weighted sum of f's losses over steps, features and lanes; steps past a lane's end do not count.
/// f(y, target, feature, gradient) gives a packet of losses and, in `gradient`, their derivatives by y. `dy` gets the
/// gradient, unless it is empty.
template <class S, class F>
double elementwise_loss(Tile<const S> y, Tile<const S> target, const S* weights, double scale, Tile<S> dy,
                        const Pass& pass, F&& f) {
  using namespace simd;
  const Index L = y.lanes;
  const Scratch::Mark mark(pass.scratch);
  S* lane = pass.scratch.template take<S>(L);
  double total = 0;
  for (Index t = 0; t < y.steps; ++t) {
    for (Index l = 0; l < L; ++l) lane[l] = t < y.length(l) ? (weights ? weights[l] : S(1)) : S(0);
    for (Index k = 0; k < y.features; ++k) {
      const S *a = y.at(t, k), *b = target.at(t, k);
      S* to = dy ? dy.at(t, k) : nullptr;
      for_each_lane<S>(L, [&]<class P>(Index l) HEED_LAMBDA {
        const P weight = load<P>(lane + l);
        P gradient;
        const P loss = f(load<P>(a + l), load<P>(b + l), k, gradient);
        total += static_cast<double>(sum(mul(weight, loss)));
        if (to) store(to + l, mul(set1<P>(static_cast<S>(scale)), mul(weight, gradient)));
      });
    }
  }
  return total * scale;
}

/// Throws unless each sequence has `outputs` finite targets.
template <class S>
void check_targets(TensorView<const S, 2> targets, Index outputs, const char* where) {
  require(targets.extent(1) == outputs, [&] {
    return Fault{"wrong number of targets", where, std::to_string(outputs) + " a sequence",
                 std::to_string(targets.extent(1))};
  });
  for (Index i = 0; i < targets.size(); ++i) {
    require(std::isfinite(targets.data()[i]), [&] {
      return Fault{
          "target is not finite",
          "target " + std::to_string(i % outputs) + " of sequence " + std::to_string(i / outputs) + " (counted from 0)",
          "a finite number", std::to_string(targets.data()[i])};
    });
  }
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
