#pragma once

/// @file
/// Attention of one query to a long memory, chunk by chunk: an inner part of attention_by.hpp, which declares it.

#include "heed/core/kernels/ahead.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/kernels/joined_softmax.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/attention_by.hpp"
#include "heed/layers/detail/step_chunks.hpp"

namespace heed::inline HEED_ISA {

template <class Score>
void AttentionBy<Score>::forward_in_chunks(Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache,
                                           const Pass& pass) const {
  detail::StepChunks& chunks = cache.chunks;
  cache.mask = {};
  cache.weights.take(1, 1, memory.steps, memory.lanes, false, true);
  const Tile<S> weights(cache.weights.all().data, {memory.steps, 1}, memory.lanes);
  Score::prepare_chunks(pass.keep ? memory.steps : chunks.most(memory.steps), memory.lanes, cache.score);
  const Tile<const S> projected = Score::project(0, q, cache.score);
  const auto kept = Score::kept(cache.score);
  const Scratch::Mark mark(pass.scratch);
  kernels::JoinedSoftmax<S> joined(chunks.count(), y, pass.scratch);
  for (Index c = chunks.count(); c-- > 0;) {
    const Scratch::Mark of_chunk(pass.scratch);
    const Tile<const S> part = chunks.of(memory, c, pass.scratch);
    const Index first = pass.keep ? chunks.first(c) : 0;
    kernels::Head<S> one = head(0, q, part, cache);
    one.part = {.scale = joined.of(c),
                .ahead = chunks.fetch<S>(
                    c - 1, Score::products() * part.steps * part.lanes,
                    {memory, pass.keep ? kept[0] : Tile<const S>(), pass.keep ? kept[1] : Tile<const S>()})};
    Score::prepare_chunk(part, first, cache.score, one.part.ahead);
    kernels::attend<S>(one, Score::scores(one, projected, part, cache.score, first),
                       Score::values(part, cache.score, first), {chunks.of(weights, c).data, true},
                       kernels::matrix_of(joined.sum()));
    joined.add(c);
  }
  for (Index c = 0; c < chunks.count(); ++c) joined.weigh(c, chunks.of(weights, c));
}

template <class Score>
void AttentionBy<Score>::backward_in_chunks(Tile<const S> q, Tile<const S> memory, Tile<const S> y, Tile<const S> dy,
                                            Into<S> dquery, Into<S> dmemory, Cache& cache, AttentionBy& grad,
                                            const Pass& pass) const {
  detail::StepChunks& chunks = cache.chunks;
  const Index L = memory.lanes;
  const Tile<S> weights(cache.weights.all().data, {memory.steps, 1}, L);
  const Tile<const S> projected = Score::projected(0, q, cache.score);
  const auto kept = Score::kept(cache.score);
  const Scratch::Mark mark(pass.scratch);
  const S* y_dy = dots_of_lanes(y, dy, pass.scratch.template take<S>(L));
  S* ds = pass.scratch.template take<S>(chunks.most(memory.steps) * L);
  const Tile<S> dq = cache.dqueries.take({1, Score::score_size()}, L), dq_part = pass.scratch.like(Tile<const S>(dq));
  fill(dq, S(0));
  for (Index c = 0; c < chunks.count(); ++c) {
    const Tile<const S> part = chunks.of(memory, c);
    Into<S> dpart = chunks.of<S>(dmemory, c);
    kernels::Head<S> one = head(0, q, part, cache);
    one.part = {.dot = y_dy,
                .ahead = chunks.fetch<S>(c + 1, 2 * Score::products() * part.steps * L,
                                         {memory, dmemory.tile, kept[0], kept[1]})};
    Score::prepare_backward(cache.score, part.steps);
    const auto score = Score::scores(one, projected, part, cache.score, chunks.first(c));
    kernels::attend_backward<S>(
        one, score, Score::values(part, cache.score, chunks.first(c)), {chunks.of(weights, c).data, true},
        kernels::matrix_of(dy), ds, Score::dvalues(dpart, cache.score), [&](Index first, Index count, const S* d) {
          Score::scores_backward(score, first, count, d, dq_part, dpart, cache.score, grad, pass);
        });
    add<S>(dq_part, dq);
    dpart.add = dpart.add || Score::values_are_memory();
    Score::finish_backward(part, dpart, cache.score, grad, one.part.ahead);
  }
  Score::project_backward(dq, dquery);
  Score::accumulate(q, dq, grad);
}

}  // namespace heed::inline HEED_ISA
