#include "heed/layers/multi_head_attention.hpp"

#include <gtest/gtest.h>

#include "../support/attention_case.hpp"
#include "../support/keras.hpp"
#include "../support/layer_case.hpp"
#include "../support/task.hpp"

namespace {

using heed::MultiHeadAttention;
using test_support::equals;
using test_support::error_of;
using test_support::Reference;

template <heed::Index heads>
struct MakeHeads {
  template <class S>
  auto operator()() const {
    return MultiHeadAttention<S>({.embed_dim = 6, .num_heads = heads});
  }
};

TEST(MultiHeadAttention, FulfilsTheLayerContractToItself) {
  for (const auto& report :
       {heed::testing::check_layer(MakeHeads<2>(), {4, 6}), heed::testing::check_layer(MakeHeads<3>(), {3, 6})}) {
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(MultiHeadAttention, FulfilsTheLayerContractWithAMemory) {
  const auto report = test_support::check_cross(MakeHeads<2>(), 2, {3, 6});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(MultiHeadAttention, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("multihead")) {
    const Reference file(name);
    const MultiHeadAttention<double> layer({.embed_dim = 6, .num_heads = file.index("heads")});
    if (file.has("input.x")) {
      test_support::expect_equals_reference(name, layer);
    } else {
      test_support::expect_equals_cross(name, layer);
    }
  }
}

TEST(MultiHeadAttention, EqualsKeras) {
  for (const auto& name : test_support::reference_names("keras", "multihead")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    MultiHeadAttention<double> layer({.embed_dim = 8, .num_heads = file.index("num_heads")});
    set_weights(layer, test_support::keras_multihead(file.arrays("weight.")));
    const auto gradients = test_support::keras_multihead(file.arrays("dweight."));
    if (file.has("input.x")) {
      for (const heed::Index width : {4, 1}) {
        const auto result = test_support::run_layer(file, layer, width);
        EXPECT_TRUE(equals(result.y, file.values("output.y")));
        EXPECT_TRUE(equals(result.dx, file.values("dinput.x")));
        EXPECT_TRUE(equals(result.attention, file.values("output.attention")));
        expect_parameters(result.gradient, gradients);
      }
    } else {
      test_support::expect_equals_cross(file, layer, gradients);
    }
  }
}

TEST(MultiHeadAttention, WeightsAreDistributionsOverTheValidKeys) {
  MultiHeadAttention<double> layer({.embed_dim = 6, .num_heads = 3});
  layer.in_proj_bias.fill(0.3);
  layer.out_proj.bias.fill(0.7);  // which is not seen where there is no memory
  test_support::expect_sound_weights(layer, 6, 3);
}

TEST(MultiHeadAttention, KeepsTheWeightsOfLongSequencesWhereToldSo) {
  using Layer = MultiHeadAttention<float>;
  using Run = heed::testing::LayerRun<Layer>;
  const Layer layer({.embed_dim = 4, .num_heads = 2});
  Run told(layer, {96, 4}, 64, heed::testing::ragged_lengths(64, 96, 1)), untold = told;
  Layer::keep_weights(told.cache);
  for (Run* run : {&told, &untold}) {
    run->randomize(heed::Key{3});
    run->forward();
    run->backward();
  }
  EXPECT_EQ(told.y, untold.y);
  EXPECT_EQ(told.dx, untold.dx);
  EXPECT_EQ(test_support::flat(told.gradient), test_support::flat(untold.gradient));
  EXPECT_EQ(Layer::weights(told.cache).shape(), (heed::Shape{2 * 96, 96}));
  EXPECT_EQ(error_of([&] { Layer::weights(untold.cache); }),
            "attention weights: attention weights of long sequences are kept only where they are asked for before the "
            "forward pass (expected keep_weights, got no call of it)");
}

TEST(MultiHeadAttention, AMemoryWithoutStepsGivesZeros) {
  MultiHeadAttention<double> layer({.embed_dim = 4, .num_heads = 2});
  layer.out_proj.bias.fill(0.7);
  for (const heed::Index lanes : {1, 3}) {
    const test_support::Numbers q({2, 4}, lanes, 1), m({0, 4}, lanes, 2);
    test_support::Numbers y({2, 4}, lanes, 3), dq = q;
    MultiHeadAttention<double>::Cache cache;
    heed::Scratch scratch;
    layer.forward(q.view(), m.view(), y.tile(), cache, heed::Pass{scratch});
    EXPECT_EQ(y.values, test_support::Values(y.values.size(), 0.0));
    MultiHeadAttention<double> gradient = layer;
    set_zero(gradient);
    layer.backward(q.view(), m.view(), y.view(), q.view(), into(dq.tile()), {}, cache, gradient, heed::Pass{scratch});
    EXPECT_EQ(dq.values, test_support::Values(dq.values.size(), 0.0));
    EXPECT_EQ(test_support::numbers(gradient), test_support::Values(test_support::numbers(gradient).size(), 0.0));
  }
}

TEST(MultiHeadAttention, HasPyTorchsNames) {
  EXPECT_EQ(test_support::parameter_names(MultiHeadAttention<float>({4, 2})),
            "in_proj_weight in_proj_bias out_proj.weight out_proj.bias ");
}

TEST(MultiHeadAttention, StartsAsPyTorchDoes) {
  MultiHeadAttention<double> layer({.embed_dim = 24, .num_heads = 2});
  layer.initialize(heed::Key{2});
  const double packed = std::sqrt(6.0 / (4 * 24)), linear = 1 / std::sqrt(24.0);
  const auto expect_within = [](const auto& values, double bound) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    EXPECT_GE(*low, -bound);
    EXPECT_LT(*low, -0.98 * bound);
    EXPECT_LE(*high, bound);
    EXPECT_GT(*high, 0.98 * bound);
  };
  expect_within(layer.in_proj_weight, packed);
  expect_within(layer.out_proj.weight, linear);
  for (const double b : layer.in_proj_bias) EXPECT_EQ(b, 0);
  for (const double b : layer.out_proj.bias) EXPECT_EQ(b, 0);
}

TEST(MultiHeadAttention, RejectsSizesThatDoNotFit) {
  const MultiHeadAttention<float> layer({.embed_dim = 6, .num_heads = 2});
  EXPECT_EQ(layer.output_shape({5, 6}, {4, 6}), (heed::Shape{5, 6}));
  EXPECT_EQ(error_of([&] {
              layer.output_shape({5, 5});
            }),
            "MultiHeadAttention: wrong number of features (expected 6, got 5 and 5)");
  EXPECT_EQ(error_of([&] {
              layer.output_shape({5, 6}, {4, 7});
            }),
            "MultiHeadAttention: wrong number of features (expected 6, got 6 and 7)");
  for (const heed::Index heads : {4, 0, -2}) {
    EXPECT_EQ(error_of([&] { MultiHeadAttention<float>({.embed_dim = 6, .num_heads = heads}); }),
              "MultiHeadAttention: the number of heads must divide the number of features (got " +
                  std::to_string(heads) + " heads for 6 features)");
  }
  EXPECT_NE(error_of([] { MultiHeadAttention<float>({.embed_dim = 0, .num_heads = 1}); }), "no error");
}

}  // namespace
