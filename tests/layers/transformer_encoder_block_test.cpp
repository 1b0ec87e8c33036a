#include "heed/layers/transformer_encoder_block.hpp"

#include <gtest/gtest.h>

#include <array>

#include "../support/layer_case.hpp"
#include "../support/stream_case.hpp"
#include "../support/transformer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace transformer_encoder_block_test {

using heed::FeedForwardActivation;
using heed::Index;
using heed::NormPlacement;
using heed::TransformerEncoderBlock;
using test_support::error_of;
using test_support::Reference;
using BlockRun = heed::testing::LayerRun<TransformerEncoderBlock<double>>;

struct Make {
  NormPlacement norm;
  bool causal = false;
  template <class S>
  auto operator()() const {
    // GELU: no kinks
    return TransformerEncoderBlock<S>({.d_model = 6,
                                       .num_heads = 2,
                                       .dim_feedforward = 5,
                                       .dropout = 0.2,
                                       .activation = FeedForwardActivation::gelu,
                                       .norm = norm,
                                       .causal = causal});
  }
};

void expect_contract(const Make& make, bool training) {
  const auto report = heed::testing::check_layer(make, {3, 6}, {.lanes = 17, .training = training});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(TransformerEncoderBlock, FulfilsTheLayerContractNormalisedAfter) {
  expect_contract({.norm = NormPlacement::post}, false);
  expect_contract({.norm = NormPlacement::post, .causal = true}, true);
}
TEST(TransformerEncoderBlock, FulfilsTheLayerContractNormalisedBefore) {
  expect_contract({.norm = NormPlacement::pre}, true);
}
TEST(TransformerEncoderBlock, FulfilsTheLayerContractNotNormalised) {
  expect_contract({.norm = NormPlacement::none}, true);
}

TEST(TransformerEncoderBlock, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("encoder_block")) {
    const Reference file(name);
    test_support::expect_equals_reference(name, TransformerEncoderBlock<double>(test_support::encoder_options(file)));
  }
}

TEST(TransformerEncoderBlock, ACausalStepDoesNotSeeLaterOnes) {
  for (const bool by_mask : {false, true}) {
    const TransformerEncoderBlock<double> layer(
        {.d_model = 4, .num_heads = 2, .dim_feedforward = 8, .causal = !by_mask});
    std::array<bool, 9> allowed{true, false, false, true, true, false, true, true, true};
    BlockRun run(layer, {3, 4}, 2);
    run.randomize(heed::Key{1});
    const auto forward = [&] {
      heed::AttentionMask mask;
      if (by_mask) mask = {allowed.data(), 3, 3};
      layer.forward(run.input(), run.tile(run.y, run.output), run.cache, run.pass(), mask);
      return run.y;
    };
    const auto before = forward();
    for (std::size_t i = 16; i < 24; ++i) run.x[i] += 1;  // the last step
    const auto after = forward();
    for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(after[i], before[i]);
    EXPECT_NE(after[20], before[20]);
  }
}

TEST(TransformerEncoderBlock, ARowIsTrainedAlikeWhereverItStands) {
  const TransformerEncoderBlock<double> layer({.d_model = 4, .num_heads = 2, .dim_feedforward = 8, .dropout = 0.5});
  BlockRun tile(layer, {3, 4}, 20), alone(layer, {3, 4}, 1);
  tile.randomize(heed::Key{1});
  tile.training = alone.training = true;
  for (std::size_t i = 0; i < alone.x.size(); ++i) {
    alone.x[i] = tile.x[i * 20 + 13];
    alone.dy[i] = tile.dy[i * 20 + 13];
  }
  alone.first_row = 13;
  for (BlockRun* run : {&tile, &alone}) {
    run->forward();
    run->backward();
  }
  for (std::size_t i = 0; i < alone.y.size(); ++i) {
    EXPECT_NEAR(alone.y[i], tile.y[i * 20 + 13], 1e-12);
    EXPECT_NEAR(alone.dx[i], tile.dx[i * 20 + 13], 1e-12);
  }
}

TEST(TransformerEncoderBlock, HasPyTorchsNames) {
  const std::string parts =
      "self_attn.in_proj_weight self_attn.in_proj_bias self_attn.out_proj.weight self_attn.out_proj.bias "
      "linear1.weight linear1.bias linear2.weight linear2.bias ";
  EXPECT_EQ(test_support::parameter_names(TransformerEncoderBlock<float>({.d_model = 4, .num_heads = 2})),
            parts + "norm1.weight norm1.bias norm2.weight norm2.bias ");
  EXPECT_EQ(test_support::parameter_names(
                TransformerEncoderBlock<float>({.d_model = 4, .num_heads = 2, .norm = NormPlacement::none})),
            parts);
}

TEST(TransformerEncoderBlock, StartsFromItsKey) {
  TransformerEncoderBlock<double> a({.d_model = 4, .num_heads = 2, .dim_feedforward = 3}), b = a;
  a.initialize(heed::Key{1});
  b.initialize(heed::Key{2});
  EXPECT_NE(a.self_attn.in_proj_weight(0, 0), b.self_attn.in_proj_weight(0, 0));
  EXPECT_NE(a.feed_forward.linear2.weight(0, 0), b.feed_forward.linear2.weight(0, 0));
  EXPECT_EQ(a.norm2.weight(3), 1);
}

TEST(TransformerEncoderBlock, RejectsWhatDoesNotFit) {
  const TransformerEncoderBlock<float> layer({.d_model = 4, .num_heads = 2});
  EXPECT_EQ(layer.output_shape({3, 4}), (heed::Shape{3, 4}));
  EXPECT_NE(error_of([&] { layer.output_shape({3, 5}); }), "no error");
  const auto error = [](TransformerEncoderBlock<float>::Options o) {
    return error_of([&] { TransformerEncoderBlock<float>{o}; });
  };
  EXPECT_NE(error({.d_model = 4, .num_heads = 3}).find("heads"), std::string::npos);
  EXPECT_NE(error({.d_model = 4, .num_heads = 2, .dim_feedforward = 0}).find("must be positive"), std::string::npos);
  EXPECT_NE(error({.d_model = 4, .num_heads = 2, .dropout = 1}).find("dropout in [0, 1)"), std::string::npos);
  EXPECT_NE(error({.d_model = 4, .num_heads = 2, .layer_norm_eps = 0}).find("eps above 0"), std::string::npos);
}

TEST(TransformerEncoderBlock, StreamsWhereItIsCausal) {
  for (const auto norm : {heed::NormPlacement::none, heed::NormPlacement::pre, heed::NormPlacement::post}) {
    for (const heed::Index relative : {0, 3}) {
      test_support::expect_streams(heed::TransformerEncoderBlock<double>({.d_model = 4,
                                                                          .num_heads = 2,
                                                                          .dim_feedforward = 6,
                                                                          .norm = norm,
                                                                          .causal = true,
                                                                          .relative_positions = relative}),
                                   {7, 4}, true);
    }
  }
}

}  // namespace transformer_encoder_block_test
