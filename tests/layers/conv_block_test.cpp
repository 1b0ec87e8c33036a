#include "heed/layers/conv_block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/random.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace conv_block_test {

using heed::ConvBlock;
using test_support::error_of;

/// A block whose shift of the normalisation is such that ReLU cuts nothing off.
template <class S>
ConvBlock<S> open_block(typename ConvBlock<S>::Options o) {
  ConvBlock<S> block(o);
  block.norm.bias.fill(9);
  block.sequence_norm.bias.fill(9);
  return block;
}

TEST(ConvBlock, FulfilsTheLayerContract) {
  for (const heed::ConvNorm norm : {heed::ConvNorm::step, heed::ConvNorm::sequence}) {
    for (const heed::Index in : {3, 4}) {
      const auto report = heed::testing::check_layer(
          [&]<class S>() {
            return open_block<S>(
                {.in_channels = in, .out_channels = 4, .kernel_size = 3, .residual = true, .norm = norm});
          },
          {5, in}, {.initialize = false});
      EXPECT_TRUE(report.ok()) << in << " channels\n" << report.text();
    }
  }
}

TEST(ConvBlock, IsConvolutionNormAndReluOneAfterAnother) {
  const ConvBlock<double> block({.in_channels = 2, .out_channels = 6, .kernel_size = 5});
  const std::vector<std::int32_t> lengths{7, 3, 0};
  const std::vector<double> x = test_support::stream_input<double>({7, 2 * 3});
  std::vector<double> convolved(7 * 6 * 3), y = convolved, expected = convolved;
  const heed::Tile<const double> in(x.data(), {7, 2}, 3, lengths.data());
  const heed::Tile<double> out(y.data(), {7, 6}, 3, lengths.data()), to(expected.data(), {7, 6}, 3, lengths.data()),
      between(convolved.data(), {7, 6}, 3, lengths.data());
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  ConvBlock<double>::Cache cache, parts;
  block.forward(in, out, cache, pass);
  block.conv.forward(in, between, parts.conv, pass);
  block.norm.forward(between, to, parts.norm, pass);
  for (double& v : expected) v = std::max(v, 0.0);
  EXPECT_EQ(y, expected);
}

TEST(ConvBlock, AResidualAddsItsInput) {
  const ConvBlock<double> plain = open_block<double>({.in_channels = 3, .out_channels = 3, .kernel_size = 3});
  ConvBlock<double> beside = plain;
  beside.residual = true;
  const std::vector<double> x = test_support::stream_input<double>({5, 3});
  std::vector<double> y(15), z(15);
  heed::Scratch scratch;
  ConvBlock<double>::Cache cache;
  const heed::Tile<const double> in(x.data(), {5, 3}, 1);
  plain.forward(in, heed::Tile<double>(y.data(), {5, 3}, 1), cache, heed::Pass{scratch});
  beside.forward(in, heed::Tile<double>(z.data(), {5, 3}, 1), cache, heed::Pass{scratch});
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(z[i], y[i] + x[i], 1e-14);
}

TEST(ConvBlock, StreamsWhereItIsCausal) {
  for (const bool residual : {false, true}) {
    for (const heed::Index in : {3, 4}) {
      test_support::expect_streams(
          open_block<double>(
              {.in_channels = in, .out_channels = 4, .kernel_size = 3, .causal = true, .residual = residual}),
          {6, in}, false);
    }
  }
}

TEST(ConvBlock, RefusesWhatCannotBe) {
  EXPECT_NE(error_of([] { ConvBlock<float>({.in_channels = 0, .out_channels = 2}); }), "no error");
  EXPECT_NE(error_of([] { ConvBlock<float>({.in_channels = 2, .out_channels = 2, .dropout = 1}); }).find("dropout"),
            std::string::npos);
}

}  // namespace conv_block_test
