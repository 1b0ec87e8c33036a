#include "heed/layers/dot_attention.hpp"

#include <gtest/gtest.h>

#include "../support/attention_case.hpp"
#include "../support/layer_case.hpp"

namespace dot_attention_test {

using heed::DotAttention;
using test_support::error_of;
using test_support::Reference;

template <bool scaled>
struct MakeDot {
  template <class S>
  auto operator()() const {
    return DotAttention<S>({.query_size = 5, .memory_size = 5, .output_size = 6, .scaled = scaled});
  }
};

TEST(DotAttention, FulfilsTheLayerContractToItself) {
  for (const auto& report :
       {heed::testing::check_layer(MakeDot<false>(), {4, 5}), heed::testing::check_layer(MakeDot<true>(), {3, 5})}) {
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(DotAttention, FulfilsTheLayerContractWithAMemory) {
  const auto report = test_support::check_cross(MakeDot<true>(), 2, {4, 5});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(DotAttention, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("dot_attention")) {
    const Reference file(name);
    const bool self = file.has("input.x");
    const heed::Index output = file.extent("weight.query.weight", 0);
    const DotAttention<double> layer({.query_size = file.extent("weight.query.weight", 1),
                                      .memory_size = file.extent("weight.key.weight", 1),
                                      .output_size = output,
                                      .scaled = file.flag("scaled")});
    if (self) {
      test_support::expect_equals_reference(name, layer);
    } else {
      test_support::expect_equals_cross(name, layer);
    }
  }
}

TEST(DotAttention, WeightsAreDistributionsOverTheValidKeys) {
  test_support::expect_sound_weights(DotAttention<double>({5, 5, 3, true}), 5);
}

TEST(DotAttention, HasTheNamesOfThreeLinears) {
  EXPECT_EQ(test_support::parameter_names(DotAttention<float>({2, 3, 4})),
            "query.weight query.bias key.weight key.bias value.weight value.bias ");
}

TEST(DotAttention, StartsItsProjectionsDifferently) {
  DotAttention<double> layer({4, 4, 4});
  const auto before = test_support::numbers(layer);
  layer.initialize(heed::Key{5});
  EXPECT_NE(test_support::numbers(layer), before);
  EXPECT_NE(layer.query.weight(0, 0), layer.key.weight(0, 0));
  EXPECT_NE(layer.query.weight(0, 0), layer.value.weight(0, 0));
  EXPECT_NE(layer.key.weight(0, 0), layer.value.weight(0, 0));
}

TEST(DotAttention, RejectsSizesThatDoNotFit) {
  const DotAttention<float> layer({2, 3, 4});
  EXPECT_EQ(layer.output_shape({5, 2}, {6, 3}), (heed::Shape{5, 4}));
  EXPECT_EQ(error_of([&] { layer.output_shape({5, 3}, {6, 3}); }),
            "DotAttention: wrong number of features (expected (2, 3), got (3, 3))");
  EXPECT_EQ(error_of([&] { layer.output_shape({5, 2}, {6, 2}); }),
            "DotAttention: wrong number of features (expected (2, 3), got (2, 2))");
  EXPECT_NE(error_of([&] { layer.output_shape({5, 2}); }), "no error");
  for (const DotAttention<float>::Options o :
       {DotAttention<float>::Options{0, 3, 4}, {2, 0, 4}, {2, 3, 0}, {2, 3, -4}}) {
    EXPECT_NE(error_of([&] { DotAttention<float>{o}; }).find("must be positive"), std::string::npos);
  }
}

}  // namespace dot_attention_test
