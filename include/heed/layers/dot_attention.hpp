#pragma once

/// @file
/// Single-head attention with dot products.

#include <array>
#include <cmath>
#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/attention_by.hpp"
#include "heed/layers/dense.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `DotAttention`.
struct DotScoreOptions {
  Index query_size = 0, memory_size = 0;
  Index output_size = 0;  ///< of the projections
  bool scaled = false;
  bool project = true;
  bool causal = false;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "query_size"}, o.query_size...);
    f({.name = "memory_size"}, o.memory_size...);
    f({.name = "output_size", .range = Range::from(0), .optional = true}, o.output_size...);
    f({.name = "scaled", .optional = true}, o.scaled...);
    f({.name = "project", .optional = true}, o.project...);
    f({.name = "causal", .optional = true}, o.causal...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// score(q, k) = (W_q q + b_q) . (W_k k + b_k), with value W_v k + b_v. Without projections: q . k, with value k; q and
/// k have the same size. Or only the query is projected. `scaled`: the score is divided by the square root of the
/// vectors' size.
template <class S>
struct DotScore {
  using Scalar = S;
  static constexpr const char* name = "DotAttention";
  static constexpr bool needs_weights = false;
  using Options = DotScoreOptions;
  struct Cache {
    TileBuffer<S> q, k, v;
    TileBuffer<S> dk, dv;  // summed over queries
    bool begun = false;    // whether they hold anything yet
  };

  Dense<S> query, key, value;  ///< empty if there is no projection
  bool scaled = false;

  DotScore() = default;
  explicit DotScore(Options o, const char* where = name);

  void initialize(Key k);

  /// The options that make a score of this size.
  Options options() const { return {query_size(), memory_size_, query.out_features(), scaled, !values_are_memory()}; }
  Index query_size() const { return query.weight.empty() ? memory_size_ : query.in_features(); }
  Index memory_size() const { return memory_size_; }
  Index score_size() const { return query.weight.empty() ? memory_size_ : query.out_features(); }
  Index value_size() const { return values_are_memory() ? memory_size_ : value.out_features(); }
  S scale() const { return scaled ? 1 / std::sqrt(static_cast<S>(score_size())) : S(1); }

  void prepare(Index queries, Tile<const S> memory, Cache& cache, Index known = 0) const;
  void prepare_chunks(Index steps, Index lanes, Cache& cache) const;
  void prepare_chunk(Tile<const S> memory, Index first, Cache& cache, kernels::Ahead* ahead) const;
  /// Queries from index `first` on.
  Tile<const S> project(Index first, Tile<const S> x, Cache& cache) const;
  Tile<const S> projected(Index first, Tile<const S> x, Cache& cache) const {
    return query.weight.empty() ? x : cache.q.view().range(first, x.steps);
  }

  /// The multiply-adds of a query with a step of the memory, and what a backward pass reads of all steps.
  Index products() const {
    return score_size() + value_size() + (values_are_memory() ? 0 : (score_size() + value_size()) * memory_size());
  }
  static std::array<Tile<const S>, 2> kept(const Cache& cache) { return {cache.k.view(), cache.v.view()}; }

  bool values_are_memory() const { return value.weight.empty(); }
  kernels::LaneMatrix<const S> values(Tile<const S> memory, const Cache& cache, Index first = 0) const {
    return values_are_memory() ? kernels::matrix_of(memory) : projected_from(cache.v, first);
  }
  kernels::LaneSink<S> dvalues(Into<S> dmemory, Cache& cache) const {
    if (values_are_memory()) return {kernels::matrix_of(dmemory.tile), dmemory.add};
    return {kernels::matrix_of(cache.dv.tile()), cache.begun};
  }
  kernels::DotScores<S> scores(const kernels::Head<S>& head, Tile<const S> q, Tile<const S> memory, Cache& cache,
                               Index first = 0) const {
    return {head, kernels::matrix_of(q),
            values_are_memory() ? kernels::matrix_of(memory) : projected_from(cache.k, first)};
  }

  void prepare_backward(Cache& cache, Index steps) const;
  void scores_backward(const kernels::DotScores<S>& score, Index first, Index count, const S* ds, Tile<S> dq,
                       Into<S> dmemory, Cache& cache, DotScore&, const Pass&) const;
  void project_backward(Tile<const S> dq, Into<S> dx) const;
  void accumulate(Tile<const S> x, Tile<const S> dq, DotScore& grad) const {
    if (!query.weight.empty()) weight_gradient<S>(x, dq, grad.query.weight, values_or_null(grad.query.bias));
  }
  /// The gradients of weights, biases and input of projected keys and values.
  void finish_backward(Tile<const S> memory, Into<S> dmemory, Cache& cache, DotScore& grad,
                       kernels::Ahead* ahead = nullptr) const;

  static void visit(auto&& f, auto&... layers) {
    f("query", layers.query...);
    f("key", layers.key...);
    f("value", layers.value...);
  }

 protected:
  Index memory_size_ = 0;

 private:
  // keys or values from a step on
  static kernels::LaneMatrix<const S> projected_from(const TileBuffer<S>& all, Index first) {
    const Tile<const S> tile = all.view();
    return kernels::rows_from(kernels::matrix_of(tile), first, tile.lanes);
  }
};

template <class S>
DotScore<S>::DotScore(Options o, const char* where) : scaled(o.scaled), memory_size_(o.memory_size) {
  if (o.project) {
    check_sizes({{"query_size", o.query_size}, {"memory_size", o.memory_size}, {"output_size", o.output_size}}, where);
    query = Dense<S>({o.query_size, o.output_size});
    key = Dense<S>({o.memory_size, o.output_size});
    value = Dense<S>({o.memory_size, o.output_size});
    initialize({});
  } else {
    require(o.query_size > 0 && o.query_size == o.memory_size, [&] {
      return Fault{"without projections query and memory have the same positive size",
                   where,
                   {},
                   to_text(Extents<2>{o.query_size, o.memory_size})};
    });
  }
}

template <class S>
void DotScore<S>::initialize(Key k) {
  query.initialize(k.child(0));
  key.initialize(k.child(1));
  value.initialize(k.child(2));
}

template <class S>
void DotScore<S>::prepare(Index queries, Tile<const S> memory, Cache& cache, Index known) const {
  if (!query.weight.empty()) cache.q.take({queries, score_size()}, memory.lanes);
  if (values_are_memory()) return;
  cache.k.take({memory.steps, score_size()}, memory.lanes);
  cache.v.take({memory.steps, value_size()}, memory.lanes);
  prepare_chunk(memory.range(known, memory.steps - known), known, cache, nullptr);
}

template <class S>
void DotScore<S>::prepare_chunks(Index steps, Index lanes, Cache& cache) const {
  if (!query.weight.empty()) cache.q.take({1, score_size()}, lanes);
  if (values_are_memory()) return;
  cache.k.take({steps, score_size()}, lanes);
  cache.v.take({steps, value_size()}, lanes);
}

template <class S>
void DotScore<S>::prepare_chunk(Tile<const S> memory, Index first, Cache& cache, kernels::Ahead* ahead) const {
  if (values_are_memory()) return;
  affine<S>(memory, key.weight, key.bias.data(), cache.k.tile().range(first, memory.steps), ahead);
  affine<S>(memory, value.weight, value.bias.data(), cache.v.tile().range(first, memory.steps), ahead);
}

template <class S>
Tile<const S> DotScore<S>::project(Index first, Tile<const S> x, Cache& cache) const {
  if (query.weight.empty()) return x;
  const Tile<S> q = cache.q.tile().range(first, x.steps);
  affine<S>(x, query.weight, values_or_null(query.bias), q);
  return q;
}

template <class S>
void DotScore<S>::prepare_backward(Cache& cache, Index steps) const {
  if (values_are_memory()) return;
  const Index lanes = cache.k.view().lanes;
  cache.dk.take({steps, score_size()}, lanes);
  cache.dv.take({steps, value_size()}, lanes);
  cache.begun = false;
}

template <class S>
void DotScore<S>::scores_backward(const kernels::DotScores<S>& score, Index first, Index count, const S* ds, Tile<S> dq,
                                  Into<S> dmemory, Cache& cache, DotScore&, const Pass&) const {
  kernels::LaneSink<S> dk{kernels::matrix_of(dmemory.tile), true};  // the values have already written here
  if (!values_are_memory()) dk = {kernels::matrix_of(cache.dk.tile()), cache.begun};
  score.backward(first, count, ds, kernels::matrix_of(dq), dk);
  cache.begun = true;
}

template <class S>
void DotScore<S>::project_backward(Tile<const S> dq, Into<S> dx) const {
  if (query.weight.empty()) {
    return transform_gradient<S>(dq, dq, dx, []<class P>(const P&, const P& d) HEED_LAMBDA { return d; });
  }
  input_gradient<S>(dq, query.weight, dx);
}

template <class S>
void DotScore<S>::finish_backward(Tile<const S> memory, Into<S> dmemory, Cache& cache, DotScore& grad,
                                  kernels::Ahead* ahead) const {
  if (values_are_memory()) return;
  const Tile<S> dk = cache.dk.tile(), dv = cache.dv.tile();
  if (!cache.begun) fill(dk, S(0));
  if (!cache.begun) fill(dv, S(0));
  weight_gradient<S>(memory, dk, grad.key.weight, grad.key.bias.data(), ahead);
  weight_gradient<S>(memory, dv, grad.value.weight, grad.value.bias.data(), ahead);
  input_gradient<S>(dk, key.weight, dmemory, ahead);
  dmemory.add = true;
  input_gradient<S>(dv, value.weight, dmemory, ahead);
}

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Options of `ScaledDotAttention`.
struct ScaledDotScoreOptions {
  Index query_size = 0, memory_size = 0, output_size = 0;
  bool project = true;
  bool causal = false;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// `DotScore` with `scaled` set by its type.
template <class S>
struct ScaledDotScore : DotScore<S> {
  static constexpr const char* name = "ScaledDotAttention";
  using Options = ScaledDotScoreOptions;
  ScaledDotScore() = default;
  explicit ScaledDotScore(Options o)
      : DotScore<S>({o.query_size, o.memory_size, o.output_size, true, o.project, o.causal}, name) {}
  Options options() const {
    const DotScoreOptions o = DotScore<S>::options();
    return {o.query_size, o.memory_size, o.output_size, o.project};
  }
};

/// Attention with a dot product of learnt projections (Luong, Pham and Manning 2015; scaled: Vaswani et al. 2017):
///
///     Q = W_q query + b_q,  K = W_k memory + b_k,  V = W_v memory + b_v
///     a = softmax over valid keys of Q K' (scaled: Q K' / sqrt(output_size)),  y = a V
///
/// With `project` off, query and memory are used directly: a = softmax of query memory', y = a memory. The parameters
/// are three `Linear`s called query, key and value.
template <class S>
using DotAttention = AttentionBy<DotScore<S>>;
/// `DotAttention` with `scaled`.
template <class S>
using ScaledDotAttention = AttentionBy<ScaledDotScore<S>>;

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::DotScore)
HEED_COMPILED_TYPE_OF(struct heed::AttentionBy, heed::DotScore)
HEED_COMPILED_TYPE(struct heed::ScaledDotScore)
HEED_COMPILED_TYPE_OF(struct heed::AttentionBy, heed::ScaledDotScore)
