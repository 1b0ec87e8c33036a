#include "heed/layers/gru.hpp"

#include <gtest/gtest.h>

#include "../support/keras.hpp"
#include "../support/random.hpp"
#include "../support/recurrent_case.hpp"
#include "../support/recurrent_with_states.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace gru_test {

using heed::Gru;
using heed::Index;
using test_support::Reference;

TEST(Gru, FulfilsTheLayerContract) {
  for (const bool after : {true, false}) {
    SCOPED_TRACE(after ? "reset after" : "reset before");
    const auto report = heed::testing::check_layer(
        [&]<class S>() { return Gru<S>({.input_size = 3, .hidden_size = 5, .reset_after = after}); }, {4, 3});
    EXPECT_TRUE(report.ok()) << report.text();
  }
  const auto report = heed::testing::check_layer([]<class S>() { return Gru<S>({.input_size = 3, .hidden_size = 5}); },
                                                 {6, 3}, {.lanes = 64});  // weights' gradients in two parts
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Gru, FulfilsTheLayerContractWithItsStatesInBothDirections) {
  for (const bool after : {true, false}) {
    const auto report = heed::testing::check_layer(
        [&]<class S>() {
          using Layer = test_support::RecurrentWithStates<Gru<S>>;
          return Layer{Gru<S>(
              {.input_size = 4, .hidden_size = 4, .num_layers = 2, .bidirectional = true, .reset_after = after})};
        },
        {8 + 4, 4}, {.shortest = 8});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(Gru, EqualsPyTorch) { test_support::expect_equals_pytorch<Gru<double>>("gru"); }

TEST(Gru, EqualsKeras) {
  for (const auto& name : test_support::reference_names("keras", "gru")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    auto layer = test_support::recurrent_layer<Gru<double>>(file);
    set_weights(layer, test_support::keras_gru(file.arrays("weight."), false));
    const auto gradients = test_support::keras_gru(file.arrays("dweight."), true);
    for (const Index width : {4, 1}) expect_reference(run_recurrent(file, layer, width), file, gradients);
  }
}

TEST(Gru, HasPyTorchsNames) {
  EXPECT_EQ(test_support::parameter_names(Gru<float>({.input_size = 3, .hidden_size = 5})),
            "weight_ih_l0 weight_hh_l0 bias_ih_l0 bias_hh_l0 ");
}

TEST(Gru, StreamsToTheBitsOfWholePasses) {
  for (const heed::Index layers : {1, 2}) {
    test_support::expect_streams(heed::Gru<double>({.input_size = 4, .hidden_size = 5, .num_layers = layers}), {7, 4},
                                 false, 0);
    test_support::expect_streams(
        heed::Gru<double>({.input_size = 4, .hidden_size = 5, .num_layers = layers, .reset_after = false}), {7, 4},
        true, 0);
  }
}

}  // namespace gru_test
