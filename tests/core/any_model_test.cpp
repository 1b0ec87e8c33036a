#include "heed/core/any_model.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/error_of.hpp"
#include "../support/random.hpp"
#include "../support/reference.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/embedding.hpp"

namespace any_model_test {

using heed::AnyCache;
using heed::Dense;
using heed::Index;
using heed::ModelReference;
using heed::OwnModel;
using heed::Shape;
using heed::Tile;

struct DensePass {
  static constexpr Index lanes = 16;
  std::vector<double> x = test_support::random_values<double>(2 * 3 * lanes, 1);
  std::vector<double> dy = test_support::random_values<double>(2 * 2 * lanes, 2);
  std::vector<double> y = std::vector<double>(2 * 2 * lanes);
  heed::Scratch scratch;
  Tile<const double> input() const { return Tile<const double>(x.data(), {2, 3}, lanes); }
  Tile<double> output() { return Tile<double>(y.data(), {2, 2}, lanes); }
};

TEST(AnyModel, RunsAsTheModelItself) {
  const Dense<double> model({.in_features = 3, .out_features = 2});
  const ModelReference<double> any(model);
  EXPECT_EQ(any.output_shape({2, 3}), (Shape{2, 2}));
  EXPECT_NE(test_support::error_of([&] { any.output_shape({2, 4}); }).find("Dense"), std::string::npos);

  DensePass expected, got;
  Dense<double>::Cache cache;
  model.forward(expected.input(), expected.output(), cache, heed::Pass{expected.scratch});
  AnyCache<double> any_cache(any.functions());
  any.forward(got.input(), got.output(), any_cache, heed::Pass{got.scratch});
  EXPECT_EQ(got.y, expected.y);

  Dense<double> gradient = model;
  set_zero(gradient);
  OwnModel<double> any_gradient(gradient);
  const Tile<const double> dy(expected.dy.data(), {2, 2}, DensePass::lanes);
  model.backward(expected.input(), expected.output(), dy, {}, cache, gradient, heed::Pass{expected.scratch});
  any_gradient.add_gradient(any, got.input(), got.output(), dy, any_cache, heed::Pass{got.scratch});
  EXPECT_EQ(test_support::numbers(any_gradient.as<Dense<double>>()), test_support::numbers(gradient));
}

TEST(AnyModel, ACopyIsAnotherModel) {
  OwnModel<double> one(Dense<double>({.in_features = 3, .out_features = 2}));
  OwnModel<double> other = one;
  other.parameters()[0].data()[0] = 5;
  EXPECT_NE(one.parameters()[0].data()[0], 5);
  EXPECT_EQ(other.as<Dense<double>>().weight(0, 0), 5);
  EXPECT_EQ(other.parameters().name(1), "bias");
}

TEST(AnyModel, OfTokensChecksItsInput) {
  const heed::Embedding<float> model({.num_embeddings = 5, .embedding_dim = 2});
  const ModelReference<float> any(model);
  const std::vector<std::int32_t> tokens{1, 7};
  const heed::TensorView<const std::int32_t, 3> x(tokens.data(), {1, 2, 1});
  EXPECT_NE(test_support::error_of([&] { any.check_input(x, {}, "here"); }).find("here"), std::string::npos);
  const Dense<double> dense({.in_features = 3, .out_features = 2});
  const ModelReference<double> without(dense);
  EXPECT_EQ(without.functions().check_input, nullptr);
}

}  // namespace any_model_test
