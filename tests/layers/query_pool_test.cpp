#include "heed/layers/query_pool.hpp"

#include <gtest/gtest.h>

#include "../support/layer_case.hpp"
#include "../support/long_tile.hpp"
#include "../support/numbers.hpp"
#include "../support/stream_case.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/general_attention.hpp"
#include "heed/testing/check_layer.hpp"

// The pools of all scores: attention_by_test.cpp.

namespace query_pool_test {

using heed::AdditiveAttention;
using heed::GeneralAttention;
using heed::Index;
using heed::QueryPool;
using test_support::error_of;
using test_support::Numbers;
using test_support::Values;

TEST(QueryPool, EqualsPyTorch) {
  const QueryPool<GeneralAttention<double>> general({.query_size = 4, .memory_size = 3});
  test_support::expect_equals_reference("attention_scores/general_pool", general);
  test_support::expect_equals_reference("attention_scores/general_pool_ragged", general);
  const QueryPool<AdditiveAttention<double>> additive({.query_size = 4, .memory_size = 3, .attention_size = 5});
  test_support::expect_equals_reference("attention_scores/additive_pool_ragged", additive);
}

TEST(QueryPool, FulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer(
      []<class S>() { return QueryPool<GeneralAttention<S>>({.query_size = 3, .memory_size = 4}); }, {4, 4});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(QueryPool, HasAQueryAndAnAttention) {
  EXPECT_EQ(test_support::parameter_names(QueryPool<AdditiveAttention<float>>({2, 3})),
            "query attention.attn.weight attention.attn.bias attention.v ");
  const QueryPool<GeneralAttention<float>> pool({.query_size = 4, .memory_size = 3});
  EXPECT_EQ(pool.query.size(), 4);
  EXPECT_EQ(pool.output_shape({7, 3}), (heed::Shape{1, 3}));
  EXPECT_NE(error_of([&] { pool.output_shape({7, 4}); }), "no error");
}

TEST(QueryPool, StartsItsQueryAsALinear) {
  QueryPool<GeneralAttention<double>> pool({.query_size = 100, .memory_size = 3});
  pool.initialize(heed::Key{3});
  const auto [low, high] = std::minmax_element(pool.query.begin(), pool.query.end());
  EXPECT_GE(*low, -0.1);
  EXPECT_LT(*low, -0.09);
  EXPECT_GT(*high, 0.09);
  EXPECT_NE(pool.query(0), pool.attention.query.weight(0, 0));
}

TEST(QueryPool, LongTilesGiveWhatTheirSequencesGiveInSmallOnes) {
  using heed::DotAttention;
  const heed::Shape shape{100, 24};
  test_support::expect_long_tile_equals_narrow_ones(
      QueryPool<AdditiveAttention<double>>({.query_size = 5, .memory_size = 24, .attention_size = 7}), shape);
  test_support::expect_long_tile_equals_narrow_ones(
      QueryPool<GeneralAttention<double>>({.query_size = 5, .memory_size = 24}), shape);
  test_support::expect_long_tile_equals_narrow_ones(
      QueryPool<DotAttention<double>>({.query_size = 5, .memory_size = 24, .output_size = 6}), shape);
  test_support::expect_long_tile_equals_narrow_ones(
      QueryPool<DotAttention<float>>({.query_size = 40, .memory_size = 40, .scaled = true, .project = false}),
      {131, 40});
}

TEST(QueryPool, WithoutStepsOutputAndGradientsAreZero) {
  using Pool = QueryPool<AdditiveAttention<double>>;
  for (const Index lanes : {1, 3}) {
    for (const Index steps : {0, 2}) {
      const std::vector<std::int32_t> none(static_cast<std::size_t>(lanes), 0);
      const Pool layer({.query_size = 4, .memory_size = 5});
      const Numbers x({steps, 5}, lanes, 1), dy({1, 5}, lanes, 2);
      Numbers y = dy, dx = x;
      Pool::Cache cache;
      heed::Scratch scratch;
      Pool gradient = layer;
      set_zero(gradient);
      layer.forward(x.view(none), y.tile(), cache, heed::Pass{scratch});
      layer.backward(x.view(none), y.view(), dy.view(), into(dx.tile()), cache, gradient, heed::Pass{scratch});
      for (const Values& all : {y.values, dx.values, test_support::numbers(gradient)}) {
        EXPECT_EQ(all, Values(all.size(), 0.0));
      }
    }
  }
}

TEST(QueryPool, SeesAllSteps) {
  EXPECT_EQ(error_of([] { QueryPool<GeneralAttention<float>>({.query_size = 4, .memory_size = 3, .causal = true}); }),
            "QueryPool: a pool sees all steps: causal must be off");
}

TEST(QueryPool, StreamsTheStepsSoFar) {
  test_support::expect_streams(heed::QueryPool<heed::AdditiveAttention<double>>({.query_size = 3, .memory_size = 4}),
                               {7, 4}, true);
  test_support::expect_streams(
      heed::QueryPool<heed::DotAttention<double>>({.query_size = 3, .memory_size = 4, .output_size = 5}), {7, 4}, true);
}

}  // namespace query_pool_test
