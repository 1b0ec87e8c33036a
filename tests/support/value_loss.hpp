#pragma once

// Losses of numbers against targets: what holds for each.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "heed/testing/check_layer.hpp"
#include "numbers.hpp"
#include "reference.hpp"

namespace test_support {

/// The loss of `input.predictions` against `input.targets` (n, k), its gradient, tile by tile with padding lanes behind
/// each: `output.loss` and `dinput.predictions`.
template <class Loss>
void expect_value_loss(const Reference& file, const Loss& loss) {
  const Array y = file.array("input.predictions");
  const Index n = y.extents[0], k = y.extents[1];
  const Values targets = file.values("input.targets");
  loss.check(heed::TensorView<const double, 2>(targets.data(), {n, k}), k);
  double count = 0;
  for (Index i = 0; i < n; ++i) {
    count += loss.target_weight({targets.data() + i * k, static_cast<std::size_t>(k)});
  }
  for (const Index width : {n, Index(3), Index(1)}) {
    heed::Scratch scratch;
    double total = 0;
    Values gradient;
    for (Index first = 0; first < n; first += width) {
      const Index rows = std::min(width, n - first), L = rows + 2;
      Values z(static_cast<std::size_t>(k * L), 3), t(z.size(), 0.25), dz(z.size(), 1e3), weights(z.size(), 0);
      for (Index l = 0; l < rows; ++l) {
        weights[static_cast<std::size_t>(l)] = 1;
        for (Index f = 0; f < k; ++f) {
          z[static_cast<std::size_t>(f * L + l)] = y.values[static_cast<std::size_t>((first + l) * k + f)];
          t[static_cast<std::size_t>(f * L + l)] = targets[static_cast<std::size_t>((first + l) * k + f)];
        }
      }
      total += loss(Tile<const double>(z.data(), {1, k}, L), Tile<const double>(t.data(), {1, k}, L), weights.data(),
                    1 / count, Tile<double>(dz.data(), {1, k}, L), heed::Pass{scratch});
      for (Index l = 0; l < L; ++l) {
        for (Index f = 0; f < k; ++f) {
          const double d = dz[static_cast<std::size_t>(f * L + l)];
          if (l < rows) gradient.push_back(d);
          EXPECT_TRUE(l < rows || d == 0) << "padding";
        }
      }
    }
    EXPECT_TRUE(equals(Values{total}, file.values("output.loss")));
    EXPECT_TRUE(equals(gradient, file.values("dinput.predictions")));
  }
}

/// The gradient against differences, with lengths and weights; in float the same to the last digits.
template <class Loss, class FloatLoss>
void expect_value_gradient(const Loss& loss, const FloatLoss& in_float) {
  const Index lanes = 19;
  Numbers y({3, 2}, lanes, 1), dy = y, target({3, 2}, lanes, 2);
  for (double& t : target.values) t = std::abs(t);  // 0 to 1
  std::vector<std::int32_t> lengths;
  Values weights;
  for (Index l = 0; l < lanes; ++l) {
    lengths.push_back(static_cast<std::int32_t>(l % 4));
    weights.push_back(l % 5 == 0 ? 0 : 0.1 * static_cast<double>(l));
  }
  heed::Scratch scratch;
  const auto value = [&](Tile<double> gradient) {
    return loss(y.view(lengths), target.view(), weights.data(), 0.3, gradient, heed::Pass{scratch});
  };
  const double total = value(dy.tile());
  EXPECT_EQ(value({}), total) << "without a gradient the loss is the same";
  const auto differences = heed::testing::detail::differences(y.values.data(), static_cast<Index>(y.values.size()),
                                                              [&] { return value({}); });
  EXPECT_LT(heed::testing::detail::norm_error(dy.values, differences), 1e-8);

  const auto floats = [](const Values& v) { return std::vector<float>(v.begin(), v.end()); };
  const auto a = floats(y.values), b = floats(target.values), w = floats(weights);
  std::vector<float> gradient(a.size());
  EXPECT_NEAR(
      in_float(Tile<const float>(a.data(), y.shape, lanes, lengths.data()), Tile<const float>(b.data(), y.shape, lanes),
               w.data(), 0.3, Tile<float>(gradient.data(), y.shape, lanes), heed::Pass{scratch}),
      total, 2e-6 * std::max(total, 1.0));
  EXPECT_TRUE(equals(gradient, dy.values, 2e-6));
}

}  // namespace test_support
