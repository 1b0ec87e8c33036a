#pragma once

/// @file
/// One head of attention in every lane, on projected queries, keys and values (Vaswani et al. 2017):
///
///     weights = softmax over keys of (scale Q K'),   context = weights V
///
/// The score may be another one, and attention_bias.hpp may add to it. A block of queries is computed at a time, so
/// that its weights stay in the CPU's caches however many keys there are. A query sees the keys that the causal flag,
/// the mask and the lengths allow.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "heed/core/attention_mask.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/kernels/attention_bias.hpp"
#include "heed/core/kernels/lane_product.hpp"
#include "heed/core/kernels/relative_positions.hpp"
#include "heed/core/kernels/softmax.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// A head: its sizes, the lengths of queries and keys in each lane (null: all full), and which query sees which key.
template <class S>
struct Head {
  Index queries, keys, key_size, value_size, lanes;
  S scale;
  const std::int32_t *query_lengths, *key_lengths;
  bool causal = false;      // query i sees the keys 0 .. i
  AttentionMask mask = {};  // restricts them further
  Index first_query = 0;    // index of the first query; above 0 in a decoder's steps

  const RelativePositions<S>* relative = nullptr;
  const DropoutMask* dropout = nullptr;  // of the weights; query i draws from group i dropout_groups + dropout_group
  Index dropout_groups = 1, dropout_group = 0;

  S slope = 0;                              // of ALiBi
  const S* added = nullptr;                 // added to the scores: (all queries, keys)
  Index added_stride = 0;                   // from one lane to the next; 0: the same for all
  Index added_heads = 1, added_matrix = 0;  // of what heads share: the number of matrices, the size of one
  const OffsetWeights<S>* offsets = nullptr;

  KeyPart<S> part = {};

  /// The number of queries in a block: as many as have 131,072 weights, but at least four. The same in all passes.
  Index block() const {
    constexpr Index most = Index(1) << 17;
    const Index affordable = most / std::max<Index>(keys * lanes, 1) / 4 * 4;
    return std::min(std::max<Index>(affordable, 4), queries);
  }
  /// Whether the values are weighted by something other than the softmax.
  bool changes_weights() const { return dropout || offsets; }
  Index group(Index row) const { return (first_query + row) * dropout_groups + dropout_group; }
  /// The number of keys that a query may see.
  Index reach(Index query) const { return causal ? std::min(first_query + query + 1, keys) : keys; }
};

/// The place of a head's weights: for all queries, or memory for one block of them. The weights after dropout have
/// their own place.
template <class S>
struct WeightsOf {
  S* data;
  bool all;
  S* dropped = nullptr;  // as many as data; null if nothing is dropped
};

/// Where a gradient of a head goes: overwritten or added to; not wanted if `to` is empty.
template <class S>
struct LaneSink {
  LaneMatrix<S> to;
  bool add = false;
  LaneSink after(bool first) const { return {to, add || !first}; }
  /// There is no gradient: zeroes what would have been overwritten.
  void clear(Index rows, Index columns, Index lanes) const {
    for (Index t = 0; t < rows && to.data && !add; ++t)
      std::fill_n(to.data + t * to.row * lanes, columns * lanes, S(0));
  }
};

/// The features of a tile from `first` on, as a matrix (steps x features) in every lane.
template <class S>
LaneMatrix<S> matrix_of(Tile<S> tile, Index first = 0) {
  return {tile ? tile.at(0, first) : nullptr, tile.features, 1};
}

/// A matrix without its first rows.
template <class S>
LaneMatrix<S> rows_from(LaneMatrix<S> m, Index first, Index lanes) {
  return {m.data + first * m.row * lanes, m.row, m.column};
}

/// Calls f(first row, number, keys that they see) over the rows of a block. Rows that see about as many keys are taken
/// together.
template <class S, class F>
void for_each_reach(const Head<S>& head, Index first, Index count, F&& f) {
  const Index step = head.causal ? 4 : std::max<Index>(count, 1);
  for (Index i = 0; i < count; i += step) {
    const Index n = std::min(step, count - i);
    f(i, n, head.reach(first + i + n - 1));
  }
}
/// The same from the keys' side: calls f(first key, number, first row of the block that sees any of them).
template <class S, class F>
void for_each_audience(const Head<S>& head, Index first, Index count, F&& f) {
  const Index step = head.causal ? 4 : std::max<Index>(head.keys, 1);
  for (Index j = 0; j < head.keys; j += step) {
    const Index row = head.causal ? j - head.first_query - first : 0;
    f(j, std::min(step, head.keys - j), std::clamp<Index>(row, 0, count));
  }
}

namespace detail {
// calls f(first query, number, weights, weights after dropout), block by block
template <class S, class F>
void for_each_block(const Head<S>& head, WeightsOf<S> weights, F&& f) {
  const Index step = head.block();
  for (Index first = 0; first < head.queries; first += step) {
    const Index skip = weights.all ? first * head.keys * head.lanes : 0;
    S* a = weights.data + skip;
    f(first, std::min(step, head.queries - first), a, weights.dropped ? weights.dropped + skip : a);
  }
}

// Turns scores into weights: 0 if the query does not see the key, and if the query is past its end.
template <class S>
void normalize(const Head<S>& head, Index first, Index count, S* a) {
  const Index L = head.lanes, row = head.keys * L;
  for (Index i = 0; i < count; ++i) {
    S* s = a + i * row;
    const Index n = head.reach(first + i);
    if (head.slope != 0 || head.added) add_scores(head, first + i, s);
    exclude(head, first + i, s, -std::numeric_limits<S>::max() / 2);
    softmax(s, n, L, head.key_lengths, head.part.scale);
    exclude(head, first + i, s, S(0));
    std::fill_n(s + n * L, (head.keys - n) * L, S(0));
  }
  if (!head.query_lengths) return;
  const Index common = *std::min_element(head.query_lengths, head.query_lengths + L);
  for (Index i = std::max<Index>(common - first, 0); i < count; ++i)
    heed::detail::zero_lanes(head.query_lengths, first + i, Tile<S>(a + i * row, {1, head.keys}, L));
}

// dropped = (a + what offsets add) times the dropout multipliers
template <class S>
void drop(const Head<S>& head, Index first, Index count, const S* a, S* dropped) {
  using namespace simd;
  if (a == dropped) return;
  const Index L = head.lanes, row = head.keys * L;
  for (Index i = 0; i < count; ++i) {
    S *const to = dropped + i * row, *const factors = head.offsets ? head.offsets->room : to;
    const S* const from = head.offsets ? to : a + i * row;
    const Index n = head.reach(first + i);
    if (head.offsets) head.offsets->add(head, first + i, a + i * row, to);
    if (head.dropout) {
      head.dropout->fill(factors, n, L, 0, head.group(first + i));
      for_each_packet<S>(
          n * L, [&]<class P>(Index k) HEED_LAMBDA { store(to + k, mul(load<P>(factors + k), load<P>(from + k))); });
    }
    std::fill_n(to + n * L, row - n * L, S(0));
  }
}
}  // namespace detail

/// The scores of a dot product: scale Q K', plus relative positions if the head has them.
template <class S>
struct DotScores {
  const Head<S>& head;
  LaneMatrix<const S> q, k;

  /// The scores of the queries first .. first + count, one row of all keys each. Scores of keys that a query does not
  /// see are not written.
  void operator()(Index first, Index count, S* a) const;
  /// From the gradient of the scores: the gradient of q (overwritten) and of k.
  void backward(Index first, Index count, const S* ds, LaneMatrix<S> dq, LaneSink<S> dk) const;
};

template <class S>
void DotScores<S>::operator()(Index first, Index count, S* a) const {
  const Index L = head.lanes;
  for_each_reach(head, first, count, [&](Index i, Index rows, Index keys) {
    lane_product<S>(rows, keys, head.key_size, L, rows_from(q, first + i, L), k.transposed(),
                    {a + i * head.keys * L, head.keys, 1}, head.scale, false, head.part.ahead);
  });
  if (!head.relative) return;
  head.relative->multiply(head, first, count, head.relative->keys, head.key_size, rows_from(q, first, L));
  head.relative->spread(head, first, count, head.scale, a);
}

template <class S>
void DotScores<S>::backward(Index first, Index count, const S* ds, LaneMatrix<S> dq, LaneSink<S> dk) const {
  const Index L = head.lanes;
  for_each_reach(head, first, count, [&](Index i, Index rows, Index keys) {  // scale dS K
    lane_product<S>(rows, head.key_size, keys, L, {ds + i * head.keys * L, head.keys, 1}, k,
                    rows_from(dq, first + i, L), head.scale, false, head.part.ahead);
  });
  if (dk.to.data) {
    for_each_audience(head, first, count, [&](Index j, Index keys, Index from) {  // scale dS' Q
      const LaneMatrix<const S> part{ds + (from * head.keys + j) * L, 1, head.keys};
      lane_product<S>(keys, head.key_size, count - from, L, part, rows_from(q, first + from, L), rows_from(dk.to, j, L),
                      head.scale, dk.add, head.part.ahead);
    });
  }
  if (!head.relative) return;
  head.relative->gather(head, first, count, head.scale, ds);
  head.relative->add_to(head, first, count, head.relative->keys, head.key_size, rows_from(dq, first, L));
  head.relative->add_gradient(head, first, count, head.relative->dkeys, head.key_size, rows_from(q, first, L));
}

/// Runs the head. `score(first, count, a)` writes the scores of some queries, as `DotScores` does. A key that a query
/// does not see has weight 0. A query that is past its end, or sees no key, has weights and context 0.
template <class S, class Score>
void attend(const Head<S>& head, const Score& score, LaneMatrix<const S> v, WeightsOf<S> weights,
            LaneMatrix<S> context) {
  const Index L = head.lanes;
  detail::for_each_block(head, weights, [&](Index first, Index count, S* a, S* dropped) {
    score(first, count, a);
    detail::normalize(head, first, count, a);
    detail::drop(head, first, count, a, dropped);
    for_each_reach(head, first, count, [&](Index i, Index rows, Index keys) {
      lane_product<S>(rows, head.value_size, keys, L, {dropped + i * head.keys * L, head.keys, 1}, v,
                      rows_from(context, first + i, L), 1, false, head.part.ahead);
    });
    if (!head.relative) return;
    head.relative->gather(head, first, count, 1, dropped);
    head.relative->add_to(head, first, count, head.relative->values, head.value_size, rows_from(context, first, L));
  });
}

/// Computes the gradient of v. `score_backward(first, count, ds)` receives the gradient of the scores, block by block.
/// Weights that were not kept are computed again, to the same bits. `scores` is memory for one block of weights.
template <class S, class Score, class ScoreBackward>
void attend_backward(const Head<S>& head, const Score& score, LaneMatrix<const S> v, WeightsOf<S> weights,
                     LaneMatrix<const S> dcontext, S* scores, LaneSink<S> dv, const ScoreBackward& score_backward) {
  const Index L = head.lanes, row = head.keys * L;
  if (head.queries == 0) dv.clear(head.keys, head.value_size, L);
  detail::for_each_block(head, weights, [&](Index first, Index count, S* a, S* dropped) {
    if (!weights.all) {
      score(first, count, a);
      detail::normalize(head, first, count, a);
      detail::drop(head, first, count, a, dropped);
    }
    const LaneMatrix<const S> dc = rows_from(dcontext, first, L);
    const LaneSink<S> dvalue = dv.after(first == 0);
    if (dv.to.data) {
      for_each_audience(head, first, count, [&](Index j, Index keys, Index from) {  // dV = A' dC
        const LaneMatrix<const S> part{dropped + (from * head.keys + j) * L, 1, head.keys};
        lane_product<S>(keys, head.value_size, count - from, L, part, rows_from(dc, from, L),
                        rows_from(dvalue.to, j, L), 1, dvalue.add, head.part.ahead);
      });
    }
    for_each_reach(head, first, count, [&](Index i, Index rows, Index keys) {  // dA = dC V'
      lane_product<S>(rows, keys, head.value_size, L, rows_from(dc, i, L), v.transposed(),
                      {scores + i * row, head.keys, 1}, 1, false, head.part.ahead);
    });
    if (head.relative) {
      head.relative->gather(head, first, count, 1, dropped);
      head.relative->add_gradient(head, first, count, head.relative->dvalues, head.value_size, dc);
      head.relative->multiply(head, first, count, head.relative->values, head.value_size, dc);
      head.relative->spread(head, first, count, 1, scores);
    }
    for (Index i = 0; i < count; ++i) {
      const Index n = head.reach(first + i);
      if (head.offsets) head.offsets->backward(head, first + i, scores + i * row);
      softmax_backward(a + i * row, (head.offsets ? a : dropped) + i * row, scores + i * row, n, L, head.part.dot);
      std::fill_n(scores + i * row + n * L, row - n * L, S(0));
    }
    score_backward(first, count, scores);
  });
}

/// For dot products: the gradients of q, k and v (overwritten).
template <class S>
void attend_backward(const Head<S>& head, const DotScores<S>& score, LaneMatrix<const S> v, WeightsOf<S> weights,
                     LaneMatrix<const S> dcontext, S* scores, LaneMatrix<S> dq, LaneSink<S> dk, LaneSink<S> dv) {
  if (head.queries == 0) dk.clear(head.keys, head.key_size, head.lanes);
  attend_backward<S>(head, score, v, weights, dcontext, scores, dv, [&](Index first, Index count, const S* ds) {
    score.backward(first, count, ds, dq, dk.after(first == 0));
  });
}

}  // namespace heed::inline HEED_ISA::kernels

HEED_COMPILED_FUNCTION(heed::kernels::zero_unattended)
HEED_COMPILED_TYPE(struct heed::kernels::DotScores)
HEED_COMPILED_FUNCTION(heed::kernels::detail::normalize)
HEED_COMPILED_FUNCTION(heed::kernels::detail::drop)
HEED_COMPILED_FUNCTION(heed::kernels::exclude)
HEED_COMPILED_FUNCTION(heed::kernels::add_scores)
HEED_COMPILED_TYPE(struct heed::kernels::OffsetWeights)
HEED_COMPILED_TYPE(struct heed::kernels::RelativePositions)
