#pragma once

// The layers of a Keras model in order, from its JSON description: an inner part of keras.hpp.

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "heed/convert/detail/json_tree.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// A layer of a chain, as a file describes it.
struct KerasLayer {
  std::string class_name, name;
  const JsonTree* config = nullptr;  ///< its options
  const JsonTree* call = nullptr;    ///< the arguments of its call, by name; null in a Sequential
  std::string path;                  ///< its group in a file of weights, "layers/dense_1"
  std::string top;                   ///< the layer of the whole model that it is, or is part of
  bool nested = false;               ///< whether it stands in a model that is a layer
};

/// `Conv1D` > conv1d, `SimpleRNN` > simple_rnn, `LeakyReLU` > leaky_re_lu: Keras' names for groups of weights.
HEED_COLD inline std::string keras_snake_case(std::string_view name) {
  const auto upper = [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; };
  const auto lower = [](char c) { return std::islower(static_cast<unsigned char>(c)) != 0; };
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool word = upper(name[i]) && i > 0 && name[i - 1] != '_' &&
                      ((i + 1 < name.size() && lower(name[i + 1])) || lower(name[i - 1]));
    if (word) text += '_';
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return text;
}

/// Puts the layers of a model in order. Throws if they are no chain.
class KerasGraph {
 public:
  explicit KerasGraph(const std::string& file) : file_(file) {}

  /// `model`: `{"class_name": "Sequential", "config": {...}}` or a functional one.
  std::vector<KerasLayer> chain(const JsonTree& model) {
    add(model, "", "");
    require(!layers_.empty(), [&] { return Fault{"a model without layers", file_}; });
    return std::move(layers_);
  }

 private:
  struct Node {
    const JsonTree* layer;
    std::string class_name, name, path;
    std::vector<std::string> inputs;
    const JsonTree* call = nullptr;
    bool used = false;
  };

  static bool is_model(std::string_view name) {
    return name == "Sequential" || name == "Functional" || name == "Model";
  }

  [[noreturn]] void refuse(std::string_view what, std::string_view layer, std::string_view expected = {},
                           std::string_view got = {}) const {
    throw Error(Fault{what, file_ + (layer.empty() ? "" : ": layer " + quote(layer)), expected, got});
  }

  void add(const JsonTree& model, const std::string& prefix, const std::string& top) {
    const std::string& kind = model["class_name"].text;
    require(is_model(kind), [&] {
      return Fault{"the model is no chain of layers", file_, "a Sequential or functional model",
                   kind.empty() ? "a JSON text without class_name" : "class " + quote(kind)};
    });
    const JsonTree& config = model["config"];
    // before Keras 2.3 the list itself was the config of a Sequential
    const JsonTree& listed = config.is_array() ? config : config["layers"];
    if (!listed.is_array()) refuse("a model without a list of layers", "");
    std::vector<Node> nodes;
    std::map<std::string, int> count;
    for (const JsonTree& layer : listed.items) {
      Node node{&layer, layer["class_name"].text, name_of(layer), {}, {}};
      if (node.class_name.empty()) refuse("a layer without a class", node.name);
      const std::string group = keras_snake_case(node.class_name);
      const int n = count[group]++;
      node.path = prefix + "layers/" + group + (n > 0 ? '_' + std::to_string(n) : "");
      nodes.push_back(std::move(node));
    }
    if (kind == "Sequential") {
      for (const Node& node : nodes) put(node, top);
    } else {
      functional(nodes, config, top);
    }
  }

  static std::string name_of(const JsonTree& layer) {
    const JsonTree& name = layer["name"].is_string() ? layer["name"] : layer["config"]["name"];
    return name.is_string() ? name.text : layer["class_name"].text;
  }

  void put(const Node& node, const std::string& top) {
    if (is_model(node.class_name)) {
      return add(*node.layer, node.path + '/', top.empty() ? node.name : top);
    }
    if (node.class_name == "InputLayer" && !top.empty()) return;  // of a model inside of a model
    layers_.push_back({node.class_name, node.name, &(*node.layer)["config"], node.call, node.path,
                       top.empty() ? node.name : top, !top.empty()});
  }

  // ---- functional models

  void functional(std::vector<Node>& nodes, const JsonTree& config, const std::string& top) {
    std::map<std::string, Node*, std::less<>> by_name;
    const Node* input = nullptr;
    for (Node& node : nodes) {
      if (!by_name.emplace(node.name, &node).second) refuse("two layers of one name", node.name);
      read_inputs(node);
      if (node.class_name != "InputLayer") continue;
      if (input) refuse("the model has several inputs", node.name, "one");
      input = &node;
    }
    std::vector<std::string> outputs;
    references(config["output_layers"], outputs);
    if (outputs.size() != 1) {
      refuse("the number of outputs is wrong", "", "one output", text_of(outputs.size()));
    }
    std::vector<Node*> order;
    for (std::string at = outputs.front();;) {
      const auto found = by_name.find(at);
      if (found == by_name.end()) refuse("a connection to a layer that is not there", at);
      Node& node = *found->second;
      if (node.used) refuse("layers are connected in a circle", node.name);
      node.used = true;
      order.push_back(&node);
      if (node.class_name == "InputLayer") break;
      at = input_of(node);
    }
    for (const Node& node : nodes) {
      // operations that compute masks: a layer that makes a mask has them all
      const bool of_masks = node.class_name == "NotEqual" || node.class_name == "Any";
      if (!node.used && !of_masks)
        refuse("a layer beside the chain", node.name, "layers one after the other", node.class_name);
    }
    for (std::size_t i = order.size(); i-- > 0;) put(*order[i], top);
  }

  /// The one layer that this one reads; attentions may read it several times.
  const std::string& input_of(const Node& node) const {
    if (node.inputs.empty()) refuse("a layer without an input", node.name);
    const std::string& first = node.inputs.front();
    for (const std::string& other : node.inputs) {
      if (other != first) {
        refuse("a layer reads two others (" + node.class_name + ')', node.name, "one, as in a chain",
               quote(first) + " and " + quote(other));
      }
    }
    if (node.inputs.size() > 1 && node.class_name.find("Attention") == std::string::npos) {
      refuse("a layer reads another twice (" + node.class_name + ')', node.name, "once, unless it is an attention");
    }
    return first;
  }

  void read_inputs(Node& node) const {
    const JsonTree& calls = (*node.layer)["inbound_nodes"];
    if (!calls.is_array() || calls.items.empty()) return;
    if (calls.items.size() > 1) refuse("a layer is used several times", node.name, "once");
    const JsonTree& call = calls[0];
    if (call.is_object()) {  // of Keras 3
      references(call["args"], node.inputs);
      node.call = &call["kwargs"];
    } else {  // of Keras 2: [[name, node, output, {arguments}], ...]
      references(call, node.inputs);
      const JsonTree& one = call[0].is_array() ? call[0] : call;
      if (one[3].is_object()) node.call = &one[3];
    }
    if (!node.call) return;
    for (std::size_t i = 0; i < node.call->names.size(); ++i) {
      if (node.call->names[i] != "mask") references(node.call->items[i], node.inputs);
    }
  }

  /// The layers that a value refers to: `__keras_tensor__` of Keras 3, [name, node, output] of Keras 2.
  void references(const JsonTree& value, std::vector<std::string>& names) const {
    const JsonTree& history = value["config"]["keras_history"];
    const bool tensor = value["class_name"].text == "__keras_tensor__";
    const JsonTree& one = tensor ? history : value;
    if (one.is_array() && one.items.size() >= 3 && one[0].is_string() && is_number(one[1]) && is_number(one[2])) {
      if (one[2].text != "0") {
        refuse("another output of a layer than its first is used", one[0].text, "output 0", one[2].text);
      }
      names.push_back(one[0].text);
      return;
    }
    if (!value.is_array()) return;
    for (const JsonTree& item : value.items) references(item, names);
  }
  static bool is_number(const JsonTree& value) { return value.kind == JsonTree::Kind::number; }

  const std::string& file_;
  std::vector<KerasLayer> layers_;
};

}  // namespace heed::inline HEED_ISA::detail
