#pragma once

// Reads ONNX files back, as far as tests look at them.

#include <protozero/pbf_reader.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

struct OnnxFile {
  struct Node {
    std::string name, op;
    std::vector<std::string> inputs, outputs;
  };
  struct Port {
    std::string name;
    int type = 0;
    std::vector<std::string> extents;  // numbers as text
  };
  int ir_version = 0, opset = 0;
  std::string producer, graph;  // the graph: its bytes
  std::vector<Node> nodes;
  std::vector<Port> inputs, outputs;
  std::map<std::string, std::string> weights, metadata;  // raw bytes by name; texts by key

  explicit OnnxFile(std::string_view bytes) {
    protozero::pbf_reader model(bytes.data(), bytes.size());
    while (model.next()) {
      switch (model.tag()) {
        case 1:
          ir_version = static_cast<int>(model.get_int64());
          break;
        case 2:
          producer = model.get_string();
          break;
        case 7:
          graph = model.get_string();
          break;
        case 8:
          opset = read_opset(model.get_message());
          break;
        case 14:
          read_entry(model.get_message());
          break;
        default:
          model.skip();
      }
    }
    read_graph(protozero::pbf_reader(graph));
  }

  std::size_t count(std::string_view op) const {
    std::size_t n = 0;
    for (const Node& node : nodes) n += node.op == op;
    return n;
  }

 private:
  static int read_opset(protozero::pbf_reader from) {
    int version = 0;
    while (from.next()) from.tag() == 2 ? void(version = static_cast<int>(from.get_int64())) : from.skip();
    return version;
  }
  void read_entry(protozero::pbf_reader from) {
    std::string key, value;
    while (from.next()) {
      std::string& text = from.tag() == 1 ? key : value;
      text = from.get_string();
    }
    metadata[key] = value;
  }
  void read_graph(protozero::pbf_reader from) {
    while (from.next()) {
      switch (from.tag()) {
        case 1:
          nodes.push_back(read_node(from.get_message()));
          break;
        case 5:
          read_weight(from.get_message());
          break;
        case 11:
          inputs.push_back(read_port(from.get_message()));
          break;
        case 12:
          outputs.push_back(read_port(from.get_message()));
          break;
        default:
          from.skip();
      }
    }
  }
  static Node read_node(protozero::pbf_reader from) {
    Node node;
    while (from.next()) {
      switch (from.tag()) {
        case 1:
          node.inputs.push_back(from.get_string());
          break;
        case 2:
          node.outputs.push_back(from.get_string());
          break;
        case 3:
          node.name = from.get_string();
          break;
        case 4:
          node.op = from.get_string();
          break;
        default:
          from.skip();
      }
    }
    return node;
  }
  void read_weight(protozero::pbf_reader from) {
    std::string name, bytes;
    while (from.next()) {
      switch (from.tag()) {
        case 8:
          name = from.get_string();
          break;
        case 9:
          bytes = from.get_bytes();
          break;
        default:
          from.skip();
      }
    }
    weights[name] = bytes;
  }
  static Port read_port(protozero::pbf_reader from) {
    Port port;
    while (from.next()) {
      if (from.tag() == 1) {
        port.name = from.get_string();
        continue;
      }
      protozero::pbf_reader type = from.get_message();
      type.next();
      protozero::pbf_reader tensor = type.get_message();
      while (tensor.next()) {
        if (tensor.tag() == 1) {
          port.type = tensor.get_int32();
          continue;
        }
        protozero::pbf_reader shape = tensor.get_message();
        while (shape.next()) {
          protozero::pbf_reader extent = shape.get_message();
          extent.next();
          port.extents.push_back(extent.tag() == 1 ? std::to_string(extent.get_int64()) : extent.get_string());
        }
      }
    }
    return port;
  }
};
