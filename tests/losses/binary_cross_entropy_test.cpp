#include "heed/losses/binary_cross_entropy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "../support/random.hpp"
#include "../support/value_loss.hpp"

namespace binary_cross_entropy_test {

using heed::BinaryCrossEntropy;
using heed::Index;
using test_support::error_of;
using test_support::Reference;

TEST(BinaryCrossEntropy, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("bce")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    heed::BinaryCrossEntropyOptions o;
    if (file.has("input.pos_weight")) o.pos_weight = file.values("input.pos_weight");
    test_support::expect_value_loss(file, BinaryCrossEntropy<double>(o));
  }
}

TEST(BinaryCrossEntropy, GradientEqualsDifferencesAndFloatAgrees) {
  const heed::BinaryCrossEntropyOptions o{.pos_weight = {2.5, 0.3}};
  test_support::expect_value_gradient(BinaryCrossEntropy<double>(o), BinaryCrossEntropy<float>(o));
}

TEST(BinaryCrossEntropy, StaysFiniteForAnyLogit) {
  const BinaryCrossEntropy<float> loss;
  heed::Scratch scratch;
  const std::vector<float> z{1e30F, -1e30F, 500, -500}, t{0, 1, 1, 0}, weights{1, 1, 1, 1};
  std::vector<float> dz(4);
  const double total = loss({z.data(), {1, 1}, 4}, {t.data(), {1, 1}, 4}, weights.data(), 1,
                            heed::Tile<float>(dz.data(), {1, 1}, 4), heed::Pass{scratch});
  EXPECT_NEAR(total, 2e30, 1e24);
  EXPECT_TRUE(test_support::equals(dz, std::vector<float>{1, -1, 0, 0}));
}

TEST(BinaryCrossEntropy, CountsOutputsOnTheirSide) {
  const std::vector<double> z{1, -1, 2, 0.1, 0.2, -3}, t{1, 1, 0, 1, 0.4, 0};  // two outputs, three lanes
  const std::vector<double> weights{1, 1, 0};
  EXPECT_EQ(BinaryCrossEntropy<double>::count_correct({z.data(), {1, 2}, 3}, {t.data(), {1, 2}, 3}, weights.data()), 1);
}

TEST(BinaryCrossEntropy, CountsInAnyNumberOfLanes) {
  for (const heed::Index lanes : {1, 63, 64, 65, 200}) {
    const auto n = static_cast<std::size_t>(3 * lanes);
    const std::vector<float> z = test_support::random_values<float>(3 * lanes, 1);
    std::vector<float> t(n), weights(static_cast<std::size_t>(lanes));
    for (std::size_t i = 0; i < n; ++i) t[i] = i % 3 == 0 ? 1.0F : 0.0F;
    for (std::size_t l = 0; l < weights.size(); ++l) weights[l] = l % 5 == 4 ? 0.0F : 0.5F;
    double right = 0;
    for (std::size_t i = 0; i < n; ++i) right += (z[i] > 0) == (t[i] > 0.5F) ? weights[i % weights.size()] : 0;
    EXPECT_EQ(
        BinaryCrossEntropy<float>::count_correct({z.data(), {1, 3}, lanes}, {t.data(), {1, 3}, lanes}, weights.data()),
        right / 3)
        << lanes;
  }
}

TEST(BinaryCrossEntropy, RejectsOptionsAndTargets) {
  for (const double p : {-1.0, std::nan("")}) {
    EXPECT_NE(error_of([&] { BinaryCrossEntropy<double>({.pos_weight = {1, p}}); }).find("pos_weight out of range"),
              std::string::npos);
  }
  const std::vector<double> targets{1, 0, 0.5, 1.25};
  const heed::TensorView<const double, 2> view(targets.data(), {2, 2});
  EXPECT_EQ(error_of([&] { BinaryCrossEntropy<double>().check(view, 2); }),
            "target 1 of sequence 1 (counted from 0): target out of range (expected 0 to 1, got 1.250000)");
  EXPECT_EQ(error_of([&] { BinaryCrossEntropy<double>({.pos_weight = {1}}).check(view, 2); }),
            "BinaryCrossEntropy: wrong number of pos_weight (expected 2, got 1)");
}

}  // namespace binary_cross_entropy_test
