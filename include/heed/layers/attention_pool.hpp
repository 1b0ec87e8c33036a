#pragma once

/// @file
/// Attention pooling over time.

#include <algorithm>
#include <cmath>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/ahead.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/kernels/joined_softmax.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/detail/step_chunks.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `AttentionPool`.
struct AttentionPoolOptions {
  Index features = 0;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) { f({.name = "features"}, o.features...); }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The mean of the steps, weighted by a learnt score (the classifier's attention):
///
///     score_t = w . x_t + b,  a = softmax over valid t,  y = sum_t a_t x_t
///
/// Maps (steps, features) to (1, features). A sequence without steps gives 0.
template <class S>
struct AttentionPool {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = AttentionPoolOptions;
  struct Cache {
    TileBuffer<S> weights;  // (steps, 1)
  };

  Dense<S> attention;  ///< features to 1

  AttentionPool() = default;
  /// Throws if the size is not positive.
  explicit AttentionPool(Options o) {
    check_sizes({{"features", o.features}}, "AttentionPool");
    attention = Dense<S>({.in_features = o.features, .out_features = 1});
  }

  void initialize(Key key) { attention.initialize(key); }

  /// The options that make a layer of this size.
  Options options() const { return {input_size()}; }
  Index input_size() const { return attention.in_features(); }
  Shape output_shape(Shape x) const;

  /// The weights a_t of the last forward pass, (steps, 1), a view of the cache.
  static Tile<const S> weights(const Cache& cache) { return cache.weights.view(); }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const;

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, AttentionPool& grad,
                const Pass& pass) const;

  /// A stream remembers the largest score m so far, the sum of e^(score - m), and the sum of the steps with these
  /// weights.
  Index prepare_stream(Shape x, Cache&) const { return x.features + 2; }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache&, const Pass&) const;

  static void visit(auto&& f, auto&... layers) { f("attention", layers.attention...); }

 private:
  // dx_t = a_t dy + ds_t w
  template <bool Away>
  void to_input(Tile<const S> a, Tile<const S> ds, Tile<const S> dy, Into<S> dx) const;
};

template <class S>
Shape AttentionPool<S>::output_shape(Shape x) const {
  require(x.features == attention.in_features(), [&] {
    return Fault{"wrong number of features", "AttentionPool", text_of(attention.in_features()), text_of(x.features)};
  });
  return {1, x.features};
}

template <class S>
void AttentionPool<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  const Tile<S> a = cache.weights.take({x.steps, 1}, x.lanes, x.lengths);
  detail::StepChunks chunks(x);
  const Scratch::Mark mark(pass.scratch);
  kernels::JoinedSoftmax<S> joined(chunks.count(), y, pass.scratch);
  for (Index c = chunks.count(); c-- > 0;) {
    const Scratch::Mark of_chunk(pass.scratch);
    const Tile<const S> part = chunks.of(x, c, pass.scratch);
    const Tile<S> weights = chunks.of(a, c);
    kernels::Ahead* const ahead = chunks.fetch<S>(c - 1, 2 * part.size(), {x});
    affine<S>(part, attention.weight, attention.bias.data(), weights, ahead);
    kernels::softmax(weights.data, part.steps, part.lanes, part.lengths, joined.of(c));
    kernels::lane_product<S>(1, x.features, part.steps, x.lanes, {weights.data, 0, 1}, kernels::matrix_of(part),
                             {joined.sum().data, 0, 1}, 1, false, ahead);
    joined.add(c);
  }
  for (Index c = 0; c < chunks.count(); ++c) joined.weigh(c, chunks.of(a, c));
}

template <class S>
void AttentionPool<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                AttentionPool& grad, const Pass& pass) const {
  const Index L = x.lanes;
  detail::StepChunks chunks(x);
  const Scratch::Mark mark(pass.scratch);
  const S* y_dy = chunks.whole() ? nullptr : dots_of_lanes(y, dy, pass.scratch.template take<S>(L));
  const Tile<S> room = pass.scratch.template tile<S>({chunks.most(x.steps), 1}, L);
  chunks.writing(dx, [&]<bool Away>() HEED_LAMBDA {
    for (Index c = 0; c < chunks.count(); ++c) {
      const Tile<const S> part = chunks.of<const S>(x, c), a = chunks.of<const S>(weights(cache), c);
      const Tile<S> ds = room.range(0, part.steps);
      kernels::Ahead* const ahead = chunks.fetch<S>(c + 1, part.size(), {x, Away ? Tile<S>() : dx.tile});
      kernels::lane_product<S>(part.steps, 1, x.features, L, kernels::matrix_of(part), {dy.data, 1, 0}, {ds.data, 1, 0},
                               1, false, ahead);  // da_t = x_t . dy
      kernels::softmax_backward(a.data, a.data, ds.data, part.steps, L, y_dy);
      weight_gradient<S>(part, ds, grad.attention.weight, grad.attention.bias.data());
      if (dx) to_input<Away>(a, ds, dy, chunks.of<S>(dx, c));
    }
  });
}

template <class S>
template <bool Away>
void AttentionPool<S>::to_input(Tile<const S> a, Tile<const S> ds, Tile<const S> dy, Into<S> dx) const {
  using namespace simd;
  const Index F = dy.features, L = dy.lanes;
  for (Index t = 0; t < a.steps; ++t) {
    for_each_place<S>(F, L, [&]<class P>(auto at) HEED_LAMBDA {
      const P from_score = mul(at.template of_lane<P>(ds.at(t)), at.template of_feature<P>(attention.weight.data()));
      put<Away>(dx, t * F * L + at.number,
                fma(at.template of_lane<P>(a.at(t)), load<P>(dy.data + at.number), from_score));
    });
  }
}

template <class S>
void AttentionPool<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache&, const Pass&) const {
  using namespace simd;
  const Index F = x.features;
  S *largest = memory.take(1), *total = memory.take(1), *sum = memory.take(F);
  S score;
  affine<S>(x, attention.weight, attention.bias.data(), Tile<S>(&score, {1, 1}, 1));
  if (memory.step == 0) *largest = score;
  // Of the sum so far and the new step, the one with the larger score is weighted by 1. An infinite score gives NaN, as
  // in `forward`.
  const S less = std::exp(-std::abs(score - *largest)), one = 1 + (score - score);
  const bool grows = *largest < score;
  const S keep = grows ? less : S(1), part = grows ? one : less;
  if (grows) *largest = score;
  *total = *total * keep + part;
  const S scale = 1 / *total;
  for_each_packet<S>(F, [&]<class P>(Index f) HEED_LAMBDA {
    const P s = fma(set1<P>(part), load<P>(x.data + f), mul(set1<P>(keep), load<P>(sum + f)));
    store(sum + f, s);
    store(y.data + f, mul(s, set1<P>(scale)));
  });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::AttentionPool)
