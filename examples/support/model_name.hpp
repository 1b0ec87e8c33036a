#pragma once

// Names of files that models are written to.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace support {

/// Whether a file is named as those of other programs are, which are no safetensors files.
inline bool named_for_another_format(const std::string& path) {
  static constexpr std::array<std::string_view, 14> others = {".pt",   ".pth",    ".bin",    ".ckpt",  ".onnx",
                                                              ".h5",   ".hdf5",   ".keras",  ".pkl",   ".pb",
                                                              ".gguf", ".tflite", ".pickle", ".joblib"};
  std::string extension = std::filesystem::path(path).extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return std::find(others.begin(), others.end(), extension) != others.end();
}

inline std::string other_format(const std::string& path) {
  return "a model is written as a safetensors file, named .safetensors; got " + path;
}

/// Empty where a model may be written there, otherwise what is wrong: for CLI11.
inline std::string model_output_name(const std::string& path) {
  return named_for_another_format(path) ? other_format(path) : std::string();
}

/// The same where a model may also be read: one that heed has written may have any name.
inline std::string model_name(const std::string& path) {
  if (!named_for_another_format(path)) return {};
  std::ifstream file(path, std::ios::binary);
  char head[9] = {};
  const bool safetensors = file.read(head, sizeof head) && head[8] == '{';
  return safetensors ? std::string() : other_format(path);
}

}  // namespace support
