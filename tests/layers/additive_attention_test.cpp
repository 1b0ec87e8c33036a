#include "heed/layers/additive_attention.hpp"

#include <gtest/gtest.h>

#include "../support/attention_case.hpp"

namespace additive_attention_test {

using heed::AdditiveAttention;
using test_support::error_of;
using test_support::Numbers;
using test_support::Reference;

TEST(AdditiveAttention, FulfilsTheLayerContract) {
  const auto report = test_support::check_cross(
      []<class S>() { return AdditiveAttention<S>({.query_size = 5, .memory_size = 5, .attention_size = 6}); }, 2,
      {3, 5});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(AdditiveAttention, FulfilsTheLayerContractWithOneQuery) {
  const auto report = test_support::check_cross(
      []<class S>() { return AdditiveAttention<S>({.query_size = 4, .memory_size = 4}); }, 1, {4, 4});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(AdditiveAttention, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("additive_attention")) {
    const Reference file(name);
    test_support::expect_equals_cross(name,
                                      AdditiveAttention<double>({.query_size = file.index("query_size"),
                                                                 .memory_size = file.index("memory_size"),
                                                                 .attention_size = file.index("attention_size")}));
  }
}

TEST(AdditiveAttention, WeightsAreDistributionsOverTheValidKeys) {
  test_support::expect_sound_weights(AdditiveAttention<double>({.query_size = 5, .memory_size = 5}), 5);
}

// What a decoder does: the keys once, then a query at a time, and back again.
TEST(AdditiveAttention, EqualsAQueryAtATime) {
  const std::vector<std::int32_t> lengths{4, 2, 0};
  const heed::Index lanes = 3, queries = 3;
  const AdditiveAttention<double> layer({.query_size = 3, .memory_size = 5, .attention_size = 4});
  const Numbers q({queries, 3}, lanes, 1), m({4, 5}, lanes, 2), dy({queries, 5}, lanes, 3);
  Numbers y(dy.shape, lanes, 4), dq(q.shape, lanes, 5), dm(m.shape, lanes, 6);
  Numbers y2 = y, dq2 = dq, dm2 = dm;
  const auto memory = m.view(lengths);
  AdditiveAttention<double>::Cache cache, cache2;
  AdditiveAttention<double> gradient = layer;
  heed::set_zero(gradient);
  AdditiveAttention<double> gradient2 = gradient;
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  layer.forward(q.view(), memory, y.tile(), cache, pass);
  layer.backward(q.view(), memory, y.view(), dy.view(), into(dq.tile()), into(dm.tile()), cache, gradient, pass);

  layer.prepare(queries, memory, cache2);
  for (const heed::Index t : {2, 0, 1}) {  // in any order: a query touches no other's numbers
    layer.step(t, q.view().step(t), memory, y2.tile().step(t), cache2, pass);
  }
  layer.prepare_backward(cache2);
  fill(dm2.tile(), 0.0);
  for (const heed::Index t : {1, 2, 0}) {
    layer.step_backward(t, q.view().step(t), memory, dy.view().step(t), into(dq2.tile().step(t)), onto(dm2.tile()),
                        cache2, gradient2, pass);
  }
  layer.finish_backward(q.view(), memory, onto(dm2.tile()), cache2, gradient2);

  EXPECT_EQ(y2.values, y.values);
  EXPECT_EQ(dq2.values, dq.values);
  EXPECT_TRUE(test_support::equals(dm2.values, dm.values));
  EXPECT_TRUE(test_support::equals(test_support::numbers(gradient2), test_support::numbers(gradient)));
}

TEST(AdditiveAttention, HasTheNamesOfTheSeedsModule) {
  EXPECT_EQ(test_support::parameter_names(AdditiveAttention<float>({2, 3})), "attn.weight attn.bias v ");
}

TEST(AdditiveAttention, HasAsManyRowsAsTheMemoryUnlessToldOtherwise) {
  const AdditiveAttention<float> layer({.query_size = 2, .memory_size = 3});
  EXPECT_EQ(heed::to_text(layer.attn.weight.extents()), "(3, 5)");
  EXPECT_EQ(layer.v.size(), 3);
  const AdditiveAttention<float> sized({.query_size = 2, .memory_size = 3, .attention_size = 7});
  EXPECT_EQ(heed::to_text(sized.attn.weight.extents()), "(7, 5)");
  EXPECT_EQ(sized.v.size(), 7);
}

TEST(AdditiveAttention, StartsWithAScoreVectorBetweenZeroAndOne) {
  AdditiveAttention<double> layer({.query_size = 2, .memory_size = 2, .attention_size = 300});
  layer.initialize(heed::Key{4});
  EXPECT_GE(*std::min_element(layer.v.begin(), layer.v.end()), 0);
  EXPECT_LT(*std::min_element(layer.v.begin(), layer.v.end()), 0.05);
  EXPECT_GT(*std::max_element(layer.v.begin(), layer.v.end()), 0.95);
  EXPECT_LT(*std::max_element(layer.v.begin(), layer.v.end()), 1);
  const auto [low, high] = std::minmax_element(layer.attn.weight.begin(), layer.attn.weight.end());
  EXPECT_GE(*low, -0.5);
  EXPECT_LT(*low, -0.49);
  EXPECT_GT(*high, 0.49);
}

TEST(AdditiveAttention, RejectsSizesThatDoNotFit) {
  const AdditiveAttention<float> layer({.query_size = 2, .memory_size = 3});
  EXPECT_EQ(layer.output_shape({5, 2}, {6, 3}), (heed::Shape{5, 3}));
  EXPECT_EQ(error_of([&] { layer.output_shape({5, 3}, {6, 2}); }),
            "AdditiveAttention: wrong number of features (expected (2, 3), got (3, 2))");
  EXPECT_EQ(error_of([&] { layer.output_shape({5, 2}, {6, 2}); }),
            "AdditiveAttention: wrong number of features (expected (2, 3), got (2, 2))");
  EXPECT_EQ(error_of([] { AdditiveAttention<float>({.query_size = 0, .memory_size = 3}); }),
            "AdditiveAttention: query_size must be positive (expected at least 1, got 0)");
  EXPECT_NE(error_of([] { AdditiveAttention<float>({.query_size = 5, .memory_size = -2}); }), "no error");
}

}  // namespace additive_attention_test
