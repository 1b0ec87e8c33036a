#pragma once

/// @file
/// Multi-head attention.

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "heed/core/attention_mask.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/attention.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/detail/attention_heads.hpp"
#include "heed/layers/detail/attention_weights.hpp"
#include "heed/layers/detail/head_temperature.hpp"
#include "heed/layers/detail/multi_head_options.hpp"
#include "heed/layers/detail/step_chunks.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `MultiHeadAttention`.
struct MultiHeadAttentionOptions {
  Index embed_dim = 0, num_heads = 1;
  Index kdim = 0, vdim = 0;  ///< features of keys and values; 0: embed_dim
  double dropout = 0;        ///< of the weights, in training
  bool causal = false;
  Index relative_positions = 0;  ///< k, the largest distance with its own representation; 0: none
  bool locality = false;
  RelativeBias relative_bias = RelativeBias::none;
  Index bias_distance = 0;  ///< of `erpe`: the largest offset with its own scalar

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "embed_dim"}, o.embed_dim...);
    f({.name = "num_heads", .optional = true}, o.num_heads...);
    f({.name = "kdim", .range = Range::from(0), .optional = true}, o.kdim...);
    f({.name = "vdim", .range = Range::from(0), .optional = true}, o.vdim...);
    f({.name = "dropout", .range = Range::share(), .optional = true}, o.dropout...);
    f({.name = "causal", .optional = true}, o.causal...);
    f({.name = "relative_positions", .range = Range::from(0), .optional = true}, o.relative_positions...);
    f({.name = "locality", .optional = true}, o.locality...);
    f({.name = "relative_bias", .optional = true}, o.relative_bias...);
    f({.name = "bias_distance", .range = Range::from(0), .optional = true}, o.bias_distance...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Scaled dot-product attention with `num_heads` heads, each on a slice of the features (Vaswani et al. 2017;
/// torch.nn.MultiheadAttention, with its packed weights and initialisation):
///
///     Q = W_q query + b_q,  K = W_k key + b_k,  V = W_v value + b_v
///     a_h = softmax over visible keys of Q_h K_h' / sqrt(E / heads),  y = W_out [a_1 V_1; ...; a_h V_h] + b_out
///
/// With relative positions (Shaw, Uszkoreit and Vaswani 2018), d = j - i clipped to -k .. k:
///
///     a_h = softmax over j of Q_hi (K_hj + relative_keys_d)' / sqrt(E / heads)
///     the head's output is the sum over j of a_hij (V_hj + relative_values_d)
///
/// A relative bias (see `RelativeBias`) changes the scores to e_ij - m_h |i - j|, or the weights to a_hij +
/// relative_bias_dh.
///
/// Locality, for small data (Lee, Lee and Song 2021): a learnt temperature t_h, which starts at 1 / sqrt(E / heads),
/// replaces this factor, and query i does not see key i.
///
/// Maps query (T_q, E), key (T_k, kdim) and value (T_k, vdim) to (T_q, E). Query i sees key j if j is valid by the
/// lengths of the keys' tile, if the mask of the call allows it, and, with `causal`, if j <= i. Both sequences begin
/// together, as in torch.nn.functional.scaled_dot_product_attention. A call may add scores, as PyTorch's float masks
/// do. For a query past its end, and for a query that sees no key, y is 0.
template <class S>
struct MultiHeadAttention {
  using Scalar = S;
  using Input = S;
  using Options = MultiHeadAttentionOptions;
  struct Cache {
    TileBuffer<S> q, k, v;  // (T_q, E), (T_k, E), (T_k, E); or k and v of one memory together in k
    AttentionWeights<S> weights;
    TileBuffer<S> context, plain_q;  // (T_q, E); with locality q is t_h Q_h and plain_q is Q
    AttentionMask mask;
    AttentionScores<S> scores;
    typename Dense<S>::Cache dense;
    detail::StepChunks chunks;  // of the memory, in the last forward pass
  };

  Matrix<S> in_proj_weight;  ///< 3E x E = [W_q; W_k; W_v]; or, if keys or values have another size:
  Matrix<S> q_proj_weight, k_proj_weight, v_proj_weight;  ///< E x E, E x kdim, E x vdim
  Vector<S> in_proj_bias;                                 ///< 3E
  Dense<S> out_proj;
  Matrix<S> relative_keys, relative_values;  ///< 2k + 1 x E / heads, shared by all heads
  Vector<S> temperature;                     ///< heads; empty without locality
  Matrix<S> relative_bias;                   ///< of `erpe`: 2k + 1 x heads, indexed by the offset j - i
  Index num_heads = 1;
  double dropout = 0;
  bool causal = false, alibi = false;

  MultiHeadAttention() = default;
  /// Throws if a size is not positive, if the heads do not divide the features, or if an option is out of range.
  explicit MultiHeadAttention(Options o);

  /// Projections and relative positions: Xavier uniform (packed projections as one matrix). `out_proj.weight`: as a
  /// Linear. Biases and relative biases: 0. Temperatures: 1 / sqrt(E / heads).
  void initialize(Key key);

  bool reads_distances() const { return alibi || !relative_keys.empty() || !relative_bias.empty(); }
  /// The options that make a layer of this size.
  HEED_COLD Options options() const;
  Index embed_dim() const { return out_proj.in_features(); }
  Index input_size() const { return embed_dim(); }

  /// Throws if the features do not match the weights, or if the numbers of keys and values differ.
  Shape output_shape(Shape query, Shape key, Shape value) const;
  Shape output_shape(Shape query, Shape memory) const {
    if (packed()) detail::check_multi_head_memory(embed_dim(), query, memory);
    return output_shape(query, memory, memory);
  }
  /// Self attention: the query is its own memory.
  Shape output_shape(Shape x) const { return output_shape(x, x); }

  /// The weights a of the last forward pass, after dropout: (heads T_q, T_k), head by head, a view of the cache. Throws
  /// if a tile has more than a million of them and `keep_weights` was not called before that pass.
  static Tile<const S> weights(const Cache& cache) { return cache.weights.view(); }
  /// For long sequences: the following forward passes keep their weights, so that backward need not compute them again.
  /// The results stay the same.
  static void keep_weights(Cache& cache) { cache.weights.keep(); }

  void forward(Tile<const S> query, Tile<const S> key, Tile<const S> value, Tile<S> y, Cache& cache, const Pass& pass,
               AttentionMask mask = {}, AttentionScores<S> scores = {}) const;
  /// The memory is both key and value.
  void forward(Tile<const S> query, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass,
               AttentionMask mask = {}, AttentionScores<S> scores = {}) const;
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, AttentionMask mask = {},
               AttentionScores<S> scores = {}) const;

  void backward(Tile<const S> query, Tile<const S> key, Tile<const S> value, Tile<const S> /*y*/, Tile<const S> dy,
                Into<S> dquery, Into<S> dkey, Into<S> dvalue, Cache& cache, MultiHeadAttention& grad,
                const Pass& pass) const;
  void backward(Tile<const S> query, Tile<const S> memory, Tile<const S> y, Tile<const S> dy, Into<S> dquery,
                Into<S> dmemory, Cache& cache, MultiHeadAttention& grad, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, MultiHeadAttention& grad,
                const Pass& pass) const;

  // ---- self attention one step at a time, for streams

  /// A stream remembers the keys and values of all steps. Throws unless causal.
  Index prepare_stream(Shape x, Cache&) const {
    detail::check_causal(causal, "MultiHeadAttention");
    return stream_size(x);
  }
  /// The same for any attention of which each pass uses only the last query.
  Index stream_size(Shape x) const {
    return detail::all_steps(x.steps, 2 * output_shape(x).features, "MultiHeadAttention");
  }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    f("in_proj_weight", layers.in_proj_weight...);
    f("q_proj_weight", layers.q_proj_weight...);
    f("k_proj_weight", layers.k_proj_weight...);
    f("v_proj_weight", layers.v_proj_weight...);
    f("in_proj_bias", layers.in_proj_bias...);
    f("out_proj", layers.out_proj...);
    f("relative_keys", layers.relative_keys...);
    f("relative_values", layers.relative_values...);
    f("temperature", layers.temperature...);
    f("relative_bias", layers.relative_bias...);
  }

 private:
  template <class T>
  struct KeysAndValues {
    Tile<T> k, v;       // projected, E features each
    Index first_value;  // of v
  };

  bool packed() const { return !in_proj_weight.empty(); }
  bool local() const { return !temperature.empty(); }
  Index head_dim() const { return embed_dim() / num_heads; }
  S usual_scale() const { return 1 / std::sqrt(static_cast<S>(head_dim())); }
  // W_q, W_k or W_v, and [W_k; W_v]
  template <class T>
  static Weight<T> projection(auto& layer, Index n) {
    if (layer.packed()) return Weight<T>(layer.in_proj_weight).outputs(n * layer.embed_dim(), layer.embed_dim());
    return n == 0 ? layer.q_proj_weight : n == 1 ? layer.k_proj_weight : layer.v_proj_weight;
  }
  template <class T>
  static Weight<T> memory_weight(auto& layer) {
    return Weight<T>(layer.in_proj_weight).outputs(layer.embed_dim(), 2 * layer.embed_dim());
  }

  kernels::Head<S> head(Tile<const S> query, Tile<const S> key, const Cache& cache, Index first_query = 0) const;

  // One query over a long memory takes some steps of it at a time: with packed weights, and nothing but the lengths
  // beside them.
  bool takes_chunks(Tile<const S> query, const AttentionMask& mask, const AttentionScores<S>& scores,
                    const Pass& pass) const;
  void forward_in_chunks(Tile<const S> query, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward_in_chunks(Tile<const S> query, Tile<const S> memory, Tile<const S> dy, Into<S> dquery, Into<S> dmemory,
                          Cache& cache, MultiHeadAttention& grad, const Pass& pass) const;

  // `step`: the index of the query in a stream; negative: no stream
  void attend(Tile<const S> query, Tile<const S> key, KeysAndValues<S> kv, Tile<S> y, Cache& cache, const Pass& pass,
              AttentionMask mask, const AttentionScores<S>& scores, Index step = -1) const;

  // Computes the gradients of projected keys and values and of the query, and of all weights except those of keys and
  // values.
  void attend_backward(Tile<const S> query, Tile<const S> key, KeysAndValues<const S> kv, Tile<const S> dy,
                       Into<S> dquery, KeysAndValues<S> dkv, Cache& cache, MultiHeadAttention& grad,
                       const Pass& pass) const;
  kernels::LaneMatrix<const S> slice(Tile<const S> t, Index h, Index first = 0) const {
    return kernels::matrix_of(t, first + h * head_dim());
  }
};

template <class S>
MultiHeadAttention<S>::MultiHeadAttention(Options o)
    : num_heads(o.num_heads), dropout(o.dropout), causal(o.causal), alibi(o.relative_bias == RelativeBias::alibi) {
  detail::check_multi_head(o.embed_dim, o.num_heads, o.kdim, o.vdim, o.relative_positions, o.dropout, o.relative_bias,
                           o.bias_distance);
  const Index E = o.embed_dim, K = o.kdim ? o.kdim : E, V = o.vdim ? o.vdim : E, k = o.relative_positions;
  if (K == E && V == E) {
    in_proj_weight = Matrix<S>(3 * E, E);
  } else {
    q_proj_weight = Matrix<S>(E, E);
    k_proj_weight = Matrix<S>(E, K);
    v_proj_weight = Matrix<S>(E, V);
  }
  in_proj_bias = Vector<S>(3 * E);
  out_proj = Dense<S>({E, E});
  if (k > 0) relative_keys = relative_values = Matrix<S>(2 * k + 1, E / o.num_heads);
  if (o.locality) temperature = Vector<S>(o.num_heads);
  if (o.bias_distance > 0) relative_bias = Matrix<S>(2 * o.bias_distance + 1, o.num_heads);
  initialize({});
}

template <class S>
MultiHeadAttentionOptions MultiHeadAttention<S>::options() const {
  const auto distance = [](const Matrix<S>& m) { return m.empty() ? Index(0) : (m.rows() - 1) / 2; };
  const RelativeBias bias = alibi                   ? RelativeBias::alibi
                            : relative_bias.empty() ? RelativeBias::none
                                                    : RelativeBias::erpe;
  return {.embed_dim = embed_dim(),
          .num_heads = num_heads,
          .kdim = packed() ? 0 : k_proj_weight.cols(),
          .vdim = packed() ? 0 : v_proj_weight.cols(),
          .dropout = dropout,
          .causal = causal,
          .relative_positions = distance(relative_keys),
          .locality = local(),
          .relative_bias = bias,
          .bias_distance = distance(relative_bias)};
}

template <class S>
void MultiHeadAttention<S>::initialize(Key key) {
  initialize_xavier_uniform(in_proj_weight, key.child(0));
  in_proj_bias.fill(0);
  out_proj.initialize(key.child(1));
  out_proj.bias.fill(0);
  std::uint64_t number = 2;
  for (Matrix<S>* weight : {&q_proj_weight, &k_proj_weight, &v_proj_weight, &relative_keys, &relative_values}) {
    initialize_xavier_uniform(*weight, key.child(number++));
  }
  temperature.fill(usual_scale());
  relative_bias.fill(0);
}

template <class S>
Shape MultiHeadAttention<S>::output_shape(Shape query, Shape key, Shape value) const {
  const Index keys = projection<const S>(*this, 1).in, values = projection<const S>(*this, 2).in;
  detail::check_multi_head_inputs({embed_dim(), keys, values}, query, key, value);
  return query;
}

}  // namespace heed::inline HEED_ISA

#include "heed/layers/detail/multi_head_chunks.hpp"
#include "heed/layers/detail/multi_head_passes.hpp"

HEED_COMPILED_TYPE(struct heed::MultiHeadAttention)
