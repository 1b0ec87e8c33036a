#include "heed/compose/residual.hpp"

#include <gtest/gtest.h>

#include "../support/reference.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/testing/check_layer.hpp"

namespace residual_test {

using heed::Dense;
using heed::Residual;
using heed::Sequential;
using heed::Tanh;
using test_support::error_of;

template <class S>
auto feed_forward() {
  using Inner = Sequential<Dense<S>, Tanh<S>, heed::Dropout<S>>;
  return Residual<Inner>(Inner(Dense<S>({.in_features = 4, .out_features = 4}), {}, heed::Dropout<S>({.rate = 0.3})));
}

TEST(Residual, FulfilsTheLayerContract) {
  for (const bool training : {false, true}) {
    const auto report =
        heed::testing::check_layer([]<class S>() { return feed_forward<S>(); }, {3, 4}, {.training = training});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(Residual, FulfilsTheLayerContractAroundARecurrentLayer) {
  const auto make = []<class S>() {
    return Residual<heed::Lstm<S>>(heed::Lstm<S>({.input_size = 3, .hidden_size = 3}));
  };
  const auto report = heed::testing::check_layer(make, {3, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Residual, AddsTheInput) {
  Dense<double> dense({.in_features = 3, .out_features = 3});
  dense.initialize(heed::Key{2});  // it is set: it stays as it is
  heed::testing::LayerRun<Residual<Dense<double>>> run(Residual<Dense<double>>(dense), {2, 3}, 5);
  heed::testing::LayerRun<Dense<double>> alone(dense, {2, 3}, 5);
  run.randomize(heed::Key{1});
  alone.randomize(heed::Key{1});
  run.forward();
  alone.forward();
  for (std::size_t i = 0; i < run.y.size(); ++i) EXPECT_EQ(run.y[i], run.x[i] + alone.y[i]);
}

TEST(Residual, NamesAndInitializesItsLayer) {
  auto model = feed_forward<double>();
  EXPECT_EQ(test_support::parameter_names(model), "layer.0.weight layer.0.bias ");
  const auto before = test_support::numbers(model);
  model.initialize(heed::Key{3});
  EXPECT_NE(test_support::numbers(model), before);
  Residual<Tanh<double>>().initialize(heed::Key{3});  // nothing to do
}

TEST(Residual, RejectsALayerThatChangesTheShape) {
  const Residual<Dense<float>> model(Dense<float>({.in_features = 3, .out_features = 4}));
  EXPECT_EQ(error_of([&] { model.output_shape({5, 3}); }),
            "Residual: the layer must keep the shape (expected (5, 3), got (5, 4))");
  EXPECT_EQ(error_of([&] { model.output_shape({5, 2}); }),
            "Residual: Dense: wrong number of features (expected 3, got 2)");
}

}  // namespace residual_test
