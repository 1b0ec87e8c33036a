#pragma once

/// @file
/// The Cholesky factor of a symmetric positive definite matrix, and triangular solves. Matrices are row-major, so that
/// all sums run along rows.

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "heed/core/compiled.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// Rows of numbers: row i starts at data + i stride.
template <class S>
struct RowMajor {
  S* data;
  Index stride;
  S* row(Index i) const { return data + i * stride; }
  RowMajor at(Index i, Index j) const { return {data + i * stride + j, stride}; }
  operator RowMajor<const S>() const
    requires(!std::is_const_v<S>)
  {
    return {data, stride};
  }
};

namespace detail {
using namespace simd;

// R rows of a with C rows of b
template <int R, int C, class S>
HEED_INLINE void subtract_block(Index depth, RowMajor<const S> a, RowMajor<const S> b, RowMajor<S> c) {
  using P = Packet<S>;
  P sum[std::size_t{R}][std::size_t{C}];
  unroll<R>([&](auto i) HEED_LAMBDA { unroll<C>([&](auto j) HEED_LAMBDA { sum[i][j] = set1<P>(0); }); });
  const Index whole = depth / width<P> * width<P>;
  for (Index k = 0; k < whole; k += width<P>) {
    P right[std::size_t{C}];
    unroll<C>([&](auto j) HEED_LAMBDA { right[j] = load_once<P>(b.row(j) + k); });
    unroll<R>([&](auto i) HEED_LAMBDA {
      const P left = load_once<P>(a.row(i) + k);
      unroll<C>([&](auto j) HEED_LAMBDA { sum[i][j] = fma(left, right[j], sum[i][j]); });
    });
  }
  unroll<R>([&](auto i) HEED_LAMBDA {
    S all[std::size_t{C}] = {};
    if constexpr (C == 4) {
      accumulate_sums(all, sum[i][0], sum[i][1], sum[i][2], sum[i][3]);
    } else {
      unroll<C>([&](auto j) HEED_LAMBDA { all[j] = simd::sum(sum[i][j]); });
    }
    for (int j = 0; j < C; ++j) {
      for (Index k = whole; k < depth; ++k) all[j] += a.row(i)[k] * b.row(j)[k];
      c.row(i)[j] -= all[j];
    }
  });
}
}  // namespace detail

/// c(i, j) -= sum over k < `depth` of a(i, k) b(j, k), for i < `rows` and j < `columns`.
template <class S>
void subtract_row_products(Index rows, Index columns, Index depth, RowMajor<const S> a, RowMajor<const S> b,
                           RowMajor<S> c) {
  constexpr int R = simd::registers >= 32 ? 4 : 2;
  constexpr Index panel = 512, band = 48;  // length of a row's part; rows of b that stay in the cache
  for (Index k = 0; k < depth; k += panel) {
    const Index n = std::min(panel, depth - k);
    for (Index first = 0; first < columns; first += band) {
      const Index last = std::min(columns, first + band);
      for (Index i = 0; i < rows;) {
        const Index height = i + R <= rows ? R : 1;
        for (Index j = first; j < last;) {
          const auto x = a.at(i, k), y = b.at(j, k);
          const auto to = c.at(i, j);
          const bool four = j + 4 <= last;
          if (height == R && four) detail::subtract_block<R, 4, S>(n, x, y, to);
          if (height == R && !four) detail::subtract_block<R, 1, S>(n, x, y, to);
          if (height == 1 && four) detail::subtract_block<1, 4, S>(n, x, y, to);
          if (height == 1 && !four) detail::subtract_block<1, 1, S>(n, x, y, to);
          j += four ? 4 : 1;
        }
        i += height;
      }
    }
  }
}

/// Solves z L^T = x for each row, in place of x. (For columns this is L z = x.) L (size, size) is lower triangular. The
/// numbers of x before `first` are 0.
template <class S>
void solve_rows(Index rows, Index size, RowMajor<const S> l, RowMajor<S> x, Index first = 0) {
  constexpr Index block = 48;
  for (Index begin = first; begin < size; begin += block) {
    const Index n = std::min(block, size - begin);
    subtract_row_products<S>(rows, n, begin - first, x.at(0, first), l.at(begin, first), x.at(0, begin));
    for (Index r = 0; r < rows; ++r) {
      S* const z = x.row(r) + begin;
      for (Index i = 0; i < n; ++i) {
        const S* const row = l.row(begin + i) + begin;
        S sum = z[i];
        for (Index k = 0; k < i; ++k) sum -= row[k] * z[k];
        z[i] = sum / row[i];
      }
    }
  }
}

/// Solves z L = x for each row, in place of x. (For columns this is L^T z = x.)
template <class S>
void solve_rows_transposed(Index rows, Index size, RowMajor<const S> l, RowMajor<S> x) {
  for (Index i = size; i-- > 0;) {
    const S* const row = l.row(i);
    for (Index r = 0; r < rows; ++r) {
      S* const z = x.row(r);
      z[i] /= row[i];
      const S factor = z[i];
      for (Index k = 0; k < i; ++k) z[k] -= factor * row[k];
    }
  }
}

/// Replaces the lower half of a by L, where a = L L^T. The upper half is neither read nor written. Returns false if a
/// is not positive definite; the contents of a are then undefined.
template <class S>
bool cholesky(Index size, RowMajor<S> a) {
  constexpr Index block = 48;
  for (Index begin = 0; begin < size; begin += block) {
    const Index n = std::min(block, size - begin), rest = begin + n;
    for (Index i = 0; i < n; ++i) {  // the diagonal block, from the finished part of its rows
      S* const row = a.row(begin + i);
      for (Index j = 0; j <= i; ++j) {
        const S* const other = a.row(begin + j);
        S sum = row[begin + j];
        for (Index k = begin; k < begin + j; ++k) sum -= row[k] * other[k];
        if (j < i) {
          row[begin + j] = sum / other[begin + j];
        } else if (!(sum > 0) || !std::isfinite(sum)) {
          return false;
        } else {
          row[begin + j] = std::sqrt(sum);
        }
      }
    }
    if (rest == size) break;
    const Index below = size - rest;
    solve_rows<S>(below, n, a.at(begin, begin), a.at(rest, begin));
    for (Index i = rest; i < size; i += block) {  // the lower half of the rest
      const Index height = std::min(block, size - i);
      subtract_row_products<S>(height, i - rest, n, a.at(i, begin), a.at(rest, begin), a.at(i, rest));
      for (Index r = 0; r < height; ++r) {
        subtract_row_products<S>(1, r + 1, n, a.at(i + r, begin), a.at(i, begin), a.at(i + r, i));
      }
    }
  }
  return true;
}

}  // namespace heed::inline HEED_ISA::kernels

HEED_COMPILED_FUNCTION(heed::kernels::subtract_row_products)
HEED_COMPILED_FUNCTION(heed::kernels::solve_rows)
HEED_COMPILED_FUNCTION(heed::kernels::solve_rows_transposed)
HEED_COMPILED_FUNCTION(heed::kernels::cholesky)
