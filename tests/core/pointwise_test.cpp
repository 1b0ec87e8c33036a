#include "heed/core/pointwise.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/random.hpp"

namespace pointwise_test {

using heed::Index;
using heed::Tile;
using test_support::random_values;

template <class S>
void transforms_every_number() {
  for (Index n = 0; n <= 70; ++n) {
    const std::vector<S> x = random_values<S>(n, 1), dy = random_values<S>(n, 2), old = random_values<S>(n, 3);
    const auto tile = [n](const std::vector<S>& v) { return Tile<const S>(v.data(), {1, n}, 1); };
    const auto out = [n](std::vector<S>& v) { return Tile<S>(v.data(), {1, n}, 1); };
    std::vector<S> y(x.size()), sum = old, fresh = old, added = old;
    heed::transform<S>(tile(x), out(y), []<class P>(const P& v) { return heed::simd::add(v, v); });
    heed::add<S>(tile(x), out(sum));
    const auto product = []<class P>(const P& a, const P& d) { return heed::simd::mul(a, d); };
    heed::transform_gradient<S>(tile(x), tile(dy), heed::into(out(fresh)), product);
    heed::transform_gradient<S>(tile(x), tile(dy), heed::onto(out(added)), product);
    heed::transform_gradient<S>(tile(x), tile(dy), heed::Into<S>{}, product);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(y[i], x[i] + x[i]) << n;
      ASSERT_EQ(sum[i], old[i] + x[i]) << n;
      ASSERT_EQ(fresh[i], x[i] * dy[i]) << n;
      ASSERT_NEAR(added[i], old[i] + x[i] * dy[i], test_support::rounding<S>) << n;
    }
  }
}

TEST(Pointwise, TransformsEveryNumberOfFloats) { transforms_every_number<float>(); }
TEST(Pointwise, TransformsEveryNumberOfDoubles) { transforms_every_number<double>(); }

template <class S>
void sums_over_features() {
  for (const Index lanes : {1, 3, 16, 21}) {
    for (const Index features : {1, 5, 37}) {
      const std::vector<S> x = random_values<S>(features * lanes, 1), scale = random_values<S>(features, 2);
      std::vector<S> sum(static_cast<std::size_t>(lanes), S(7));
      heed::sum_over_features<S>(features, lanes, sum.data(), [&]<class P>(auto at) {
        return heed::simd::mul(heed::simd::load<P>(x.data() + at.number), at.template of_feature<P>(scale.data()));
      });
      for (Index l = 0; l < lanes; ++l) {
        double expected = 0;
        for (Index f = 0; f < features; ++f) {
          expected += static_cast<double>(x[static_cast<std::size_t>(f * lanes + l)]) *
                      static_cast<double>(scale[static_cast<std::size_t>(f)]);
        }
        EXPECT_NEAR(sum[static_cast<std::size_t>(l)], expected, test_support::rounding<S>);
      }
    }
  }
}

TEST(Pointwise, SumsOverFeatures) {
  sums_over_features<float>();
  sums_over_features<double>();
}

}  // namespace pointwise_test
