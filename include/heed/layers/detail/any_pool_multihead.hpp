#pragma once

// Multi-head attention in `AnyPool`: an inner part of any_pool.hpp.

#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/any_pool.hpp"
#include "heed/layers/pooling.hpp"

namespace heed::inline HEED_ISA {

// multi-head attention, and its last step or mean
template <class S>
void AnyPool<S>::attend(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  if (asks_last_only(cache)) return multihead.forward(take_query(x, cache, pass), x, y, cache.multihead, pass);
  const Tile<S> attended = cache.attended.take(x.shape(), x.lanes, x.lengths);
  if (replaces_last_query()) {
    multihead.forward(queries(x, cache, pass), x, attended, cache.multihead, pass);
  } else {
    multihead.forward(x, attended, cache.multihead, pass);
  }
  if (pooling == Pooling::last) {
    take_last(x, Tile<const S>(attended), Tile<const S>(), y);
  } else {
    MeanPool<S>().forward(attended, y, cache.mean_max.mean, pass);
  }
}

// the states, with the last state in place of each lane's last step
template <class S>
Tile<const S> AnyPool<S>::queries(Tile<const S> x, Cache& cache, const Pass& pass) const {
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
void AnyPool<S>::attend_backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                 AnyPool& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  if (asks_last_only(cache)) {
    const Tile<const S> query = cache.query.view();
    const Tile<S> dquery = pass.scratch.like(query);
    multihead.backward(query, x, y, dy, into_if(bool(dx), dquery), dx, cache.multihead, grad.multihead, pass);
    return query_backward(x, dquery, dx, cache, grad, pass);
  }
  const Tile<const S> attended = cache.attended.view();
  const Tile<S> dattended = pass.scratch.like(attended);
  if (pooling == Pooling::last) {
    put_last(x, dy, into(dattended));
  } else {
    MeanPool<S> mean;
    mean.backward(attended, y, dy, into(dattended), cache.mean_max.mean, mean, pass);
  }
  if (!replaces_last_query()) {
    return multihead.backward(x, attended, dattended, dx, cache.multihead, grad.multihead, pass);
  }
  // the queries at other steps have no gradient
  const Tile<const S> asked = cache.queries.view();
  const Tile<S> dasked = pass.scratch.like(asked), dquery = pass.scratch.like(cache.query.view());
  multihead.backward(asked, x, attended, dattended, into_if(bool(dx), dasked), dx, cache.multihead, grad.multihead,
                     pass);
  if (!dx) return;
  take_last(x, Tile<const S>(dasked), Tile<const S>(), dquery);
  query_backward(x, dquery, dx, cache, grad, pass);
}

}  // namespace heed::inline HEED_ISA
