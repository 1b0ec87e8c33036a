#pragma once

/// @file
/// What all attentions with one head share, whatever their score.

#include "heed/core/attention_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/attention_weights.hpp"

namespace heed::inline HEED_ISA {

/// Every query step attends to the steps of a memory:
///
///     a_qk = softmax over the keys k that q meets of score(query_q, memory_k),  y_q = sum over k of a_qk value_k
///
/// Query (T_q, query_size) and memory (T_k, memory_size) to (T_q, value_size). Query i meets the keys that are valid,
/// that the mask of the call leaves, and, where `causal`, those of 0 .. i. Where a query is past its end or meets no
/// key, y is 0.
///
/// One interface for all scores: cross attention `forward(query, memory, y, ...)`, self attention `forward(x, y, ...)`,
/// a query at a time `prepare`, `step`, ..., and a pool over time, by a query of one step or `QueryPool`, which learns
/// it. The weights of the score are those of the attention, under the same names.
///
/// A score is a struct of weights that says what `AdditiveScore` and `DotScore` say: sizes; `prepare` (what all queries
/// share, from its `known` first steps on still in the cache), `project` (a query), `scores`, `values`; and the way
/// back, `prepare_backward`, `scores_backward`, `project_backward` (to the query), `finish_backward` (to the memory),
/// `accumulate` (the weights of the queries' projection).
template <class Score>
struct AttentionBy : Score {
  using S = typename Score::Scalar;
  using Input = S;
  using Options = typename Score::Options;
  struct Cache {
    typename Score::Cache score;
    AttentionWeights<S> weights;
    AttentionMask mask;
    TileBuffer<S> dqueries;        // (T_q, score_size): gradients of projected queries
    Index queries = 0, lanes = 0;  // of the last `prepare`
  };

  bool causal = false;

  AttentionBy() = default;
  /// Throws if a size is not positive.
  explicit AttentionBy(Options o) : Score(o), causal(o.causal) {}

  Shape output_shape(Shape q, Shape memory) const;
  /// Self attention: the query is its own memory.
  Shape output_shape(Shape x) const { return output_shape(x, x); }

  /// a of the last forward pass: (T_q, T_k), a view of the cache. Throws if there are more than a million of them in
  /// a tile and the attention neither needs them nor was told to `keep_weights` before.
  static Tile<const S> weights(const Cache& cache) { return cache.weights.view(); }
  /// Long sequences: the weights of the next forward passes are kept, not computed again in backward. The same results.
  static void keep_weights(Cache& cache) { cache.weights.keep(); }

  // ---- a query at a time: for decoders

  /// Room for `queries` queries, and what they share.
  void prepare(Index queries, Tile<const S> memory, Cache& cache, AttentionMask mask = {}) const;
  /// Query number `t` of the cache; q and y have one step (or some: those from `t` on).
  void step(Index t, Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const;

  /// Before the first `step_backward`.
  void prepare_backward(Cache& cache) const {
    Score::prepare_backward(cache.score);
    cache.dqueries.take({cache.queries, Score::score_size()}, cache.lanes);
  }
  /// Back through query `t`. What reaches the memory through projections, and the weights of these, wait for
  /// `finish_backward`.
  void step_backward(Index t, Tile<const S> q, Tile<const S> memory, Tile<const S> dy, Into<S> dquery, Into<S> dmemory,
                     Cache& cache, AttentionBy& grad, const Pass& pass) const;
  /// After the last `step_backward`, with all queries: the weights of the projections, over all of them in one pass.
  /// `dmemory` is to be added to where a step has put something into it.
  void finish_backward(Tile<const S> queries, Tile<const S> memory, Into<S> dmemory, Cache& cache,
                       AttentionBy& grad) const {
    Score::accumulate(queries, cache.dqueries.view(), grad);
    Score::finish_backward(memory, dmemory, cache.score, grad);
  }

  // ---- all queries

  void forward(Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass,
               AttentionMask mask = {}) const;
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, AttentionMask mask = {}) const;

  // ---- a step at a time, for streams

  /// Self attention remembers all steps. Throws unless causal.
  Index prepare_stream(Shape x, Cache&) const {
    detail::check_causal(causal, Score::name);
    return stream_size(x);
  }
  /// The same of any attention, of which only the last query of each pass is asked for.
  Index stream_size(Shape x) const { return detail::all_steps(x.steps, x.features, Score::name); }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;
  /// Query q asks all steps so far, x the last of them. What follows from the others is still in the cache.
  void stream_step(Tile<const S> q, Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                   const Pass& pass) const;

  void backward(Tile<const S> q, Tile<const S> memory, Tile<const S> /*y*/, Tile<const S> dy, Into<S> dquery,
                Into<S> dmemory, Cache& cache, AttentionBy& grad, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, AttentionBy& grad,
                const Pass& pass) const;

 private:
  // q begins at number `first`
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
  cache.lanes = memory.lanes;
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
  one.causal = false;  // the query is the last
  const Tile<const S> projected = Score::project(0, q, cache.score);
  kernels::attend<S>(one, Score::scores(one, projected, all, cache.score), Score::values(all, cache.score),
                     cache.weights.of(one, 0, pass), kernels::matrix_of(y));
}

template <class Score>
void AttentionBy<Score>::backward(Tile<const S> q, Tile<const S> memory, Tile<const S> /*y*/, Tile<const S> dy,
                                  Into<S> dquery, Into<S> dmemory, Cache& cache, AttentionBy& grad,
                                  const Pass& pass) const {
  prepare_backward(cache);
  step_backward(0, q, memory, dy, dquery, dmemory, cache, grad, pass);
  dmemory.add = dmemory.add || Score::values_are_memory();
  finish_backward(q, memory, dmemory, cache, grad);
}

template <class Score>
void AttentionBy<Score>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                  AttentionBy& grad, const Pass& pass) const {
  // the values come before the queries, projected ones after them
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
