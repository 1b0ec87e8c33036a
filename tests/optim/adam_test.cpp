#include "heed/optim/adam.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "../support/two_parameters.hpp"
#include "heed/layers/dense.hpp"

namespace adam_test {

using heed::Adam;
using heed::AdamOptions;
using test_support::error_of;
using test_support::Reference;
using test_support::TwoParameters;

AdamOptions torch_adam(const Reference& file) {
  AdamOptions o{.learning_rate = file.number("lr"),
                .beta1 = file.number("beta1"),
                .beta2 = file.number("beta2"),
                .epsilon = file.number("eps"),
                .weight_decay = file.number("weight_decay"),
                .decay_matrices_only = file.options().contains("decay_matrices_only"),
                .decoupled = file.text("optimizer") == "AdamW",
                .amsgrad = file.flag("amsgrad")};
  return o;
}

TEST(AdamW, DecaysWeightsUnlessToldNotTo) {
  EXPECT_EQ(heed::adamw({.learning_rate = 0.5}).weight_decay, 0.01);
  EXPECT_EQ(heed::adamw({.weight_decay = 0}).weight_decay, 0);
  EXPECT_TRUE(heed::adamw().decoupled);
  EXPECT_FALSE(heed::adamw().decay_matrices_only);
  EXPECT_TRUE(heed::adamw({.decay_matrices_only = true}).decay_matrices_only);
}

TEST(Adam, RefusesAModelOfAnotherSize) {
  const heed::Dense<double> small({2, 3});
  heed::Dense<double> large({2, 4});
  heed::Adam adam(small);
  EXPECT_THROW(adam.step(large, large), heed::Error);
}

TEST(Adam, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("optimizer", "adam")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    test_support::expect_ten_steps(file, [&](const auto& model) { return Adam(model, torch_adam(file)); });
    test_support::expect_ten_steps<float>(file, [&](const auto& model) { return Adam(model, torch_adam(file)); });
  }
}

TEST(Adam, EqualsKerasWithEpsilonOutsideTheBiasCorrection) {
  for (const auto& name : test_support::reference_names("keras", "adam")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    test_support::expect_ten_steps(file, [&](const auto& model) {
      return Adam(model, {.learning_rate = file.number("lr"),
                          .beta1 = file.number("beta1"),
                          .beta2 = file.number("beta2"),
                          .epsilon = file.number("eps"),
                          .epsilon_outside = true});
    });
  }
}

TEST(Adam, HasPyTorchsDefaults) {
  const Reference file("optimizer/adam");
  test_support::expect_ten_steps(file, [](const auto& model) { return Adam(model); });
}

TEST(AdamW, HasPyTorchsDefaults) {
  const Reference file("optimizer/adamw");
  test_support::expect_ten_steps(file, [](const auto& model) { return Adam(model, heed::adamw()); });
}

TEST(Adam, ARateOfZeroChangesNothing) {
  const auto start = test_support::two_parameters(Reference("optimizer/adam"), "param.0.");
  auto model = start;
  Adam(model, {.learning_rate = 0}).step(model, start);
  EXPECT_EQ(test_support::numbers(model), test_support::numbers(start));
}

TEST(Adam, LeavesFrozenParametersAsTheyAre) {
  const auto start = test_support::two_parameters(Reference("optimizer/adam"), "param.0.");
  auto all = start, some = start;
  Adam(all).step(all, start);
  Adam frozen(some, {.weight_decay = 0.1, .frozen = {"2", "w2"}});
  EXPECT_EQ(to_metadata(frozen.options).at("frozen"), "2\nw2\n");
  frozen.step(some, start);
  EXPECT_EQ(test_support::row_major(some.w2), test_support::row_major(start.w2));
  EXPECT_NE(test_support::row_major(some.w1), test_support::row_major(start.w1));
  EXPECT_NE(test_support::row_major(all.w2), test_support::row_major(start.w2));
  EXPECT_FALSE(to_metadata(Adam(all).options).contains("frozen"));
}

TEST(Adam, RejectsOptionsOutOfRange) {
  const TwoParameters<> model;
  for (const AdamOptions& o : {AdamOptions{.learning_rate = -1},
                               {.beta1 = 1},
                               {.beta1 = -0.1},
                               {.beta2 = 1},
                               {.beta2 = -0.1},
                               {.epsilon = -1e-8},
                               {.weight_decay = -0.1},
                               {.learning_rate = NAN}}) {
    EXPECT_NE(error_of([&] { Adam(model, o); }).find(" out of range (expected "), std::string::npos);
  }
}

}  // namespace adam_test
