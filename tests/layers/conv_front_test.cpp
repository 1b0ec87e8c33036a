#include "heed/layers/conv_front.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/random.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace conv_front_test {

using heed::ConvFront;
using heed::Index;
using test_support::error_of;
using Options = ConvFront<double>::Options;

/// Random weights, the shifts of the normalisations away from ReLU's kink: features that are always on, and always off.
template <class S>
ConvFront<S> random_front(const Options& o) {
  ConvFront<S> front({o.in_channels, o.kernels, o.channels, o.causal, o.residual, o.norm, o.dropout});
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, front);
  for (auto& block : front.blocks) {
    for (auto* bias : {&block.norm.bias, &block.sequence_norm.bias}) {
      for (Index i = 0; i < bias->size(); ++i) (*bias)(i) = i % 3 == 1 ? S(-4) : S(4);
    }
  }
  return front;
}

const std::vector<Options> all{
    {.in_channels = 2, .kernels = {3}, .channels = 4},
    {.in_channels = 2, .kernels = {4, 3, 2}, .channels = 6},
    {.in_channels = 2, .kernels = {4, 3}, .channels = {5, 6}, .causal = true},
    {.in_channels = 2, .kernels = {3, 1, 2}, .channels = 6, .residual = true},
    {.in_channels = 2, .kernels = {3, 4}, .channels = 6, .residual = true, .norm = heed::ConvNorm::sequence},
    {.in_channels = 5, .kernels = {3, 2}, .channels = 5, .causal = true, .residual = true, .dropout = 0.3}};

TEST(ConvFront, FulfilsTheLayerContract) {
  for (const Options& o : all) {
    for (const bool training : {false, true}) {
      const auto report = heed::testing::check_layer([&]<class S>() { return random_front<S>(o); }, {6, o.in_channels},
                                                     {.training = training, .initialize = false});
      EXPECT_TRUE(report.ok()) << to_text(o.kernels) << '\n' << report.text();
    }
  }
}

TEST(ConvFront, StreamsWhereItIsCausal) {
  for (const Options& o : all) {
    if (o.causal) test_support::expect_streams(random_front<double>(o), {9, o.in_channels}, false);
  }
  const ConvFront<double> front = random_front<double>(all[0]);
  ConvFront<double>::Cache cache;
  EXPECT_NE(error_of([&] { front.prepare_stream({5, 2}, cache); }), "no error");
  const ConvFront<double> whole({.in_channels = 2, .kernels = {3}, .causal = true, .norm = heed::ConvNorm::sequence});
  EXPECT_EQ(error_of([&] { whole.prepare_stream({5, 2}, cache); }),
            "ConvBlock: the norm of a sequence changes at all steps with each new one (expected norm step in a stream, "
            "got sequence)");
}

TEST(ConvFront, BlocksBelowTheLowestOfInterestAreNotGoneThrough) {
  const ConvFront<double> front = random_front<double>(all[1]);
  const std::vector<double> x = test_support::stream_input<double>({7, 2}),
                            dy = test_support::stream_input<double>({7, 6});
  std::vector<double> y(dy.size());
  const heed::Tile<const double> in(x.data(), {7, 2}, 1), d(dy.data(), {7, 6}, 1);
  const heed::Tile<double> out(y.data(), {7, 6}, 1);
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  ConvFront<double>::Cache cache;
  front.forward(in, out, cache, pass);
  const auto gradient = [&](std::size_t frozen) {  // of the first so many blocks none is wanted
    ConvFront<double> grad = front;
    for_each_parameter([&](const heed::Path&, auto& p) { p.fill(0); }, grad);
    for (std::size_t i = 0; i < frozen; ++i)
      for_each_parameter([&](const heed::Path&, auto& p) { p.want(false); }, grad.blocks[i]);
    front.backward(in, heed::Tile<const double>(out), d, {}, cache, grad, pass);
    return grad;
  };
  const ConvFront<double> whole = gradient(0);
  for (std::size_t frozen = 1; frozen <= front.blocks.size(); ++frozen) {
    const ConvFront<double> grad = gradient(frozen);
    for (std::size_t i = 0; i < front.blocks.size(); ++i) {
      const double first = grad.blocks[i].conv.weight.data()[0];
      EXPECT_EQ(first, i < frozen ? 0 : whole.blocks[i].conv.weight.data()[0]) << frozen << " frozen, block " << i;
    }
  }
}

TEST(ConvFront, StartsEveryBlockFromAKeyOfItsOwn) {
  ConvFront<double> front({.in_channels = 4, .kernels = {3, 3}, .channels = 4});
  front.initialize(heed::Key{3});
  EXPECT_NE(front.blocks[0].conv.weight.data()[0], front.blocks[1].conv.weight.data()[0]);
}

TEST(ConvFront, RefusesWhatCannotBe) {
  const auto error = [](const Options& o) { return error_of([&] { ConvFront<double>{o}; }); };
  EXPECT_EQ(error({.in_channels = 2}), "ConvFront: there are no convolutions (expected a kernel or more, got none)");
  EXPECT_EQ(error({.in_channels = 2, .kernels = {5, 3}, .channels = {4, 4, 4}}),
            "ConvFront: kernels and channels differ in number (expected channels for all or for each of 2, got 4,4,4)");
  EXPECT_NE(error({.in_channels = 2, .kernels = {0}}).find("kernel_size"), std::string::npos);
  EXPECT_NE(error({.in_channels = 0, .kernels = {3}}), "no error");
  EXPECT_NE(error({.in_channels = 2, .kernels = {3}, .channels = 0}), "no error");
  EXPECT_NE(error({.in_channels = 2, .kernels = {3}, .dropout = 1}), "no error");
  EXPECT_NE(error_of([] { ConvFront<double>({.in_channels = 2, .kernels = {3}}).output_shape({4, 3}); }), "no error");
}

}  // namespace conv_front_test
