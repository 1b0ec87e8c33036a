#include "heed/layers/layer_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace layer_norm_test {

using heed::Index;
using heed::LayerNorm;
using test_support::error_of;
using test_support::Reference;
using test_support::Values;

TEST(LayerNorm, FulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer([]<class S>() { return LayerNorm<S>({.features = 7}); }, {3, 7});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(LayerNorm, FulfilsTheLayerContractWithoutABias) {
  const auto report =
      heed::testing::check_layer([]<class S>() { return LayerNorm<S>({.features = 20, .bias = false}); }, {2, 20});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(LayerNorm, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("layer_norm")) {
    const Reference file(name);
    test_support::expect_equals_reference(
        name, LayerNorm<double>({.features = 6, .eps = file.number("eps"), .bias = file.flag("bias")}));
  }
}

TEST(LayerNorm, GivesMeanZeroAndDeviationOneAtFirst) {
  heed::testing::LayerRun<LayerNorm<double>> run(LayerNorm<double>({.features = 50}), {3, 50}, 5);
  run.randomize(heed::Key{1}, 100);
  run.forward();
  for (Index t = 0; t < 3; ++t) {
    for (Index l = 0; l < 5; ++l) {
      double sum = 0, squares = 0;
      for (Index f = 0; f < 50; ++f) {
        const double y = run.at(run.y, run.output, t, f, l);
        sum += y;
        squares += y * y;
      }
      EXPECT_NEAR(sum, 0, 1e-12);
      EXPECT_NEAR(squares / 50, 1, 1e-7);
    }
  }
}

TEST(LayerNorm, AStepOfEqualNumbersGivesTheBias) {
  LayerNorm<double> layer({.features = 4});
  layer.bias.fill(0.25);
  heed::testing::LayerRun<LayerNorm<double>> run(layer, {1, 4}, 3);
  run.x = Values(12, 1e6);
  run.dy = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  run.forward();
  run.backward();
  EXPECT_EQ(run.y, Values(12, 0.25));
  for (const double d : run.dx) EXPECT_TRUE(std::isfinite(d));
}

TEST(LayerNorm, PastASequencesEndIsZero) {
  LayerNorm<double> layer({.features = 2});
  layer.bias.fill(3);
  heed::testing::LayerRun<LayerNorm<double>> run(layer, {2, 2}, 3, {1, 0, 2});
  run.randomize(heed::Key{1});
  run.dy = Values(12, 1.0);  // also where nothing is valid
  run.forward();
  run.backward();
  EXPECT_EQ(run.at(run.y, run.output, 1, 0, 0), 0);
  EXPECT_EQ(run.at(run.y, run.output, 0, 1, 1), 0);
  EXPECT_NE(run.at(run.y, run.output, 1, 1, 2), 0);
  EXPECT_EQ(run.at(run.dx, run.shape, 1, 0, 0), 0);
  EXPECT_EQ(run.gradient.bias(0), 3);
}

TEST(LayerNorm, StartsAsPyTorchDoesWithItsNames) {
  LayerNorm<float> layer({.features = 3});
  layer.initialize(heed::Key{5});
  EXPECT_EQ(test_support::numbers(layer), (Values{1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(test_support::parameter_names(layer), "weight bias ");
  EXPECT_EQ(test_support::parameter_names(LayerNorm<float>({.features = 3, .bias = false})), "weight ");
}

TEST(LayerNorm, RejectsWhatDoesNotFit) {
  EXPECT_EQ(error_of([] { LayerNorm<float>({.features = 0}); }),
            "LayerNorm: features must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error_of([] { LayerNorm<float>({.features = 3, .eps = 0}); }),
            "LayerNorm: option out of range (expected eps above 0, got 0)");
  EXPECT_EQ(error_of([] { LayerNorm<float>({.features = 3, .eps = 1e-60}); }),
            "LayerNorm: option out of range (expected eps above 0 and finite as a float, got 1e-60)");
  EXPECT_NE(error_of([] { LayerNorm<float>({.features = 3, .eps = 1e60}); }).find("got 1e+60"), std::string::npos);
  EXPECT_NE(error_of([] { LayerNorm<float>({.features = 3, .eps = std::numeric_limits<double>::quiet_NaN()}); }),
            "no error");
  EXPECT_EQ(error_of([] { LayerNorm<double>({.features = 3, .eps = 1e-60}); }), "no error");
  EXPECT_EQ(error_of([] { LayerNorm<float>({.features = 3}).output_shape({2, 4}); }),
            "LayerNorm: wrong number of features (expected 3, got 4)");
  EXPECT_EQ(LayerNorm<float>({.features = 3}).output_shape({2, 3}), (heed::Shape{2, 3}));
}

}  // namespace layer_norm_test
