// Models of ragged sequences in training: PyTorch's loss, epoch by epoch.

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "../support/reference.hpp"
#include "heed/compose/repeat.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/transformer_encoder_block.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/train/fit.hpp"

namespace ragged_training_test {

using heed::Index;
using test_support::Reference;

template <class Model>
void expect_curve(Model model, const std::string& name, const std::string& input = "input.x") {
  const Reference data("ragged_curve/data"), file("ragged_curve/" + name);
  const auto x = data.array(input);
  const std::vector<typename Model::Input> numbers(x.values.begin(), x.values.end());
  const auto labels = data.integers("input.labels"), lengths = data.integers("input.lengths");
  set_weights(model, file.arrays("weight."));
  const auto losses = file.values("output.loss");
  const heed::LabelledSequences<typename Model::Input> sequences{
      heed::view(numbers.data(), {x.extents[0], x.extents[1], x.extents.size() > 2 ? x.extents[2] : 1}), labels,
      lengths};
  const auto history = heed::fit(
      model, sequences,
      {.epochs = static_cast<int>(losses.size()), .learning_rate = file.number("learning_rate"), .threads = 2});
  ASSERT_EQ(history.epochs.size(), losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    EXPECT_NEAR(history.epochs[i].loss / losses[i], 1, 1e-10) << "epoch " << i + 1;
  }
  EXPECT_LT(losses.back(), 0.9 * losses.front());
}

constexpr heed::SequenceClassifierOptions small{.features = 5, .classes = 4, .hidden = 6, .dense = 7};

TEST(RaggedTraining, OfATwoLayerBidirectionalLstmFollowsPyTorch) {
  auto o = small;
  o.layers = 2;
  o.bidirectional = true;
  expect_curve(heed::SequenceClassifier<double>(o), "lstm");
}

TEST(RaggedTraining, OfAGruFollowsPyTorch) {
  auto o = small;
  o.cell = heed::CellKind::gru;
  expect_curve(heed::SequenceClassifier<double>(o), "gru");
}

TEST(RaggedTraining, OfAnEmbeddingWithPaddingFollowsPyTorch) {
  expect_curve(heed::TextClassifier<double>({.tokens = 12, .embedding = 5, .classifier = small}), "embedding",
               "input.tokens");
}

TEST(RaggedTraining, OfASimpleRnnOfTwoLayersFollowsPyTorch) {
  auto o = small;
  o.cell = heed::CellKind::rnn;
  o.layers = 2;
  o.attention = heed::Attention::none;
  expect_curve(heed::SequenceClassifier<double>(o), "rnn");
}

TEST(RaggedTraining, OfAnEmbeddingAndASingleDenseLayerFollowsPyTorch) {
  auto o = small;
  o.dense = 0;
  expect_curve(heed::TextClassifier<double>({.tokens = 12, .embedding = 5, .classifier = o}), "sentences",
               "input.tokens");
}

TEST(RaggedTraining, OfTwoEncoderBlocksWithKeyPaddingFollowsPyTorch) {
  using S = double;
  using Block = heed::TransformerEncoderBlock<S>;
  using Model = heed::Sequential<heed::Dense<S>, heed::Repeat<Block>, heed::MeanPool<S>, heed::Dense<S>>;
  const Block block({.d_model = 8, .num_heads = 2, .dim_feedforward = 12, .dropout = 0});
  expect_curve(Model(heed::Dense<S>({5, 8}), heed::Repeat<Block>({block, block}), {}, heed::Dense<S>({8, 4})),
               "encoder");
}

}  // namespace ragged_training_test
