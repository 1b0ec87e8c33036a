#include "heed/layers/dense.hpp"

#include <gtest/gtest.h>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace dense_test {

using heed::Dense;
using test_support::error_of;

TEST(Dense, FulfilsTheLayerContract) {
  const auto report =
      heed::testing::check_layer([]<class S>() { return Dense<S>({.in_features = 7, .out_features = 6}); }, {3, 7});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Dense, FulfilsTheLayerContractWithoutABias) {
  const auto report = heed::testing::check_layer(
      []<class S>() { return Dense<S>({.in_features = 3, .out_features = 9, .bias = false}); }, {2, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Dense, EqualsPyTorch) {
  test_support::expect_equals_reference("dense/bias", Dense<double>({.in_features = 4, .out_features = 6}));
  test_support::expect_equals_reference("dense/no_bias",
                                        Dense<double>({.in_features = 4, .out_features = 6, .bias = false}));
}

TEST(Dense, HasPyTorchsNamesAndNoBiasWhereItIsSwitchedOff) {
  EXPECT_EQ(test_support::parameter_names(Dense<float>({.in_features = 2, .out_features = 3})), "weight bias ");
  EXPECT_EQ(test_support::parameter_names(Dense<float>({.in_features = 2, .out_features = 3, .bias = false})),
            "weight ");
}

TEST(Dense, StartsUniformWithinOneOverTheRootOfItsInputs) {
  Dense<double> layer({.in_features = 16, .out_features = 200});
  layer.initialize(heed::Key{3});
  for (const auto* values : {layer.weight.data(), layer.bias.data()}) {
    double low = 1, high = -1;
    for (int i = 0; i < 200; ++i) low = std::min(low, values[i]), high = std::max(high, values[i]);
    EXPECT_GE(low, -0.25);
    EXPECT_LT(low, -0.24);
    EXPECT_LE(high, 0.25);
    EXPECT_GT(high, 0.24);
  }
  EXPECT_NE(layer.weight(0, 0), layer.bias(0));
}

TEST(Dense, RejectsSizesThatDoNotFit) {
  const Dense<float> layer({.in_features = 4, .out_features = 6});
  EXPECT_EQ(error_of([&] { layer.output_shape({3, 5}); }), "Dense: wrong number of features (expected 4, got 5)");
  EXPECT_EQ(layer.output_shape({3, 4}), (heed::Shape{3, 6}));
  EXPECT_EQ(error_of([] { Dense<float>({.in_features = 0, .out_features = 6}); }),
            "Dense: in_features must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error_of([] { Dense<float>({.in_features = 4, .out_features = -1}); }),
            "Dense: out_features must be positive (expected at least 1, got -1)");
}

}  // namespace dense_test
