#include "heed/layers/embedding.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "../support/reference.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/train/reducer.hpp"

namespace embedding_test {

using heed::Embedding;
using heed::Index;
using heed::Key;
using test_support::equals;
using test_support::error_of;
using test_support::Reference;
using test_support::Values;
template <class L>
using RunOf = heed::testing::LayerRun<L>;

TEST(Embedding, FulfilsTheLayerContractOfTokens) {
  static_assert(heed::TokenLayer<Embedding<float>> && !heed::DifferentiableLayer<Embedding<float>>);
  for (const Index padding : {-1, 5}) {  // a padding token that does not occur
    const auto make = [&]<class S>() {
      return Embedding<S>({.num_embeddings = 6, .embedding_dim = 7, .padding_idx = padding});
    };
    const auto report = heed::testing::check_layer(make, {4, 1}, {.tokens = 5});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

TEST(Embedding, FulfilsTheContractAtTheFrontOfAModel) {
  const auto make = []<class S>() {
    using Model = heed::Sequential<Embedding<S>, heed::AttentionPool<S>, heed::Dense<S>>;
    static_assert(heed::TokenLayer<Model>);
    return Model(Embedding<S>({.num_embeddings = 5, .embedding_dim = 4}), heed::AttentionPool<S>({4}),
                 heed::Dense<S>({4, 3}));
  };
  const auto report = heed::testing::check_layer(make, {3, 1}, {.zero_when_empty = false});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Embedding, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("embedding")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    const auto layer = with_weights(
        Embedding<double>({.num_embeddings = 6, .embedding_dim = 5, .padding_idx = file.index("padding")}), file);
    const Values tokens = file.values("input.tokens"), upstream = file.values("upstream.y");
    const auto lengths = file.integers("input.lengths");
    for (const Index width : {4, 1}) {
      Values y;
      auto gradient = layer;
      set_zero(gradient);
      for (Index first = 0; first < 4; first += width) {
        RunOf<Embedding<double>> run(layer, {4, 1}, width, test_support::some_lengths(lengths, first, width));
        run.x = test_support::to_lanes<std::int32_t>(tokens, 4, first, width);
        run.dy = test_support::to_lanes(upstream, 4, first, width);
        run.gradient = gradient;
        run.forward();
        run.backward(heed::testing::Sink::into, false);
        gradient = run.gradient;
        test_support::append_lanes(run.y, width, y);
      }
      EXPECT_TRUE(equals(y, file.values("output.y")));
      test_support::expect_parameters(gradient, file.arrays("dweight."));
    }
  }
}

/// A run over these tokens of one sequence.
RunOf<Embedding<double>> run_of(const Embedding<double>& layer, std::vector<std::int32_t> tokens) {
  RunOf<Embedding<double>> run(layer, {static_cast<Index>(tokens.size()), 1}, 1);
  run.x = std::move(tokens);
  for (double& d : run.dy) d = 1;
  return run;
}

std::vector<Index> touched_rows(const Embedding<double>& gradient) {
  std::vector<Index> rows;
  gradient.weight.for_each_touched([&](Index first, Index) { rows.push_back(first / gradient.embedding_dim()); });
  return rows;
}

TEST(Embedding, ItsGradientTouchesOnlyRowsThatWereUsed) {
  auto run = run_of(Embedding<double>({.num_embeddings = 1000, .embedding_dim = 2}), {7, 900, 7});
  EXPECT_EQ(touched_rows(run.gradient), std::vector<Index>{});
  run.forward();
  run.backward();
  EXPECT_EQ(touched_rows(run.gradient), (std::vector<Index>{7, 900}));
  EXPECT_EQ(std::as_const(run.gradient).weight.row(7)[1], 2);
  set_zero(run.gradient);
  EXPECT_EQ(touched_rows(run.gradient), std::vector<Index>{});
  EXPECT_EQ(std::as_const(run.gradient).weight.row(7)[1], 0);
}

TEST(Embedding, ShardsAddTheRowsThatWereUsed) {
  const Embedding<double> layer({.num_embeddings = 1000, .embedding_dim = 2});
  auto one = run_of(layer, {7, 900}), other = run_of(layer, {5, 7});
  for (auto* run : {&one, &other}) {
    run->forward();
    run->backward();
  }
  const auto shard = [](const Embedding<double>& gradient) {
    return heed::Shard<double>{heed::OwnModel<double>(gradient), {}};
  };
  heed::Shard<double> sum = shard(one.gradient);
  sum += shard(other.gradient);
  auto& gradient = sum.gradient.as<Embedding<double>>();
  EXPECT_EQ(touched_rows(gradient), (std::vector<Index>{7, 900, 5}));
  const auto& weight = std::as_const(gradient).weight;
  EXPECT_EQ(weight.row(7)[0], 2);
  EXPECT_EQ(weight.row(5)[1], 1);
  EXPECT_EQ(weight.row(900)[1], 1);

  gradient.weight.data();  // all of one side, and all of the other
  sum += shard(other.gradient);
  EXPECT_EQ(weight.row(7)[0], 3);
  heed::Shard<double> fresh = shard(layer);
  set_zero(fresh.gradient.as<Embedding<double>>());
  fresh += sum;
  EXPECT_EQ(test_support::numbers(fresh.gradient.as<Embedding<double>>()), test_support::numbers(gradient));
}

TEST(Embedding, ThePaddingRowIsZeroAndStaysThere) {
  Embedding<double> layer({.num_embeddings = 4, .embedding_dim = 3, .padding_idx = 2});
  const auto padding_row = [](const Embedding<double>& l) { return Values(l.weight.row(2), l.weight.row(3)); };
  EXPECT_EQ(padding_row(layer), Values(3, 0.0));
  layer.initialize(Key{4});
  EXPECT_EQ(padding_row(layer), Values(3, 0.0));
  EXPECT_NE(std::as_const(layer).weight.row(1)[0], 0);
  layer.load(heed::Tensor<double, 2>({4, 3}, Values(12, 0.5)));
  EXPECT_EQ(padding_row(layer), Values(3, 0.0));
  EXPECT_EQ(std::as_const(layer).weight.row(3)[2], 0.5);

  auto run = run_of(layer, {2, 1, 2});
  run.forward();
  run.backward();
  EXPECT_EQ(run.y, (Values{0, 0, 0, 0.5, 0.5, 0.5, 0, 0, 0}));
  EXPECT_EQ(touched_rows(run.gradient), std::vector<Index>{1});
}

TEST(Embedding, LoadsVectorsThatWereTrainedBefore) {
  Embedding<float> layer({.num_embeddings = 2, .embedding_dim = 3});
  const std::vector<float> vectors{1, 2, 3, 4, 5, 6};
  layer.load(heed::view(vectors, {2, 3}));
  EXPECT_EQ(test_support::numbers(layer), (Values{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(error_of([&] { layer.load(heed::view(vectors, {3, 2})); }),
            "Embedding: vectors of another shape (expected (2, 3), got (3, 2))");
  const std::vector<float> faulty{1, 2, 3, 4, NAN, 6};
  EXPECT_EQ(error_of([&] { layer.load(heed::view(faulty, {2, 3})); }),
            "Embedding, row 1, column 1 (counted from 0): a number is not finite (got nan)");
  EXPECT_EQ(test_support::numbers(layer), (Values{1, 2, 3, 4, 5, 6}));
}

TEST(Embedding, StartsNormalWithPyTorchsName) {
  Embedding<double> layer({.num_embeddings = 100, .embedding_dim = 50});
  layer.initialize(Key{2});
  double sum = 0, squares = 0;
  for (const double v : test_support::numbers(layer)) sum += v, squares += v * v;
  EXPECT_NEAR(sum / 5000, 0, 0.06);
  EXPECT_NEAR(squares / 5000, 1, 0.1);
  EXPECT_EQ(test_support::parameter_names(layer), "weight ");
}

TEST(Embedding, ChecksTokensAndSizes) {
  const Embedding<float> layer({.num_embeddings = 4, .embedding_dim = 3});
  const std::vector<std::int32_t> tokens{0, 3, 1, 4}, lengths{2, 1};
  EXPECT_EQ(error_of([&] { layer.check(heed::view(tokens, {2, 2})); }),
            "Embedding, sequence 1, step 1 (counted from 0): token out of range (expected 0 to 3, got 4)");
  EXPECT_EQ(error_of([&] { layer.check(heed::view(tokens, {2, 2}), lengths); }), "no error");
  EXPECT_EQ(error_of([&] { layer.output_shape({4, 2}); }), "Embedding: tokens have one feature (expected 1, got 2)");
  EXPECT_EQ(layer.output_shape({4, 1}), (heed::Shape{4, 3}));
  EXPECT_EQ(error_of([] { Embedding<float>({.num_embeddings = 0, .embedding_dim = 3}); }),
            "Embedding: num_embeddings must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error_of([] { Embedding<float>({.num_embeddings = 4, .embedding_dim = 3, .padding_idx = 4}); }),
            "Embedding: option out of range (expected padding_idx below 4, got 4)");
}

}  // namespace embedding_test
