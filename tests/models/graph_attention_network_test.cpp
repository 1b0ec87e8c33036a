#include "heed/models/graph_attention_network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "../support/loss_curve.hpp"
#include "../support/reference.hpp"
#include "heed/testing/detail/errors.hpp"
#include "heed/train/fit_nodes.hpp"

namespace graph_attention_network_test {

using heed::Edge;
using heed::Graph;
using heed::GraphAttentionNetwork;
using heed::Index;
using heed::LabelledNodes;
using heed::SparseRows;
using heed::Tile;
using test_support::error_of;
using test_support::Reference;
using test_support::Values;

/// The graph of the reference files, and its sparse features.
struct Small {
  const Reference file{"graph_attention/network"};
  Graph graph;
  SparseRows<double> features{6};
  std::vector<std::int32_t> labels = file.integers("input.labels");
  std::vector<Index> training;

  Small() {
    std::vector<Edge> edges;
    const auto numbers = file.integers("input.edges");
    for (std::size_t i = 0; i < numbers.size(); i += 2) edges.push_back({numbers[i], numbers[i + 1]});
    graph = Graph(8, edges);
    const Values x = file.values("input.features");
    for (std::size_t i = 0; i < 8; ++i) {
      std::vector<std::int32_t> columns;
      Values values;
      for (std::size_t k = 0; k < 6; ++k) {
        if (x[6 * i + k] == 0) continue;
        columns.push_back(static_cast<std::int32_t>(k));
        values.push_back(x[6 * i + k]);
      }
      features.add_row(columns, values);
    }
    for (const std::int32_t i : file.integers("input.training")) training.push_back(i);
  }
  LabelledNodes<double> nodes() const { return {graph, features, labels}; }
};

constexpr heed::GraphAttentionNetworkOptions small_options{
    .features = 6, .classes = 3, .hidden = 4, .heads = 3, .output_heads = 2, .dropout = 0};

TEST(GraphAttentionNetwork, FollowsPyTorchFor20Steps) {
  const Small small;
  GraphAttentionNetwork<double> model(small_options);
  test_support::set_weights(model, small.file.arrays("weight."));
  const Values losses = small.file.values("output.loss");
  const heed::History history = heed::fit_nodes(model, small.nodes(), small.training, {},
                                                {.epochs = 20,
                                                 .learning_rate = small.file.number("learning_rate"),
                                                 .weight_decay = small.file.number("weight_decay"),
                                                 .patience = 0});
  test_support::expect_losses(history, losses);
  EXPECT_LT(losses.back(), 0.7 * losses.front());
}

TEST(GraphAttentionNetwork, EveryGradientEqualsDifferences) {
  const Small small;
  for (const double dropout : {0.0, 0.3}) {
    for (const bool elu : {false, true}) {
      auto o = small_options;
      o.dropout = dropout;
      o.output_elu = elu;
      GraphAttentionNetwork<double> model(o), gradient = model;
      heed::set_zero(gradient);
      test_support::set_weights(model, small.file.arrays("weight."));
      for (auto* bias : {&model.hidden.bias, &model.output.bias}) {  // on both sides of the ELU's kink, away from it
        for (Index i = 0; i < bias->size(); ++i) bias->data()[i] = i % 2 ? 4 : -4;
      }
      model.hidden.options.negative_slope = model.output.options.negative_slope = 1;  // no kinks
      heed::Scratch scratch;
      GraphAttentionNetwork<double>::Cache cache;
      Values z(24), dz(24);
      for (std::size_t i = 0; i < dz.size(); ++i) dz[i] = std::sin(1.0 + static_cast<double>(i));
      const heed::Pass pass{scratch, true, heed::Key{4}};
      const auto loss = [&] {
        model.forward(small.graph, small.features, Tile<double>(z.data(), {8, 3}, 1), cache, pass);
        double sum = 0;
        for (std::size_t i = 0; i < z.size(); ++i) sum += z[i] * dz[i];
        return sum;
      };
      loss();
      model.backward(small.graph, small.features, Tile<const double>(z.data(), {8, 3}, 1),
                     Tile<const double>(dz.data(), {8, 3}, 1), cache, gradient, pass);
      heed::for_each_parameter(
          [&](const heed::Path& path, auto& p, const auto& g) {
            const auto expected = heed::testing::detail::differences(p.data(), p.size(), loss);
            EXPECT_LE(heed::testing::detail::norm_error(expected, {g.begin(), g.end()}), 1e-7) << path.text();
          },
          model, std::as_const(gradient));
    }
  }
}

TEST(GraphAttentionNetwork, LearnsAndStopsWhenValidationGetsNoBetter) {
  const Small small;
  const std::vector<Index> validation{1, 4, 7};
  const auto fit = [&](int epochs) {
    auto o = small_options;
    o.dropout = 0.2;
    GraphAttentionNetwork<float> model(o);
    SparseRows<float> features(6);
    for (Index i = 0; i < 8; ++i) {
      std::vector<std::int32_t> columns;
      std::vector<float> values;
      for (Index k = small.features.row(i).first; k < small.features.row(i).last; ++k) {
        columns.push_back(static_cast<std::int32_t>(small.features.column(k)));
        values.push_back(static_cast<float>(small.features.values()[k]));
      }
      features.add_row(columns, values);
    }
    const LabelledNodes<float> nodes{small.graph, features, small.labels};
    const auto history = heed::fit_nodes(model, nodes, small.training, validation,
                                         {.epochs = epochs, .learning_rate = 0.05, .patience = 30, .seed = 3});
    return std::pair(history, heed::evaluate_nodes(model, nodes, nodes.labels_of(validation)));
  };
  const auto [history, evaluation] = fit(2000);
  EXPECT_EQ(history.outcome, heed::Outcome::early);
  ASSERT_GT(history.best_epoch, 0);
  const auto& best = history.epochs[static_cast<std::size_t>(history.best_epoch - 1)];
  EXPECT_EQ(evaluation.loss, best.validation_loss) << "the model has the best weights";
  EXPECT_EQ(evaluation.accuracy, best.validation_accuracy);
  EXPECT_EQ(fit(2000).second.loss, evaluation.loss) << "the same seed gives the same bits";
}

TEST(GraphAttentionNetwork, RejectsWhatDoesNotFit) {
  const Small small;
  GraphAttentionNetwork<double> model(small_options);
  const std::vector<Index> nobody{8};
  EXPECT_NE(error_of([&] { heed::fit_nodes(model, small.nodes(), nobody, small.training); }).find("no such node"),
            std::string::npos);
  EXPECT_NE(error_of([&] { heed::fit_nodes(model, small.nodes(), small.training, {}); }).find("nodes to validate on"),
            std::string::npos);
  auto o = small_options;
  o.features = 7;
  GraphAttentionNetwork<double> other(o);
  EXPECT_NE(
      error_of([&] { heed::evaluate_nodes(other, small.nodes(), small.labels); }).find("wrong number of features"),
      std::string::npos);
  o.heads = 0;
  EXPECT_NE(error_of([&] { GraphAttentionNetwork<double> none(o); }).find("heads out of range"), std::string::npos);
}

}  // namespace graph_attention_network_test
