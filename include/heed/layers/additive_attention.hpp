#pragma once

/// @file
/// Additive attention.

#include <array>
#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/math.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/attention_by.hpp"
#include "heed/layers/dense.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `AdditiveAttention`.
struct AdditiveScoreOptions {
  Index query_size = 0, memory_size = 0;
  Index attention_size = 0;  ///< rows of W; 0: the memory's size
  bool causal = false;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "query_size"}, o.query_size...);
    f({.name = "memory_size"}, o.memory_size...);
    f({.name = "attention_size", .range = Range::from(0), .optional = true}, o.attention_size...);
    f({.name = "causal", .optional = true}, o.causal...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// score(q, k) = v . tanh(W [q; k] + b)
template <class S>
struct AdditiveScore {
  using Scalar = S;
  static constexpr const char* name = "AdditiveAttention";
  // the tanh of every pair is so much larger that keeping the weights costs nothing
  static constexpr bool needs_weights = true;
  using Options = AdditiveScoreOptions;

  Dense<S> attn;  ///< [query; key] to attention_size
  Vector<S> v;

  /// All queries share the keys W_k memory + b.
  struct Cache {
    TileBuffer<S> keys;     // (T_k, A); of one chunk only, where the memory comes in chunks
    TileBuffer<S> queries;  // (T_q, A)
    TileBuffer<S> tanh;     // (T_q T_k, A)
    TileBuffer<S> dkeys;    // gradient of the keys, summed over queries
  };

  AdditiveScore() = default;
  explicit AdditiveScore(Options o);

  /// Initialises `attn` as a Linear, and v from U(0, 1).
  void initialize(Key key);

  /// The options that make a score of this size.
  Options options() const { return {query_size(), memory_size(), score_size()}; }
  Index query_size() const { return query_size_; }
  Index memory_size() const { return attn.in_features() - query_size_; }
  Index score_size() const { return attn.out_features(); }
  Index value_size() const { return memory_size(); }
  static S scale() { return 1; }

  void prepare(Index queries, Tile<const S> memory, Cache& cache, Index known = 0) const;
  void prepare_chunks(Index steps, Index lanes, Cache& cache) const {
    cache.tanh.take({steps, score_size()}, lanes);
    cache.queries.take({1, score_size()}, lanes);
  }
  void prepare_chunk(Tile<const S> memory, Index, Cache& cache, kernels::Ahead* ahead) const {
    const Tile<S> keys = cache.keys.take({memory.steps, score_size()}, memory.lanes);
    affine<S>(memory, key_weight(), values_or_null(attn.bias), keys, ahead);
  }
  /// W_q q, for queries from index `first` on.
  Tile<const S> project(Index first, Tile<const S> query, Cache& cache) const;
  Tile<const S> projected(Index first, Tile<const S> query, Cache& cache) const {
    return cache.queries.view().range(first, query.steps);
  }

  /// The multiply-adds of a query with a step of the memory, and what a backward pass reads of all steps.
  Index products() const { return score_size() * (memory_size() + 1) + memory_size(); }
  static std::array<Tile<const S>, 2> kept(const Cache& cache) { return {cache.tanh.view()}; }

  static bool values_are_memory() { return true; }
  static kernels::LaneMatrix<const S> values(Tile<const S> memory, const Cache&, Index = 0) {
    return kernels::matrix_of(memory);
  }
  static kernels::LaneSink<S> dvalues(Into<S> dmemory, Cache&) {
    return {kernels::matrix_of(dmemory.tile), dmemory.add};
  }

  struct Scores {
    const AdditiveScore& layer;
    const kernels::Head<S>& head;
    Tile<const S> q, keys;
    Tile<S> tanh;

    // the tanh of query i with each key that it may see; the query has numbers of its own
    Tile<S> hidden(Index i) const { return tanh.range((head.first_query + i) * head.keys, head.reach(i)); }

    void operator()(Index first, Index count, S* a) const {
      using namespace simd;
      for (Index i = first; i < first + count; ++i, a += head.keys * head.lanes) {
        const Tile<S> h = hidden(i);
        for (Index k = 0; k < h.steps; ++k) {
          for_each_packet<S>(h.features * h.lanes, [&]<class P>(Index n) HEED_LAMBDA {
            store(h.at(k) + n, simd::tanh(add(load<P>(keys.at(k) + n), load<P>(q.at(i) + n))));
          });
        }
        affine<S>(h, layer.score_weight(), nullptr, Tile<S>(a, {h.steps, 1}, h.lanes));
      }
    }
  };
  Scores scores(const kernels::Head<S>& head, Tile<const S> q, Tile<const S>, Cache& cache, Index first = 0) const {
    const Tile<S> tanh = cache.tanh.tile();
    return {*this, head, q, cache.keys.view(), tanh.range(first, tanh.steps - first)};
  }

  void prepare_backward(Cache& cache, Index steps) const {
    const Tile<const S> tanh = cache.tanh.view();
    fill(cache.dkeys.take({steps, tanh.features}, tanh.lanes), S(0));
  }
  /// d(W [q; k] + b) = ds v (1 - tanh^2). It goes to each key and, summed over the keys, to the query.
  void scores_backward(const Scores& score, Index first, Index count, const S* ds, Tile<S> dq, Into<S>, Cache& cache,
                       AdditiveScore& grad, const Pass&) const;
  void project_backward(Tile<const S> dq, Into<S> dquery) const { input_gradient<S>(dq, query_weight(), dquery); }
  void accumulate(Tile<const S> query, Tile<const S> dq, AdditiveScore& grad) const {
    weight_gradient<S>(query, dq, Weight<S>(grad.attn.weight).inputs(0, query_size_), nullptr);
  }
  /// The gradients of the keys' weight, bias and input.
  void finish_backward(Tile<const S> memory, Into<S> dmemory, Cache& cache, AdditiveScore& grad,
                       kernels::Ahead* ahead = nullptr) const;

  static void visit(auto&& f, auto&... layers) {
    f("attn", layers.attn...);
    f("v", layers.v...);
  }

 private:
  Weight<const S> query_weight() const { return Weight<const S>(attn.weight).inputs(0, query_size_); }
  Weight<const S> key_weight() const { return Weight<const S>(attn.weight).inputs(query_size_, memory_size()); }
  Weight<const S> score_weight() const { return {v.data(), 1, v.size(), 1}; }

  Index query_size_ = 0;  // the column at which W splits
};

template <class S>
AdditiveScore<S>::AdditiveScore(Options o) : query_size_(o.query_size) {
  const Index size = o.attention_size ? o.attention_size : o.memory_size;
  check_sizes({{"query_size", o.query_size}, {"memory_size", o.memory_size}, {"attention_size", size}}, name);
  attn = Dense<S>({.in_features = o.query_size + o.memory_size, .out_features = size});
  v = Vector<S>(size);
  initialize({});
}

template <class S>
void AdditiveScore<S>::initialize(Key key) {
  attn.initialize(key.child(0));
  initialize_uniform(v, key.child(1), 0.5);
  for (S& x : v) x += S(0.5);
}

template <class S>
void AdditiveScore<S>::prepare(Index queries, Tile<const S> memory, Cache& cache, Index known) const {
  const Index A = score_size();
  const Tile<S> keys = cache.keys.take({memory.steps, A}, memory.lanes);
  const Index count = memory.steps - known;
  affine<S>(memory.range(known, count), key_weight(), values_or_null(attn.bias), keys.range(known, count));
  cache.tanh.take({queries * memory.steps, A}, memory.lanes);
  cache.queries.take({queries, A}, memory.lanes);
}

template <class S>
Tile<const S> AdditiveScore<S>::project(Index first, Tile<const S> query, Cache& cache) const {
  const Tile<S> q = cache.queries.tile().range(first, query.steps);
  affine<S>(query, query_weight(), nullptr, q);
  return q;
}

template <class S>
void AdditiveScore<S>::scores_backward(const Scores& score, Index first, Index count, const S* ds, Tile<S> dq, Into<S>,
                                       Cache& cache, AdditiveScore& grad, const Pass&) const {
  using namespace simd;
  const Index A = score_size(), L = dq.lanes;
  for (Index i = first; i < first + count; ++i, ds += score.head.keys * L) {
    const Tile<const S> h = score.hidden(i);
    weight_gradient<S>(h, Tile<const S>(ds, {h.steps, 1}, L), Weight<S>(grad.v.data(), 1, A, 1), nullptr);
    S* to_query = dq.at(i);
    std::fill_n(to_query, A * L, S(0));
    for (Index k = 0; k < h.steps; ++k) {
      const S *tanh = h.at(k), *d = ds + k * L;
      S* to_key = cache.dkeys.tile().at(k);
      for_each_place<S>(A, L, [&]<class P>(const auto& place) HEED_LAMBDA {
        const P t = load<P>(tanh + place.number), one = set1<P>(1);
        const P dv = mul(place.template of_lane<P>(d), place.template of_feature<P>(v.data()));
        const P dz = mul(dv, sub(one, mul(t, t)));
        simd::accumulate(to_key + place.number, dz);
        simd::accumulate(to_query + place.number, dz);
      });
    }
  }
}

template <class S>
void AdditiveScore<S>::finish_backward(Tile<const S> memory, Into<S> dmemory, Cache& cache, AdditiveScore& grad,
                                       kernels::Ahead* ahead) const {
  const Weight<S> dkey_weight = Weight<S>(grad.attn.weight).inputs(query_size_, memory_size());
  weight_gradient<S>(memory, cache.dkeys.view(), dkey_weight, values_or_null(grad.attn.bias), ahead);
  input_gradient<S>(cache.dkeys.view(), key_weight(), dmemory, ahead);
}

/// Attention with an additive score (Bahdanau, Cho and Bengio 2014). The values are the memory itself:
///
///     score(q, k) = v . tanh(W [q; k] + b),  a = softmax over valid k,  y_q = sum_k a_qk memory_k
///
/// The parameters are a `Linear` called attn and a vector v.
template <class S>
using AdditiveAttention = AttentionBy<AdditiveScore<S>>;

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::AdditiveScore)
HEED_COMPILED_TYPE_OF(struct heed::AttentionBy, heed::AdditiveScore)
