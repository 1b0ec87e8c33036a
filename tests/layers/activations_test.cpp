#include "heed/layers/activations.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace activations_test {

using test_support::Values;

template <template <class> class L>
struct MakeActivation {
  template <class S>
  auto operator()() const {
    return L<S>();
  }
};
template <template <class> class L>
void expect_contract(const heed::testing::CheckOptions& options = {}) {
  const auto report = heed::testing::check_layer(MakeActivation<L>(), {2, 5}, options);
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Relu, FulfilsTheLayerContract) {
  expect_contract<heed::Relu>({.seed = 2});  // no input within 2e-3 of the kink
}
TEST(Tanh, FulfilsTheLayerContract) { expect_contract<heed::Tanh>({.input_bound = 2}); }
TEST(Sigmoid, FulfilsTheLayerContract) { expect_contract<heed::Sigmoid>({.input_bound = 3}); }
TEST(Gelu, FulfilsTheLayerContract) { expect_contract<heed::Gelu>({.input_bound = 2}); }
TEST(LeakyRelu, FulfilsTheLayerContract) { expect_contract<heed::LeakyRelu>({.seed = 2}); }
TEST(Elu, FulfilsTheLayerContract) { expect_contract<heed::Elu>({.input_bound = 2, .seed = 2}); }
TEST(Softmax, FulfilsTheLayerContract) { expect_contract<heed::Softmax>({.input_bound = 2}); }

TEST(Relu, EqualsPyTorch) { test_support::expect_equals_reference("activation/relu", heed::Relu<double>()); }
TEST(Tanh, EqualsPyTorch) { test_support::expect_equals_reference("activation/tanh", heed::Tanh<double>()); }
TEST(Sigmoid, EqualsPyTorch) { test_support::expect_equals_reference("activation/sigmoid", heed::Sigmoid<double>()); }
TEST(Gelu, EqualsPyTorch) { test_support::expect_equals_reference("activation/gelu", heed::Gelu<double>()); }
TEST(LeakyRelu, EqualsPyTorch) {
  test_support::expect_equals_reference("activation/leaky_relu", heed::LeakyRelu<double>(0.2));
}
TEST(Elu, EqualsPyTorch) { test_support::expect_equals_reference("activation/elu", heed::Elu<double>(1.5)); }
TEST(Softmax, EqualsPyTorch) { test_support::expect_equals_reference("activation/softmax", heed::Softmax<double>()); }

/// The layer on one step of one lane.
template <class L>
Values apply(const L& layer, Values x, Values dy = {}, Values* dx = nullptr) {
  heed::testing::LayerRun<L> run(layer, {1, static_cast<heed::Index>(x.size())}, 1);
  run.x = std::move(x);
  run.forward();
  if (dx) {
    run.dy = std::move(dy);
    run.backward();
    *dx = run.dx;
  }
  return run.y;
}

TEST(Relu, HasNoGradientAtZero) {
  Values dx;
  EXPECT_EQ(apply(heed::Relu<double>(), {-1, -0.0, 0, 2}, {1, 1, 1, 1}, &dx), (Values{0, 0, 0, 2}));
  EXPECT_EQ(dx, (Values{0, 0, 0, 1}));
}

TEST(Gelu, IsOfErfAndNotOfTanh) {
  EXPECT_NEAR(apply(heed::Gelu<double>(), {1.5})[0], 1.5 * 0.5 * (1 + std::erf(1.5 / std::sqrt(2.0))), 1e-15);
}

TEST(Activations, HoldAtLargeInputs) {
  Values dx;
  EXPECT_EQ(apply(heed::Tanh<double>(), {-1e4, 1e4}, {1, 1}, &dx), (Values{-1, 1}));
  EXPECT_EQ(dx, (Values{0, 0}));
  const Values s = apply(heed::Sigmoid<double>(), {-1e4, 1e4});
  EXPECT_NEAR(s[0], 0, 1e-15);
  EXPECT_EQ(s[1], 1);
  const Values g = apply(heed::Gelu<double>(), {-1e4, 1e4});
  EXPECT_EQ(g[0], 0);
  EXPECT_EQ(g[1], 1e4);
  const Values p = apply(heed::Softmax<double>(), {1e4, 1e4, -1e4});
  EXPECT_NEAR(p[0], 0.5, 1e-15);
  EXPECT_NEAR(p[1], 0.5, 1e-15);
  EXPECT_NEAR(p[2], 0, 1e-15);
}

TEST(Softmax, SumsToOneAtEveryStep) {
  heed::testing::LayerRun<heed::Softmax<double>> run(heed::Softmax<double>(), {3, 4}, 5);
  run.randomize(heed::Key{1}, 5);
  run.forward();
  for (heed::Index t = 0; t < 3; ++t) {
    for (heed::Index l = 0; l < 5; ++l) {
      double sum = 0;
      for (heed::Index f = 0; f < 4; ++f) sum += run.at(run.y, run.output, t, f, l);
      EXPECT_NEAR(sum, 1, 1e-15);
    }
  }
}

TEST(Activations, KeepTheShape) { EXPECT_EQ(heed::Gelu<float>().output_shape({3, 4}), (heed::Shape{3, 4})); }

}  // namespace activations_test
