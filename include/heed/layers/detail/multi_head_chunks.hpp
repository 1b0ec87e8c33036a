#pragma once

/// @file
/// Multi-head attention of one query to a long memory, chunk by chunk: an inner part of multi_head_attention.hpp, which
/// declares it.

#include "heed/core/attention_mask.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/kernels/joined_softmax.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/step_chunks.hpp"
#include "heed/layers/multi_head_attention.hpp"

namespace heed::inline HEED_ISA {

template <class S>
bool MultiHeadAttention<S>::takes_chunks(Tile<const S> query, const AttentionMask& mask,
                                         const AttentionScores<S>& scores, const Pass& pass) const {
  return query.steps == 1 && packed() && !mask && !scores && !causal && !local() && !reads_distances() &&
         !DropoutMask::active(dropout, pass);
}

template <class S>
void MultiHeadAttention<S>::forward_in_chunks(Tile<const S> query, Tile<const S> memory, Tile<S> y, Cache& cache,
                                              const Pass& pass) const {
  detail::StepChunks& chunks = cache.chunks;
  const Index E = embed_dim(), L = memory.lanes, T = memory.steps;
  cache.mask = {};
  cache.scores = {};
  cache.weights.take(num_heads, 1, T, L, false, true);
  const Tile<S> q = cache.q.take({1, E}, L), context = cache.context.take({1, E}, L);
  const Tile<S> weights = cache.weights.all();  // (heads, T)
  const Tile<S> all_kv = cache.k.take({pass.keep ? T : chunks.most(T), 2 * E}, L);
  affine<S>(query, projection<const S>(*this, 0), in_proj_bias.data(), q);
  const auto weights_of = [&](Index h) { return Tile<S>(weights.at(h), {T, 1}, L); };
  const Scratch::Mark mark(pass.scratch);
  kernels::JoinedSoftmax<S> joined(chunks.count(), context, pass.scratch, num_heads);
  for (Index c = chunks.count(); c-- > 0;) {
    const Scratch::Mark of_chunk(pass.scratch);
    const Tile<const S> part = chunks.of(memory, c, pass.scratch);
    const Tile<S> kv = all_kv.range(pass.keep ? chunks.first(c) : 0, part.steps);
    affine<S>(
        part, memory_weight<const S>(*this), in_proj_bias.data() + E, kv,
        chunks.fetch<S>(c - 1, 2 * E * part.size(), {memory, pass.keep ? Tile<const S>(all_kv) : Tile<const S>()}));
    kernels::Head<S> one = head(query, part, cache);
    for (Index h = 0; h < num_heads; ++h) {
      one.part.scale = joined.of(c, h);
      kernels::attend<S>(one, kernels::DotScores<S>{one, slice(q, h), slice(kv, h)}, slice(kv, h, E),
                         {chunks.of(weights_of(h), c).data, true}, kernels::matrix_of(joined.sum(), h * head_dim()));
    }
    joined.add(c);
  }
  for (Index h = 0; h < num_heads; ++h) {
    for (Index c = 0; c < chunks.count(); ++c) joined.weigh(c, chunks.of(weights_of(h), c), h);
  }
  out_proj.forward(context, y, cache.dense, pass);
  kernels::zero_unattended(head(query, memory, cache), y);  // the output's bias would make it nonzero
}

template <class S>
void MultiHeadAttention<S>::backward_in_chunks(Tile<const S> query, Tile<const S> memory, Tile<const S> dy,
                                               Into<S> dquery, Into<S> dmemory, Cache& cache, MultiHeadAttention& grad,
                                               const Pass& pass) const {
  detail::StepChunks& chunks = cache.chunks;
  const Index E = embed_dim(), D = head_dim(), L = memory.lanes, T = memory.steps, most = chunks.most(T);
  const Tile<const S> q = cache.q.view(), context = cache.context.view(), all_kv = cache.k.view();
  const Tile<S> weights = cache.weights.all();
  const Scratch::Mark mark(pass.scratch);
  const auto room = [&](Shape shape) { return pass.scratch.template tile<S>(shape, L); };
  const Tile<S> d = room({1, E}), dcontext = room({1, E}), dq = room({1, E}), dq_part = room({1, E});
  const Tile<S> dots = room({num_heads, 1}), ds = room({most, 1}), all_dkv = room({most, 2 * E});
  copy(dy, d);
  kernels::zero_unattended(head(query, memory, cache), d);
  out_proj.backward(context, {}, d, into(dcontext), cache.dense, grad.out_proj, pass);
  for (Index h = 0; h < num_heads; ++h) {
    dots_of_lanes(Tile<const S>(context.at(0, h * D), {1, D}, L), Tile<const S>(dcontext.at(0, h * D), {1, D}, L),
                  dots.at(h));
  }
  fill(dq, S(0));
  for (Index c = 0; c < chunks.count(); ++c) {
    const Tile<const S> part = chunks.of(memory, c), kv = chunks.of(all_kv, c);
    const Tile<S> dkv = all_dkv.range(0, part.steps);
    kernels::Ahead* const ahead = chunks.fetch<S>(c + 1, 4 * E * part.size(), {memory, dmemory.tile, all_kv});
    kernels::Head<S> one = head(query, part, cache);
    for (Index h = 0; h < num_heads; ++h) {
      one.part.dot = dots.at(h);
      S* const a = chunks.of(Tile<S>(weights.at(h), {T, 1}, L), c).data;
      kernels::attend_backward<S>(one, kernels::DotScores<S>{one, slice(q, h), slice(kv, h)}, slice(kv, h, E),
                                  {a, true}, slice(dcontext, h), ds.data, kernels::matrix_of(dq_part, h * D),
                                  {kernels::matrix_of(dkv, h * D)}, {kernels::matrix_of(dkv, E + h * D)});
    }
    add<S>(dq_part, dq);
    weight_gradient<S>(part, dkv, memory_weight<S>(grad), grad.in_proj_bias.data() + E, ahead);
    input_gradient<S>(dkv, memory_weight<const S>(*this), chunks.of<S>(dmemory, c), ahead);
  }
  weight_gradient<S>(query, dq, projection<S>(grad, 0), grad.in_proj_bias.data());
  input_gradient<S>(dq, projection<const S>(*this, 0), dquery);
}

}  // namespace heed::inline HEED_ISA
