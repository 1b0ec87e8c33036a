#include "heed/optim/ema.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "../support/two_parameters.hpp"

namespace ema_test {

using heed::MovingAverage;
using test_support::numbers;
using test_support::Reference;
using test_support::two_parameters;

TEST(MovingAverage, StartsAtTheFirstWeightsAndFollows) {
  const Reference file("optimizer/adam");
  MovingAverage average(two_parameters(file, "param.0."), 0.9);
  EXPECT_EQ(numbers(average.average()), numbers(two_parameters(file, "param.0.")));
  test_support::Values expected;
  for (int k = 1; k <= 10; ++k) {
    const auto weights = two_parameters(file, "param." + std::to_string(k) + ".");
    average.update(weights);
    const auto now = numbers(weights);
    if (expected.empty()) expected = now;
    for (std::size_t i = 0; i < now.size(); ++i) expected[i] = 0.9 * expected[i] + 0.1 * now[i];
    EXPECT_TRUE(test_support::equals(numbers(average.average()), expected));
  }
  EXPECT_EQ(average.updates(), 10);
}

TEST(MovingAverage, RejectsADecayOutOfRange) {
  const test_support::TwoParameters<> model;
  for (const double decay : {-0.1, 1.0, std::nan("")}) {
    EXPECT_NE(test_support::error_of([&] { MovingAverage(model, decay); }).find("MovingAverage: decay out of range"),
              std::string::npos);
  }
}

}  // namespace ema_test
