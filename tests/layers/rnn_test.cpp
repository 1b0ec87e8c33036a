#include "heed/layers/rnn.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/long_tile.hpp"
#include "../support/recurrent_case.hpp"
#include "../support/recurrent_with_states.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace rnn_test {

using heed::Nonlinearity;
using heed::Rnn;

TEST(Rnn, FulfilsTheLayerContract) {
  for (const Nonlinearity nonlinearity : {Nonlinearity::tanh, Nonlinearity::relu}) {
    const auto report = heed::testing::check_layer(
        [&]<class S>() { return Rnn<S>({.input_size = 3, .hidden_size = 5, .nonlinearity = nonlinearity}); }, {4, 3},
        {.seed = nonlinearity == Nonlinearity::relu ? 3U : 1U});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(Rnn, FulfilsTheLayerContractWithItsStatesInBothDirections) {
  const auto report = heed::testing::check_layer(
      []<class S>() {
        using Layer = test_support::RecurrentWithStates<Rnn<S>>;
        return Layer{Rnn<S>({.input_size = 4, .hidden_size = 4, .num_layers = 2, .bidirectional = true})};
      },
      {8 + 4, 4}, {.shortest = 8});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Rnn, LongTilesGiveWhatTheirSequencesGiveInSmallOnes) {  // gradients of the last steps alone are kept
  using Layer = test_support::RecurrentWithStates<Rnn<double>>;
  const Layer layer{Rnn<double>({.input_size = 16, .hidden_size = 16, .num_layers = 2, .bidirectional = true})};
  for (const bool ragged : {false, true}) {
    test_support::expect_long_tile_equals_narrow_ones(layer, {8 + 57, 16}, ragged, 8);
  }
}

TEST(Rnn, FewerSequencesOrStepsAllocateNothing) {
  const Rnn<double> layer({.input_size = 4, .hidden_size = 8});
  heed::Scratch scratch;
  Rnn<double>::Cache cache;
  const auto pass_of = [&](heed::Index steps, heed::Index lanes) {
    heed::testing::LayerRun<Rnn<double>> run(layer, {steps, 4}, lanes);
    const heed::Tile<double> y = run.tile(run.y, run.output), dx = run.tile(run.dx, run.shape);
    const heed::Pass pass{scratch};
    const long before = test_support::allocations();
    layer.forward(run.input(), y, cache, pass);
    layer.backward(run.input(), y, run.tile(run.dy, run.output), into(dx), cache, run.gradient, pass);
    return test_support::allocations() - before;
  };
  for (const heed::Index lanes : {128, 96, 64, 48, 32, 16, 7, 1}) {
    const long count = pass_of(30, lanes);
    if (lanes < 128) {
      EXPECT_EQ(count, 0) << lanes << " lanes";
    }
  }
  EXPECT_EQ(pass_of(9, 128), 0);
}

TEST(Rnn, WithoutSequencesNothingHappens) {
  heed::testing::LayerRun<Rnn<double>> none(Rnn<double>({.input_size = 4, .hidden_size = 8}), {3, 4}, 0);
  none.forward();
  none.backward();
  EXPECT_EQ(none.flat_gradient(), std::vector<double>(none.flat_gradient().size(), 0.0));
}

TEST(Rnn, EqualsPyTorch) { test_support::expect_equals_pytorch<Rnn<double>>("rnn"); }

TEST(Rnn, StreamsToTheBitsOfWholePasses) {
  for (const heed::Index layers : {1, 2}) {
    test_support::expect_streams(heed::Rnn<double>({.input_size = 4, .hidden_size = 5, .num_layers = layers}), {7, 4},
                                 false, 0);
  }
}

}  // namespace rnn_test
