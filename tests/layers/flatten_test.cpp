#include "heed/layers/flatten.hpp"

#include <gtest/gtest.h>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace flatten_test {

using heed::Flatten;
using test_support::error_of;

TEST(Flatten, FulfilsTheLayerContract) {
  const auto make = []<class S>() { return Flatten<S>({.channels = 3, .height = 2, .width = 4}); };
  const auto report = heed::testing::check_layer(make, {2, 24});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Flatten, EqualsPyTorch) {
  test_support::expect_equals_reference("flatten/image", Flatten<double>({.channels = 2, .height = 3, .width = 4}));
}

TEST(Flatten, RejectsWhatDoesNotFit) {
  EXPECT_NE(error_of([] { Flatten<float>({.channels = 1, .height = 0, .width = 4}); }), "no error");
  const Flatten<float> layer({.channels = 2, .height = 5, .width = 4});
  EXPECT_EQ(error_of([&] { layer.output_shape({1, 41}); }), "Flatten: wrong number of features (expected 40, got 41)");
}

}  // namespace flatten_test
