#include "heed/layers/feed_forward.hpp"

#include <gtest/gtest.h>

#include "../support/reference.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/testing/check_layer.hpp"

namespace feed_forward_test {

using heed::FeedForward;
using heed::FeedForwardActivation;
using test_support::error_of;

template <class S>
FeedForward<S> feed_forward(FeedForwardActivation activation, double dropout = 0) {
  FeedForward<S> layer({.features = 4, .hidden = 7, .activation = activation, .dropout = dropout});
  for (S& b : layer.linear1.bias) b = S(9);  // keeps ReLU off its kink
  for (heed::Index i = 0; i < 3; ++i) layer.linear1.bias(i) = S(-9);
  return layer;
}

TEST(FeedForward, FulfilsTheLayerContract) {
  for (const auto activation : {FeedForwardActivation::relu, FeedForwardActivation::gelu}) {
    for (const double dropout : {0.0, 0.4}) {
      const bool gelu = activation == FeedForwardActivation::gelu;
      const auto report = heed::testing::check_layer([&]<class S>() { return feed_forward<S>(activation, dropout); },
                                                     {3, 4}, {.training = true, .initialize = gelu});
      EXPECT_TRUE(report.ok()) << report.text();
    }
  }
}

TEST(FeedForward, IsTwoDenseLayersAndAnActivation) {
  using heed::Dense;
  using heed::testing::LayerRun;
  const auto expect_same = [](auto activation, FeedForwardActivation option) {
    using Model = heed::Sequential<Dense<double>, decltype(activation), Dense<double>>;
    const FeedForward<double> layer({.features = 4, .hidden = 7, .activation = option});
    LayerRun<FeedForward<double>> run(layer, {2, 4}, 5);
    LayerRun<Model> model(Model(layer.linear1, activation, layer.linear2), {2, 4}, 5);
    run.randomize(heed::Key{1});
    model.randomize(heed::Key{1});
    run.forward();
    run.backward();
    model.forward();
    model.backward();
    EXPECT_EQ(run.y, model.y);
    EXPECT_EQ(run.dx, model.dx);
    EXPECT_EQ(run.flat_gradient(), model.flat_gradient());
  };
  expect_same(heed::Relu<double>(), FeedForwardActivation::relu);
  expect_same(heed::Gelu<double>(), FeedForwardActivation::gelu);
}

TEST(FeedForward, DropsHiddenUnits) {
  FeedForward<double> layer({.features = 2, .hidden = 400, .dropout = 0.25});
  layer.linear1.weight.fill(0);
  layer.linear1.bias.fill(1);
  layer.linear2.weight.fill(1);
  layer.linear2.bias.fill(0);
  heed::testing::LayerRun<FeedForward<double>> run(layer, {1, 2}, 3);
  run.randomize(heed::Key{1});
  run.forward();
  EXPECT_EQ(run.y, std::vector<double>(6, 400.0));
  run.training = true;
  run.forward();
  for (const double y : run.y) {
    EXPECT_NE(y, 400);
    EXPECT_NEAR(y, 400, 60);
  }
}

TEST(FeedForward, HasPyTorchsNames) {
  EXPECT_EQ(test_support::parameter_names(feed_forward<float>(FeedForwardActivation::relu)),
            "linear1.weight linear1.bias linear2.weight linear2.bias ");
}

TEST(FeedForward, RejectsWhatDoesNotFit) {
  EXPECT_EQ(error_of([] { FeedForward<float>({.features = 4, .hidden = 0}); }),
            "FeedForward: hidden must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error_of([] { FeedForward<float>({.features = 4, .hidden = 2, .dropout = 1}); }),
            "FeedForward: option out of range (expected dropout in [0, 1), got 1.000000)");
  EXPECT_NE(error_of([] { feed_forward<float>(FeedForwardActivation::relu).output_shape({2, 3}); }), "no error");
  EXPECT_EQ(feed_forward<float>(FeedForwardActivation::relu).output_shape({2, 4}), (heed::Shape{2, 4}));
}

}  // namespace feed_forward_test
