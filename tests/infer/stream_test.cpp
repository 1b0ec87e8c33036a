#include "heed/infer/stream.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/stream_case.hpp"
#include "heed/compose/repeat.hpp"
#include "heed/compose/residual.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/layers/general_attention.hpp"
#include "heed/layers/gru.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/positions.hpp"
#include "heed/layers/query_pool.hpp"
#include "heed/layers/rnn.hpp"
#include "heed/layers/transformer_encoder_block.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"

namespace stream_test {

using heed::Attention;
using heed::Index;
using heed::Stream;
using heed::StreamState;
using test_support::error_of;
using test_support::expect_streams;
using Options = heed::SequenceClassifierOptions;
using Classifier = heed::SequenceClassifier<double>;

constexpr heed::Shape shape{7, 4};

TEST(Stream, OfLayersThatLookAtOneStep) {
  expect_streams(heed::Dense<double>({4, 3}), shape, false, 0);
  expect_streams(heed::Gelu<double>(), shape, false, 0);
  expect_streams(heed::Softmax<double>(), shape, false, 0);
  expect_streams(heed::LayerNorm<double>({4}), shape, false, 0);
  expect_streams(heed::Dropout<double>({0.5}), shape, false, 0);
  expect_streams(heed::Standardize<double>({1, 2, 3, 4}, {1, 2, 3, 4}), shape, false, 0);
  expect_streams(heed::FeedForward<double>({4, 6}), shape, false, 0);
  expect_streams(heed::Embedding<double>({.num_embeddings = 6, .embedding_dim = 3}), {7, 1}, false, 0);
}

using Block = heed::TransformerEncoderBlock<double>;
Block::Options block_options(heed::NormPlacement norm) {
  return {.d_model = 4, .num_heads = 2, .dim_feedforward = 6, .norm = norm, .causal = true};
}

TEST(Stream, OfStacks) {
  using Norm = heed::LayerNorm<double>;
  heed::Repeat<Block, Norm> stack(3, block_options(heed::NormPlacement::pre), Norm({4}));
  stack.initialize({3});
  expect_streams(stack, shape, true);
  expect_streams(heed::Repeat<Block>(2, block_options(heed::NormPlacement::post)), shape, true);
  expect_streams(heed::Residual(heed::Lstm<double>({.input_size = 4, .hidden_size = 4})), shape, false, 0);
  expect_streams(heed::Residual(heed::Dense<double>({4, 4})), shape, false, 0);
}

TEST(Stream, OfSequences) {
  heed::Sequential model(heed::Embedding<double>({.num_embeddings = 6, .embedding_dim = 4}),
                         heed::SinusoidalPositions<double>(),
                         heed::Repeat<Block>(2, block_options(heed::NormPlacement::pre)),
                         heed::Gru<double>({.input_size = 4, .hidden_size = 3}),
                         heed::AttentionPool<double>({.features = 3}), heed::Dense<double>({3, 2}));
  expect_streams(model, {7, 1}, true);
}

TEST(Stream, BehindAPoolEachPassHasOneStepOfItsOwn) {
  // what would remember, or look ahead, begins anew with each outcome of the pool
  heed::Sequential inner(heed::Dense<double>({4, 4}), heed::AttentionPool<double>({.features = 4}));
  heed::Sequential model(inner, heed::Lstm<double>({.input_size = 4, .hidden_size = 3, .bidirectional = true}),
                         heed::SinusoidalPositions<double>(),
                         heed::MultiHeadAttention<double>({.embed_dim = 6, .num_heads = 2}));
  expect_streams(model, shape, false);
}

TEST(Stream, OfTheClassifier) {
  for (const auto cell : {heed::CellKind::lstm, heed::CellKind::gru, heed::CellKind::rnn}) {
    for (const Index layers : {1, 2}) {
      for (const Attention attention : {Attention::pool, Attention::none, Attention::multihead, Attention::additive}) {
        Classifier model({.features = 4,
                          .classes = 3,
                          .hidden = 6,
                          .dense = 5,
                          .attention = attention,
                          .cell = cell,
                          .layers = layers,
                          .dropout = 0.3});
        const bool remembers_all = attention == Attention::multihead || attention == Attention::additive;
        expect_streams(model, shape, remembers_all);
        model.standardize = heed::Standardize<double>({0.1, 0.2, 0.3, 0.4}, {1, 2, 3, 4});
        expect_streams(model, shape, true);
      }
    }
  }
  expect_streams(heed::SequenceClassifier<float>({.features = 4, .classes = 3}), shape, false, 1e-6);
}

TEST(Stream, OfTheTextClassifier) {
  for (const Attention attention : {Attention::pool, Attention::additive}) {
    const heed::TextClassifier<double> model(
        {.tokens = 6, .embedding = 4, .classifier = {.classes = 3, .hidden = 5, .attention = attention}});
    expect_streams(model, {7, 1}, true);
  }
}

TEST(Stream, PredictsWhatThePredictorDoes) {
  const Classifier model({.features = 4, .classes = 3});
  const auto x = test_support::stream_input<double>(shape);
  Stream stream(model);
  heed::Predictor predictor(model);
  EXPECT_EQ(error_of([&] { stream.prediction(); }), "Stream: there is nothing to predict from before a step");
  for (Index t = 0; t < shape.steps; ++t) {
    stream.step(x.data() + t * 4, 4);
    const auto got = stream.prediction(), expected = predictor(x.data(), t + 1, 4);
    EXPECT_EQ(got.label, expected.label);
    test_support::expect_close(got.probabilities, {expected.probabilities.begin(), expected.probabilities.end()}, 1e-12,
                               t);
  }
  stream.restore(stream.state());
  EXPECT_EQ(error_of([&] { stream.prediction(); }), "Stream: there is nothing to predict from before a step");
}

TEST(Stream, TakesTokensAndViews) {
  const heed::TextClassifier<double> text({.tokens = 6, .embedding = 4, .classifier = {.classes = 3}});
  Stream words(text);
  const auto a = words.step(4);
  const std::vector<double> one(a.begin(), a.end());
  words.reset();
  const std::vector<std::int32_t> token{4};
  const auto b = words.step(token);
  EXPECT_EQ(std::vector<double>(b.begin(), b.end()), one);

  const Classifier model({.features = 4, .classes = 3});
  const heed::Tensor<double, 2> x({2, 4});
  Stream stream(model);
  EXPECT_EQ(stream.step(x.data(), 4).size(), 3U);
  EXPECT_EQ(stream.steps(), 1);
}

TEST(Stream, HasNoEndWithoutALimit) {
  const Classifier model({.features = 4, .classes = 3, .hidden = 4});
  const auto x = test_support::stream_input<double>({1, 4});
  Stream stream(model);
  for (int t = 0; t < 5000; ++t) stream.step(x);
  EXPECT_EQ(stream.steps(), 5000);
  EXPECT_EQ(stream.prediction().probabilities.size(), 3U);
}

TEST(Stream, EndsWithMaxStepsOrTheModelsPositions) {
  const std::vector<double> x(4, 0.5);
  const Classifier model({.features = 4, .classes = 3, .attention = Attention::multihead});
  Stream stream(model, {.max_steps = 3});
  for (int t = 0; t < 3; ++t) stream.step(x);
  const auto full = stream.state();
  EXPECT_EQ(error_of([&] { stream.step(x); }), "Stream: too many steps (expected at most 3, got 4)");
  EXPECT_EQ(stream.state(), full);
  stream.reset();
  EXPECT_EQ(stream.step(x).size(), 3U);

  const heed::LearnedPositions<double> positions({.max_steps = 2, .features = 4});
  Stream placed(positions, {.features = 4});
  placed.step(x);
  placed.step(x);
  EXPECT_EQ(error_of([&] { placed.step(x); }),
            "LearnedPositions: more steps than positions (expected at most 2, got 3)");
  EXPECT_EQ(error_of([&] { Stream(positions, {.max_steps = 3, .features = 4}); }),
            "LearnedPositions: more steps than positions (expected at most 2, got 3)");
}

TEST(Stream, RefusesModelsThatLookAhead) {
  const auto refusal = [](Options o) {
    o.features = 4;
    o.classes = 3;
    return error_of([&] {
      const Classifier model(o);
      Stream(model, {.max_steps = 9});
    });
  };
  EXPECT_EQ(
      refusal({.bidirectional = true}),
      "SequenceClassifier: Lstm: a layer that runs from both ends has no next step (expected one direction, got two)");
  EXPECT_EQ(
      refusal({.attention = Attention::multihead, .pooling = heed::Pooling::mean}),
      "SequenceClassifier: MultiHeadPool: the mean of multi-head attention changes at all steps with each new one "
      "(expected pooling last in a stream, got mean)");
  const heed::MultiHeadAttention<double> attention({.embed_dim = 4});
  EXPECT_EQ(error_of([&] { Stream(attention, {.max_steps = 9, .features = 4}); }),
            "MultiHeadAttention: an attention that looks ahead has no next step (expected causal to be on, got off)");
  const heed::AdditiveAttention<double> additive({.query_size = 4, .memory_size = 4});
  EXPECT_EQ(error_of([&] { Stream(additive, {.max_steps = 9, .features = 4}); }),
            "AdditiveAttention: an attention that looks ahead has no next step (expected causal to be on, got off)");
}

TEST(Stream, RefusesOptionsThatDoNotFit) {
  const Classifier model({.features = 4, .classes = 3, .attention = Attention::additive});
  EXPECT_EQ(error_of([&] { Stream(model, {}); }),
            "SequenceClassifier: AdditiveAttention: attention remembers all steps of a stream (expected max_steps of "
            "at least 1, got "
            "none)");
  EXPECT_EQ(error_of([&] { Stream(model, {.max_steps = -1}); }),
            "Stream: option out of range (expected max_steps of 0 to 2147483647, got -1)");
  const heed::MeanPool<double> wide;
  EXPECT_NE(error_of([&] { Stream(wide, {.max_steps = 2147483647, .features = Index(1) << 40}); }), "no error");
  EXPECT_EQ(error_of([&] { Stream(model, {.max_steps = 3, .features = 5}); }),
            "SequenceClassifier: wrong number of features (expected 4, got 5)");
  const heed::MeanPool<double> pool;
  EXPECT_EQ(error_of([&] { Stream{pool}; }),
            "Stream: the model does not say how many features a step has (expected features of at least 1, got 0)");
}

TEST(Stream, RefusesAWrongStepAndStaysWhereItWas) {
  const Classifier model({.features = 4, .classes = 3});
  Stream stream(model);
  std::vector<double> x(4, 0.5);
  stream.step(x);
  const auto before = stream.state();
  EXPECT_EQ(error_of([&] { stream.step(x.data(), 3); }), "Stream: wrong number of features (expected 4, got 3)");
  x[2] = NAN;
  EXPECT_EQ(error_of([&] { stream.step(x); }),
            "Stream, step 1, feature 2 (counted from 0): value is not finite (expected a finite number)");
  EXPECT_EQ(stream.state(), before);

  const heed::TextClassifier<double> text({.tokens = 6, .embedding = 4, .classifier = {.classes = 3}});
  Stream words(text);
  words.step(5);
  EXPECT_EQ(error_of([&] { words.step(6); }),
            "Stream, step 1 (counted from 0): token out of range (expected 0 to 5, got 6)");
  EXPECT_EQ(words.steps(), 1);
  heed::Sequential nested(heed::Embedding<double>({.num_embeddings = 6, .embedding_dim = 4}), heed::MeanPool<double>());
  Stream inner(nested);
  EXPECT_EQ(error_of([&] { inner.step(-1); }),
            "Stream, step 0 (counted from 0): token out of range (expected 0 to 5, got -1)");
}

TEST(Stream, RefusesAStateThatIsNotItsOwn) {
  const Classifier model({.features = 4, .classes = 3, .attention = Attention::multihead});
  Stream stream(model, {.max_steps = 3});
  stream.step(std::vector<double>(4, 0.5));
  const auto good = stream.state();
  auto bad = good;
  bad.numbers.pop_back();
  EXPECT_EQ(error_of([&] { stream.restore(bad); }),
            "Stream: a state of another model or max_steps (expected 256 numbers, got 255)");
  bad = good;
  bad.steps = 4;
  EXPECT_EQ(error_of([&] { stream.restore(bad); }),
            "Stream, state: number of steps out of range (expected 0 to 3, got 4)");
  bad.steps = -1;
  EXPECT_EQ(error_of([&] { stream.restore(bad); }),
            "Stream, state: number of steps out of range (expected 0 to 3, got -1)");
  bad = good;
  bad.numbers[7] = NAN;
  EXPECT_EQ(error_of([&] { stream.restore(bad); }), "Stream, state: value is not finite");
  EXPECT_EQ(stream.state(), good);
}

TEST(Stream, RefusesAStateAfterWhichStepsCannotBeCounted) {
  const heed::Lstm<double> model({.input_size = 1, .hidden_size = 2});
  Stream stream(model);
  auto state = stream.state();
  state.steps = std::numeric_limits<Index>::max();
  EXPECT_EQ(error_of([&] { stream.restore(state); }),
            "Stream, state: number of steps out of range (expected 0 to 4611686018427387903, got 9223372036854775807)");
  state.steps = (Index(1) << 62) - 2;
  stream.restore(state);
  stream.step(std::vector<double>{0.5});
  EXPECT_EQ(error_of([&] { stream.step(std::vector<double>{0.5}); }),
            "Stream: too many steps (expected at most 4611686018427387903, got 4611686018427387904)");
  EXPECT_EQ(stream.steps(), (Index(1) << 62) - 1);
}

TEST(Stream, RunsAsInTheReadme) {
  const heed::SequenceClassifier<float> model({.features = 5, .classes = 10});
  int readings = 0;
  const auto read = [&](std::vector<float>& x) {
    x.assign(5, 0.5F);
    return ++readings <= 3;
  };
  std::vector<float> x(5);

  heed::Stream stream(model);      // one for each sequence; they share the model
  while (read(x)) {                // x: the features of one step
    stream.step(x);                // gives the logits for the sequence so far
    auto p = stream.prediction();  // p.label, p.probabilities
    EXPECT_LT(p.label, 10);
  }
  auto state = stream.state();  // plain numbers and how many steps there were
  stream.reset();               // another sequence
  stream.restore(state);        // on with the first
  EXPECT_EQ(stream.steps(), 3);
}

TEST(Stream, RefusesStepsWhoseSizesCannotBe) {
  const Classifier model({.features = 2, .classes = 2, .attention = Attention::additive});
  for (const Index steps :
       {std::numeric_limits<Index>::max() / 8, std::numeric_limits<Index>::max(), Index(1) << 31, Index(-1)}) {
    EXPECT_NE(error_of([&] { Stream(model, {.max_steps = steps}); }).find("max_steps"), std::string::npos) << steps;
  }
}

}  // namespace stream_test
