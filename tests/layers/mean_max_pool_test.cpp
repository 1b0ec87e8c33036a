#include "heed/layers/mean_max_pool.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/layer_case.hpp"
#include "../support/numbers.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace mean_max_pool_test {

using heed::Index;
using heed::MeanMaxPool;
using test_support::Numbers;
using test_support::Values;

TEST(MeanMaxPool, FulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer([]<class S>() { return MeanMaxPool<S>(); }, {4, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(MeanMaxPool, RefusesFeaturesThatOverflow) {
  const Index most = std::numeric_limits<Index>::max();
  const auto error = [](Index features) {
    return test_support::error_of([&] { MeanMaxPool<float>().output_shape({3, features}); });
  };
  EXPECT_EQ(error(-1), "MeanMaxPool: tensor: negative extent (expected extents of at least 0, got (2, -1))");
  EXPECT_EQ(error(most), "MeanMaxPool: tensor: too many elements (expected a count that fits 63 bits, got (2, " +
                             std::to_string(most) + "))");
  EXPECT_EQ(MeanMaxPool<float>().output_shape({3, most / 2}), (heed::Shape{1, most - 1}));
}

TEST(MeanMaxPool, IsTheMeanAndTheMaximumSideBySide) {
  const Numbers x({5, 3}, 4, 1), dy({1, 6}, 4, 2);
  for (const std::vector<std::int32_t>& lengths : {std::vector<std::int32_t>(), {5, 2, 0, 1}}) {
    Numbers y = dy, mean({1, 3}, 4, 3), max = mean, dx = x, dmean = x, dmax = x;
    MeanMaxPool<double> both;
    heed::MeanPool<double> means;
    heed::MaxPool<double> maxima;
    MeanMaxPool<double>::Cache cache;
    heed::Scratch scratch;
    const heed::Pass pass{scratch};
    both.forward(x.view(lengths), y.tile(), cache, pass);
    both.backward(x.view(lengths), y.view(), dy.view(), into(dx.tile()), cache, both, pass);
    const auto half = [&](const Numbers& n, std::ptrdiff_t i) {
      return Values(n.values.begin() + 12 * i, n.values.begin() + 12 * (i + 1));
    };
    const Values first = half(dy, 0), second = half(dy, 1);
    means.forward(x.view(lengths), mean.tile(), cache.mean, pass);
    means.backward(x.view(lengths), {}, {first.data(), {1, 3}, 4}, into(dmean.tile()), cache.mean, means, pass);
    maxima.forward(x.view(lengths), max.tile(), cache.max, pass);
    maxima.backward(x.view(lengths), {}, {second.data(), {1, 3}, 4}, into(dmax.tile()), cache.max, maxima, pass);
    EXPECT_EQ(half(y, 0), mean.values);
    EXPECT_EQ(half(y, 1), max.values);
    for (std::size_t i = 0; i < dx.values.size(); ++i) EXPECT_EQ(dx.values[i], dmean.values[i] + dmax.values[i]);
  }
}

TEST(MeanMaxPool, OfNothingIsZero) {
  for (const Index steps : {0, 2}) {
    const std::vector<std::int32_t> none{0, 0};
    const Numbers x({steps, 2}, 2, 1), dy({1, 4}, 2, 2);
    Numbers y = dy, dx = x;
    MeanMaxPool<double> pool;
    MeanMaxPool<double>::Cache cache;
    heed::Scratch scratch;
    pool.forward(x.view(none), y.tile(), cache, heed::Pass{scratch});
    pool.backward(x.view(none), y.view(), dy.view(), into(dx.tile()), cache, pool, heed::Pass{scratch});
    EXPECT_EQ(y.values, Values(8, 0.0));
    EXPECT_EQ(dx.values, Values(dx.values.size(), 0.0));
  }
}

TEST(MeanMaxPool, StreamsTheStepsSoFar) { test_support::expect_streams(MeanMaxPool<double>(), {7, 4}, false); }

}  // namespace mean_max_pool_test
