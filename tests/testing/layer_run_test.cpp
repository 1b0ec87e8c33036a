#include "heed/testing/layer_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "heed/layers/dense.hpp"
#include "heed/layers/multi_head_attention.hpp"

namespace layer_run_test {

using heed::Index;
using heed::testing::LayerRun;
using heed::testing::Sink;
using Dense = heed::Dense<double>;

TEST(RaggedLengths, AreAllThatThereAre) {
  for (const Index steps : {1, 2, 3, 4, 5, 8, 10}) {
    for (const Index shortest : {0, 1}) {
      const auto lengths = heed::testing::ragged_lengths(19, steps, shortest);
      const std::set<std::int32_t> seen(lengths.begin(), lengths.end());
      EXPECT_EQ(seen.size(), static_cast<std::size_t>(steps - shortest + 1)) << steps;
      EXPECT_EQ(*seen.begin(), shortest);
      EXPECT_EQ(*seen.rbegin(), steps);
    }
  }
  EXPECT_EQ(heed::testing::ragged_lengths(1, 4), std::vector<std::int32_t>{4});  // a tile is as long as its longest
}

LayerRun<Dense> dense_run(std::vector<std::int32_t> lengths = {}) {
  LayerRun<Dense> run(Dense({.in_features = 2, .out_features = 3}), {4, 2}, 5, std::move(lengths));
  run.randomize(heed::Key{1});
  return run;
}

TEST(LayerRun, HoldsInputsOutputsAndGradientsOfALayer) {
  LayerRun<Dense> run = dense_run();
  EXPECT_EQ(run.x.size(), 4U * 2 * 5);
  EXPECT_EQ(run.y.size(), 4U * 3 * 5);
  EXPECT_EQ(run.output, (heed::Shape{4, 3}));
  EXPECT_EQ(run.valid(), nullptr);
  run.forward();
  const double expected = run.layer.bias(2) + run.layer.weight(2, 0) * run.at(run.x, run.shape, 3, 0, 4) +
                          run.layer.weight(2, 1) * run.at(run.x, run.shape, 3, 1, 4);
  EXPECT_NEAR(run.at(run.y, run.output, 3, 2, 4), expected, 1e-15);
}

TEST(LayerRun, ItsLossIsTheProductOfOutputAndUpstreamGradient) {
  LayerRun<Dense> run = dense_run();
  const double loss = run.loss();
  double sum = 0;
  for (std::size_t i = 0; i < run.y.size(); ++i) sum += run.y[i] * run.dy[i];
  EXPECT_EQ(loss, sum);
  EXPECT_NE(loss, 0);
}

TEST(LayerRun, PutsTheInputsGradientWhereItIsTold) {
  LayerRun<Dense> run = dense_run();
  run.forward();
  run.backward();
  const std::vector<double> once = run.dx, gradient = run.flat_gradient();
  run.backward(Sink::onto, false);
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_NEAR(run.dx[i], 2 * once[i], 1e-14);
  for (std::size_t i = 0; i < gradient.size(); ++i) EXPECT_NEAR(run.flat_gradient()[i], 2 * gradient[i], 1e-14);
  run.dx.assign(run.dx.size(), 7);
  run.backward(Sink::nowhere);
  EXPECT_EQ(run.dx, std::vector<double>(once.size(), 7));
  EXPECT_EQ(run.flat_gradient(), gradient);
}

TEST(LayerRun, HasNoUpstreamGradientPastTheEnd) {
  const LayerRun<Dense> run = dense_run({4, 0, 2, 1, 3});
  for (Index t = 0; t < 4; ++t) {
    for (Index l = 0; l < 5; ++l) {
      EXPECT_EQ(run.at(run.dy, run.output, t, 1, l) == 0, t >= run.lengths[static_cast<std::size_t>(l)]);
      EXPECT_NE(run.at(run.x, run.shape, t, 1, l), 0);  // but numbers that must not matter
    }
  }
}

TEST(QueryAndMemory, SplitsTheStepsOfOneInput) {
  using Attention = heed::MultiHeadAttention<double>;
  using Both = heed::testing::QueryAndMemory<Attention>;
  static_assert(heed::DifferentiableLayer<Both>);
  const Attention attention({.embed_dim = 4, .num_heads = 2});
  LayerRun<Both> run(Both{attention, 2}, {5, 4}, 3, {5, 2, 4});
  run.randomize(heed::Key{1});
  run.forward();
  EXPECT_EQ(run.output, (heed::Shape{2, 4}));
  const std::int32_t memory_lengths[] = {3, 0, 2};
  std::vector<double> y(run.y.size());
  Attention::Cache cache;
  heed::Scratch scratch;
  const heed::Tile<const double> x(run.x.data(), {5, 4}, 3);
  attention.forward(x.range(0, 2), x.range(2, 3).with_lengths(memory_lengths), heed::Tile<double>(y.data(), {2, 4}, 3),
                    cache, heed::Pass{scratch});
  EXPECT_EQ(run.y, y);
}

}  // namespace layer_run_test
