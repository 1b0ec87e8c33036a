#include "heed/layers/multi_head_pool.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/error_of.hpp"
#include "../support/long_tile.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace multi_head_pool_test {

using heed::MultiHeadPool;
using heed::Pooling;
using test_support::error_of;

TEST(MultiHeadPool, FulfilsTheLayerContract) {
  for (const Pooling pooling : {Pooling::last, Pooling::mean}) {
    for (const bool both_ends : {false, true}) {
      const auto report = heed::testing::check_layer(
          [&]<class S>() {
            return MultiHeadPool<S>({.features = 6, .heads = 3, .pooling = pooling, .both_ends = both_ends});
          },
          {5, 6}, {.zero_when_empty = false});
      EXPECT_TRUE(report.ok()) << to_text(pooling) << (both_ends ? ", both ends" : "") << '\n' << report.text();
    }
  }
}

TEST(MultiHeadPool, LongTilesGiveWhatTheirSequencesGiveInSmallOnes) {
  for (const bool both_ends : {false, true}) {
    test_support::expect_long_tile_equals_narrow_ones(
        MultiHeadPool<double>({.features = 24, .heads = 3, .both_ends = both_ends}), {100, 24}, both_ends);
  }
}

TEST(MultiHeadPool, IsTheLastStepOfTheLayerThatItIsMadeOf) {
  const MultiHeadPool<double> pool({.features = 4, .heads = 2});
  heed::testing::LayerRun<MultiHeadPool<double>> run(pool, {5, 4}, 2, {5, 3});
  run.randomize(heed::Key{7});
  run.forward();
  heed::testing::LayerRun<heed::MultiHeadAttention<double>> inner(run.layer.attention, {5, 4}, 2, {5, 3});
  inner.x = run.x;
  inner.forward();
  for (heed::Index lane = 0; lane < 2; ++lane) {
    for (heed::Index f = 0; f < 4; ++f) {
      const heed::Index last = lane == 0 ? 4 : 2;
      EXPECT_NEAR(run.y[static_cast<std::size_t>(f * 2 + lane)],
                  inner.y[static_cast<std::size_t>((last * 4 + f) * 2 + lane)], 1e-14);
    }
  }
}

TEST(MultiHeadPool, Streams) { test_support::expect_streams(MultiHeadPool<double>({.features = 4}), {7, 4}, true); }

TEST(MultiHeadPool, RejectsWhatDoesNotFit) {
  EXPECT_NE(error_of([] { MultiHeadPool<float>({.features = 3, .heads = 2}); }), "no error");
  EXPECT_NE(error_of([] { MultiHeadPool<float>({.features = 4}).output_shape({3, 5}); }), "no error");
  const MultiHeadPool<float> mean({.features = 4, .pooling = Pooling::mean});
  MultiHeadPool<float>::Cache cache;
  EXPECT_EQ(error_of([&] { mean.weights(cache); }),
            "MultiHeadPool: keep_weights must be called before the forward pass");
  EXPECT_EQ(error_of([&] { mean.prepare_stream({5, 4}, cache); }),
            "MultiHeadPool: the mean of multi-head attention changes at all steps with each new one (expected pooling "
            "last in a stream, got mean)");
}

}  // namespace multi_head_pool_test
