#pragma once

// From vectors to logits: a transformer, then the mean of its outputs.

#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/models/transformer_encoder.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// logits = output(mean over the valid steps of transformer(x)). The layers belong to a model.
template <class S>
struct TransformerHead {
  struct Cache {
    typename TransformerEncoder<S>::Cache transformer;
    typename MeanPool<S>::Cache pool;
    typename Dense<S>::Cache output;
    TileBuffer<S> states, pooled;
  };

  const TransformerEncoder<S>& transformer;
  const MeanPool<S>& pool;
  const Dense<S>& output;

  void forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const;
  /// The gradients of the layers, and of x if it is wanted.
  void backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx, Cache& cache,
                TransformerEncoder<S>& grad_transformer, MeanPool<S>& grad_pool, Dense<S>& grad_output,
                const Pass& pass) const;
};

template <class S>
void TransformerHead<S>::forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Tile<S> states = cache.states.take(x.shape(), x.lanes, x.lengths);
  const Tile<S> pooled = cache.pooled.take({1, x.features}, x.lanes);
  transformer.forward(x, states, cache.transformer, pass.at(0));
  pool.forward(states, pooled, cache.pool, pass);
  output.forward(pooled, logits, cache.output, pass);
}

template <class S>
void TransformerHead<S>::backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx,
                                  Cache& cache, TransformerEncoder<S>& grad_transformer, MeanPool<S>& grad_pool,
                                  Dense<S>& grad_output, const Pass& pass) const {
  const Tile<const S> states = cache.states.view(), pooled = cache.pooled.view();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dpooled = pass.scratch.like(pooled), dstates = pass.scratch.like(states);
  const bool to_states = dx || wants_gradient(grad_transformer);
  const bool to_pool = to_states || wants_gradient(grad_pool);
  output.backward(pooled, logits, dlogits, into_if(to_pool, dpooled), cache.output, grad_output, pass);
  if (!to_pool) return;
  pool.backward(states, pooled, dpooled, into_if(to_states, dstates), cache.pool, grad_pool, pass);
  if (!to_states) return;
  transformer.backward(x, states, dstates, dx, cache.transformer, grad_transformer, pass.at(0));
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
