#pragma once

/// @file
/// Forward and backward passes of multi-head attention: an inner part of multi_head_attention.hpp, which declares them.

#include <algorithm>

#include "heed/core/attention_mask.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/attention_heads.hpp"
#include "heed/layers/detail/head_temperature.hpp"
#include "heed/layers/multi_head_attention.hpp"

namespace heed::inline HEED_ISA {

template <class S>
void MultiHeadAttention<S>::forward(Tile<const S> query, Tile<const S> key, Tile<const S> value, Tile<S> y,
                                    Cache& cache, const Pass& pass, AttentionMask mask,
                                    AttentionScores<S> scores) const {
  const Tile<S> k = cache.k.take({key.steps, embed_dim()}, key.lanes);
  const Tile<S> v = cache.v.take({value.steps, embed_dim()}, value.lanes);
  affine<S>(key, projection<const S>(*this, 1), in_proj_bias.data() + embed_dim(), k);
  affine<S>(value, projection<const S>(*this, 2), in_proj_bias.data() + 2 * embed_dim(), v);
  attend(query, key, {k, v, 0}, y, cache, pass, mask, scores);
}

template <class S>
void MultiHeadAttention<S>::forward(Tile<const S> query, Tile<const S> memory, Tile<S> y, Cache& cache,
                                    const Pass& pass, AttentionMask mask, AttentionScores<S> scores) const {
  if (!packed()) return forward(query, memory, memory, y, cache, pass, mask, scores);
  cache.chunks = takes_chunks(query, mask, scores, pass) ? detail::StepChunks(memory) : detail::StepChunks();
  if (!cache.chunks.whole()) return forward_in_chunks(query, memory, y, cache, pass);
  const Tile<S> kv = cache.k.take({memory.steps, 2 * embed_dim()}, memory.lanes);
  affine<S>(memory, memory_weight<const S>(*this), in_proj_bias.data() + embed_dim(), kv);
  attend(query, memory, {kv, kv, embed_dim()}, y, cache, pass, mask, scores);
}

template <class S>
void MultiHeadAttention<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, AttentionMask mask,
                                    AttentionScores<S> scores) const {
  forward(x, x, y, cache, pass, mask, scores);
}

template <class S>
void MultiHeadAttention<S>::backward(Tile<const S> query, Tile<const S> key, Tile<const S> value, Tile<const S> /*y*/,
                                     Tile<const S> dy, Into<S> dquery, Into<S> dkey, Into<S> dvalue, Cache& cache,
                                     MultiHeadAttention& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dk = pass.scratch.like(cache.k.view()), dv = pass.scratch.like(cache.v.view());
  attend_backward(query, key, {cache.k.view(), cache.v.view(), 0}, dy, dquery, {dk, dv, 0}, cache, grad, pass);
  weight_gradient<S>(key, dk, projection<S>(grad, 1), grad.in_proj_bias.data() + embed_dim());
  weight_gradient<S>(value, dv, projection<S>(grad, 2), grad.in_proj_bias.data() + 2 * embed_dim());
  input_gradient<S>(dk, projection<const S>(*this, 1), dkey);
  input_gradient<S>(dv, projection<const S>(*this, 2), dvalue);
}

template <class S>
void MultiHeadAttention<S>::backward(Tile<const S> query, Tile<const S> memory, Tile<const S> y, Tile<const S> dy,
                                     Into<S> dquery, Into<S> dmemory, Cache& cache, MultiHeadAttention& grad,
                                     const Pass& pass) const {
  if (!packed()) {
    return backward(query, memory, memory, y, dy, dquery, dmemory, {dmemory.tile, true}, cache, grad, pass);
  }
  if (!cache.chunks.whole()) return backward_in_chunks(query, memory, dy, dquery, dmemory, cache, grad, pass);
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> kv = cache.k.view();
  const Tile<S> dkv = pass.scratch.like(kv);
  attend_backward(query, memory, {kv, kv, embed_dim()}, dy, dquery, {dkv, dkv, embed_dim()}, cache, grad, pass);
  weight_gradient<S>(memory, dkv, memory_weight<S>(grad), grad.in_proj_bias.data() + embed_dim());
  input_gradient<S>(dkv, memory_weight<const S>(*this), dmemory);
}

template <class S>
void MultiHeadAttention<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                     MultiHeadAttention& grad, const Pass& pass) const {
  backward(x, x, y, dy, dx, {dx.tile, true}, cache, grad, pass);
}

template <class S>
void MultiHeadAttention<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                                        const Pass& pass) const {
  const Tile<S> kv(memory.take(memory.max_steps * 2 * embed_dim()), {memory.step + 1, 2 * embed_dim()}, 1);
  affine<S>(x, memory_weight<const S>(*this), in_proj_bias.data() + embed_dim(), kv.step(memory.step));
  attend(x, kv, {kv, kv, embed_dim()}, y, cache, pass, {}, {}, memory.step);
}

template <class S>
kernels::Head<S> MultiHeadAttention<S>::head(Tile<const S> query, Tile<const S> key, const Cache& cache,
                                             Index first_query) const {
  return {.queries = query.steps,
          .keys = key.steps,
          .key_size = head_dim(),
          .value_size = head_dim(),
          .lanes = query.lanes,
          .scale = local() ? S(1) : usual_scale(),
          .query_lengths = query.lengths,
          .key_lengths = key.lengths,
          .causal = causal,
          .mask = cache.mask,
          .first_query = first_query};
}

template <class S>
void MultiHeadAttention<S>::attend(Tile<const S> query, Tile<const S> key, KeysAndValues<S> kv, Tile<S> y, Cache& cache,
                                   const Pass& pass, AttentionMask mask, const AttentionScores<S>& scores,
                                   Index step) const {
  mask.check(query.steps, key.steps, query.lanes, "MultiHeadAttention");
  scores.check(query.steps, key.steps, num_heads, query.lanes, "MultiHeadAttention");
  cache.mask = mask;
  cache.scores = scores;
  cache.mask.others_only |= local();
  const Scratch::Mark mark(pass.scratch);
  AttentionHeads<S> heads(head(query, key, cache, std::max<Index>(step, 0)));
  heads.drop(dropout, num_heads, pass);
  heads.place(relative_keys, relative_values, nullptr, nullptr, pass);
  heads.add(scores, num_heads, alibi);
  heads.add_offsets(relative_bias, nullptr, pass);
  const Tile<S> q = cache.q.take(query.shape(), query.lanes), context = cache.context.take(query.shape(), query.lanes);
  affine<S>(query, projection<const S>(*this, 0), in_proj_bias.data(), q);
  if (local()) temper(temperature, q, cache.plain_q.take(query.shape(), query.lanes));
  step < 0 ? cache.weights.take(num_heads, query.steps, key.steps, query.lanes, heads.common().changes_weights())
           : cache.weights.take_none();
  for (Index h = 0; h < num_heads; ++h) {
    const Scratch::Mark of_head(pass.scratch);
    const kernels::Head<S>& one = heads[h];
    const kernels::DotScores<S> score{one, slice(q, h), slice(kv.k, h)};
    kernels::attend<S>(one, score, slice(kv.v, h, kv.first_value), cache.weights.of(one, h, pass),
                       kernels::matrix_of(context, h * head_dim()));
  }
  out_proj.forward(context, y, cache.dense, pass);
  kernels::zero_unattended(heads.common(), y);  // the output's bias would make it nonzero
}

template <class S>
void MultiHeadAttention<S>::attend_backward(Tile<const S> query, Tile<const S> key, KeysAndValues<const S> kv,
                                            Tile<const S> dy, Into<S> dquery, KeysAndValues<S> dkv, Cache& cache,
                                            MultiHeadAttention& grad, const Pass& pass) const {
  const Tile<const S> q = cache.q.view(), context = cache.context.view();
  const Scratch::Mark mark(pass.scratch);
  AttentionHeads<S> heads(head(query, key, cache));
  heads.drop(dropout, num_heads, pass);
  heads.place(relative_keys, relative_values, &grad.relative_keys, &grad.relative_values, pass);
  heads.add(cache.scores, num_heads, alibi);
  heads.add_offsets(relative_bias, &grad.relative_bias, pass);
  const Tile<S> d = pass.scratch.like(dy), dcontext = pass.scratch.like(context), dq = pass.scratch.like(q);
  copy(dy, d);
  kernels::zero_unattended(heads.common(), d);
  out_proj.backward(context, {}, d, into(dcontext), cache.dense, grad.out_proj, pass);
  for (Index h = 0; h < num_heads; ++h) {
    const Scratch::Mark of_head(pass.scratch);
    const kernels::Head<S>& one = heads[h];
    const Index first = h * head_dim();
    S* scores = pass.scratch.template take<S>(one.block() * one.keys * one.lanes);
    const kernels::DotScores<S> score{one, slice(q, h), slice(kv.k, h)};
    kernels::attend_backward<S>(one, score, slice(kv.v, h, kv.first_value), cache.weights.of(one, h, pass),
                                slice(dcontext, h), scores, kernels::matrix_of(dq, first),
                                {kernels::matrix_of(dkv.k, first)},
                                {kernels::matrix_of(dkv.v, dkv.first_value + first)});
  }
  if (local()) temper_backward(temperature, cache.plain_q.view(), dq, grad.temperature);
  weight_gradient<S>(query, dq, projection<S>(grad, 0), grad.in_proj_bias.data());
  input_gradient<S>(dq, projection<const S>(*this, 0), dquery);
}

}  // namespace heed::inline HEED_ISA
