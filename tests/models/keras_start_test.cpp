#include "heed/models/keras_start.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace keras_start_test {

using heed::Attention;
using heed::Index;
using heed::Key;

/// All numbers within the bound, and some near it.
template <class P>
void expect_bound(const P& values, double bound) {
  double largest = 0;
  for (const auto v : values) largest = std::max(largest, std::abs(static_cast<double>(v)));
  EXPECT_LE(largest, bound);
  EXPECT_GT(largest, 0.9 * bound);
}
template <class P>
void expect_zero(const P& values) {
  EXPECT_TRUE(std::all_of(values.begin(), values.end(), [](auto v) { return v == 0; }));
}

TEST(KerasStart, IsThatOfEachLayer) {
  heed::TextClassifier<double> model(
      {.tokens = 50,
       .embedding = 12,
       .classifier = {.classes = 10, .hidden = 32, .dense = 16, .attention = Attention::multihead, .heads = 4}});
  initialize_keras(model, Key{3});
  expect_bound(model.embedding.weight, 0.05);
  for (Index i = 0; i < 12; ++i) EXPECT_EQ(model.embedding.weight.row(0)[i], 0);
  const auto& lstm = model.classifier.recurrent.weights[0];
  expect_bound(lstm.ih, std::sqrt(6.0 / (12 + 128)));
  for (Index i = 0; i < 32; ++i) {  // columns of (4H x H) are orthonormal
    for (Index j = 0; j <= i; ++j) {
      double dot = 0;
      for (Index r = 0; r < 128; ++r) dot += lstm.hh(r, i) * lstm.hh(r, j);
      EXPECT_NEAR(dot, i == j ? 1 : 0, 1e-12);
    }
  }
  for (Index r = 0; r < 128; ++r) EXPECT_EQ(lstm.bias_ih(r), r >= 32 && r < 64 ? 1 : 0);
  expect_zero(lstm.bias_hh);
  expect_bound(model.classifier.pool.multihead.attention.in_proj_weight, std::sqrt(6.0 / 64));
  expect_bound(model.classifier.pool.multihead.attention.out_proj.weight, std::sqrt(6.0 / 64));
  expect_zero(model.classifier.pool.multihead.attention.in_proj_bias);
  expect_zero(model.classifier.pool.multihead.attention.out_proj.bias);
  expect_bound(model.classifier.fc1.weight, std::sqrt(6.0 / 48));
  expect_zero(model.classifier.fc1.bias);
  expect_bound(model.classifier.fc2.weight, std::sqrt(6.0 / 26));
}

TEST(KerasStart, HasAForgetGateInLstmsOnly) {
  heed::SequenceClassifier<float> model(
      {.features = 5, .classes = 10, .attention = Attention::additive, .cell = heed::CellKind::gru});
  initialize_keras(model, Key{3});
  expect_zero(model.recurrent.weights[0].bias_ih);
  expect_bound(model.pool.additive.attn.weight, std::sqrt(6.0 / 96));
  expect_bound(model.pool.additive.v, std::sqrt(6.0 / 33));
}

}  // namespace keras_start_test
