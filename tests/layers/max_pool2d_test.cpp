#include "heed/layers/max_pool2d.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace max_pool2d_test {

using heed::MaxPool2d;
using test_support::error_of;

TEST(MaxPool2d, FulfilsTheLayerContract) {
  const heed::testing::CheckOptions far_apart{.input_bound = 1000};  // no two of a window change places
  const auto pairs = []<class S>() { return MaxPool2d<S>({.channels = 3, .height = 4, .width = 5}); };
  auto report = heed::testing::check_layer(pairs, {2, 60}, far_apart);
  EXPECT_TRUE(report.ok()) << report.text();
  const auto overlapping = []<class S>() {
    return MaxPool2d<S>({.channels = 1, .height = 5, .width = 5, .kernel_size = 3, .stride = 1});
  };
  report = heed::testing::check_layer(overlapping, {2, 25}, far_apart);
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(MaxPool2d, EqualsPyTorch) {
  test_support::expect_equals_reference("max_pool2d/two", MaxPool2d<double>({.channels = 3, .height = 4, .width = 6}));
  test_support::expect_equals_reference(
      "max_pool2d/overlapping",
      MaxPool2d<double>({.channels = 2, .height = 5, .width = 5, .kernel_size = 3, .stride = 2}));
}

TEST(MaxPool2d, GivesTheGradientToTheFirstOfEquals) {
  heed::testing::LayerRun<MaxPool2d<double>> run(MaxPool2d<double>({.channels = 1, .height = 2, .width = 2}), {1, 4},
                                                 1);
  run.x = {1, 3, 3, 3};
  run.dy = {5};
  run.forward();
  run.backward();
  EXPECT_EQ(run.y, std::vector<double>{3});
  EXPECT_EQ(run.dx, (std::vector<double>{0, 5, 0, 0}));
}

TEST(MaxPool2d, RejectsWhatDoesNotFit) {
  EXPECT_NE(error_of([] { MaxPool2d<float>({.channels = 1, .height = 1, .width = 4}); }).find("does not fit"),
            std::string::npos);
  EXPECT_NE(error_of([] { MaxPool2d<float>({.channels = 1, .height = 4, .width = 4, .stride = -1}); }).find("stride"),
            std::string::npos);
  const MaxPool2d<float> layer({.channels = 2, .height = 5, .width = 4});
  EXPECT_EQ(layer.output_shape({1, 40}), (heed::Shape{1, 8}));
  EXPECT_EQ(error_of([&] { layer.output_shape({1, 41}); }),
            "MaxPool2d: wrong number of features (expected 40, got 41)");
}

TEST(MaxPool2d, DoesNotSwallowNaN) {
  for (int at = 0; at < 5; ++at) {
    std::vector<float> x{-1, 5, 2, -HUGE_VALF}, y(1);
    if (at < 4) x[static_cast<std::size_t>(at)] = std::numeric_limits<float>::quiet_NaN();
    heed::MaxPool2d<float> pool({.channels = 1, .height = 2, .width = 2});
    heed::MaxPool2d<float>::Cache cache;
    heed::Scratch scratch;
    pool.forward(heed::Tile<const float>(x.data(), {1, 4}, 1), heed::Tile<float>(y.data(), {1, 1}, 1), cache,
                 heed::Pass{scratch});
    EXPECT_EQ(std::isnan(y[0]), at < 4) << at;
    EXPECT_TRUE(at < 4 || y[0] == 5);
  }
}

}  // namespace max_pool2d_test
