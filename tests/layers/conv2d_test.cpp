#include "heed/layers/conv2d.hpp"

#include <gtest/gtest.h>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace conv2d_test {

using heed::Conv2d;
using heed::Index;
using test_support::error_of;
using test_support::Reference;
using Options = Conv2d<double>::Options;

Options options(const Reference& file) {
  const auto index = [&](const std::string& name, Index otherwise) {
    return file.options().contains(name) ? file.index(name) : otherwise;
  };
  return {.in_channels = file.index("channels"),
          .out_channels = file.index("out"),
          .height = file.index("height"),
          .width = file.index("width"),
          .kernel_size = file.index("kernel_size"),
          .stride = index("stride", 1),
          .padding = index("padding", 0),
          .bias = file.has("weight.bias")};
}

void expect_contract(const Options& o) {
  const auto make = [&]<class S>() {
    return Conv2d<S>({o.in_channels, o.out_channels, o.height, o.width, o.kernel_size, o.stride, o.padding, o.bias});
  };
  const auto report = heed::testing::check_layer(make, {2, o.height * o.width * o.in_channels});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Conv2d, FulfilsTheLayerContract) {
  expect_contract({.in_channels = 2, .out_channels = 5, .height = 4, .width = 5, .padding = 1});
  expect_contract({.in_channels = 1, .out_channels = 3, .height = 5, .width = 4, .stride = 2});
  expect_contract({.in_channels = 3,
                   .out_channels = 2,
                   .height = 4,
                   .width = 3,
                   .kernel_size = 4,
                   .stride = 3,
                   .padding = 2,
                   .bias = false});
  expect_contract({.in_channels = 2, .out_channels = 9, .height = 2, .width = 3, .kernel_size = 1});
}

TEST(Conv2d, EqualsPyTorch) {
  for (const char* name : {"conv2d/same", "conv2d/stride", "conv2d/wide", "conv2d/no_bias"}) {
    const Reference file(name);
    test_support::expect_equals_reference(name, Conv2d<double>(options(file)));
  }
}

TEST(Conv2d, LeavesOutPixelsThatNoWindowMeets) {
  Conv2d<double> layer({.in_channels = 1, .out_channels = 1, .height = 4, .width = 4, .kernel_size = 1, .stride = 2});
  heed::testing::LayerRun<Conv2d<double>> run(layer, {1, 16}, 3);
  run.randomize(heed::Key{2});
  run.forward();
  run.backward();
  for (Index pixel = 0; pixel < 16; ++pixel) {
    const bool met = pixel % 2 == 0 && pixel / 4 % 2 == 0;
    EXPECT_EQ(run.at(run.dx, {1, 16}, 0, pixel, 1) != 0, met) << pixel;
  }
}

TEST(Conv2d, HasPyTorchsNamesAndStart) {
  Conv2d<double> layer({.in_channels = 4, .out_channels = 50, .height = 8, .width = 8});
  EXPECT_EQ(test_support::parameter_names(layer), "weight bias ");
  EXPECT_EQ(layer.weight.extents(), (heed::Extents<4>{50, 4, 3, 3}));
  const double bound = 1 / std::sqrt(4 * 9.0);
  double most = 0;
  for (const double w : layer.weight) most = std::max(most, std::abs(w));
  EXPECT_LE(most, bound);
  EXPECT_GT(most, 0.98 * bound);
}

TEST(Conv2d, RejectsWhatDoesNotFit) {
  const auto error = [](const Options& o) { return error_of([&] { Conv2d<double> layer(o); }); };
  EXPECT_EQ(error({.in_channels = 0, .out_channels = 1, .height = 4, .width = 4}),
            "Conv2d: in_channels must be positive (expected at least 1, got 0)");
  EXPECT_NE(error({.in_channels = 1, .out_channels = 0, .height = 4, .width = 4}).find("out_channels"),
            std::string::npos);
  EXPECT_NE(error({.in_channels = 1, .out_channels = 1, .height = 4, .width = 2}).find("does not fit the image"),
            std::string::npos);
  EXPECT_NE(error({.in_channels = 1, .out_channels = 1, .height = 4, .width = 4, .padding = 3}).find("does not fit"),
            std::string::npos);
  EXPECT_NE(error({.in_channels = 1, .out_channels = 1, .height = 4, .width = 4, .stride = 0}).find("stride"),
            std::string::npos);
  const Conv2d<double> layer({.in_channels = 1, .out_channels = 2, .height = 4, .width = 4, .padding = 1});
  EXPECT_EQ(layer.output_shape({3, 16}), (heed::Shape{3, 32}));
  EXPECT_EQ(error_of([&] { layer.output_shape({1, 15}); }), "Conv2d: wrong number of features (expected 16, got 15)");
}

}  // namespace conv2d_test
