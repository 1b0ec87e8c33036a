// A warm pass of any layer allocates nothing.

#include <gtest/gtest.h>

#include "../support/allocations.hpp"
#include "heed/compose/repeat.hpp"
#include "heed/compose/residual.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/conv1d.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/layers/general_attention.hpp"
#include "heed/layers/group_norm.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/max_pool1d.hpp"
#include "heed/layers/mean_pool1d.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/positions.hpp"
#include "heed/layers/query_pool.hpp"
#include "heed/layers/transformer_decoder_block.hpp"
#include "heed/layers/transformer_encoder_block.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/tagger.hpp"
#include "heed/testing/check_layer.hpp"

namespace allocation_test {

using heed::testing::ragged_lengths;

/// Allocations of a forward and a backward pass after the first, many lanes and one, full and ragged.
template <class L>
long warm_allocations(const L& layer, heed::Shape shape, bool training = false, heed::Index shortest = 0) {
  long total = 0;
  for (const heed::Index lanes : {32, 1}) {
    for (const bool ragged : {false, true}) {
      heed::testing::LayerRun<L> run(
          layer, shape, lanes, ragged ? ragged_lengths(lanes, shape.steps, shortest) : std::vector<std::int32_t>());
      run.randomize(heed::Key{1});
      run.training = training;
      run.forward();
      run.backward();
      const long before = test_support::allocations();
      run.forward();
      run.backward();
      total += test_support::allocations() - before;
    }
  }
  return total;
}

TEST(LayerAllocations, NoLayerMakesAnyOnceWarm) {
  EXPECT_EQ(warm_allocations(heed::Dense<float>({4, 3}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::Conv1d<float>({.in_channels = 4, .out_channels = 3, .kernel_size = 3}), {5, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::Relu<float>(), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::Softmax<float>(), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::Dropout<float>({0.5}), {3, 4}, true), 0);
  EXPECT_EQ(warm_allocations(heed::Embedding<float>({5, 4}), {3, 1}), 0);
  EXPECT_EQ(warm_allocations(heed::LayerNorm<float>({4}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::SinusoidalPositions<float>(), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::LearnedPositions<float>({3, 4}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::Lstm<float>({4, 5}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::AttentionPool<float>({4}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::DotAttention<float>({4, 4, 3}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::AdditiveAttention<float>({4, 4}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::QueryPool<heed::GeneralAttention<float>>({4, 4}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::MultiHeadAttention<float>({4, 2}), {3, 4}), 0);
  EXPECT_EQ(
      warm_allocations(heed::MultiHeadAttention<float>(
                           {.embed_dim = 4, .num_heads = 2, .dropout = 0.5, .causal = true, .relative_positions = 2}),
                       {3, 4}, true),
      0);
  EXPECT_EQ(
      warm_allocations(heed::MultiHeadAttention<float>({.embed_dim = 4, .num_heads = 2, .locality = true}), {3, 4}), 0);
  for (const auto bias : {heed::RelativeBias::erpe, heed::RelativeBias::alibi}) {
    const heed::Index distance = bias == heed::RelativeBias::erpe ? 2 : 0;
    EXPECT_EQ(
        warm_allocations(
            heed::MultiHeadAttention<float>(
                {.embed_dim = 4, .num_heads = 2, .dropout = 0.1, .relative_bias = bias, .bias_distance = distance}),
            {3, 4}, true),
        0);
  }
  EXPECT_EQ(warm_allocations(heed::MaxPool1d<float>({.kernel_size = 2}), {4, 3}), 0);
  EXPECT_EQ(warm_allocations(heed::MeanPool1d<float>({.kernel_size = 2}), {4, 3}), 0);
  EXPECT_EQ(warm_allocations(heed::GroupNorm<float>({.groups = 2, .features = 4}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::MeanPool<float>(), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::MaxPool<float>(), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::LastPool<float>(), {3, 4}), 0);
}

TEST(LayerAllocations, NoTransformerMakesAnyOnceWarm) {
  using heed::NormPlacement;
  using Encoder = heed::Repeat<heed::TransformerEncoderBlock<float>, heed::LayerNorm<float>>;
  using Decoder = heed::testing::QueryAndMemory<heed::TransformerDecoderBlock<float>>;
  using Feed = heed::Residual<heed::FeedForward<float>>;
  for (const bool training : {false, true}) {
    for (const auto norm : {NormPlacement::none, NormPlacement::pre, NormPlacement::post}) {
      const Encoder encoder(2, {.d_model = 4, .num_heads = 2, .dim_feedforward = 5, .norm = norm},
                            heed::LayerNorm<float>({4}));
      EXPECT_EQ(warm_allocations(encoder, {3, 4}, training), 0);
      const heed::TransformerDecoderBlock<float> block(
          {.d_model = 4, .num_heads = 2, .dim_feedforward = 5, .norm = norm});
      EXPECT_EQ(warm_allocations(Decoder{block, 2}, {5, 4}, training, 2), 0);
    }
    const Feed feed(heed::FeedForward<float>(
        {.features = 4, .hidden = 6, .activation = heed::FeedForwardActivation::gelu, .dropout = 0.2}));
    EXPECT_EQ(warm_allocations(feed, {3, 4}, training), 0);
  }
}

TEST(LayerAllocations, NoModelMakesAnyOnceWarm) {
  for (const auto attention : {heed::Attention::pool, heed::Attention::multihead, heed::Attention::additive}) {
    const heed::SequenceClassifier<float> model(
        {.features = 4, .classes = 3, .hidden = 6, .dense = 5, .attention = attention});
    EXPECT_EQ(warm_allocations(model, {3, 4}), 0);
  }
}

TEST(CheckLayer, CountsAllocationsWhereItIsTold) {
  const auto report = heed::testing::check_layer([]<class S>() { return heed::Dense<S>({3, 2}); }, {2, 3},
                                                 {.allocations = test_support::allocations});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(LayerAllocations, NoTaggerMakesAnyOnceWarm) {
  using heed::Attention;
  using heed::TaggerOutput;
  for (const Attention attention : {Attention::pool, Attention::multihead, Attention::none}) {
    for (const bool training : {false, true}) {
      const heed::Tagger<float> model({.tokens = {6, 5},
                                       .embedding = {3, 2},
                                       .classes = 4,
                                       .hidden = 4,
                                       .layers = 2,
                                       .attention = attention,
                                       .dropout = 0.3});
      EXPECT_EQ(warm_allocations(model, {5, 2}, training), 0) << to_text(attention);
    }
  }
  const heed::Tagger<float> whole(
      {.tokens = {6}, .embedding = {3}, .classes = 4, .hidden = 4, .output = TaggerOutput::sequence});
  EXPECT_EQ(warm_allocations(whole, {5, 1}), 0);
}

}  // namespace allocation_test
