#pragma once

/// @file
/// Elementary functions on packets: exp, sigmoid, tanh, erf, and the four gates of an LSTM.
///
/// Largest absolute errors over the whole range, checked by tests: sigmoid and tanh 4e-7 in float, 4e-16 in double.

#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::simd {

namespace detail {
// 2^n, where n was added to `magic_for<S>` and so is in the low bits of t, with the exponent's bias
template <class P>
HEED_INLINE P power_of_two(const P& t) {
  using S = ScalarOf<P>;
  using Bits = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
  constexpr int mantissa = sizeof(S) == 4 ? 23 : 52;
  P result;
  unroll<P::parts>([&](auto i) HEED_LAMBDA {
    if constexpr (P::lanes == 1) {
      result.part[i] = std::bit_cast<S>(std::bit_cast<Bits>(t.part[i]) << mantissa);
    } else {
      typedef Bits Vector __attribute__((vector_size(sizeof(S) * P::lanes)));
      result.part[i] = reinterpret_cast<typename P::Raw>(reinterpret_cast<Vector>(t.part[i]) << mantissa);
    }
  });
  return result;
}
// 1.5 x 2^mantissa, which rounds what is added to it to an integer, plus the exponent's bias
template <class S>
inline constexpr S magic_for = sizeof(S) == 4 ? S(12582912 + 127) : S(6755399441055744.0 + 1023);
}  // namespace detail

/// The bound within which `exp_bounded` gives normal numbers.
template <class S>
inline constexpr S exp_limit = sizeof(S) == 4 ? S(80) : S(700);

/// e^(scale x), with x clamped to +-bound: 2^n times a polynomial of the remainder. |scale| bound is at most
/// `exp_limit`; scale is a power of two.
///
/// Relative error in float (degree 5, minimax): below 3e-7 + 1.5e-8 |scale x|. The second part comes from rounding x
/// log2 e; it is 8e-8 |scale x| on processors without fused multiply-add. In double (degree 12, Taylor): 4e-16.
template <class P>
HEED_INLINE P exp_bounded(const P& x, const P& scale, const P& bound) {
  using S = ScalarOf<P>;
  const P magic = set1<P>(detail::magic_for<S>), rate = mul(scale, set1<P>(S(std::numbers::log2e)));
  const P y = max(min(x, bound), sub(set1<P>(0), bound));
  const P t = fma(y, rate, magic);
  if constexpr (sizeof(S) == 4) {
    const P r = fma(y, rate, sub(magic, t));  // scale x = (n + r) ln 2, |r| <= 1/2
    P p = fma(set1<P>(0.0013276529548659835F), r, set1<P>(0.009675484282301727F));
    p = fma(p, r, set1<P>(0.05550712668757317F));
    p = fma(p, r, set1<P>(0.24022120774652744F));
    p = fma(p, r, set1<P>(0.693146967702893F));
    p = fma(p, r, set1<P>(1.0000000714434534F));
    return mul(p, detail::power_of_two(t));
  } else {
    const P n = sub(t, magic);  // scale x = n ln 2 + r, ln 2 in two parts
    P r = fma(n, set1<P>(-6.93145751953125e-1), mul(y, scale));
    r = fma(n, set1<P>(-1.42860682030941723212e-6), r);
    P p = set1<P>(1.0 / 479001600);
    constexpr double factorial[] = {39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1};
    unroll<12>([&](auto i) HEED_LAMBDA { p = fma(p, r, set1<P>(1.0 / factorial[i])); });
    return mul(p, detail::power_of_two(t));
  }
}
/// e^x, x clamped to +-`exp_limit`.
template <class P>
HEED_INLINE P exp(const P& x) {
  return exp_bounded<P>(x, set1<P>(1), set1<P>(exp_limit<ScalarOf<P>>));
}
/// 1 / (1 + e^-x)
template <class P>
HEED_INLINE P sigmoid(const P& x) {
  const P one = set1<P>(1);
  return div(one, add(one, exp_bounded<P>(x, set1<P>(-1), set1<P>(40))));
}
/// 2 / (1 + e^-2x) - 1
template <class P>
HEED_INLINE P tanh(const P& x) {
  const P one = set1<P>(1);
  return sub(div(set1<P>(2), add(one, exp_bounded<P>(x, set1<P>(-2), set1<P>(20)))), one);
}

/// The gates of an LSTM in place: sigmoid of i, f and o, tanh of g. In float the four share one division, and exponents
/// are clamped to +-20.
template <class P>
HEED_INLINE void lstm_gates(P& i, P& f, P& g, P& o) {
  if constexpr (sizeof(ScalarOf<P>) == 4) {
    static_assert(P::parts == 1);
    using Four = Pack<ScalarOf<P>, P::lanes, 4>;
    const P one = set1<P>(1);
    const Four gates{{i.part[0], f.part[0], g.part[0], o.part[0]}};
    Four scale = set1<Four>(-1), bound = set1<Four>(20);
    scale.part[2] = set1<P>(-2).part[0];
    bound.part[2] = set1<P>(10).part[0];
    const Four e = exp_bounded<Four>(gates, scale, bound), d1 = add(set1<Four>(1), e);
    const P a{{d1.part[0]}}, b{{d1.part[1]}}, c{{d1.part[2]}}, d{{d1.part[3]}};
    const P ab = mul(a, b), cd = mul(c, d), r = div(one, mul(ab, cd));
    const P per_ab = mul(r, cd), per_cd = mul(r, ab);
    i = mul(per_ab, b);
    f = mul(per_ab, a);
    o = mul(per_cd, c);
    g = mul(sub(one, P{{e.part[2]}}), mul(per_cd, d));  // tanh = (1 - e^-2g) / (1 + e^-2g)
  } else {
    i = sigmoid(i);
    f = sigmoid(f);
    g = tanh(g);
    o = sigmoid(o);
  }
}

/// erf(x), absolute error below 2e-7 in float and 1e-15 in double (W. J. Cody, "Rational Chebyshev approximations for
/// the error function", 1969: his first two intervals; past 6, erf is 1 to double precision).
template <class P>
HEED_INLINE P erf(const P& x) {
  using S = ScalarOf<P>;
  const auto polynomial = []<std::size_t N>(const double(&c)[N], const P& z) HEED_LAMBDA {
    P p = set1<P>(S(c[0]));
    unroll<int(N) - 1>([&](auto i) HEED_LAMBDA { p = fma(p, z, set1<P>(S(c[i + 1]))); });
    return p;
  };
  constexpr double near_p[] = {1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
                               3.77485237685302021e2, 3.20937758913846947e3};
  constexpr double near_q[] = {1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
                               2.84423683343917062e3};
  constexpr double far_p[] = {2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
                              6.61191906371416295e1,  2.98635138197400131e2,  8.81952221241769090e2,
                              1.71204761263407058e3,  2.05107837782607147e3,  1.23033935479799725e3};
  constexpr double far_q[] = {1,
                              1.57449261107098347e1,
                              1.17693950891312499e2,
                              5.37181101862009858e2,
                              1.62138957456669019e3,
                              3.29079923573345963e3,
                              4.36261909014324716e3,
                              3.43936767414372164e3,
                              1.23033935480374942e3};
  const P zero = set1<P>(0), one = set1<P>(1);
  const P a = max(x, sub(zero, x)), b = min(a, set1<P>(6));
  const P z = mul(b, b);
  const P close = div(mul(x, polynomial(near_p, z)), polynomial(near_q, z));
  const P tail = mul(exp(sub(zero, z)), div(polynomial(far_p, b), polynomial(far_q, b)));
  const P away = sub(one, tail);
  return select_less(a, set1<P>(S(0.46875)), close, select_less(x, zero, sub(zero, away), away));
}

}  // namespace heed::inline HEED_ISA::simd
