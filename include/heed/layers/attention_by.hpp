#pragma once

/// @file
/// What all single-head attentions share, whatever their score.

#include <concepts>

#include "heed/core/attention_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/attention_weights.hpp"
#include "heed/layers/detail/step_chunks.hpp"

namespace heed::inline HEED_ISA {

/// Each query step attends to the steps of a memory:
///
///     a_qk = softmax over the visible keys k of score(query_q, memory_k),  y_q = sum over k of a_qk value_k
///
/// Maps query (T_q, query_size) and memory (T_k, memory_size) to (T_q, value_size). Query i sees key k if k is valid,
/// if the mask of the call allows it, and, with `causal`, if k <= i. For a query past its end, and for a query that
/// sees no key, y is 0.
///
/// All scores have the same interface. Cross attention: `forward(query, memory, y, ...)`. Self attention: `forward(x,
/// y, ...)`. One query at a time: `prepare`, `step`, and so on. Pooling over time: a query of one step, or `QueryPool`,
/// which learns its query. The attention's parameters are those of the score, with the same names.
///
/// A score is a struct of weights with the members of `AdditiveScore` and `DotScore`. Forward: the sizes; `prepare`
/// computes what all queries share (the cache still has it for the first `known` steps); `project` projects a query;
/// `scores`; `values`. Backward: `prepare_backward`, `scores_backward`, `project_backward` (to the query),
/// `finish_backward` (to the memory) and `accumulate` (the weights that project the queries).
///
/// One query over a long memory takes some steps of it at a time: `prepare_chunks` makes room, `prepare_chunk` computes
/// what belongs to some steps, and `scores` and `values` get the index of the first step that the cache holds.
template <class Score>
struct AttentionBy : Score {
  using S = typename Score::Scalar;
  using Input = S;
  using Options = typename Score::Options;
  struct Cache {
    typename Score::Cache score;
    AttentionWeights<S> weights;
    AttentionMask mask;
    TileBuffer<S> dqueries;                  // (T_q, score_size): gradients of the projected queries
    Index queries = 0, keys = 0, lanes = 0;  // of the last `prepare`
    detail::StepChunks chunks;               // of the memory, in the last forward pass
  };

  bool causal = false;

  AttentionBy() = default;
  /// Throws if a size is not positive.
  explicit AttentionBy(Options o) : Score(o), causal(o.causal) {}

  /// The options that make a layer of this size.
  Options options() const
    requires requires(const Score& score) {
      { score.options() } -> std::same_as<typename Score::Options>;
    }
  {
    Options o = Score::options();
    o.causal = causal;
    return o;
  }
  /// Features of the query.
  Index input_size() const { return Score::query_size(); }

  Shape output_shape(Shape q, Shape memory) const;
  /// Self attention: the query is its own memory.
  Shape output_shape(Shape x) const { return output_shape(x, x); }

  /// The weights a of the last forward pass, (T_q, T_k), a view of the cache. Throws if a tile has more than a million
  /// of them, the attention does not need them itself and `keep_weights` was not called before that pass.
  static Tile<const S> weights(const Cache& cache) { return cache.weights.view(); }
  /// For long sequences: the following forward passes keep their weights, so that backward need not compute them again.
  /// The results stay the same.
  static void keep_weights(Cache& cache) { cache.weights.keep(); }

  // ---- one query at a time, for decoders

  /// Makes room for `queries` queries and computes what they share.
  void prepare(Index queries, Tile<const S> memory, Cache& cache, AttentionMask mask = {}) const;
  /// Runs query `t` of the cache. q and y have one step, or several: the queries from `t` on.
  void step(Index t, Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const;

  /// Call it before the first `step_backward`.
  void prepare_backward(Cache& cache) const {
    Score::prepare_backward(cache.score, cache.keys);
    cache.dqueries.take({cache.queries, Score::score_size()}, cache.lanes);
  }
  /// The backward pass of query `t`. The gradients that go through projections of the memory, and those of the
  /// projections' weights, follow in `finish_backward`.
  void step_backward(Index t, Tile<const S> q, Tile<const S> memory, Tile<const S> dy, Into<S> dquery, Into<S> dmemory,
                     Cache& cache, AttentionBy& grad, const Pass& pass) const;
  /// Call it after the last `step_backward`, with all queries. Adds the gradients of the projections' weights over all
  /// queries in one pass. `dmemory` must be added to if a step has already written to it.
  void finish_backward(Tile<const S> queries, Tile<const S> memory, Into<S> dmemory, Cache& cache,
                       AttentionBy& grad) const {
    Score::accumulate(queries, cache.dqueries.view(), grad);
    Score::finish_backward(memory, dmemory, cache.score, grad);
  }

  // ---- all queries

  void forward(Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass,
               AttentionMask mask = {}) const;
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, AttentionMask mask = {}) const;

  // ---- one step at a time, for streams

  /// Self attention remembers all steps. Throws unless causal.
  Index prepare_stream(Shape x, Cache&) const {
    detail::check_causal(causal, Score::name);
    return stream_size(x);
  }
  /// The same for any attention of which each pass uses only the last query.
  Index stream_size(Shape x) const { return detail::all_steps(x.steps, x.features, Score::name); }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;
  /// Query q attends to all steps so far; x is the newest of them. The cache still holds what was computed from the
  /// earlier ones.
  void stream_step(Tile<const S> q, Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                   const Pass& pass) const;

  void backward(Tile<const S> q, Tile<const S> memory, Tile<const S> y, Tile<const S> dy, Into<S> dquery,
                Into<S> dmemory, Cache& cache, AttentionBy& grad, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, AttentionBy& grad,
                const Pass& pass) const;

 private:
  // one query, the memory in chunks
  void forward_in_chunks(Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward_in_chunks(Tile<const S> q, Tile<const S> memory, Tile<const S> y, Tile<const S> dy, Into<S> dquery,
                          Into<S> dmemory, Cache& cache, AttentionBy& grad, const Pass& pass) const;
  // q begins at query `first`
  kernels::Head<S> head(Index first, Tile<const S> q, Tile<const S> memory, const Cache& cache) const;
};

template <class Score>
Shape AttentionBy<Score>::output_shape(Shape q, Shape memory) const {
  const Extents<2> sizes{Score::query_size(), Score::memory_size()}, got{q.features, memory.features};
  require(got == sizes, [&] { return Fault{"wrong number of features", Score::name, to_text(sizes), to_text(got)}; });
  return {q.steps, Score::value_size()};
}

template <class Score>
void AttentionBy<Score>::prepare(Index queries, Tile<const S> memory, Cache& cache, AttentionMask mask) const {
  mask.check(queries, memory.steps, memory.lanes, Score::name);
  cache.mask = mask;
  cache.queries = queries;
  cache.keys = memory.steps;
  cache.lanes = memory.lanes;
  cache.chunks = {};
  if (Score::needs_weights) cache.weights.keep();
  cache.weights.take(1, queries, memory.steps, memory.lanes);
  Score::prepare(queries, memory, cache.score);
}

template <class Score>
void AttentionBy<Score>::step(Index t, Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache,
                              const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const kernels::Head<S> one = head(t, q, memory, cache);
  const Tile<const S> projected = Score::project(t, q, cache.score);
  kernels::attend<S>(one, Score::scores(one, projected, memory, cache.score), Score::values(memory, cache.score),
                     cache.weights.of(one, 0, pass), kernels::matrix_of(y));
}

template <class Score>
void AttentionBy<Score>::step_backward(Index t, Tile<const S> q, Tile<const S> memory, Tile<const S> dy, Into<S> dquery,
                                       Into<S> dmemory, Cache& cache, AttentionBy& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const kernels::Head<S> one = head(t, q, memory, cache);
  const Tile<const S> projected = Score::projected(t, q, cache.score);
  const Tile<S> dq = cache.dqueries.tile().range(t, q.steps);
  S* room = pass.scratch.template take<S>(one.block() * one.keys * one.lanes);
  const auto score = Score::scores(one, projected, memory, cache.score);
  const kernels::LaneSink<S> dvalues = Score::dvalues(dmemory, cache.score);
  kernels::attend_backward<S>(one, score, Score::values(memory, cache.score), cache.weights.of(one, 0, pass),
                              kernels::matrix_of(dy), room, dvalues, [&](Index first, Index count, const S* ds) {
                                Score::scores_backward(score, first, count, ds, dq, dmemory, cache.score, grad, pass);
                              });
  Score::project_backward(dq, dquery);
}

template <class Score>
void AttentionBy<Score>::forward(Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass,
                                 AttentionMask mask) const {
  const bool of_all_keys = q.steps == 1 && !mask && !causal;
  if (const detail::StepChunks chunks(memory); of_all_keys && !chunks.whole()) {
    cache.chunks = chunks;
    return forward_in_chunks(q, memory, y, cache, pass);
  }
  prepare(q.steps, memory, cache, mask);
  step(0, q, memory, y, cache, pass);
}

template <class Score>
void AttentionBy<Score>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, AttentionMask mask) const {
  forward(x, x, y, cache, pass, mask);
}

template <class Score>
void AttentionBy<Score>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                                     const Pass& pass) const {
  stream_step(x, x, y, memory, cache, pass);
}

template <class Score>
void AttentionBy<Score>::stream_step(Tile<const S> q, Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                                     const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> all(memory.take(memory.max_steps * x.features), {memory.step + 1, x.features}, 1);
  copy(x, all.step(memory.step));
  Score::prepare(1, all, cache.score, memory.known);
  cache.weights.take_none();
  kernels::Head<S> one = head(0, q, all, cache);
  one.causal = false;  // the query is the last one
  const Tile<const S> projected = Score::project(0, q, cache.score);
  kernels::attend<S>(one, Score::scores(one, projected, all, cache.score), Score::values(all, cache.score),
                     cache.weights.of(one, 0, pass), kernels::matrix_of(y));
}

template <class Score>
void AttentionBy<Score>::backward(Tile<const S> q, Tile<const S> memory, Tile<const S> y, Tile<const S> dy,
                                  Into<S> dquery, Into<S> dmemory, Cache& cache, AttentionBy& grad,
                                  const Pass& pass) const {
  if (!cache.chunks.whole()) return backward_in_chunks(q, memory, y, dy, dquery, dmemory, cache, grad, pass);
  prepare_backward(cache);
  step_backward(0, q, memory, dy, dquery, dmemory, cache, grad, pass);
  dmemory.add = dmemory.add || Score::values_are_memory();
  finish_backward(q, memory, dmemory, cache, grad);
}

template <class Score>
void AttentionBy<Score>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                  AttentionBy& grad, const Pass& pass) const {
  // unprojected values come before the queries, projected ones after them
  const Into<S> later{dx.tile, true};
  const bool values_first = Score::values_are_memory();
  backward(x, x, y, dy, values_first ? later : dx, values_first ? dx : later, cache, grad, pass);
}

template <class Score>
auto AttentionBy<Score>::head(Index first, Tile<const S> q, Tile<const S> memory,
                              const Cache& cache) const -> kernels::Head<S> {
  return {.queries = q.steps,
          .keys = memory.steps,
          .key_size = Score::score_size(),
          .value_size = Score::value_size(),
          .lanes = q.lanes,
          .scale = Score::scale(),
          .query_lengths = q.lengths,
          .key_lengths = memory.lengths,
          .causal = causal,
          .mask = cache.mask,
          .first_query = first};
}

}  // namespace heed::inline HEED_ISA

#include "heed/layers/detail/attention_chunks.hpp"
