#include "heed/layers/standardize.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "../support/reference.hpp"
#include "heed/testing/check_layer.hpp"

namespace standardize_test {

using heed::Standardize;
using test_support::error_of;

const std::vector<double> means{0.5, -2, 3}, deviations{2, 0.25, 1.5};

TEST(Standardize, FulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer([]<class S>() { return Standardize<S>(means, deviations); }, {4, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Standardize, SubtractsTheMeanAndDividesByTheDeviation) {
  for (const heed::Index lanes : {1, 3}) {
    heed::testing::LayerRun<Standardize<double>> run(Standardize<double>(means, deviations), {2, 3}, lanes);
    run.randomize(heed::Key{1});
    run.forward();
    run.backward();
    for (std::size_t i = 0; i < run.x.size(); ++i) {
      const std::size_t f = i / static_cast<std::size_t>(lanes) % 3;
      EXPECT_NEAR(run.y[i], (run.x[i] - means[f]) / deviations[f], 1e-14);
      EXPECT_NEAR(run.dx[i], run.dy[i] / deviations[f], 1e-14);
    }
  }
}

TEST(Standardize, IsOffWithoutNumbers) {
  EXPECT_FALSE(Standardize<float>().active());
  EXPECT_FALSE(Standardize<float>({}, {}).active());
  EXPECT_TRUE(Standardize<float>(means, deviations).active());
}

TEST(Standardize, IsNotTrained) { EXPECT_EQ(test_support::parameter_names(Standardize<float>(means, deviations)), ""); }

TEST(Standardize, RejectsNumbersThatAreNone) {
  EXPECT_EQ(error_of([] { Standardize<float>({1, 2}, {1}); }), "Standardize: sizes differ (expected 2, got 1)");
  for (const double wrong : {0.0, -1.0, double(NAN), double(HUGE_VAL), 1e-60}) {  // the last is 0 in float
    EXPECT_EQ(error_of([&] { Standardize<float>({1, 2}, {1, wrong}); }),
              "Standardize, feature 1: not a finite mean and a positive deviation");
  }
  EXPECT_EQ(error_of([] { Standardize<double>({double(NAN), 2}, {1, 1}); }),
            "Standardize, feature 0: not a finite mean and a positive deviation");
}

TEST(Standardize, RejectsSizesThatDoNotFit) {
  const Standardize<float> layer(means, deviations);
  EXPECT_EQ(layer.output_shape({7, 3}), (heed::Shape{7, 3}));
  EXPECT_EQ(error_of([&] { layer.output_shape({7, 4}); }), "Standardize: wrong number of features (expected 3, got 4)");
}

}  // namespace standardize_test
