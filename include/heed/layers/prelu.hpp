#pragma once

/// @file
/// The rectifier with a learnt slope.

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

/// Options of `Prelu`.
struct PreluOptions {
  Index num_parameters = 1;  ///< 1: one slope for all features; otherwise the number of features

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) { f({.name = "num_parameters", .optional = true}, o.num_parameters...); }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// x for x > 0, otherwise a x, where a is learnt (He et al. 2015); the gradient at 0 is that of a x. torch.nn.PReLU,
/// with its parameter name and initial value.
template <class S>
struct Prelu {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  using Options = PreluOptions;
  struct Cache {};

  Vector<S> weight;  ///< one slope, or one a feature

  Prelu() = default;
  /// Throws if the number of slopes is not positive.
  HEED_COLD explicit Prelu(Options o);

  /// Slopes of 0.25; the key is not used.
  void initialize(Key) { weight.fill(S(0.25)); }

  /// The options that make a layer of this size.
  Options options() const { return {weight.size()}; }
  /// The features of the input; 0: any number, of one slope.
  Index input_size() const { return weight.size() > 1 ? weight.size() : 0; }
  /// Throws if the number of slopes is neither 1 nor that of the features.
  Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Prelu& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) { f("weight", layers.weight...); }

 private:
  template <class P>
  HEED_INLINE P slope(auto at) const {
    return weight.size() == 1 ? simd::set1<P>(weight(0)) : at.template of_feature<P>(weight.data());
  }
};

template <class S>
Prelu<S>::Prelu(Options o) {
  check_sizes({{"num_parameters", o.num_parameters}}, "Prelu");
  weight = Vector<S>(o.num_parameters);
  initialize({});
}

template <class S>
Shape Prelu<S>::output_shape(Shape x) const {
  const Index count = weight.size();
  require(count == 1 || count == x.features,
          [&] { return Fault{"wrong number of features", "Prelu", text_of(count), text_of(x.features)}; });
  return x;
}

template <class S>
void Prelu<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  using namespace simd;
  for (Index t = 0; t < x.steps; ++t) {
    for_each_place<S>(x.features, x.lanes, [&]<class P>(auto at) HEED_LAMBDA {
      const P v = load<P>(x.at(t) + at.number);
      store(y.at(t) + at.number, select_less(set1<P>(0), v, v, mul(v, slope<P>(at))));
    });
  }
}

template <class S>
void Prelu<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Prelu& grad,
                        const Pass& pass) const {
  using namespace simd;
  const Index F = x.features, L = x.lanes;
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> sum = pass.scratch.template tile<S>({1, F}, L);  // over steps, not yet over lanes
  const Tile<S> part = pass.scratch.template tile<S>({1, F}, L);
  fill(sum, S(0));
  for (Index t = 0; t < x.steps; ++t) {
    const S *v = x.at(t), *d = dy.at(t);
    for_each_place<S>(F, L, [&]<class P>(auto at) HEED_LAMBDA {
      const P value = load<P>(v + at.number), zero = set1<P>(0);
      store(part.data + at.number, select_less(zero, value, zero, mul(load<P>(d + at.number), value)));
    });
    zero_ended(x, t, part);
    add(Tile<const S>(part), sum);
    if (!dx) continue;
    for_each_place<S>(F, L, [&]<class P>(auto at) HEED_LAMBDA {
      const P given = load<P>(d + at.number);
      const P value = select_less(set1<P>(0), load<P>(v + at.number), given, mul(given, slope<P>(at)));
      put(dx, t * F * L + at.number, value);
    });
  }
  const bool shared = weight.size() == 1;  // then the features add up as steps do
  kernels::bias_gradient<S>(shared ? F : 1, L, {sum.data, shared ? 1 : F, shared ? L : F * L}, grad.weight.data());
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Prelu)
