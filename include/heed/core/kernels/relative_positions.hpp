#pragma once

/// @file
/// Relative position representations inside one head of attention (Shaw, Uszkoreit and Vaswani 2018):
///
///     e_ij = scale q_i . (k_j + K[j - i]),   z_i = sum over j of a_ij (v_j + V[j - i])
///
/// The distance j - i is clipped to -k .. k. The products with the 2k + 1 rows of a table are computed once per query
/// instead of once per pair. The weights of a query are summed over all keys at the same distance before they are
/// multiplied by V. Only the rows of distances that occur between a block of queries and the keys take part.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/kernels/lane_product.hpp"
#include "heed/core/kernels/product.hpp"
#include "heed/core/kernels/weight_gradient.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

template <class S>
struct Head;

/// The tables of a head, (2k + 1) x size each, with contiguous distances, and where their gradients are added.
template <class S>
struct RelativePositions {
  Index farthest;  // k
  const S *keys, *values;
  S *dkeys, *dvalues;  // for a backward pass
  S* room;             // rows() lanes for each query of a block

  Index rows() const { return 2 * farthest + 1; }

  /// room_i = table x_i for the queries of a block from `first` on. x has their rows.
  void multiply(const Head<S>& head, Index first, Index count, const S* table, Index size, LaneMatrix<const S> x) const;
  /// to_i += table' room_i
  void add_to(const Head<S>& head, Index first, Index count, const S* table, Index size, LaneMatrix<S> to) const;
  /// dtable += sum over the queries of room_i x_i'
  void add_gradient(const Head<S>& head, Index first, Index count, S* dtable, Index size, LaneMatrix<const S> x) const;

  /// row_ij += scale room_i[j - i], for the queries and the keys that each may see.
  void spread(const Head<S>& head, Index first, Index count, S scale, S* rows_of_keys) const;
  /// room_i[d] = scale times the sum of row_ij over the keys at distance d
  void gather(const Head<S>& head, Index first, Index count, S scale, const S* rows_of_keys) const;

 private:
  struct Bounds {
    Index begin, end, last;
  };
  static Index query(const Head<S>& head, Index row) { return head.first_query + row; }
  // the rows of a table that belong to distances between these queries and the keys that they may see
  IndexRange reached(const Head<S>& head, Index first, Index count) const {
    const auto row_of = [&](Index distance) { return std::clamp(distance, -farthest, farthest) + farthest; };
    const Index closest = row_of(head.reach(first) - 1 - query(head, first));
    return {std::min(row_of(-query(head, first + count - 1)), closest), closest + 1};
  }
  // Keys before `begin`, and keys from `end` to `last`, are farther than k from the query: their distance is clipped.
  // Each key between them has its own distance.
  Bounds bounds(const Head<S>& head, Index row) const;
};

template <class S>
void RelativePositions<S>::multiply(const Head<S>& head, Index first, Index count, const S* table, Index size,
                                    LaneMatrix<const S> x) const {
  const Index n = rows(), L = head.lanes;
  const IndexRange some = reached(head, first, count);
  for (Index i = 0; i < count; ++i) {
    product<S>(some.count(), L, {}, room + (i * n + some.first) * L,
               {{x.data + i * x.row * L, size, table + some.first, 1, n}});
  }
}

template <class S>
void RelativePositions<S>::add_to(const Head<S>& head, Index first, Index count, const S* table, Index size,
                                  LaneMatrix<S> to) const {
  const Index n = rows(), L = head.lanes;
  const IndexRange some = reached(head, first, count);
  for (Index i = 0; i < count; ++i) {
    S* y = to.data + i * to.row * L;
    product<S>(size, L, {.values = y}, y, {{room + (i * n + some.first) * L, some.count(), table + some.first, n, 1}});
  }
}

template <class S>
void RelativePositions<S>::add_gradient(const Head<S>& head, Index first, Index count, S* dtable, Index size,
                                        LaneMatrix<const S> x) const {
  const Index n = rows(), L = head.lanes;
  const IndexRange some = reached(head, first, count);
  weight_gradient<S>(count, L, {room + some.first * L, some.count(), n * L}, {x.data, size, x.row * L},
                     dtable + some.first, n);
}

template <class S>
void RelativePositions<S>::spread(const Head<S>& head, Index first, Index count, S scale, S* rows_of_keys) const {
  using namespace simd;
  const Index L = head.lanes;
  for (Index i = 0; i < count; ++i) {
    S* row = rows_of_keys + i * head.keys * L;
    const S* from = room + i * rows() * L;
    const Bounds b = bounds(head, first + i);
    const auto same = [&](Index key, Index number, const S* value) {
      for_each_place<S>(number, L, [&]<class P>(auto at) HEED_LAMBDA {
        S* to = row + key * L + at.number;
        store(to, fma(set1<P>(scale), at.template of_lane<P>(value), load<P>(to)));
      });
    };
    same(0, b.begin, from);
    const S* closest = from + (b.begin - query(head, first + i) + farthest) * L;
    for_each_packet<S>((b.end - b.begin) * L, [&]<class P>(Index n) HEED_LAMBDA {
      S* to = row + b.begin * L + n;
      store(to, fma(set1<P>(scale), load<P>(closest + n), load<P>(to)));
    });
    same(b.end, b.last - b.end, from + (rows() - 1) * L);
  }
}

template <class S>
void RelativePositions<S>::gather(const Head<S>& head, Index first, Index count, S scale, const S* rows_of_keys) const {
  using namespace simd;
  const Index L = head.lanes, n = rows();
  const IndexRange some = reached(head, first, count);
  for (Index i = 0; i < count; ++i) {
    const S* row = rows_of_keys + i * head.keys * L;
    S* to = room + i * n * L;
    std::fill_n(to + some.first * L, some.count() * L, S(0));
    const Bounds b = bounds(head, first + i);
    const auto sum_of = [&](Index key, Index number, S* total) {
      const S* from = row + key * L;
      if (L == 1) {
        for_each_packet<S>(number, [&]<class P>(Index j) HEED_LAMBDA { *total += scale * sum(load<P>(from + j)); });
        return;
      }
      for_each_lane<S>(L, [&]<class P>(Index lane) HEED_LAMBDA {
        P s = set1<P>(0);
        for (Index j = 0; j < number; ++j) s = add(s, load<P>(from + j * L + lane));
        store(total + lane, fma(set1<P>(scale), s, load<P>(total + lane)));
      });
    };
    S* closest = to + (b.begin - query(head, first + i) + farthest) * L;
    for_each_packet<S>((b.end - b.begin) * L, [&]<class P>(Index j) HEED_LAMBDA {
      store(closest + j, mul(set1<P>(scale), load<P>(row + b.begin * L + j)));
    });
    sum_of(0, b.begin, to);
    sum_of(b.end, b.last - b.end, to + (n - 1) * L);
  }
}

template <class S>
auto RelativePositions<S>::bounds(const Head<S>& head, Index row) const -> Bounds {
  const Index i = query(head, row), last = head.reach(row);
  const Index begin = std::clamp<Index>(i - farthest, 0, last);
  return {begin, std::clamp<Index>(i + farthest + 1, begin, last), last};
}

}  // namespace heed::inline HEED_ISA::kernels
