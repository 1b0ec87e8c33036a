#pragma once

// The layers of a Keras model in order, from its JSON description: an inner part of keras.hpp.

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "heed/convert/detail/json_tree.hpp"
#include "heed/convert/detail/keras_names.hpp"
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
  bool own = false;                  ///< whether its class is none of Keras
};

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
    bool used = false, own = false;
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
      Node node{&layer, keras_class(layer["class_name"].text), name_of(layer), {}, {}};
      node.own = is_keras_user_class(layer);
      if (node.class_name.empty()) refuse("a layer without a class", node.name);
      const std::string group = keras_snake_case(node.class_name);
      const int n = count[group]++;
      node.path = prefix + "layers/" + group + (n > 0 ? '_' + std::to_string(n) : "");
      nodes.push_back(std::move(node));
    }
    if (kind == "Sequential") {
      for (Node& node : nodes) {
        read_inputs(node);
        put(node, top);
      }
    } else {
      functional(nodes, config, top);
    }
  }

  static std::string name_of(const JsonTree& layer) {
    const JsonTree& name = layer["name"].is_string() ? layer["name"] : layer["config"]["name"];
    return name.is_string() ? name.text : layer["class_name"].text;
  }

  void put(const Node& node, const std::string& top) {
    if (is_model(node.class_name) && !node.own) {
      return add(*node.layer, node.path + '/', top.empty() ? node.name : top);
    }
    if (node.class_name == "InputLayer" && !top.empty()) return;  // of a model inside of a model
    constexpr std::size_t most = 10'000;
    if (layers_.size() >= most) refuse("too many layers", node.name, "at most " + text_of(most));
    // Keras' attentions read at least a query and a value: another class of that name does not
    const bool of_keras = (*node.layer)["module"].is_string() && !node.own;
    const bool attention = is_keras_attention(node.class_name);
    if (attention && of_keras && node.inputs.size() < 2) {
      refuse("an attention of one input", node.name, "at least a query and a value", text_of(node.inputs.size()));
    }
    layers_.push_back({node.class_name, node.name, &(*node.layer)["config"], node.call, node.path,
                       top.empty() ? node.name : top, !top.empty(), node.own || (attention && node.inputs.size() < 2)});
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
    const auto masks = [](const Node* node) {
      return node->class_name == "Masking" ||
             (node->class_name == "Embedding" && (*node->layer)["config"]["mask_zero"].is_true());
    };
    const auto masker = std::find_if(order.begin(), order.end(), masks);
    for (const Node& node : nodes) {
      // operations that compute masks: a layer that makes a mask has them all
      if (!node.used && !(of_masks(node) && masker != order.end())) {
        refuse("a layer beside the chain", node.name, "layers one after the other", node.class_name);
      }
    }
    for (auto at = order.begin(); at != order.end(); ++at) check_mask(**at, masker != order.end() && at < masker);
    for (std::size_t i = order.size(); i-- > 0;) put(*order[i], top);
  }

  static bool of_masks(const Node& node) {
    return !node.own && (node.class_name == "NotEqual" || node.class_name == "Any");
  }

  /// A call's `mask` must be that of a masking layer before it, which Keras writes down, too.
  void check_mask(const Node& node, bool behind_masker) const {
    if (!node.call || behind_masker || (*node.call)["mask"].is_null()) return;
    refuse("a mask of the call, which heed does not read", node.name,
           "the mask of Masking or Embedding(mask_zero=True)");
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
    if (node.inputs.size() > 1 && (node.own || !is_keras_attention(node.class_name))) {
      refuse("a layer reads another twice (" + node.class_name + ')', node.name, "once, unless it is an attention");
    }
    return first;
  }

  void read_inputs(Node& node) const {
    const JsonTree& calls = (*node.layer)["inbound_nodes"];
    if (!calls.is_array() || calls.items.empty()) return;
    if (calls.items.size() > 1) refuse("a layer is used several times", node.name, "once");
    if (of_masks(node)) return;
    const JsonTree& call = calls[0];
    if (call.is_object()) {  // of Keras 3
      argument(node, "", call["args"]);
      arguments(node, call["kwargs"]);
    } else {  // of Keras 2: [[name, node, output, {arguments}], ...]
      entries(node, call);
    }
  }

  void entries(Node& node, const JsonTree& value) const {
    if (!value.is_array()) return;
    if (!value[0].is_string()) {
      for (const JsonTree& item : value.items) entries(node, item);
      return;
    }
    argument(node, "", value);
    if (value[3].is_object()) arguments(node, value[3]);
  }

  /// The arguments of a call by name: what heed does not follow must be absent, null or false.
  void arguments(Node& node, const JsonTree& given) const {
    if (!node.call || node.call->names.empty()) node.call = &given;
    constexpr std::array<std::string_view, 5> tensors = {"inputs", "sequences", "query", "value", "key"};
    for (std::size_t i = 0; i < given.names.size(); ++i) {
      const std::string& name = given.names[i];
      const JsonTree& value = given.items[i];
      if (name == "mask" || (name == "use_causal_mask" && is_keras_attention(node.class_name))) continue;
      const bool off = value.is_null() || (value.kind == JsonTree::Kind::boolean && !value.is_true());
      if (off) continue;
      if (std::find(tensors.begin(), tensors.end(), name) == tensors.end()) unread(node, name, value);
      argument(node, name, value);
    }
  }

  [[noreturn]] void unread(const Node& node, std::string_view name, const JsonTree& value) const {
    refuse("an argument of the call that heed does not read" + (name.empty() ? "" : ", " + std::string(name)),
           node.name, "none, or None or False", value.shown());
  }

  /// One that is a tensor: of another layer, not one of fixed numbers.
  void argument(Node& node, std::string_view name, const JsonTree& value) const {
    const std::size_t before = node.inputs.size();
    references(value, node.inputs);
    if (node.inputs.size() > before && (value.is_object() || value[0].is_string())) return;
    if (value.is_array() && !value[0].is_string()) {
      node.inputs.resize(before);
      for (const JsonTree& item : value.items) argument(node, name, item);
      return;
    }
    if (!value.is_null() && !(value.kind == JsonTree::Kind::boolean && !value.is_true())) unread(node, name, value);
  }

  /// The layers that a value refers to: `__keras_tensor__` of Keras 3, [name, node, output] of Keras 2.
  void references(const JsonTree& value, std::vector<std::string>& names) const {
    const JsonTree& history = value["config"]["keras_history"];
    const bool tensor = value["class_name"].text == "__keras_tensor__";
    const JsonTree& one = tensor ? history : value;
    if (one.is_array() && one.items.size() >= 3 && one[0].is_string() && is_number(one[1]) && is_number(one[2])) {
      if (one[0].text != "_CONSTANT_VALUE" && one[2].text != "0") {
        refuse("another output of a layer than its first is used", one[0].text, "output 0", one[2].text);
      }
      if (one[0].text == "_CONSTANT_VALUE") return;  // numbers
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
