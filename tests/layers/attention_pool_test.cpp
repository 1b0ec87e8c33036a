#include "heed/layers/attention_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "../support/layer_case.hpp"
#include "../support/long_tile.hpp"
#include "../support/numbers.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace attention_pool_test {

using heed::AttentionPool;
using heed::Index;
using test_support::error_of;
using test_support::Numbers;
using test_support::Values;

TEST(AttentionPool, FulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer([]<class S>() { return AttentionPool<S>({.features = 5}); }, {4, 5});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(AttentionPool, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("attention_pool")) {
    test_support::expect_equals_reference(name, AttentionPool<double>({.features = 6}));
  }
}

TEST(AttentionPool, WeightsSumToOneOverTheValidStepsAndStayAsTheyAre) {
  const std::vector<std::int32_t> lengths{4, 0, 1, 3};
  const AttentionPool<double> layer({.features = 5});
  const Numbers x({4, 5}, 4, 1), dy({1, 5}, 4, 2);
  Numbers y = dy, dx = x;
  AttentionPool<double>::Cache cache;
  heed::Scratch scratch;
  layer.forward(x.view(lengths), y.tile(), cache, heed::Pass{scratch});
  const auto weights = AttentionPool<double>::weights(cache);
  ASSERT_EQ(weights.shape(), (heed::Shape{4, 1}));
  for (Index l = 0; l < 4; ++l) {
    const Index valid = lengths[static_cast<std::size_t>(l)];
    double sum = 0;
    for (Index t = 0; t < 4; ++t) {
      const double a = weights.at(t)[l];
      EXPECT_EQ(a > 0, t < valid) << "lane " << l << ", step " << t;
      sum += a;
    }
    EXPECT_NEAR(sum, valid > 0 ? 1 : 0, 1e-15);
  }
  const Values asked(weights.data, weights.data + weights.size());
  AttentionPool<double> gradient = layer;
  set_zero(gradient);
  layer.backward(x.view(lengths), y.view(), dy.view(), into(dx.tile()), cache, gradient, heed::Pass{scratch});
  EXPECT_EQ(Values(weights.data, weights.data + weights.size()), asked);
}

TEST(AttentionPool, LongTilesGiveWhatTheirSequencesGiveInSmallOnes) {
  test_support::expect_long_tile_equals_narrow_ones(AttentionPool<double>({.features = 24}), {100, 24});
  test_support::expect_long_tile_equals_narrow_ones(AttentionPool<float>({.features = 40}), {131, 40});
  test_support::expect_long_tile_equals_narrow_ones(AttentionPool<double>({.features = 24}),
                                                    {200, 24});  // past the caches
}

TEST(AttentionPool, WithoutStepsOutputAndGradientsAreZero) {
  for (const Index lanes : {1, 3}) {
    for (const Index steps : {0, 2}) {
      const std::vector<std::int32_t> none(static_cast<std::size_t>(lanes), 0);
      AttentionPool<double> layer({.features = 5});
      const Numbers x({steps, 5}, lanes, 1), dy({1, 5}, lanes, 2);
      Numbers y = dy, dx = x;
      AttentionPool<double>::Cache cache;
      heed::Scratch scratch;
      AttentionPool<double> gradient = layer;
      set_zero(gradient);
      layer.forward(x.view(none), y.tile(), cache, heed::Pass{scratch});
      layer.backward(x.view(none), y.view(), dy.view(), into(dx.tile()), cache, gradient, heed::Pass{scratch});
      for (const Values& all : {y.values, dx.values, test_support::numbers(gradient)}) {
        EXPECT_EQ(all, Values(all.size(), 0.0));
      }
    }
  }
}

TEST(AttentionPool, HasTheNamesOfTheSeedsModule) {
  EXPECT_EQ(test_support::parameter_names(AttentionPool<float>({.features = 5})), "attention.weight attention.bias ");
}

TEST(AttentionPool, StartsAsALinear) {
  AttentionPool<double> layer({.features = 5});
  heed::Dense<double> linear({.in_features = 5, .out_features = 1});
  layer.initialize(heed::Key{9});
  linear.initialize(heed::Key{9});
  EXPECT_EQ(test_support::numbers(layer), test_support::numbers(linear));
}

TEST(AttentionPool, RejectsSizesThatDoNotFit) {
  const AttentionPool<float> layer({.features = 5});
  EXPECT_EQ(layer.output_shape({7, 5}), (heed::Shape{1, 5}));
  EXPECT_EQ(error_of([&] { layer.output_shape({7, 4}); }),
            "AttentionPool: wrong number of features (expected 5, got 4)");
  EXPECT_EQ(error_of([] { AttentionPool<float>({.features = 0}); }),
            "AttentionPool: features must be positive (expected at least 1, got 0)");
}

TEST(AttentionPool, StreamsTheStepsSoFar) {
  heed::AttentionPool<double> pool({.features = 4});
  for (const double size : {1.0, 20.0, 5000.0}) {  // the largest score changes; e^score is too large for a number
    for (double& w : pool.attention.weight) w *= size;
    test_support::expect_streams(pool, {7, 4}, false);
  }
  test_support::expect_streams(heed::AttentionPool<double>({.features = 19}), {7, 19}, false);  // more than a packet
}

TEST(AttentionPool, AScoreThatIsNoNumberIsNotHiddenByAStream) {
  AttentionPool<float> pool({.features = 2});
  std::fill(pool.attention.weight.begin(), pool.attention.weight.end(), 2.0F);
  for (const float large : {3e38F, -3e38F}) {  // the score is infinite
    const std::vector<float> x{1, 0.5F, large, large, 0.25F, 1};
    heed::Stream<AttentionPool<float>> stream(pool, {.features = 2});
    for (Index t = 0; t < 3; ++t) {
      const std::span<const float> y = stream.step(&x[static_cast<std::size_t>(2 * t)], 2);
      const auto whole = test_support::last_of_pass(pool, heed::Tile<const float>(x.data(), {t + 1, 2}, 1));
      EXPECT_EQ(std::isfinite(y[0]), std::isfinite(whole[0])) << large << ", step " << t;
    }
  }
}

}  // namespace attention_pool_test
