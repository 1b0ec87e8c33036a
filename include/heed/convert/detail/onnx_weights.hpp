#pragma once

// Weights of layers as floats, in the order of ONNX's tensors, and what composites call for their parts.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/onnx_graph.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// All numbers, the last index fastest.
template <class S>
HEED_COLD std::vector<float> row_major(const ParameterArray<S>& array) {
  std::vector<float> to(static_cast<std::size_t>(array.size()));
  if (array.row_major()) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<float>(array.data()[i]);
    return to;
  }
  for (Index i = 0; i < array.size(); ++i) {
    Index rest = i, place = 0;
    for (const Index extent : array.extents()) {
      place = place * extent + rest % extent;
      rest /= extent;
    }
    to[static_cast<std::size_t>(place)] = static_cast<float>(array.data()[i]);
  }
  return to;
}

/// Some outputs of a weight (out x in), transposed: (in, count), row-major.
template <class S>
HEED_COLD std::vector<float> inputs_by_outputs(const Matrix<S>& weight, Index first, Index count) {
  std::vector<float> to;
  to.reserve(static_cast<std::size_t>(weight.cols() * count));
  for (Index k = 0; k < weight.cols(); ++k) {
    for (Index r = first; r < first + count; ++r) to.push_back(static_cast<float>(weight.column(k)[r]));
  }
  return to;
}

template <class S>
std::vector<float> part_of(const Vector<S>& v, Index first, Index count) {
  std::vector<float> to;
  for (Index i = first; i < first + count; ++i) to.push_back(static_cast<float>(v.data()[i]));
  return to;
}

/// W x + b at each step, from some rows of a weight and of a bias, which may be empty.
template <class S>
OnnxValue affine(OnnxGraph& graph, const OnnxValue& x, const Matrix<S>& weight, const Vector<S>& bias, Index first,
                 Index count, const std::string& weight_name = "weight", const std::string& bias_name = "bias") {
  const OnnxValue w = graph.weight(weight_name, inputs_by_outputs(weight, first, count), {weight.cols(), count});
  const OnnxValue y = graph.product({x, w});
  if (bias.empty()) return y;
  return graph.sum({y, graph.weight(bias_name, part_of(bias, first, count), {count})});
}

/// "Dense" for heed::Dense<float>.
template <class L>
HEED_COLD std::string layer_name() {
  std::string name = __PRETTY_FUNCTION__;
  name.erase(0, name.find("L = ") + 4);
  name.erase(name.find_first_of("<;]"));
  return name.substr(name.rfind(':') + 1);
}

[[noreturn]] HEED_COLD inline void refuse_export(const OnnxGraph& graph, const std::string& layer,
                                                 const std::string& why) {
  throw Error(Fault{layer + " cannot be exported to ONNX: " + why,
                    graph.path().empty() ? "save_onnx" : "save_onnx, " + graph.path()});
}

/// The export of a layer that has one; the others are refused by their names.
template <class L>
OnnxSequence export_layer(OnnxGraph& graph, const L& layer, const OnnxSequence& x) {
  if constexpr (requires { export_onnx(graph, layer, x); }) {
    return export_onnx(graph, layer, x);
  } else {
    refuse_export(graph, layer_name<L>(), "there is no function export_onnx for it");
  }
}

}  // namespace detail

/// The export of a part of a layer, whose nodes and weights are named after it: `export_part(graph, "norm", layer.norm, x)`.
/// A part without a function `export_onnx` is refused by its name.
template <class L>
OnnxSequence export_part(OnnxGraph& graph, std::string_view name, const L& layer, const OnnxSequence& x) {
  const OnnxGraph::Part part(graph, name);
  return detail::export_layer(graph, layer, x);
}

namespace detail {

/// One after another, named 0, 1, ... behind a prefix.
template <class L>
OnnxSequence export_in_order(OnnxGraph& graph, const std::vector<L>& layers, OnnxSequence x,
                             const std::string& prefix = {}) {
  for (std::size_t i = 0; i < layers.size(); ++i) x = export_part(graph, prefix + std::to_string(i), layers[i], x);
  return x;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
