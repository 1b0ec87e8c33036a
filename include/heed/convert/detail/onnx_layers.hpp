#pragma once

// The exports of layers that treat each step by itself, of embeddings and of positions.

#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <vector>

#include "heed/convert/detail/onnx_weights.hpp"
#include "heed/convert/onnx_graph.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/any_positions.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/layers/feed_forward.hpp"
#include "heed/layers/group_norm.hpp"
#include "heed/layers/joined_embedding.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/layers/positions.hpp"
#include "heed/layers/prelu.hpp"
#include "heed/layers/scale_shift.hpp"
#include "heed/layers/standardize.hpp"

namespace heed::inline HEED_ISA {

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Dense<S>& layer, const OnnxSequence& x) {
  const Index out = layer.out_features();
  return x.with(detail::affine(graph, x.value, layer.weight, layer.bias, 0, out), out);
}

// ---- activations

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Relu<S>&, const OnnxSequence& x) {
  return x.with(graph.add("Relu", {x.value}));
}
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const LeakyRelu<S>& layer, const OnnxSequence& x) {
  return x.with(graph.add("LeakyRelu", {x.value}, {{"alpha", static_cast<float>(layer.negative_slope)}}));
}
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Elu<S>& layer, const OnnxSequence& x) {
  return x.with(graph.add("Elu", {x.value}, {{"alpha", static_cast<float>(layer.alpha)}}));
}
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Prelu<S>& layer, const OnnxSequence& x) {
  const OnnxValue slopes = graph.weight("weight", detail::row_major(layer.weight), {layer.weight.size()});
  return x.with(graph.add("PRelu", {x.value, slopes}));
}
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Tanh<S>&, const OnnxSequence& x) {
  return x.with(graph.add("Tanh", {x.value}));
}
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Sigmoid<S>&, const OnnxSequence& x) {
  return x.with(graph.add("Sigmoid", {x.value}));
}
/// x Phi(x) = x (erf(x / sqrt 2) + 1) / 2: the operator Gelu came later.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Gelu<S>&, const OnnxSequence& x) {
  const OnnxValue erf = graph.add("Erf", {graph.times({x.value, graph.number(1 / std::numbers::sqrt2)})});
  const OnnxValue twice = graph.sum({erf, graph.number(1)});
  return x.with(graph.times({graph.times({x.value, graph.number(0.5)}), twice}));
}
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Softmax<S>&, const OnnxSequence& x) {
  return x.with(graph.add("Softmax", {x.value}, {{"axis", -1}}));
}

/// Does nothing when predicting.
template <class S>
OnnxSequence export_onnx(OnnxGraph&, const Dropout<S>&, const OnnxSequence& x) {
  return x;
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const FeedForward<S>& layer, const OnnxSequence& x) {
  OnnxSequence y = export_part(graph, "linear1", layer.linear1, x);
  y = layer.activation == FeedForwardActivation::relu ? export_onnx(graph, Relu<S>(), y)
                                                      : export_onnx(graph, Gelu<S>(), y);
  return export_part(graph, "linear2", layer.linear2, y);
}

// ---- norms

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const ScaleShift<S>& layer, const OnnxSequence& x) {
  const Index n = layer.weight.size();
  const OnnxValue y = graph.times({x.value, graph.weight("weight", detail::row_major(layer.weight), {n})});
  return x.with(graph.sum({y, graph.weight("bias", detail::row_major(layer.bias), {n})}), n);
}

/// Layers that are switched off have no numbers and do nothing.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Standardize<S>& layer, const OnnxSequence& x) {
  if (!layer.active()) return x;
  const Index n = layer.mean.size();
  Vector<S> factor = layer.deviation;
  for (S& d : factor) d = 1 / d;
  const OnnxValue shifted = graph.add("Sub", {x.value, graph.weight("mean", detail::row_major(layer.mean), {n})});
  return x.with(graph.times({shifted, graph.weight("factor", detail::row_major(factor), {n})}), n);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const LayerNorm<S>& layer, const OnnxSequence& x) {
  const Index n = layer.features();
  std::vector<OnnxValue> inputs = {x.value, graph.weight("weight", detail::row_major(layer.weight), {n})};
  if (!layer.bias.empty()) inputs.push_back(graph.weight("bias", detail::row_major(layer.bias), {n}));
  const OnnxValue y =
      graph.add("LayerNormalization", std::move(inputs), {{"axis", -1}, {"epsilon", static_cast<float>(layer.eps)}});
  return graph.valid_or(x.with(y, n));
}

/// Over (steps, features of a group) of the valid steps.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const GroupNorm<S>& layer, const OnnxSequence& x) {
  const Index size = layer.features / layer.groups;
  const OnnxValue steps = x.lengths ? graph.add("Max", {x.lengths, graph.count(1)}) : graph.step_count(x.value);
  const OnnxValue float_steps = graph.cast(steps, OnnxType::float32);
  OnnxValue count = graph.times({float_steps, graph.number(static_cast<double>(size))});
  if (x.lengths) count = graph.unsqueeze(count, {1, 2, 3});
  const OnnxValue axes = graph.list({1, 3});
  const auto mean = [&](const OnnxValue& v) { return graph.add("Div", {graph.add("ReduceSum", {v, axes}), count}); };
  const auto valid = [&](const OnnxValue& v) {
    return x.lengths ? graph.where({graph.unsqueeze(graph.valid(x), {3}), v, graph.number(0)}) : v;
  };
  const OnnxValue grouped = graph.reshape(graph.valid_or(x).value, {0, 0, layer.groups, size});
  const OnnxValue centred = valid(graph.add("Sub", {grouped, mean(grouped)}));
  const OnnxValue variance = mean(graph.times({centred, centred}));
  const OnnxValue deviation = graph.add("Sqrt", {graph.sum({variance, graph.number(layer.eps)})});
  OnnxValue y = graph.reshape(graph.add("Div", {centred, deviation}), {0, 0, layer.features});
  if (layer.weight.empty()) return x.with(y, layer.features);
  y = graph.times({y, graph.weight("weight", detail::row_major(layer.weight), {layer.features})});
  y = graph.sum({y, graph.weight("bias", detail::row_major(layer.bias), {layer.features})});
  return graph.valid_or(x.with(y, layer.features));
}

// ---- tokens (batch, steps, columns)

namespace detail {
/// The vectors of the tokens in one column of x.
template <class S>
OnnxValue look_up(OnnxGraph& graph, const Embedding<S>& layer, const OnnxValue& tokens, Index column, Index columns) {
  const OnnxValue table =
      graph.weight("weight", row_major(layer.weight), {layer.num_embeddings(), layer.embedding_dim()});
  const OnnxValue one = columns == 1 ? tokens : graph.slice(tokens, 2, column, column + 1);
  return graph.add("Gather", {table, graph.squeeze(one, {2})}, {{"axis", 0}});
}
}  // namespace detail

/// Tokens past a sequence's end are not read: they may be anything.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Embedding<S>& layer, const OnnxSequence& x) {
  OnnxSequence tokens = x;
  if (x.lengths) tokens.value = graph.where({graph.valid(x), x.value, graph.count(0)});
  return graph.valid_or(x.with(detail::look_up(graph, layer, tokens.value, 0, 1), layer.embedding_dim()));
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const JoinedEmbedding<S>& layer, const OnnxSequence& x) {
  if (layer.columns() == 1) return export_onnx(graph, layer.tables[0], x);
  const OnnxValue tokens = x.lengths ? graph.where({graph.valid(x), x.value, graph.count(0)}) : x.value;
  std::vector<OnnxValue> vectors;
  for (Index k = 0; k < layer.columns(); ++k) {
    const OnnxGraph::Part part(graph, std::to_string(k));
    vectors.push_back(detail::look_up(graph, layer.tables[static_cast<std::size_t>(k)], tokens, k, layer.columns()));
  }
  return graph.valid_or(x.with(graph.add("Concat", std::move(vectors), {{"axis", 2}}), layer.embedding_dim()));
}

// ---- positions

/// Angles are of double: those of late steps are large. cos a = sin(a + pi / 2).
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const SinusoidalPositions<S>& layer, const OnnxSequence& x) {
  const Index D = x.features;
  if (D == 0) detail::refuse_export(graph, "SinusoidalPositions", "the number of features is not known");
  const double stretch = layer.length > 0 ? static_cast<double>(D) / static_cast<double>(layer.length) : 1;
  std::vector<double> rates, shifts;
  for (Index f = 0; f < D; ++f) {
    rates.push_back(stretch * std::pow(10000.0, -static_cast<double>(f - f % 2) / static_cast<double>(D)));
    shifts.push_back(f % 2 ? std::numbers::pi / 2 : 0);
  }
  const OnnxValue steps = graph.unsqueeze(graph.cast(graph.step_numbers(x.value), OnnxType::float64), {1});
  const OnnxValue angles = graph.sum({graph.times({steps, graph.doubles(rates, {D})}), graph.doubles(shifts, {D})});
  const OnnxValue positions = graph.cast(graph.add("Sin", {angles}), OnnxType::float32);
  return graph.valid_or(x.with(graph.sum({x.value, positions})));
}

/// More steps than positions are an error of the run.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const LearnedPositions<S>& layer, const OnnxSequence& x) {
  const OnnxValue table =
      graph.weight("weight", detail::row_major(layer.weight), {layer.max_steps(), layer.features()});
  const OnnxValue positions = graph.add("Gather", {table, graph.step_numbers(x.value)}, {{"axis", 0}});
  return graph.valid_or(x.with(graph.sum({x.value, positions})));
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const AnyPositions<S>& layer, const OnnxSequence& x) {
  if (layer.kind == PositionKind::learned) return export_onnx(graph, layer.table, x);
  if (layer.reads_distances()) return export_onnx(graph, layer.waves, x);
  return graph.valid_or(x);
}

}  // namespace heed::inline HEED_ISA
