#pragma once

/// @file
/// What an attention head adds for a pair of query and key, and which pairs it excludes:
///
///     a_ij = softmax over j of (score_ij - slope |i - j| + added_ij) + scalars[j - i]
///
/// Slopes: ALiBi (Press, Smith and Lewis 2022). Scalars for each offset after the softmax: eRPE (ConvTran: Foumani,
/// Tan, Webb and Salehi 2023).

#include <algorithm>
#include <limits>

#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

template <class S>
struct Head;

/// Whether the head's mask (or one of several masks) and the added scores let a query see a key.
template <class S>
bool meets(const Head<S>& head, Index row, Index key, Index lane) {
  if (head.mask && !head.mask(head.first_query + row, key, lane)) return false;
  if (!head.added) return true;
  const S* added = head.added + lane * head.added_stride + (head.first_query + row) * head.keys + key;
  Index h = 0;
  while (h < head.added_heads && added[h * head.added_matrix] == -std::numeric_limits<S>::infinity()) ++h;
  return h < head.added_heads;
}
/// Whether that differs between lanes.
template <class S>
bool meets_by_lane(const Head<S>& head) {
  return head.mask.lanes > 0 || (head.added && head.added_stride > 0);
}

/// Writes what mask and added scores exclude from a row of keys.
template <class S>
void exclude(const Head<S>& head, Index row, S* s, S value) {
  if (!head.mask && !head.added) return;
  const Index L = head.lanes, n = head.reach(row);
  if (!meets_by_lane(head)) {
    for (Index j = 0; j < n; ++j) {
      if (!meets(head, row, j, 0)) std::fill_n(s + j * L, L, value);
    }
    return;
  }
  for (Index l = 0; l < L; ++l) {
    for (Index j = 0; j < n; ++j) {
      if (!meets(head, row, j, l)) s[j * L + l] = value;
    }
  }
}

/// Zeroes y for each query that is past its end or sees no key.
template <class S>
void zero_unattended(const Head<S>& head, Tile<S> y) {
  zero_past_end(y, head.query_lengths);
  const bool all_meet = !head.mask && !head.added;
  if (head.keys > 0 && all_meet && (!head.key_lengths || head.key_lengths == head.query_lengths)) return;
  const Tile<const S> keys(nullptr, {head.keys, 0}, head.lanes, head.key_lengths);
  for (Index t = 0; t < y.steps; ++t) {
    const auto first_met = [&](Index lane) {
      Index j = 0;
      while (j < head.reach(t) && !meets(head, t, j, lane)) ++j;
      return j;
    };
    if (meets_by_lane(head)) {
      for (Index l = 0; l < y.lanes; ++l) {
        if (first_met(l) < std::min(head.reach(t), keys.length(l))) continue;
        for (Index f = 0; f < y.features; ++f) y.at(t, f)[l] = 0;
      }
    } else if (const Index j = first_met(0); j >= head.reach(t)) {
      fill(y.step(t), S(0));
    } else {
      zero_ended(keys, j, y.step(t));
    }
  }
}

/// Adds to the scores of a row of keys what does not depend on the features. Other libraries write masks with the lowest
/// number, so a sum is at least -max / 4. A key that is not there has -max / 2.
template <class S>
void add_scores(const Head<S>& head, Index row, S* s) {
  const Index L = head.lanes, n = head.reach(row), query = head.first_query + row;
  for (Index j = 0; j < n && head.slope != 0; ++j) {
    const S bias = -head.slope * static_cast<S>(j < query ? query - j : j - query);
    for (Index l = 0; l < L; ++l) s[j * L + l] += bias;
  }
  if (!head.added) return;
  constexpr S least = std::numeric_limits<S>::lowest() / 4;
  const auto add = [&](S& score, S value) { score = std::max(score + value, least); };
  const S* of_query = head.added + query * head.keys;
  for (Index j = 0; j < n && head.added_stride == 0; ++j) {
    for (Index l = 0; l < L; ++l) add(s[j * L + l], of_query[j]);
  }
  for (Index l = 0; l < L && head.added_stride > 0; ++l) {
    for (Index j = 0; j < n; ++j) add(s[j * L + l], of_query[l * head.added_stride + j]);
  }
}

/// Learnt scalars for the offset j - i of key and query, clipped to -k .. k. They are added to the weights after the
/// softmax.
template <class S>
struct OffsetWeights {
  Index farthest;  // k
  const S* scalars;
  S* dscalars;  // for a backward pass
  S* room;      // memory for a row of keys

  /// to = a + scalars for the keys that the query sees, 0 elsewhere.
  void add(const Head<S>& head, Index row, const S* a, S* to) const;
  /// Turns the gradient of the sums after dropout into the gradient of the weights, in place; adds to `dscalars`.
  void backward(const Head<S>& head, Index row, S* da) const;

 private:
  Index place(const Head<S>& head, Index row, Index key) const {
    return std::clamp(key - head.first_query - row, -farthest, farthest) + farthest;
  }
  static void clear_unmet(const Head<S>& head, Index row, S* s);
};

template <class S>
void OffsetWeights<S>::add(const Head<S>& head, Index row, const S* a, S* to) const {
  using namespace simd;
  const Index L = head.lanes, n = head.reach(row);
  for (Index j = 0; j < n; ++j) {
    const S scalar = scalars[place(head, row, j)];
    for_each_packet<S>(L, [&]<class P>(Index l) HEED_LAMBDA {
      store(to + j * L + l, simd::add(load<P>(a + j * L + l), set1<P>(scalar)));
    });
  }
  clear_unmet(head, row, to);
}

template <class S>
void OffsetWeights<S>::backward(const Head<S>& head, Index row, S* da) const {
  using namespace simd;
  const Index L = head.lanes, n = head.reach(row);
  if (head.dropout) {
    head.dropout->fill(room, n, L, 0, head.group(row));
    for_each_packet<S>(n * L,
                       [&]<class P>(Index i) HEED_LAMBDA { store(da + i, mul(load<P>(da + i), load<P>(room + i))); });
  }
  clear_unmet(head, row, da);
  for (Index j = 0; j < n; ++j) {
    S total = 0;
    for_each_packet<S>(L, [&]<class P>(Index l) HEED_LAMBDA { total += sum(load<P>(da + j * L + l)); });
    dscalars[place(head, row, j)] += total;
  }
}

// also past the end of keys and queries
template <class S>
void OffsetWeights<S>::clear_unmet(const Head<S>& head, Index row, S* s) {
  const Index L = head.lanes, n = head.reach(row);
  exclude(head, row, s, S(0));
  for (Index l = 0; l < L && (head.query_lengths || head.key_lengths); ++l) {
    const bool ended = head.query_lengths && row >= head.query_lengths[l];
    for (Index j = ended || !head.key_lengths ? (ended ? 0 : n) : head.key_lengths[l]; j < n; ++j) s[j * L + l] = 0;
  }
}

}  // namespace heed::inline HEED_ISA::kernels
