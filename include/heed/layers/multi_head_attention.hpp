#pragma once

/// @file
/// Multi-head attention.

#include <cmath>
#include <string>

#include "heed/core/attention_weights.hpp"
#include "heed/core/error.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/dense.hpp"

namespace heed::inline HEED_ISA {

/// Scaled dot-product attention in `num_heads` slices of the features, side by side (Vaswani et al. 2017;
/// torch.nn.MultiheadAttention, its packing and its start):
///
///     [Q; K; V] = W_in [query; memory; memory] + b_in
///     a_h = softmax over valid keys of Q_h K_h' / sqrt(E / heads),  y = W_out [a_1 V_1; ...; a_h V_h] + b_out
///
/// Query (T_q, E) and memory (T_k, E) to (T_q, E). Where a query or the whole memory is past its end, y is 0.
template <class S>
struct MultiHeadAttention {
  using Scalar = S;
  using Input = S;
  struct Options {
    Index embed_dim = 0, num_heads = 1;
  };
  struct Cache {
    TileBuffer<S> q, kv;  // (T_q, E) and (T_k, 2E)
    AttentionWeights<S> weights;
    TileBuffer<S> context;  // (T_q, E)
    typename Dense<S>::Cache dense;
  };

  Matrix<S> in_proj_weight;  // 3E x E = [W_q; W_k; W_v]
  Vector<S> in_proj_bias;    // 3E
  Dense<S> out_proj;
  Index num_heads = 1;

  MultiHeadAttention() = default;
  /// Throws where a size is not positive or the heads do not divide the features.
  explicit MultiHeadAttention(Options o) : num_heads(o.num_heads) {
    require(o.embed_dim > 0 && o.num_heads > 0 && o.embed_dim % o.num_heads == 0, [&] {
      return Fault{"the number of heads must divide the number of features",
                   "MultiHeadAttention",
                   {},
                   std::to_string(o.num_heads) + " heads for " + std::to_string(o.embed_dim) + " features"};
    });
    in_proj_weight = Matrix<S>(3 * o.embed_dim, o.embed_dim);
    in_proj_bias = Vector<S>(3 * o.embed_dim);
    out_proj = Dense<S>({o.embed_dim, o.embed_dim});
    initialize({});
  }

  /// The packed projection Xavier uniform, `out_proj.weight` as a Linear, biases 0.
  void initialize(Key key) {
    initialize_xavier_uniform(in_proj_weight, key.child(0));
    in_proj_bias.fill(0);
    out_proj.initialize(key.child(1));
    out_proj.bias.fill(0);
  }

  Index embed_dim() const { return in_proj_weight.cols(); }

  Shape output_shape(Shape query, Shape memory) const {
    require(query.features == embed_dim() && memory.features == embed_dim(), [&] {
      return Fault{"wrong number of features", "MultiHeadAttention", std::to_string(embed_dim()),
                   std::to_string(query.features) + " and " + std::to_string(memory.features)};
    });
    return query;
  }
  /// Self attention: the query is its own memory.
  Shape output_shape(Shape x) const { return output_shape(x, x); }

  /// a of the last forward pass: (heads T_q, T_k), head by head, a view of the cache. Throws where there are more than
  /// a million of them in a tile and `keep_weights` was not called before.
  static Tile<const S> weights(const Cache& cache) { return cache.weights.view(); }
  /// Long sequences: the weights of the next forward passes are kept, not computed again in backward. The same results.
  static void keep_weights(Cache& cache) { cache.weights.keep(); }

  void forward(Tile<const S> query, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const {
    const Index E = embed_dim(), L = query.lanes;
    const Tile<S> q = cache.q.take(query.shape(), L), kv = cache.kv.take({memory.steps, 2 * E}, L);
    cache.weights.take(num_heads, query.steps, memory.steps, L);
    const Tile<S> context = cache.context.take(query.shape(), L);
    affine<S>(query, query_weight(), in_proj_bias.data(), q);
    affine<S>(memory, memory_weight(), in_proj_bias.data() + E, kv);
    for (Index h = 0; h < num_heads; ++h) {
      const Scratch::Mark mark(pass.scratch);
      const kernels::Head<S> one = head(query, memory);
      kernels::attend<S>(one, slice(q, h), slice(kv, h), slice(kv, h, E), cache.weights.of(one, h, pass),
                         kernels::matrix_of(context, h * head_dim()));
    }
    out_proj.forward(context, y, cache.dense, pass);
    zero_unattended(query, memory, y);
  }
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const { forward(x, x, y, cache, pass); }

  void backward(Tile<const S> query, Tile<const S> memory, Tile<const S> y, Tile<const S> dy, Into<S> dquery,
                Into<S> dmemory, Cache& cache, MultiHeadAttention& grad, const Pass& pass) const {
    const Index E = embed_dim();
    const Tile<const S> q = cache.q.view(), kv = cache.kv.view(), context = cache.context.view();
    const Scratch::Mark mark(pass.scratch);
    const Tile<S> d = pass.scratch.like(dy), dcontext = pass.scratch.like(context), dq = pass.scratch.like(q);
    const Tile<S> dkv = pass.scratch.like(kv);
    copy(dy, d);
    zero_unattended(query, memory, d);
    out_proj.backward(context, y, d, into(dcontext), cache.dense, grad.out_proj, pass);
    for (Index h = 0; h < num_heads; ++h) {
      const Scratch::Mark block(pass.scratch);
      const kernels::Head<S> one = head(query, memory);
      S* scores = pass.scratch.template take<S>(one.block() * memory.steps * query.lanes);
      const Index first = h * head_dim();
      kernels::attend_backward<S>(one, slice(q, h), slice(kv, h), slice(kv, h, E), cache.weights.of(one, h, pass),
                                  slice(dcontext, h), scores, kernels::matrix_of(dq, first),
                                  kernels::matrix_of(dkv, first), kernels::matrix_of(dkv, E + first));
    }
    const Weight<S> dw(grad.in_proj_weight);
    weight_gradient<S>(query, dq, dw.outputs(0, E), grad.in_proj_bias.data());
    weight_gradient<S>(memory, dkv, dw.outputs(E, 2 * E), grad.in_proj_bias.data() + E);
    input_gradient<S>(dq, query_weight(), dquery);
    input_gradient<S>(dkv, memory_weight(), dmemory);
  }
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, MultiHeadAttention& grad,
                const Pass& pass) const {
    backward(x, x, y, dy, dx, {dx.tile, true}, cache, grad, pass);
  }

  static void visit(auto&& f, auto&... layers) {
    f("in_proj_weight", layers.in_proj_weight...);
    f("in_proj_bias", layers.in_proj_bias...);
    f("out_proj", layers.out_proj...);
  }

 private:
  Index head_dim() const { return embed_dim() / num_heads; }
  Weight<const S> query_weight() const { return Weight<const S>(in_proj_weight).outputs(0, embed_dim()); }
  Weight<const S> memory_weight() const {
    return Weight<const S>(in_proj_weight).outputs(embed_dim(), 2 * embed_dim());
  }
  kernels::LaneMatrix<const S> slice(Tile<const S> t, Index h, Index first = 0) const {
    return kernels::matrix_of(t, first + h * head_dim());
  }
  kernels::Head<S> head(Tile<const S> query, Tile<const S> memory) const {
    const Index D = head_dim();
    return {query.steps,   memory.steps,  D, D, query.lanes, 1 / std::sqrt(static_cast<S>(D)),
            query.lengths, memory.lengths};
  }
  // y is 0 where the query is past its end or has no memory, in spite of the output's bias
  static void zero_unattended(Tile<const S> query, Tile<const S> memory, Tile<S> y) {
    zero_past_end(y, query.lengths);
    if (memory.steps == 0) fill(y, S(0));
    if (!memory.lengths || memory.lengths == query.lengths) return;
    for (Index t = 0; t < y.steps; ++t) zero_ended(memory, 0, y.step(t));
  }
};

}  // namespace heed::inline HEED_ISA
