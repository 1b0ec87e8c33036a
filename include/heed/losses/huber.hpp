#pragma once

/// @file
/// The Huber loss.

#include <cmath>
#include <span>
#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/detail/elementwise.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Huber`.
struct HuberOptions {
  double delta = 1;  ///< the loss is quadratic up to here, then linear

  static void fields(auto&& f, auto&... o) {
    f({"delta", "The loss is quadratic up to here, then linear", Range::at_least(0)}, o.delta...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// torch.nn.HuberLoss (Huber 1964), with d = y - target and c = d clamped to +-delta:
///
///     loss = scale sum of c (d - c / 2),   gradient c:    d^2 / 2 near 0, delta (|d| - delta / 2) beyond
///
/// scale = 1 / count gives the mean. A batch is processed tile by tile, so its count (the sum of `target_weight`) must
/// be known first.
template <class S>
struct Huber {
  using Target = S;
  using Options = HuberOptions;
  static constexpr const char* name = "Huber";
  Options options;

  /// Throws if delta is not a positive number.
  explicit Huber(Options o = {});

  /// What the targets of one sequence add to the count.
  static double target_weight(std::span<const S> targets) { return static_cast<double>(targets.size()); }

  /// Throws unless each sequence has `outputs` finite targets.
  static void check(TensorView<const S, 2> targets, Index outputs) { detail::check_targets(targets, outputs, "Huber"); }

  /// The scaled loss of a tile. `weights` has one weight per lane (null: all 1); padding lanes have 0. Steps past a
  /// lane's end do not count. `dy` gets the gradient, unless it is empty.
  double operator()(Tile<const S> y, Tile<const S> target, const S* weights, double scale, Tile<S> dy,
                    const Pass& pass) const;
};

template <class S>
Huber<S>::Huber(Options o) : options(o) {
  require(o.delta > 0 && std::isfinite(o.delta),
          [&] { return Fault{"delta out of range", "Huber", "a finite number above 0", std::to_string(o.delta)}; });
}

template <class S>
double Huber<S>::operator()(Tile<const S> y, Tile<const S> target, const S* weights, double scale, Tile<S> dy,
                            const Pass& pass) const {
  using namespace simd;
  const S delta = static_cast<S>(options.delta);
  const auto huber = [&]<class P>(const P& a, const P& b, Index, P& gradient) HEED_LAMBDA {
    const P d = sub(a, b);
    gradient = max(set1<P>(-delta), simd::min(set1<P>(delta), d));
    return mul(gradient, sub(d, mul(set1<P>(S(0.5)), gradient)));
  };
  return heed::detail::elementwise_loss<S>(y, target, weights, scale, dy, pass, huber);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Huber)
