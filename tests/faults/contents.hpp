#pragma once

/// @file
/// Files of a folder, and what is in them.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/files/file.hpp"
#include "heed/io/safetensors_file.hpp"
#include "shim.hpp"

namespace faults {

using Files = std::map<std::string, std::string>;   // names, bytes
using Contents = std::pair<heed::Metadata, Files>;  // tensors by name

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Files files_in(const std::filesystem::path& folder) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename().string()] = text_of(heed::read_file(entry.path()));
  }
  return files;
}

/// The folder then holds these files alone.
inline void write_files(const std::filesystem::path& folder, const Files& files) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) std::filesystem::remove(entry.path());
  for (const auto& [name, bytes] : files) heed::write_file(folder / name, bytes);
}

inline long count_lines(const std::filesystem::path& file) {
  const auto bytes = heed::read_file(file);
  return std::count(bytes.begin(), bytes.end(), std::byte('\n'));
}

/// All that a checkpoint holds except for the seconds that the run took.
inline Contents contents_of_checkpoint(const std::filesystem::path& path) {
  const heed::SafetensorsFile file(path);
  Contents contents{file.metadata(), {}};
  contents.first.erase("checksum");
  for (const heed::TensorInfo& tensor : file.tensors()) {
    std::vector<double> numbers = file.read<double>(tensor.name);
    if (tensor.name == "series.progress") numbers.at(6) = 0;
    if (tensor.name == "series.history") {
      for (std::size_t i = 8; i < numbers.size(); i += 10) numbers[i] = 0;  // rows of ten numbers
    }
    contents.second[tensor.name] = text_of(std::as_bytes(std::span(numbers)));  // with NaN
  }
  return contents;
}

inline void arm(const Fault& fault) {
  if (heed_fault_arm) heed_fault_arm(&fault);
}

}  // namespace faults
