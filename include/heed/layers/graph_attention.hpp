#pragma once

/// @file
/// Graph attention: each node attends to its neighbours.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/graph.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/math.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/neighbour_softmax.hpp"

namespace heed::inline HEED_ABI {

/// Options of `GraphAttention`.
struct GraphAttentionOptions {
  Index in_features = 0, out_features = 0;  ///< of a head
  Index heads = 1;
  bool mean = false;
  bool bias = true;
  double dropout = 0;
  double negative_slope = 0.2;  ///< of the LeakyReLU
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Graph attention (Velickovic et al. 2018). Each head computes z = W x. Node i attends to the nodes j that it sees:
///
///     e_ij = LeakyReLU(s z_i + t z_j),   a_ij = softmax over j of e_ij,   y_i = sum over j of a_ij z_j + b
///
/// The heads' outputs are concatenated; with `mean`, y is their mean. In training the weights a_ij are dropped with
/// probability `dropout`. A node that sees no node gets the bias.
///
/// The nodes are the steps of a tile of one lane: maps (nodes, in_features) to (nodes, heads out_features); with
/// `mean`, to (nodes, out_features). The graph is an argument of each call. Features that are mostly zero may be given
/// as `SparseRows`; they get no gradient.
template <class S>
struct GraphAttention {
  using Scalar = S;
  using Options = GraphAttentionOptions;
  struct Cache {
    TileBuffer<S> z;                 // of all nodes
    TileBuffer<S> of_node, of_seen;  // s z_i and t z_j: (nodes, heads)
    TileBuffer<S> weights;           // a_ij: (edges, heads)
    TileBuffer<S> multipliers;       // of dropout: (edges, heads), or empty
  };

  Options options;
  Matrix<S> weight;          ///< heads out x in
  Matrix<S> source, target;  ///< s and t: heads x out
  Vector<S> bias;            ///< of the output; empty if switched off

  GraphAttention() = default;
  /// Throws if a size is not positive or if the dropout is not in [0, 1).
  explicit GraphAttention(Options o);

  /// Glorot uniform for each head, as in the paper; the bias is 0.
  void initialize(Key key);

  Index output_size() const { return options.mean ? options.out_features : options.heads * options.out_features; }
  Shape output_shape(Shape x) const;

  /// The attention weights of the last pass, before dropout: (edges of the graph, heads).
  static Tile<const S> weights(const Cache& cache) { return cache.weights.view(); }

  void forward(const Graph& graph, Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;
  /// `values` are the values of x, or others in their place (after dropout). They must stay until the backward pass.
  void forward(const Graph& graph, const SparseRows<S>& x, const S* values, Tile<S> y, Cache& cache,
               const Pass& pass) const;

  void backward(const Graph& graph, Tile<const S> x, Tile<const S> dy, Into<S> dx, Cache& cache, GraphAttention& grad,
                const Pass& pass) const;
  void backward(const Graph& graph, const SparseRows<S>& x, const S* values, Tile<const S> dy, Cache& cache,
                GraphAttention& grad, const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    f("weight", layers.weight...);
    f("source", layers.source...);
    f("target", layers.target...);
    f("bias", layers.bias...);
  }

 private:
  static void add_scaled(S factor, const S* x, Index count, S* to);
  static S dot(const S* a, const S* b, Index count);
  // the factor of a weight: its dropout multiplier and the head's share in the mean
  S share(const Cache& cache, Index edge, Index h) const;
  // s and t row by row
  Tile<S> by_head(const Matrix<S>& vectors, const Pass& pass) const;
  detail::NeighbourSoftmax<S> softmax(const Graph& graph) const {
    return {graph, static_cast<S>(options.negative_slope)};
  }

  void attend(const Graph& graph, Tile<S> y, Cache& cache, const Pass& pass) const;

  // adds to the gradients of source, target and bias; returns the gradient of z, in scratch memory
  Tile<const S> attend_backward(const Graph& graph, Tile<const S> dy, Cache& cache, GraphAttention& grad,
                                const Pass& pass) const;
};

template <class S>
GraphAttention<S>::GraphAttention(Options o) : options(o) {
  check_sizes({{"in_features", o.in_features}, {"out_features", o.out_features}, {"heads", o.heads}}, "GraphAttention");
  check_dropout_rate(o.dropout, "GraphAttention", "dropout");
  weight = Matrix<S>(element_count(Extents<2>{o.heads, o.out_features}), o.in_features);
  source = target = Matrix<S>(o.heads, o.out_features);
  if (o.bias) bias = Vector<S>(output_size());
  initialize({});
}

template <class S>
void GraphAttention<S>::initialize(Key key) {
  const auto bound = [](Index in, Index out) { return std::sqrt(6 / static_cast<double>(in + out)); };
  initialize_uniform(weight, key.child(0), bound(options.in_features, options.out_features));
  initialize_uniform(source, key.child(1), bound(options.out_features, 1));
  initialize_uniform(target, key.child(2), bound(options.out_features, 1));
  bias.fill(0);
}

template <class S>
Shape GraphAttention<S>::output_shape(Shape x) const {
  require(x.features == options.in_features, [&] {
    return Fault{"wrong number of features", "GraphAttention", std::to_string(options.in_features),
                 std::to_string(x.features)};
  });
  return {x.steps, output_size()};
}

template <class S>
void GraphAttention<S>::forward(const Graph& graph, Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  const Tile<S> z = cache.z.take({graph.nodes(), weight.rows()}, 1);
  affine<S>(x, weight, nullptr, z);
  attend(graph, y, cache, pass);
}

template <class S>
void GraphAttention<S>::forward(const Graph& graph, const SparseRows<S>& x, const S* values, Tile<S> y, Cache& cache,
                                const Pass& pass) const {
  const Tile<S> z = cache.z.take({graph.nodes(), weight.rows()}, 1);
  fill(z, S(0));
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index k = x.row(i).first; k < x.row(i).last; ++k)
      add_scaled(values[k], weight.column(x.column(k)), z.features, z.at(i));
  }
  attend(graph, y, cache, pass);
}

template <class S>
void GraphAttention<S>::backward(const Graph& graph, Tile<const S> x, Tile<const S> dy, Into<S> dx, Cache& cache,
                                 GraphAttention& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> dz = attend_backward(graph, dy, cache, grad, pass);
  weight_gradient<S>(x, dz, grad.weight, nullptr);
  input_gradient<S>(dz, weight, dx);
}

template <class S>
void GraphAttention<S>::backward(const Graph& graph, const SparseRows<S>& x, const S* values, Tile<const S> dy,
                                 Cache& cache, GraphAttention& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> dz = attend_backward(graph, dy, cache, grad, pass);
  if (!grad.weight.wanted()) return;
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index k = x.row(i).first; k < x.row(i).last; ++k) {
      add_scaled(values[k], dz.at(i), dz.features, grad.weight.column(x.column(k)));
    }
  }
}

template <class S>
void GraphAttention<S>::add_scaled(S factor, const S* x, Index count, S* to) {
  using namespace simd;
  for_each_packet<S>(count, [&]<class P>(Index i)
                                HEED_LAMBDA { store(to + i, fma(set1<P>(factor), load<P>(x + i), load<P>(to + i))); });
}

template <class S>
S GraphAttention<S>::dot(const S* a, const S* b, Index count) {
  using namespace simd;
  S total = 0;
  for_each_packet<S>(count, [&]<class P>(Index i) HEED_LAMBDA { total += sum(mul(load<P>(a + i), load<P>(b + i))); });
  return total;
}

template <class S>
S GraphAttention<S>::share(const Cache& cache, Index edge, Index h) const {
  const Tile<const S> m = cache.multipliers.view();
  const S part = options.mean ? S(1) / static_cast<S>(options.heads) : S(1);
  return m.size() > 0 ? part * *m.at(edge, h) : part;
}

template <class S>
Tile<S> GraphAttention<S>::by_head(const Matrix<S>& vectors, const Pass& pass) const {
  const Tile<S> rows = pass.scratch.template tile<S>({vectors.rows(), vectors.cols()}, 1);
  for (Index h = 0; h < rows.steps; ++h) {
    for (Index f = 0; f < rows.features; ++f) *rows.at(h, f) = vectors(h, f);
  }
  return rows;
}

template <class S>
void GraphAttention<S>::attend(const Graph& graph, Tile<S> y, Cache& cache, const Pass& pass) const {
  using namespace simd;
  const Scratch::Mark mark(pass.scratch);
  const Index H = options.heads, F = options.out_features, N = graph.nodes();
  const Tile<const S> z = cache.z.view(), s = by_head(source, pass), t = by_head(target, pass);
  const Tile<S> of_node = cache.of_node.take({N, H}, 1), of_seen = cache.of_seen.take({N, H}, 1);
  for (Index i = 0; i < N; ++i) {
    for (Index h = 0; h < H; ++h) {
      *of_node.at(i, h) = dot(z.at(i, h * F), s.at(h), F);
      *of_seen.at(i, h) = dot(z.at(i, h * F), t.at(h), F);
    }
  }
  const Tile<S> a = cache.weights.take({graph.edges(), H}, 1);
  for (Index i = 0; i < N; ++i) softmax(graph).forward(i, of_node, of_seen, a);
  const bool drops = DropoutMask::active(options.dropout, pass);
  const Tile<S> m = cache.multipliers.take(drops ? a.shape() : Shape{}, 1);
  if (drops) DropoutMask(options.dropout, pass).fill(m.data, m.size(), 1);
  for (Index i = 0; i < N; ++i) {
    if (bias.empty()) {
      fill(y.step(i), S(0));
    } else {
      std::copy_n(bias.data(), y.features, y.at(i));
    }
    Index edge = graph.first(i);
    for (const std::int32_t j : graph.neighbours(i)) {
      for (Index h = 0; h < H; ++h) {
        add_scaled(*a.at(edge, h) * share(cache, edge, h), z.at(j, h * F), F, y.at(i, options.mean ? 0 : h * F));
      }
      ++edge;
    }
  }
}

template <class S>
Tile<const S> GraphAttention<S>::attend_backward(const Graph& graph, Tile<const S> dy, Cache& cache,
                                                 GraphAttention& grad, const Pass& pass) const {
  using namespace simd;
  const Index H = options.heads, F = options.out_features, N = graph.nodes();
  const Tile<const S> z = cache.z.view(), a = cache.weights.view();
  const Tile<S> dz = pass.scratch.like(z), da = pass.scratch.like(a);
  const Tile<S> d_node = pass.scratch.like(cache.of_node.view()), d_seen = pass.scratch.like(cache.of_seen.view());
  fill(dz, S(0));
  fill(d_seen, S(0));
  for (Index i = 0; i < N; ++i) {
    Index edge = graph.first(i);
    for (const std::int32_t j : graph.neighbours(i)) {
      for (Index h = 0; h < H; ++h) {
        const S* d = dy.at(i, options.mean ? 0 : h * F);
        const S part = share(cache, edge, h);
        *da.at(edge, h) = part * dot(d, z.at(j, h * F), F);
        add_scaled(*a.at(edge, h) * part, d, F, dz.at(j, h * F));
      }
      ++edge;
    }
    softmax(graph).backward(i, cache.of_node.view(), cache.of_seen.view(), a, da, d_node, d_seen);
    if (!grad.bias.empty()) add(dy.step(i), Tile<S>(grad.bias.data(), {1, dy.features}, 1));
  }
  const Tile<const S> s = by_head(source, pass), t = by_head(target, pass);
  const Tile<S> ds = pass.scratch.like(s), dt = pass.scratch.like(t);
  fill(ds, S(0));
  fill(dt, S(0));
  for (Index i = 0; i < N; ++i) {
    for (Index h = 0; h < H; ++h) {
      add_scaled(*d_node.at(i, h), z.at(i, h * F), F, ds.at(h));
      add_scaled(*d_seen.at(i, h), z.at(i, h * F), F, dt.at(h));
      add_scaled(*d_node.at(i, h), s.at(h), F, dz.at(i, h * F));
      add_scaled(*d_seen.at(i, h), t.at(h), F, dz.at(i, h * F));
    }
  }
  for (Index h = 0; h < H; ++h) {
    for (Index f = 0; f < F; ++f) {
      grad.source(h, f) += *ds.at(h, f);
      grad.target(h, f) += *dt.at(h, f);
    }
  }
  return dz;
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::GraphAttention)
