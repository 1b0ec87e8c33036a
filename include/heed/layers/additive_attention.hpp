#pragma once

/// @file
/// Additive attention.

#include <algorithm>
#include <string>

#include "heed/core/error.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/math.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/dense.hpp"

namespace heed::inline HEED_ISA {

/// Every query step attends to the steps of a memory (Bahdanau, Cho and Bengio 2014):
///
///     score(q, k) = v . tanh(W [q; k] + b),  a = softmax over valid k,  y_q = sum_k a_qk memory_k
///
/// Query (T_q, query_size) and memory (T_k, memory_size) to (T_q, memory_size). Where a query or the whole memory is
/// past its end, y is 0. Names of a `Linear` called attn and a vector v.
template <class S>
struct AdditiveAttention {
  using Scalar = S;
  using Input = S;
  struct Options {
    Index query_size = 0, memory_size = 0;
    Index attention_size = 0;  ///< rows of W; 0: the memory's size
  };

  Dense<S> attn;  // [query; key] to attention_size
  Vector<S> v;

  /// The keys W_k memory + b are shared by all queries; a decoder prepares them once and attends step by step.
  struct Cache {
    TileBuffer<S> keys;     // (T_k, A)
    TileBuffer<S> tanh;     // (T_q T_k, A)
    TileBuffer<S> weights;  // (T_q, T_k)
    TileBuffer<S> dkeys;    // gradient of the keys, summed over queries
  };

  AdditiveAttention() = default;
  /// Throws where a size is not positive.
  explicit AdditiveAttention(Options o)
      : attn({.in_features = o.query_size + o.memory_size,
              .out_features = o.attention_size ? o.attention_size : o.memory_size}),
        v(attn.out_features()),
        query_size_(o.query_size) {
    require(o.query_size > 0 && o.memory_size > 0, [&] {
      return Fault{"sizes must be positive", "AdditiveAttention", {}, to_text(Extents<2>{o.query_size, o.memory_size})};
    });
    initialize({});
  }

  /// `attn` as a Linear; v from U(0, 1).
  void initialize(Key key) {
    attn.initialize(key.child(0));
    initialize_uniform(v, key.child(1), 0.5);
    for (S& x : v) x += S(0.5);
  }

  Index query_size() const { return query_size_; }
  Index memory_size() const { return attn.in_features() - query_size_; }

  Shape output_shape(Shape query, Shape memory) const {
    require(query.features == query_size() && memory.features == memory_size(), [&] {
      return Fault{"wrong number of features", "AdditiveAttention", to_text(Extents<2>{query_size(), memory_size()}),
                   to_text(Extents<2>{query.features, memory.features})};
    });
    return {query.steps, memory_size()};
  }

  /// a of the last forward pass: (T_q, T_k), a view of the cache.
  static Tile<const S> weights(const Cache& cache) { return cache.weights.view(); }

  // ---- a query at a time: for decoders

  /// Room for `queries` queries, and the keys of the memory.
  void prepare(Index queries, Tile<const S> memory, Cache& cache) const {
    const Index A = attn.out_features();
    const Tile<S> keys = cache.keys.take({memory.steps, A}, memory.lanes);
    affine<S>(memory, key_weight(), values_or_null(attn.bias), keys);
    cache.tanh.take({queries * memory.steps, A}, memory.lanes);
    cache.weights.take({queries, memory.steps}, memory.lanes);
  }

  /// Query number `t` of the cache; `query` and `y` have one step.
  void step(Index t, Tile<const S> query, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const {
    using namespace simd;
    const Index A = attn.out_features(), T = memory.steps, L = memory.lanes;
    const Tile<const S> keys = cache.keys.view();
    const Tile<S> hidden = cache.tanh.tile().range(t * T, T);
    const Scratch::Mark mark(pass.scratch);
    const Tile<S> q = pass.scratch.template tile<S>({1, A}, L);
    affine<S>(query, query_weight(), nullptr, q);
    for (Index k = 0; k < T; ++k) {
      for_each_packet<S>(A * L, [&]<class P>(Index i) HEED_LAMBDA {
        store(hidden.at(k) + i, simd::tanh(add(load<P>(keys.at(k) + i), load<P>(q.data + i))));
      });
    }
    S* a = cache.weights.tile().at(t);
    const Tile<S> scores(a, {T, 1}, L);
    affine<S>(hidden, score_weight(), nullptr, scores);
    kernels::softmax(a, T, L, memory.lengths);
    kernels::lane_product<S>(1, memory.features, T, L, {a, 0, 1}, kernels::matrix_of(memory), {y.data, 0, 1});
  }

  /// Before the first `step_backward`: the gradient of the keys starts at zero.
  void prepare_backward(Cache& cache) const {
    const Tile<const S> keys = cache.keys.view();
    fill(cache.dkeys.take(keys.shape(), keys.lanes), S(0));
  }
  /// Back through query `t`. What reaches the memory through the keys waits for `finish_backward`.
  void step_backward(Index t, Tile<const S> query, Tile<const S> memory, Tile<const S> dy, Into<S> dquery,
                     Into<S> dmemory, Cache& cache, AdditiveAttention& grad, const Pass& pass) const {
    using namespace simd;
    const Index A = attn.out_features(), T = memory.steps, L = memory.lanes;
    const Tile<const S> hidden = cache.tanh.view().range(t * T, T);
    const S* a = cache.weights.view().at(t);
    const Scratch::Mark mark(pass.scratch);
    const Tile<S> ds = pass.scratch.template tile<S>({T, 1}, L), dz = pass.scratch.template tile<S>({1, A}, L);
    const Tile<S> dq = pass.scratch.template tile<S>({1, A}, L);
    kernels::lane_product<S>(T, 1, memory.features, L, kernels::matrix_of(memory), {dy.data, 1, 0}, {ds.data, 1, 0});
    if (dmemory) {  // dmemory_k (+)= a_k dy
      kernels::lane_product<S>(T, memory.features, 1, L, {a, 1, 0}, {dy.data, 0, 1}, kernels::matrix_of(dmemory.tile),
                               1, dmemory.add);
    }
    kernels::softmax_backward(a, ds.data, T, L);
    weight_gradient<S>(hidden, ds, Weight<S>(grad.v.data(), 1, A, 1), nullptr);
    fill(dq, S(0));
    for (Index k = 0; k < T; ++k) {  // d(W [q; k] + b) = ds v (1 - tanh^2): to the key and, over all keys, to the query
      input_gradient<S>(Tile<const S>(ds.step(k)), score_weight(), into(dz));
      S* dkey = cache.dkeys.tile().at(k);
      for_each_packet<S>(A * L, [&]<class P>(Index i) HEED_LAMBDA {
        const P h = load<P>(hidden.at(k) + i);
        const P d = mul(load<P>(dz.data + i), sub(set1<P>(1), mul(h, h)));
        accumulate(dkey + i, d);
        accumulate(dq.data + i, d);
      });
    }
    weight_gradient<S>(query, dq, Weight<S>(grad.attn.weight).inputs(0, query_size_), nullptr);
    input_gradient<S>(dq, query_weight(), dquery);
  }
  /// After the last `step_backward`: the keys' weight, bias and input.
  void finish_backward(Tile<const S> memory, Into<S> dmemory, Cache& cache, AdditiveAttention& grad) const {
    const Weight<S> dkey_weight = Weight<S>(grad.attn.weight).inputs(query_size_, memory_size());
    weight_gradient<S>(memory, cache.dkeys.view(), dkey_weight, values_or_null(grad.attn.bias));
    input_gradient<S>(cache.dkeys.view(), key_weight(), dmemory);
  }

  // ---- all queries

  void forward(Tile<const S> query, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const {
    prepare(query.steps, memory, cache);
    for (Index t = 0; t < query.steps; ++t) step(t, query.step(t), memory, y.step(t), cache, pass);
    zero_past_end(y, query.lengths);
    zero_past_end(cache.weights.tile(), query.lengths);
  }

  void backward(Tile<const S> query, Tile<const S> memory, Tile<const S> /*y*/, Tile<const S> dy, Into<S> dquery,
                Into<S> dmemory, Cache& cache, AdditiveAttention& grad, const Pass& pass) const {
    prepare_backward(cache);
    for (Index t = 0; t < query.steps; ++t) {
      step_backward(t, query.step(t), memory, dy.step(t), dquery.step(t), dmemory, cache, grad, pass);
      dmemory.add = true;
    }
    finish_backward(memory, dmemory, cache, grad);
  }

  static void visit(auto&& f, auto&... layers) {
    f("attn", layers.attn...);
    f("v", layers.v...);
  }

 private:
  Weight<const S> query_weight() const { return Weight<const S>(attn.weight).inputs(0, query_size_); }
  Weight<const S> key_weight() const { return Weight<const S>(attn.weight).inputs(query_size_, memory_size()); }
  Weight<const S> score_weight() const { return {v.data(), 1, v.size(), 1}; }

  Index query_size_ = 0;  // where W splits
};

}  // namespace heed::inline HEED_ISA
