#include "heed/layers/max_pool1d.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../support/layer_case.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/testing/check_layer.hpp"

namespace max_pool1d_test {

using heed::MaxPool1d;
using test_support::error_of;
using test_support::Reference;
using Options = MaxPool1d<double>::Options;

const std::vector<Options> options{{},
                                   {.kernel_size = 3, .stride = 1, .padding = 1},
                                   {.kernel_size = 4, .stride = 3, .padding = 2, .ceil_mode = true},
                                   {.kernel_size = 3, .stride = 2, .padding = 1, .dilation = 2},
                                   {.kernel_size = 2, .stride = 5}};

TEST(MaxPool1d, FulfilsTheLayerContract) {
  for (const Options& o : options) {
    const auto report = heed::testing::check_layer(
        [&]<class S>() { return MaxPool1d<S>({o.kernel_size, o.stride, o.padding, o.dilation, o.ceil_mode}); }, {7, 3},
        {.input_bound = 1000});  // no two of a window change places
    EXPECT_TRUE(report.ok()) << "kernel " << o.kernel_size << '\n' << report.text();
  }
}

// Twice, and a mean over what is left: lengths reach the layer behind.
TEST(MaxPool1d, FulfilsTheLayerContractAmongOthers) {
  const auto report = heed::testing::check_layer(
      []<class S>() {
        return heed::Sequential(MaxPool1d<S>({.kernel_size = 3, .stride = 2, .padding = 1}), MaxPool1d<S>(),
                                heed::MeanPool<S>());
      },
      {9, 2}, {.input_bound = 1000});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(MaxPool1d, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("max_pool1d")) {
    const Reference file(name);
    const auto index = [&](const char* key, heed::Index other) {
      return file.options().contains(key) ? file.index(key) : other;
    };
    const MaxPool1d<double> layer({.kernel_size = file.index("kernel_size"),
                                   .stride = index("stride", 0),
                                   .padding = index("padding", 0),
                                   .dilation = index("dilation", 1),
                                   .ceil_mode = file.options().contains("ceil_mode")});
    test_support::expect_equals_reference(name, layer);
  }
}

TEST(MaxPool1d, SaysHowManyStepsThereAre) {
  const auto length = [](Options o, heed::Index n) { return MaxPool1d<double>(o).output_length(n); };
  EXPECT_EQ(length({.kernel_size = 3, .stride = 2}, 7), 3);
  EXPECT_EQ(length({.kernel_size = 3, .stride = 2}, 8), 3);
  EXPECT_EQ(length({.kernel_size = 3, .stride = 2, .ceil_mode = true}, 8), 4);
  EXPECT_EQ(length({.kernel_size = 2, .stride = 3, .ceil_mode = true}, 3), 1) << "none begins past the end";
  EXPECT_EQ(length({.kernel_size = 5}, 4), 0) << "too short for one";
  EXPECT_EQ(length({.kernel_size = 5, .padding = 2}, 1), 1);
  EXPECT_EQ(length({.kernel_size = 5, .padding = 2}, 0), 0) << "padding alone is none";
  EXPECT_EQ(MaxPool1d<float>({.kernel_size = 2}).output_shape({7, 3}), (heed::Shape{3, 3}));
}

TEST(MaxPool1d, GivesTheGradientToTheFirstOfEquals) {
  heed::testing::LayerRun<MaxPool1d<double>> run(MaxPool1d<double>({.kernel_size = 3}), {3, 1}, 1);
  run.x = {2, 3, 3};
  run.dy = {5};
  run.forward();
  run.backward();
  EXPECT_EQ(run.y, std::vector<double>{3});
  EXPECT_EQ(run.dx, (std::vector<double>{0, 5, 0}));
}

TEST(MaxPool1d, DoesNotSwallowNaNAndTakesInfinities) {
  for (std::size_t at = 0; at < 4; ++at) {
    heed::testing::LayerRun<MaxPool1d<float>> run(MaxPool1d<float>({.kernel_size = 3}), {3, 1}, 1);
    run.x = {-HUGE_VALF, -HUGE_VALF, -HUGE_VALF};
    if (at < 3) run.x[at] = std::numeric_limits<float>::quiet_NaN();
    run.forward();
    EXPECT_EQ(std::isnan(run.y[0]), at < 3) << at;
    EXPECT_TRUE(at < 3 || run.y[0] == -HUGE_VALF);
  }
}

TEST(MaxPool1d, RejectsOptionsOutOfRange) {
  const auto error = [](Options o) { return error_of([&] { MaxPool1d<double>{o}; }); };
  EXPECT_EQ(error({.kernel_size = 0}), "MaxPool1d: kernel_size out of range (expected 1 to 1073741824, got 0)");
  EXPECT_EQ(error({.stride = -1}), "MaxPool1d: stride out of range (expected 1 to 1073741824, got -1)");
  EXPECT_EQ(error({.kernel_size = 3, .padding = 2}),
            "MaxPool1d: padding out of range (expected 0 to 1, half of the kernel, got 2)");
  EXPECT_EQ(error({.padding = -1}), "MaxPool1d: padding out of range (expected 0 to 1, half of the kernel, got -1)");
  EXPECT_EQ(error({.dilation = 0}), "MaxPool1d: dilation out of range (expected 1 to 1073741824, got 0)");
}

}  // namespace max_pool1d_test
