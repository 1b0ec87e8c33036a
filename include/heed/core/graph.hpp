#pragma once

/// @file
/// Graphs, and sparse features of nodes. Both are stored as compressed rows.

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// An edge between two nodes.
struct Edge {
  Index from = 0, to = 0;
};

/// A graph: for each node, the nodes that it sees (its neighbours), in ascending order and without duplicates.
class Graph {
 public:
  Graph() = default;
  /// For each edge, node `to` sees node `from`; with `both_ways` also the reverse. With `self_loops` each node sees
  /// itself. Duplicate edges count once. Throws if a node is not in 0 .. nodes - 1.
  Graph(Index nodes, std::span<const Edge> edges, bool both_ways = true, bool self_loops = true);

  Index nodes() const { return static_cast<Index>(offsets_.size()) - 1; }
  /// The number of pairs (node, node that it sees).
  Index edges() const { return static_cast<Index>(neighbours_.size()); }
  /// The index of a node's first edge.
  Index first(Index node) const { return offsets_[static_cast<std::size_t>(node)]; }
  std::span<const std::int32_t> neighbours(Index node) const& {
    return std::span(neighbours_)
        .subspan(static_cast<std::size_t>(first(node)), static_cast<std::size_t>(first(node + 1) - first(node)));
  }
  std::span<const std::int32_t> neighbours(Index) const&& = delete;

 private:
  static Index checked(Index nodes);
  std::vector<Index> offsets_{0};
  std::vector<std::int32_t> neighbours_;
};

namespace abi_detail {
[[noreturn]] void throw_row_size(std::size_t columns, std::size_t values);
[[noreturn]] void throw_row_entry(Index row, Index columns, Index column, double value);
}  // namespace abi_detail

/// Sparse rows: the nonzero numbers with their columns.
template <class S>
class SparseRows {
 public:
  SparseRows() = default;
  explicit SparseRows(Index columns) : columns_(columns) {}

  /// Appends a row. Throws if a column is not in 0 .. columns - 1, or if a value is not finite.
  void add_row(std::span<const std::int32_t> columns, std::span<const S> values) {
    if (columns.size() != values.size()) abi_detail::throw_row_size(columns.size(), values.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] < 0 || columns[i] >= columns_ || !std::isfinite(values[i])) {
        abi_detail::throw_row_entry(rows(), columns_, columns[i], static_cast<double>(values[i]));
      }
    }
    column_.insert(column_.end(), columns.begin(), columns.end());
    values_.insert(values_.end(), values.begin(), values.end());
    offsets_.push_back(static_cast<Index>(column_.size()));
  }

  /// Divides each row by the sum of its absolute values. A row of zeros stays.
  void normalize_rows() {
    for (Index i = 0; i < rows(); ++i) {
      const auto values =
          std::span(values_).subspan(static_cast<std::size_t>(row(i).first), static_cast<std::size_t>(row(i).count()));
      S sum = 0;
      for (const S v : values) sum += std::abs(v);
      for (S& v : values) v /= sum > 0 ? sum : S(1);
    }
  }

  Index rows() const { return static_cast<Index>(offsets_.size()) - 1; }
  Index columns() const { return columns_; }
  /// The number of stored numbers.
  Index size() const { return static_cast<Index>(values_.size()); }
  IndexRange row(Index i) const {
    return {offsets_[static_cast<std::size_t>(i)], offsets_[static_cast<std::size_t>(i) + 1]};
  }
  /// The column of stored number k.
  Index column(Index k) const { return column_[static_cast<std::size_t>(k)]; }
  const S* values() const { return values_.data(); }

 private:
  Index columns_ = 0;
  std::vector<Index> offsets_{0};
  std::vector<std::int32_t> column_;
  std::vector<S> values_;
};

}  // namespace heed::inline HEED_ABI

#if HEED_BODIES

#include <algorithm>
#include <utility>

namespace heed::inline HEED_ABI {

HEED_SHARED_FUNCTION Graph::Graph(Index nodes, std::span<const Edge> edges, bool both_ways, bool self_loops)
    : offsets_(make_vector<Index>(checked(nodes) + 1, "Graph")) {
  std::vector<std::pair<Index, Index>> seen;  // node, neighbour
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Edge e = edges[i];
    require(e.from >= 0 && e.from < nodes && e.to >= 0 && e.to < nodes, [&] {
      return Fault{"no such node", "edge " + text_of(i) + " (counted from 0)", "0 to " + text_of(nodes - 1),
                   text_of(e.from) + " and " + text_of(e.to)};
    });
    seen.emplace_back(e.to, e.from);
    if (both_ways) seen.emplace_back(e.from, e.to);
  }
  for (Index i = 0; self_loops && i < nodes; ++i) seen.emplace_back(i, i);
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  for (const auto& [node, neighbour] : seen) {
    neighbours_.push_back(static_cast<std::int32_t>(neighbour));
    ++offsets_[static_cast<std::size_t>(node) + 1];
  }
  for (std::size_t i = 1; i < offsets_.size(); ++i) offsets_[i] += offsets_[i - 1];
}

HEED_SHARED_FUNCTION Index Graph::checked(Index nodes) {
  require(nodes >= 0, [&] { return Fault{"negative size", "Graph", "nodes of at least 0", text_of(nodes)}; });
  require(nodes <= std::numeric_limits<std::int32_t>::max(),
          [&] { return Fault{"too many nodes", "Graph", "at most 2^31 - 1", text_of(nodes)}; });
  return nodes;
}

namespace abi_detail {

HEED_COLD HEED_SHARED_FUNCTION void throw_row_size(std::size_t columns, std::size_t values) {
  throw Error(Fault{"columns and values differ in number", "SparseRows", text_of(columns), text_of(values)});
}

HEED_COLD HEED_SHARED_FUNCTION void throw_row_entry(Index row, Index columns, Index column, double value) {
  throw Error(Fault{"a column out of range, or a value that is not finite", "row " + text_of(row),
                    "columns 0 to " + text_of(columns - 1), text_of(column) + ": " + text_of(value)});
}

}  // namespace abi_detail

}  // namespace heed::inline HEED_ABI

#endif
