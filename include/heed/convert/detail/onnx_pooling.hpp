#pragma once

// The exports of poolings over time: (batch, steps, features) to (batch, 1, features). A sequence without steps gives 0.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "heed/convert/detail/onnx_attention.hpp"
#include "heed/convert/detail/onnx_layers.hpp"
#include "heed/convert/detail/onnx_weights.hpp"
#include "heed/convert/onnx_graph.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/any_pool.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/flatten_steps.hpp"
#include "heed/layers/mean_max_pool.hpp"
#include "heed/layers/multi_head_pool.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/query_pool.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// The last valid step, (batch, 1, features).
HEED_COLD inline OnnxValue last_step(OnnxGraph& graph, const OnnxSequence& x) {
  if (!x.lengths) return graph.slice(x.value, 1, -1, std::numeric_limits<std::int64_t>::max());
  const OnnxValue before = graph.add("Max", {graph.add("Sub", {x.lengths, graph.count(1)}), graph.count(0)});
  const OnnxValue place = graph.unsqueeze(graph.cast(before, OnnxType::int64), {1});
  const OnnxValue y = graph.unsqueeze(graph.add("GatherND", {x.value, place}, {{"batch_dims", 1}}), {1});
  return graph.where({graph.any_steps(x), y, graph.number(0)});
}

HEED_COLD inline OnnxValue first_step(OnnxGraph& graph, const OnnxSequence& x) {
  const OnnxValue y = graph.slice(x.value, 1, 0, 1);
  return x.lengths ? graph.where({graph.any_steps(x), y, graph.number(0)}) : y;
}

HEED_COLD inline OnnxSequence mean_of_steps(OnnxGraph& graph, const OnnxSequence& x) {
  if (!x.lengths) {
    return x.one_step(graph.add("ReduceMean", {x.value}, {{"axes", std::vector<std::int64_t>{1}}}), x.features);
  }
  const OnnxValue sum = graph.add("ReduceSum", {graph.valid_or(x).value, graph.list({1})});
  const OnnxValue count = graph.cast(graph.add("Max", {x.lengths, graph.count(1)}), OnnxType::float32);
  return x.one_step(graph.add("Div", {sum, graph.unsqueeze(count, {1, 2})}), x.features);
}

HEED_COLD inline OnnxSequence maximum_of_steps(OnnxGraph& graph, const OnnxSequence& x) {
  const OnnxSequence read = graph.valid_or(x, std::numeric_limits<float>::lowest());
  OnnxValue y = graph.add("ReduceMax", {read.value}, {{"axes", std::vector<std::int64_t>{1}}});
  if (x.lengths) y = graph.where({graph.any_steps(x), y, graph.number(0)});
  return x.one_step(y, x.features);
}

}  // namespace detail

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const LastPool<S>& layer, const OnnxSequence& x) {
  const OnnxValue last = detail::last_step(graph, x);
  if (!layer.both_ends) return x.one_step(last, x.features);
  if (x.features == 0) detail::refuse_export(graph, "LastPool", "the number of features is not known");
  const Index half = x.features / 2;
  const OnnxValue forward = graph.slice(last, 2, 0, half);
  const OnnxValue backward = graph.slice(detail::first_step(graph, x), 2, half, x.features);
  return x.one_step(graph.add("Concat", {forward, backward}, {{"axis", 2}}), x.features);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const MeanPool<S>&, const OnnxSequence& x) {
  return detail::mean_of_steps(graph, x);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const MaxPool<S>&, const OnnxSequence& x) {
  return detail::maximum_of_steps(graph, x);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const MeanMaxPool<S>&, const OnnxSequence& x) {
  const OnnxValue mean = detail::mean_of_steps(graph, x).value, maximum = detail::maximum_of_steps(graph, x).value;
  return x.one_step(graph.add("Concat", {mean, maximum}, {{"axis", 2}}), 2 * x.features);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const AttentionPool<S>& layer, const OnnxSequence& x) {
  const OnnxValue scores = export_part(graph, "attention", layer.attention, x).value;  // (batch, steps, 1)
  const OnnxValue row = graph.transpose(scores, {0, 2, 1});
  const OnnxValue visible = x.lengths ? graph.transpose(graph.valid(x), {0, 2, 1}) : OnnxValue();
  const OnnxValue weights = detail::masked_softmax(graph, row, visible);
  return x.one_step(graph.product({weights, graph.valid_or(x).value}), x.features);
}

/// The features must be known: the result has as many times the steps.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const FlattenSteps<S>& layer, const OnnxSequence& x) {
  if (x.features == 0) detail::refuse_export(graph, "FlattenSteps", "the number of features is not known");
  const Index size = layer.steps * x.features;
  return x.one_step(graph.reshape(graph.valid_or(x).value, {0, 1, size}), size);
}

template <class A>
OnnxSequence export_onnx(OnnxGraph& graph, const QueryPool<A>& layer, const OnnxSequence& x) {
  const Index size = layer.query.size();
  const OnnxValue query = graph.weight("query", detail::row_major(layer.query), {1, 1, size});
  const OnnxGraph::Part part(graph, "attention");
  return export_attention(graph, layer.attention, x.one_step(query, size), x);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const MultiHeadPool<S>& layer, const OnnxSequence& x) {
  if (layer.pooling == Pooling::mean) return detail::mean_of_steps(graph, export_onnx(graph, layer.attention, x));
  return export_attention(graph, layer.attention, export_onnx(graph, layer.last, x), x);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const AnyPool<S>& layer, const OnnxSequence& x) {
  switch (layer.kind) {
    case Attention::pool:
      return export_onnx(graph, layer.pool, x);
    case Attention::multihead:
      return export_onnx(graph, layer.multihead, x);
    case Attention::additive:
      return export_attention(graph, layer.additive, export_onnx(graph, layer.last, x), x);
    case Attention::none:
      return export_onnx(graph, layer.last, x);
    case Attention::mean:
      return detail::mean_of_steps(graph, x);
    case Attention::max:
      return detail::maximum_of_steps(graph, x);
    case Attention::meanmax:
      return export_onnx(graph, MeanMaxPool<S>(), x);
  }
  return x;
}

}  // namespace heed::inline HEED_ISA
