#include "heed/core/graph.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "../support/error_of.hpp"

namespace graph_test {

using heed::Edge;
using heed::Graph;
using heed::Index;
using heed::SparseRows;
using test_support::error_of;
using Nodes = std::vector<std::int32_t>;

Nodes seen(const Graph& graph, Index node) {
  const auto nodes = graph.neighbours(node);
  return {nodes.begin(), nodes.end()};
}

TEST(Graph, ListsWhomEachNodeSees) {
  const std::vector<Edge> edges{{0, 2}, {2, 1}, {0, 2}, {1, 1}};
  const Graph graph(4, edges);
  EXPECT_EQ(graph.nodes(), 4);
  EXPECT_EQ(seen(graph, 0), (Nodes{0, 2}));
  EXPECT_EQ(seen(graph, 1), (Nodes{1, 2}));
  EXPECT_EQ(seen(graph, 2), (Nodes{0, 1, 2}));
  EXPECT_EQ(seen(graph, 3), (Nodes{3}));
  EXPECT_EQ(graph.edges(), 8);
  EXPECT_EQ(graph.first(2), 4);
}

TEST(Graph, MayBeDirectedAndWithoutLoops) {
  const std::vector<Edge> edges{{0, 2}, {2, 1}, {1, 1}};
  const Graph graph(3, edges, false, false);
  EXPECT_EQ(seen(graph, 0), Nodes());
  EXPECT_EQ(seen(graph, 1), (Nodes{1, 2}));
  EXPECT_EQ(seen(graph, 2), (Nodes{0}));
  EXPECT_EQ(Graph().nodes(), 0);
}

TEST(Graph, NamesTheEdgeThatIsFaulty) {
  const std::vector<Edge> edges{{0, 1}, {1, 3}};
  EXPECT_EQ(error_of([&] { Graph(3, edges); }), "edge 1 (counted from 0): no such node (expected 0 to 2, got 1 and 3)");
  EXPECT_NE(error_of([&] { Graph(-1, {}); }).find("negative size"), std::string::npos);
}

TEST(SparseRows, HoldsColumnsAndValues) {
  SparseRows<float> rows(6);
  rows.add_row(Nodes{5, 0}, std::vector<float>{1, 2});
  rows.add_row(Nodes{}, std::vector<float>{});
  rows.add_row(Nodes{3}, std::vector<float>{4});
  EXPECT_EQ(rows.rows(), 3);
  EXPECT_EQ(rows.columns(), 6);
  EXPECT_EQ(rows.size(), 3);
  EXPECT_EQ(rows.row(1).count(), 0);
  EXPECT_EQ(rows.row(2).first, 2);
  EXPECT_EQ(rows.column(0), 5);
  EXPECT_EQ(rows.values()[2], 4);
}

TEST(SparseRows, RowsMayBeDividedByTheirSums) {
  SparseRows<float> rows(6);
  rows.add_row(Nodes{5, 0}, std::vector<float>{1, -3});
  rows.add_row(Nodes{1}, std::vector<float>{0});
  rows.normalize_rows();
  EXPECT_EQ(rows.values()[0], 0.25F);
  EXPECT_EQ(rows.values()[1], -0.75F);
  EXPECT_EQ(rows.values()[2], 0.0F);
}

TEST(SparseRows, RejectsWhatDoesNotFit) {
  SparseRows<float> rows(3);
  EXPECT_NE(error_of([&] { rows.add_row(Nodes{3}, std::vector<float>{1}); }).find("columns 0 to 2"), std::string::npos);
  EXPECT_NE(error_of([&] {
              rows.add_row(Nodes{0}, std::vector<float>{std::numeric_limits<float>::infinity()});
            }).find("not finite"),
            std::string::npos);
  EXPECT_NE(error_of([&] { rows.add_row(Nodes{0, 1}, std::vector<float>{1}); }).find("differ in number"),
            std::string::npos);
  EXPECT_EQ(rows.rows(), 0);
}

}  // namespace graph_test
