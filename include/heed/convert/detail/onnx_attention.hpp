#pragma once

// The exports of attention, decomposed into MatMul, Softmax and Where: many runtimes lack the operator Attention.
// Steps of queries are q, steps of keys are k.

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "heed/convert/detail/onnx_layers.hpp"
#include "heed/convert/detail/onnx_weights.hpp"
#include "heed/convert/onnx_graph.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/any_attention.hpp"
#include "heed/layers/attention_by.hpp"
#include "heed/layers/detail/attention_heads.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/general_attention.hpp"
#include "heed/layers/multi_head_attention.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// softmax over the last axis of what is visible, 0 elsewhere and in a row without anything visible. `visible` is none
/// where everything is.
HEED_COLD inline OnnxValue masked_softmax(OnnxGraph& graph, const OnnxValue& scores, const OnnxValue& visible) {
  const std::vector<OnnxAttribute> last = {{"axis", -1}};
  if (!visible) return graph.add("Softmax", {scores}, last);
  const OnnxValue masked = graph.where({visible, scores, graph.number(std::numeric_limits<float>::lowest())});
  return graph.where({visible, graph.add("Softmax", {masked}, last), graph.number(0)});
}

/// The offset j - i of key j and query i, (q, k) int32.
inline OnnxValue offsets(OnnxGraph& graph, const OnnxSequence& query, const OnnxSequence& keys) {
  const OnnxValue i = graph.unsqueeze(graph.step_numbers(query.value), {1});
  return graph.add("Sub", {graph.step_numbers(keys.value), i});
}

/// Which keys a query sees: (batch or 1, 1, q or 1, k) bool; none: all.
HEED_COLD inline OnnxValue visible_keys(OnnxGraph& graph, const OnnxSequence& query, const OnnxSequence& keys,
                                        bool causal, bool others_only) {
  OnnxValue visible;
  const auto also = [&](const OnnxValue& more) { visible = visible ? graph.add("And", {visible, more}) : more; };
  if (keys.lengths) also(graph.unsqueeze(graph.squeeze(graph.valid(keys), {2}), {1, 2}));
  if (causal) also(graph.add("LessOrEqual", {graph.unsqueeze(offsets(graph, query, keys), {0, 1}), graph.count(0)}));
  if (others_only) {
    const OnnxValue itself = graph.add("Equal", {offsets(graph, query, keys), graph.count(0)});
    also(graph.unsqueeze(graph.add("Not", {itself}), {0, 1}));
  }
  return visible;
}

/// y (batch, q, features) without the queries past their ends and those that see no key.
HEED_COLD inline OnnxSequence attended(OnnxGraph& graph, const OnnxSequence& y, const OnnxValue& visible) {
  if (!visible) return graph.valid_or(y);
  const OnnxValue count = graph.add("ReduceSum", {graph.cast(visible, OnnxType::float32), graph.list({1, 3})});
  const OnnxValue any = graph.add("Greater", {count, graph.number(0)});  // (batch or 1, 1, q or 1, 1)
  return graph.valid_or(y.with(graph.where({graph.squeeze(any, {1}), y.value, graph.number(0)})));
}

// ---- scores of one head, (batch, q, k)

template <class S>
OnnxValue onnx_scores(OnnxGraph& graph, const AdditiveScore<S>& score, const OnnxValue& query, const OnnxValue& keys) {
  const Index A = score.score_size(), Q = score.query_size(), K = score.memory_size();
  const std::vector<float> w = inputs_by_outputs(score.attn.weight, 0, A);  // the query's inputs first
  const auto split = w.begin() + Q * A;
  const OnnxValue q = graph.product({query, graph.weight("attn.query", {w.begin(), split}, {Q, A})});
  OnnxValue k = graph.product({keys, graph.weight("attn.key", {split, w.end()}, {K, A})});
  k = graph.sum({k, graph.weight("attn.bias", row_major(score.attn.bias), {A})});
  const OnnxValue hidden = graph.add("Tanh", {graph.sum({graph.unsqueeze(q, {2}), graph.unsqueeze(k, {1})})});
  return graph.squeeze(graph.product({hidden, graph.weight("v", row_major(score.v), {A, 1})}), {3});
}
template <class S>
OnnxValue onnx_values(OnnxGraph&, const AdditiveScore<S>&, const OnnxValue& memory) {
  return memory;
}

/// GeneralScore too: its keys are the memory.
template <class S>
OnnxValue onnx_scores(OnnxGraph& graph, const DotScore<S>& score, const OnnxValue& query, const OnnxValue& keys) {
  const auto projected = [&](const char* name, const Dense<S>& layer, const OnnxValue& x) {
    return layer.weight.empty() ? x : export_part(graph, name, layer, {.value = x}).value;
  };
  const OnnxValue q = graph.times({projected("query", score.query, query), graph.number(double(score.scale()))});
  return graph.product({q, graph.transpose(projected("key", score.key, keys), {0, 2, 1})});
}
template <class S>
OnnxValue onnx_values(OnnxGraph& graph, const DotScore<S>& score, const OnnxValue& memory) {
  return score.value.weight.empty() ? memory : export_part(graph, "value", score.value, {.value = memory}).value;
}

// ---- several heads

/// What multi-head attention adds for the offset of a key: tables by the clipped offset.
template <class S>
struct OnnxOffsets {
  OnnxGraph& graph;
  OnnxValue offset;  // (q, k)

  /// The rows of a table (2k + 1 x columns) for all pairs, (q, k, columns).
  OnnxValue rows(const char* name, const Matrix<S>& table) const {
    const Index farthest = table.rows() / 2;
    const OnnxValue clipped =
        graph.add("Min", {graph.add("Max", {offset, graph.count(-farthest)}), graph.count(farthest)});
    const OnnxValue numbers = graph.weight(name, row_major(table), {table.rows(), table.cols()});
    return graph.add("Gather", {numbers, graph.sum({clipped, graph.count(farthest)})}, {{"axis", 0}});
  }
  /// a (batch, heads, q, m) times a matrix (q, m, n) for each query: (batch, heads, q, n).
  OnnxValue product_by_query(const OnnxValue& a, const OnnxValue& matrices) const {
    const OnnxValue by_query = graph.transpose(a, {2, 0, 1, 3});
    return graph.transpose(graph.product({by_query, graph.unsqueeze(matrices, {1})}), {1, 2, 0, 3});
  }
};

template <class S>
OnnxValue alibi_slopes(OnnxGraph& graph, const MultiHeadAttention<S>& layer) {
  std::vector<float> slopes;
  for (Index h = 0; h < layer.num_heads; ++h) {
    slopes.push_back(static_cast<float>(-alibi_slope(h, layer.num_heads)));
  }
  return graph.numbers(slopes, {layer.num_heads, 1, 1});
}

/// W_q, W_k or W_v of x, cut into heads: (batch, heads, steps, features of a head).
template <class S>
OnnxValue project_heads(OnnxGraph& graph, const MultiHeadAttention<S>& layer, Index n, const OnnxValue& x) {
  const Index E = layer.embed_dim();
  const Matrix<S>& apart = n == 0 ? layer.q_proj_weight : n == 1 ? layer.k_proj_weight : layer.v_proj_weight;
  const bool packed = !layer.in_proj_weight.empty();
  const std::string name(1, "qkv"[n]);
  const OnnxValue w =
      packed ? graph.weight(name + "_proj.weight", inputs_by_outputs(layer.in_proj_weight, n * E, E), {E, E})
             : graph.weight(name + "_proj.weight", inputs_by_outputs(apart, 0, E), {apart.cols(), E});
  const OnnxValue b = graph.weight(name + "_proj.bias", part_of(layer.in_proj_bias, n * E, E), {E});
  const OnnxValue y =
      graph.reshape(graph.sum({graph.product({x, w}), b}), {0, 0, layer.num_heads, E / layer.num_heads});
  return graph.transpose(y, {0, 2, 1, 3});
}

}  // namespace detail

// ---- a query and a memory, which is key and value

template <class Score>
OnnxSequence export_attention(OnnxGraph& graph, const AttentionBy<Score>& layer, const OnnxSequence& query,
                              const OnnxSequence& memory) {
  const OnnxValue visible = detail::visible_keys(graph, query, memory, layer.causal, false);
  const OnnxValue keys = graph.valid_or(memory).value;
  const OnnxValue scores = detail::onnx_scores(graph, layer, query.value, keys);
  const OnnxValue a = detail::masked_softmax(graph, scores, visible ? graph.squeeze(visible, {1}) : visible);
  return graph.valid_or(query.with(graph.product({a, detail::onnx_values(graph, layer, keys)}), layer.value_size()));
}

template <class S>
OnnxSequence export_attention(OnnxGraph& graph, const MultiHeadAttention<S>& layer, const OnnxSequence& query,
                              const OnnxSequence& memory) {
  const bool local = !layer.temperature.empty();
  const Index heads = layer.num_heads, E = layer.embed_dim();
  const OnnxValue visible = detail::visible_keys(graph, query, memory, layer.causal, local);
  const OnnxValue keys = graph.valid_or(memory).value;
  OnnxValue q = detail::project_heads(graph, layer, 0, query.value);
  const OnnxValue k = detail::project_heads(graph, layer, 1, keys), v = detail::project_heads(graph, layer, 2, keys);
  const double usual = 1 / std::sqrt(static_cast<double>(E / heads));
  q = graph.times({q, local ? graph.weight("temperature", detail::row_major(layer.temperature), {heads, 1, 1})
                            : graph.number(usual)});
  OnnxValue scores = graph.product({q, graph.transpose(k, {0, 1, 3, 2})});
  detail::OnnxOffsets<S> offsets{graph, {}};
  if (layer.reads_distances()) offsets.offset = detail::offsets(graph, query, memory);
  if (!layer.relative_keys.empty()) {
    const OnnxValue rows = graph.transpose(offsets.rows("relative_keys", layer.relative_keys), {0, 2, 1});
    scores = graph.sum({scores, offsets.product_by_query(q, rows)});
  }
  if (layer.alibi) {
    const OnnxValue distance = graph.cast(graph.add("Abs", {offsets.offset}), OnnxType::float32);
    scores = graph.sum({scores, graph.times({distance, detail::alibi_slopes(graph, layer)})});
  }
  OnnxValue a = detail::masked_softmax(graph, scores, visible);
  if (!layer.relative_bias.empty()) {
    a = graph.sum({a, graph.transpose(offsets.rows("relative_bias", layer.relative_bias), {2, 0, 1})});
    if (visible) a = graph.where({visible, a, graph.number(0)});
  }
  OnnxValue context = graph.product({a, v});
  if (!layer.relative_values.empty()) {
    const OnnxValue rows = offsets.rows("relative_values", layer.relative_values);
    context = graph.sum({context, offsets.product_by_query(a, rows)});
  }
  context = graph.reshape(graph.transpose(context, {0, 2, 1, 3}), {0, 0, E});
  const OnnxSequence y = export_part(graph, "out_proj", layer.out_proj, query.with(context, E));
  return detail::attended(graph, y, visible);
}

template <class S>
OnnxSequence export_attention(OnnxGraph& graph, const AnyAttention<S>& layer, const OnnxSequence& query,
                              const OnnxSequence& memory) {
  return layer.score == ScoreKind::additive ? export_attention(graph, layer.additive, query, memory)
                                            : export_attention(graph, layer.dot, query, memory);
}

// ---- self attention

template <class Score>
OnnxSequence export_onnx(OnnxGraph& graph, const AttentionBy<Score>& layer, const OnnxSequence& x) {
  return export_attention(graph, layer, x, x);
}
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const MultiHeadAttention<S>& layer, const OnnxSequence& x) {
  return export_attention(graph, layer, x, x);
}

}  // namespace heed::inline HEED_ISA
