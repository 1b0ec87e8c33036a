#include "heed/layers/rnn.hpp"

#include <gtest/gtest.h>

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

TEST(Rnn, EqualsPyTorch) { test_support::expect_equals_pytorch<Rnn<double>>("rnn"); }

TEST(Rnn, StreamsToTheBitsOfWholePasses) {
  for (const heed::Index layers : {1, 2}) {
    test_support::expect_streams(heed::Rnn<double>({.input_size = 4, .hidden_size = 5, .num_layers = layers}), {7, 4},
                                 false, 0);
  }
}

}  // namespace rnn_test
