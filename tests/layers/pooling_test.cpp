#include "heed/layers/pooling.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../support/error_of.hpp"
#include "../support/layer_case.hpp"
#include "../support/long_tile.hpp"
#include "../support/numbers.hpp"
#include "../support/stream_case.hpp"
#include "heed/layers/gru.hpp"
#include "heed/testing/check_layer.hpp"

namespace pooling_test {

using heed::Index;
using heed::LastPool;
using heed::MaxPool;
using heed::MeanPool;
using test_support::Numbers;
using test_support::Reference;
using test_support::Values;

TEST(LastPool, FulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer([]<class S>() { return LastPool<S>(); }, {4, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}
TEST(LastPool, OfBothEndsFulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer([]<class S>() { return LastPool<S>({.both_ends = true}); }, {4, 6});
  EXPECT_TRUE(report.ok()) << report.text();
}
TEST(LastPool, OfBothEndsIsTheFinalStatesOfBothDirections) {
  const Numbers x({5, 3}, 4, 1);
  for (const std::vector<std::int32_t>& lengths : {std::vector<std::int32_t>(), {5, 2, 0, 1}}) {
    heed::Gru<double> gru({.input_size = 3, .hidden_size = 2, .bidirectional = true});
    gru.initialize(heed::Key{3});
    Numbers states({5, 4}, 4, 2), h({2, 2}, 4, 3), y({1, 4}, 4, 4);
    heed::Gru<double>::Cache cache;
    LastPool<double>::Cache none;
    heed::Scratch scratch;
    gru.forward(x.view(lengths), states.tile(), cache, heed::Pass{scratch}, {}, {h.tile(), {}});
    LastPool<double>({.both_ends = true}).forward(states.view(lengths), y.tile(), none, heed::Pass{scratch});
    EXPECT_EQ(y.values, h.values);
  }
}
TEST(LastPool, OfBothEndsNeedsHalvesAndTheEnd) {
  const LastPool<double> pool({.both_ends = true});
  LastPool<double>::Cache cache;
  EXPECT_EQ(test_support::error_of([&] { pool.output_shape({4, 3}); }),
            "LastPool of both ends: the features have no halves (expected an even number, got 3)");
  EXPECT_NE(test_support::error_of([&] { pool.prepare_stream({4, 4}, cache); }).find("no next step"),
            std::string::npos);
}
TEST(MeanPool, FulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer([]<class S>() { return MeanPool<S>(); }, {4, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}
TEST(MaxPool, FulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer([]<class S>() { return MaxPool<S>(); }, {4, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Pooling, LongTilesGiveWhatTheirSequencesGiveInSmallOnes) {
  test_support::expect_long_tile_equals_narrow_ones(MeanPool<double>(), {200, 24});
  test_support::expect_long_tile_equals_narrow_ones(MaxPool<double>(), {100, 24});
}

TEST(LastPool, EqualsPyTorch) {
  test_support::expect_equals_reference("pooling/last", LastPool<double>());
  test_support::expect_equals_reference("pooling/last_ragged", LastPool<double>());
}
TEST(MeanPool, EqualsPyTorchAndKeras) {
  test_support::expect_equals_reference("pooling/mean", MeanPool<double>());
  test_support::expect_equals_reference("pooling/mean_ragged", MeanPool<double>());
  test_support::expect_equals_reference("keras/average_pooling_ragged", MeanPool<double>());
}
TEST(MaxPool, EqualsPyTorch) {
  test_support::expect_equals_reference("pooling/max", MaxPool<double>());
  test_support::expect_equals_reference("pooling/max_ragged", MaxPool<double>());
}

TEST(MaxPool, TheGradientGoesToTheFirstOfEquals) {
  const Values x{1, 3, 3, 2};  // steps of one feature of one lane
  Values y(1), dx(4);
  const Values dy{5};
  MaxPool<double> layer, gradient;
  MaxPool<double>::Cache cache;
  heed::Scratch scratch;
  const heed::Tile<const double> in(x.data(), {4, 1}, 1);
  layer.forward(in, heed::Tile<double>(y.data(), {1, 1}, 1), cache, heed::Pass{scratch});
  EXPECT_EQ(y, Values{3});
  layer.backward(in, {}, heed::Tile<const double>(dy.data(), {1, 1}, 1), into(heed::Tile<double>(dx.data(), {4, 1}, 1)),
                 cache, gradient, heed::Pass{scratch});
  EXPECT_EQ(dx, (Values{0, 5, 0, 0}));
}

TEST(MaxPool, MayBeNegative) {
  const Values x{-3, -1, -2};
  Values y(1);
  MaxPool<double>::Cache cache;
  heed::Scratch scratch;
  MaxPool<double>().forward(heed::Tile<const double>(x.data(), {3, 1}, 1), heed::Tile<double>(y.data(), {1, 1}, 1),
                            cache, heed::Pass{scratch});
  EXPECT_EQ(y, Values{-1});
}

template <class Pool>
class PoolingOfNothing : public testing::Test {};
using Pools = testing::Types<LastPool<double>, MeanPool<double>, MaxPool<double>>;
TYPED_TEST_SUITE(PoolingOfNothing, Pools);

TYPED_TEST(PoolingOfNothing, IsZero) {
  for (const Index lanes : {1, 3}) {
    for (const Index steps : {0, 2}) {
      const std::vector<std::int32_t> none(static_cast<std::size_t>(lanes), 0);
      const Numbers x({steps, 2}, lanes, 1), dy({1, 2}, lanes, 2);
      Numbers y = dy, dx = x;
      TypeParam layer, gradient;
      typename TypeParam::Cache cache;
      heed::Scratch scratch;
      layer.forward(x.view(none), y.tile(), cache, heed::Pass{scratch});
      layer.backward(x.view(none), y.view(), dy.view(), into(dx.tile()), cache, gradient, heed::Pass{scratch});
      EXPECT_EQ(y.values, Values(y.values.size(), 0.0));
      EXPECT_EQ(dx.values, Values(dx.values.size(), 0.0));
    }
  }
}

TYPED_TEST(PoolingOfNothing, HasOneStepOfAllFeatures) {
  EXPECT_EQ(TypeParam().output_shape({7, 3}), (heed::Shape{1, 3}));
}

TEST(Pooling, StreamsTheStepsSoFar) {
  test_support::expect_streams(heed::LastPool<double>(), {7, 4}, false, 0);
  test_support::expect_streams(heed::MaxPool<double>(), {7, 4}, false, 0);
  test_support::expect_streams(heed::MeanPool<double>(), {7, 4}, false);
}

TEST(MaxPool, DoesNotSwallowNaN) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const heed::Index at : {0, 1, 2}) {
    std::vector<float> x{1, 5, 2}, y(1);
    x[static_cast<std::size_t>(at)] = nan;
    heed::MaxPool<float> pool;
    heed::MaxPool<float>::Cache cache;
    heed::Scratch scratch;
    pool.forward(heed::Tile<const float>(x.data(), {3, 1}, 1), heed::Tile<float>(y.data(), {1, 1}, 1), cache,
                 heed::Pass{scratch});
    EXPECT_TRUE(std::isnan(y[0])) << at;
  }
}

}  // namespace pooling_test
