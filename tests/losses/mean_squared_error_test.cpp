#include "heed/losses/mean_squared_error.hpp"

#include <gtest/gtest.h>

#include "../support/numbers.hpp"
#include "../support/reference.hpp"
#include "heed/testing/check_layer.hpp"

namespace mean_squared_error_test {

using heed::Index;
using heed::MeanSquaredError;
using heed::Tile;
using test_support::equals;
using test_support::Numbers;
using test_support::Reference;
using test_support::Values;

TEST(MeanSquaredError, EqualsPyTorch) {
  const MeanSquaredError<double> loss;
  for (const auto& name : test_support::reference_names("mse")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    const auto y = file.array("input.predictions");
    const auto lengths = file.integers("input.lengths");
    const Index n = y.extents[0], F = y.extents.back(), T = y.extents.size() == 3 ? y.extents[1] : 1;
    for (const Index width : {n, Index(1)}) {
      heed::Scratch scratch;
      double count = 0, total = 0;
      for (const bool counting : {true, false}) {  // the count comes first
        Values gradient;
        for (Index first = 0; first < n; first += width) {
          const auto valid = test_support::some_lengths(lengths, first, width);
          const auto lanes = test_support::to_lanes(y.values, n, first, width);
          const auto targets = test_support::to_lanes(file.values("input.targets"), n, first, width);
          const Tile<const double> in(lanes.data(), {T, F}, width, valid.empty() ? nullptr : valid.data());
          Values dy(lanes.size(), 1e3);
          if (counting) {
            count += loss.count(in, nullptr);
          } else {
            total += loss(in, Tile<const double>(targets.data(), {T, F}, width), nullptr, 1 / count,
                          Tile<double>(dy.data(), {T, F}, width), heed::Pass{scratch});
            test_support::append_lanes(dy, width, gradient);
          }
        }
        EXPECT_TRUE(equals(gradient, counting ? Values() : file.values("dinput.predictions")));
      }
      EXPECT_TRUE(equals(Values{total}, file.values("output.loss")));
    }
  }
}

TEST(MeanSquaredError, GradientEqualsDifferencesWithWeightsAndLengths) {
  const Index lanes = 19;
  Numbers y({3, 2}, lanes, 1), dy = y;
  const Numbers target({3, 2}, lanes, 2);
  std::vector<std::int32_t> lengths;
  Values weights;
  double count = 0;
  for (Index l = 0; l < lanes; ++l) {
    lengths.push_back(static_cast<std::int32_t>(l % 4));
    weights.push_back(l % 5 == 0 ? 0 : 0.1 * static_cast<double>(l));
    count += weights.back() * lengths.back() * 2;
  }
  heed::Scratch scratch;
  const auto loss = [&](Tile<double> gradient) {
    return MeanSquaredError<double>()(y.view(lengths), target.view(), weights.data(), 0.3, gradient,
                                      heed::Pass{scratch});
  };
  EXPECT_NEAR(MeanSquaredError<double>::count(y.view(lengths), weights.data()), count, 1e-12);
  const double value = loss(dy.tile());
  EXPECT_EQ(loss({}), value) << "without a gradient the loss is the same";
  const auto differences = heed::testing::detail::differences(y.values.data(), static_cast<Index>(y.values.size()),
                                                              [&] { return loss({}); });
  EXPECT_LT(heed::testing::detail::norm_error(dy.values, differences), 1e-8);
}

TEST(MeanSquaredError, InFloatAgrees) {
  const Index lanes = 19;
  const Numbers y({3, 2}, lanes, 1), target({3, 2}, lanes, 2);
  Numbers dy = y;
  heed::Scratch scratch;
  const double loss = MeanSquaredError<double>()(y.view(), target.view(), nullptr, 0.3, dy.tile(), heed::Pass{scratch});
  const std::vector<float> a(y.values.begin(), y.values.end()), b(target.values.begin(), target.values.end());
  std::vector<float> gradient(a.size());
  EXPECT_NEAR(MeanSquaredError<float>()(Tile<const float>(a.data(), y.shape, lanes),
                                        Tile<const float>(b.data(), y.shape, lanes), nullptr, 0.3,
                                        Tile<float>(gradient.data(), y.shape, lanes), heed::Pass{scratch}),
              loss, 1e-6 * loss);
  EXPECT_TRUE(equals(gradient, dy.values, 1e-6));
}

}  // namespace mean_squared_error_test
