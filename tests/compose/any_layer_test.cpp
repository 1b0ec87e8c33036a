#include "heed/compose/any_layer.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/testing/check_layer.hpp"

namespace any_layer_test {

using heed::Index;
using test_support::error_of;

/// One of each kind, for an input of 4 features and 5 steps, with options other than the default where it has some.
template <class S>
std::vector<heed::AnyLayer<S>> one_of_each() {
  using namespace heed;
  return {
      Dense<S>({.in_features = 4, .out_features = 3, .bias = false}),
      Lstm<S>({.input_size = 4, .hidden_size = 3, .num_layers = 2, .bidirectional = true, .dropout = 0.25}),
      Gru<S>({.input_size = 4, .hidden_size = 3, .reset_after = false}),
      Rnn<S>({.input_size = 4, .hidden_size = 3, .nonlinearity = Nonlinearity::relu}),
      Conv1d<S>({.in_channels = 4,
                 .out_channels = 6,
                 .kernel_size = 3,
                 .dilation = 2,
                 .groups = 2,
                 .padding = ConvPadding::causal}),
      Conv1d<S>({.in_channels = 4,
                 .out_channels = 2,
                 .kernel_size = 2,
                 .stride = 2,
                 .padding = ConvPadding::number,
                 .pad = 1,
                 .bias = false}),
      MultiHeadAttention<S>({.embed_dim = 4,
                             .num_heads = 2,
                             .dropout = 0.1,
                             .causal = true,
                             .relative_positions = 2,
                             .relative_bias = RelativeBias::alibi}),
      MultiHeadAttention<S>(
          {.embed_dim = 4, .locality = true, .relative_bias = RelativeBias::erpe, .bias_distance = 3}),
      DotAttention<S>({.query_size = 4, .memory_size = 4, .scaled = true, .project = false, .causal = true}),
      DotAttention<S>({.query_size = 4, .memory_size = 4, .output_size = 3}),
      GeneralAttention<S>({.query_size = 4, .memory_size = 4, .causal = true}),
      AdditiveAttention<S>({.query_size = 4, .memory_size = 4, .attention_size = 3, .causal = true}),
      Relu<S>(),
      LeakyRelu<S>(S(0.1)),
      Prelu<S>({.num_parameters = 4}),
      Elu<S>(S(1.5)),
      Gelu<S>(),
      Tanh<S>(),
      Sigmoid<S>(),
      Softmax<S>(),
      LayerNorm<S>({.features = 4, .eps = 1e-3, .bias = false}),
      GroupNorm<S>({.groups = 2, .features = 4, .eps = 1e-3}),
      GroupNorm<S>({.features = 4, .affine = false}),
      ScaleShift<S>({.features = 4}),
      Dropout<S>({.rate = 0.3}),
      MaxPool1d<S>({.kernel_size = 3, .stride = 2, .padding = 1, .ceil_mode = true}),
      MeanPool1d<S>({.kernel_size = 3, .stride = 1, .padding = 1, .count_include_pad = false}),
      LastPool<S>({.both_ends = true}),
      MeanPool<S>(),
      MaxPool<S>(),
      MeanMaxPool<S>(),
      AttentionPool<S>({.features = 4}),
      MultiHeadPool<S>({.features = 4, .heads = 4, .pooling = Pooling::mean}),
      FlattenSteps<S>({.steps = 5}),
  };
}

TEST(AnyLayer, CoversEveryKindHere) {
  std::set<std::string_view> kinds;
  for (const auto& layer : one_of_each<float>()) kinds.insert(layer.kind());
  const auto& names = heed::AnyLayer<float>::Kinds::names;
  EXPECT_EQ(kinds, (std::set<std::string_view>(names.begin(), names.end())));
}

TEST(AnyLayer, BecomesTextAndALayerOfTheSameOptionsAgain) {
  for (const auto& layer : one_of_each<double>()) {
    const auto again = heed::AnyLayer<double>::from_text(layer.text());
    EXPECT_EQ(again.kind(), layer.kind());
    EXPECT_EQ(again.text(), layer.text());
    EXPECT_EQ(test_support::parameter_names(again), test_support::parameter_names(layer));
    EXPECT_EQ(again.output_shape({5, 4}), layer.output_shape({5, 4})) << layer.text();
    EXPECT_EQ(parameter_count(again), parameter_count(layer)) << layer.text();
    EXPECT_EQ(again.reads_distances(), layer.reads_distances()) << layer.text();
  }
}

TEST(AnyLayer, SaysHowManyFeaturesItsInputHas) {
  for (const auto& layer : one_of_each<float>()) {
    const Index size = layer.input_size();
    if (size > 0) {
      EXPECT_EQ(size, 4) << layer.text();
      EXPECT_NE(error_of([&] { layer.output_shape({5, 6}); }), "no error") << layer.text();
    } else {
      EXPECT_EQ(layer.output_shape({5, 6}).features, 6 * layer.feature_factor()) << layer.text();
    }
  }
}

TEST(AnyLayer, WritesOnlyOptionsThatAreNotTheDefault) {
  EXPECT_EQ(heed::AnyLayer<float>(heed::Lstm<float>({.input_size = 1, .hidden_size = 8})).text(),
            "lstm hidden_size=8 input_size=1");
  EXPECT_EQ(heed::AnyLayer<float>(heed::Relu<float>()).text(), "relu");
}

TEST(AnyLayer, ComputesWhatItsLayerComputes) {
  for (const auto& layer : one_of_each<double>()) {
    heed::testing::LayerRun<heed::AnyLayer<double>> any(layer, {5, 4}, 5);
    any.randomize(heed::Key{1});
    any.forward();
    any.backward();
    std::visit(
        [&]<class L>(const L& inner) {
          heed::testing::LayerRun<L> own(inner, {5, 4}, 5);
          own.randomize(heed::Key{1});
          own.forward();
          own.backward();
          EXPECT_EQ(any.y, own.y) << layer.text();
          EXPECT_EQ(any.dx, own.dx) << layer.text();
          EXPECT_EQ(any.flat_gradient(), own.flat_gradient()) << layer.text();
        },
        layer.layer);
  }
}

TEST(AnyLayer, RefusesTextThatIsNoLayer) {
  const auto error = [](const char* text) { return error_of([&] { heed::AnyLayer<float>::from_text(text); }); };
  EXPECT_EQ(error("").substr(0, 38), "layer: wrong value (expected one of de");
  EXPECT_EQ(error("lstn").substr(0, 38), "layer: wrong value (expected one of de");
  EXPECT_EQ(error("relu slope=1"), "metadata \"slope\": no option of this name");
  EXPECT_EQ(error("dense in_features=1 out_features=2 size=3"), "metadata \"size\": no option of this name");
  EXPECT_EQ(error("dense in_features=1"), "metadata \"out_features\": missing");
  EXPECT_EQ(error("dense in_features"),
            "a layer: wrong value (expected KIND NAME=VALUE ..., got \"dense in_features\")");
  EXPECT_EQ(error("dense =1"), "a layer: wrong value (expected KIND NAME=VALUE ..., got \"dense =1\")");
  EXPECT_EQ(error("dense  in_features=1"),
            "a layer: wrong value (expected KIND NAME=VALUE ..., got \"dense  in_features=1\")");
  EXPECT_EQ(error("dense in_features=1 in_features=2").substr(0, 33), "a layer: an option stands twice (");
  EXPECT_EQ(error("dense in_features=0 out_features=2"),
            "metadata \"in_features\": out of range (expected 1 to 268435456, got 0)");
  EXPECT_EQ(error("group_norm groups=3 features=4"),
            "GroupNorm: the number of groups must divide the number of features (got 3 groups for 4 features)");
}

TEST(AnyLayer, RefusesLayersOfDifferentKindsSideBySide) {
  heed::AnyLayer<float> a = heed::Relu<float>(), b = heed::Tanh<float>();
  EXPECT_EQ(error_of([&] { heed::for_each_parameter([](auto&&...) {}, a, b); }),
            "AnyLayer: layers of different kinds side by side (expected relu, got tanh)");
}

}  // namespace any_layer_test
