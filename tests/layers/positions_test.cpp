#include "heed/layers/positions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "../support/layer_case.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace positions_test {

using heed::Index;
using heed::LearnedPositions;
using heed::SinusoidalPositions;
using test_support::error_of;
using test_support::Values;

TEST(SinusoidalPositions, FulfilTheLayerContract) {
  for (const Index features : {6, 3}) {
    const auto report = heed::testing::check_layer([]<class S>() { return SinusoidalPositions<S>(); }, {4, features});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(LearnedPositions, FulfilTheLayerContract) {
  const auto report = heed::testing::check_layer(
      []<class S>() { return LearnedPositions<S>({.max_steps = 5, .features = 6}); }, {4, 6});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(SinusoidalPositions, EqualPyTorch) {
  test_support::expect_equals_reference("positions/sinusoidal", SinusoidalPositions<double>());
  test_support::expect_equals_reference("positions/sinusoidal_odd", SinusoidalPositions<double>());
}

// tAPE: the same waves, slower the longer the sequences.
TEST(SinusoidalPositions, OfALengthEqualConvTrans) {
  const SinusoidalPositions<double> layer({.length = 7});
  test_support::expect_equals_reference("positions/tape", layer);
  test_support::expect_equals_reference("positions/tape_odd", layer);
  const auto report =
      heed::testing::check_layer([]<class S>() { return SinusoidalPositions<S>({.length = 9}); }, {4, 6});
  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_EQ(error_of([] { SinusoidalPositions<float>({.length = -1}); }),
            "SinusoidalPositions: length out of range (expected at least 0, got -1)");
}

// One cache, two layers.
TEST(SinusoidalPositions, AreThoseOfTheirOwnLength) {
  heed::testing::LayerRun<SinusoidalPositions<double>> one(SinusoidalPositions<double>({.length = 7}), {3, 4}, 2);
  heed::testing::LayerRun<SinusoidalPositions<double>> fresh(SinusoidalPositions<double>(), {3, 4}, 2), other = fresh;
  one.forward();
  other.cache = std::move(one.cache);
  other.forward();
  fresh.forward();
  EXPECT_EQ(other.y, fresh.y);
  EXPECT_NE(other.y, one.y);
}

TEST(LearnedPositions, EqualPyTorch) {
  for (const char* name : {"positions/learned", "positions/learned_ragged"}) {
    test_support::expect_equals_reference(name, LearnedPositions<double>({.max_steps = 5, .features = 6}));
  }
}

TEST(SinusoidalPositions, AreThoseOfThePaperWhateverWasSeenBefore) {
  using PositionsRun = heed::testing::LayerRun<SinusoidalPositions<double>>;
  heed::testing::LayerRun<SinusoidalPositions<double>> run(SinusoidalPositions<double>(), {3, 4}, 2);
  for (const heed::Shape shape : {heed::Shape{7, 4}, {2, 4}, {9, 4}, {3, 5}, {200, 2}}) {
    PositionsRun next(run.layer, shape, 2);
    next.cache = std::move(run.cache);
    next.forward();
    for (Index t = 0; t < shape.steps; ++t) {
      for (Index f = 0; f < shape.features; ++f) {
        const double exponent = static_cast<double>(f / 2 * 2) / static_cast<double>(shape.features);
        const double angle = static_cast<double>(t) / std::pow(10000.0, exponent);
        EXPECT_NEAR(next.at(next.y, shape, t, f, 1), f % 2 ? std::cos(angle) : std::sin(angle), 1e-12);
      }
    }
    run.cache = std::move(next.cache);
  }
}

TEST(LearnedPositions, TouchOnlyTheStepsThereAre) {
  heed::testing::LayerRun<LearnedPositions<double>> run(LearnedPositions<double>({.max_steps = 100, .features = 2}),
                                                        {3, 2}, 4);
  run.randomize(heed::Key{1});
  run.forward();
  run.backward();
  Index touched = 0;
  run.gradient.weight.for_each_touched([&](Index, Index count) { touched += count; });
  EXPECT_EQ(touched, 6);
}

TEST(LearnedPositions, StartNormalWithPyTorchsName) {
  LearnedPositions<double> layer({.max_steps = 100, .features = 50});
  layer.initialize(heed::Key{2});
  double squares = 0;
  for (const double v : test_support::numbers(layer)) squares += v * v;
  EXPECT_NEAR(squares / 5000, 1, 0.1);
  EXPECT_EQ(test_support::parameter_names(layer), "weight ");
}

TEST(LearnedPositions, RejectWhatDoesNotFit) {
  const LearnedPositions<float> layer({.max_steps = 5, .features = 3});
  EXPECT_EQ(layer.output_shape({5, 3}), (heed::Shape{5, 3}));
  EXPECT_EQ(error_of([&] { layer.output_shape({6, 3}); }),
            "LearnedPositions: more steps than positions (expected at most 5, got 6)");
  EXPECT_EQ(error_of([&] { layer.output_shape({5, 4}); }),
            "LearnedPositions: wrong number of features (expected 3, got 4)");
  EXPECT_EQ(error_of([] { LearnedPositions<float>({.max_steps = 0, .features = 3}); }),
            "LearnedPositions: max_steps must be positive (expected at least 1, got 0)");
}

TEST(Positions, StreamToTheBitsOfWholePasses) {
  for (const bool limited : {false, true}) {
    test_support::expect_streams(heed::SinusoidalPositions<double>(), {7, 4}, limited, 0);
    test_support::expect_streams(heed::LearnedPositions<double>({.max_steps = 9, .features = 4}), {7, 4}, limited, 0);
  }
}

}  // namespace positions_test
