#include "heed/models/transformer_classifier.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/testing/check_layer.hpp"

namespace transformer_classifier_test {

using heed::NormPlacement;
using heed::PositionKind;
using heed::TransformerClassifier;
using test_support::error_of;
using Options = heed::TransformerClassifierOptions;

constexpr Options small{.features = 3,
                        .classes = 4,
                        .transformer = {.d_model = 6,
                                        .num_heads = 2,
                                        .num_layers = 2,
                                        .dim_feedforward = 5,
                                        .dropout = 0,
                                        .norm = NormPlacement::none,
                                        .max_steps = 8,
                                        .distance = 2}};

template <class S>
TransformerClassifier<S> random_model(const Options& o) {
  TransformerClassifier<S> model(o);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  for (auto& block : model.transformer.blocks.layers) {  // off the kinks of ReLU
    for (heed::Index i = 0; i < block.feed_forward.linear1.bias.size(); ++i) {
      block.feed_forward.linear1.bias(i) = i % 3 == 1 ? S(-4) : S(4);
    }
  }
  model.standardize = heed::Standardize<S>({0.1, -0.2, 0}, {0.9, 1.1, 1.3});
  return model;
}

TEST(TransformerClassifier, FulfilsTheLayerContract) {
  for (const NormPlacement norm : {NormPlacement::none, NormPlacement::pre, NormPlacement::post}) {
    for (const PositionKind positions :
         {PositionKind::none, PositionKind::sinusoidal, PositionKind::learned, PositionKind::relative}) {
      Options o = small;
      o.transformer.norm = norm;
      o.transformer.positions = positions;
      const auto report = heed::testing::check_layer([&]<class S>() { return random_model<S>(o); }, {5, 3},
                                                     {.zero_when_empty = false, .initialize = false});
      EXPECT_TRUE(report.ok()) << to_text(norm) << ' ' << to_text(positions) << '\n' << report.text();
    }
  }
}

TEST(TransformerClassifier, FulfilsTheLayerContractInTrainingWithDropoutAndGelu) {
  Options o = small;
  o.transformer.dropout = 0.3;
  o.transformer.activation = heed::FeedForwardActivation::gelu;
  const auto report = heed::testing::check_layer([&]<class S>() { return random_model<S>(o); }, {4, 3},
                                                 {.zero_when_empty = false, .training = true, .initialize = false});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(TransformerClassifier, FulfilsTheLayerContractWithLocality) {
  Options o = small;
  o.transformer.locality = true;
  const auto report = heed::testing::check_layer([&]<class S>() { return random_model<S>(o); }, {5, 3},
                                                 {.zero_when_empty = false, .initialize = false});
  EXPECT_TRUE(report.ok()) << report.text();
}

// ConvTran's two, and ALiBi.
TEST(TransformerClassifier, FulfilsTheLayerContractWithRelativeBiases) {
  for (const heed::RelativeBias bias : {heed::RelativeBias::erpe, heed::RelativeBias::alibi}) {
    Options o = small;
    o.transformer.positions = PositionKind::tape;
    o.transformer.relative_bias = bias;
    o.transformer.bias_distance = 3;
    const auto report = heed::testing::check_layer([&]<class S>() { return random_model<S>(o); }, {5, 3},
                                                   {.zero_when_empty = false, .initialize = false});
    EXPECT_TRUE(report.ok()) << to_text(bias) << '\n' << report.text();
  }
}

TEST(TransformerClassifier, KeepsBiasesAndTheirPositionsInItsFile) {
  Options o = small;
  o.transformer.num_layers = 1;
  EXPECT_FALSE(heed::to_metadata(o).contains("relative_bias")) << "files without them are as they were";
  EXPECT_FALSE(heed::to_metadata(o).contains("bias_distance"));
  o.transformer.positions = PositionKind::tape;
  o.transformer.relative_bias = heed::RelativeBias::erpe;
  o.transformer.bias_distance = 3;
  const auto model = random_model<float>(o);
  EXPECT_EQ(heed::to_metadata(heed::from_metadata<Options>(heed::to_metadata(o))), heed::to_metadata(o));
  EXPECT_NE(test_support::parameter_names(model).find("encoder.layers.0.self_attn.relative_bias "), std::string::npos);
  const std::string file = testing::TempDir() + "heed_biases.safetensors";
  save(model, file);
  const auto again = heed::load<TransformerClassifier<float>>(file);
  EXPECT_EQ(test_support::numbers(again), test_support::numbers(model));
  const std::vector<float> x(15, 0.5f);
  heed::Predictor first(model), second(again);
  const auto p = first(heed::view(x, {5, 3})), q = second(heed::view(x, {5, 3}));
  EXPECT_TRUE(std::equal(p.probabilities.begin(), p.probabilities.end(), q.probabilities.begin()));
}

TEST(TransformerClassifier, RefusesBiasesOutOfRange) {
  Options o = small;
  o.transformer.relative_bias = heed::RelativeBias::erpe;
  o.transformer.bias_distance = 0;
  EXPECT_NE(error_of([&] { TransformerClassifier<float>{o}; }).find("bias_distance out of range"), std::string::npos);
  o.transformer.relative_bias = heed::RelativeBias::alibi;
  EXPECT_EQ(error_of([&] { TransformerClassifier<float>{o}; }), "no error") << "of erpe alone";
  o.transformer.positions = PositionKind::tape;
  o.transformer.max_steps = 0;
  EXPECT_NE(error_of([&] { TransformerClassifier<float>{o}; }).find("max_steps out of range"), std::string::npos);
}

TEST(TransformerClassifier, HasTheNamesOfAPyTorchModule) {
  Options o = small;
  o.transformer.num_layers = 1;
  const std::string block =
      "encoder.layers.0.self_attn.in_proj_weight encoder.layers.0.self_attn.in_proj_bias "
      "encoder.layers.0.self_attn.out_proj.weight encoder.layers.0.self_attn.out_proj.bias "
      "encoder.layers.0.linear1.weight encoder.layers.0.linear1.bias encoder.layers.0.linear2.weight "
      "encoder.layers.0.linear2.bias ";
  EXPECT_EQ(test_support::parameter_names(TransformerClassifier<float>(o)),
            "input.weight input.bias " + block + "output.weight output.bias ");
  o.transformer.norm = NormPlacement::pre;
  o.transformer.positions = PositionKind::learned;
  EXPECT_EQ(test_support::parameter_names(TransformerClassifier<float>(o)),
            "input.weight input.bias positions.weight " + block +
                "encoder.layers.0.norm1.weight encoder.layers.0.norm1.bias encoder.layers.0.norm2.weight "
                "encoder.layers.0.norm2.bias encoder.norm.weight encoder.norm.bias output.weight output.bias ");
}

TEST(TransformerClassifier, FromAFileItIsWhatItWas) {
  for (const PositionKind positions : {PositionKind::sinusoidal, PositionKind::learned, PositionKind::relative}) {
    Options o = small;
    o.transformer.norm = NormPlacement::pre;
    o.transformer.activation = heed::FeedForwardActivation::gelu;
    o.transformer.dropout = 0.25;
    o.transformer.positions = positions;
    o.transformer.locality = positions == PositionKind::relative;
    if (positions != PositionKind::learned) o.transformer.max_steps = 0;  // what a file does not say
    if (positions != PositionKind::relative) o.transformer.distance = 16;
    auto model = random_model<float>(o);
    model.labels = {"a", "b", "c", "d"};
    const auto bytes = heed::serialize(model);
    const auto again = heed::load<TransformerClassifier<float>>(std::span<const std::byte>(bytes));
    EXPECT_EQ(again.options, o);
    EXPECT_EQ(again.labels, model.labels);
    EXPECT_EQ(heed::serialize(again), bytes);
    const std::vector<float> x{1, 2, 3, 4, 5, 6};
    heed::Predictor one(model), other(again);
    const auto a = one(x.data(), 2, 3), b = other(x.data(), 2, 3);
    EXPECT_TRUE(
        std::equal(a.probabilities.begin(), a.probabilities.end(), b.probabilities.begin(), b.probabilities.end()));
  }
}

TEST(TransformerClassifier, ShowsWhatEachBlockAttendsTo) {
  const auto model = random_model<double>(small);
  TransformerClassifier<double>::Cache cache;
  heed::Scratch scratch;
  model.keep_attention_weights(cache);
  const std::vector<double> x(15, 0.5);
  std::vector<double> logits(4);
  model.forward(heed::Tile<const double>(x.data(), {5, 3}, 1), heed::Tile<double>(logits.data(), {1, 4}, 1), cache,
                heed::Pass{scratch});
  for (const heed::Index block : {-1, 0, 1}) {
    const auto a = model.attention_weights(cache, block);
    EXPECT_EQ(a.steps, 10);
    EXPECT_EQ(a.features, 5);
    for (heed::Index row = 0; row < a.steps; ++row) {
      double sum = 0;
      for (heed::Index key = 0; key < a.features; ++key) sum += *a.at(row, key);
      EXPECT_NEAR(sum, 1, 1e-12);
    }
  }
  EXPECT_EQ(model.attention_weights(cache).data, model.attention_weights(cache, 1).data);
  EXPECT_EQ(error_of([&] { model.attention_weights(cache, 2); }),
            "TransformerEncoder: no such block (expected 0 to 1, got 2)");
}

TEST(TransformerClassifier, RefusesWhatDoesNotFit) {
  const auto error = [](auto change) {
    Options o = small;
    change(o);
    return error_of([&] { TransformerClassifier<float>{o}; });
  };
  EXPECT_EQ(error([](Options& o) { o.features = 0; }),
            "TransformerClassifier: features out of range (expected 1 to 268435456, got 0)");
  EXPECT_EQ(error([](Options& o) { o.classes = 0; }),
            "TransformerClassifier: classes out of range (expected 1 to 268435456, got 0)");
  EXPECT_EQ(error([](Options& o) { o.transformer.num_layers = 0; }),
            "TransformerClassifier: num_layers out of range (expected 1 to 65536, got 0)");
  EXPECT_NE(error([](Options& o) { o.transformer.num_heads = 4; }), "no error");
  EXPECT_NE(error([](Options& o) { o.transformer.dropout = 1; }), "no error");
  EXPECT_NE(error([](Options& o) {
              o.transformer.positions = PositionKind::learned;
              o.transformer.max_steps = 0;
            }),
            "no error");
  EXPECT_EQ(error([](Options& o) {
              o.transformer.positions = PositionKind::relative;
              o.transformer.distance = 0;
            }),
            "TransformerClassifier: distance out of range (expected 1 to 1048576, got 0)");
  TransformerClassifier<float> model(small);
  EXPECT_NE(error_of([&] { model.output_shape({4, 2}); }), "no error");
  model.labels = {"one"};
  EXPECT_EQ(error_of([&] { metadata_of(model); }), "TransformerClassifier: wrong number of labels (expected 4, got 1)");
  Options learned = small;
  learned.transformer.positions = PositionKind::learned;
  EXPECT_EQ(error_of([&] { TransformerClassifier<float>(learned).output_shape({9, 3}); }),
            "TransformerClassifier: TransformerEncoder: LearnedPositions: more steps than positions (expected at most "
            "8, got 9)");
}

}  // namespace transformer_classifier_test
