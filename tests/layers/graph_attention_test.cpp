#include "heed/layers/graph_attention.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace graph_attention_test {

using heed::Edge;
using heed::Graph;
using heed::GraphAttention;
using heed::Index;
using heed::Into;
using heed::Pass;
using heed::Shape;
using heed::SparseRows;
using heed::Tile;
using test_support::equals;
using test_support::error_of;
using test_support::Reference;
using test_support::Values;

/// The layer on one graph: a layer whose steps are the nodes.
template <class S>
struct OnGraph {
  using Scalar = S;
  using Input = S;
  using Cache = typename GraphAttention<S>::Cache;
  Graph graph;
  GraphAttention<S> layer;

  Shape output_shape(Shape x) const { return layer.output_shape(x); }
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
    layer.forward(graph, x, y, cache, pass);
  }
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, OnGraph& grad,
                const Pass& pass) const {
    layer.backward(graph, x, dy, dx, cache, grad.layer, pass);
  }
  static void visit(auto&& f, auto&... m) { f("layer", m.layer...); }
};

Graph small_graph(bool self_loops = true) {
  const std::vector<Edge> edges{{0, 1}, {1, 2}, {2, 3}, {3, 0}, {4, 1}, {4, 4}};
  return Graph(6, edges, true, self_loops);  // node 5 sees nobody but itself
}

TEST(GraphAttention, FulfilsTheLayerContractWithNodesAsSteps) {
  for (const bool mean : {false, true}) {
    for (const double dropout : {0.0, 0.4}) {
      for (const bool self_loops : {false, true}) {
        const auto make = [&]<class S>() {
          return OnGraph<S>{small_graph(self_loops),
                            GraphAttention<S>({.in_features = 4,
                                               .out_features = 3,
                                               .heads = 5,
                                               .mean = mean,
                                               .bias = !mean,
                                               .dropout = dropout,
                                               .negative_slope = 1})};  // no kink: EqualsPyTorch has one
        };
        const auto report =
            heed::testing::check_layer(make, {6, 4}, {.lanes = 1, .ragged = false, .training = dropout > 0, .seed = 3});
        EXPECT_TRUE(report.ok()) << report.text();
      }
    }
  }
}

struct Passed {
  Values y, dx;
  GraphAttention<double> gradient;
};

Passed run(const Graph& graph, const GraphAttention<double>& layer, const Values& x, const Values& dy,
           Values* weights = nullptr) {
  const Index N = graph.nodes();
  Passed r{Values(static_cast<std::size_t>(N * layer.output_size())), Values(x.size()), layer};
  heed::set_zero(r.gradient);
  heed::Scratch scratch;
  const Pass pass{scratch};
  GraphAttention<double>::Cache cache;
  const Tile<const double> in(x.data(), {N, layer.options.in_features}, 1);
  layer.forward(graph, in, Tile<double>(r.y.data(), {N, layer.output_size()}, 1), cache, pass);
  if (weights) {
    const auto a = layer.weights(cache);
    weights->assign(a.data, a.data + a.size());
  }
  layer.backward(graph, in, Tile<const double>(dy.data(), {N, layer.output_size()}, 1),
                 heed::into(Tile<double>(r.dx.data(), in.shape(), 1)), cache, r.gradient, pass);
  return r;
}

TEST(GraphAttention, EqualsPyTorch) {
  for (const char* name : {"heads", "mean", "one"}) {
    SCOPED_TRACE(name);
    const Reference file(std::string("graph_attention/") + name);
    const auto layer = test_support::with_weights(
        GraphAttention<double>(
            {.in_features = 5, .out_features = 4, .heads = file.index("heads"), .mean = file.index("mean") == 1}),
        file);
    std::vector<Edge> edges;
    const auto numbers = file.integers("input.edges");
    for (std::size_t i = 0; i < numbers.size(); i += 2) edges.push_back({numbers[i], numbers[i + 1]});
    Values weights;
    const Passed r = run(Graph(8, edges), layer, file.values("input.x"), file.values("upstream.y"), &weights);
    EXPECT_TRUE(equals(r.y, file.values("output.y")));
    EXPECT_TRUE(equals(r.dx, file.values("dinput.x")));
    EXPECT_TRUE(equals(weights, file.values("output.attention")));
    test_support::expect_parameters(r.gradient, file.arrays("dweight."));
  }
}

Values random_values(std::size_t count, std::uint64_t seed) {
  Values values(count);
  std::uint64_t i = 0;
  for (double& v : values) v = heed::Key{seed}.normal(i++);
  return values;
}

TEST(GraphAttention, DoesNotCareHowNodesAreNumbered) {
  const GraphAttention<double> layer({.in_features = 2, .out_features = 3, .heads = 2});
  const std::vector<Index> order{3, 0, 5, 1, 4, 2};  // the new number of each node
  const Graph graph = small_graph();
  std::vector<Edge> moved;
  for (Index i = 0; i < 6; ++i) {
    for (const std::int32_t j : graph.neighbours(i)) {
      moved.push_back({order[static_cast<std::size_t>(j)], order[static_cast<std::size_t>(i)]});
    }
  }
  const auto permute = [&](const Values& rows, std::size_t width) {
    Values result(rows.size());
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t f = 0; f < width; ++f) {
        result[static_cast<std::size_t>(order[i]) * width + f] = rows[i * width + f];
      }
    }
    return result;
  };
  const Values x = random_values(12, 1), dy = random_values(36, 2);
  const Passed a = run(graph, layer, x, dy);
  const Passed b = run(Graph(6, moved, false, false), layer, permute(x, 2), permute(dy, 6));
  EXPECT_TRUE(equals(b.y, permute(a.y, 6)));
  EXPECT_TRUE(equals(b.dx, permute(a.dx, 2)));
}

TEST(GraphAttention, TakesSparseFeaturesAsIfTheyWereDense) {
  const GraphAttention<double> layer({.in_features = 5, .out_features = 3, .heads = 2});
  const Graph graph = small_graph();
  SparseRows<double> sparse(5);
  Values dense(30);
  for (Index i = 0; i < 6; ++i) {
    const std::vector<std::int32_t> columns{static_cast<std::int32_t>(i % 5), static_cast<std::int32_t>((i + 2) % 5)};
    const Values values{1.5, static_cast<double>(i) - 2};
    sparse.add_row(columns, values);
    for (std::size_t k = 0; k < 2; ++k) dense[static_cast<std::size_t>(5 * i + columns[k])] = values[k];
  }
  const Values dy = random_values(36, 4);
  const Passed expected = run(graph, layer, dense, dy);
  GraphAttention<double> gradient = layer;
  heed::set_zero(gradient);
  heed::Scratch scratch;
  GraphAttention<double>::Cache cache;
  Values y(36);
  layer.forward(graph, sparse, sparse.values(), Tile<double>(y.data(), {6, 6}, 1), cache, Pass{scratch});
  layer.backward(graph, sparse, sparse.values(), Tile<const double>(dy.data(), {6, 6}, 1), cache, gradient,
                 Pass{scratch});
  EXPECT_TRUE(equals(y, expected.y));
  EXPECT_TRUE(equals(Values(gradient.weight.begin(), gradient.weight.end()),
                     Values(expected.gradient.weight.begin(), expected.gradient.weight.end())));
}

TEST(GraphAttention, ANodeThatSeesNoneGetsTheBias) {
  GraphAttention<double> layer({.in_features = 2, .out_features = 2, .heads = 2});
  std::iota(layer.bias.begin(), layer.bias.end(), 1.0);
  const Passed r = run(small_graph(false), layer, random_values(12, 1), Values(24, 1.0));
  EXPECT_EQ(Values(r.y.end() - 4, r.y.end()), (Values{1, 2, 3, 4}));
  EXPECT_EQ(Values(r.dx.end() - 2, r.dx.end()), (Values{0, 0}));
}

TEST(GraphAttention, RejectsWhatDoesNotFit) {
  EXPECT_EQ(error_of([] { GraphAttention<float>({.in_features = 2, .out_features = 3, .heads = 0}); }),
            "GraphAttention: heads must be positive (expected at least 1, got 0)");
  EXPECT_NE(error_of([] {
              GraphAttention<float>({.in_features = 2, .out_features = 3, .dropout = 1});
            }).find("dropout in [0, 1)"),
            std::string::npos);
  const GraphAttention<float> layer({.in_features = 2, .out_features = 3, .heads = 4});
  EXPECT_EQ(layer.output_shape({7, 2}), (Shape{7, 12}));
  EXPECT_NE(error_of([&] { layer.output_shape({7, 3}); }).find("wrong number of features"), std::string::npos);
}

}  // namespace graph_attention_test
