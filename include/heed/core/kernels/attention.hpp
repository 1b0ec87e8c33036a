#pragma once

/// @file
/// One head of attention in every lane, on projected queries, keys and values (Vaswani et al. 2017):
///
///     weights = softmax over keys of (scale Q K'),   context = weights V

#include <cstdint>

#include "heed/core/kernels/lane_product.hpp"
#include "heed/core/kernels/softmax.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// A head: how many of everything, and how far the keys reach in each lane.
template <class S>
struct Head {
  Index queries, keys, key_size, value_size, lanes;
  S scale;
  const std::int32_t* key_lengths;

  LaneMatrix<S> weights(S* data) const { return {data, keys, 1}; }
  LaneMatrix<const S> weights(const S* data) const { return {data, keys, 1}; }
};

/// `weights` is (queries x keys), rows contiguous. Keys past a lane's end have weight 0; a lane without keys has
/// context 0.
template <class S>
void attend(const Head<S>& head, LaneMatrix<const S> q, LaneMatrix<const S> k, LaneMatrix<const S> v, S* weights,
            LaneMatrix<S> context) {
  const Index L = head.lanes;
  lane_product<S>(head.queries, head.keys, head.key_size, L, q, k.transposed(), head.weights(weights), head.scale);
  for (Index t = 0; t < head.queries; ++t) softmax(weights + t * head.keys * L, head.keys, L, head.key_lengths);
  lane_product<S>(head.queries, head.value_size, head.keys, L, head.weights(static_cast<const S*>(weights)), v,
                  context);
}

/// The gradients of q, k and v (overwritten). `scores` is room for (queries x keys) lanes.
template <class S>
void attend_backward(const Head<S>& head, LaneMatrix<const S> q, LaneMatrix<const S> k, LaneMatrix<const S> v,
                     const S* weights, LaneMatrix<const S> dcontext, S* scores, LaneMatrix<S> dq, LaneMatrix<S> dk,
                     LaneMatrix<S> dv) {
  const Index L = head.lanes;
  const LaneMatrix<const S> a = head.weights(weights);
  lane_product<S>(head.keys, head.value_size, head.queries, L, a.transposed(), dcontext, dv);  // dV = A' dC
  lane_product<S>(head.queries, head.keys, head.value_size, L, dcontext, v.transposed(), head.weights(scores));
  for (Index t = 0; t < head.queries; ++t) {
    softmax_backward(weights + t * head.keys * L, scores + t * head.keys * L, head.keys, L);
  }
  const LaneMatrix<const S> ds = head.weights(static_cast<const S*>(scores));
  lane_product<S>(head.queries, head.key_size, head.keys, L, ds, k, dq, head.scale);               // dQ = s dS K
  lane_product<S>(head.keys, head.key_size, head.queries, L, ds.transposed(), q, dk, head.scale);  // dK = s dS' Q
}

/// The features first .. of a tile as a matrix (steps x features) in every lane.
template <class S>
LaneMatrix<S> matrix_of(Tile<S> tile, Index first = 0) {
  return {tile.at(0, first), tile.features, 1};
}

}  // namespace heed::inline HEED_ISA::kernels
