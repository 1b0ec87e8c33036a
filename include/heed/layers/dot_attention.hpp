#pragma once

/// @file
/// Dot-product attention with one head.

#include <cmath>
#include <string>

#include "heed/core/attention_weights.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/dense.hpp"

namespace heed::inline HEED_ISA {

/// Every query step attends to the steps of a memory through learnt projections (Luong et al. 2015; scaled: Vaswani et
/// al. 2017):
///
///     Q = W_q query + b_q,  K = W_k memory + b_k,  V = W_v memory + b_v
///     a = softmax over valid keys of Q K' (scaled: Q K' / sqrt(output_size)),  y = a V
///
/// Query (T_q, query_size) and memory (T_k, memory_size) to (T_q, output_size). Where a query or the whole memory is
/// past its end, y is 0. Names of three `Linear`s called query, key and value.
template <class S>
struct DotAttention {
  using Scalar = S;
  using Input = S;
  struct Options {
    Index query_size = 0, memory_size = 0, output_size = 0;
    bool scaled = false;
  };
  struct Cache {
    TileBuffer<S> q, k, v;
    AttentionWeights<S> weights;
    typename Dense<S>::Cache dense;
  };

  Dense<S> query, key, value;
  bool scaled = false;

  DotAttention() = default;
  /// Throws where a size is not positive.
  explicit DotAttention(Options o)
      : query({o.query_size, o.output_size}),
        key({o.memory_size, o.output_size}),
        value({o.memory_size, o.output_size}),
        scaled(o.scaled) {
    initialize({});
  }

  void initialize(Key k) {
    query.initialize(k.child(0));
    key.initialize(k.child(1));
    value.initialize(k.child(2));
  }

  Shape output_shape(Shape q, Shape memory) const {
    const Extents<2> sizes{query.in_features(), key.in_features()}, got{q.features, memory.features};
    require(got == sizes, [&] {
      return Fault{"wrong number of features", "DotAttention", to_text(sizes), to_text(got)};
    });
    return {q.steps, value.out_features()};
  }
  /// Self attention: the query is its own memory.
  Shape output_shape(Shape x) const { return output_shape(x, x); }

  /// a of the last forward pass: (T_q, T_k), a view of the cache. Throws where there are more than a million of them in
  /// a tile and `keep_weights` was not called before.
  static Tile<const S> weights(const Cache& cache) { return cache.weights.view(); }
  /// Long sequences: the weights of the next forward passes are kept, not computed again in backward. The same results.
  static void keep_weights(Cache& cache) { cache.weights.keep(); }

  void forward(Tile<const S> x, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const {
    const Index D = query.out_features(), L = x.lanes;
    const Tile<S> q = cache.q.take({x.steps, D}, L), k = cache.k.take({memory.steps, D}, L);
    const Tile<S> v = cache.v.take({memory.steps, D}, L);
    cache.weights.take(1, x.steps, memory.steps, L);
    query.forward(x, q, cache.dense, pass);
    key.forward(memory, k, cache.dense, pass);
    value.forward(memory, v, cache.dense, pass);
    const Scratch::Mark mark(pass.scratch);
    const kernels::Head<S> one = head(x, memory);
    kernels::attend<S>(one, kernels::DotScores<S>{one, matrix(q), matrix(k)}, matrix(v), cache.weights.of(one, 0, pass),
                       kernels::matrix_of(y));
  }
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const { forward(x, x, y, cache, pass); }

  void backward(Tile<const S> x, Tile<const S> memory, Tile<const S> y, Tile<const S> dy, Into<S> dx, Into<S> dmemory,
                Cache& cache, DotAttention& grad, const Pass& pass) const {
    const Tile<const S> q = cache.q.view(), k = cache.k.view(), v = cache.v.view();
    const Scratch::Mark mark(pass.scratch);
    const Tile<S> dq = pass.scratch.like(q), dk = pass.scratch.like(k);
    const Tile<S> dv = pass.scratch.like(v);
    const kernels::Head<S> one = head(x, memory);
    S* scores = pass.scratch.template take<S>(one.block() * memory.steps * x.lanes);
    kernels::attend_backward<S>(one, kernels::DotScores<S>{one, matrix(q), matrix(k)}, matrix(v),
                                cache.weights.of(one, 0, pass), matrix(dy), scores, kernels::matrix_of(dq),
                                {kernels::matrix_of(dk)}, {kernels::matrix_of(dv)});
    query.backward(x, y, dq, dx, cache.dense, grad.query, pass);
    key.backward(memory, y, dk, dmemory, cache.dense, grad.key, pass);
    dmemory.add = true;
    value.backward(memory, y, dv, dmemory, cache.dense, grad.value, pass);
  }
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, DotAttention& grad,
                const Pass& pass) const {
    backward(x, x, y, dy, dx, {dx.tile, true}, cache, grad, pass);
  }

  static void visit(auto&& f, auto&... layers) {
    f("query", layers.query...);
    f("key", layers.key...);
    f("value", layers.value...);
  }

 private:
  static kernels::LaneMatrix<const S> matrix(Tile<const S> t) { return kernels::matrix_of(t); }
  kernels::Head<S> head(Tile<const S> x, Tile<const S> memory) const {
    const Index D = query.out_features();
    return {x.steps,   memory.steps,  D, D, x.lanes, scaled ? 1 / std::sqrt(static_cast<S>(D)) : S(1),
            x.lengths, memory.lengths};
  }
};

}  // namespace heed::inline HEED_ISA
