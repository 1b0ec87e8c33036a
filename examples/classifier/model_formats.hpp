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

/// The format of a file to read. A name that says no format is one of tensors: the first bytes tell. Throws, listing
/// all, if the name says a format of other files, and if models of the format are not read, or not by this program.
const ModelFormat& format_to_read(const std::filesystem::path& path);
/// The format of a file to write. Throws if the name says none, or one that is not written.
const ModelFormat& format_to_write(const std::filesystem::path& path);

}  // namespace classifier
