#pragma once

// What an ONNX file holds.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace classifier {

/// What is shown of a file.
struct OnnxContent {
  std::string producer, version;
  std::int64_t opset = 0;
  std::map<std::string, std::string> metadata;
  std::map<std::string, int> operators;
  std::vector<std::string> inputs, outputs;
  struct Tensor {
    std::string name;
    int type = 0;
    std::vector<std::int64_t> extents = {};
  };
  std::vector<Tensor> tensors;
};

/// Throws if the file is malformed, or if this program was built without ONNX.
OnnxContent read_onnx_content(const std::filesystem::path& path);

}  // namespace classifier
