#include "heed/models/language_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "../support/stream_case.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/testing/check_layer.hpp"

namespace language_model_test {

using heed::LanguageModel;
using heed::NormPlacement;
using heed::PositionKind;
using test_support::error_of;
using Options = heed::LanguageModelOptions;

constexpr Options small{.tokens = 6,
                        .transformer = {.d_model = 6,
                                        .num_heads = 2,
                                        .num_layers = 2,
                                        .dim_feedforward = 5,
                                        .dropout = 0,
                                        .positions = PositionKind::learned,
                                        .max_steps = 8,
                                        .distance = 2}};

template <class S>
LanguageModel<S> random_model(const Options& o) {
  LanguageModel<S> model(o);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  for (auto& block : model.transformer.blocks.layers) {  // off the kinks of ReLU
    for (heed::Index i = 0; i < block.feed_forward.linear1.bias.size(); ++i) {
      block.feed_forward.linear1.bias(i) = i % 3 == 1 ? S(-4) : S(4);
    }
  }
  return model;
}

TEST(LanguageModel, FulfilsTheLayerContractOfTokens) {
  for (const bool tied : {false, true}) {
    for (const PositionKind positions : {PositionKind::sinusoidal, PositionKind::learned, PositionKind::relative}) {
      for (const double dropout : {0.0, 0.3}) {
        Options o = small;
        o.tied = tied;
        o.transformer.positions = positions;
        o.transformer.dropout = dropout;
        const auto report = heed::testing::check_layer([&]<class S>() { return random_model<S>(o); }, {5, 1},
                                                       {.training = dropout > 0, .initialize = false, .tokens = 6});
        EXPECT_TRUE(report.ok()) << tied << ' ' << to_text(positions) << '\n' << report.text();
      }
    }
  }
}

TEST(LanguageModel, StreamsTokenByToken) {
  for (const bool tied : {false, true}) {
    for (const PositionKind positions : {PositionKind::sinusoidal, PositionKind::learned, PositionKind::relative}) {
      for (const NormPlacement norm : {NormPlacement::none, NormPlacement::pre, NormPlacement::post}) {
        Options o = small;
        o.tied = tied;
        o.transformer.positions = positions;
        o.transformer.norm = norm;
        test_support::expect_streams(random_model<double>(o), {7, 1}, true);
      }
    }
  }
}

TEST(LanguageModel, SeesNothingOfWhatComesLater) {
  const auto model = random_model<double>(small);
  LanguageModel<double>::Cache cache;
  heed::Scratch scratch;
  const auto run = [&](std::vector<std::int32_t> tokens) {
    std::vector<double> logits(30);
    model.forward(heed::Tile<const std::int32_t>(tokens.data(), {5, 1}, 1),
                  heed::Tile<double>(logits.data(), {5, 6}, 1), cache, heed::Pass{scratch});
    return logits;
  };
  const auto a = run({1, 2, 3, 4, 5}), b = run({1, 2, 3, 0, 1});
  for (std::size_t i = 0; i < 18; ++i) EXPECT_EQ(a[i], b[i]);
  for (std::size_t i = 18; i < 30; ++i) EXPECT_NE(a[i], b[i]);
}

TEST(LanguageModel, HasTheNamesOfAPyTorchModule) {
  Options o = small;
  o.transformer.num_layers = 1;
  const std::string encoder =
      "positions.weight encoder.layers.0.self_attn.in_proj_weight encoder.layers.0.self_attn.in_proj_bias "
      "encoder.layers.0.self_attn.out_proj.weight encoder.layers.0.self_attn.out_proj.bias "
      "encoder.layers.0.linear1.weight encoder.layers.0.linear1.bias encoder.layers.0.linear2.weight "
      "encoder.layers.0.linear2.bias encoder.layers.0.norm1.weight encoder.layers.0.norm1.bias "
      "encoder.layers.0.norm2.weight encoder.layers.0.norm2.bias encoder.norm.weight encoder.norm.bias ";
  EXPECT_EQ(test_support::parameter_names(LanguageModel<float>(o)),
            "embedding.weight " + encoder + "output.weight output.bias ");
  o.tied = true;
  EXPECT_EQ(test_support::parameter_names(LanguageModel<float>(o)), "embedding.weight " + encoder + "output.bias ");
}

TEST(LanguageModel, StartsWithATableAsLargeAsItsWidthSays) {
  LanguageModel<double> model({.tokens = 400, .transformer = {.d_model = 64}});
  model.initialize(heed::Key{4});
  double square = 0;
  for (const double v : std::as_const(model.embedding.weight)) square += v * v;
  EXPECT_NEAR(std::sqrt(square / (400 * 64)), 1.0 / 8, 0.003);
}

TEST(LanguageModel, FromAFileItIsWhatItWas) {
  for (const bool tied : {false, true}) {
    Options o = small;
    o.tied = tied;
    o.transformer.distance = 16;  // not of learned positions
    auto model = random_model<float>(o);
    model.words = {"how", "are", "you", "?"};
    const auto bytes = heed::serialize(model);
    const auto again = heed::load<LanguageModel<float>>(std::span<const std::byte>(bytes));
    EXPECT_EQ(again.options, o);
    EXPECT_EQ(again.words, model.words);
    EXPECT_EQ(heed::serialize(again), bytes);
  }
}

TEST(LanguageModel, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error_of([] { LanguageModel<float>(Options{.tokens = 0}); }),
            "LanguageModel: tokens out of range (expected 1 to 268435456, got 0)");
  LanguageModel<float> model(small);
  EXPECT_NE(error_of([&] { model.output_shape({9, 1}); }), "no error");
  EXPECT_NE(error_of([&] { model.output_shape({4, 2}); }), "no error");
  model.words = {"one"};
  EXPECT_EQ(error_of([&] { metadata_of(model); }), "LanguageModel: wrong number of words (expected 4, got 1)");
  const std::vector<std::int32_t> tokens{1, 6};
  EXPECT_EQ(error_of([&] {
              model.check_input(heed::TensorView<const std::int32_t, 3>(tokens.data(), {1, 2, 1}), {}, "here");
            }),
            "here, sequence 0, step 1 (counted from 0): token out of range (expected 0 to 5, got 6)");
  heed::Stream stream(model, {.max_steps = 8});
  stream.step(1);
  EXPECT_NE(error_of([&] { stream.step(6); }), "no error");
  EXPECT_NE(error_of([&] { heed::Stream(model, {.max_steps = 9}); }), "no error");
  EXPECT_NE(error_of([&] { heed::Stream(model, {}); }), "no error");
}

}  // namespace language_model_test
