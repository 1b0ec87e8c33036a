// An error of a part says whose part it is, and a size the option that it belongs to.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"

namespace error_places_test {

using namespace heed;
using test_support::error_of;

/// What output_shape(x) says, up to the colon before what is wrong.
std::string place(const auto& model, Shape x) {
  const std::string text = error_of([&] { model.output_shape(x); });
  const std::size_t what = text.find(": wrong number");
  return what == std::string::npos ? text : text.substr(0, what);
}

constexpr TransformerOptions transformer{.d_model = 4, .num_heads = 2, .num_layers = 1, .dim_feedforward = 4};

TEST(ErrorPlaces, ModelsStandBeforeTheirParts) {
  EXPECT_EQ(place(SequenceClassifier<float>({.features = 3, .classes = 2, .hidden = 4}), {5, 2}), "SequenceClassifier");
  EXPECT_EQ(place(TransformerClassifier<float>({.features = 3, .classes = 2, .transformer = transformer}), {5, 2}),
            "TransformerClassifier: Dense");
  EXPECT_EQ(place(TransformerEncoder<float>(transformer), {5, 2}), "TransformerEncoder: layer 0: MultiHeadAttention");
  EXPECT_EQ(
      place(AttentionQNetwork<float>({.features = 3, .actions = 2, .hidden = 4, .num_heads = 2, .steps = 4}), {4, 2}),
      "AttentionQNetwork: layer 0: Dense");
  EXPECT_EQ(place(GraphAttentionNetwork<float>({.features = 3, .classes = 2}), {5, 2}),
            "GraphAttentionNetwork: GraphAttention");
  EXPECT_EQ(place(Tagger<float>({.tokens = {5, 6}, .embedding = {2, 2}, .classes = 2, .hidden = 2}), {5, 1}),
            "Tagger: JoinedEmbedding");
  EXPECT_EQ(
      place(VisionTransformer<float>({.image = {1, 4, 4}, .patch_size = 2, .classes = 2, .transformer = transformer}),
            {1, 3}),
      "VisionTransformer: PatchEmbedding");
  EXPECT_EQ(error_of([] { TextClassifier<float>({.tokens = 5, .classifier = {.classes = 2}}).output_shape({4, 2}); }),
            "TextClassifier: Embedding: tokens have one feature (expected 1, got 2)");
  EXPECT_EQ(error_of([] { LanguageModel<float>({.tokens = 5, .transformer = transformer}).output_shape({4, 2}); }),
            "LanguageModel: Embedding: tokens have one feature (expected 1, got 2)");
}

TEST(ErrorPlaces, ModelsStandBeforeWhatTheirPartsRefuse) {
  const auto begins = [](const std::string& text, const std::string& with) {
    EXPECT_EQ(text.substr(0, with.size()), with);
    EXPECT_EQ(text.find(with, with.size()), std::string::npos) << text;  // once
  };
  TransformerOptions odd = transformer;
  odd.num_heads = 3;
  begins(error_of([&] { TransformerClassifier<float>({.features = 3, .classes = 2, .transformer = odd}); }),
         "TransformerClassifier: ");
  begins(error_of([&] { LanguageModel<float>({.tokens = 5, .transformer = odd}); }), "LanguageModel: ");
  begins(error_of([] {
           SequenceClassifier<float>(
               {.features = 3, .classes = 2, .hidden = 4, .attention = Attention::multihead, .heads = 3});
         }),
         "SequenceClassifier: MultiHeadAttention: ");
  begins(error_of([] { TextClassifier<float>({.tokens = 5}); }), "TextClassifier: ");
  begins(error_of([] { Tagger<float>({.tokens = {5}, .embedding = {2, 2}, .classes = 2, .hidden = 2}); }), "Tagger: ");
  begins(error_of([] { SequenceClassifier<float>({.features = 3, .classes = 0}); }), "SequenceClassifier: ");
}

TEST(ErrorPlaces, ContainersSayWhichLayer) {
  using Square = Dense<float>;
  const Square square({.in_features = 3, .out_features = 3}), other({.in_features = 4, .out_features = 4});
  EXPECT_EQ(place(Repeat<Square>({square, square, other}), {5, 3}), "layer 2: Dense");
  EXPECT_EQ(place(Repeat<Square, LayerNorm<float>>({square}, LayerNorm<float>({4})), {5, 3}), "norm: LayerNorm");
  EXPECT_EQ(place(Residual(Sequential(square, other)), {5, 3}), "Residual: layer 1: Dense");
  EXPECT_EQ(place(Sequential(square, Residual(other)), {5, 3}), "layer 1: Residual: Dense");

  using Cell = Lstm<float>;
  const Sequential<Square, Cell> both_ways(square, Cell({.input_size = 3, .hidden_size = 2, .bidirectional = true}));
  typename Sequential<Square, Cell>::Cache cache;
  EXPECT_EQ(error_of([&] { both_ways.prepare_stream({1, 3}, cache); }),
            "layer 1: Lstm: a layer that runs from both ends has no next step (expected one direction, got two)");
}

TEST(ErrorPlaces, SizesHaveTheNamesOfTheirOptions) {
  const auto positive = [](const std::string& where, const std::string& name, Index got) {
    return where + ": " + name + " must be positive (expected at least 1, got " + std::to_string(got) + ")";
  };
  const std::vector<std::pair<std::string, std::string>> cases{
      {error_of([] { Gru<float>({.input_size = 2, .hidden_size = -3}); }), positive("Gru", "hidden_size", -3)},
      {error_of([] { Rnn<float>({.input_size = 0, .hidden_size = 3}); }), positive("Rnn", "input_size", 0)},
      {error_of([] { Embedding<float>({.num_embeddings = 4}); }), positive("Embedding", "embedding_dim", 0)},
      {error_of([] { MultiHeadAttention<float>({.embed_dim = 0}); }), positive("MultiHeadAttention", "embed_dim", 0)},
      {error_of([] { MultiHeadAttention<float>({.embed_dim = 4, .num_heads = 0}); }),
       positive("MultiHeadAttention", "num_heads", 0)},
      {error_of([] { AttentionPool<float>({.features = -1}); }), positive("AttentionPool", "features", -1)},
      {error_of([] { AdditiveAttention<float>({.query_size = 2}); }), positive("AdditiveAttention", "memory_size", 0)},
      {error_of([] { AdditiveAttention<float>({2, 2, -1}); }), positive("AdditiveAttention", "attention_size", -1)},
      {error_of([] { GeneralAttention<float>({3, 0}); }), positive("GeneralAttention", "memory_size", 0)},
      {error_of([] { DotAttention<float>({2, 3, 0}); }), positive("DotAttention", "output_size", 0)},
      {error_of([] { FeedForward<float>({.features = 0, .hidden = 3}); }), positive("FeedForward", "features", 0)},
      {error_of([] { Conv2d<float>({.in_channels = 1, .out_channels = 0, .height = 4, .width = 4}); }),
       positive("Conv2d", "out_channels", 0)},
      {error_of([] { MaxPool2d<float>({.channels = 1, .height = 0, .width = 4}); }),
       positive("MaxPool2d", "height", 0)},
      {error_of([] { PatchEmbedding<float>({.height = 4, .width = 4, .patch_size = 0, .embed_dim = 2}); }),
       positive("PatchEmbedding", "patch_size", 0)},
      {error_of([] { ShiftedPatchEmbedding<float>({.height = 4, .width = 4, .patch_size = 2}); }),
       positive("ShiftedPatchEmbedding", "embed_dim", 0)},
      {error_of([] { ReplayBuffer<float>(0, {2, 1}); }), positive("ReplayBuffer", "capacity", 0)},
  };
  for (const auto& [got, expected] : cases) EXPECT_EQ(got, expected);
}

TEST(ErrorPlaces, ChoicesAfterACastAreErrors) {
  const auto none = [](const std::string& where, const std::string& name, const std::string& names) {
    return where + ": no such " + name + " (expected one of " + names + ", got 99)";
  };
  const std::string scores = "additive, dot, scaled_dot, general", norms = "none, pre, post";
  const std::vector<std::pair<std::string, std::string>> cases{
      {error_of([] { Conv1d<float>({.in_channels = 1, .out_channels = 1, .padding = ConvPadding(99)}); }),
       none("Conv1d", "padding", "same, causal, valid, number")},
      {error_of([] { ConvBlock<float>({.in_channels = 1, .out_channels = 1, .norm = ConvNorm(99)}); }),
       none("ConvBlock", "norm", "step, sequence")},
      {error_of([] { Rnn<float>({.input_size = 1, .hidden_size = 1, .nonlinearity = Nonlinearity(99)}); }),
       none("Rnn", "nonlinearity", "tanh, relu")},
      {error_of([] { MultiHeadPool<float>({.features = 2, .heads = 1, .pooling = Pooling(99)}); }),
       none("MultiHeadPool", "pooling", "last, mean")},
      {error_of([] { MultiHeadAttention<float>({.embed_dim = 4, .relative_bias = RelativeBias(99)}); }),
       none("MultiHeadAttention", "relative_bias", "none, erpe, alibi")},
      {error_of([] { FeedForward<float>({.features = 2, .hidden = 2, .activation = FeedForwardActivation(99)}); }),
       none("FeedForward", "activation", "relu, gelu")},
      {error_of([] { TransformerEncoderBlock<float>({.d_model = 2, .num_heads = 1, .norm = NormPlacement(99)}); }),
       none("TransformerEncoderBlock", "norm", norms)},
      {error_of([] { TransformerDecoderBlock<float>({.d_model = 2, .num_heads = 1, .norm = NormPlacement(99)}); }),
       none("TransformerDecoderBlock", "norm", norms)},
      {error_of([] { AnyAttention<float>({.query_size = 2, .memory_size = 2, .score = ScoreKind(99)}); }),
       none("AnyAttention", "score", scores)},
      {error_of([] { AnyPool<float>({.features = 2, .kind = Attention(99)}); }).substr(0, 22),
       "AnyPool: no such kind "},
      {error_of([] { AnyPositions<float>({.kind = PositionKind(99)}); }).substr(0, 27), "AnyPositions: no such kind "},
      {error_of([] { AnyCell<float>({.kind = CellKind(99)}); }), none("AnyCell", "kind", "lstm, gru, rnn, none")},
      {error_of([] { SequenceClassifier<float>({.features = 2, .classes = 2, .cell = CellKind(99)}); }),
       none("SequenceClassifier", "cell", "lstm, gru, rnn, none")},
      {error_of([] {
         RocketClassifier<float>({.features = 2, .classes = 2, .steps = 4, .statistics = RocketStatistics(99)});
       }),
       none("RocketClassifier", "statistics", "ppv, all")},
  };
  for (const auto& [got, expected] : cases) EXPECT_EQ(got, expected);
}

TEST(ErrorPlaces, SizesThatAreTooLargeTogetherSayWhose) {
  constexpr Index much = Index(1) << 40;
  const std::string text = error_of([] { Conv1d<float>({.in_channels = much, .out_channels = much}); });
  EXPECT_EQ(text.substr(0, 8), "Conv1d: ") << text;
}

TEST(ErrorPlaces, ModelsThatNoLoadWouldAcceptAreNotWritten) {
  const auto error = [](const auto& model) { return error_of([&] { serialize(model); }); };
  EXPECT_EQ(error(SequenceClassifier<float>()),
            "SequenceClassifier: features out of range (expected 1 to 268435456, got 0)");
  EXPECT_EQ(error(RocketClassifier<float>()), "RocketClassifier: features out of range (expected 1 to 1048576, got 0)");
  EXPECT_EQ(error(SeriesEnsemble<float>()), "SeriesEnsemble: features out of range (expected 1 to 1048576, got 0)");
  SequenceClassifier<float> changed({.features = 2, .classes = 2, .hidden = 2});
  changed.options.attention = Attention(99);
  EXPECT_NE(error(changed).find("SequenceClassifier: no such attention"), std::string::npos);
}

}  // namespace error_places_test
