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

namespace heed::inline HEED_ABI {

struct GroupNormOptions {
  Index groups = 1, features = 0;
  double eps = 1e-5;
  bool affine = true;  ///< weight and bias
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Every sequence by itself (Wu and He 2018; torch.nn.GroupNorm on (n, features, steps)):
///
///     n = (x - mean) / sqrt(var + eps),  y = weight n + bias
///
/// with mean and variance (not corrected) of each group of features over all valid steps of the sequence. One group
/// for each feature is an instance norm. Past a sequence's end y is 0. It looks at all steps, so it has no stream.
template <class S>
struct GroupNorm {
  using Scalar = S;
  using Input = S;
  using Options = GroupNormOptions;
  struct Cache {
    TileBuffer<S> mean, scale;  // (1, groups); the scale 1 / sqrt(var + eps)
  };

  Vector<S> weight, bias;  // features; empty where switched off
  Index groups = 1, features = 0;
  double eps = 1e-5;

  GroupNorm() = default;
  /// Throws where the groups do not divide the features, or eps is not positive.
  explicit GroupNorm(Options o);

  /// Ones and zeros, whatever the key.
  void initialize(Key) {
    weight.fill(1);
    bias.fill(0);
  }

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
  // means[lane] = the mean over valid steps and the features of a group of f(t, place)
  template <class F>
  void mean_of_group(Tile<const S> x, S* room, S* means, F&& f) const;
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
  require(std::isfinite(eps) && eps > 0,
          [&] { return Fault{"option out of range", "GroupNorm", "eps above 0", text_of(eps)}; });
  if (o.affine) weight = bias = Vector<S>(features);
  initialize({});
}

template <class S>
Shape GroupNorm<S>::output_shape(Shape x) const {
  require(x.features == features,
          [&] { return Fault{"wrong number of features", "GroupNorm", text_of(features), text_of(x.features)}; });
  return x;
}

template <class S>
template <class F>
void GroupNorm<S>::mean_of_group(Tile<const S> x, S* room, S* means, F&& f) const {
  const Index common = common_length(x), L = x.lanes;
  std::fill_n(means, L, S(0));
  for (Index t = 0; t < x.steps; ++t) {
    sum_over_features<S>(size(), L, room,
                         [&]<class P>(auto at) HEED_LAMBDA { return f.template operator()<P>(t, at); });
    for (Index l = 0; l < L; ++l) means[l] += t < common || t < x.lengths[l] ? room[l] : S(0);
  }
  for (Index l = 0; l < L; ++l) {
    const Index n = x.length(l) * size();
    means[l] = n > 0 ? means[l] / static_cast<S>(n) : S(0);
  }
}

template <class S>
void GroupNorm<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  using namespace simd;
  const Index L = x.lanes;
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> mean = cache.mean.take({1, groups}, L), scale = cache.scale.take({1, groups}, L);
  S* room = pass.scratch.template take<S>(L);
  for (Index g = 0; g < groups; ++g) {
    S *m = mean.at(0, g), *s = scale.at(0, g);
    const Index first = g * size();
    mean_of_group(x, room, m,
                  [&]<class P>(Index t, auto at) HEED_LAMBDA { return load<P>(x.at(t, first) + at.number); });
    mean_of_group(x, room, s, [&]<class P>(Index t, auto at) HEED_LAMBDA {
      const P d = sub(load<P>(x.at(t, first) + at.number), at.template of_lane<P>(m));
      return mul(d, d);
    });
    for (Index l = 0; l < L; ++l) s[l] = 1 / std::sqrt(s[l] + static_cast<S>(eps));
    for (Index t = 0; t < x.steps; ++t) {
      for_each_place<S>(size(), L, [&]<class P>(auto at) HEED_LAMBDA {
        const P b = bias.empty() ? set1<P>(0) : at.template of_feature<P>(bias.data() + first);
        const P w = weight.empty() ? set1<P>(1) : at.template of_feature<P>(weight.data() + first);
        store(y.at(t, first) + at.number, fma(w, normalised<P>(x.at(t, first), m, s, at), b));
      });
    }
  }
  zero_past_end(y, x.lengths);
}

template <class S>
void GroupNorm<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy_given, Into<S> dx, Cache& cache,
                            GroupNorm& grad, const Pass& pass) const {
  using namespace simd;
  const Index F = features, L = x.lanes, common = common_length(x);
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> dy = valid_steps(dy_given, x.lengths, pass.scratch);
  const Tile<S> dweight = pass.scratch.template tile<S>({1, F}, L);  // summed over the steps, not yet over the lanes
  S *room = pass.scratch.template take<S>(L), *valid_scale = pass.scratch.template take<S>(L);
  S *g_mean = pass.scratch.template take<S>(L), *gn_mean = pass.scratch.template take<S>(L);
  fill(dweight, S(0));
  for (Index group = 0; group < groups; ++group) {
    const S *m = cache.mean.view().at(0, group), *s = cache.scale.view().at(0, group);
    const Index first = group * size();
    const auto g = [&]<class P>(Index t, auto at) HEED_LAMBDA {
      const P w = weight.empty() ? set1<P>(1) : at.template of_feature<P>(weight.data() + first);
      return mul(w, load<P>(dy.at(t, first) + at.number));
    };
    for (Index t = 0; t < x.steps && !weight.empty(); ++t) {
      for_each_place<S>(size(), L, [&]<class P>(auto at) HEED_LAMBDA {
        S* to = dweight.at(0, first) + at.number;
        store(to, fma(load<P>(dy.at(t, first) + at.number), normalised<P>(x.at(t, first), m, s, at), load<P>(to)));
      });
    }
    if (!dx) continue;
    mean_of_group(x, room, g_mean, g);
    mean_of_group(x, room, gn_mean, [&]<class P>(Index t, auto at) HEED_LAMBDA {
      return mul(g.template operator()<P>(t, at), normalised<P>(x.at(t, first), m, s, at));
    });
    for (Index t = 0; t < x.steps; ++t) {
      const S* by = s;
      if (t >= common) {
        for (Index l = 0; l < L; ++l) valid_scale[l] = t < x.lengths[l] ? s[l] : S(0);
        by = valid_scale;
      }
      const Into<S> to{Tile<S>(dx.tile.at(t, first), {1, size()}, L), dx.add};
      for_each_place<S>(size(), L, [&]<class P>(auto at) HEED_LAMBDA {
        const P n = normalised<P>(x.at(t, first), m, s, at);
        const P along = fma(n, at.template of_lane<P>(gn_mean), at.template of_lane<P>(g_mean));
        put(to, at.number, mul(sub(g.template operator()<P>(t, at), along), at.template of_lane<P>(by)));
      });
    }
  }
  if (weight.empty()) return;
  kernels::bias_gradient<S>(1, L, {dweight.data, F, F * L}, grad.weight.data());
  kernels::bias_gradient<S>(dy.steps, L, {dy.data, F, F * L}, grad.bias.data());
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::GroupNorm)
