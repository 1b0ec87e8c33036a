#include "heed/losses/huber.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "../support/value_loss.hpp"

namespace huber_test {

using heed::Huber;
using test_support::error_of;
using test_support::Reference;

TEST(Huber, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("huber")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    test_support::expect_value_loss(file, Huber<double>({.delta = file.number("delta")}));
  }
}

TEST(Huber, GradientEqualsDifferencesAndFloatAgrees) {
  test_support::expect_value_gradient(Huber<double>({.delta = 0.37}), Huber<float>({.delta = 0.37}));
}

TEST(Huber, RejectsOptionsAndTargets) {
  for (const double delta : {0.0, -1.0, std::nan("")}) {
    EXPECT_NE(error_of([&] { Huber<double>({.delta = delta}); }).find("Huber: delta out of range"), std::string::npos);
  }
  const std::vector<double> targets{1, 2, std::nan(""), 4};
  EXPECT_EQ(error_of([&] { Huber<double>().check({targets.data(), {2, 2}}, 3); }),
            "Huber: wrong number of targets (expected 3 a sequence, got 2)");
  EXPECT_NE(error_of([&] { Huber<double>().check({targets.data(), {2, 2}}, 2); }).find("target 0 of sequence 1"),
            std::string::npos);
}

}  // namespace huber_test
