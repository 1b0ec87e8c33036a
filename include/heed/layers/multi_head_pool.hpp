#pragma once

/// @file
/// A pooling over time by multi-head attention.

#include <array>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/options/field.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

/// How the outputs of multi-head attention become one vector.
enum class Pooling { last, mean };
constexpr std::array<std::string_view, 2> names_of(Pooling) { return {"last", "mean"}; }

/// Options of `MultiHeadPool`.
struct MultiHeadPoolOptions {
  Index features = 0;
  Index heads = 2;  ///< they divide `features`
  Pooling pooling = Pooling::last;
  bool both_ends = false;  ///< as in `LastPoolOptions`; of `Pooling::last`

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "features"}, o.features...);
    f({.name = "heads"}, o.heads...);
    f({.name = "pooling", .optional = true}, o.pooling...);
    f({.name = "both_ends", .optional = true}, o.both_ends...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y = the last valid step, or the mean over time, of a = MultiHeadAttention(x, x, x): (steps, features) to
/// (1, features).
///
/// For `Pooling::last` the query is the last state. With `both_ends` it is that of `LastPool` with the same option.
/// Parameters have the names of `MultiHeadAttention`.
template <class S>
struct MultiHeadPool {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = MultiHeadPoolOptions;
  struct Cache {
    typename MultiHeadAttention<S>::Cache attention;
    typename LastPool<S>::Cache last;
    typename MeanPool<S>::Cache mean;
    TileBuffer<S> attended, query, queries;
    bool keep_weights = false;
  };

  MultiHeadAttention<S> attention;
  LastPool<S> last;
  Pooling pooling = Pooling::last;

  MultiHeadPool() = default;
  /// Throws if the number of features is not positive, or if the heads do not divide it.
  HEED_COLD explicit MultiHeadPool(Options o)
      : attention({.embed_dim = o.features, .num_heads = o.heads}),
        last({.both_ends = o.both_ends}),
        pooling(o.pooling) {
    check_choice(pooling, "pooling", "MultiHeadPool");
  }

  void initialize(Key key) { attention.initialize(key); }

  /// The options that make a layer of this size.
  Options options() const { return {input_size(), attention.num_heads, pooling, last.both_ends}; }
  Index input_size() const { return attention.embed_dim(); }
  /// Throws if `both_ends` is set and the number of features is odd, or if x has other features than the layer.
  Shape output_shape(Shape x) const { return attention.output_shape(last.output_shape(x), x); }

  /// The weights of the last forward pass, a view of the cache: (heads steps, steps), head by head, one row per query.
  /// Throws if `keep_weights` was not called before that pass.
  static Tile<const S> weights(const Cache& cache);
  /// The following forward passes compute and keep all weights, needed or not. The results stay the same.
  static void keep_weights(Cache& cache) {
    cache.keep_weights = true;
    MultiHeadAttention<S>::keep_weights(cache.attention);
  }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  /// A stream remembers keys and values of all steps. Throws with `both_ends`, and for the mean, because each new step
  /// changes it at all steps.
  Index prepare_stream(Shape x, Cache& cache) const;
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const {
    attention.stream_step(x, y, memory, cache.attention, pass);
  }

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, MultiHeadPool& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) { MultiHeadAttention<S>::visit(f, layers.attention...); }

 private:
  // Only the last attended state is used. So only this one is computed, unless the caller wants all weights.
  bool asks_last_only(const Cache& cache) const { return pooling == Pooling::last && !cache.keep_weights; }
  // If all are computed, the query at the last step is still the last state.
  bool replaces_last_query() const { return pooling == Pooling::last && last.both_ends; }
  Tile<const S> take_query(Tile<const S> x, Cache& cache, const Pass& pass) const;
  Tile<const S> take_queries(Tile<const S> x, Cache& cache, const Pass& pass) const;
  void query_backward(Tile<const S> x, Tile<const S> dquery, Into<S> dx, Cache& cache, MultiHeadPool& grad,
                      const Pass& pass) const;
};

template <class S>
Tile<const S> MultiHeadPool<S>::weights(const Cache& cache) {
  require(cache.keep_weights,
          [] { return Fault{"keep_weights must be called before the forward pass", "MultiHeadPool", {}, {}}; });
  return MultiHeadAttention<S>::weights(cache.attention);
}

template <class S>
Tile<const S> MultiHeadPool<S>::take_query(Tile<const S> x, Cache& cache, const Pass& pass) const {
  const Tile<S> query = cache.query.take({1, x.features}, x.lanes);
  last.forward(x, query, cache.last, pass);
  return query;
}

// the states, with the last state in place of each lane's last step
template <class S>
Tile<const S> MultiHeadPool<S>::take_queries(Tile<const S> x, Cache& cache, const Pass& pass) const {
  const Tile<S> all = cache.queries.take(x.shape(), x.lanes, x.lengths);
  const Tile<const S> query = take_query(x, cache, pass);
  copy(x, all);
  for (Index f = 0; f < all.features; ++f) {
    for (Index l = 0; l < all.lanes; ++l) {
      if (x.length(l) > 0) all.at(x.length(l) - 1, f)[l] = query.at(0, f)[l];
    }
  }
  return all;
}

template <class S>
void MultiHeadPool<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  if (asks_last_only(cache)) return attention.forward(take_query(x, cache, pass), x, y, cache.attention, pass);
  const Tile<S> attended = cache.attended.take(x.shape(), x.lanes, x.lengths);
  if (replaces_last_query()) {
    attention.forward(take_queries(x, cache, pass), x, attended, cache.attention, pass);
  } else {
    attention.forward(x, attended, cache.attention, pass);
  }
  if (pooling == Pooling::last) {
    take_last(x, Tile<const S>(attended), Tile<const S>(), y);
  } else {
    MeanPool<S>().forward(attended, y, cache.mean, pass);
  }
}

template <class S>
Index MultiHeadPool<S>::prepare_stream(Shape x, Cache& cache) const {
  require(pooling == Pooling::last, [] {
    return Fault{"the mean of multi-head attention changes at all steps with each new one", "MultiHeadPool",
                 "pooling last in a stream", "mean"};
  });
  last.prepare_stream(x, cache.last);
  return attention.stream_size(x);
}

template <class S>
void MultiHeadPool<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                MultiHeadPool& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  if (asks_last_only(cache)) {
    const Tile<const S> query = cache.query.view();
    const Tile<S> dquery = pass.scratch.like(query);
    attention.backward(query, x, y, dy, into_if(bool(dx), dquery), dx, cache.attention, grad.attention, pass);
    return query_backward(x, dquery, dx, cache, grad, pass);
  }
  const Tile<const S> attended = cache.attended.view();
  const Tile<S> dattended = pass.scratch.like(attended);
  if (pooling == Pooling::last) {
    put_last(x, dy, into(dattended));
  } else {
    MeanPool<S> mean;
    mean.backward(attended, y, dy, into(dattended), cache.mean, mean, pass);
  }
  if (!replaces_last_query()) {
    return attention.backward(x, attended, dattended, dx, cache.attention, grad.attention, pass);
  }
  // the queries at other steps have no gradient
  const Tile<const S> asked = cache.queries.view();
  const Tile<S> dasked = pass.scratch.like(asked), dquery = pass.scratch.like(cache.query.view());
  attention.backward(asked, x, attended, dattended, into_if(bool(dx), dasked), dx, cache.attention, grad.attention,
                     pass);
  if (!dx) return;
  take_last(x, Tile<const S>(dasked), Tile<const S>(), dquery);
  query_backward(x, dquery, dx, cache, grad, pass);
}

template <class S>
void MultiHeadPool<S>::query_backward(Tile<const S> x, Tile<const S> dquery, Into<S> dx, Cache& cache,
                                      MultiHeadPool& grad, const Pass& pass) const {
  if (dx) last.backward(x, cache.query.view(), dquery, onto(dx.tile), cache.last, grad.last, pass);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::MultiHeadPool)
