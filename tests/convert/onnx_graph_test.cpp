#include "heed/convert/onnx_graph.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "heed/convert/detail/onnx_write.hpp"
#include "heed/testing/detail/errors.hpp"
#include "onnx_reader.hpp"

namespace onnx_graph_test {

TEST(OnnxGraph, StoresConstantsOfEqualContentOnce) {
  heed::OnnxGraph graph;
  EXPECT_EQ(graph.number(2).name, graph.number(2).name);
  EXPECT_EQ(graph.list({1, 2}).name, graph.list({1, 2}).name);
  EXPECT_NE(graph.list({1}).name, graph.count(1).name);                      // of another type
  EXPECT_NE(graph.numbers({1}, {1}).name, graph.numbers({1}, {1, 1}).name);  // of another shape
  EXPECT_NE(graph.number(1).name, graph.number(2).name);
}

TEST(OnnxGraph, GivesEveryValueANameOfItsOwn) {
  heed::OnnxGraph graph;
  const heed::OnnxValue x = graph.input("x", heed::OnnxType::float32, {"batch"});
  for (int i = 0; i < 3; ++i) {
    const heed::OnnxGraph::Part part(graph, "block");
    const heed::OnnxGraph::Part inner(graph, "0");
    graph.weight("weight", {1}, {1});
    graph.add("Relu", {x});
  }
  graph.add("Relu", {x});
  graph.add_outputs("Split", {x}, {}, 2);
  std::set<std::string> names;
  std::size_t count = 0;
  for (const auto& node : graph.nodes()) {
    for (const auto& output : node.outputs) names.insert(output.name), ++count;
  }
  for (const auto& tensor : graph.tensors()) names.insert(tensor.name), ++count;
  EXPECT_EQ(names.size(), count);
  EXPECT_TRUE(names.contains("block.0.Relu"));
  EXPECT_TRUE(names.contains("block.0.weight"));
  EXPECT_TRUE(names.contains("Relu"));
}

TEST(OnnxGraph, ComputesWhatDependsOnLengthsOnce) {
  heed::OnnxGraph graph;
  heed::OnnxSequence x{.value = graph.input("x", heed::OnnxType::float32, {"batch", "steps", 2}), .features = 2};
  EXPECT_EQ(graph.valid_or(x).value.name, x.value.name);  // all are full: nothing is added
  EXPECT_TRUE(graph.nodes().empty());
  x.lengths = graph.input("lengths", heed::OnnxType::int32, {"batch"});
  const std::string valid = graph.valid(x).name;
  const std::size_t nodes = graph.nodes().size();
  EXPECT_EQ(graph.valid(x).name, valid);
  EXPECT_EQ(graph.nodes().size(), nodes);
  graph.valid_or(x);
  EXPECT_EQ(graph.nodes().size(), nodes + 1);
}

TEST(OnnxGraph, LeavesOutWhatANodeDoesNotNeed) {
  heed::OnnxGraph graph;
  const heed::OnnxValue x = graph.input("x", heed::OnnxType::float32, {});
  graph.add("LSTM", {x, {}, x, {}, {}});
  EXPECT_EQ(graph.nodes()[0].inputs.size(), 3U);  // one in between keeps its place
  graph.output(x, "y", heed::OnnxType::float32, {"batch", 3});
  const OnnxFile file(heed::detail::onnx_bytes(graph, {{"a", "b"}}));
  EXPECT_EQ(file.nodes[0].inputs, (std::vector<std::string>{"x", "", "x"}));
  EXPECT_EQ(file.outputs[0].extents, (std::vector<std::string>{"batch", "3"}));
  EXPECT_EQ(file.metadata.at("a"), "b");
}

}  // namespace onnx_graph_test
