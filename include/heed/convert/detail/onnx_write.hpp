#pragma once

// A graph as the bytes of an ONNX file: messages of onnx.proto, written by protozero.

#include <protozero/pbf_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>

#include "heed/convert/onnx_graph.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/options/metadata.hpp"
#include "heed/version.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// The lowest version with LayerNormalization, and the format that came with it.
inline constexpr std::int64_t onnx_opset = 17, onnx_ir_version = 8;

/// The field numbers of onnx.proto.
namespace onnx_field {
using Tag = protozero::pbf_tag_type;
struct Model {
  static constexpr Tag ir_version = 1, producer_name = 2, producer_version = 3, graph = 7, opset_import = 8,
                       metadata_props = 14;
};
struct OperatorSet {
  static constexpr Tag domain = 1, version = 2;
};
struct Entry {
  static constexpr Tag key = 1, value = 2;
};
struct Graph {
  static constexpr Tag node = 1, name = 2, initializer = 5, input = 11, output = 12;
};
struct Node {
  static constexpr Tag input = 1, output = 2, name = 3, op_type = 4, attribute = 5;
};
struct Attribute {
  static constexpr Tag name = 1, f = 2, i = 3, s = 4, ints = 8, strings = 9, type = 20;
};
struct Tensor {
  static constexpr Tag dims = 1, data_type = 2, name = 8, raw_data = 9;
};
struct ValueInfo {
  static constexpr Tag name = 1, type = 2;
};
struct Type {
  static constexpr Tag tensor_type = 1, elem_type = 1, shape = 2, dim = 1, dim_value = 1, dim_param = 2;
};
}  // namespace onnx_field

class OnnxWriter {
 public:
  explicit OnnxWriter(std::string& bytes) : model_(bytes) {}

  static std::string version_text() {
    return std::to_string(HEED_VERSION_MAJOR) + '.' + std::to_string(HEED_VERSION_MINOR) + '.' +
           std::to_string(HEED_VERSION_PATCH);
  }

  void write(const OnnxGraph& graph, const Metadata& metadata) {
    using Field = onnx_field::Model;
    model_.add_int64(Field::ir_version, onnx_ir_version);
    model_.add_string(Field::producer_name, "heed");
    model_.add_string(Field::producer_version, version_text());
    write_graph(Writer(model_, Field::graph), graph);
    Writer opset(model_, Field::opset_import);
    opset.add_string(onnx_field::OperatorSet::domain, "");
    opset.add_int64(onnx_field::OperatorSet::version, onnx_opset);
    opset.commit();
    for (const auto& [key, value] : metadata) write_entry(Writer(model_, Field::metadata_props), key, value);
  }

 private:
  using Writer = protozero::pbf_writer;

  static void write_entry(Writer to, const std::string& key, const std::string& value) {
    to.add_string(onnx_field::Entry::key, key);
    to.add_string(onnx_field::Entry::value, value);
  }

  static void write_graph(Writer to, const OnnxGraph& graph) {
    using Field = onnx_field::Graph;
    for (const OnnxGraph::Node& node : graph.nodes()) write_node(Writer(to, Field::node), node);
    to.add_string(Field::name, "heed");
    for (const OnnxGraph::Tensor& tensor : graph.tensors()) write_tensor(Writer(to, Field::initializer), tensor);
    for (const OnnxGraph::Port& port : graph.inputs()) write_port(Writer(to, Field::input), port);
    for (const OnnxGraph::Port& port : graph.outputs()) write_port(Writer(to, Field::output), port);
  }

  static void write_node(Writer to, const OnnxGraph::Node& node) {
    using Field = onnx_field::Node;
    for (const OnnxValue& value : node.inputs) to.add_string(Field::input, value.name);
    for (const OnnxValue& value : node.outputs) to.add_string(Field::output, value.name);
    to.add_string(Field::name, node.name);
    to.add_string(Field::op_type, node.op);
    for (const OnnxAttribute& attribute : node.attributes) write_attribute(Writer(to, Field::attribute), attribute);
  }

  static void write_attribute(Writer to, const OnnxAttribute& attribute) {
    using Field = onnx_field::Attribute;
    enum Type : std::int32_t { is_float = 1, is_int = 2, is_string = 3, is_ints = 7, is_strings = 8 };
    to.add_string(Field::name, attribute.name);
    if (const auto* f = std::get_if<float>(&attribute.value)) {
      to.add_float(Field::f, *f);
      to.add_int32(Field::type, is_float);
    } else if (const auto* i = std::get_if<std::int64_t>(&attribute.value)) {
      to.add_int64(Field::i, *i);
      to.add_int32(Field::type, is_int);
    } else if (const auto* s = std::get_if<std::string>(&attribute.value)) {
      to.add_string(Field::s, *s);
      to.add_int32(Field::type, is_string);
    } else if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&attribute.value)) {
      for (const std::int64_t value : *ints) to.add_int64(Field::ints, value);
      to.add_int32(Field::type, is_ints);
    } else if (const auto* strings = std::get_if<std::vector<std::string>>(&attribute.value)) {
      for (const std::string& value : *strings) to.add_string(Field::strings, value);
      to.add_int32(Field::type, is_strings);
    }
  }

  static void write_tensor(Writer to, const OnnxGraph::Tensor& tensor) {
    using Field = onnx_field::Tensor;
    for (const Index extent : tensor.extents) to.add_int64(Field::dims, extent);
    to.add_int32(Field::data_type, static_cast<std::int32_t>(tensor.type));
    to.add_string(Field::name, tensor.name);
    to.add_bytes(Field::raw_data, tensor.bytes);
  }

  static void write_port(Writer to, const OnnxGraph::Port& port) {
    using Field = onnx_field::Type;
    to.add_string(onnx_field::ValueInfo::name, port.name);
    Writer type(to, onnx_field::ValueInfo::type);
    Writer tensor(type, Field::tensor_type);
    tensor.add_int32(Field::elem_type, static_cast<std::int32_t>(port.type));
    Writer shape(tensor, Field::shape);
    for (const OnnxExtent& extent : port.extents) {
      Writer dim(shape, Field::dim);
      if (const auto* number = std::get_if<Index>(&extent)) {
        dim.add_int64(Field::dim_value, *number);
      } else {
        dim.add_string(Field::dim_param, std::get<std::string>(extent));
      }
    }
  }

  Writer model_;
};

/// Throws if the model is larger than a message of protobuf may be.
HEED_COLD inline std::string onnx_bytes(const OnnxGraph& graph, Metadata metadata) {
  metadata["heed_version"] = OnnxWriter::version_text();
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max(), beside = 1 << 16;
  std::size_t size = beside;
  for (const OnnxGraph::Tensor& tensor : graph.tensors()) size += tensor.bytes.size() + tensor.name.size() + 64;
  const auto check = [&] {
    require(size <= most, [&] {
      return Fault{"the model is too large for a file of ONNX", "save_onnx", "less than 2 GiB",
                   text_of(size) + " bytes"};
    });
  };
  check();
  std::string bytes;
  bytes.reserve(size);
  OnnxWriter(bytes).write(graph, metadata);
  size = bytes.size();
  check();
  return bytes;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
