// A warm prediction allocates nothing, nor does any step of a stream.

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/stream_case.hpp"
#include "../support/task.hpp"
#include "heed/compose/repeat.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/layers/general_attention.hpp"
#include "heed/layers/gru.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/positions.hpp"
#include "heed/layers/query_pool.hpp"
#include "heed/layers/transformer_encoder_block.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"

namespace allocation_test {

using heed::Attention;
using heed::Index;
using heed::Output;
using heed::Predictor;
using heed::Tensor;
using test_support::Task;

constexpr Attention attentions[] = {Attention::pool, Attention::multihead, Attention::additive, Attention::none};

TEST(Predictor, DoesNotAllocateOnceWarm) {
  const Task<float> task(130, {5, 3}, 4, true);
  Tensor<float, 2> out({130, 4});
  std::vector<float> one(4);
  std::vector<std::uint8_t> there(130 * 5, 1);
  for (std::size_t i = 0; i < there.size(); i += 3) there[i] = 0;
  const heed::StepMask mask(heed::view(there, {130, 5}));
  for (const Attention attention : attentions) {
    auto model =
        heed::SequenceClassifier<float>({.features = 3, .classes = 4, .hidden = 8, .dense = 6, .attention = attention});
    model.standardize = heed::Standardize<float>({1, 2, 3}, {1, 2, 3});
    Predictor predictor(model);
    const auto call = [&] {
      predictor(task.x, out.view(), task.lengths);
      predictor(task.x, out.view(), {}, Output::logits);
      predictor(task.x[3], one);
      predictor(task.x[4]);
      predictor(task.x.data(), 2, 3);
      predictor(task.x, out.view(), task.lengths, mask);
      predictor(task.x[4], mask.row(4));
    };
    call();
    const long before = test_support::allocations();
    for (int i = 0; i < 5; ++i) call();
    EXPECT_EQ(test_support::allocations(), before) << to_text(attention);
  }
}

/// Allocations of all steps of a stream from the first one on, and of its predictions.
template <class Model>
long step_allocations(const Model& model, heed::Shape shape, Index max_steps) {
  const auto x = test_support::stream_input<typename Model::Input>(shape);
  heed::Stream stream(model, {.max_steps = max_steps, .features = shape.features});
  const long before = test_support::allocations();
  for (Index t = 0; t < shape.steps; ++t) stream.step(x.data() + t * shape.features, shape.features);
  stream.reset();
  for (Index t = 0; t < shape.steps; ++t) stream.step(x.data() + t * shape.features, shape.features);
  return test_support::allocations() - before;
}

TEST(Stream, AllocatesNothingFromTheFirstStepOn) {
  const heed::Shape shape{70, 3};
  for (const Attention attention : attentions) {
    for (const auto cell : {heed::CellKind::lstm, heed::CellKind::gru, heed::CellKind::rnn}) {
      heed::SequenceClassifier<float> model(
          {.features = 3, .classes = 4, .hidden = 8, .dense = 6, .attention = attention, .cell = cell, .layers = 2});
      EXPECT_EQ(step_allocations(model, shape, 70), 0) << to_text(attention);
      model.standardize = heed::Standardize<float>({1, 2, 3}, {1, 2, 3});
      EXPECT_EQ(step_allocations(model, shape, 70), 0) << to_text(attention);
    }
  }
  EXPECT_EQ(step_allocations(heed::SequenceClassifier<float>({.features = 3, .classes = 4}), shape, 0), 0);
  EXPECT_EQ(step_allocations(heed::TextClassifier<float>({.tokens = 6, .embedding = 4, .classifier = {.classes = 3}}),
                             {70, 1}, 0),
            0);

  using Block = heed::TransformerEncoderBlock<float>;
  const Block::Options block{.d_model = 4, .num_heads = 2, .dim_feedforward = 6, .causal = true};
  Block::Options relative = block;
  relative.relative_positions = 2;
  const heed::Sequential model(heed::Embedding<float>({.num_embeddings = 6, .embedding_dim = 4}),
                               heed::SinusoidalPositions<float>(), heed::Repeat<Block>(2, block), Block(relative),
                               heed::GeneralAttention<float>({.query_size = 4, .memory_size = 4, .causal = true}),
                               heed::QueryPool<heed::AdditiveAttention<float>>({.query_size = 3, .memory_size = 4}));
  EXPECT_EQ(step_allocations(model, {70, 1}, 70), 0);
  EXPECT_EQ(step_allocations(heed::Sequential(heed::SinusoidalPositions<float>(), heed::MaxPool<float>()), shape, 0),
            0);
}

TEST(Stream, APredictionAllocatesNothingOnceWarm) {
  const heed::SequenceClassifier<float> model({.features = 3, .classes = 4});
  const auto x = test_support::stream_input<float>({1, 3});
  heed::Stream stream(model);
  stream.step(x);
  stream.prediction();
  const long before = test_support::allocations();
  stream.step(x);
  stream.prediction();
  EXPECT_EQ(test_support::allocations(), before);
}

}  // namespace allocation_test
