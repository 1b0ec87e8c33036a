// What weights start with: a key of its own for each layer, by its place, and for each model, by its seed; what
// somebody has set stays.

#include "heed/core/start.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/recall.hpp"
#include "../support/task.hpp"
#include "heed/heed.hpp"

namespace start_test {

using heed::Dense;
using heed::Index;
using heed::Key;
using heed::Sequential;
using heed::start_from;
using test_support::error_of;
using test_support::Task;
using Classifier = heed::SequenceClassifier<float>;

Dense<float> square() { return Dense<float>({.in_features = 4, .out_features = 4}); }

/// Two parameters of one size are never the same numbers, but where these are all one number.
template <class Model>
void expect_no_twins(const Model& model) {
  std::vector<std::pair<std::string, std::vector<float>>> all;
  heed::for_each_parameter(
      [&](const heed::Path& path, const auto& p) {
        const std::vector<float> now(p.begin(), p.end());
        const bool constant = std::adjacent_find(now.begin(), now.end(), std::not_equal_to<>()) == now.end();
        if (constant && now.size() > 1) return;
        for (const auto& [name, other] : all) EXPECT_NE(other, now) << name << " and " << path.text();
        all.emplace_back(path.text(), now);
      },
      model);
}

TEST(Start, LayersOfOneSizeDifferByTheirPlaces) {
  expect_no_twins(Sequential(square(), square(), heed::Relu<float>(), square()));
  expect_no_twins(Sequential(Sequential(square(), square()), Sequential(square(), square())));
  expect_no_twins(Sequential(heed::Residual(square()), square(), heed::Residual(Sequential(square(), square()))));
  using Lstm = heed::Lstm<float>;
  const Lstm::Options lstm{.input_size = 4, .hidden_size = 4, .num_layers = 2, .bidirectional = true};
  expect_no_twins(Sequential(heed::Residual(square()), Lstm(lstm), Dense<float>({8, 4}), Lstm(lstm)));
  const heed::TransformerEncoderBlock<float>::Options block{.d_model = 4, .num_heads = 2, .dim_feedforward = 4};
  expect_no_twins(heed::Repeat<heed::TransformerEncoderBlock<float>>(3, block));
  expect_no_twins(heed::Repeat<Dense<float>, Dense<float>>({square(), square()}, square()));
  expect_no_twins(heed::TransformerDecoderBlock<float>({.d_model = 4, .num_heads = 2, .dim_feedforward = 4}));
  expect_no_twins(heed::AnyAttention<float>({.query_size = 4, .memory_size = 5, .score = heed::ScoreKind::dot}));
}

TEST(Start, WhatIsSetStays) {
  Dense<float> set = square(), half = square();
  set.initialize(Key{7});
  half.bias.fill(0.5f);
  const Sequential model(square(), set, half, square());
  EXPECT_EQ(test_support::flat(std::get<1>(model.layers)), test_support::flat(set));
  EXPECT_EQ(test_support::flat(std::get<2>(model.layers)).back(), 0.5f);
  EXPECT_NE(test_support::flat(std::get<2>(model.layers)).front(), test_support::flat(half).front())
      << "its weight is as the constructor drew it";
  EXPECT_EQ(test_support::flat(heed::Residual(set)), test_support::flat(set));
  const heed::Repeat<Dense<float>> stack({square(), set});
  EXPECT_EQ(test_support::flat(stack.layers[1]), test_support::flat(set));
  expect_no_twins(model);
}

/// What constructors draw is what initialize({}) draws: by this `start_from` knows what is fresh.
template <class Model>
void expect_fresh(const Model& model, const char* what) {
  Model drawn = model;
  drawn.initialize(Key{});
  EXPECT_EQ(test_support::flat(model), test_support::flat(drawn)) << what;
  Model other = model;
  start_from(other, Key{5});
  drawn.initialize(Key{5});
  EXPECT_EQ(test_support::flat(other), test_support::flat(drawn)) << what;
  start_from(other, Key{6});
  EXPECT_EQ(test_support::flat(other), test_support::flat(drawn)) << what << ": it is not fresh any more";
}

TEST(Start, ConstructorsDrawFromKeyZero) {
  using namespace heed;
  expect_fresh(square(), "Dense");
  expect_fresh(Sequential(square(), Residual(square()), square()), "Sequential");
  expect_fresh(Repeat<Dense<float>>({square(), square()}), "Repeat");
  expect_fresh(Embedding<float>({.num_embeddings = 5, .embedding_dim = 3, .padding_idx = 0}), "Embedding");
  expect_fresh(Gru<float>({.input_size = 3, .hidden_size = 2, .num_layers = 2, .bidirectional = true}), "Gru");
  expect_fresh(MultiHeadAttention<float>({.embed_dim = 4, .num_heads = 2}), "MultiHeadAttention");
  expect_fresh(AdditiveAttention<float>({.query_size = 3, .memory_size = 2}), "AdditiveAttention");
  for (const ScoreKind score : {ScoreKind::additive, ScoreKind::dot, ScoreKind::general}) {
    expect_fresh(AnyAttention<float>({.query_size = 3, .memory_size = 2, .score = score}), "AnyAttention");
  }
  expect_fresh(QueryPool<AdditiveAttention<float>>({.query_size = 3, .memory_size = 2}), "QueryPool");
  expect_fresh(TransformerEncoderBlock<float>({.d_model = 4, .num_heads = 2, .dim_feedforward = 6}), "encoder block");
  expect_fresh(TransformerDecoderBlock<float>({.d_model = 4, .num_heads = 2, .dim_feedforward = 6}), "decoder block");
  expect_fresh(Conv2d<float>({.in_channels = 1, .out_channels = 2, .height = 4, .width = 4}), "Conv2d");
  expect_fresh(Classifier({.features = 3, .classes = 2, .attention = Attention::multihead}), "SequenceClassifier");
  expect_fresh(TextClassifier<float>({.tokens = 5, .classifier = {.classes = 2}}), "TextClassifier");
  expect_fresh(TransformerClassifier<float>({.features = 3, .classes = 2}), "TransformerClassifier");
  expect_fresh(LanguageModel<float>({.tokens = 9}), "LanguageModel");
  expect_fresh(Tagger<float>({.tokens = {5}, .embedding = {3}, .classes = 2}), "Tagger");
  for (const Bridge bridge : {Bridge::dense, Bridge::sum}) {
    const Seq2SeqOptions o{
        .source_tokens = 5, .target_tokens = 6, .embedding = 3, .hidden = 4, .bidirectional = true, .bridge = bridge};
    expect_fresh(Seq2Seq<float>(o), "Seq2Seq");
    expect_fresh(Seq2SeqEncoder<float>(o), "Seq2SeqEncoder");
  }
  expect_fresh(AttentionDecoder<float>({.tokens = 5, .embedding = 3, .hidden = 4, .memory = 4}), "AttentionDecoder");
  expect_fresh(AttentionQNetwork<float>({.features = 1, .actions = 2}), "AttentionQNetwork");
  expect_fresh(GraphAttentionNetwork<float>({.features = 3, .classes = 2}), "GraphAttentionNetwork");
  expect_fresh(
      VisionTransformer<float>({.image = {.channels = 1, .height = 4, .width = 4}, .patch_size = 2, .classes = 2}),
      "VisionTransformer");
}

template <class Model, class Options>
void expect_seeds(Options o, const char* what) {
  Model drawn(o);
  o.seed = 3;
  const Model three(o);
  drawn.initialize(Key{3});
  EXPECT_EQ(test_support::flat(three), test_support::flat(drawn)) << what;
  o.seed = 4;
  EXPECT_NE(test_support::flat(three), test_support::flat(Model(o))) << what;
  expect_no_twins(three);
}

TEST(Start, OfAModelIsThatOfItsSeed) {
  using namespace heed;
  expect_seeds<Classifier>(SequenceClassifierOptions{.features = 3, .classes = 2}, "SequenceClassifier");
  expect_seeds<TextClassifier<float>>(TextClassifierOptions{.tokens = 5, .classifier = {.classes = 2}},
                                      "TextClassifier");
  expect_seeds<TransformerClassifier<float>>(TransformerClassifierOptions{.features = 3, .classes = 2},
                                             "TransformerClassifier");
  expect_seeds<LanguageModel<float>>(LanguageModelOptions{.tokens = 9}, "LanguageModel");
  expect_seeds<Tagger<float>>(TaggerOptions{.tokens = {5}, .embedding = {3}, .classes = 2}, "Tagger");
  expect_seeds<Seq2Seq<float>>(
      Seq2SeqOptions{.source_tokens = 5, .target_tokens = 6, .embedding = 3, .hidden = 4, .bidirectional = true},
      "Seq2Seq");
  expect_seeds<VisionTransformer<float>>(
      VisionTransformerOptions{.image = {.channels = 1, .height = 4, .width = 4}, .patch_size = 2, .classes = 2},
      "VisionTransformer");
  expect_seeds<ImageCaptioner<float>>(
      ImageCaptionerOptions{.image = {.channels = 1, .height = 4, .width = 4}, .tokens = 6, .max_tokens = 5},
      "ImageCaptioner");
  expect_seeds<MultimodalClassifier<float>>(
      MultimodalClassifierOptions{
          .image = {.channels = 1, .height = 4, .width = 4}, .max_words = 3, .tokens = 6, .classes = 2},
      "MultimodalClassifier");
  expect_seeds<GraphAttentionNetwork<float>>(GraphAttentionNetworkOptions{.features = 3, .classes = 2},
                                             "GraphAttentionNetwork");
  expect_seeds<AttentionQNetwork<float>>(AttentionQNetworkOptions{.features = 1, .actions = 2}, "AttentionQNetwork");
  TextClassifierOptions inner{.tokens = 5, .classifier = {.classes = 2, .seed = 3}};
  EXPECT_NE(test_support::flat(TextClassifier<float>(inner)),
            test_support::flat(TextClassifier<float>({.tokens = 5, .classifier = {.classes = 2}})));
}

/// After full batches: only the start can differ.
std::vector<float> fitted(Classifier model, std::uint64_t seed, int epochs = 2) {
  const Task<float> task(20, {4, 3}, 2);
  heed::fit(model, task.view(), {.epochs = epochs, .seed = seed, .threads = 1});
  return test_support::flat(model);
}

TEST(Start, OfFitsOverSeedsDiffers) {
  const heed::SequenceClassifierOptions o{.features = 3, .classes = 2, .hidden = 4};
  const auto zero = fitted(Classifier(o), 0), one = fitted(Classifier(o), 1), two = fitted(Classifier(o), 2);
  EXPECT_NE(zero, one);
  EXPECT_NE(one, two);
  EXPECT_EQ(one, fitted(Classifier(o), 1));
  Classifier drawn(o);
  drawn.initialize(Key{1});
  EXPECT_EQ(fitted(Classifier(o), 1, 0), test_support::flat(drawn));
  EXPECT_EQ(fitted(drawn, 2), one) << "its start is set already";
}

TEST(Start, OfAModelThatFitRefusesStays) {
  Classifier model({.features = 3, .classes = 2, .hidden = 4});
  const auto before = test_support::flat(model);
  Task<float> task(20, {4, 3}, 2);
  task.labels[3] = 7;
  EXPECT_NE(error_of([&] { heed::fit(model, task.view(), {.epochs = 1, .seed = 1}); }), "no error");
  heed::Checkpoint broken;
  broken.load = [](heed::TrainingState&) -> bool { throw heed::Error(heed::Fault{"another run"}); };
  broken.save = [](const heed::TrainingState&) {};
  task.labels[3] = 1;
  EXPECT_NE(error_of([&] { heed::fit(model, task.view(), {.epochs = 1, .seed = 1, .checkpoint = broken}); }),
            "no error");
  EXPECT_EQ(test_support::flat(model), before);
}

/// A model of a user's, who draws nothing.
struct Twins {
  using Scalar = float;
  using Input = float;
  struct Cache {
    heed::LastPool<float>::Cache last;
    Dense<float>::Cache dense;
    heed::TileBuffer<float> pooled, hidden;
  };
  Dense<float> first = square(), second = square();
  heed::LastPool<float> last;
  heed::Shape output_shape(heed::Shape x) const { return {1, x.features}; }
  void forward(heed::Tile<const float> x, heed::Tile<float> y, Cache& c, const heed::Pass& pass) const {
    const auto pooled = c.pooled.take({1, 4}, x.lanes), hidden = c.hidden.take({1, 4}, x.lanes);
    last.forward(x, pooled, c.last, pass);
    first.forward(pooled, hidden, c.dense, pass);
    second.forward(hidden, y, c.dense, pass);
  }
  void backward(heed::Tile<const float>, heed::Tile<const float> y, heed::Tile<const float> dy, heed::Into<float>,
                Cache& c, Twins& grad, const heed::Pass& pass) const {
    const auto d = pass.scratch.like(c.hidden.view());
    second.backward(c.hidden.view(), y, dy, into(d), c.dense, grad.second, pass);
    first.backward(c.pooled.view(), c.hidden.view(), d, {}, c.dense, grad.first, pass);
  }
  static void visit(auto&& f, auto&... m) {
    f("first", m.first...);
    f("second", m.second...);
  }
};

TEST(Start, OfAModelThatDrawsNothingIsByPlacesToo) {
  const Task<float> task(20, {3, 4}, 4);
  Twins model, other;
  heed::fit(model, task.view(), {.epochs = 0, .threads = 1});
  expect_no_twins(model);
  heed::fit(other, task.view(), {.epochs = 0, .seed = 1, .threads = 1});
  EXPECT_NE(test_support::flat(model), test_support::flat(other));
  const auto before = test_support::flat(other);
  heed::fit(other, task.view(), {.epochs = 0, .seed = 2, .threads = 1});
  EXPECT_EQ(test_support::flat(other), before);
}

TEST(Start, OfGraphsAndQLearningFollowsTheSeed) {
  const heed::GraphAttentionNetworkOptions o{.features = 2, .classes = 2, .hidden = 2, .heads = 2};
  const heed::Graph graph(3, std::vector<heed::Edge>{{0, 1}, {1, 2}});
  heed::SparseRows<float> features(2);
  for (std::int32_t i = 0; i < 3; ++i) features.add_row(std::vector<std::int32_t>{i % 2}, std::vector<float>{1});
  const std::vector<std::int32_t> labels{0, 1, 0};
  const std::vector<Index> all{0, 1, 2};
  heed::GraphAttentionNetwork<float> network(o), drawn(o);
  heed::fit_nodes(network, {graph, features, labels}, all, {}, {.epochs = 0, .patience = 0, .seed = 3});
  drawn.initialize(Key{3});
  EXPECT_EQ(test_support::flat(network), test_support::flat(drawn));

  heed::AttentionQNetwork<float> actor({.features = 1, .actions = 2, .hidden = 8}), same = actor;
  const test_support::Recall task{};
  heed::QLearner<heed::AttentionQNetwork<float>, test_support::Recall> learner(actor, task,
                                                                               {.window = 3, .seed = 3, .threads = 1});
  same.initialize(Key{3});
  EXPECT_EQ(test_support::flat(actor), test_support::flat(same));
  EXPECT_EQ(test_support::flat(learner.target()), test_support::flat(same));
}

}  // namespace start_test
