#pragma once

/// @file
/// The product of a weight with the lanes of a tile: the forward pass of every dense part, and the gradient of its
/// input.
///
///     y[r][lane] = start[r][lane] + sum over terms, sum over k of w(r, k) x[k][lane]
///
/// With many lanes, packets run over lanes and weights are broadcast. With one lane, packets run over the contiguous
/// axis of the weight (if neither is contiguous, it is slow).

#include <algorithm>
#include <initializer_list>

#include "heed/core/compiled.hpp"
#include "heed/core/kernels/ahead.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::kernels {

/// One term: x[0 .. count) times the matrix whose element (r, k) is at w[r row + k column]. A weight (out x in) has row
/// = 1, column = out. Its transpose, for the gradient of an input, has row = out, column = 1.
template <class S>
struct Term {
  const S* x;
  Index count;
  const S* w;
  Index row, column;
};

/// A list of terms. Pass it by reference: by value, its two words would be copied as one packet too soon after they
/// were written (a store-forwarding stall).
template <class S>
struct Terms {
  const Term<S>* first;
  Index count;
  Ahead* ahead = nullptr;  // what is fetched meanwhile

  const Term<S>* begin() const { return first; }
  const Term<S>* end() const { return first + count; }
};

/// The start of a product: zero, one number per row (a bias), or a value for every row and lane (to add to).
template <class S>
struct Start {
  const S* bias = nullptr;
  const S* values = nullptr;
};

namespace detail {
using namespace simd;

// where memory is to be fetched meanwhile: some after so many inputs
inline constexpr Index some_inputs = 32;

// rows r .. r + C of the lanes in one pack
template <int C, class P, bool Fetches, class S>
HEED_INLINE void product_block(Index r, Index lane, Index lanes, Start<S> start, S* y, const Terms<S>& terms) {
  P sum[std::size_t{C}];
  unroll<C>([&](auto c) HEED_LAMBDA {
    sum[c] =
        start.values ? load<P>(start.values + (r + c) * lanes + lane) : set1<P>(start.bias ? start.bias[r + c] : S(0));
  });
  for (const Term<S>& term : terms) {
    const S* x = term.x + lane;
    const S* w = term.w + r * term.row;
    const auto take = [&](Index inputs) HEED_LAMBDA {
      for (Index k = 0; k < inputs; ++k, x += lanes, w += term.column) {
        const P v = fused && C <= 4 ? load_once<P>(x) : load<P>(x);  // more sums need the register
        unroll<C>([&](auto c) HEED_LAMBDA { sum[c] = fma(v, set1<P>(w[c * term.row]), sum[c]); });
      }
    };
    if constexpr (!Fetches) take(term.count);
    for (Index k = 0; Fetches && k < term.count; k += some_inputs) {
      const Index inputs = std::min(term.count - k, some_inputs);
      take(inputs);
      terms.ahead->fetch(inputs * C * width<P>);
    }
  }
  unroll<C>([&](auto c) HEED_LAMBDA { store(y + (r + c) * lanes + lane, sum[c]); });
}

template <int C, class P, bool Fetches = false, class S>
HEED_INLINE void product_rows(Index rows, Index lane, Index lanes, Start<S> start, S* y, const Terms<S>& terms) {
  Index r = 0;
  for (const Index end = in_blocks<C>(rows); r + C <= end; r += C)
    product_block<C, P, Fetches>(r, lane, lanes, start, y, terms);
  if constexpr (C > 4) {
    for (; r + 4 <= rows; r += 4) product_block<4, P, Fetches>(r, lane, lanes, start, y, terms);
  }
  if constexpr (C > 1) {
    for (; r < rows; ++r) product_block<1, P, Fetches>(r, lane, lanes, start, y, terms);
  }
}

// one lane, contiguous rows in w and y: packets of rows. With few packets each sum would wait for itself, so `Chains`
// partial sums alternate.
template <class P, int Chains, class S>
HEED_INLINE void column_block(Index r, Start<S> start, S* y, const Term<S>* first, const Term<S>* last) {
  P sum[std::size_t{Chains}];
  sum[0] = start.values ? load<P>(start.values + r) : start.bias ? load<P>(start.bias + r) : set1<P>(0);
  unroll<Chains - 1>([&](auto c) HEED_LAMBDA { sum[c + 1] = set1<P>(0); });
  for (const Term<S>* p = first; p != last; ++p) {
    const Term<S> term = *p;
    const S* w = term.w + r;
    Index k = 0;
    for (; k + Chains <= term.count; k += Chains, w += Chains * term.column) {
      unroll<Chains>([&](auto c)
                         HEED_LAMBDA { sum[c] = fma(load<P>(w + c * term.column), set1<P>(term.x[k + c]), sum[c]); });
    }
    if constexpr (Chains > 1) {
      for (; k < term.count; ++k, w += term.column) sum[0] = fma(load<P>(w), set1<P>(term.x[k]), sum[0]);
    }
  }
  unroll<Chains - 1>([&](auto c) HEED_LAMBDA { sum[0] = add(sum[0], sum[c + 1]); });
  store(y + r, sum[0]);
}

template <class S>
HEED_INLINE void columns(Index rows, Start<S> start, S* y, const Term<S>* first, const Term<S>* last) {
  for_each_packet<S, 8>(
      rows, [&]<class P>(Index r) HEED_LAMBDA { column_block<P, (P::parts >= 4 ? 1 : 4)>(r, start, y, first, last); });
}

// one lane, contiguous inputs in w: dot products of C rows
template <int C, class S>
HEED_INLINE void dot_block(Index r, Start<S> start, S* y, const Term<S>& term) {
  using P = Packet<S>;
  P sum[std::size_t{C}];
  S rest[std::size_t{C}];
  unroll<C>([&](auto c) HEED_LAMBDA {
    sum[c] = set1<P>(0);
    rest[c] = start.values ? start.values[r + c] : start.bias ? start.bias[r + c] : S(0);
  });
  const S* w = term.w + r * term.row;
  Index k = 0;
  for (; k + width<P> <= term.count; k += width<P>) {
    const P v = load<P>(term.x + k);
    unroll<C>([&](auto c) HEED_LAMBDA { sum[c] = fma(load<P>(w + c * term.row + k), v, sum[c]); });
  }
  for (; k < term.count; ++k)
    unroll<C>([&](auto c) HEED_LAMBDA { rest[c] += w[c * term.row + k * term.column] * term.x[k]; });
  unroll<C>([&](auto c) HEED_LAMBDA { y[r + c] = rest[c] + simd::sum(sum[c]); });
}

template <class S>
void product_one_lane(Index rows, Start<S> start, S* y, const Terms<S>& terms) {
  if (terms.count == 0) return product_rows<1, Pack<S, 1>>(rows, 0, 1, start, y, terms);
  const auto in_columns = [](const Term<S>& term) { return term.row == 1; };
  if (terms.count > 1 && std::all_of(terms.begin(), terms.end(), in_columns)) {
    return columns(rows, start, y, terms.begin(), terms.end());
  }
  for (const Term<S>& term : terms) {
    if (term.row == 1 && !(term.column == 1 && rows == 1)) {
      columns(rows, start, y, &term, &term + 1);
    } else if (term.column == 1) {
      Index r = 0;
      for (; r + 4 <= rows; r += 4) dot_block<4>(r, start, y, term);
      for (; r < rows; ++r) dot_block<1>(r, start, y, term);
    } else {
      product_rows<4, Pack<S, 1>>(rows, 0, 1, start, y, {&term, 1});
    }
    start = {.values = y};  // each starts from the result before
  }
}
}  // namespace detail

/// The product above for a list of terms whose length is known at run time. `y` may be `start.values`, but not one of
/// the x.
template <class S>
void sum_of_products(Index rows, Index lanes, Start<S> start, S* y, const Terms<S>& terms) {
  using namespace simd;
  if (lanes == 1) return detail::product_one_lane(rows, start, y, terms);
  constexpr int V = native_width<S>;
  Index lane = 0;
  for (; terms.ahead && lane + 2 * V <= lanes; lane += 2 * V)
    detail::product_rows<rows_of_sums, Packet<S, 2>, true>(rows, lane, lanes, start, y, terms);
  for (; lane + 2 * V <= lanes; lane += 2 * V)
    detail::product_rows<rows_of_sums, Packet<S, 2>>(rows, lane, lanes, start, y, terms);
  for (; lane + V <= lanes; lane += V) detail::product_rows<8, Packet<S>>(rows, lane, lanes, start, y, terms);
  for (; lane < lanes; ++lane) detail::product_rows<1, Pack<S, 1>>(rows, lane, lanes, start, y, terms);
}
/// The same for terms that are written out. `ahead` is the memory to fetch meanwhile and may be null.
template <class S>
HEED_INLINE void product(Index rows, Index lanes, Start<S> start, S* y, std::initializer_list<Term<S>> terms,
                         Ahead* ahead = nullptr) {
  sum_of_products<S>(rows, lanes, start, y, {terms.begin(), static_cast<Index>(terms.size()), ahead});
}

}  // namespace heed::inline HEED_ISA::kernels

HEED_COMPILED_FUNCTION(heed::kernels::sum_of_products)
