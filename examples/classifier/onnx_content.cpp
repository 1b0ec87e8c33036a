#include "onnx_content.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/files/file.hpp"

#ifdef HEED_CLASSIFIER_ONNX
#include <protozero/pbf_reader.hpp>
#endif

namespace classifier {

#ifdef HEED_CLASSIFIER_ONNX

// The numbers in the switches are those of the fields in onnx.proto.

namespace {

std::string text_of_field(protozero::pbf_reader message, protozero::pbf_tag_type tag) {
  return message.next(tag) ? message.get_string() : std::string();
}

OnnxContent::Tensor read_tensor(protozero::pbf_reader message) {
  OnnxContent::Tensor tensor;
  while (message.next()) {
    switch (message.tag()) {
      case 1:  // one by one, or all in one field
        if (message.wire_type() == protozero::pbf_wire_type::length_delimited) {
          for (const std::int64_t extent : message.get_packed_int64()) tensor.extents.push_back(extent);
        } else {
          tensor.extents.push_back(message.get_int64());
        }
        break;
      case 2:
        tensor.type = message.get_int32();
        break;
      case 8:
        tensor.name = message.get_string();
        break;
      default:
        message.skip();
    }
  }
  return tensor;
}

void read_graph(protozero::pbf_reader graph, OnnxContent& content) {
  while (graph.next()) {
    switch (graph.tag()) {
      case 1:
        ++content.operators[text_of_field(graph.get_message(), 4)];
        break;
      case 5:
        content.tensors.push_back(read_tensor(graph.get_message()));
        break;
      case 11:
        content.inputs.push_back(text_of_field(graph.get_message(), 1));
        break;
      case 12:
        content.outputs.push_back(text_of_field(graph.get_message(), 1));
        break;
      default:
        graph.skip();
    }
  }
}

OnnxContent read_model(protozero::pbf_reader model) {
  OnnxContent content;
  while (model.next()) {
    switch (model.tag()) {
      case 2:
        content.producer = model.get_string();
        break;
      case 3:
        content.version = model.get_string();
        break;
      case 7:
        read_graph(model.get_message(), content);
        break;
      case 8:
        if (protozero::pbf_reader opset = model.get_message(); opset.next(2)) content.opset = opset.get_int64();
        break;
      case 14: {
        const protozero::pbf_reader entry = model.get_message();
        content.metadata[text_of_field(entry, 1)] = text_of_field(entry, 2);
        break;
      }
      default:
        model.skip();
    }
  }
  return content;
}

}  // namespace

OnnxContent read_onnx_content(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = heed::read_file(path);
  OnnxContent content;
  try {
    content = read_model({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const protozero::exception& error) {
    throw heed::Error(heed::Fault{"no ONNX file, or a damaged one", path.string(), {}, error.what()});
  }
  heed::require(!content.operators.empty(), [&] { return heed::Fault{"no ONNX file", path.string(), "a graph"}; });
  return content;
}

#else

OnnxContent read_onnx_content(const std::filesystem::path& path) {
  throw heed::Error(heed::Fault{
      "this classifier was built without protozero (Debian: libprotozero-dev), which reads ONNX files", path.string()});
}

#endif

}  // namespace classifier
