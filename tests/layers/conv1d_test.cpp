#include "heed/layers/conv1d.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../support/keras.hpp"
#include "../support/layer_case.hpp"
#include "../support/stream_case.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/testing/check_layer.hpp"

namespace conv1d_test {

using heed::Conv1d;
using heed::ConvPadding;
using heed::Index;
using heed::testing::LayerRun;
using test_support::error_of;
using test_support::Reference;
using Options = Conv1d<double>::Options;

template <class S>
Conv1d<S> conv(const Options& o) {
  return Conv1d<S>(
      {o.in_channels, o.out_channels, o.kernel_size, o.stride, o.dilation, o.groups, o.padding, o.pad, o.bias});
}

Options options(const Reference& file) {
  const auto index = [&](const std::string& name) { return file.options().contains(name) ? file.index(name) : 1; };
  const std::string padding = file.options().at("padding");
  const bool number = padding.find_first_not_of("0123456789") == std::string::npos;
  return {.in_channels = file.index("in"),
          .out_channels = file.index("out"),
          .kernel_size = file.index("kernel_size"),
          .stride = index("stride"),
          .dilation = index("dilation"),
          .groups = index("groups"),
          .padding = number ? ConvPadding::number : heed::from_text<ConvPadding>(padding, "padding"),
          .pad = number ? file.index("padding") : 0,
          .bias = file.has("weight.bias")};
}

// all of the kinds, and numbers that do not go into each other
const std::vector<Options> kinds = {
    {.in_channels = 3, .out_channels = 5, .kernel_size = 3},
    {.in_channels = 3, .out_channels = 4, .kernel_size = 1},
    {.in_channels = 2, .out_channels = 5, .kernel_size = 4, .dilation = 2},
    {.in_channels = 1, .out_channels = 3, .kernel_size = 9},
    {.in_channels = 1, .out_channels = 1, .kernel_size = 3},
    {.in_channels = 3,
     .out_channels = 3,
     .kernel_size = 3,
     .stride = 2,
     .dilation = 2,
     .groups = 3,
     .padding = ConvPadding::number,
     .pad = 2},
    {.in_channels = 2, .out_channels = 4, .kernel_size = 3, .dilation = 3, .padding = ConvPadding::causal},
    {.in_channels = 2, .out_channels = 4, .kernel_size = 3, .stride = 2, .padding = ConvPadding::causal},
    {.in_channels = 2, .out_channels = 3, .kernel_size = 3, .padding = ConvPadding::valid, .bias = false},
    {.in_channels = 2, .out_channels = 3, .kernel_size = 2, .stride = 3, .padding = ConvPadding::valid},
    {.in_channels = 4,
     .out_channels = 6,
     .kernel_size = 3,
     .stride = 3,
     .groups = 2,
     .padding = ConvPadding::number,
     .pad = 4},
    {.in_channels = 4, .out_channels = 4, .kernel_size = 5, .groups = 4},
    {.in_channels = 3, .out_channels = 6, .kernel_size = 3, .dilation = 2, .groups = 3, .padding = ConvPadding::causal},
};

void expect_contract(const Options& o, heed::Shape shape, heed::testing::CheckOptions check = {}) {
  const auto report = heed::testing::check_layer([&]<class S>() { return conv<S>(o); }, shape, check);
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Conv1d, FulfilsTheLayerContract) {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    SCOPED_TRACE("kind " + std::to_string(i));
    expect_contract(kinds[i], {7, kinds[i].in_channels});
    expect_contract(kinds[i], {4, kinds[i].in_channels}, {.lanes = 1});
  }
}

// Lanes and channels enough for the kernels of whole packets.
TEST(Conv1d, FulfilsTheLayerContractWhereItIsWide) {
  for (const Index groups : {1, 2}) {
    const auto make = [&]<class S>() {
      return Conv1d<S>({.in_channels = 32 * groups, .out_channels = 34 * groups, .kernel_size = 3, .groups = groups});
    };
    const auto in_double = make.operator()<double>();
    LayerRun<Conv1d<double>> run(in_double, {5, in_double.in_channels()}, 32, heed::testing::ragged_lengths(32, 5));
    run.randomize(heed::Key{3});
    run.forward();
    run.backward();
    std::vector<double> y(run.y.size()), dx(run.dx.size()), gradient(run.flat_gradient().size());
    for (Index lane = 0; lane < 32; ++lane) {  // against one lane: other kernels
      auto alone = heed::testing::detail::part<Conv1d<double>>(run, in_double, lane, 1, 5);
      alone.forward();
      alone.backward();
      for (std::size_t i = 0; i < alone.y.size(); ++i) y[i * 32 + static_cast<std::size_t>(lane)] = alone.y[i];
      for (std::size_t i = 0; i < alone.dx.size(); ++i) dx[i * 32 + static_cast<std::size_t>(lane)] = alone.dx[i];
      const auto g = alone.flat_gradient();
      for (std::size_t i = 0; i < g.size(); ++i) gradient[i] += g[i];
    }
    EXPECT_TRUE(test_support::equals(run.y, y));
    EXPECT_TRUE(test_support::equals(run.dx, dx));
    EXPECT_TRUE(test_support::equals(run.flat_gradient(), gradient));
  }
}

TEST(Conv1d, EqualsPyTorch) {
  for (const std::string& name : test_support::reference_names("conv1d", "")) {
    const Reference file(name);
    test_support::expect_equals_reference(name, conv<double>(options(file)));
  }
}

TEST(Conv1d, EqualsKeras) {
  const auto expect_equal = [](const std::string& name, Options o) {
    SCOPED_TRACE(name);
    const Reference file(name);
    o.in_channels = 2;
    o.out_channels = 4;
    auto layer = conv<double>(o);
    set_weights(layer, test_support::keras_convolution(file.arrays("weight.")));
    for (const Index lanes : {3, 1}) {
      const auto result = test_support::run_layer(file, layer, lanes);
      EXPECT_TRUE(test_support::equals(result.y, file.values("output.y")));
      EXPECT_TRUE(test_support::equals(result.dx, file.values("dinput.x")));
      expect_parameters(result.gradient, test_support::keras_convolution(file.arrays("dweight.")));
    }
  };
  expect_equal("keras/conv1d_causal", {.kernel_size = 3, .dilation = 2, .padding = ConvPadding::causal});
  expect_equal("keras/conv1d_causal_stride", {.kernel_size = 3, .stride = 2, .padding = ConvPadding::causal});
  expect_equal("keras/conv1d_same", {.kernel_size = 4});
}

TEST(Conv1d, NeverReadsPastASequencesEnd) {
  for (const Options& o : kinds) {
    const auto layer = conv<double>(o);
    LayerRun<Conv1d<double>> run(layer, {7, o.in_channels}, 19, heed::testing::ragged_lengths(19, 7)), other = run;
    run.randomize(heed::Key{1});
    other.x = run.x;
    other.dy = run.dy;
    for (Index t = 0; t < 7; ++t) {
      for (Index i = 0; i < o.in_channels * 19; ++i) {
        if (t >= run.lengths[static_cast<std::size_t>(i % 19)])
          other.x[static_cast<std::size_t>(t * o.in_channels * 19 + i)] = 1e30;
      }
    }
    for (Index t = 0; t < run.output.steps; ++t) {
      for (Index i = 0; i < o.out_channels * 19; ++i) {
        if (t >= layer.output_length(run.lengths[static_cast<std::size_t>(i % 19)]))
          other.dy[static_cast<std::size_t>(t * o.out_channels * 19 + i)] = 1e30;
      }
    }
    run.forward();
    run.backward();
    other.forward();
    other.backward();
    EXPECT_EQ(run.y, other.y);
    EXPECT_EQ(run.dx, other.dx);
    EXPECT_EQ(run.flat_gradient(), other.flat_gradient());
  }
}

TEST(Conv1d, GivesZerosForSequencesThatAreTooShort) {
  const Conv1d<double> layer(
      {.in_channels = 2, .out_channels = 3, .kernel_size = 3, .dilation = 2, .padding = ConvPadding::valid});
  EXPECT_EQ(layer.output_length(5), 1);
  EXPECT_EQ(layer.output_length(4), 0);
  EXPECT_EQ(layer.output_length(0), 0);
  EXPECT_EQ(layer.output_shape({4, 2}), (heed::Shape{0, 3}));
  const Conv1d<double> padded(
      {.in_channels = 2, .out_channels = 3, .kernel_size = 3, .padding = ConvPadding::number, .pad = 5});
  EXPECT_EQ(padded.output_length(0), 0);
  // in a model, among longer ones and alone
  const heed::Sequential model(layer, heed::Relu<double>(), heed::Dense<double>({3, 2}), heed::MeanPool<double>());
  using Model = heed::Sequential<Conv1d<double>, heed::Relu<double>, heed::Dense<double>, heed::MeanPool<double>>;
  for (const Index steps : {6, 4, 1, 0}) {
    LayerRun<Model> run(model, {steps, 2}, 3, {4, 3, 0});
    run.randomize(heed::Key{4});
    std::fill(run.y.begin(), run.y.end(), std::numeric_limits<double>::quiet_NaN());
    std::fill(run.dx.begin(), run.dx.end(), std::numeric_limits<double>::quiet_NaN());
    run.forward();
    run.backward();
    const auto all_zero = [](const std::vector<double>& v) {
      return std::count(v.begin(), v.end(), 0) == std::ssize(v);
    };
    EXPECT_TRUE(all_zero(run.y) && all_zero(run.dx) && all_zero(run.flat_gradient())) << steps;
  }
}

TEST(Conv1d, StreamsWhereItIsCausal) {
  using test_support::expect_streams;
  for (const Index dilation : {1, 3}) {
    for (const Index groups : {1, 2, 4}) {
      const Conv1d<double> layer({.in_channels = 4,
                                  .out_channels = groups == 4 ? 4 : 6,
                                  .kernel_size = 3,
                                  .dilation = dilation,
                                  .groups = groups,
                                  .padding = ConvPadding::causal});
      expect_streams(layer, {9, 4}, false);
      expect_streams(heed::Sequential(layer, heed::Relu<double>(), heed::MeanPool<double>()), {9, 4}, false);
    }
  }
  expect_streams(Conv1d<double>({.in_channels = 4, .out_channels = 2}), {5, 4}, false);  // of one step each
}

TEST(Conv1d, OtherwiseHasNoNextStep) {
  const auto error = [](const Options& o) {
    const Conv1d<double> layer(o);
    return error_of([&] { heed::Stream<Conv1d<double>> stream(layer); });
  };
  EXPECT_EQ(error({.in_channels = 2, .out_channels = 2, .kernel_size = 3}),
            "Conv1d in a stream: only a causal convolution has a next step (expected padding causal and stride 1, got "
            "outputs that see later steps)");
  EXPECT_EQ(error({.in_channels = 2, .out_channels = 2, .stride = 2, .padding = ConvPadding::causal}),
            "Conv1d in a stream: only a causal convolution has a next step (expected padding causal and stride 1, got "
            "stride 2)");
  EXPECT_NE(error({.in_channels = 2, .out_channels = 2, .kernel_size = 2, .padding = ConvPadding::valid}), "");
  EXPECT_NE(error({.in_channels = 2, .out_channels = 2, .padding = ConvPadding::number, .pad = 1}), "");
}

TEST(Conv1d, HasPyTorchsNamesAndStart) {
  const Conv1d<double> layer({.in_channels = 8, .out_channels = 50, .kernel_size = 3, .groups = 2});
  EXPECT_EQ(test_support::parameter_names(layer), "weight bias ");
  EXPECT_EQ(layer.weight.extents(), (heed::Extents<3>{50, 4, 3}));
  const double bound = 1 / std::sqrt(4 * 3.0);
  double most = 0;
  for (const double w : layer.weight) most = std::max(most, std::abs(w));
  EXPECT_LE(most, bound);
  EXPECT_GT(most, 0.98 * bound);
}

TEST(Conv1d, RejectsOptionsOutOfRange) {
  const auto error = [](const Options& o) { return error_of([&] { Conv1d<double> layer(o); }); };
  const std::string most = "1073741824";
  EXPECT_EQ(error({.out_channels = 1}), "Conv1d: in_channels must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error({.in_channels = 1, .out_channels = -1}),
            "Conv1d: out_channels must be positive (expected at least 1, got -1)");
  EXPECT_EQ(error({.in_channels = 1, .out_channels = 1, .kernel_size = 0}),
            "Conv1d: kernel_size out of range (expected 1 to " + most + ", got 0)");
  EXPECT_EQ(error({.in_channels = 1, .out_channels = 1, .stride = 0}),
            "Conv1d: stride out of range (expected 1 to " + most + ", got 0)");
  EXPECT_EQ(error({.in_channels = 1, .out_channels = 1, .kernel_size = 5, .dilation = 0}),
            "Conv1d: dilation out of range (expected 1 to 268435456, got 0)");
  for (const Index groups : {0, -2, 3, 4, 12}) {
    EXPECT_EQ(error({.in_channels = 4, .out_channels = 6, .groups = groups}),
              "Conv1d: groups must divide in_channels and out_channels (expected a divisor of 4 and of 6, got " +
                  std::to_string(groups) + ")");
  }
  EXPECT_EQ(error({.in_channels = 1, .out_channels = 1, .pad = 1}),
            "Conv1d: pad is of padding number alone (expected 0 for padding same, got 1)");
  EXPECT_EQ(error({.in_channels = 1, .out_channels = 1, .padding = ConvPadding::number, .pad = -1}),
            "Conv1d: pad out of range (expected 0 to " + most + ", got -1)");
  EXPECT_EQ(
      error({.in_channels = 1, .out_channels = 1, .kernel_size = 3, .stride = 2}),
      "Conv1d: padding same needs stride 1 (expected stride 1, or padding causal, valid or number, got stride 2)");
  EXPECT_NE(error({.in_channels = Index(1) << 39, .out_channels = Index(1) << 39}), "");
  EXPECT_NE(error({.in_channels = 1 << 20, .out_channels = 1 << 20, .kernel_size = 1 << 30}), "");
  const auto unknown = static_cast<ConvPadding>(7);
  EXPECT_EQ(error({.in_channels = 1, .out_channels = 1, .padding = unknown}),
            "Conv1d: no such padding (expected one of same, causal, valid, number, got 7)");
  const Conv1d<double> layer({.in_channels = 3, .out_channels = 2, .kernel_size = 3, .padding = ConvPadding::valid});
  EXPECT_EQ(layer.output_shape({8, 3}), (heed::Shape{6, 2}));
  EXPECT_EQ(error_of([&] { layer.output_shape({8, 4}); }), "Conv1d: wrong number of features (expected 3, got 4)");
}

}  // namespace conv1d_test
