#include "heed/losses/taken_action.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/losses/mean_squared_error.hpp"

namespace taken_action_test {

using heed::Index;
using heed::TakenAction;
using heed::Tile;

static_assert(heed::Loss<TakenAction<float>, float> && heed::Loss<TakenAction<double>, double>);

TEST(TakenAction, IsTheLossOfOneOutputASequence) {
  // three actions of four lanes, the last of which is padding
  const std::vector<double> q{0.5, 2, -1, 9, 3, 0, 1, 9, -2, 4, 0.25, 9}, weights{1, 1, 1, 0};
  const std::vector<double> targets{2, 0, 1, 0, -2.5, 5, 0.5, 7};
  std::vector<double> gradient(12, 7);
  heed::Scratch scratch;
  const Tile<const double> y(q.data(), {1, 3}, 4), target(targets.data(), {1, 2}, 4);
  const double loss =
      TakenAction<double>()(y, target, weights.data(), 0.5, Tile<double>(gradient.data(), {1, 3}, 4), {scratch});
  EXPECT_DOUBLE_EQ(loss, 0.5 * (0.125 + 2.5 + 0.125));  // differences 0.5, -3, 0.5
  EXPECT_EQ(gradient, (std::vector<double>{0, -0.5, 0, 0, 0, 0, 0.25, 0, 0.25, 0, 0, 0}));
}

TEST(TakenAction, IsOfAnyLoss) {
  const std::vector<double> q{1, 4}, targets{1, 1.5};
  std::vector<double> gradient(2);
  heed::Scratch scratch;
  const TakenAction<double, heed::MeanSquaredError<double>> loss;
  EXPECT_DOUBLE_EQ(loss(Tile<const double>(q.data(), {1, 2}, 1), Tile<const double>(targets.data(), {1, 2}, 1), nullptr,
                        1, Tile<double>(gradient.data(), {1, 2}, 1), {scratch}),
                   6.25);
  EXPECT_EQ(gradient, (std::vector<double>{0, 5}));
}

TEST(TakenAction, CountsASequenceOnce) {
  const std::vector<float> one{1, 0.5};
  EXPECT_EQ(TakenAction<float>::target_weight(one), 1);
}

TEST(TakenAction, RejectsWhatDoesNotFit) {
  const auto error = [](std::vector<float> numbers, Index each) {
    const heed::TensorView<const float, 2> targets(numbers.data(), {static_cast<Index>(numbers.size()) / each, each});
    return test_support::error_of([&] { TakenAction<float>::check(targets, 3); });
  };
  EXPECT_EQ(error({0, 1, 2, -5}, 2), "no error");
  EXPECT_EQ(error({0, 1, 2}, 3), "TakenAction: wrong number of targets (expected an action and its value, got 3)");
  EXPECT_NE(error({0, 1, 3, 1}, 2).find("target 1 (counted from 0): no such action (expected 0 to 2, got 3"),
            std::string::npos);
  EXPECT_NE(error({-1, 1}, 2).find("no such action"), std::string::npos);
  EXPECT_NE(error({0.5, 1}, 2).find("no such action"), std::string::npos);
  EXPECT_NE(error({NAN, 1}, 2).find("no such action"), std::string::npos);
  EXPECT_NE(error({1, std::numeric_limits<float>::infinity()}, 2).find("target is not finite"), std::string::npos);
}

}  // namespace taken_action_test
