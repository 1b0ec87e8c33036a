// Of every model: whatever is frozen, the gradients of all else are the same bits, and those of the frozen parts are
// left alone.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heed/compose/repeat.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/core/any_model.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/conv2d.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/gru.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/transformer_encoder_block.hpp"
#include "heed/models/attention_q_network.hpp"
#include "heed/models/image_captioner.hpp"
#include "heed/models/language_model.hpp"
#include "heed/models/multimodal_classifier.hpp"
#include "heed/models/seq2seq.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/tagger.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/models/vision_transformer.hpp"

namespace frozen_gradients_test {

using heed::Index;
using S = float;

/// The gradient of a fixed linear function of the outputs; `wanted` by parameter, empty: all. `tokens`: the input holds
/// small whole numbers.
template <class M>
M gradient_of(const M& model, heed::Shape shape, const std::vector<bool>& wanted, bool tokens) {
  constexpr Index lanes = 3;
  M gradient = model;
  heed::set_zero(gradient);
  heed::Parameters<S> parameters(gradient);
  for (std::size_t i = 0; i < wanted.size(); ++i) parameters[static_cast<Index>(i)].want(wanted[i]);
  heed::TileBuffer<typename M::Input> in;
  heed::TileBuffer<S> out, dout;
  const heed::Key key{5};
  std::uint64_t draw = 0;
  const auto x = in.take(shape, lanes);
  for (Index i = 0; i < shape.steps * shape.features * lanes; ++i) {
    if constexpr (std::is_same_v<typename M::Input, S>) {
      x.data[i] = static_cast<S>(tokens ? static_cast<double>(key.below(draw++, 4)) : key.normal(draw++));
    } else {
      x.data[i] = static_cast<std::int32_t>(key.below(draw++, 4));
    }
  }
  const heed::Shape shape_of_output = model.output_shape(shape);
  const auto y = out.take(shape_of_output, lanes), dy = dout.take(shape_of_output, lanes);
  for (Index i = 0; i < shape_of_output.steps * shape_of_output.features * lanes; ++i) {
    dy.data[i] = static_cast<S>(key.normal(draw++));
  }
  heed::Scratch scratch;
  const heed::Pass pass{scratch, true, heed::Key{2}};
  typename M::Cache cache;
  model.forward(x, y, cache, pass);
  heed::backward_parameters<M>(model, x, y, dy, cache, gradient, pass);
  return gradient;
}

template <class M>
void expect_same_gradients(M model, heed::Shape shape, bool tokens = false) {
  if constexpr (requires { model.initialize(heed::Key{1}); }) model.initialize(heed::Key{3});
  M all = gradient_of(model, shape, {}, tokens);
  const heed::Parameters<S> full(all);
  const auto check = [&](const std::vector<bool>& wanted, const std::string& what) {
    M some = gradient_of(model, shape, wanted, tokens);
    const heed::Parameters<S> parts(some);
    for (Index i = 0; i < full.count(); ++i) {
      if (!wanted[static_cast<std::size_t>(i)]) continue;
      EXPECT_TRUE(std::equal(full[i].begin(), full[i].end(), parts[i].begin()))
          << full.name(i) << " differs where " << what;
    }
  };
  const auto count = static_cast<std::size_t>(full.count());
  for (std::size_t k = 0; k < count; ++k) {
    std::vector<bool> one(count, false), others(count, true), later(count, false);
    one[k] = true;
    others[k] = false;
    for (std::size_t i = k; i < count; ++i) later[i] = true;
    const std::string& name = full.name(static_cast<Index>(k));
    check(one, name + " alone is wanted");
    check(others, name + " alone is frozen");
    check(later, "all before " + name + " is frozen");
  }
}

const heed::TransformerOptions small{
    .d_model = 4, .num_heads = 2, .num_layers = 2, .dim_feedforward = 6, .dropout = 0.2};

TEST(FrozenGradients, OfSequenceClassifiers) {
  for (const heed::Attention attention :
       {heed::Attention::pool, heed::Attention::multihead, heed::Attention::additive, heed::Attention::none}) {
    for (const heed::Pooling pooling : {heed::Pooling::last, heed::Pooling::mean}) {
      if (pooling == heed::Pooling::mean && attention != heed::Attention::multihead) continue;
      for (const bool both : {false, true}) {
        SCOPED_TRACE(std::string(to_text(attention)) + (both ? ", both directions" : ""));
        heed::SequenceClassifierOptions o{.features = 3, .classes = 4, .hidden = 6, .dense = both ? 0 : 5};
        o.attention = attention;
        o.pooling = pooling;
        o.layers = 2;
        o.bidirectional = both;
        o.dropout = 0.3;
        o.cell = both ? heed::CellKind::gru : heed::CellKind::lstm;
        expect_same_gradients(heed::SequenceClassifier<S>(o), {5, 3});
      }
    }
  }
}

TEST(FrozenGradients, OfModelsOfText) {
  heed::TextClassifierOptions text{.tokens = 9};
  text.classifier = {.features = 4, .classes = 3, .hidden = 4};
  text.embedding = 4;
  text.classifier.dropout = 0.2;
  expect_same_gradients(heed::TextClassifier<S>(text), {4, 1});
  for (const heed::TaggerOutput output : {heed::TaggerOutput::tokens, heed::TaggerOutput::sequence}) {
    for (const heed::Attention attention : {heed::Attention::pool, heed::Attention::multihead}) {
      if (output == heed::TaggerOutput::sequence && attention == heed::Attention::multihead) continue;
      heed::TaggerOptions o{.tokens = {9}, .embedding = {4}, .classes = 3, .hidden = 4};
      o.output = output;
      o.attention = attention;
      o.dropout = 0.2;
      expect_same_gradients(heed::Tagger<S>(o), {4, 1});
    }
  }
  for (const bool tied : {false, true}) {
    expect_same_gradients(heed::LanguageModel<S>({.tokens = 9, .tied = tied, .transformer = small}), {4, 1});
  }
}

TEST(FrozenGradients, OfTransformers) {
  heed::TransformerOptions o = small;
  for (const heed::PositionKind kind : {heed::PositionKind::learned, heed::PositionKind::relative}) {
    o.positions = kind;
    o.max_steps = 5;
    o.distance = 2;
    expect_same_gradients(heed::TransformerClassifier<S>({.features = 3, .classes = 2, .transformer = o}), {5, 3});
  }
  for (const bool shifted : {false, true}) {
    o = small;
    o.positions = heed::PositionKind::learned;
    o.locality = shifted;
    expect_same_gradients(heed::VisionTransformer<S>({.image = {.channels = 1, .height = 4, .width = 4},
                                                      .patch_size = 2,
                                                      .classes = 2,
                                                      .transformer = o,
                                                      .shifted_patches = shifted}),
                          {1, 16});
  }
}

TEST(FrozenGradients, OfDecodersAndOfImagesWithWords) {
  for (const bool both : {false, true}) {
    expect_same_gradients(heed::Seq2Seq<S>({.source_tokens = 6,
                                            .target_tokens = 5,
                                            .embedding = 3,
                                            .hidden = 4,
                                            .layers = 2,
                                            .bidirectional = both,
                                            .dropout = 0.2}),
                          {4, 2});
  }
  const heed::ImageShape image{.channels = 1, .height = 4, .width = 4};
  const heed::ImageCaptioner<S> captioner(
      {.image = image, .tokens = 6, .max_tokens = 3, .channels = 2, .features = 4, .embedding = 3, .hidden = 4});
  expect_same_gradients(captioner, {1, image.size() + 3}, true);
  const heed::MultimodalClassifier<S> questions({.image = image,
                                                 .max_words = 3,
                                                 .tokens = 6,
                                                 .classes = 2,
                                                 .channels = 2,
                                                 .embedding = 3,
                                                 .hidden = 4,
                                                 .heads = 2});
  expect_same_gradients(questions, {1, image.size() + 3}, true);
  expect_same_gradients(heed::AttentionQNetwork<S>({.features = 2,
                                                    .actions = 3,
                                                    .hidden = 4,
                                                    .num_heads = 2,
                                                    .positions = heed::PositionKind::learned,
                                                    .steps = 4}),
                        {4, 2});
}

TEST(FrozenGradients, OfCompositions) {
  expect_same_gradients(
      heed::Sequential(heed::Dense<S>({.in_features = 3, .out_features = 4}), heed::Relu<S>(),
                       heed::Gru<S>({.input_size = 4, .hidden_size = 5}), heed::LayerNorm<S>({.features = 5}),
                       heed::LastPool<S>(), heed::Dense<S>({.in_features = 5, .out_features = 2})),
      {4, 3});
  using Block = heed::TransformerEncoderBlock<S>;
  expect_same_gradients(heed::Repeat<Block>(3, {.d_model = 4, .num_heads = 2, .dim_feedforward = 6}), {4, 4});
}

TEST(FrozenGradients, OfConvolutions) {
  expect_same_gradients(
      heed::Sequential(heed::Conv2d<S>({.in_channels = 1, .out_channels = 2, .height = 5, .width = 5}),
                       heed::Dense<S>({.in_features = 18, .out_features = 2})),
      {1, 25});
}

}  // namespace frozen_gradients_test
