#include "heed/optim/sgd.hpp"

#include <gtest/gtest.h>

#include "../support/two_parameters.hpp"

namespace sgd_test {

using heed::Sgd;
using heed::SgdOptions;
using test_support::error_of;
using test_support::Reference;

TEST(Sgd, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("optimizer", "sgd")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    const SgdOptions o{.learning_rate = file.number("lr"),
                       .momentum = file.number("momentum"),
                       .dampening = file.number("dampening"),
                       .weight_decay = file.number("weight_decay"),
                       .decay_matrices_only = file.options().contains("decay_matrices_only"),
                       .nesterov = file.flag("nesterov")};
    test_support::expect_ten_steps(file, [&](const auto& model) { return Sgd(model, o); });
    test_support::expect_ten_steps<float>(file, [&](const auto& model) { return Sgd(model, o); });
  }
}

TEST(Sgd, WithoutMomentumGoesAgainstTheGradient) {
  test_support::TwoParameters<> model, gradient;
  gradient.w1(2, 1) = 4;
  gradient.w2(3) = -8;
  Sgd(model, {.learning_rate = 0.5}).step(model, gradient);
  EXPECT_EQ(model.w1(2, 1), -2);
  EXPECT_EQ(model.w2(3), 4);
  EXPECT_EQ(model.w1(1, 2), 0);
}

TEST(Sgd, RejectsOptionsOutOfRange) {
  const test_support::TwoParameters<> model;
  for (const SgdOptions& o : {SgdOptions{.learning_rate = -1}, {.momentum = -0.1}, {.weight_decay = -0.1}}) {
    EXPECT_NE(error_of([&] { Sgd(model, o); }).find(" out of range (expected a finite number of at least 0"),
              std::string::npos);
  }
  for (const SgdOptions& o : {SgdOptions{.nesterov = true}, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}}) {
    EXPECT_EQ(error_of([&] { Sgd(model, o); }), "Sgd: nesterov needs momentum and no dampening");
  }
}

}  // namespace sgd_test
