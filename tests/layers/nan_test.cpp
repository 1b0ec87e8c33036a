// NaN in, NaN out: no maximum, clamp or gate swallows one, whatever stands before or after it, and no other sequence
// gets it.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "heed/layers.hpp"
#include "heed/testing/layer_run.hpp"

namespace nan_test {

using heed::Index;
constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

/// Puts NaN into each number of lane 0 in turn, `beside` into the one before or behind it, and looks at y.
template <class L, class Expect>
void expect_nan(const L& layer, heed::Shape shape, double beside, Expect&& expect) {
  using S = typename L::Scalar;
  for (const Index lanes : {1, 3, 16, 17}) {
    heed::testing::LayerRun<L> clean(layer, shape, lanes);
    clean.randomize(heed::Key{3});
    clean.forward();
    const Index n = shape.steps * shape.features;
    for (Index at = 0; at < n; ++at) {
      for (const Index other : {at - 1, at + 1, at - shape.features, at + shape.features}) {
        heed::testing::LayerRun<L> run(layer, shape, lanes);
        run.randomize(heed::Key{3});
        if (other >= 0 && other < n && beside != 0)
          run.x[static_cast<std::size_t>(other * lanes)] = static_cast<S>(beside);
        run.x[static_cast<std::size_t>(at * lanes)] = static_cast<S>(nan);
        run.forward();
        std::vector<S> first;
        for (std::size_t i = 0; i < run.y.size(); ++i) {
          if (i % static_cast<std::size_t>(lanes) == 0) {
            first.push_back(run.y[i]);
          } else {
            ASSERT_EQ(run.y[i], clean.y[i]) << "another sequence";
          }
        }
        ASSERT_TRUE(expect(first, at)) << "place " << at << ", lanes " << lanes << ", beside " << beside;
      }
    }
  }
}

template <class L>
void expect_of_features(const L& pool, heed::Shape shape) {
  for (const double beside : {0.0, infinity, -infinity, nan}) {
    expect_nan(pool, shape, beside,
               [&](const auto& y, Index at) { return std::isnan(y[static_cast<std::size_t>(at % shape.features)]); });
  }
}
template <class L>
void expect_anywhere(const L& layer, heed::Shape shape) {
  for (const double beside : {0.0, infinity, -infinity}) {
    expect_nan(layer, shape, beside, [](const auto& y, Index) {
      for (const auto v : y) {
        if (std::isnan(v)) return true;
      }
      return false;
    });
  }
}

template <class S>
class NaN : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(NaN, Scalars);

TYPED_TEST(NaN, GoesThroughPools) {
  expect_of_features(heed::MaxPool<TypeParam>(), {4, 2});
  expect_of_features(heed::MeanPool<TypeParam>(), {4, 2});
  expect_nan(heed::MaxPool2d<TypeParam>({.channels = 1, .height = 2, .width = 2}), {1, 4}, infinity,
             [](const auto& y, Index) { return std::isnan(y[0]); });
  for (const double beside : {0.0, infinity, -infinity, nan}) {
    expect_nan(heed::MaxPool2d<TypeParam>({.channels = 2, .height = 3, .width = 3, .kernel_size = 3}), {1, 18}, beside,
               [](const auto& y, Index at) { return std::isnan(y[static_cast<std::size_t>(at % 2)]); });
  }
  expect_anywhere(heed::AttentionPool<TypeParam>({.features = 2}), {4, 2});
  expect_anywhere(heed::QueryPool<heed::AdditiveAttention<TypeParam>>({.query_size = 3, .memory_size = 2}), {4, 2});
}

TYPED_TEST(NaN, GoesThroughActivations) {
  expect_of_features(heed::Relu<TypeParam>(), {1, 5});
  expect_of_features(heed::LeakyRelu<TypeParam>(), {1, 5});
  expect_of_features(heed::Elu<TypeParam>(), {1, 5});
  expect_of_features(heed::Tanh<TypeParam>(), {1, 5});
  expect_of_features(heed::Sigmoid<TypeParam>(), {1, 5});
  expect_of_features(heed::Gelu<TypeParam>(), {1, 5});
  expect_of_features(heed::Softmax<TypeParam>(), {1, 5});
}

TYPED_TEST(NaN, GoesThroughGatesAndAttention) {
  expect_anywhere(heed::Lstm<TypeParam>({.input_size = 2, .hidden_size = 3}), {3, 2});
  expect_anywhere(heed::Gru<TypeParam>({.input_size = 2, .hidden_size = 3, .bidirectional = true}), {3, 2});
  expect_anywhere(heed::Rnn<TypeParam>({.input_size = 2, .hidden_size = 3}), {3, 2});
  expect_anywhere(heed::MultiHeadAttention<TypeParam>({.embed_dim = 2, .num_heads = 2}), {3, 2});
  expect_anywhere(heed::LayerNorm<TypeParam>({2}), {3, 2});
}

}  // namespace nan_test
