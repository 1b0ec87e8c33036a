#include "heed/core/math.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../support/random.hpp"

namespace math_test {

using heed::Index;
namespace simd = heed::simd;

// What the header promises.
template <class S>
inline constexpr double sigmoid_error = sizeof(S) == 4 ? 4e-7 : 4e-16;
template <class S>
inline constexpr double tanh_error = sizeof(S) == 4 ? 4e-7 : 4e-16;
template <class S>
inline constexpr double exp_relative_error = sizeof(S) == 4 ? 3e-7 : 4e-16;
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
constexpr double float_exp_error_per_unit = 1.5e-8;  // of |x|
#else
constexpr double float_exp_error_per_unit = 8e-8;
#endif
template <class S>
inline constexpr double erf_error = sizeof(S) == 4 ? 2e-7 : 1e-15;

// `count` numbers from low to high, and as many close to 0
template <class S>
std::vector<S> grid(double low, double high, int count = 100000) {
  std::vector<S> x;
  for (int i = 0; i <= count; ++i) x.push_back(static_cast<S>(low + (high - low) * i / count));
  for (int i = 0; i <= count; ++i) {
    const double small = std::exp(-40.0 * i / count);
    x.push_back(static_cast<S>(std::clamp(i % 2 ? small : -small, low, high)));
  }
  return x;
}

template <class S, class F>
std::vector<S> mapped(const std::vector<S>& x, F f) {
  std::vector<S> y(x.size());
  simd::for_each_packet<S, 2>(static_cast<Index>(x.size()),
                              [&]<class P>(Index i) { simd::store(y.data() + i, f(simd::load<P>(x.data() + i))); });
  return y;
}

const auto exp_of = []<class P>(const P& p) { return simd::exp(p); };
const auto sigmoid_of = []<class P>(const P& p) { return simd::sigmoid(p); };
const auto tanh_of = []<class P>(const P& p) { return simd::tanh(p); };
const auto erf_of = []<class P>(const P& p) { return simd::erf(p); };

// The largest error of f on x, over `allowed`; of scalars too, which take another path through the compiler.
template <class S, class F, class Exact, class Allowed>
double largest_error_of(const std::vector<S>& x, F f, Exact exact, Allowed allowed) {
  const std::vector<S> y = mapped(x, f);
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double expected = exact(static_cast<long double>(x[i]));
    const S alone = f(simd::Pack<S, 1>{{x[i]}}).part[0];
    for (const S value : {y[i], alone}) {
      const auto error = static_cast<double>(std::abs(static_cast<long double>(value) - expected));
      const double e = error / static_cast<double>(allowed(x[i], expected));
      largest = std::isfinite(e) ? std::max(largest, e) : HUGE_VAL;
    }
  }
  return largest;
}

template <class S>
void check_accuracy() {
  const double end = static_cast<double>(simd::exp_limit<S>);
  const auto sigmoid = [](long double x) { return 1 / (1 + std::exp(-x)); };
  const auto always = [](double limit) { return [limit](S, long double) { return limit; }; };
  const auto relative = [](S x, long double exact) {
    return exact *
           (exp_relative_error<S> + (sizeof(S) == 4 ? float_exp_error_per_unit : 0) * std::abs(static_cast<double>(x)));
  };
  // where a long double is no more than a double, what is taken as exact has an error of its own
  const double limit = std::numeric_limits<long double>::digits > std::numeric_limits<double>::digits ? 1 : 1.5;
  EXPECT_LE(largest_error_of(grid<S>(-end, end), exp_of, [](long double x) { return std::exp(x); }, relative), limit);
  EXPECT_LE(largest_error_of(grid<S>(-60, 60), sigmoid_of, sigmoid, always(sigmoid_error<S>)), limit);
  const auto tanh = [](long double x) { return std::tanh(x); };
  EXPECT_LE(largest_error_of(grid<S>(-30, 30), tanh_of, tanh, always(tanh_error<S>)), limit);
  const auto erf = [](long double x) { return std::erf(x); };
  EXPECT_LE(largest_error_of(grid<S>(-8, 8), erf_of, erf, always(erf_error<S>)), limit);
}

TEST(Math, IsAccurateInFloat) { check_accuracy<float>(); }
TEST(Math, IsAccurateInDouble) { check_accuracy<double>(); }

template <class S>
void check_gates() {
  using P = simd::Packet<S>;
  const Index n = 400 * simd::width<P>;
  std::vector<S> gate[4];
  for (std::uint64_t k = 0; k < 4; ++k) {
    gate[k] = test_support::random_values<S>(n, k, 30);
    gate[k][k] = S(1e6);
    gate[k][k + 4] = S(-1e6);
  }
  for (Index at = 0; at < n; at += simd::width<P>) {
    P p[4];
    for (int k = 0; k < 4; ++k) p[k] = simd::load<P>(gate[k].data() + at);
    simd::lstm_gates(p[0], p[1], p[2], p[3]);
    for (int k = 0; k < 4; ++k) {
      std::vector<S> y(simd::width<P>);
      simd::store(y.data(), p[k]);
      for (std::size_t l = 0; l < y.size(); ++l) {
        const auto x = static_cast<long double>(gate[k][static_cast<std::size_t>(at) + l]);
        const auto exact = static_cast<double>(k == 2 ? std::tanh(x) : 1 / (1 + std::exp(-x)));
        ASSERT_NEAR(y[l], exact, sigmoid_error<S>) << "gate " << k << " of " << static_cast<double>(x);
      }
    }
  }
}

TEST(Math, GatesOfAnLstmAreAsAccurate) {
  check_gates<float>();
  check_gates<double>();
}

template <class S>
void check_ends() {
  const S infinity = std::numeric_limits<S>::infinity();
  const std::vector<S> x{-infinity, S(-1e30), -1000, -100, 100, 1000, S(1e30), infinity};
  const std::vector<S> s = mapped(x, sigmoid_of), t = mapped(x, tanh_of), e = mapped(x, exp_of), f = mapped(x, erf_of);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool negative = i < 4;
    EXPECT_NEAR(s[i], negative ? 0 : 1, sigmoid_error<S>);
    EXPECT_GE(s[i], 0);
    EXPECT_LE(s[i], 1);
    EXPECT_NEAR(t[i], negative ? -1 : 1, tanh_error<S>);
    EXPECT_LE(std::abs(t[i]), 1);
    EXPECT_NEAR(f[i], negative ? -1 : 1, erf_error<S>);
    EXPECT_TRUE(std::isnormal(e[i])) << x[i];
    if (i > 0) {
      EXPECT_GE(e[i], e[i - 1]);
    }
  }
  const S limit = simd::exp_limit<S>;
  EXPECT_EQ(e.front(), mapped(std::vector<S>{-limit}, exp_of)[0]);
  EXPECT_EQ(e.back(), mapped(std::vector<S>{limit}, exp_of)[0]);
}

TEST(Math, ClampsAtTheEnds) {
  check_ends<float>();
  check_ends<double>();
}

template <class S>
void check_nan_goes_through() {
  const std::vector<S> nan(2 * simd::native_width<S> + 1, std::numeric_limits<S>::quiet_NaN());
  const auto all_nan = [&](auto f) {
    const std::vector<S> y = mapped(nan, f);
    return std::all_of(y.begin(), y.end(), [](S v) { return std::isnan(v); });
  };
  EXPECT_TRUE(all_nan(exp_of));
  EXPECT_TRUE(all_nan(sigmoid_of));
  EXPECT_TRUE(all_nan(tanh_of));
  EXPECT_TRUE(all_nan(erf_of));
  using P = simd::Packet<S>;
  P i = simd::load<P>(nan.data()), f = i, g = i, o = i;
  simd::lstm_gates(i, f, g, o);
  for (const P& p : {i, f, g, o}) EXPECT_TRUE(std::isnan(simd::sum(p)));
}

TEST(Math, NaNGoesThrough) {
  check_nan_goes_through<float>();
  check_nan_goes_through<double>();
}

TEST(Math, IsExactAtZero) {
  EXPECT_EQ(mapped(std::vector<double>{0}, exp_of)[0], 1);
  EXPECT_EQ(mapped(std::vector<double>{0}, tanh_of)[0], 0);
  EXPECT_EQ(mapped(std::vector<double>{0}, sigmoid_of)[0], 0.5);
  EXPECT_EQ(mapped(std::vector<double>{0}, erf_of)[0], 0);
  EXPECT_NEAR(mapped(std::vector<float>{0}, exp_of)[0], 1, exp_relative_error<float>);
  EXPECT_NEAR(mapped(std::vector<float>{0}, tanh_of)[0], 0, tanh_error<float>);
}

}  // namespace math_test
