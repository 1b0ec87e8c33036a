#include "heed/metrics/calibration.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <utility>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/core/rng.hpp"

namespace calibration_test {

using heed::Index;
using heed::Tensor;
using Labels = std::vector<std::int32_t>;

// confidences .9 .8 .8 .6 .6, of which the second and the last are wrong
const Tensor<double, 2> probabilities({5, 2}, {.9, .1, .2, .8, .8, .2, .6, .4, .4, .6});
const Labels labels{0, 0, 0, 0, 0};

TEST(Calibration, HasTheBinsOfGuo) { EXPECT_EQ(heed::calibration(probabilities.view(), labels).bins.size(), 15U); }

TEST(Calibration, BinsConfidencesAndComparesThemWithAccuracy) {
  const heed::Calibration c = heed::calibration(probabilities.view(), labels, 5);
  ASSERT_EQ(c.bins.size(), 5U);
  // (.4, .6], (.6, .8] and (.8, 1]: the upper ends belong to a bin
  EXPECT_EQ(c.bins[0].count + c.bins[1].count, 0);
  EXPECT_EQ(c.bins[2].count, 2);
  EXPECT_EQ(c.bins[3].count, 2);
  EXPECT_EQ(c.bins[4].count, 1);
  EXPECT_DOUBLE_EQ(c.bins[2].confidence, .6);
  EXPECT_DOUBLE_EQ(c.bins[2].accuracy, .5);
  EXPECT_DOUBLE_EQ(c.bins[3].accuracy, .5);
  EXPECT_DOUBLE_EQ(c.bins[4].accuracy, 1);
  EXPECT_NEAR(c.ece, (2 * .1 + 2 * .3 + 1 * .1) / 5, 1e-15);
  EXPECT_NEAR(c.mce, .3, 1e-15);
  EXPECT_NEAR(c.confidence, 3.7 / 5, 1e-15);
  EXPECT_DOUBLE_EQ(c.accuracy, 3.0 / 5);
}

TEST(Calibration, AllRightIsExactlyOne) {
  // 1/6 + 4/6 + 1/6 is less than 1 in doubles
  const Tensor<double, 2> p({6, 2}, {.95, .05, .75, .25, .75, .25, .75, .25, .75, .25, .55, .45});
  EXPECT_EQ(heed::calibration(p.view(), Labels(6, 0)).accuracy, 1);
}

TEST(Calibration, BrierIsTheSquaredDistanceFromTheLabels) {
  // twice sklearn.metrics.brier_score_loss([1] * 5, [.9, .2, .8, .6, .4])
  EXPECT_NEAR(heed::calibration(probabilities.view(), labels).brier, 2 * .242, 1e-15);
  const Tensor<float, 2> three({2, 3}, {1, 0, 0, 0.25f, 0.25f, 0.5f});
  EXPECT_NEAR(heed::calibration(three.view(), Labels{1, 2}).brier, (2 + .0625 + .0625 + .25) / 2, 1e-7);
}

TEST(Calibration, OfTrueProbabilitiesIsNearZero) {
  const heed::Key key{7};
  constexpr Index n = 20'000;
  Tensor<double, 2> p({n, 2});
  Labels drawn;
  for (Index i = 0; i < n; ++i) {
    const auto at = static_cast<std::uint64_t>(2 * i);
    p(i, 0) = key.uniform(at, 0, 1);
    p(i, 1) = 1 - p(i, 0);
    drawn.push_back(key.uniform(at + 1, 0, 1) < p(i, 0) ? 0 : 1);
  }
  const heed::Calibration c = heed::calibration(p.view(), drawn);
  EXPECT_LT(c.ece, .02);
  EXPECT_NEAR(c.brier, 1.0 / 3, .01) << "2 p (1 - p), integrated";
  for (double& v : p) v = v > .5 ? 1 : 0;  // too sure
  EXPECT_NEAR(heed::calibration(p.view(), drawn).ece, .25, .01);
}

TEST(Calibration, TakesTheEndsOfTheScale) {
  const Tensor<float, 2> sure({2, 2}, {1, 0, 0, 1.0001f});  // as a softmax rounds
  const heed::Calibration c = heed::calibration(sure.view(), Labels{0, 1}, 10);
  EXPECT_EQ(c.bins.back().count, 2);
  EXPECT_NEAR(c.ece, 0, 1e-6);
  const Tensor<double, 2> one({2, 1}, {1, 1});
  EXPECT_EQ(heed::calibration(one.view(), Labels{0, 0}).ece, 0);
}

TEST(Calibration, RefusesWhatIsNoProbability) {
  const auto error = [](std::vector<double> p, const Labels& l, Index bins = 15) {
    const Tensor<double, 2> row({1, 2}, std::move(p));
    return test_support::error_of([&] { heed::calibration(row.view(), l, bins); });
  };
  EXPECT_EQ(error({3, -2}, {0}),
            "calibration, row 0 (counted from 0): not a probability (expected 0 to 1, got 3.000000)");
  EXPECT_NE(error({std::numeric_limits<double>::quiet_NaN(), 1}, {0}).find("not a probability"), std::string::npos);
  EXPECT_EQ(
      error({.5, .25}, {0}),
      "calibration, row 0 (counted from 0): the probabilities of a row do not add up to 1 (expected 1, got 0.750000)");
  EXPECT_NE(error({.5, .5}, {2}).find("label out of range"), std::string::npos);
  EXPECT_NE(error({.5, .5}, {0, 1}).find("differ in number"), std::string::npos);
  EXPECT_EQ(error({.5, .5}, {0}, 0), "calibration: number of bins out of range (expected 1 to 10000, got 0)");
}

}  // namespace calibration_test
