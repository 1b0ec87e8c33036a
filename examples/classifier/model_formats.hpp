#pragma once

// The formats of model files that convert and inspect know, told by the names of files.

#include <filesystem>
#include <string_view>
#include <vector>

namespace classifier {

enum class Format {
  tensors,  // safetensors and PyTorch's: their first bytes tell which
  onnx,
  keras,
  rtneural
};

struct ModelFormat {
  Format format;
  std::string_view name;
  std::vector<std::string_view> extensions;
  bool reads = false, writes = false;              // what the trainer can do with it at all
  bool built = true;                               // whether this program has the component
  std::string_view component = {}, packages = {};  // of CMake, and what it needs
};

/// The format that the extension of a file says. Throws, listing all, if it says none.
const ModelFormat& format_of(const std::filesystem::path& path);

/// Throws if the format cannot be read, or if this program was built without its component.
const ModelFormat& format_to_read(const std::filesystem::path& path);
/// The same for a file to write.
const ModelFormat& format_to_write(const std::filesystem::path& path);

}  // namespace classifier
