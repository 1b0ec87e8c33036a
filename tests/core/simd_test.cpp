#include "heed/core/simd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../support/random.hpp"

namespace simd_test {

using heed::Index;
using test_support::random_values;
namespace simd = heed::simd;

// `op` on packs against `plain` on numbers, both of three arguments. Products may be fused on either side.
template <class P, class Op, class Plain>
void expect_lanewise(Op op, Plain plain) {
  using S = simd::ScalarOf<P>;
  constexpr int n = P::width;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const auto a = random_values<S>(n + 1, 3 * seed), b = random_values<S>(n + 1, 3 * seed + 1),
               c = random_values<S>(n + 1, 3 * seed + 2);
    std::vector<S> y(n + 2, S(77));
    simd::store(y.data() + 1,
                op(simd::load<P>(a.data() + 1), simd::load<P>(b.data() + 1), simd::load<P>(c.data() + 1)));
    for (std::size_t i = 1; i <= n; ++i) {
      const S expected = plain(a[i], b[i], c[i]);
      EXPECT_NEAR(y[i], expected, 4 * std::numeric_limits<S>::epsilon() * std::abs(expected)) << "lane " << i - 1;
    }
    EXPECT_EQ(y.front(), S(77));
    EXPECT_EQ(y.back(), S(77));
  }
}

template <class P>
void check_arithmetic() {
  using S = simd::ScalarOf<P>;
  using simd::mul;
  expect_lanewise<P>([](P a, P b, P) { return simd::add(a, b); }, [](S a, S b, S) { return a + b; });
  expect_lanewise<P>([](P a, P b, P) { return simd::sub(a, b); }, [](S a, S b, S) { return a - b; });
  expect_lanewise<P>([](P a, P b, P) { return mul(a, b); }, [](S a, S b, S) { return a * b; });
  expect_lanewise<P>([](P a, P b, P) { return simd::div(a, b); }, [](S a, S b, S) { return a / b; });
  expect_lanewise<P>([](P a, P b, P) { return simd::min(a, b); }, [](S a, S b, S) { return std::min(a, b); });
  expect_lanewise<P>([](P a, P b, P) { return simd::max(a, b); }, [](S a, S b, S) { return std::max(a, b); });
  expect_lanewise<P>([](P a, P, P) { return simd::sqrt(mul(a, a)); }, [](S a, S, S) { return std::sqrt(a * a); });
  expect_lanewise<P>([](P a, P b, P c) { return simd::select_less(a, b, c, a); },
                     [](S a, S b, S c) { return a < b ? c : a; });
  expect_lanewise<P>([](P, P, P) { return simd::set1<P>(S(2.5)); }, [](S, S, S) { return S(2.5); });
  // a b + c, where a b and c may cancel: compared after the difference
  expect_lanewise<P>([](P a, P b, P c) { return simd::fma(mul(a, a), mul(b, b), mul(c, c)); },
                     [](S a, S b, S c) { return a * a * b * b + c * c; });
}

template <class P>
void check_sums() {
  using S = simd::ScalarOf<P>;
  const auto a = random_values<S>(P::width, 5);
  std::vector<S> to = random_values<S>(P::width, 6);
  const std::vector<S> before = to;
  const P pack = simd::load<P>(a.data());
  double sum = 0;
  for (const S v : a) sum += static_cast<double>(v);
  EXPECT_NEAR(simd::sum(pack), sum, test_support::rounding<S>);
  EXPECT_EQ(simd::max_of(pack), *std::max_element(a.begin(), a.end()));
  simd::accumulate(to.data(), pack);
  for (std::size_t i = 0; i < to.size(); ++i) EXPECT_EQ(to[i], before[i] + a[i]);
}

template <class P>
void check_nan() {
  using S = simd::ScalarOf<P>;
  const P nan = simd::set1<P>(std::numeric_limits<S>::quiet_NaN()), one = simd::set1<P>(1);
  std::vector<S> y(P::width);
  const auto all = [&](const P& p, auto holds) {
    simd::store(y.data(), p);
    return std::all_of(y.begin(), y.end(), holds);
  };
  const auto is_nan = [](S v) { return std::isnan(v); };
  const auto is_one = [](S v) { return v == 1; };
  EXPECT_TRUE(all(simd::min(nan, one), is_nan));
  EXPECT_TRUE(all(simd::max(nan, one), is_nan));
  EXPECT_TRUE(all(simd::min(one, nan), is_one));
  EXPECT_TRUE(all(simd::max(one, nan), is_one));
  EXPECT_TRUE(all(simd::select_less(nan, one, nan, one), is_one));
}

template <class P>
void check_sums_of_four() {
  using S = simd::ScalarOf<P>;
  const auto a = random_values<S>(4 * P::width, 8);
  std::vector<S> out{1, 2, 3, 4, 5};
  const auto at = [&](int j) { return simd::load<P>(a.data() + j * P::width); };
  simd::accumulate_sums(out.data(), at(0), at(1), at(2), at(3));
  for (int j = 0; j < 4; ++j) {
    double sum = j + 1;
    for (int i = 0; i < P::width; ++i) sum += static_cast<double>(a[static_cast<std::size_t>(j * P::width + i)]);
    EXPECT_NEAR(out[static_cast<std::size_t>(j)], sum, test_support::rounding<S>);
  }
  EXPECT_EQ(out[4], 5);
}

template <class P>
void check_pack() {
  check_arithmetic<P>();
  check_sums<P>();
  check_nan<P>();
  if constexpr (P::parts == 1) check_sums_of_four<P>();
  if constexpr (P::parts == 1 && P::width >= 8) {
    std::vector<simd::ScalarOf<P>> v = random_values<simd::ScalarOf<P>>(P::width, 9), half(P::width / 2);
    simd::store(half.data(), simd::add_halves(simd::load<P>(v.data())));
    for (std::size_t i = 0; i < half.size(); ++i) EXPECT_EQ(half[i], v[i] + v[i + half.size()]);
  }
}

// this width and all below it
template <class S, int Width>
void check_widths() {
  SCOPED_TRACE(Width);
  check_pack<simd::Pack<S, Width>>();
  if constexpr (Width > 4) {
    check_widths<S, Width / 2>();
  } else if constexpr (Width > 1) {
    check_widths<S, 1>();
  }
}

TEST(Simd, OnePacketOfFloatsOfAnyWidth) { check_widths<float, simd::native_width<float>>(); }
TEST(Simd, OnePacketOfDoublesOfAnyWidth) { check_widths<double, simd::native_width<double>>(); }
TEST(Simd, SeveralPacketsOfFloatsAsOne) { check_pack<simd::Packet<float, 3>>(); }
TEST(Simd, SeveralPacketsOfDoublesAsOne) { check_pack<simd::Packet<double, 4>>(); }
TEST(Simd, SeveralScalarsAsOne) { check_pack<simd::Pack<float, 1, 4>>(); }

template <class S>
void check_transposition() {
  constexpr int W = simd::native_width<S>;
  std::vector<S> from(static_cast<std::size_t>(W * (W + 3))), to(static_cast<std::size_t>(W * (W + 1)));
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<S>(i);
  simd::transpose_square(from.data(), W + 3, to.data(), W + 1);
  for (int i = 0; i < W; ++i) {
    for (int j = 0; j < W; ++j) {
      EXPECT_EQ(to[static_cast<std::size_t>(j * (W + 1) + i)], from[static_cast<std::size_t>(i * (W + 3) + j)]);
    }
  }
}
TEST(Simd, TurnsRowsIntoColumns) {
  check_transposition<float>();
  check_transposition<double>();
}

TEST(Simd, UnrollsInOrder) {
  std::vector<int> seen;
  simd::unroll<5>([&](int i) { seen.push_back(i); });
  simd::unroll<0>([&](int) { seen.clear(); });
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4}));
}

// Each element once, in order, full packs first.
template <class S, int N>
void check_loop() {
  for (Index n = 0; n <= 150; ++n) {
    Index next = 0;
    int widest = 1 << 20;
    simd::for_each_packet<S, N>(n, [&]<class P>(Index i) {
      EXPECT_EQ(i, next);
      EXPECT_LE(P::width, widest);
      widest = P::width;
      next = i + P::width;
    });
    ASSERT_EQ(next, n);
  }
}

TEST(Simd, LoopsOverLanesVisitEachLaneOnce) {
  for (Index n = 0; n <= 70; ++n) {
    Index next = 0;
    simd::for_each_lane<float>(n, [&]<class P>(Index l) {
      EXPECT_EQ(l, next);
      EXPECT_TRUE(P::width == simd::native_width<float> || P::width == 1);
      next = l + P::width;
    });
    ASSERT_EQ(next, n);
  }
}

TEST(Simd, LoopsVisitEachElementOnce) {
  check_loop<float, 1>();
  check_loop<float, 2>();
  check_loop<float, 4>();
  check_loop<double, 1>();
  check_loop<double, 2>();
}

}  // namespace simd_test
