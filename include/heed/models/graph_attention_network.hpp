#pragma once

/// @file
/// A classifier of the nodes of a graph.

#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/graph.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/graph_attention.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ABI {

/// Options of `GraphAttentionNetwork`.
struct GraphAttentionNetworkOptions {
  Index features = 0, classes = 0;
  Index hidden = 8;  ///< of a head
  Index heads = 8;
  Index output_heads = 1;   ///< the logits are their mean
  double dropout = 0.6;     ///< of the features, the hidden numbers and the attention weights
  bool output_elu = false;  ///< an ELU after the last layer
  std::uint64_t seed = 0;   ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    f({.name = "features", .flag = ""}, o.features...);
    f({.name = "classes", .flag = ""}, o.classes...);
    f({"hidden", "Units of a head"}, o.hidden...);
    f({"heads", "Of the first layer"}, o.heads...);
    f({"output_heads", "Heads whose mean is the output"}, o.output_heads...);
    f({"dropout", "In training", Range::share()}, o.dropout...);
    f({"output_elu", "An ELU after the last layer"}, o.output_elu...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
template <class S>
struct PathOfNodes;
}

/// Dropout > GraphAttention (heads concatenated) > ELU > dropout > GraphAttention (mean of the heads): maps the
/// features of all nodes to logits (nodes, classes). The network of Velickovic et al. 2018.
template <class S>
struct GraphAttentionNetwork {
  using Scalar = S;
  using Options = GraphAttentionNetworkOptions;
  static constexpr std::string_view architecture = "GraphAttentionNetwork";

  Options options;
  GraphAttention<S> hidden, output;
  Dropout<S> dropout;

  struct Cache {
    TileBuffer<S> values;  // the features after dropout
    typename GraphAttention<S>::Cache hidden, output;
    TileBuffer<S> before, active, kept, last;
    typename Dropout<S>::Cache dropout;
    typename Elu<S>::Cache elu;
  };

  GraphAttentionNetwork() = default;
  /// Throws if a size is not positive or if the dropout is not in [0, 1).
  explicit GraphAttentionNetwork(Options o);

  void initialize(Key key) {
    hidden.initialize(key.child(0));
    output.initialize(key.child(1));
  }

  Shape output_shape(Shape x) const {
    return detail::inside(architecture, [&] { return output.output_shape(hidden.output_shape(x)); });
  }

  void forward(const Graph& graph, const SparseRows<S>& x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  void backward(const Graph& graph, const SparseRows<S>& x, Tile<const S> logits, Tile<const S> dlogits, Cache& cache,
                GraphAttentionNetwork& grad, const Pass& pass) const;

  static void visit(auto&& f, auto&... models) {
    f("hidden", models.hidden...);
    f("output", models.output...);
  }

  // ---- files

  /// For a file without metadata. The dropout keeps its default.
  static Options options_from(std::span<const TensorShape> tensors);
  /// For the self-test.
  detail::PathOfNodes<S> self_test_layer() const { return {*this}; }

 private:
  void check_graph(const Graph& graph, const SparseRows<S>& x) const;
};

namespace detail {
/// A model of graphs as a layer: the steps of one sequence are nodes, each of which sees its neighbours and itself.
template <class S>
struct PathOfNodes {
  using Scalar = S;
  using Input = S;
  using Cache = typename GraphAttentionNetwork<S>::Cache;

  GraphAttentionNetwork<S> model;

  Index input_size() const { return model.options.features; }
  Shape output_shape(Shape x) const { return model.output_shape(x); }
  HEED_COLD void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
    std::vector<Edge> edges;
    for (Index t = 1; t < x.steps; ++t) edges.push_back({t - 1, t});
    std::vector<std::int32_t> columns(static_cast<std::size_t>(x.features));
    std::iota(columns.begin(), columns.end(), 0);
    SparseRows<S> rows(x.features);
    for (Index t = 0; t < x.steps; ++t) rows.add_row(columns, {x.at(t), columns.size()});
    model.forward(Graph(x.steps, edges), rows, y, cache, pass);
  }
  static void visit(auto&& f, auto&... paths) { GraphAttentionNetwork<S>::visit(f, paths.model...); }
};
}  // namespace detail

template <class S>
GraphAttentionNetwork<S>::GraphAttentionNetwork(Options o) try
    : options(check(o, architecture)),
      hidden({.in_features = o.features, .out_features = o.hidden, .heads = o.heads, .dropout = o.dropout}),
      output({.in_features = o.hidden * o.heads,
              .out_features = o.classes,
              .heads = o.output_heads,
              .mean = true,
              .dropout = o.dropout}),
      dropout({.rate = o.dropout}) {
  initialize(Key{o.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void GraphAttentionNetwork<S>::forward(const Graph& graph, const SparseRows<S>& x, Tile<S> logits, Cache& cache,
                                       const Pass& pass) const {
  check_graph(graph, x);
  const bool drops = DropoutMask::active(options.dropout, pass);
  const Tile<S> values = cache.values.take({1, drops ? x.size() : 0}, 1);
  if (drops) {
    DropoutMask(options.dropout, pass.at(0)).fill(values.data, x.size(), 1);
    multiply(Tile<const S>(x.values(), values.shape(), 1), values);
  }
  const Shape inner = hidden.output_shape({graph.nodes(), x.columns()});
  const Tile<S> before = cache.before.take(inner, 1), active = cache.active.take(inner, 1);
  const Tile<S> kept = cache.kept.take(inner, 1);
  hidden.forward(graph, x, drops ? values.data : x.values(), before, cache.hidden, pass.at(1));
  Elu<S>().forward(before, active, cache.elu, pass);
  dropout.forward(active, kept, cache.dropout, pass.at(2));
  if (!options.output_elu) return output.forward(graph, kept, logits, cache.output, pass.at(3));
  const Tile<S> last = cache.last.take(logits.shape(), 1);
  output.forward(graph, kept, last, cache.output, pass.at(3));
  Elu<S>().forward(last, logits, cache.elu, pass);
}

template <class S>
void GraphAttentionNetwork<S>::backward(const Graph& graph, const SparseRows<S>& x, Tile<const S> logits,
                                        Tile<const S> dlogits, Cache& cache, GraphAttentionNetwork& grad,
                                        const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> before = cache.before.view(), active = cache.active.view(), kept = cache.kept.view();
  const Tile<const S> values = cache.values.view();
  const Tile<S> d = pass.scratch.like(kept);
  Elu<S> elu;
  if (options.output_elu) {
    const Tile<S> dlast = pass.scratch.like(dlogits);
    elu.backward(cache.last.view(), logits, dlogits, into(dlast), cache.elu, elu, pass);
    dlogits = dlast;
  }
  output.backward(graph, kept, dlogits, into(d), cache.output, grad.output, pass.at(3));
  dropout.backward(active, kept, d, into(d), cache.dropout, grad.dropout, pass.at(2));
  elu.backward(before, active, d, into(d), cache.elu, elu, pass);
  hidden.backward(graph, x, values.size() > 0 ? values.data : x.values(), d, cache.hidden, grad.hidden, pass.at(1));
}

template <class S>
auto GraphAttentionNetwork<S>::options_from(std::span<const TensorShape> tensors) -> Options {
  Options o;
  for (const TensorShape& t : tensors) {
    if (t.extents.size() != 2) continue;
    if (t.name == "hidden.weight") o.features = t.extents[1];
    if (t.name == "hidden.source") o.heads = t.extents[0], o.hidden = t.extents[1];
    if (t.name == "output.source") o.output_heads = t.extents[0], o.classes = t.extents[1];
  }
  require(o.features > 0 && o.classes > 0, [] {
    return Fault{"the tensors do not determine a graph attention network",
                 "no metadata",
                 "hidden.weight, hidden.source and output.source",
                 {}};
  });
  return o;
}

template <class S>
void GraphAttentionNetwork<S>::check_graph(const Graph& graph, const SparseRows<S>& x) const {
  require(x.rows() == graph.nodes() && x.columns() == options.features, [&] {
    return Fault{"the features do not fit the graph or the model", "GraphAttentionNetwork",
                 to_text(Extents<2>{graph.nodes(), options.features}), to_text(Extents<2>{x.rows(), x.columns()})};
  });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::GraphAttentionNetwork)
