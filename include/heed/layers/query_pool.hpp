#pragma once

/// @file
/// Pooling over time with any attention and a learnt query.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/weight_gradient.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// One learnt query attends to all steps: maps (steps, memory_size) to (1, value_size). To pool with a given query,
/// call the attention itself. A sequence without steps gives 0. The parameters are a vector called query and a module
/// called attention.
template <class A>
struct QueryPool {
  using Scalar = typename A::Scalar;
  using S = Scalar;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = typename A::Options;
  struct Cache {
    TileBuffer<S> query;  // (1, query_size), the same in all lanes
    typename A::Cache attention;
  };

  Vector<S> query;
  A attention;

  QueryPool() = default;
  /// Throws if a size is not positive, or if the attention is causal.
  explicit QueryPool(Options o);

  /// The query from U(-1/sqrt(query_size), 1/sqrt(query_size)).
  void initialize(Key key) {
    initialize_fan_in(query, key.child(0), query.size());
    attention.initialize(key.child(1));
  }

  Shape output_shape(Shape x) const { return attention.output_shape({1, query.size()}, x); }

  /// The weights a_t of the last forward pass, (steps, 1), a view of the cache.
  static Tile<const S> weights(const Cache& cache) {
    const Tile<const S> a = A::weights(cache.attention);
    return Tile<const S>(a.data, {a.features, 1}, a.lanes);
  }
  static void keep_weights(Cache& cache) { A::keep_weights(cache.attention); }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  /// A stream remembers all steps.
  Index prepare_stream(Shape x, Cache&) const { return attention.stream_size(x); }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, QueryPool& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    f("query", layers.query...);
    f("attention", layers.attention...);
  }
};

template <class A>
QueryPool<A>::QueryPool(Options o) : attention(o) {
  require(!o.causal, [] { return Fault{"a pool sees all steps: causal must be off", "QueryPool", {}, {}}; });
  query = Vector<S>(o.query_size);
  initialize({});
}

template <class A>
void QueryPool<A>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  const Tile<S> q = cache.query.take({1, query.size()}, x.lanes);
  for (Index f = 0; f < q.features; ++f) std::fill_n(q.at(0, f), q.lanes, query.data()[f]);
  attention.forward(q, x, y, cache.attention, pass);
}

template <class A>
void QueryPool<A>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                               const Pass& pass) const {
  const Tile<const S> q(query.data(), {1, query.size()}, 1);
  attention.stream_step(q, x, y, memory, cache.attention, pass);
}

template <class A>
void QueryPool<A>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                            QueryPool& grad, const Pass& pass) const {
  const Tile<const S> q = cache.query.view();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dq = pass.scratch.like(q);
  attention.backward(q, x, y, dy, into(dq), dx, cache.attention, grad.attention, pass);
  kernels::bias_gradient<S>(1, dq.lanes, {dq.data, dq.features, 0}, grad.query.data());
}

}  // namespace heed::inline HEED_ISA
