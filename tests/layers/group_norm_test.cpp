#include "heed/layers/group_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace group_norm_test {

using heed::GroupNorm;
using test_support::error_of;
using test_support::Reference;
using test_support::Values;

TEST(GroupNorm, FulfilsTheLayerContract) {
  for (const heed::Index groups : {1, 2, 6}) {
    for (const bool affine : {true, false}) {
      const auto report = heed::testing::check_layer(
          [&]<class S>() { return GroupNorm<S>({.groups = groups, .features = 6, .eps = 0.1, .affine = affine}); },
          {4, 6}, {.input_bound = 2});
      EXPECT_TRUE(report.ok()) << groups << " groups\n" << report.text();
    }
  }
}

TEST(GroupNorm, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("group_norm")) {
    const Reference file(name);
    test_support::expect_equals_reference(
        name, GroupNorm<double>({.groups = file.index("groups"), .features = 6, .affine = file.flag("affine")}));
  }
}

TEST(GroupNorm, ASequenceOfEqualNumbersGivesTheBias) {
  GroupNorm<double> layer({.groups = 2, .features = 4});
  layer.bias.fill(0.25);
  heed::testing::LayerRun<GroupNorm<double>> run(layer, {2, 4}, 3, {2, 1, 0});
  run.x = Values(24, 1e6);
  run.dy = Values(24, 3.0);
  run.forward();
  run.backward();
  EXPECT_EQ(run.at(run.y, run.output, 1, 3, 0), 0.25);
  EXPECT_EQ(run.at(run.y, run.output, 1, 3, 1), 0) << "past the end";
  EXPECT_EQ(run.at(run.y, run.output, 0, 0, 2), 0) << "without steps";
  for (const double d : run.dx) EXPECT_TRUE(std::isfinite(d));
}

TEST(GroupNorm, StartsAsPyTorchDoesWithItsNames) {
  GroupNorm<float> layer({.groups = 3, .features = 3});
  layer.initialize(heed::Key{5});
  EXPECT_EQ(test_support::numbers(layer), (Values{1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(test_support::parameter_names(layer), "weight bias ");
  EXPECT_EQ(test_support::parameter_names(GroupNorm<float>({.features = 3, .affine = false})), "");
}

TEST(GroupNorm, RejectsWhatDoesNotFit) {
  EXPECT_EQ(error_of([] { GroupNorm<float>({.groups = 4, .features = 6}); }),
            "GroupNorm: the number of groups must divide the number of features (got 4 groups for 6 features)");
  for (const heed::Index groups : {0, -1}) {
    EXPECT_NE(error_of([&] { GroupNorm<float>({.groups = groups, .features = 6}); }).find("must divide"),
              std::string::npos);
  }
  EXPECT_EQ(error_of([] { GroupNorm<float>({.features = 3, .eps = 0}); }),
            "GroupNorm: option out of range (expected eps above 0, got 0)");
  EXPECT_EQ(error_of([] { GroupNorm<float>({.features = 3, .eps = 1e-60}); }),
            "GroupNorm: option out of range (expected eps above 0 and finite as a float, got 1e-60)");
  EXPECT_NE(error_of([] { GroupNorm<float>({.features = 3, .eps = 1e60}); }).find("got 1e+60"), std::string::npos);
  EXPECT_NE(error_of([] { GroupNorm<float>({.features = 3, .eps = std::numeric_limits<double>::quiet_NaN()}); }),
            "no error");
  EXPECT_EQ(error_of([] { GroupNorm<double>({.features = 3, .eps = 1e-60}); }), "no error");
  EXPECT_EQ(error_of([] { GroupNorm<float>({.features = 3}).output_shape({2, 4}); }),
            "GroupNorm: wrong number of features (expected 3, got 4)");
}

}  // namespace group_norm_test
