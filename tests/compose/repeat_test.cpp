#include "heed/compose/repeat.hpp"

#include <gtest/gtest.h>

#include "../support/attention_case.hpp"
#include "../support/layer_case.hpp"
#include "../support/transformer_case.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"
#include "heed/testing/check_layer.hpp"

namespace repeat_test {

using heed::Dense;
using heed::Index;
using heed::LayerNorm;
using heed::NormPlacement;
using heed::Repeat;
using heed::TransformerDecoderBlock;
using heed::TransformerEncoderBlock;
using test_support::error_of;
using test_support::Reference;

template <class S>
using Encoder = Repeat<TransformerEncoderBlock<S>, LayerNorm<S>>;
template <class S>
using Decoder = Repeat<TransformerDecoderBlock<S>, LayerNorm<S>>;
template <class S>
typename TransformerEncoderBlock<S>::Options small_block() {
  return {.d_model = 4,
          .num_heads = 2,
          .dim_feedforward = 3,
          .dropout = 0.2,
          .activation = heed::FeedForwardActivation::gelu,
          .norm = NormPlacement::pre,
          .layer_norm_eps = 0.1};  // where variances are small, differences are too coarse for the gradient
}

TEST(Repeat, FulfilsTheLayerContract) {
  for (const Index count : {1, 3}) {
    const auto report = heed::testing::check_layer(
        [&]<class S>() { return Repeat<Dense<S>>(count, {.in_features = 4, .out_features = 4}); }, {3, 4});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(Repeat, FulfilsTheLayerContractWithANorm) {
  for (const Index count : {1, 2}) {
    const auto make = [&]<class S>() {
      return Repeat<Dense<S>, LayerNorm<S>>(count, {.in_features = 4, .out_features = 4}, LayerNorm<S>({4}));
    };
    const auto report = heed::testing::check_layer(make, {3, 4});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(Repeat, FulfilsTheLayerContractAsAnEncoder) {
  const auto make = []<class S>() {
    return Encoder<S>(2, small_block<S>(), LayerNorm<S>({.features = 4, .eps = 0.1}));
  };
  const auto report = heed::testing::check_layer(make, {3, 4}, {.lanes = 17, .training = true});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Repeat, FulfilsTheLayerContractAsADecoder) {
  const auto make = []<class S>() {
    return Decoder<S>(2, {.d_model = 4,
                          .num_heads = 2,
                          .dim_feedforward = 3,
                          .dropout = 0,
                          .activation = heed::FeedForwardActivation::gelu});
  };
  const auto report = test_support::check_cross(make, 2, {3, 4});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Repeat, EqualsPyTorchsEncoder) {
  for (const auto& name : test_support::reference_names("encoder")) {
    const Reference file(name);
    Encoder<double> model(2, test_support::encoder_options(file));
    if (file.flag("last")) model.norm = LayerNorm<double>({6});
    test_support::expect_equals_reference(name, model);
  }
}

TEST(Repeat, EqualsPyTorchsDecoder) {
  for (const auto& name : test_support::reference_names("decoder")) {
    const Reference file(name);
    Decoder<double> model(2, test_support::decoder_options(file));
    if (file.flag("last")) model.norm = LayerNorm<double>({6});
    test_support::expect_equals_cross(name, model);
  }
}

TEST(Repeat, EveryLayerDropsOtherNumbers) {
  using Stack = Repeat<heed::Dropout<double>>;
  heed::testing::LayerRun<Stack> run(Stack(2, {.rate = 0.5}), {50, 20}, 4);
  std::fill(run.x.begin(), run.x.end(), 1.0);
  run.training = true;
  run.forward();
  const auto kept = std::count(run.y.begin(), run.y.end(), 4.0);
  EXPECT_NEAR(static_cast<double>(kept) / 4000, 0.25, 0.03);
}

TEST(Repeat, NamesAndInitializesItsLayers) {
  Repeat<Dense<double>, LayerNorm<double>> model(2, {.in_features = 2, .out_features = 2}, LayerNorm<double>({2}));
  EXPECT_EQ(test_support::parameter_names(model),
            "layers.0.weight layers.0.bias layers.1.weight layers.1.bias norm.weight norm.bias ");
  EXPECT_NE(model.layers[0].weight(0, 0), model.layers[1].weight(0, 0)) << "from the start";
  model.initialize(heed::Key{3});
  EXPECT_NE(model.layers[0].weight(0, 0), model.layers[1].weight(0, 0));
  EXPECT_EQ(model.size(), 2);
}

TEST(Repeat, RejectsWhatDoesNotFit) {
  using Stack = Repeat<Dense<float>, LayerNorm<float>>;
  const Dense<float> square({.in_features = 3, .out_features = 3}), wide({.in_features = 3, .out_features = 4});
  EXPECT_EQ(error_of([] { Stack(0, {.in_features = 3, .out_features = 3}); }),
            "Repeat: a stack of no layers (expected at least one, got none)");
  EXPECT_EQ(error_of([&] { Stack({square, wide}).output_shape({5, 3}); }),
            "layer 1: Repeat: the layers must keep the shape (expected (5, 3), got (5, 4))");
  EXPECT_EQ(error_of([&] { Stack({square}, LayerNorm<float>({4})).output_shape({5, 3}); }),
            "norm: LayerNorm: wrong number of features (expected 4, got 3)");
  Stack one({square}), two({square, square}), with_norm({square}, LayerNorm<float>({3}));
  EXPECT_EQ(error_of([&] { for_each_parameter([](const heed::Path&, auto&, auto&) {}, one, two); }),
            "Repeat: stacks of different sizes side by side (expected 1, got 2)");
  EXPECT_EQ(error_of([&] { for_each_parameter([](const heed::Path&, auto&, auto&) {}, one, with_norm); }),
            "Repeat: stacks of different sizes side by side (expected 1, got 1 and a norm)");
}

}  // namespace repeat_test
