#include "heed/layers/dropout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/testing/check_layer.hpp"

namespace dropout_test {

using heed::Dropout;
using heed::Index;
using DropoutRun = heed::testing::LayerRun<Dropout<double>>;

DropoutRun training_run(double rate, heed::Shape shape, Index lanes) {
  DropoutRun run(Dropout<double>({.rate = rate}), shape, lanes);
  run.randomize(heed::Key{1});
  run.training = true;
  return run;
}

TEST(Dropout, FulfilsTheLayerContractInTraining) {
  for (const double rate : {0.4, 0.0}) {
    const auto report =
        heed::testing::check_layer([&]<class S>() { return Dropout<S>({.rate = rate}); }, {4, 5}, {.training = true});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(Dropout, FulfilsTheLayerContractWhenPredicting) {
  const auto report = heed::testing::check_layer([]<class S>() { return Dropout<S>({.rate = 0.4}); }, {4, 5});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Dropout, IsTheIdentityWhenPredictingAndAtRateZero) {
  for (const bool training : {false, true}) {
    DropoutRun run = training_run(training ? 0 : 0.5, {3, 4}, 7);
    run.training = training;
    run.forward();
    run.backward();
    EXPECT_EQ(run.y, run.x);
    EXPECT_EQ(run.dx, run.dy);
  }
}

TEST(Dropout, PredictingAfterTrainingIsTheIdentityBothWays) {
  DropoutRun run = training_run(0.5, {3, 4}, 7);
  run.forward();
  EXPECT_NE(run.y, run.x);
  run.training = false;
  run.forward();
  run.backward();
  EXPECT_EQ(run.y, run.x);
  EXPECT_EQ(run.dx, run.dy);
}

TEST(Dropout, ScalesWhatItKeepsAndItsGradientTheSame) {
  DropoutRun run = training_run(0.25, {50, 20}, 16);
  run.forward();
  run.backward();
  std::size_t dropped = 0;
  for (std::size_t i = 0; i < run.x.size(); ++i) {
    if (run.y[i] == 0) {
      EXPECT_EQ(run.dx[i], 0);
      ++dropped;
    } else {
      EXPECT_EQ(run.y[i], run.x[i] * (1 / 0.75));
      EXPECT_EQ(run.dx[i], run.dy[i] * (1 / 0.75));
    }
  }
  EXPECT_NEAR(static_cast<double>(dropped) / static_cast<double>(run.x.size()), 0.25, 0.015);
}

TEST(Dropout, ARowIsDroppedAlikeWhereverItStands) {
  DropoutRun tile = training_run(0.5, {6, 3}, 20), alone = training_run(0.5, {4, 3}, 1);
  std::fill(tile.x.begin(), tile.x.end(), 1.0);
  std::fill(alone.x.begin(), alone.x.end(), 1.0);
  tile.first_row = 100;
  alone.first_row = 113;
  tile.forward();
  alone.forward();
  for (Index t = 0; t < 4; ++t) {
    for (Index f = 0; f < 3; ++f) {
      EXPECT_EQ(tile.at(tile.y, tile.output, t, f, 13), alone.at(alone.y, alone.output, t, f, 0));
    }
  }
}

TEST(Dropout, OtherKeysDropOtherNumbers) {
  DropoutRun run = training_run(0.5, {6, 3}, 20);
  run.forward();
  const auto first = run.y;
  run.key = run.key.child(1);
  run.forward();
  EXPECT_NE(run.y, first);
}

TEST(Dropout, RejectsRatesThatAreNone) {
  using test_support::error_of;
  EXPECT_EQ(error_of([] { Dropout<float>({.rate = 1}); }),
            "Dropout: option out of range (expected rate in [0, 1), got 1.000000)");
  EXPECT_NE(error_of([] { Dropout<float>({.rate = -0.5}); }), "no error");
}

}  // namespace dropout_test
