#pragma once

/// @file
/// One head of attention in every lane, on projected queries, keys and values (Vaswani et al. 2017):
///
///     weights = softmax over keys of (scale Q K'),   context = weights V
///
/// Some queries at a time, so that their weights stay in the processor's caches however many keys there are.

#include <algorithm>
#include <cstdint>

#include "heed/core/kernels/lane_product.hpp"
#include "heed/core/kernels/softmax.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// A head: how many of everything, and how far queries and keys reach in each lane (null: everywhere).
template <class S>
struct Head {
  Index queries, keys, key_size, value_size, lanes;
  S scale;
  const std::int32_t *query_lengths, *key_lengths;

  /// How many queries are taken at a time: as many as give 131,072 weights, four at least. The same in all passes.
  Index block() const {
    constexpr Index most = Index(1) << 17;
    const Index affordable = most / std::max<Index>(keys * lanes, 1) / 4 * 4;
    return std::min(std::max<Index>(affordable, 4), queries);
  }
};

/// Where the weights of a head stand: those of all queries, or room for one block of them.
template <class S>
struct WeightsOf {
  S* data;
  bool all;
};

/// The features first .. of a tile as a matrix (steps x features) in every lane.
template <class S>
LaneMatrix<S> matrix_of(Tile<S> tile, Index first = 0) {
  return {tile.at(0, first), tile.features, 1};
}

namespace detail {
template <class S>
LaneMatrix<S> rows_from(LaneMatrix<S> m, Index first, Index lanes) {
  return {m.data + first * m.row * lanes, m.row, m.column};
}

// f(first query, number, their weights), block by block
template <class S, class F>
void for_each_block(const Head<S>& head, WeightsOf<S> weights, F&& f) {
  const Index step = head.block();
  for (Index first = 0; first < head.queries; first += step) {
    S* a = weights.data + (weights.all ? first * head.keys * head.lanes : 0);
    f(first, std::min(step, head.queries - first), a);
  }
}

// the weights of some queries; 0 where a query is past its end
template <class S>
void attention_weights(const Head<S>& head, LaneMatrix<const S> q, LaneMatrix<const S> k, Index first, Index count,
                       S* a) {
  const Index L = head.lanes, row = head.keys * L;
  lane_product<S>(count, head.keys, head.key_size, L, rows_from(q, first, L), k.transposed(), {a, head.keys, 1},
                  head.scale);
  for (Index i = 0; i < count; ++i) softmax(a + i * row, head.keys, L, head.key_lengths);
  if (!head.query_lengths) return;
  const Index common = *std::min_element(head.query_lengths, head.query_lengths + L);
  for (Index i = std::max<Index>(common - first, 0); i < count; ++i) {
    for (Index j = 0; j < row; ++j) a[i * row + j] = first + i < head.query_lengths[j % L] ? a[i * row + j] : S(0);
  }
}
}  // namespace detail

/// Keys past a lane's end have weight 0; a query past its end, or a lane without keys, has weights and context 0.
template <class S>
void attend(const Head<S>& head, LaneMatrix<const S> q, LaneMatrix<const S> k, LaneMatrix<const S> v,
            WeightsOf<S> weights, LaneMatrix<S> context) {
  const Index L = head.lanes;
  detail::for_each_block(head, weights, [&](Index first, Index count, S* a) {
    detail::attention_weights(head, q, k, first, count, a);
    lane_product<S>(count, head.value_size, head.keys, L, {a, head.keys, 1}, v, detail::rows_from(context, first, L));
  });
}

/// The gradients of q, k and v (overwritten). Weights that were not all kept are computed again: the same bits.
/// `scores` is room for the weights of a block.
template <class S>
void attend_backward(const Head<S>& head, LaneMatrix<const S> q, LaneMatrix<const S> k, LaneMatrix<const S> v,
                     WeightsOf<S> weights, LaneMatrix<const S> dcontext, S* scores, LaneMatrix<S> dq, LaneMatrix<S> dk,
                     LaneMatrix<S> dv) {
  const Index L = head.lanes, row = head.keys * L;
  detail::for_each_block(head, weights, [&](Index first, Index count, S* data) {
    if (!weights.all) detail::attention_weights(head, q, k, first, count, data);
    const bool add = first > 0;
    const LaneMatrix<const S> a{data, head.keys, 1}, ds{scores, head.keys, 1};
    const LaneMatrix<const S> dc = detail::rows_from(dcontext, first, L), queries = detail::rows_from(q, first, L);
    lane_product<S>(head.keys, head.value_size, count, L, a.transposed(), dc, dv, 1, add);  // dV = A' dC
    lane_product<S>(count, head.keys, head.value_size, L, dc, v.transposed(), {scores, head.keys, 1});
    for (Index i = 0; i < count; ++i) softmax_backward(data + i * row, scores + i * row, head.keys, L);
    lane_product<S>(count, head.key_size, head.keys, L, ds, k, detail::rows_from(dq, first, L), head.scale);  // s dS K
    lane_product<S>(head.keys, head.key_size, count, L, ds.transposed(), queries, dk, head.scale, add);       // s dS' Q
  });
  if (head.queries == 0) {
    for (Index t = 0; t < head.keys; ++t) {
      std::fill_n(dk.data + t * dk.row * L, head.key_size * L, S(0));
      std::fill_n(dv.data + t * dv.row * L, head.value_size * L, S(0));
    }
  }
}

}  // namespace heed::inline HEED_ISA::kernels
