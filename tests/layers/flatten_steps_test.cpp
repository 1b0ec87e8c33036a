#include "heed/layers/flatten_steps.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/error_of.hpp"
#include "heed/testing/check_layer.hpp"

namespace {

using heed::FlattenSteps;
using test_support::error_of;

TEST(FlattenSteps, FulfilsTheLayerContract) {
  // not ragged: the steps past a sequence's end keep their places, so a sequence alone is another input
  const auto report =
      heed::testing::check_layer([]<class S>() { return FlattenSteps<S>({.steps = 4}); }, {4, 3}, {.ragged = false});
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
  heed::testing::LayerRun<FlattenSteps<double>> run(FlattenSteps<double>({.steps = 3}), {3, 1}, 2, {1, 3});
  run.x = {1, 2, 3, 4, 5, 6};
  run.dy = {1, 1, 1, 1, 1, 1};
  run.forward();
  EXPECT_EQ(run.y, (std::vector<double>{1, 2, 0, 4, 0, 6}));
  run.backward();
  EXPECT_EQ(run.dx, (std::vector<double>{1, 1, 0, 1, 0, 1}));
}

TEST(FlattenSteps, RefusesAnotherNumberOfSteps) {
  EXPECT_EQ(error_of([] { FlattenSteps<float>({.steps = 0}); }),
            "FlattenSteps: steps must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error_of([] { FlattenSteps<float>({.steps = 3}).output_shape({2, 4}); }),
            "FlattenSteps: wrong number of steps (expected 3, got 2)");
}

}  // namespace
