#pragma once

/// @file
/// An attention whose score is chosen at run time.

#include <array>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

enum class ScoreKind { additive, dot, scaled_dot, general };
constexpr std::array<std::string_view, 4> names_of(ScoreKind) { return {"additive", "dot", "scaled_dot", "general"}; }

/// Options of `AnyAttention`.
struct AnyAttentionOptions {
  Index query_size = 0, memory_size = 0;
  Index attention_size = 0;  ///< of the additive score and of the projections; 0: the query's size
  ScoreKind score = ScoreKind::additive;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Attention with a score that an option chooses, for decoders that query a memory step by step: `AdditiveAttention`,
/// `GeneralAttention`, or `DotAttention`, scaled or not. If query and memory have the same size, the dot product takes
/// them as they are. Otherwise both are projected to `attention_size`, and so are the values. The parameters have the
/// names of the chosen attention.
template <class S>
struct AnyAttention {
  using Scalar = S;
  using Input = S;
  using Options = AnyAttentionOptions;
  struct Cache {
    typename AdditiveAttention<S>::Cache additive;
    typename DotAttention<S>::Cache dot;
  };

  ScoreKind score = ScoreKind::additive;
  AdditiveAttention<S> additive;  ///< only one of the two is in use
  DotAttention<S> dot;            ///< also the general score: the dot product of a projected query and the memory

  AnyAttention() = default;
  /// Throws if a size is not positive.
  explicit AnyAttention(const Options& o);

  void initialize(Key key);

  /// The features of the output: those of the memory, or of the projected values.
  Index value_size() const {
    return with([](const auto& a) { return a.value_size(); });
  }
  Shape output_shape(Shape q, Shape memory) const;
  /// As `AttentionBy::weights`.
  Tile<const S> weights(const Cache& cache) const {
    return score == ScoreKind::additive ? additive.weights(cache.additive) : dot.weights(cache.dot);
  }

  // ---- one query at a time: as in `AttentionBy`

  void prepare(Index queries, Tile<const S> memory, Cache& cache) const;
  void step(Index t, Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const;
  void prepare_backward(Cache& cache) const;
  void step_backward(Index t, Tile<const S> q, Tile<const S> memory, Tile<const S> dy, Into<S> dquery, Into<S> dmemory,
                     Cache& cache, AnyAttention& grad, const Pass& pass) const;
  void finish_backward(Tile<const S> queries, Tile<const S> memory, Into<S> dmemory, Cache& cache,
                       AnyAttention& grad) const;

  // ---- all queries

  void forward(Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward(Tile<const S> q, Tile<const S> memory, Tile<const S> y, Tile<const S> dy, Into<S> dquery,
                Into<S> dmemory, Cache& cache, AnyAttention& grad, const Pass& pass) const;

  static void visit(auto&& f, auto& first, auto&... rest) {
    f("attn", first.additive.attn, rest.additive.attn...);
    f("v", first.additive.v, rest.additive.v...);
    f(first.score == ScoreKind::general ? "attn" : "query", first.dot.query, rest.dot.query...);
    f("key", first.dot.key, rest.dot.key...);
    f("value", first.dot.value, rest.dot.value...);
  }

 private:
  template <class F>
  auto with(F&& f) const {
    return score == ScoreKind::additive ? f(additive) : f(dot);
  }
  // the part of a cache or gradient that belongs to the attention in use
  template <class Parts>
  static auto& of(const AdditiveAttention<S>&, Parts& parts) {
    return parts.additive;
  }
  template <class Parts>
  static auto& of(const DotAttention<S>&, Parts& parts) {
    return parts.dot;
  }
};

template <class S>
AnyAttention<S>::AnyAttention(const Options& o) : score(o.score) {
  check_choice(score, "score", "AnyAttention");
  check_sizes({{"query_size", o.query_size}, {"memory_size", o.memory_size}}, "AnyAttention");
  const Index size = o.attention_size ? o.attention_size : o.query_size, memory = o.memory_size;
  check_sizes({{"attention_size", size}}, "AnyAttention");
  if (score == ScoreKind::additive) {
    additive = AdditiveAttention<S>({o.query_size, memory, size});
  } else if (score == ScoreKind::general) {
    dot = DotAttention<S>({.query_size = memory, .memory_size = memory, .project = false});
    dot.query = Dense<S>({.in_features = o.query_size, .out_features = memory, .bias = false});
  } else {
    dot = DotAttention<S>({.query_size = o.query_size,
                           .memory_size = memory,
                           .output_size = size,
                           .scaled = score == ScoreKind::scaled_dot,
                           .project = o.query_size != memory});
  }
  initialize({});
}

template <class S>
void AnyAttention<S>::initialize(Key key) {
  if (score == ScoreKind::additive) return additive.initialize(key);
  for (Dense<S>* part : {&dot.query, &dot.key, &dot.value}) {
    if (!part->weight.empty()) part->initialize(key = key.child(0));
  }
}

template <class S>
Shape AnyAttention<S>::output_shape(Shape q, Shape memory) const {
  return with([&](const auto& a) { return a.output_shape(q, memory); });
}

template <class S>
void AnyAttention<S>::prepare(Index queries, Tile<const S> memory, Cache& cache) const {
  if (score != ScoreKind::additive) dot.keep_weights(cache.dot);
  with([&](const auto& a) { a.prepare(queries, memory, of(a, cache)); });
}

template <class S>
void AnyAttention<S>::step(Index t, Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache,
                           const Pass& pass) const {
  with([&](const auto& a) { a.step(t, q, memory, y, of(a, cache), pass); });
}

template <class S>
void AnyAttention<S>::prepare_backward(Cache& cache) const {
  with([&](const auto& a) { a.prepare_backward(of(a, cache)); });
}

template <class S>
void AnyAttention<S>::step_backward(Index t, Tile<const S> q, Tile<const S> memory, Tile<const S> dy, Into<S> dquery,
                                    Into<S> dmemory, Cache& cache, AnyAttention& grad, const Pass& pass) const {
  with([&](const auto& a) { a.step_backward(t, q, memory, dy, dquery, dmemory, of(a, cache), of(a, grad), pass); });
}

template <class S>
void AnyAttention<S>::finish_backward(Tile<const S> queries, Tile<const S> memory, Into<S> dmemory, Cache& cache,
                                      AnyAttention& grad) const {
  with([&](const auto& a) { a.finish_backward(queries, memory, dmemory, of(a, cache), of(a, grad)); });
}

template <class S>
void AnyAttention<S>::forward(Tile<const S> q, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const {
  prepare(q.steps, memory, cache);
  step(0, q, memory, y, cache, pass);
}

template <class S>
void AnyAttention<S>::backward(Tile<const S> q, Tile<const S> memory, Tile<const S> y, Tile<const S> dy, Into<S> dquery,
                               Into<S> dmemory, Cache& cache, AnyAttention& grad, const Pass& pass) const {
  with([&](const auto& a) { a.backward(q, memory, y, dy, dquery, dmemory, of(a, cache), of(a, grad), pass); });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::AnyAttention)
