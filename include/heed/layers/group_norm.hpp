#pragma once

/// @file
/// Group normalisation.

#include <algorithm>
#include <cmath>
#include <string>

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
#include "heed/layers/detail/check_eps.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `GroupNorm`.
struct GroupNormOptions {
  Index groups = 1, features = 0;
  double eps = 1e-5;
  bool affine = true;  ///< weight and bias

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "groups", .optional = true}, o.groups...);
    f({.name = "features"}, o.features...);
    f({.name = "eps", .range = {0, Range::infinite, true, true}, .optional = true}, o.eps...);
    f({.name = "affine", .optional = true}, o.affine...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Normalises each sequence by itself (Wu and He 2018; torch.nn.GroupNorm on (n, features, steps)):
///
///     n = (x - mean) / sqrt(var + eps),  y = weight n + bias
///
/// Mean and (biased) variance are taken over each group of features and all valid steps of the sequence. One group per
/// feature gives instance normalisation. Past a sequence's end y is 0. The layer needs all steps, so it cannot stream.
template <class S>
struct GroupNorm {
  using Scalar = S;
  using Input = S;
  using Options = GroupNormOptions;
  struct Cache {
    TileBuffer<S> mean, scale;  // (1, groups); scale = 1 / sqrt(var + eps)
  };

  Vector<S> weight, bias;  ///< features; empty if switched off
  Index groups = 1, features = 0;
  double eps = 1e-5;

  GroupNorm() = default;
  /// Throws if the groups do not divide the features, or if eps is not positive.
  explicit GroupNorm(Options o);

  /// Weights 1 and biases 0; the key is not used.
  void initialize(Key) {
    weight.fill(1);
    bias.fill(0);
  }

  /// The options that make a layer of this size.
  Options options() const { return {groups, features, eps, !weight.empty()}; }
  Index input_size() const { return features; }
  Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  /// With g = weight dy:  dx = (g - mean g - n mean(g n)) / sqrt(var + eps)
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy_given, Into<S> dx, Cache& cache, GroupNorm& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    f("weight", layers.weight...);
    f("bias", layers.bias...);
  }

 private:
  Index size() const { return features / groups; }
  struct LaneNumbers {
    const S *mean, *scale, *g_mean, *gn_mean;
  };
  void input_gradient(Tile<const S> x, Tile<const S> dy, Index group, const S* w, LaneNumbers of, Into<S> dx,
                      const Pass& pass) const;
  // the ones that stand in for a weight that is switched off
  const S* ones(const Pass& pass) const {
    S* const values = pass.scratch.template take<S>(size());
    std::fill_n(values, size(), S(1));
    return values;
  }
  template <class P>
  HEED_INLINE static P normalised(const S* x, const S* mean, const S* scale, auto at) {
    using namespace simd;
    return mul(sub(load<P>(x + at.number), at.template of_lane<P>(mean)), at.template of_lane<P>(scale));
  }
};

template <class S>
GroupNorm<S>::GroupNorm(Options o) : groups(o.groups), features(o.features), eps(o.eps) {
  require(features > 0 && groups > 0 && features % groups == 0, [&] {
    return Fault{"the number of groups must divide the number of features",
                 "GroupNorm",
                 {},
                 text_of(groups) + " groups for " + text_of(features) + " features"};
  });
  detail::check_eps<S>(eps, "GroupNorm");
  if (o.affine) weight = bias = Vector<S>(features);
  initialize({});
}

template <class S>
Shape GroupNorm<S>::output_shape(Shape x) const {
  require(x.features == features,
          [&] { return Fault{"wrong number of features", "GroupNorm", text_of(features), text_of(x.features)}; });
  return x;
}

namespace detail {
// What `add_sums` sums over the features of a step: x w, (x - mean)^2, or dy w (x - mean).
enum class Summand { weighted, square, product };
template <class S>
struct Summands {
  Summand kind;
  const S *x, *dy;    // of the first step
  const S *w, *mean;  // one number per feature, and per lane
};

// sums[lane] += the sum over the features and the lane's valid steps. Consecutive steps are `stride` apart. No lane
// ends before step `common`. `room` has one number per lane.
template <class S>
HEED_KERNEL void add_sums(Tile<const S> x, Index common, Index features, Index stride, Summands<S> of, S* room,
                          S* sums) {
  using namespace simd;
  const Index L = x.lanes, n = features * L;
  const S *const w = of.w, *const mean = of.mean;
  for (Index t = 0; t < x.steps; ++t) {
    const S *const v = of.x + t * stride, *const dy = of.dy + t * stride;
    if (L == 1) {
      S total = 0;
      for_each_packet<S>(features, [&]<class P>(Index i) HEED_LAMBDA {
        const P d = sub(load<P>(v + i), set1<P>(*mean));
        total += simd::sum(of.kind == Summand::weighted ? mul(load<P>(v + i), load<P>(w + i))
                           : of.kind == Summand::square ? mul(d, d)
                                                        : mul(mul(load<P>(dy + i), load<P>(w + i)), d));
      });
      *room = total;
    } else {
      for_each_lane<S>(L, [&]<class P>(Index lane) HEED_LAMBDA {
        const P m = load<P>(mean + lane);
        P total = set1<P>(0);
        if (of.kind == Summand::weighted) {
          for (Index f = 0; f < features; ++f) total = fma(load<P>(v + f * L + lane), set1<P>(w[f]), total);
        } else if (of.kind == Summand::square) {
          for (Index i = lane; i < n; i += L) {
            const P d = sub(load<P>(v + i), m);
            total = fma(d, d, total);
          }
        } else {
          for (Index f = 0; f < features; ++f) {
            const Index i = f * L + lane;
            total = fma(mul(load<P>(dy + i), set1<P>(w[f])), sub(load<P>(v + i), m), total);
          }
        }
        store(room + lane, total);
      });
    }
    if (t >= common) zero_ended(x, t, Tile<S>(room, {1, 1}, L));
    for (Index l = 0; l < L; ++l) sums[l] += room[l];
  }
}

// turns sums over the valid steps into means
template <class S>
HEED_KERNEL void divide_by_counts(Tile<const S> x, Index features, S* sums) {
  for (Index l = 0; l < x.lanes; ++l) {
    const Index n = x.length(l) * features;
    sums[l] = n > 0 ? sums[l] / static_cast<S>(n) : S(0);
  }
}
}  // namespace detail

template <class S>
void GroupNorm<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  const Index L = x.lanes, F = size(), stride = features * L, common = common_length(x);
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> mean = cache.mean.take({1, groups}, L), scale = cache.scale.take({1, groups}, L);
  const S* const all_ones = ones(pass);
  S* const room = pass.scratch.template take<S>(L);
  fill(mean, S(0));
  fill(scale, S(0));
  for (Index g = 0; g < groups; ++g) {
    S *m = mean.at(0, g), *s = scale.at(0, g);
    const Index first = g * F;
    const S* const of_group = x.at(0, first);
    detail::add_sums<S>(x, common, F, stride, {detail::Summand::weighted, of_group, of_group, all_ones, m}, room, m);
    detail::divide_by_counts(x, F, m);
    detail::add_sums<S>(x, common, F, stride, {detail::Summand::square, of_group, of_group, all_ones, m}, room, s);
    detail::divide_by_counts(x, F, s);
    for (Index l = 0; l < L; ++l) s[l] = 1 / std::sqrt(s[l] + static_cast<S>(eps));
    for (Index t = 0; t < x.steps; ++t) {
      for_each_place<S>(F, L, [&]<class P>(auto at) HEED_LAMBDA {
        const P w = weight.empty() ? simd::set1<P>(1) : at.template of_feature<P>(weight.data() + first);
        const P b = bias.empty() ? simd::set1<P>(0) : at.template of_feature<P>(bias.data() + first);
        simd::store(y.at(t, first) + at.number, simd::fma(w, normalised<P>(x.at(t, first), m, s, at), b));
      });
    }
  }
  zero_past_end(y, x.lengths);
}

template <class S>
void GroupNorm<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy_given, Into<S> dx, Cache& cache,
                            GroupNorm& grad, const Pass& pass) const {
  const Index F = size(), L = x.lanes, stride = features * L, common = common_length(x);
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> dy = valid_steps(dy_given, x.lengths, pass.scratch);
  const S* const all_ones = ones(pass);
  S *const g_mean = pass.scratch.template take<S>(L), *const gn_mean = pass.scratch.template take<S>(L);
  S* const room = pass.scratch.template take<S>(L);
  const Tile<S> dweight = pass.scratch.template tile<S>({1, features}, L);  // summed over steps, not yet over lanes
  fill(dweight, S(0));
  for (Index group = 0; group < groups; ++group) {
    const S *m = cache.mean.view().at(0, group), *s = cache.scale.view().at(0, group);
    const Index first = group * F;
    const S* const w = weight.empty() ? all_ones : weight.data() + first;
    for (Index t = 0; t < x.steps && !weight.empty(); ++t) {
      for_each_place<S>(F, L, [&]<class P>(auto at) HEED_LAMBDA {
        S* const to = dweight.at(0, first) + at.number;
        simd::store(to, simd::fma(simd::load<P>(dy.at(t, first) + at.number), normalised<P>(x.at(t, first), m, s, at),
                                  simd::load<P>(to)));
      });
    }
    if (!dx) continue;
    std::fill_n(g_mean, L, S(0));
    std::fill_n(gn_mean, L, S(0));
    const S *const x_of_group = x.at(0, first), *const dy_of_group = dy.at(0, first);
    detail::add_sums<S>(x, common, F, stride, {detail::Summand::weighted, dy_of_group, dy_of_group, w, m}, room,
                        g_mean);
    detail::add_sums<S>(x, common, F, stride, {detail::Summand::product, x_of_group, dy_of_group, w, m}, room, gn_mean);
    for (Index l = 0; l < L; ++l) gn_mean[l] *= s[l];
    detail::divide_by_counts(x, F, g_mean);
    detail::divide_by_counts(x, F, gn_mean);
    input_gradient(x, dy, group, w, {m, s, g_mean, gn_mean}, dx, pass);
  }
  if (weight.empty()) return;
  kernels::bias_gradient<S>(1, L, {dweight.data, features, features * L}, grad.weight.data());
  kernels::bias_gradient<S>(dy.steps, L, {dy.data, features, features * L}, grad.bias.data());
}

template <class S>
void GroupNorm<S>::input_gradient(Tile<const S> x, Tile<const S> dy, Index group, const S* w, LaneNumbers of,
                                  Into<S> dx, const Pass& pass) const {
  using namespace simd;
  const Index F = size(), L = x.lanes, first = group * F, common = common_length(x);
  S* const valid_scale = pass.scratch.template take<S>(L);
  for (Index t = 0; t < x.steps; ++t) {
    const S* by = of.scale;
    if (t >= common) {
      for (Index l = 0; l < L; ++l) valid_scale[l] = t < x.lengths[l] ? of.scale[l] : S(0);
      by = valid_scale;
    }
    const Into<S> to{Tile<S>(dx.tile.at(t, first), {1, F}, L), dx.add};
    for_each_place<S>(F, L, [&]<class P>(auto at) HEED_LAMBDA {
      const P n = normalised<P>(x.at(t, first), of.mean, of.scale, at);
      const P along = fma(n, at.template of_lane<P>(of.gn_mean), at.template of_lane<P>(of.g_mean));
      const P g = mul(at.template of_feature<P>(w), load<P>(dy.at(t, first) + at.number));
      put(to, at.number, mul(sub(g, along), at.template of_lane<P>(by)));
    });
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::GroupNorm)
