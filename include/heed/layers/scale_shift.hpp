#pragma once

/// @file
/// A factor and a shift for each feature.

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/weight_gradient.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `ScaleShift`.
struct ScaleShiftOptions {
  Index features = 0;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) { f({.name = "features"}, o.features...); }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y_f = weight_f x_f + bias_f at every step. It is what a trained batch normalisation computes when predicting:
/// weight = gamma / sqrt(variance + eps), bias = beta - weight mean.
template <class S>
struct ScaleShift {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  using Options = ScaleShiftOptions;
  struct Cache {};

  Vector<S> weight, bias;  ///< features

  ScaleShift() = default;
  /// Throws if the number of features is not positive.
  HEED_COLD explicit ScaleShift(Options o);

  /// Weights 1 and biases 0; the key is not used.
  void initialize(Key) {
    weight.fill(1);
    bias.fill(0);
  }

  /// The options that make a layer of this size.
  Options options() const { return {weight.size()}; }
  Index input_size() const { return weight.size(); }
  Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, ScaleShift& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    f("weight", layers.weight...);
    f("bias", layers.bias...);
  }
};

template <class S>
ScaleShift<S>::ScaleShift(Options o) {
  check_sizes({{"features", o.features}}, "ScaleShift");
  weight = bias = Vector<S>(o.features);
  initialize({});
}

template <class S>
Shape ScaleShift<S>::output_shape(Shape x) const {
  require(x.features == weight.size(),
          [&] { return Fault{"wrong number of features", "ScaleShift", text_of(weight.size()), text_of(x.features)}; });
  return x;
}

template <class S>
void ScaleShift<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  using namespace simd;
  for (Index t = 0; t < x.steps; ++t) {
    for_each_place<S>(x.features, x.lanes, [&]<class P>(auto at) HEED_LAMBDA {
      const P w = at.template of_feature<P>(weight.data()), b = at.template of_feature<P>(bias.data());
      store(y.at(t) + at.number, fma(w, load<P>(x.at(t) + at.number), b));
    });
  }
}

template <class S>
void ScaleShift<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy_given, Into<S> dx, Cache&,
                             ScaleShift& grad, const Pass& pass) const {
  using namespace simd;
  const Index F = x.features, L = x.lanes;
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> dy = valid_steps(dy_given, x.lengths, pass.scratch);
  const Tile<S> sum = pass.scratch.template tile<S>({1, F}, L);  // over steps, not yet over lanes
  const Tile<S> part = pass.scratch.template tile<S>({1, F}, L);
  fill(sum, S(0));
  for (Index t = 0; t < x.steps; ++t) {
    const S *v = x.at(t), *d = dy.at(t);
    for_each_packet<S>(
        F * L, [&]<class P>(Index i) HEED_LAMBDA { store(part.data + i, mul(load<P>(d + i), load<P>(v + i))); });
    zero_ended(x, t, part);
    add(Tile<const S>(part), sum);
    if (!dx) continue;
    for_each_place<S>(F, L, [&]<class P>(auto at) HEED_LAMBDA {
      put(dx, t * F * L + at.number, mul(load<P>(d + at.number), at.template of_feature<P>(weight.data())));
    });
  }
  kernels::bias_gradient<S>(1, L, {sum.data, F, F * L}, grad.weight.data());
  kernels::bias_gradient<S>(dy.steps, L, {dy.data, F, F * L}, grad.bias.data());
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::ScaleShift)
