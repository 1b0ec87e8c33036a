#pragma once

/// @file
/// Attention with a bilinear score.

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/attention_by.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `GeneralAttention`.
struct GeneralScoreOptions {
  Index query_size = 0, memory_size = 0;
  bool causal = false;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "query_size"}, o.query_size...);
    f({.name = "memory_size"}, o.memory_size...);
    f({.name = "causal", .optional = true}, o.causal...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// score(q, k) = (W q) . k: the dot product of a projected query and the memory itself.
template <class S>
struct GeneralScore : DotScore<S> {
  static constexpr const char* name = "GeneralAttention";
  using Options = GeneralScoreOptions;

  GeneralScore() = default;
  explicit GeneralScore(Options o) {
    check_sizes({{"query_size", o.query_size}, {"memory_size", o.memory_size}}, name);
    this->memory_size_ = o.memory_size;
    this->query = Dense<S>({.in_features = o.query_size, .out_features = o.memory_size, .bias = false});
  }
  /// The options that make a score of this size.
  Options options() const { return {this->query_size(), this->memory_size_}; }
  void initialize(Key k) { this->query.initialize(k); }

  static void visit(auto&& f, auto&... layers) { f("attn", layers.query...); }
};

/// Attention with the general score of Luong, Pham and Manning 2015. The values are the memory itself:
///
///     score(q, k) = q' W' k,  a = softmax over valid k,  y_q = sum_k a_qk memory_k
///
/// The parameter is a `Linear` without a bias, called attn, from the query's size to the memory's.
template <class S>
using GeneralAttention = AttentionBy<GeneralScore<S>>;

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::GeneralScore)
HEED_COMPILED_TYPE_OF(struct heed::AttentionBy, heed::GeneralScore)
