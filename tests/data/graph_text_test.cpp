#include "heed/data/graph_text.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace graph_text_test {

using heed::Index;
using test_support::error_of;

auto parse(const std::string& nodes, const std::string& edges) {
  return heed::parse_graph<float>(nodes, "nodes.txt", edges, "edges.txt");
}

TEST(GraphText, ReadsNodesAndEdges) {
  const auto text = parse("0 2 train 0 4\n1 0 test\t1\n\n2 1 train\n", "0 1\n2 1\n");
  EXPECT_EQ(text.graph.nodes(), 3);
  EXPECT_EQ(text.graph.edges(), 7);
  EXPECT_EQ(text.features.columns(), 5);
  EXPECT_EQ(text.features.row(0).count(), 2);
  EXPECT_EQ(text.features.row(2).count(), 0);
  EXPECT_EQ(text.labels, (std::vector<std::int32_t>{2, 0, 1}));
  EXPECT_EQ(text.classes, 3);
  EXPECT_EQ(text.parts.at("train"), (std::vector<Index>{0, 2}));
}

TEST(GraphText, NamesTheFirstFault) {
  const auto error = [](const std::string& nodes, const std::string& edges) {
    return error_of([&] { parse(nodes, edges); });
  };
  EXPECT_EQ(error("0 1 a\n2 1 a\n", ""), "nodes.txt, line 2, column 1: nodes out of order (expected 1, got '2')");
  EXPECT_NE(error("0 1\n", "").find("nodes.txt, line 1, column 4: a line too short"), std::string::npos);
  EXPECT_NE(error("0 x a\n", "").find("line 1, column 3: not a number"), std::string::npos);
  EXPECT_NE(error("0 1 a -3\n", "").find("line 1, column 7: number out of range"), std::string::npos);
  EXPECT_NE(error("\n", "").find("nodes.txt: no nodes"), std::string::npos);
  EXPECT_NE(error("0 1 a\n", "0 1\n").find("edges.txt, line 1, column 3: number out of range"), std::string::npos);
  EXPECT_NE(error("0 1 a\n", "0\n").find("edges.txt, line 1, column 2: not an edge"), std::string::npos);
}

}  // namespace graph_text_test
