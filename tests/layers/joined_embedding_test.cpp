#include "heed/layers/joined_embedding.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/testing/check_layer.hpp"

namespace joined_embedding_test {

using heed::Embedding;
using heed::Index;
using heed::JoinedEmbedding;
using heed::Tile;
using test_support::error_of;
using test_support::parameter_names;

const JoinedEmbedding<double>::Options three{.num_embeddings = {5, 6, 7}, .embedding_dims = {3, 1, 2}};

TEST(JoinedEmbedding, FulfilsTheLayerContract) {
  const auto make = []<class S>() {
    JoinedEmbedding<S> layer({.num_embeddings = three.num_embeddings, .embedding_dims = three.embedding_dims});
    for (auto& table : layer.tables) table.padding_idx = -1;  // token 0 occurs here, and its gradient is looked at
    return layer;
  };
  const auto report = heed::testing::check_layer(make, {4, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(JoinedEmbedding, IsItsTablesSideBySide) {
  const JoinedEmbedding<double> layer(three);
  EXPECT_EQ(layer.output_shape({8, 3}), (heed::Shape{8, 6}));
  const std::vector<std::int32_t> tokens{1, 2, 6, 4, 5, 3};  // (2 steps, 3 features, 1 lane)
  std::vector<double> y(12);
  JoinedEmbedding<double>::Cache cache;
  heed::Scratch scratch;
  layer.forward({tokens.data(), {2, 3}, 1}, {y.data(), {2, 6}, 1}, cache, {scratch});
  for (Index t = 0; t < 2; ++t) {
    std::size_t at = static_cast<std::size_t>(t) * 6;
    for (std::size_t k = 0; k < 3; ++k) {
      const double* row = layer.tables[k].weight.row(tokens[static_cast<std::size_t>(t) * 3 + k]);
      for (Index f = 0; f < three.embedding_dims[k]; ++f) EXPECT_EQ(y[at++], row[f]);
    }
  }
}

TEST(JoinedEmbedding, OneTableAloneIsAnEmbedding) {
  EXPECT_EQ(parameter_names(JoinedEmbedding<double>(three)), "0.weight 1.weight 2.weight ");
  EXPECT_EQ(parameter_names(JoinedEmbedding<double>({{5}, {3}})), "weight ");
}

TEST(JoinedEmbedding, GradientsOfRowsThatAreNotUsedAreNotTouched) {
  const JoinedEmbedding<double> layer(three);
  JoinedEmbedding<double> grad = layer;
  for (auto& table : grad.tables) table.weight.fill(0);
  const std::vector<std::int32_t> tokens{1, 0, 6};
  const std::vector<double> dy(6, 1.0);
  JoinedEmbedding<double>::Cache cache;
  heed::Scratch scratch;
  layer.backward({tokens.data(), {1, 3}, 1}, {}, {dy.data(), {1, 6}, 1}, cache, grad, {scratch});
  std::vector<Index> touched;
  for (const auto& table : grad.tables) {
    Index count = 0;
    table.weight.for_each_touched([&](Index, Index numbers) { count += numbers; });
    touched.push_back(count);
  }
  EXPECT_EQ(touched, (std::vector<Index>{3, 0, 2})) << "a row of the first, padding, a row of the third";
}

TEST(JoinedEmbedding, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error_of([] { JoinedEmbedding<float>({{5, 6}, {3}}); }),
            "JoinedEmbedding: a size for each table is needed (expected num_embeddings and embedding_dims of one "
            "number, at least 1, got 2 and 1)");
  EXPECT_NE(error_of([] { JoinedEmbedding<float>(JoinedEmbedding<float>::Options{}); }), "no error");
  EXPECT_EQ(error_of([] { JoinedEmbedding<float>({{5, 0}, {3, 3}}); }),
            "JoinedEmbedding: table 1: Embedding: num_embeddings must be positive (expected at least 1, got 0)");
  const JoinedEmbedding<double> layer(three);
  EXPECT_EQ(error_of([&] { layer.output_shape({8, 2}); }),
            "JoinedEmbedding: wrong number of features (expected 3, got 2)");
  const std::vector<std::int32_t> tokens{4, 5, 6, 4, 6, 6, 9, 9, 9};
  const heed::TensorView<const std::int32_t, 3> x(tokens.data(), {1, 3, 3});
  EXPECT_EQ(error_of([&] { layer.check_input(x, {}, "fit"); }),
            "fit, sequence 0, step 1, feature 1 (counted from 0): token out of range (expected 0 to 5, got 6)");
  const std::vector<std::int32_t> lengths{1};
  layer.check_input(x, lengths, "fit");
  JoinedEmbedding<double> other({{5}, {3}});
  EXPECT_NE(error_of([&] { for_each_parameter([](const heed::Path&, auto&, auto&) {}, other, layer); }), "no error");
}

}  // namespace joined_embedding_test
