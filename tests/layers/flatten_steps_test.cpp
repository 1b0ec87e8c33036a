#include "heed/layers/flatten_steps.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "heed/testing/check_layer.hpp"

namespace flatten_steps_test {

using heed::FlattenSteps;
using test_support::error_of;

TEST(FlattenSteps, FulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer([]<class S>() { return FlattenSteps<S>({.steps = 4}); }, {4, 3},
                                                 {.any_steps = false, .allocations = test_support::allocations});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(FlattenSteps, PutsTheStepsSideBySide) {
  heed::testing::LayerRun<FlattenSteps<double>> run(FlattenSteps<double>({.steps = 3}), {3, 2}, 1);
  run.x = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(run.layer.output_shape({3, 2}), (heed::Shape{1, 6}));
  run.forward();
  EXPECT_EQ(run.y, run.x);
}

TEST(FlattenSteps, GivesZerosPastTheEnd) {
  heed::testing::LayerRun<FlattenSteps<double>> run(FlattenSteps<double>({.steps = 3}), {3, 1}, 3, {1, 3, 0});
  run.x = {1, 2, 7, 3, 4, 8, 5, 6, 9};
  run.dy = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  run.forward();
  EXPECT_EQ(run.y, (std::vector<double>{1, 2, 0, 0, 4, 0, 0, 6, 0}));
  run.backward();
  EXPECT_EQ(run.dx, (std::vector<double>{1, 1, 0, 0, 1, 0, 0, 1, 0}));
  run.dx.assign(9, 10);
  run.backward(heed::testing::Sink::onto);
  EXPECT_EQ(run.dx, (std::vector<double>{11, 11, 10, 10, 11, 10, 10, 11, 10})) << "past the end nothing is added";
}

TEST(FlattenSteps, OfARaggedSequenceIsThatOfOneWithZerosAtItsEnd) {
  const std::vector<std::int32_t> lengths{4, 0, 2, 1, 3};
  heed::testing::LayerRun<FlattenSteps<float>> ragged(FlattenSteps<float>({.steps = 4}), {4, 3}, 5, lengths);
  ragged.randomize(heed::Key{3});
  heed::testing::LayerRun<FlattenSteps<float>> zeros(FlattenSteps<float>({.steps = 4}), {4, 3}, 5);
  zeros.x = ragged.x;
  heed::zero_past_end(zeros.tile(zeros.x, {4, 3}), lengths.data());
  ragged.forward();
  zeros.forward();
  EXPECT_EQ(ragged.y, zeros.y);
}

TEST(FlattenSteps, RefusesFeaturesThatOverflow) {
  const FlattenSteps<float> three({.steps = 3});
  EXPECT_EQ(error_of([&] { three.output_shape({3, -1}); }),
            "FlattenSteps: tensor: negative extent (expected extents of at least 0, got (3, -1))");
  EXPECT_EQ(
      error_of([&] { three.output_shape({3, heed::Index(1) << 62}); }),
      "FlattenSteps: tensor: too many elements (expected a count that fits 63 bits, got (3, 4611686018427387904))");
}

TEST(FlattenSteps, RefusesAnotherNumberOfSteps) {
  EXPECT_EQ(error_of([] { FlattenSteps<float>({.steps = 0}); }),
            "FlattenSteps: steps must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error_of([] { FlattenSteps<float>({.steps = heed::Index(1) << 29}); }),
            "FlattenSteps: steps out of range (expected 1 to 268435456, got 536870912)");
  EXPECT_EQ(error_of([] { FlattenSteps<float>({.steps = 3}).output_shape({2, 4}); }),
            "FlattenSteps: wrong number of steps (expected 3, got 2)");
}

}  // namespace flatten_steps_test
