#include "heed/layers/transformer_decoder_block.hpp"

#include <gtest/gtest.h>

#include "../support/attention_case.hpp"
#include "../support/transformer_case.hpp"

namespace transformer_decoder_block_test {

using heed::FeedForwardActivation;
using heed::Index;
using heed::NormPlacement;
using heed::TransformerDecoderBlock;
using test_support::error_of;
using test_support::Numbers;
using test_support::Reference;
using test_support::Values;

struct Make {
  NormPlacement norm;
  template <class S>
  auto operator()() const {
    return TransformerDecoderBlock<S>({.d_model = 6,
                                       .num_heads = 2,
                                       .dim_feedforward = 5,
                                       .dropout = 0.2,
                                       .activation = FeedForwardActivation::gelu,
                                       .norm = norm});
  }
};

TEST(TransformerDecoderBlock, FulfilsTheLayerContract) {
  for (const auto norm : {NormPlacement::post, NormPlacement::pre, NormPlacement::none}) {
    const auto report = test_support::check_cross(Make{norm}, 2, {3, 6});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(TransformerDecoderBlock, FulfilsTheLayerContractInTraining) {
  const auto make = []<class S>() {
    return heed::testing::QueryAndMemory<TransformerDecoderBlock<S>> {
      Make{NormPlacement::post}.template operator()<S>(),
      2
    };
  };
  const auto report = heed::testing::check_layer(make, {5, 6}, {.shortest = 2, .training = true});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(TransformerDecoderBlock, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("decoder_block")) {
    test_support::expect_equals_cross(name,
                                      TransformerDecoderBlock<double>(test_support::decoder_options(Reference(name))));
  }
}

TEST(TransformerDecoderBlock, PastASequencesEndIsZeroWhateverComesFromThere) {
  const TransformerDecoderBlock<double> layer(
      {.d_model = 4, .num_heads = 2, .dim_feedforward = 3, .norm = NormPlacement::none, .memory_size = 5});
  const std::vector<std::int32_t> lengths{2, 0, 1}, memory_lengths{1, 3, 0};
  const Numbers x({2, 4}, 3, 1), m({3, 5}, 3, 2), dy({2, 4}, 3, 3);
  Numbers y({2, 4}, 3, 4), dx = x, dm = m;
  TransformerDecoderBlock<double>::Cache cache;
  heed::Scratch scratch;
  auto gradient = layer;
  set_zero(gradient);
  layer.forward(x.view(lengths), m.view(memory_lengths), y.tile(), cache, heed::Pass{scratch});
  layer.backward(x.view(lengths), m.view(memory_lengths), y.view(), dy.view(), into(dx.tile()), into(dm.tile()), cache,
                 gradient, heed::Pass{scratch});
  const auto zero_from = [](const Numbers& n, Index lane, Index length) {
    for (Index t = length; t < n.shape.steps; ++t) {
      for (Index f = 0; f < n.shape.features; ++f) EXPECT_EQ(n.view().at(t, f)[lane], 0) << "lane " << lane;
    }
    for (const double v : n.values) EXPECT_TRUE(std::isfinite(v));
  };
  for (Index l = 0; l < 3; ++l) {
    zero_from(y, l, lengths[static_cast<std::size_t>(l)]);
    zero_from(dx, l, lengths[static_cast<std::size_t>(l)]);
    zero_from(dm, l, lengths[static_cast<std::size_t>(l)] ? memory_lengths[static_cast<std::size_t>(l)] : 0);
  }
  EXPECT_NE(y.view().at(0, 0)[2], 0) << "without a memory there is still the sequence itself";
}

TEST(TransformerDecoderBlock, HasPyTorchsNames) {
  const auto attention = [](const std::string& name) {
    return name + ".in_proj_weight " + name + ".in_proj_bias " + name + ".out_proj.weight " + name + ".out_proj.bias ";
  };
  EXPECT_EQ(test_support::parameter_names(TransformerDecoderBlock<float>({.d_model = 4, .num_heads = 2})),
            attention("self_attn") + attention("multihead_attn") +
                "linear1.weight linear1.bias linear2.weight linear2.bias norm1.weight norm1.bias norm2.weight "
                "norm2.bias norm3.weight norm3.bias ");
}

TEST(TransformerDecoderBlock, StartsFromItsKey) {
  TransformerDecoderBlock<double> a({.d_model = 4, .num_heads = 2, .dim_feedforward = 3}), b = a;
  a.initialize(heed::Key{1});
  b.initialize(heed::Key{2});
  EXPECT_NE(a.self_attn.in_proj_weight(0, 0), b.self_attn.in_proj_weight(0, 0));
  EXPECT_NE(a.multihead_attn.in_proj_weight(0, 0), b.multihead_attn.in_proj_weight(0, 0));
  EXPECT_NE(a.self_attn.in_proj_weight(0, 0), a.multihead_attn.in_proj_weight(0, 0));
  EXPECT_NE(a.feed_forward.linear2.weight(0, 0), b.feed_forward.linear2.weight(0, 0));
  EXPECT_EQ(a.norm3.weight(3), 1);
}

TEST(TransformerDecoderBlock, RejectsWhatDoesNotFit) {
  const TransformerDecoderBlock<float> layer({.d_model = 4, .num_heads = 2, .memory_size = 6});
  EXPECT_EQ(layer.output_shape({3, 4}, {5, 6}), (heed::Shape{3, 4}));
  EXPECT_NE(error_of([&] { layer.output_shape({3, 4}, {5, 4}); }), "no error");
  EXPECT_NE(error_of([&] { layer.output_shape({3, 6}, {5, 6}); }), "no error");
  const auto error = [](TransformerDecoderBlock<float>::Options o) {
    return error_of([&] { TransformerDecoderBlock<float>{o}; });
  };
  EXPECT_NE(error({.d_model = 4, .num_heads = 3}).find("heads"), std::string::npos);
  EXPECT_NE(error({.d_model = 4, .num_heads = 2, .dropout = 1}).find("dropout in [0, 1)"), std::string::npos);
  EXPECT_NE(error({.d_model = 4, .num_heads = 2, .memory_size = -1}).find("kdim"), std::string::npos);
}

}  // namespace transformer_decoder_block_test
