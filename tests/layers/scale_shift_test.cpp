#include "heed/layers/scale_shift.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/error_of.hpp"
#include "heed/testing/check_layer.hpp"

namespace scale_shift_test {

using heed::Index;
using heed::ScaleShift;
using test_support::error_of;

TEST(ScaleShift, FulfilsTheLayerContract) {
  for (const Index lanes : {1, 5, 17}) {
    const auto report =
        heed::testing::check_layer([]<class S>() { return ScaleShift<S>({.features = 5}); }, {4, 5}, {.lanes = lanes});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(ScaleShift, MultipliesAndShiftsEachFeature) {
  heed::testing::LayerRun<ScaleShift<double>> run(ScaleShift<double>({.features = 2}), {2, 2}, 1);
  run.x = {1, 2, 3, 4};
  run.forward();
  EXPECT_EQ(run.y, run.x) << "from the start";
  run.layer.weight(0) = 2;
  run.layer.weight(1) = -1;
  run.layer.bias(0) = 10;
  run.layer.bias(1) = 0.5;
  run.forward();
  EXPECT_EQ(run.y, (std::vector<double>{12, -1.5, 16, -3.5}));
}

TEST(ScaleShift, RefusesSizesThatDoNotFit) {
  EXPECT_EQ(error_of([] { ScaleShift<float>({.features = 0}); }),
            "ScaleShift: features must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error_of([] { ScaleShift<float>({.features = 3}).output_shape({2, 4}); }),
            "ScaleShift: wrong number of features (expected 3, got 4)");
}

}  // namespace scale_shift_test
