// A fuzzer of the reader of graphs. A line "===" divides the nodes from the edges.

#include "fuzz/reading.hpp"
#include "heed/data/graph_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using heed::fuzz::require_that;
  const auto [nodes, edges] = heed::fuzz::Input(data, size).texts();
  heed::GraphText<float> graph;
  // a node of seven bytes has a row of features, a label, a part and an edge to itself, in vectors that double
  if (heed::fuzz::refuses(size, 64,
                          [&, n = nodes, e = edges] { graph = heed::parse_graph<float>(n, "nodes", e, "edges"); }))
    return 0;
  const auto count = static_cast<heed::Index>(graph.labels.size());
  require_that(graph.graph.nodes() == count && graph.features.rows() == count, "each node has features and a class");
  heed::Index of_parts = 0;
  for (const auto& part : graph.parts) of_parts += std::ssize(part.second);
  require_that(of_parts == count, "each node is in a part");
  for (const std::int32_t label : graph.labels)
    require_that(label >= 0 && label < graph.classes, "a class is one of all");
  return 0;
}
