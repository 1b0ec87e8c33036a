#include "heed/train/fit_nodes.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/task.hpp"
#include "heed/models/graph_attention_network.hpp"

namespace fit_nodes_test {

using heed::Edge;
using heed::FitNodesOptions;
using heed::Graph;
using heed::Index;
using heed::Outcome;
using Model = heed::GraphAttentionNetwork<float>;

/// Two circles of 20 nodes with a few edges between them; the label is the circle, which the features tell of few
/// nodes.
struct Circles {
  Graph graph;
  heed::SparseRows<float> features{8};
  std::vector<std::int32_t> labels;
  std::vector<Index> training, validation, test;

  Circles() {
    std::vector<Edge> edges{{0, 20}, {7, 31}};
    for (Index i = 0; i < 40; ++i) {
      const Index circle = i / 20 * 20;
      for (const Index step : {1, 2, 3}) edges.push_back({i, circle + (i - circle + step) % 20});
      labels.push_back(static_cast<std::int32_t>(i / 20));
      const bool tells = i % 4 == 0;
      const std::vector<std::int32_t> columns{static_cast<std::int32_t>(tells ? i / 20 : 2 + i % 6)};
      features.add_row(columns, std::vector<float>{1});
      (i % 5 == 0 ? training : i % 5 == 1 ? validation : test).push_back(i);
    }
    graph = Graph(40, edges);
  }
  heed::LabelledNodes<float> nodes() const { return {graph, features, labels}; }
};

Model model(std::uint64_t seed = 0) {
  Model m({.features = 8, .classes = 2, .hidden = 4, .heads = 2, .dropout = 0.2});
  m.initialize(heed::Key{seed});
  return m;
}

TEST(FitNodes, LearnsFromSomeNodesWhatOthersAre) {
  const Circles data;
  Model m = model(), again = m;
  const FitNodesOptions o{.epochs = 300, .learning_rate = 0.03, .patience = 40, .seed = 2};
  const auto history = heed::fit_nodes(m, data.nodes(), data.training, data.validation, o);
  EXPECT_EQ(heed::evaluate_nodes(m, data.nodes(), data.nodes().labels_of(data.test)).accuracy, 1);
  heed::fit_nodes(again, data.nodes(), data.training, data.validation, o);
  EXPECT_EQ(test_support::flat(m), test_support::flat(again));
  ASSERT_GT(history.best_epoch, 0);
  const auto e = heed::evaluate_nodes(m, data.nodes(), data.nodes().labels_of(data.validation));
  EXPECT_EQ(e.loss, history.epochs[static_cast<std::size_t>(history.best_epoch - 1)].validation_loss);
}

TEST(FitNodes, EndsWhereItIsAskedTo) {
  const Circles data;
  std::atomic<bool> stop{false};
  Model m = model();
  FitNodesOptions o{.epochs = 50, .patience = 0, .stop = stop};
  o.callbacks = {[&](const heed::EpochRecord& r) {
    stop = r.epoch == 3;
    return true;
  }};
  auto history = heed::fit_nodes(m, data.nodes(), data.training, {}, o);
  EXPECT_EQ(history.outcome, Outcome::cancelled);
  EXPECT_EQ(history.epochs.size(), 3U);
  stop = false;
  o.callbacks = {[](const heed::EpochRecord& r) { return r.epoch < 5; }};
  history = heed::fit_nodes(m, data.nodes(), data.training, {}, o);
  EXPECT_EQ(history.outcome, Outcome::stopped);
  EXPECT_EQ(history.epochs.size(), 5U);
  o.callbacks = {};
  history = heed::fit_nodes(m, data.nodes(), data.training, {}, o);
  EXPECT_EQ(history.outcome, Outcome::finished);
  EXPECT_TRUE(std::isnan(history.epochs.back().validation_loss));
}

TEST(FitNodes, SaysWhereItDiverged) {
  const Circles data;
  Model m = model();
  m.output.bias.fill(std::numeric_limits<float>::quiet_NaN());
  const auto history = heed::fit_nodes(m, data.nodes(), data.training, {}, {.epochs = 5, .patience = 0});
  EXPECT_EQ(history.outcome, Outcome::diverged);
  EXPECT_EQ(history.diverged_at, 1);
  EXPECT_TRUE(history.epochs.empty());
}

TEST(FitNodes, GivesBackTheLastWeightsOfAFiniteLoss) {
  const Circles data;
  for (const double rate : {1e30, 1e300}) {  // the next loss, or a weight already, is not finite
    Model m = model();
    const auto before = test_support::flat(m);
    const auto history =
        heed::fit_nodes(m, data.nodes(), data.training, {}, {.epochs = 5, .learning_rate = rate, .patience = 0});
    EXPECT_EQ(history.outcome, Outcome::diverged) << rate;
    EXPECT_TRUE(heed::all_finite(m)) << rate;
    const double loss = heed::evaluate_nodes(m, data.nodes(), data.nodes().labels_of(data.training)).loss;
    EXPECT_TRUE(std::isfinite(loss)) << rate;
    if (history.epochs.size() < 2) {
      EXPECT_EQ(test_support::flat(m), before);
    }
  }
  Model last = model();
  const auto history =
      heed::fit_nodes(last, data.nodes(), data.training, {}, {.epochs = 1, .learning_rate = 1e300, .patience = 0});
  EXPECT_EQ(history.outcome, Outcome::diverged) << "in the last epoch, too";
  EXPECT_TRUE(heed::all_finite(last));
}

TEST(FitNodes, ACallbackThatFailsLeavesTheBestWeights) {
  const Circles data;
  Model expected = model(), m = model();
  FitNodesOptions o{.epochs = 20, .learning_rate = 0.5, .patience = 100};
  const auto whole = heed::fit_nodes(expected, data.nodes(), data.training, data.validation, o);
  heed::History history;
  o.epochs = 100;
  o.history = &history;
  o.callbacks = {[](const heed::EpochRecord& r) -> bool {
    if (r.epoch == 20) throw 7;
    return true;
  }};
  EXPECT_THROW(heed::fit_nodes(m, data.nodes(), data.training, data.validation, o), int);
  EXPECT_EQ(test_support::flat(m), test_support::flat(expected));
  EXPECT_EQ(history.outcome, Outcome::failed);
  EXPECT_EQ(history.epochs.size(), 20U);
  EXPECT_EQ(history.best_epoch, whole.best_epoch);
}

TEST(FitNodes, RejectsWhatDoesNotFit) {
  Circles data;
  const auto error = [&](const std::vector<Index>& training, const FitNodesOptions& o) {
    Model m = model();
    const auto before = test_support::flat(m);
    const auto text = test_support::error_of([&] { heed::fit_nodes(m, data.nodes(), training, data.validation, o); });
    EXPECT_EQ(test_support::flat(m), before);
    return text;
  };
  EXPECT_NE(error({40}, {}).find("no such node"), std::string::npos);
  EXPECT_NE(error({}, {}).find("nodes to train on"), std::string::npos);
  EXPECT_NE(error(data.training, {.epochs = -1}).find("epochs"), std::string::npos);
  data.labels[5] = 2;
  EXPECT_EQ(error(data.training, {}), "label 5 (counted from 0): label out of range (expected 0 to 1, got 2)");
  data.labels.pop_back();
  EXPECT_NE(error(data.training, {}).find("not a label for each"), std::string::npos);
}

}  // namespace fit_nodes_test
