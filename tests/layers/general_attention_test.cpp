#include "heed/layers/general_attention.hpp"

#include <gtest/gtest.h>

#include "../support/attention_case.hpp"
#include "../support/layer_case.hpp"

// Masks, steps and pools: attention_by_test.cpp, for all scores.

namespace general_attention_test {

using heed::GeneralAttention;
using test_support::error_of;

TEST(GeneralAttention, EqualsPyTorch) {
  for (const bool causal : {false, true}) {
    test_support::expect_equals_reference(
        causal ? "attention_scores/general_self_causal_ragged" : "attention_scores/general_self",
        GeneralAttention<double>({.query_size = 3, .memory_size = 3, .causal = causal}));
  }
  test_support::expect_equals_cross("attention_scores/general_cross_both_ragged",
                                    GeneralAttention<double>({.query_size = 4, .memory_size = 3}));
}

TEST(GeneralAttention, IsALinearOfTheQueryWithoutABias) {
  EXPECT_EQ(test_support::parameter_names(GeneralAttention<float>({2, 3})), "attn.weight ");
  const GeneralAttention<double> layer({.query_size = 2, .memory_size = 3});
  EXPECT_EQ(heed::to_text(layer.query.weight.extents()), "(3, 2)");
  EXPECT_EQ(layer.output_shape({5, 2}, {6, 3}), (heed::Shape{5, 3}));
}

TEST(GeneralAttention, StartsAsALinear) {
  GeneralAttention<double> layer({.query_size = 4, .memory_size = 3});
  heed::Dense<double> linear({.in_features = 4, .out_features = 3, .bias = false});
  layer.initialize(heed::Key{9});
  linear.initialize(heed::Key{9});
  EXPECT_EQ(test_support::numbers(layer), test_support::numbers(linear));
}

TEST(GeneralAttention, RejectsSizesThatDoNotFit) {
  EXPECT_NE(error_of([] { GeneralAttention<float>({0, 3}); }).find("must be positive"), std::string::npos);
  EXPECT_NE(error_of([] { GeneralAttention<float>({3, 0}); }).find("must be positive"), std::string::npos);
  const GeneralAttention<double> layer({.query_size = 2, .memory_size = 3});
  EXPECT_NE(error_of([&] { layer.output_shape({5, 2}); }), "no error");
}

}  // namespace general_attention_test
