// The last state of both directions: the final states, or, of files from before there was this choice and of weights
// trained so, the outputs of the last step.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/numbers.hpp"
#include "../support/random.hpp"
#include "../support/task.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/testing/check_layer.hpp"

namespace last_state_test {

using heed::Attention;
using heed::CellKind;
using heed::Index;
using heed::LastState;
using heed::Metadata;
using heed::Tile;
using test_support::error_of;
using test_support::largest_difference;
using test_support::Numbers;
using Model = heed::SequenceClassifier<double>;
using Options = heed::SequenceClassifierOptions;

Options both(Attention attention, CellKind cell = CellKind::lstm, Index layers = 1) {
  Options o{.features = 3, .classes = 4, .hidden = 4, .dense = 0, .attention = attention};
  o.cell = cell;
  o.layers = layers;
  o.bidirectional = true;
  return o;
}

template <class S>
heed::SequenceClassifier<S> random_model(const Options& o) {
  heed::SequenceClassifier<S> model(o);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  return model;
}

constexpr Index steps = 5, lanes = 4;
const std::vector<std::int32_t> ragged{5, 2, 0, 1};

std::vector<double> logits_of(const Model& model, const Numbers& x, const std::vector<std::int32_t>& lengths) {
  Numbers z({1, 4}, lanes, 2);
  Model::Cache cache;
  heed::Scratch scratch;
  model.forward(x.view(lengths), z.tile(), cache, heed::Pass{scratch});
  return z.values;
}

/// The logits from layers one by one; the last state is h_n of the last layer, or the outputs of the last step.
std::vector<double> by_hand(const Model& m, const Numbers& x, const std::vector<std::int32_t>& lengths, bool h_n) {
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  const Tile<const double> in = x.view(lengths);
  Numbers states({steps, 8}, lanes, 3), query({1, 8}, lanes, 4), pooled = query, z({1, 4}, lanes, 5);
  const heed::Shape of_state = m.recurrent.state_shape();
  Numbers h(of_state, lanes, 6), c = h;
  typename decltype(m.recurrent)::Cache cache;
  m.recurrent.forward(in, states.tile(), cache, pass, {}, {h.tile(), c.tile()});
  if (h_n) {  // of the last layer: forward, then backward
    for (Index d = 0; d < 2; ++d) {
      for (Index i = 0; i < 4 * lanes; ++i)
        query.tile().at(0, 4 * d)[i] = h.tile().step(of_state.steps - 2 + d).data[i];
    }
  } else {
    take_last(in, states.view(lengths), Tile<const double>(), query.tile());
  }
  const Tile<const double> memory = states.view(lengths), asked = query.view();
  heed::AdditiveAttention<double>::Cache additive;
  heed::MultiHeadAttention<double>::Cache multihead;
  heed::Dense<double>::Cache dense;
  if (m.options.attention == Attention::none) pooled = query;
  if (m.options.attention == Attention::additive) m.pool.additive.forward(asked, memory, pooled.tile(), additive, pass);
  if (m.options.attention == Attention::multihead)
    m.pool.multihead.attention.forward(asked, memory, pooled.tile(), multihead, pass);
  m.fc2.forward(pooled.view(), z.tile(), dense, pass);
  return z.values;
}

TEST(LastState, OfBothDirectionsIsTheFinalStateOfEach) {
  const Numbers x({steps, 3}, lanes, 1);
  for (const Attention attention : {Attention::none, Attention::additive, Attention::multihead}) {
    for (const CellKind cell : {CellKind::lstm, CellKind::gru, CellKind::rnn}) {
      for (const Index layers : {1, 2}) {
        for (const auto& lengths : {std::vector<std::int32_t>(), ragged}) {
          SCOPED_TRACE(std::string(to_text(attention)) + ' ' + std::string(to_text(cell)));
          Options o = both(attention, cell, layers);
          const auto final = logits_of(random_model<double>(o), x, lengths);
          EXPECT_LE(largest_difference(final, by_hand(random_model<double>(o), x, lengths, true)), 1e-14);
          o.last_state = LastState::step;
          const auto step = logits_of(random_model<double>(o), x, lengths);
          EXPECT_LE(largest_difference(step, by_hand(random_model<double>(o), x, lengths, false)), 1e-14);
          EXPECT_GT(largest_difference(final, step), 1e-7);
        }
      }
    }
  }
}

TEST(LastState, OfOneDirectionIsOneAndTheSame) {
  const Numbers x({steps, 3}, lanes, 1);
  for (const Attention attention : {Attention::none, Attention::additive, Attention::multihead}) {
    Options o = both(attention);
    o.bidirectional = false;
    const auto final = logits_of(random_model<double>(o), x, ragged);
    o.last_state = LastState::step;
    EXPECT_EQ(logits_of(random_model<double>(o), x, ragged), final);
  }
}

TEST(LastState, FulfilsTheContractEitherWay) {
  for (const LastState state : {LastState::final, LastState::step}) {
    for (const Attention attention : {Attention::none, Attention::additive, Attention::multihead}) {
      Options o = both(attention, CellKind::gru);
      o.last_state = state;
      const auto report = heed::testing::check_layer([&]<class S>() { return random_model<S>(o); }, {4, 3},
                                                     {.zero_when_empty = false, .initialize = false});
      EXPECT_TRUE(report.ok()) << to_text(attention) << report.text();
    }
  }
}

TEST(LastState, AskingForAttentionWeightsChangesNoGradient) {
  using Run = heed::testing::LayerRun<Model>;
  const Model model = random_model<double>(both(Attention::multihead));
  Run asked(model, {4, 3}, 5, heed::testing::ragged_lengths(5, 4)), plain = asked;
  model.keep_attention_weights(asked.cache);
  for (Run* run : {&asked, &plain}) {
    run->randomize(heed::Key{6});
    run->forward();
    run->backward();
  }
  EXPECT_LE(largest_difference(asked.y, plain.y), 1e-15);
  EXPECT_LE(largest_difference(asked.dx, plain.dx), 1e-14);
  EXPECT_LE(largest_difference(test_support::flat(asked.gradient), test_support::flat(plain.gradient)), 1e-14);
}

TEST(LastState, OfFilesFromBeforeThereWasAChoiceIsThatOfTheLastStep) {
  Numbers numbers({2, 18}, 1, 9);  // two sequences of six steps of three features
  for (const std::string attention : {"none", "additive", "multihead"}) {
    SCOPED_TRACE(attention);
    // written by heed when there was no last_state; its probabilities stand beside the options
    const auto path =
        std::filesystem::path(__FILE__).parent_path() / "data" / ("last_step_" + attention + ".safetensors");
    const heed::SafetensorsFile file(path);
    const auto model = heed::load<heed::SequenceClassifier<float>>(file);
    EXPECT_EQ(model.options.last_state, LastState::step);
    EXPECT_FALSE(metadata_of(model).contains("last_state")) << "an older heed reads it too";
    const std::vector<double> expected = heed::get_doubles(file.metadata(), "probabilities");
    heed::Predictor<heed::SequenceClassifier<float>> predictor(model);
    std::vector<double> got;
    for (Index i = 0; i < 2; ++i) {
      std::vector<float> x(numbers.values.begin() + 18 * i, numbers.values.begin() + 18 * (i + 1));
      for (const float p : predictor(x.data(), i == 0 ? 6 : 4, 3).probabilities) got.push_back(p);
    }
    EXPECT_LE(largest_difference(got, expected), 1e-6);
    EXPECT_NE(error_of([&] {
                heed::load<heed::SequenceClassifier<float>>(file, {{"last_state", "final"}});
              }).find("option \"last_state\": the file says otherwise (expected \"step\", got \"final\")"),
              std::string::npos);
  }
}

TEST(LastState, StandsInFilesWhereItIsTheFinalOne) {
  Options o = both(Attention::none);
  const Metadata final = to_metadata(o);
  EXPECT_EQ(final.at("last_state"), "final");
  EXPECT_EQ(heed::from_metadata<Options>(final), o);
  o.last_state = LastState::step;
  EXPECT_FALSE(to_metadata(o).contains("last_state"));
  EXPECT_EQ(heed::from_metadata<Options>(to_metadata(o)), o);
  o.bidirectional = false;
  EXPECT_FALSE(to_metadata(o).contains("last_state"));
}

TEST(LastState, OfTextClassifiersIsTheSame) {
  heed::TextClassifierOptions o{.tokens = 9, .embedding = 3, .classifier = both(Attention::none)};
  EXPECT_EQ(heed::TextClassifier<float>(o).classifier.pool.last.both_ends, true);
  EXPECT_EQ(to_metadata(o).at("last_state"), "final");
  Metadata before = to_metadata(o);
  before.erase("last_state");
  EXPECT_EQ(heed::from_metadata<heed::TextClassifierOptions>(before).classifier.last_state, LastState::step);
}

TEST(LastState, OfAFileWithoutOptionsIsFinalUnlessAHintSaysStep) {
  const Model model = random_model<double>(both(Attention::none));
  std::vector<heed::TensorShape> shapes;
  for_each_parameter([&](const heed::Path& path,
                         const auto& p) { shapes.push_back({path.text(), {p.extents().begin(), p.extents().end()}}); },
                     model);
  Options o = Model::options_from(shapes);
  EXPECT_EQ(o, both(Attention::none));
  set_fields(o, {{"last_state", "step"}});
  EXPECT_EQ(o.last_state, LastState::step);
}

}  // namespace last_state_test
