#pragma once

// The exports of recurrent layers. ONNX has the operators LSTM, GRU and RNN, with these differences:
//
// - The gates of an LSTM are stacked i o f c there and i f g o here, those of a GRU z r h there and r z n here.
// - Steps come first: (steps, batch, features). onnxruntime runs this layout alone.
// - Both biases of a direction stand one after the other.
// - `sequence_lens` means what lengths mean here: outputs past the end are 0, and the backward direction begins at the
//   last valid step.

#include <cstddef>
#include <string>
#include <vector>

#include "heed/convert/detail/onnx_weights.hpp"
#include "heed/convert/onnx_graph.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/any_cell.hpp"
#include "heed/layers/gru.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/recurrent.hpp"
#include "heed/layers/rnn.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// How ONNX names a cell, and which gate of heed's stands at each of its places.
struct OnnxCell {
  std::string op;
  std::vector<Index> gates;
  std::vector<OnnxAttribute> attributes = {};
};

template <class S>
OnnxCell onnx_cell(const LstmCell<S>&) {
  return {"LSTM", {0, 3, 1, 2}};
}
template <class S>
OnnxCell onnx_cell(const GruCell<S>& cell) {
  return {"GRU", {1, 0, 2}, {{"linear_before_reset", cell.reset_after ? 1 : 0}}};
}
template <class S>
OnnxCell onnx_cell(const RnnCell<S>& cell) {
  const std::string f = cell.nonlinearity == Nonlinearity::relu ? "Relu" : "Tanh";
  return {"RNN", {0}, {{"activations", std::vector<std::string>{f}}}};
}
template <class S>
OnnxCell onnx_cell(const AnyCell<S>& cell) {
  return cell.kind == CellKind::lstm  ? onnx_cell(LstmCell<S>())
         : cell.kind == CellKind::gru ? onnx_cell(GruCell<S>())
                                      : onnx_cell(RnnCell<S>());
}

/// Appends the blocks of `size` numbers in the order of `gates`.
HEED_COLD inline void append_gates(std::vector<float>& to, const std::vector<float>& from,
                                   const std::vector<Index>& gates, Index size) {
  for (const Index gate : gates) {
    const auto first = from.begin() + static_cast<std::ptrdiff_t>(gate * size);
    to.insert(to.end(), first, first + static_cast<std::ptrdiff_t>(size));
  }
}

/// The weights of all directions of a layer.
struct OnnxGates {
  std::vector<float> w, r, b;
  template <class S>
  void append(const RecurrentWeights<S>& from, const std::vector<Index>& gates) {
    const Index H = from.hidden_size();
    append_gates(w, row_major(from.ih), gates, H * from.input_size());
    append_gates(r, row_major(from.hh), gates, H * H);
    append_gates(b, row_major(from.bias_ih), gates, H);
    append_gates(b, row_major(from.bias_hh), gates, H);
  }
};

/// One layer, of one direction or of both: x and y are (steps, batch, features).
HEED_COLD inline OnnxValue export_recurrent(OnnxGraph& graph, OnnxCell cell, const OnnxValue& x,
                                            const OnnxValue& lengths, const OnnxGates& gates, Index directions,
                                            Index input_size, Index H) {
  const Index G = static_cast<Index>(cell.gates.size()) * H;
  const std::vector<OnnxValue> inputs = {x, graph.weight("W", gates.w, {directions, G, input_size}),
                                         graph.weight("R", gates.r, {directions, G, H}),
                                         graph.weight("B", gates.b, {directions, 2 * G}), lengths};
  cell.attributes.push_back({"hidden_size", H});
  if (directions == 2) {
    cell.attributes.push_back({"direction", "bidirectional"});
    for (OnnxAttribute& attribute : cell.attributes) {
      if (auto* functions = std::get_if<std::vector<std::string>>(&attribute.value)) {
        functions->push_back(functions->front());
      }
    }
  }
  const OnnxValue y = graph.add(cell.op, inputs, cell.attributes);  // (steps, directions, batch, H)
  if (directions == 1) return graph.squeeze(y, {1});
  return graph.reshape(graph.transpose(y, {0, 2, 1, 3}), {0, 0, 2 * H});
}

}  // namespace detail

template <class Cell>
OnnxSequence export_onnx(OnnxGraph& graph, const Recurrent<Cell>& layer, const OnnxSequence& x) {
  const detail::OnnxCell cell = detail::onnx_cell(layer.cell);
  const Index directions = layer.bidirectional() ? 2 : 1;
  OnnxValue y = graph.transpose(graph.valid_or(x).value, {1, 0, 2});
  for (Index i = 0; i < layer.num_layers(); ++i) {
    const OnnxGraph::Part part(graph, layer.num_layers() > 1 ? "layer" + std::to_string(i) : "");
    detail::OnnxGates gates;
    for (Index d = 0; d < directions; ++d) {
      gates.append(layer.weights[static_cast<std::size_t>(i * directions + d)], cell.gates);
    }
    const Index inputs = layer.weights[static_cast<std::size_t>(i * directions)].input_size();
    y = detail::export_recurrent(graph, cell, y, x.lengths, gates, directions, inputs, layer.hidden_size());
  }
  return x.with(graph.transpose(y, {1, 0, 2}), layer.output_size());
}

}  // namespace heed::inline HEED_ISA
