#include "heed/layers/recurrent.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/layers/gru.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/rnn.hpp"
#include "heed/testing/layer_run.hpp"

namespace {

using heed::Index;
using test_support::error_of;

// A ragged batch in both directions: each sequence as it would be alone, whatever stands past its end.
template <class R>
void expect_each_sequence_as_alone() {
  const R layer({.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true});
  const std::vector<std::int32_t> lengths{5, 0, 2, 1};
  heed::testing::LayerRun<R> all(layer, {5, 3}, 4, lengths);
  all.randomize(heed::Key{3});
  all.forward();
  for (std::size_t lane = 0; lane < lengths.size(); ++lane) {
    const Index length = lengths[lane];
    heed::testing::LayerRun<R> alone(layer, {length, 3}, 1);
    for (std::size_t i = 0; i < alone.x.size(); ++i) alone.x[i] = all.x[i * 4 + lane];
    alone.forward();
    for (std::size_t i = 0; i < all.y.size() / 4; ++i) {
      const double expected = i < alone.y.size() ? alone.y[i] : 0.0;
      EXPECT_NEAR(all.y[i * 4 + lane], expected, 1e-14) << "lane " << lane << ", number " << i;
    }
  }
}

TEST(Recurrent, RunsEachSequenceOfARaggedBatchAsAlone) {
  expect_each_sequence_as_alone<heed::Lstm<double>>();
  expect_each_sequence_as_alone<heed::Gru<double>>();
  expect_each_sequence_as_alone<heed::Rnn<double>>();
}

TEST(Recurrent, TheBackwardDirectionIsTheForwardOneOfTheReversedSequence) {
  using Layer = heed::Lstm<double>;
  Layer both({.input_size = 3, .hidden_size = 4, .bidirectional = true});
  Layer one({.input_size = 3, .hidden_size = 4});
  one.weights[0] = both.weights[1];
  heed::testing::LayerRun<Layer> forward(both, {6, 3}, 1), reversed(one, {6, 3}, 1);
  forward.randomize(heed::Key{3});
  for (std::size_t t = 0; t < 6; ++t) std::copy_n(&forward.x[3 * t], 3, &reversed.x[3 * (5 - t)]);
  forward.forward();
  reversed.forward();
  for (std::size_t t = 0; t < 6; ++t) {
    for (std::size_t f = 0; f < 4; ++f) EXPECT_EQ(forward.y[8 * t + 4 + f], reversed.y[4 * (5 - t) + f]);
  }
}

TEST(Recurrent, LayersStartDifferently) {
  heed::Gru<double> layer({.input_size = 4, .hidden_size = 4, .num_layers = 2, .bidirectional = true});
  layer.initialize(heed::Key{1});
  const auto& w = layer.weights;
  EXPECT_NE(w[0].hh(0, 0), w[1].hh(0, 0));
  EXPECT_NE(w[0].hh(0, 0), w[2].hh(0, 0));
  EXPECT_NE(w[2].hh(0, 0), w[3].hh(0, 0));
}

TEST(Recurrent, KnowsItsSizes) {
  const heed::Rnn<float> layer({.input_size = 3, .hidden_size = 4, .num_layers = 3, .bidirectional = true});
  EXPECT_EQ(layer.num_layers(), 3);
  EXPECT_EQ(layer.output_size(), 8);
  EXPECT_EQ(layer.weights[2].input_size(), 8);
  EXPECT_EQ(layer.state_shape(), (heed::Shape{6, 4}));
  EXPECT_EQ(error_of([&] { layer.output_shape({2, 4}); }), "Rnn: wrong number of features (expected 3, got 4)");
}

}  // namespace
