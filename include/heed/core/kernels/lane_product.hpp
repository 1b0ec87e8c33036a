#pragma once

/// @file
/// Products of small matrices, one pair per lane: all products of attention, forward and backward.
///
///     c(m, n) (+)= scale sum over k of a(m, k) b(k, n)

#include "heed/core/compiled.hpp"
#include "heed/core/kernels/ahead.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// A matrix in every lane: element (i, j) is at data + (i row + j column) lanes.
template <class S>
struct LaneMatrix {
  S* data;
  Index row, column;

  LaneMatrix<S> transposed() const { return {data, column, row}; }
};

namespace detail {
using namespace simd;

template <int M, int N, class P, class S>
HEED_INLINE void lane_block(Index depth, Index m, Index n, Index lane, Index lanes, LaneMatrix<const S> a,
                            LaneMatrix<const S> b, LaneMatrix<S> c, S scale, bool add_to_c) {
  P sum[std::size_t{M}][std::size_t{N}];
  unroll<M>([&](auto i) HEED_LAMBDA { unroll<N>([&](auto j) HEED_LAMBDA { sum[i][j] = set1<P>(0); }); });
  const S* ap = a.data + m * a.row * lanes + lane;
  const S* bp = b.data + n * b.column * lanes + lane;
  const Index a_next = a.row * lanes, b_next = b.column * lanes;
  for (Index k = 0; k < depth; ++k, ap += a.column * lanes, bp += b.row * lanes) {
    P right[std::size_t{N}];
    unroll<N>([&](auto j) HEED_LAMBDA { right[j] = load_once<P>(bp + j * b_next); });
    unroll<M>([&](auto i) HEED_LAMBDA {
      const P left = load_once<P>(ap + i * a_next);
      unroll<N>([&](auto j) HEED_LAMBDA { sum[i][j] = fma(left, right[j], sum[i][j]); });
    });
  }
  const P factor = set1<P>(scale);
  unroll<M>([&](auto i) HEED_LAMBDA {
    unroll<N>([&](auto j) HEED_LAMBDA {
      S* to = c.data + ((m + i) * c.row + (n + j) * c.column) * lanes + lane;
      store(to, add_to_c ? fma(factor, sum[i][j], load<P>(to)) : mul(factor, sum[i][j]));
    });
  });
}

// Rows m .. m + M. Of their sums as many go side by side as registers hold beside the factors.
template <int M, class P, class S>
HEED_INLINE void lane_columns(Index columns, Index depth, Index m, Index lane, Index lanes, LaneMatrix<const S> a,
                              LaneMatrix<const S> b, LaneMatrix<S> c, S scale, bool add_to_c, Ahead* ahead) {
  constexpr int W = width<P>;
  Index n = 0;
  const auto some = [&]<int N>() HEED_LAMBDA {
    lane_block<M, N, P>(depth, m, n, lane, lanes, a, b, c, scale, add_to_c);
    if (ahead) ahead->fetch(N * M * depth * W);
    n += N;
  };
  if constexpr (W > 1 && M == 4 && registers == 16) {
    while (n + 3 <= columns && n + 4 != columns) some.template operator()<3>();
    while (n + 2 <= columns) some.template operator()<2>();
  } else if constexpr (W > 1) {
    while (n + 4 <= columns) some.template operator()<4>();
  }
  while (n < columns) some.template operator()<1>();
}

// one lane, contiguous columns in b and c: packets of columns
template <class S>
HEED_KERNEL void one_lane_by_columns(Index rows, Index columns, Index depth, LaneMatrix<const S> a,
                                     LaneMatrix<const S> b, LaneMatrix<S> c, S scale, bool add_to_c) {
  for (Index m = 0; m < rows; ++m) {
    for_each_packet<S>(columns, [&]<class P>(Index n) HEED_LAMBDA {
      P sum = set1<P>(0);
      for (Index k = 0; k < depth; ++k) {
        sum = fma(set1<P>(a.data[m * a.row + k * a.column]), load<P>(b.data + k * b.row + n), sum);
      }
      S* to = c.data + m * c.row + n;
      store(to, add_to_c ? fma(set1<P>(scale), sum, load<P>(to)) : mul(set1<P>(scale), sum));
    });
  }
}

// one lane, contiguous depth in a and b: dot products
template <class S>
void one_lane_by_dots(Index rows, Index columns, Index depth, LaneMatrix<const S> a, LaneMatrix<const S> b,
                      LaneMatrix<S> c, S scale, bool add_to_c) {
  using P = Packet<S>;
  for (Index m = 0; m < rows; ++m) {
    for (Index n = 0; n < columns; ++n) {
      const S *left = a.data + m * a.row, *right = b.data + n * b.column;
      P sum = set1<P>(0);
      S rest = 0;
      Index k = 0;
      for (; k + width<P> <= depth; k += width<P>) sum = fma(load<P>(left + k), load<P>(right + k), sum);
      for (; k < depth; ++k) rest += left[k * a.column] * right[k * b.row];
      S& to = c.data[m * c.row + n * c.column];
      to = scale * (rest + simd::sum(sum)) + (add_to_c ? to : S(0));
    }
  }
}

template <class S>
HEED_KERNEL void lane_product_one_lane(Index rows, Index columns, Index depth, LaneMatrix<const S> a,
                                       LaneMatrix<const S> b, LaneMatrix<S> c, S scale, bool add_to_c) {
  if (b.column == 1 && c.column == 1 && columns > 1) {
    one_lane_by_columns(rows, columns, depth, a, b, c, scale, add_to_c);
  } else if (a.row == 1 && c.row == 1 && rows > 1) {  // the transposed product: c' = b' a'
    one_lane_by_columns(columns, rows, depth, b.transposed(), a.transposed(), c.transposed(), scale, add_to_c);
  } else if ((a.column == 1 && b.row == 1) || depth < native_width<S>) {
    one_lane_by_dots(rows, columns, depth, a, b, c, scale, add_to_c);
  } else {
    for (Index m = 0; m < rows; ++m) {
      for (Index n = 0; n < columns; ++n) lane_block<1, 1, Pack<S, 1>>(depth, m, n, 0, 1, a, b, c, scale, add_to_c);
    }
  }
}
}  // namespace detail

/// The product above, of a (rows x depth) and b (depth x columns), in every lane. It is added to c if `add_to_c`.
/// `ahead` is the memory to fetch meanwhile and may be null.
template <class S>
HEED_KERNEL void lane_product(Index rows, Index columns, Index depth, Index lanes, LaneMatrix<const S> a,
                              LaneMatrix<const S> b, LaneMatrix<S> c, S scale = 1, bool add_to_c = false,
                              Ahead* ahead = nullptr) {
  if (depth == 0) a = b = {c.data, 0, 0};  // not read, may be null
  if (lanes == 1) return detail::lane_product_one_lane(rows, columns, depth, a, b, c, scale, add_to_c);
  simd::for_each_lane<S>(lanes, [&]<class P>(Index lane) HEED_LAMBDA {
    Index m = 0;
    const auto take_rows = [&]<int M>() HEED_LAMBDA {
      for (; m + M <= rows; m += M) {
        detail::lane_columns<M, P>(columns, depth, m, lane, lanes, a, b, c, scale, add_to_c, ahead);
      }
    };
    if constexpr (simd::width<P> > 1) take_rows.template operator()<4>();
    if constexpr (simd::width<P> > 1 && simd::registers == 16) take_rows.template operator()<2>();
    take_rows.template operator()<1>();
  });
}

}  // namespace heed::inline HEED_ISA::kernels

HEED_COMPILED_FUNCTION(heed::kernels::lane_product)
