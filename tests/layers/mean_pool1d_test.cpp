#include "heed/layers/mean_pool1d.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace mean_pool1d_test {

using heed::MeanPool1d;
using test_support::error_of;
using test_support::Reference;
using Options = MeanPool1d<double>::Options;

TEST(MeanPool1d, FulfilsTheLayerContract) {
  for (const Options& o : {Options{},
                           {.kernel_size = 3, .stride = 1, .padding = 1},
                           {.kernel_size = 3, .stride = 2, .padding = 1, .count_include_pad = false},
                           {.kernel_size = 4, .stride = 3, .padding = 2, .ceil_mode = true},
                           {.kernel_size = 2, .stride = 5}}) {
    const auto report = heed::testing::check_layer(
        [&]<class S>() {
          return MeanPool1d<S>({o.kernel_size, o.stride, o.padding, o.ceil_mode, o.count_include_pad});
        },
        {7, 3});
    EXPECT_TRUE(report.ok()) << "kernel " << o.kernel_size << '\n' << report.text();
  }
}

TEST(MeanPool1d, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("mean_pool1d")) {
    const Reference file(name);
    const auto index = [&](const char* key) { return file.options().contains(key) ? file.index(key) : 0; };
    const MeanPool1d<double> layer({.kernel_size = file.index("kernel_size"),
                                    .stride = index("stride"),
                                    .padding = index("padding"),
                                    .ceil_mode = file.options().contains("ceil_mode"),
                                    .count_include_pad = !file.options().contains("count_include_pad")});
    test_support::expect_equals_reference(name, layer);
  }
}

// What stands past a sequence's end is not read, and windows past its last one are zeros.
TEST(MeanPool1d, DoesNotReadPastASequencesEnd) {
  heed::testing::LayerRun<MeanPool1d<double>> run(MeanPool1d<double>({.kernel_size = 2, .stride = 1}), {4, 1}, 2,
                                                  {3, 4});
  run.x = {1, 1, 3, 3, 5, 5, 1e30, 7};
  run.forward();
  EXPECT_EQ(run.y, (std::vector<double>{2, 2, 4, 4, 0, 6}));
}

TEST(MeanPool1d, RejectsOptionsOutOfRange) {
  const auto error = [](Options o) { return error_of([&] { MeanPool1d<double>{o}; }); };
  EXPECT_EQ(error({.kernel_size = -2}), "MeanPool1d: kernel_size out of range (expected 1 to 1073741824, got -2)");
  EXPECT_EQ(error({.kernel_size = 5, .padding = 3}),
            "MeanPool1d: padding out of range (expected 0 to 2, half of the kernel, got 3)");
  EXPECT_EQ(MeanPool1d<float>({.kernel_size = 2}).output_shape({7, 3}), (heed::Shape{3, 3}));
}

}  // namespace mean_pool1d_test
