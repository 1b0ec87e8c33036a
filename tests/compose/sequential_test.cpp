#include "heed/compose/sequential.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/compose/repeat.hpp"
#include "heed/compose/residual.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/testing/check_layer.hpp"

namespace sequential_test {

using heed::Dense;
using heed::Index;
using heed::Lstm;
using heed::MeanPool;
using heed::Sequential;
using heed::Tanh;
using test_support::error_of;

template <class S>
using Tagger = Sequential<Dense<S>, Tanh<S>, Lstm<S>>;
template <class S>
Tagger<S> tagger() {
  return Tagger<S>(Dense<S>({.in_features = 3, .out_features = 4}), {}, Lstm<S>({.input_size = 4, .hidden_size = 5}));
}
template <class S>
using Pooler = Sequential<Lstm<S>, MeanPool<S>, Dense<S>>;
template <class S>
Pooler<S> pooler() {
  return Pooler<S>(Lstm<S>({.input_size = 3, .hidden_size = 4}), {}, Dense<S>({.in_features = 4, .out_features = 2}));
}

TEST(Sequential, FulfilsTheLayerContractKeepingTheSteps) {
  const auto report = heed::testing::check_layer([]<class S>() { return tagger<S>(); }, {4, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Sequential, FulfilsTheLayerContractPoolingOverTheSteps) {
  const auto report =
      heed::testing::check_layer([]<class S>() { return pooler<S>(); }, {4, 3}, {.zero_when_empty = false});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Sequential, OfOneLayerIsThatLayer) {
  Dense<double> dense({.in_features = 3, .out_features = 4});
  dense.initialize(heed::Key{2});  // it is set: it stays as it is
  heed::testing::LayerRun<Sequential<Dense<double>>> one(Sequential<Dense<double>>(dense), {2, 3}, 5);
  heed::testing::LayerRun<Dense<double>> alone(dense, {2, 3}, 5);
  one.randomize(heed::Key{1});
  alone.randomize(heed::Key{1});
  one.forward();
  one.backward();
  alone.forward();
  alone.backward();
  EXPECT_EQ(one.y, alone.y);
  EXPECT_EQ(one.dx, alone.dx);
  EXPECT_EQ(one.flat_gradient(), alone.flat_gradient());
}

TEST(Sequential, NumbersItsChildrenAsPyTorchDoes) {
  EXPECT_EQ(test_support::parameter_names(tagger<float>()),
            "0.weight 0.bias 2.weight_ih_l0 2.weight_hh_l0 2.bias_ih_l0 2.bias_hh_l0 ");
}

TEST(Sequential, GivesTheShapeOfItsLastLayer) {
  EXPECT_EQ(tagger<float>().output_shape({7, 3}), (heed::Shape{7, 5}));
  EXPECT_EQ(pooler<float>().output_shape({7, 3}), (heed::Shape{1, 2}));
}

TEST(Sequential, NamesTheLayerThatDoesNotFitItsNeighbour) {
  const Sequential<Lstm<float>, Dense<float>> model(Lstm<float>({.input_size = 3, .hidden_size = 4}),
                                                    Dense<float>({.in_features = 5, .out_features = 2}));
  EXPECT_EQ(error_of([&] { model.output_shape({7, 3}); }),
            "layer 1: Dense: wrong number of features (expected 5, got 4)");
  EXPECT_EQ(error_of([&] { model.output_shape({7, 2}); }),
            "layer 0: Lstm: wrong number of features (expected 3, got 2)");
}

TEST(Sequential, InitializesEveryChildFromAKeyOfItsOwn) {
  using Two = Sequential<Dense<double>, Tanh<double>, Dense<double>>;
  const Dense<double> dense({.in_features = 4, .out_features = 4});
  Two model(dense, {}, dense);
  EXPECT_NE(std::get<0>(model.layers).weight(1, 2), std::get<2>(model.layers).weight(1, 2)) << "from the start";
  const auto before = test_support::numbers(model);
  model.initialize(heed::Key{3});
  const auto after = test_support::numbers(model);
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_NE(after[i], before[i]);
  EXPECT_NE(std::get<0>(model.layers).weight(1, 2), std::get<2>(model.layers).weight(1, 2));
  model.initialize(heed::Key{3});
  EXPECT_EQ(test_support::numbers(model), after);
}

/// A layer that draws: y = x + a number of its key.
struct Draw {
  using Scalar = double;
  using Input = double;
  struct Cache {};
  heed::Shape output_shape(heed::Shape x) const { return x; }
  void forward(heed::Tile<const double> x, heed::Tile<double> y, Cache&, const heed::Pass& pass) const {
    for (Index i = 0; i < x.size(); ++i) y.data[i] = x.data[i] + pass.key.uniform(0);
  }
  static void visit(auto&&, auto&...) {}
};

TEST(Sequential, HandsEachChildARandomKeyOfItsOwn) {
  const Sequential<Draw, Draw> model;
  Sequential<Draw, Draw>::Cache cache;
  heed::Scratch scratch;
  const heed::Pass pass{scratch, true, heed::Key{5}};
  const double x = 0;
  double y = 0;
  model.forward(heed::Tile<const double>(&x, {1, 1}, 1), heed::Tile<double>(&y, {1, 1}, 1), cache, pass);
  EXPECT_EQ(y, pass.at(0).key.uniform(0) + pass.at(1).key.uniform(0));
  EXPECT_NE(pass.at(0).key.uniform(0), pass.at(1).key.uniform(0));
}

/// A table of numbers for tokens: they have no gradient.
struct Lookup {
  using Scalar = double;
  using Input = std::int32_t;
  struct Cache {};
  heed::Vector<double> table{4};
  heed::Shape output_shape(heed::Shape x) const { return x; }
  void forward(heed::Tile<const std::int32_t> x, heed::Tile<double> y, Cache&, const heed::Pass&) const {
    for (Index i = 0; i < x.size(); ++i) y.data[i] = table(x.data[i]);
  }
  void backward(heed::Tile<const std::int32_t> x, heed::Tile<const double>, heed::Tile<const double> dy, Cache&,
                Lookup& grad, const heed::Pass&) const {
    for (Index i = 0; i < x.size(); ++i) grad.table(x.data[i]) += dy.data[i];
  }
  static void visit(auto&& f, auto&... layers) { f("table", layers.table...); }
};

TEST(Sequential, MayBeginWithALayerOfTokens) {
  using Model = Sequential<Lookup, Dense<double>>;
  Model model(Lookup{}, Dense<double>({.in_features = 1, .out_features = 1}));
  auto& dense = std::get<1>(model.layers);
  for (Index i = 0; i < 4; ++i) std::get<0>(model.layers).table(i) = static_cast<double>(10 * i);
  dense.weight(0, 0) = 3;
  dense.bias(0) = 1;
  const std::vector<std::int32_t> x{2, 0, 2};
  const std::vector<double> dy{1, 5, 7};
  std::vector<double> y(3);
  Model gradient = model;
  set_zero(gradient);
  Model::Cache cache;
  heed::Scratch scratch;
  const heed::Tile<const std::int32_t> in(x.data(), {3, 1}, 1);
  const heed::Tile<double> out(y.data(), {3, 1}, 1);
  model.forward(in, out, cache, heed::Pass{scratch});
  EXPECT_EQ(y, (std::vector<double>{61, 1, 61}));
  model.backward(in, out, heed::Tile<const double>(dy.data(), {3, 1}, 1), {}, cache, gradient, heed::Pass{scratch});
  EXPECT_EQ(test_support::numbers(gradient), (std::vector<double>{15, 0, 24, 0, 160, 13}));
}

TEST(Sequential, NamesThePlaceOfALayerThatDoesNotFit) {
  const auto dense = [](Index in, Index out) { return heed::Dense<float>({.in_features = in, .out_features = out}); };
  const heed::Sequential model(dense(3, 8), heed::Relu<float>(), dense(7, 2));
  EXPECT_EQ(test_support::error_of([&] { model.output_shape({4, 3}); }),
            "layer 2: Dense: wrong number of features (expected 7, got 8)");
  EXPECT_EQ(test_support::error_of([&] { model.output_shape({4, 5}); }),
            "layer 0: Dense: wrong number of features (expected 3, got 5)");
  const heed::Sequential nested(dense(3, 3), heed::Sequential(heed::Relu<float>(), dense(4, 4)));
  EXPECT_EQ(test_support::error_of([&] { nested.output_shape({4, 3}); }),
            "layer 1: layer 1: Dense: wrong number of features (expected 4, got 3)");
  const heed::Residual residual(dense(4, 4));
  EXPECT_EQ(test_support::error_of([&] { residual.output_shape({4, 3}); }),
            "Residual: Dense: wrong number of features (expected 4, got 3)");
  const heed::Repeat<heed::Dense<float>> stack({dense(3, 3), dense(5, 5)});
  EXPECT_EQ(test_support::error_of([&] { stack.output_shape({4, 3}); }),
            "layer 1: Dense: wrong number of features (expected 5, got 3)");
}

}  // namespace sequential_test
