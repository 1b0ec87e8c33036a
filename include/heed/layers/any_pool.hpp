#pragma once

/// @file
/// A pooling over time whose kind is chosen at run time.

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
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/mean_max_pool.hpp"
#include "heed/layers/multi_head_pool.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

/// How the states of all steps become one vector.
enum class Attention { pool, multihead, additive, none, mean, max, meanmax };
constexpr std::array<std::string_view, 7> names_of(Attention) {
  return {"pool", "multihead", "additive", "none", "mean", "max", "meanmax"};
}

/// Whether the pooling has learnt attention weights over the steps.
constexpr bool attends(Attention a) {
  return a == Attention::pool || a == Attention::multihead || a == Attention::additive;
}

/// The last state of a bidirectional layer. `final`: the final states of both directions, as PyTorch's h_n and Keras'
/// Bidirectional have them. `step`: the outputs at the last step, `out[:, -1, :]`; there the backward direction has
/// seen only one step.
enum class LastState { final, step };
constexpr std::array<std::string_view, 2> names_of(LastState) { return {"final", "step"}; }

/// Options of `AnyPool`.
struct AnyPoolOptions {
  Index features = 0;
  Attention kind = Attention::pool;
  Index heads = 2;                  ///< of `multihead`
  Pooling pooling = Pooling::last;  ///< of `multihead`
  bool both_ends = false;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Pools the states of all steps into one vector: (steps, features) to (1, features); `meanmax`: to (1, 2 features).
///
/// | kind        | y                                                                                  |
/// |-------------|------------------------------------------------------------------------------------|
/// | `pool`      | `AttentionPool`                                                                    |
/// | `multihead` | `MultiHeadPool`                                                                    |
/// | `additive`  | `AdditiveAttention` of the last valid state to all states                          |
/// | `none`      | the last valid state                                                               |
/// | `mean`      | `MeanPool`                                                                         |
/// | `max`       | `MaxPool`                                                                          |
/// | `meanmax`   | `MeanMaxPool`: mean and maximum, concatenated                                      |
///
/// With `both_ends` the last state is taken as `LastPool` takes it with that option. The parameters have the names of
/// the layer in use.
template <class S>
struct AnyPool {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = AnyPoolOptions;
  struct Cache {
    typename AttentionPool<S>::Cache pool;
    typename MultiHeadPool<S>::Cache multihead;
    typename AdditiveAttention<S>::Cache additive;
    typename LastPool<S>::Cache last;
    typename MeanMaxPool<S>::Cache mean_max;
    TileBuffer<S> query;  // of `additive`
  };

  Attention kind = Attention::none;
  AttentionPool<S> pool;  ///< only the layer in use has elements
  MultiHeadPool<S> multihead;
  AdditiveAttention<S> additive;
  LastPool<S> last;

  AnyPool() = default;
  /// Throws if the number of features is not positive, or if the heads do not divide it.
  HEED_COLD explicit AnyPool(Options o);

  HEED_COLD void initialize(Key key);

  /// Throws if `both_ends` is set and the number of features is odd, or if the layer in use does not accept x.
  Shape output_shape(Shape x) const;
  /// The features of y for x with this many features.
  Index output_size(Index features) const { return kind == Attention::meanmax ? 2 * features : features; }

  /// The attention weights of the last forward pass, a view of the cache: (steps, 1); for `multihead` those of
  /// `MultiHeadPool`. Throws if the kind has no attention. For `multihead`, also throws if `keep_weights` was not
  /// called before that pass.
  Tile<const S> weights(const Cache& cache) const;
  /// The following forward passes compute and keep all weights, needed or not. The results stay the same.
  static void keep_weights(Cache& cache) { MultiHeadPool<S>::keep_weights(cache.multihead); }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  /// A stream remembers what `pool` remembers; for `multihead` and `additive`, the states of all steps. Throws with
  /// `both_ends`, and for the mean of multi-head attention, because each new step changes it at all steps.
  Index prepare_stream(Shape x, Cache& cache) const;
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, AnyPool& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    AttentionPool<S>::visit(f, layers.pool...);
    MultiHeadPool<S>::visit(f, layers.multihead...);
    AdditiveAttention<S>::visit(f, layers.additive...);
  }

 private:
  Tile<const S> take_query(Tile<const S> x, Cache& cache, const Pass& pass) const;
  void additive_backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, AnyPool& grad,
                         const Pass& pass) const;
};

template <class S>
AnyPool<S>::AnyPool(Options o) : kind(o.kind), last({.both_ends = o.both_ends}) {
  check_choice(kind, "kind", "AnyPool");
  switch (kind) {
    case Attention::pool:
      pool = AttentionPool<S>({.features = o.features});
      break;
    case Attention::multihead:
      multihead =
          MultiHeadPool<S>({.features = o.features, .heads = o.heads, .pooling = o.pooling, .both_ends = o.both_ends});
      break;
    case Attention::additive:
      additive = AdditiveAttention<S>({.query_size = o.features, .memory_size = o.features});
      break;
    default:  // has no weights
      break;
  }
}

template <class S>
void AnyPool<S>::initialize(Key key) {
  switch (kind) {
    case Attention::pool:
      return pool.initialize(key);
    case Attention::multihead:
      return multihead.initialize(key);
    case Attention::additive:
      return additive.initialize(key);
    default:
      return;
  }
}

template <class S>
Shape AnyPool<S>::output_shape(Shape x) const {
  if (kind >= Attention::mean) return {1, output_size(x.features)};
  const Shape state = last.output_shape(x);
  return kind == Attention::pool        ? pool.output_shape(x)
         : kind == Attention::multihead ? multihead.output_shape(x)
         : kind == Attention::additive  ? additive.output_shape(state, x)
                                        : state;
}

template <class S>
Tile<const S> AnyPool<S>::weights(const Cache& cache) const {
  require(attends(kind), [] { return Fault{"there is no attention", "AnyPool", {}, {}}; });
  if (kind == Attention::pool) return AttentionPool<S>::weights(cache.pool);
  if (kind == Attention::multihead) return MultiHeadPool<S>::weights(cache.multihead);
  const Tile<const S> a = AdditiveAttention<S>::weights(cache.additive);
  return Tile<const S>(a.data, {a.features, 1}, a.lanes);  // (1, steps) read as (steps, 1): the same numbers
}

template <class S>
void AnyPool<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  switch (kind) {
    case Attention::pool:
      return pool.forward(x, y, cache.pool, pass);
    case Attention::multihead:
      return multihead.forward(x, y, cache.multihead, pass);
    case Attention::additive:
      return additive.forward(take_query(x, cache, pass), x, y, cache.additive, pass);
    case Attention::none:
      return last.forward(x, y, cache.last, pass);
    case Attention::mean:
      return MeanPool<S>().forward(x, y, cache.mean_max.mean, pass);
    case Attention::max:
      return MaxPool<S>().forward(x, y, cache.mean_max.max, pass);
    case Attention::meanmax:
      return MeanMaxPool<S>().forward(x, y, cache.mean_max, pass);
  }
}

template <class S>
Tile<const S> AnyPool<S>::take_query(Tile<const S> x, Cache& cache, const Pass& pass) const {
  const Tile<S> query = cache.query.take({1, x.features}, x.lanes);
  last.forward(x, query, cache.last, pass);
  return query;
}

template <class S>
Index AnyPool<S>::prepare_stream(Shape x, Cache& cache) const {
  if (kind >= Attention::mean) return output_size(x.features);
  if (kind == Attention::multihead) return multihead.prepare_stream(x, cache.multihead);
  last.prepare_stream(x, cache.last);
  return kind == Attention::pool       ? pool.prepare_stream(x, cache.pool)
         : kind == Attention::additive ? additive.stream_size(x)
                                       : 0;
}

template <class S>
void AnyPool<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                             const Pass& pass) const {
  switch (kind) {
    case Attention::pool:
      return pool.stream_step(x, y, memory, cache.pool, pass);
    case Attention::multihead:
      return multihead.stream_step(x, y, memory, cache.multihead, pass);
    case Attention::additive:
      return additive.stream_step(x, y, memory, cache.additive, pass);
    case Attention::none:
      return last.stream_step(x, y, memory, cache.last, pass);
    case Attention::mean:
      return MeanPool<S>().stream_step(x, y, memory, cache.mean_max.mean, pass);
    case Attention::max:
      return MaxPool<S>().stream_step(x, y, memory, cache.mean_max.max, pass);
    case Attention::meanmax:
      return MeanMaxPool<S>().stream_step(x, y, memory, cache.mean_max, pass);
  }
}

template <class S>
void AnyPool<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, AnyPool& grad,
                          const Pass& pass) const {
  MeanPool<S> mean;
  MaxPool<S> max;
  MeanMaxPool<S> mean_max;
  switch (kind) {
    case Attention::pool:
      return pool.backward(x, y, dy, dx, cache.pool, grad.pool, pass);
    case Attention::multihead:
      return multihead.backward(x, y, dy, dx, cache.multihead, grad.multihead, pass);
    case Attention::additive:
      return additive_backward(x, y, dy, dx, cache, grad, pass);
    case Attention::none:
      return last.backward(x, y, dy, dx, cache.last, grad.last, pass);
    case Attention::mean:
      return mean.backward(x, y, dy, dx, cache.mean_max.mean, mean, pass);
    case Attention::max:
      return max.backward(x, y, dy, dx, cache.mean_max.max, max, pass);
    case Attention::meanmax:
      return mean_max.backward(x, y, dy, dx, cache.mean_max, mean_max, pass);
  }
}

template <class S>
void AnyPool<S>::additive_backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                   AnyPool& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> query = cache.query.view();
  const Tile<S> dquery = pass.scratch.like(query);
  additive.backward(query, x, y, dy, into_if(bool(dx), dquery), dx, cache.additive, grad.additive, pass);
  if (dx) last.backward(x, query, dquery, onto(dx.tile), cache.last, grad.last, pass);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::AnyPool)
