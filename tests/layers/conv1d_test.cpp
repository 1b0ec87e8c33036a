#include "heed/layers/conv1d.hpp"

#include <gtest/gtest.h>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace {

using heed::Conv1d;
using heed::ConvPadding;
using heed::Index;
using test_support::error_of;
using Options = Conv1d<double>::Options;

template <class S>
Conv1d<S> conv(const Options& o) {
  return Conv1d<S>(
      {o.in_channels, o.out_channels, o.kernel_size, o.stride, o.dilation, o.groups, o.padding, o.pad, o.bias});
}

void expect_contract(const Options& o, Index steps, Index lanes = 19) {
  const auto make = [&]<class S>() { return conv<S>(o); };
  const auto report = heed::testing::check_layer(make, {steps, o.in_channels}, {.lanes = lanes});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Conv1d, FulfilsTheLayerContract) {
  expect_contract({.in_channels = 3, .out_channels = 5, .kernel_size = 3}, 5);
  expect_contract({.in_channels = 3, .out_channels = 5, .kernel_size = 4, .dilation = 2}, 6);
  expect_contract({.in_channels = 2, .out_channels = 4, .kernel_size = 3, .stride = 2, .padding = ConvPadding::causal},
                  7);
  expect_contract({.in_channels = 2, .out_channels = 3, .kernel_size = 3, .padding = ConvPadding::valid, .bias = false},
                  7);
  expect_contract({.in_channels = 4,
                   .out_channels = 6,
                   .kernel_size = 3,
                   .stride = 3,
                   .groups = 2,
                   .padding = ConvPadding::number,
                   .pad = 4},
                  6);
  expect_contract({.in_channels = 4, .out_channels = 4, .kernel_size = 5, .groups = 4}, 6, 1);
}

}  // namespace
