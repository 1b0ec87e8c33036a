#include "heed/core/kernels/depthwise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "heed/core/rng.hpp"

namespace depthwise_test {

using heed::Index;
using Values = std::vector<double>;

Values numbers(Index count, std::uint64_t seed) {
  Values values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = heed::Key{seed}.uniform(i, -1, 1);
  return values;
}

constexpr Index features = 13, steps = 5;

TEST(Depthwise, ProductIsTheSumOfEachFeaturesOwn) {
  for (const Index lanes : {1, 3, 8, 19, 32}) {
    const Index row = features * lanes;
    const Values x = numbers(2 * row, 1), w = numbers(2 * features, 2), bias = numbers(features, 3);
    const heed::kernels::Term<double> terms[] = {{x.data(), 0, w.data(), 0, 0},
                                                 {x.data() + row, 0, w.data() + features, 0, 0}};
    for (const Index count : {0, 1, 2}) {
      Values y(static_cast<std::size_t>(row), 7), twice = y, zero = y;
      heed::kernels::depthwise_product<double>(features, lanes, {.bias = bias.data()}, y.data(), {terms, count});
      twice = y;
      heed::kernels::depthwise_product<double>(features, lanes, {.values = twice.data()}, twice.data(), {terms, count});
      heed::kernels::depthwise_product<double>(features, lanes, {}, zero.data(), {terms, count});
      for (Index i = 0; i < row; ++i) {
        const auto f = static_cast<std::size_t>(i / lanes), at = static_cast<std::size_t>(i);
        double sum = 0;
        for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) {
          sum += w[k * features + f] * x[k * static_cast<std::size_t>(row) + at];
        }
        EXPECT_NEAR(zero[at], sum, 1e-14);
        EXPECT_NEAR(y[at], bias[f] + sum, 1e-14);
        EXPECT_NEAR(twice[at], bias[f] + 2 * sum, 1e-14);
      }
    }
  }
}

TEST(Depthwise, GradientIsAddedOverStepsAndLanes) {
  for (const Index lanes : {1, 3, 8, 19, 32}) {
    const Index row = features * lanes;
    const Values dy = numbers(steps * row, 4), x = numbers(2 * steps * row, 5);  // x: every second step
    Values dw(features, 1.0);
    heed::kernels::depthwise_gradient<double>(steps, lanes, {dy.data(), features, row}, {x.data(), features, 2 * row},
                                              dw.data());
    for (Index f = 0; f < features; ++f) {
      double sum = 1;
      for (Index t = 0; t < steps; ++t) {
        for (Index l = 0; l < lanes; ++l) {
          sum += dy[static_cast<std::size_t>(t * row + f * lanes + l)] *
                 x[static_cast<std::size_t>(2 * t * row + f * lanes + l)];
        }
      }
      EXPECT_NEAR(dw[static_cast<std::size_t>(f)], sum, 1e-13);
    }
  }
}

}  // namespace depthwise_test
