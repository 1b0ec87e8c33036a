#pragma once

/// @file
/// Layer normalisation.

#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/check_eps.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `LayerNorm`.
struct LayerNormOptions {
  Index features = 0;
  double eps = 1e-5;
  bool bias = true;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "features"}, o.features...);
    f({.name = "eps", .range = {0, Range::infinite, true, true}, .optional = true}, o.eps...);
    f({.name = "bias", .optional = true}, o.bias...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Normalises each step by itself (Ba, Kiros and Hinton 2016; torch.nn.LayerNorm over the features):
///
///     n = (x - mean x) / sqrt(var x + eps),  y = weight n + bias
///
/// Mean and (biased) variance are taken over the features. Past a sequence's end y is 0.
template <class S>
struct LayerNorm {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  using Options = LayerNormOptions;
  struct Cache {
    TileBuffer<S> mean, scale;  // (steps, 1); scale = 1 / sqrt(var + eps)
  };

  Vector<S> weight;  ///< features
  Vector<S> bias;    ///< features; empty if switched off
  double eps = 1e-5;

  LayerNorm() = default;
  /// Throws if there are no features, or if eps is not positive.
  explicit LayerNorm(Options o);

  /// Weights 1 and biases 0; the key is not used.
  void initialize(Key) {
    weight.fill(1);
    bias.fill(0);
  }

  /// The options that make a layer of this size.
  Options options() const { return {features(), eps, !bias.empty()}; }
  Index features() const { return weight.size(); }
  Index input_size() const { return features(); }

  Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const;

  /// With g = weight dy:  dx = (g - mean g - n mean(g n)) / sqrt(var + eps)
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy_given, Into<S> dx, Cache& cache, LayerNorm& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    f("weight", layers.weight...);
    f("bias", layers.bias...);
  }

 private:
  template <class P>
  HEED_INLINE static P normalised(const S* x, const S* mean, const S* scale, auto at) {
    using namespace simd;
    return mul(sub(load<P>(x + at.number), at.template of_lane<P>(mean)), at.template of_lane<P>(scale));
  }
};

template <class S>
LayerNorm<S>::LayerNorm(Options o) : eps(o.eps) {
  check_sizes({{"features", o.features}}, "LayerNorm");
  detail::check_eps<S>(o.eps, "LayerNorm");
  weight = Vector<S>(o.features);
  if (o.bias) bias = Vector<S>(o.features);
  initialize({});
}

template <class S>
Shape LayerNorm<S>::output_shape(Shape x) const {
  require(x.features == features(), [&] {
    return Fault{"wrong number of features", "LayerNorm", std::to_string(features()), std::to_string(x.features)};
  });
  return x;
}

template <class S>
void LayerNorm<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const {
  using namespace simd;
  const Index F = x.features, L = x.lanes;
  const Tile<S> mean = cache.mean.take({x.steps, 1}, L), scale = cache.scale.take({x.steps, 1}, L);
  const S per_feature = 1 / static_cast<S>(F);
  for (Index t = 0; t < x.steps; ++t) {
    const S* v = x.at(t);
    S *m = mean.at(t), *s = scale.at(t), *to = y.at(t);
    sum_over_features<S>(F, L, m, [&]<class P>(auto at) HEED_LAMBDA { return load<P>(v + at.number); });
    for_each_packet<S>(L,
                       [&]<class P>(Index l) HEED_LAMBDA { store(m + l, mul(load<P>(m + l), set1<P>(per_feature))); });
    sum_over_features<S>(F, L, s, [&]<class P>(auto at) HEED_LAMBDA {
      const P d = sub(load<P>(v + at.number), at.template of_lane<P>(m));
      return mul(d, d);
    });
    for_each_packet<S>(L, [&]<class P>(Index l) HEED_LAMBDA {
      const P variance = fma(load<P>(s + l), set1<P>(per_feature), set1<P>(static_cast<S>(eps)));
      store(s + l, div(set1<P>(1), simd::sqrt(variance)));
    });
    for_each_place<S>(F, L, [&]<class P>(auto at) HEED_LAMBDA {
      const P w = at.template of_feature<P>(weight.data());
      const P b = bias.empty() ? set1<P>(0) : at.template of_feature<P>(bias.data());
      store(to + at.number, fma(w, normalised<P>(v, m, s, at), b));
    });
  }
  zero_past_end(y, x.lengths);
}

template <class S>
void LayerNorm<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy_given, Into<S> dx, Cache& cache,
                            LayerNorm& grad, const Pass& pass) const {
  using namespace simd;
  const Index F = x.features, L = x.lanes;
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> dy = valid_steps(dy_given, x.lengths, pass.scratch);
  const Tile<S> dweight = pass.scratch.template tile<S>({1, F}, L);  // summed over steps, not yet over lanes
  S *g_mean = pass.scratch.template take<S>(L), *gn_mean = pass.scratch.template take<S>(L);
  const S per_feature = 1 / static_cast<S>(F);
  fill(dweight, S(0));
  for (Index t = 0; t < x.steps; ++t) {
    const S *v = x.at(t), *m = cache.mean.view().at(t), *s = cache.scale.view().at(t), *d = dy.at(t);
    for_each_place<S>(F, L, [&]<class P>(auto at) HEED_LAMBDA {
      S* to = dweight.data + at.number;
      store(to, fma(load<P>(d + at.number), normalised<P>(v, m, s, at), load<P>(to)));
    });
    if (!dx) continue;
    const auto g = [&]<class P>(auto at)
                       HEED_LAMBDA { return mul(at.template of_feature<P>(weight.data()), load<P>(d + at.number)); };
    sum_over_features<S>(F, L, g_mean, g);
    sum_over_features<S>(F, L, gn_mean, [&]<class P>(auto at) HEED_LAMBDA {
      return mul(g.template operator()<P>(at), normalised<P>(v, m, s, at));
    });
    const Into<S> to = dx.step(t);
    for_each_place<S>(F, L, [&]<class P>(auto at) HEED_LAMBDA {
      const P n = normalised<P>(v, m, s, at);
      const P along = fma(n, at.template of_lane<P>(gn_mean), at.template of_lane<P>(g_mean));
      const P rest = sub(g.template operator()<P>(at), mul(along, set1<P>(per_feature)));
      put(to, at.number, mul(rest, at.template of_lane<P>(s)));
    });
  }
  kernels::bias_gradient<S>(1, L, {dweight.data, F, F * L}, grad.weight.data());
  if (!bias.empty()) kernels::bias_gradient<S>(dy.steps, L, {dy.data, F, F * L}, grad.bias.data());
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::LayerNorm)
