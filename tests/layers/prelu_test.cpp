#include "heed/layers/prelu.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/error_of.hpp"
#include "heed/testing/check_layer.hpp"

namespace prelu_test {

using heed::Index;
using heed::Prelu;
using test_support::error_of;

TEST(Prelu, FulfilsTheLayerContract) {
  for (const Index slopes : {Index(1), Index(5)}) {
    for (const Index lanes : {1, 5, 17}) {
      const auto report = heed::testing::check_layer([&]<class S>() { return Prelu<S>({.num_parameters = slopes}); },
                                                     {4, 5}, {.lanes = lanes});
      EXPECT_TRUE(report.ok()) << slopes << " slopes: " << report.text();
    }
  }
}

TEST(Prelu, MultipliesNegativeNumbersByTheSlopeOfTheirFeature) {
  heed::testing::LayerRun<Prelu<double>> run(Prelu<double>({.num_parameters = 3}), {2, 3}, 1);
  run.layer.weight(0) = 0.5;
  run.layer.weight(1) = -2;
  run.layer.weight(2) = 3;
  run.x = {1, -1, -1, -4, 0, 2};
  run.forward();
  EXPECT_EQ(run.y, (std::vector<double>{1, 2, -3, -2, 0, 2}));
}

TEST(Prelu, HasOneSlopeForAllFeaturesAsPyTorchByDefault) {
  heed::testing::LayerRun<Prelu<double>> run(Prelu<double>({.num_parameters = 1}), {1, 4}, 1);
  run.x = {-1, 1, -2, -3};
  run.dy = {1, 1, 1, 1};
  run.forward();
  EXPECT_EQ(run.y, (std::vector<double>{-0.25, 1, -0.5, -0.75}));
  run.backward();
  EXPECT_EQ(run.gradient.weight(0), -6);
  EXPECT_EQ(run.dx, (std::vector<double>{0.25, 1, 0.25, 0.25}));
}

TEST(Prelu, RefusesSizesThatDoNotFit) {
  EXPECT_EQ(error_of([] { Prelu<float>({.num_parameters = 0}); }),
            "Prelu: num_parameters must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error_of([] { Prelu<float>({.num_parameters = 3}).output_shape({2, 4}); }),
            "Prelu: wrong number of features (expected 3, got 4)");
}

}  // namespace prelu_test
