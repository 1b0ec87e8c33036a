#pragma once

/// @file
/// A chain from the tensors of a module of PyTorch, which RTNeural's examples write as JSON: an inner part of
/// rtneural.hpp.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/convert/detail/rtneural_file.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/extents.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/io/detail/element_order.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// The tensors of one layer: those with one name up to the last point.
struct ModuleLayer {
  std::string name;
  std::map<std::string, const RtNeuralArray*> tensors;
};

/// The layers in the order of their first tensors. Throws unless they are recurrent layers and then at most one dense
/// layer: a file of other layers does not say what stands between them.
std::vector<ModuleLayer> layers_of_module(const RtNeuralFile& file, const std::string& name);
bool is_dense(const ModuleLayer& layer);
/// Throws if the tensor is missing or has other extents; a bias may be missing, which gives null.
const RtNeuralArray* tensor_of(const ModuleLayer& layer, const std::string& tensor, std::span<const Index> extents,
                               const std::string& file);
/// The sizes of a recurrent layer.
struct ModuleSizes {
  Index in, hidden, gates, num_layers;
  bool bidirectional;
};
/// Throws unless each tensor of the layer has the extents that its sizes require, so that the file bounds the memory.
ModuleSizes sizes_of(const ModuleLayer& layer, const std::string& file);
/// The extents of a tensor. Throws if it is missing, or no matrix.
const std::vector<Index>& matrix_extents(const ModuleLayer& layer, const std::string& tensor, const std::string& file);

template <class S, class L>
HEED_COLD L filled(L layer, const ModuleLayer& from, const std::string& file) {
  for_each_parameter(
      [&](const Path& path, ParameterArray<S>& parameter) {
        const RtNeuralArray* const tensor = tensor_of(from, path.text(), parameter.extents(), file);
        if (!tensor) return parameter.fill(0);
        std::vector<S> values;
        for (const double number : tensor->numbers) {
          values.push_back(static_cast<S>(number));
          require(std::isfinite(values.back()), [&] {
            return Fault{"a number is out of range", file + ": " + from.name + path.text(), "a finite float",
                         text_of(number)};
          });
        }
        set_elements(parameter, values);
      },
      layer);
  return layer;
}

template <class S>
HEED_COLD std::vector<AnyLayer<S>> module_layers(const RtNeuralFile& file, const std::string& name) {
  std::vector<AnyLayer<S>> layers;
  for (const ModuleLayer& l : layers_of_module(file, name)) {
    if (is_dense(l)) {
      const std::vector<Index>& extents = matrix_extents(l, "weight", name);
      layers.emplace_back(filled<S>(
          Dense<S>({.in_features = extents[1], .out_features = extents[0], .bias = l.tensors.contains("bias")}), l,
          name));
      continue;
    }
    const ModuleSizes s = sizes_of(l, name);
    const auto add = [&]<class L>(L) {
      layers.emplace_back(filled<S>(L({.input_size = s.in,
                                       .hidden_size = s.hidden,
                                       .num_layers = s.num_layers,
                                       .bidirectional = s.bidirectional}),
                                    l, name));
    };
    s.gates == 4 ? add(Lstm<S>()) : add(Gru<S>());
  }
  return layers;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION bool is_dense(const ModuleLayer& layer) {
  const auto found = layer.tensors.find("weight");
  return found != layer.tensors.end() && found->second->extents.size() == 2 &&
         layer.tensors.size() == 1 + layer.tensors.count("bias");
}

HEED_COLD HEED_FUNCTION std::vector<ModuleLayer> layers_of_module(const RtNeuralFile& file, const std::string& name) {
  std::vector<ModuleLayer> layers;
  std::map<std::string, std::size_t> place;
  for (const auto& [key, array] : file.tensors) {
    const std::string layer = key.substr(0, key.rfind('.') + 1);
    const auto [at, first] = place.emplace(layer, layers.size());
    if (first) layers.push_back({layer, {}});
    layers[at->second].tensors.emplace(key.substr(layer.size()), &array);
  }
  require(!layers.empty(), [&] {
    return Fault{
        "neither a model of RTNeural nor weights of PyTorch", name, "in_shape and layers, or named tensors", {}};
  });
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool dense = is_dense(layers[i]), recurrent = layers[i].tensors.contains("weight_hh_l0");
    require(recurrent || (dense && i + 1 == layers.size()), [&] {
      return Fault{dense ? "a file of weights alone does not say what stands behind a dense layer" : "an unknown layer",
                   name + ": " + quote(layers[i].name),
                   "LSTMs or GRUs, then at most one dense layer",
                   {}};
    });
  }
  return layers;
}

HEED_COLD HEED_FUNCTION const RtNeuralArray* tensor_of(const ModuleLayer& layer, const std::string& tensor,
                                                       std::span<const Index> extents, const std::string& file) {
  const auto found = layer.tensors.find(tensor);
  const std::string place = file + ": " + layer.name + tensor;
  if (found == layer.tensors.end()) {
    require(tensor.starts_with("bias"), [&] { return Fault{"missing", place, to_text(extents), "nothing"}; });
    return nullptr;
  }
  require(std::equal(extents.begin(), extents.end(), found->second->extents.begin(), found->second->extents.end()),
          [&] { return Fault{"weights of another shape", place, to_text(extents), to_text(found->second->extents)}; });
  return found->second;
}

HEED_COLD HEED_FUNCTION const std::vector<Index>& matrix_extents(const ModuleLayer& layer, const std::string& tensor,
                                                                 const std::string& file) {
  const auto found = layer.tensors.find(tensor);
  const std::string place = file + ": " + layer.name + tensor;
  require(found != layer.tensors.end(), [&] { return Fault{"missing", place, "a matrix", "nothing"}; });
  const std::vector<Index>& e = found->second->extents;
  require(e.size() == 2 && e[0] > 0 && e[1] > 0, [&] { return Fault{"not a matrix", place, "a matrix", to_text(e)}; });
  return e;
}

// throws unless the layer has the tensors of these sizes, and no others
HEED_COLD HEED_FUNCTION void check_tensors(const ModuleLayer& layer, const ModuleSizes& s, const std::string& file) {
  const Index rows = s.gates * s.hidden, directions = s.bidirectional ? 2 : 1;
  std::size_t used = 0;
  const auto check = [&](const std::string& tensor, std::initializer_list<Index> extents) {
    if (tensor_of(layer, tensor, extents, file)) ++used;
  };
  for (Index k = 0; k < s.num_layers; ++k) {
    for (Index d = 0; d < directions; ++d) {
      const std::string end = "_l" + text_of(k) + (d ? "_reverse" : "");
      check("weight_ih" + end, {rows, k ? s.hidden * directions : s.in});
      check("weight_hh" + end, {rows, s.hidden});
      check("bias_ih" + end, {rows});
      check("bias_hh" + end, {rows});
    }
  }
  require(used == layer.tensors.size(), [&] {
    return Fault{"tensors that the layer has not", file + ": " + layer.name, text_of(used),
                 text_of(layer.tensors.size())};
  });
}

HEED_COLD HEED_FUNCTION ModuleSizes sizes_of(const ModuleLayer& layer, const std::string& file) {
  const std::vector<Index>&ih = matrix_extents(layer, "weight_ih_l0", file),
        &hh = matrix_extents(layer, "weight_hh_l0", file);
  ModuleSizes s{.in = ih[1],
                .hidden = hh[1],
                .gates = hh[0] / hh[1],
                .num_layers = 1,
                .bidirectional = layer.tensors.contains("weight_hh_l0_reverse")};
  require(hh[0] % hh[1] == 0 && (s.gates == 3 || s.gates == 4), [&] {
    return Fault{"neither an LSTM nor a GRU", file + ": " + layer.name + "weight_hh_l0", "4 or 3 gates", to_text(hh)};
  });
  while (layer.tensors.contains("weight_hh_l" + text_of(s.num_layers))) ++s.num_layers;
  check_tensors(layer, s, file);
  return s;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
