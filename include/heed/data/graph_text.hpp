#pragma once

/// @file
/// Graphs from text files: a file of nodes and a file of edges.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/graph.hpp"
#include "heed/core/types.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ABI {

/// Nodes with binary features and classes, and the parts of the data set.
template <class S>
struct GraphText {
  Graph graph;
  SparseRows<S> features;
  std::vector<std::int32_t> labels;
  std::map<std::string, std::vector<Index>> parts;  ///< nodes by part: "train", "val", "test", ...
  Index classes = 0;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// A `GraphText` before its numbers are converted.
struct GraphLines {
  Graph graph;
  std::vector<std::vector<std::int32_t>> features;  // of each node: the features that are 1
  std::vector<std::int32_t> labels;
  std::map<std::string, std::vector<Index>> parts;
  Index classes = 0, columns = 0;
};

HEED_FUNCTION GraphLines parse_graph_lines(std::string_view nodes, const std::string& nodes_name,
                                           std::string_view edges, const std::string& edges_name);
}  // namespace detail

/// Parses a graph. Each line of the nodes is `node class part feature feature ...`: nodes 0, 1, ... in order; features
/// are the indices of those that are 1. Each line of the edges is `node node`; an edge works in both directions, and
/// every node also sees itself. Throws at the first fault, and names its place.
template <class S>
GraphText<S> parse_graph(std::string_view nodes, const std::string& nodes_name, std::string_view edges,
                         const std::string& edges_name) try {
  detail::GraphLines lines = detail::parse_graph_lines(nodes, nodes_name, edges, edges_name);
  SparseRows<S> features(lines.columns);
  for (const auto& row : lines.features) features.add_row(row, std::vector<S>(row.size(), S(1)));
  return {std::move(lines.graph), std::move(features), std::move(lines.labels), std::move(lines.parts), lines.classes};
} catch (...) {
  detail::rethrow_as_error(nodes_name);
}

/// Reads two files.
template <class S>
GraphText<S> read_graph(const std::filesystem::path& nodes, const std::filesystem::path& edges) try {
  const std::vector<std::byte> a = read_file(nodes), b = read_file(edges);
  return parse_graph<S>(as_text(a), nodes.string(), as_text(b), edges.string());
} catch (...) {
  detail::rethrow_as_error(nodes.string());
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION GraphLines parse_graph_lines(std::string_view nodes, const std::string& nodes_name,
                                           std::string_view edges, const std::string& edges_name) {
  GraphLines result;
  auto& rows = result.features;
  const auto whole = [](TextReader& reader, std::string_view field, std::int32_t most) {
    const auto value = reader.number<std::int32_t>(field);
    if (value < 0 || value > most) {
      reader.fail(field, "number out of range", "0 to " + std::to_string(most), in_quotes(field));
    }
    return value;
  };
  std::vector<std::string_view> fields;
  constexpr std::int32_t most = 1 << 30;
  for (TextReader reader(nodes, nodes_name, TextReader::Comments::none); reader.next();) {
    reader.split(reader.line(), " \t", fields);
    if (fields.size() < 3) {
      throw Error({"a line too short", reader.place_of_end(), "node, class, part, features", in_quotes(reader.line())});
    }
    const auto node = static_cast<Index>(rows.size());
    if (whole(reader, fields[0], most) != node) {
      reader.fail(fields[0], "nodes out of order", std::to_string(node), in_quotes(fields[0]));
    }
    result.labels.push_back(whole(reader, fields[1], 1 << 20));
    result.classes = std::max<Index>(result.classes, result.labels.back() + 1);
    result.parts[std::string(fields[2])].push_back(node);
    auto& row = rows.emplace_back();
    for (std::size_t i = 3; i < fields.size(); ++i) {
      row.push_back(whole(reader, fields[i], most));
      result.columns = std::max<Index>(result.columns, row.back() + 1);
    }
  }
  require(!rows.empty(), [&] { return Fault{"no nodes", nodes_name, "at least one line", {}}; });
  const auto last = static_cast<std::int32_t>(rows.size()) - 1;
  std::vector<Edge> pairs;
  for (TextReader reader(edges, edges_name, TextReader::Comments::none); reader.next();) {
    reader.split(reader.line(), " \t", fields);
    if (fields.size() != 2) {
      throw Error({"not an edge", reader.place_of_end(), "two nodes", in_quotes(reader.line())});
    }
    pairs.push_back({whole(reader, fields[0], last), whole(reader, fields[1], last)});
  }
  result.graph = Graph(static_cast<Index>(rows.size()), pairs);
  return result;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
