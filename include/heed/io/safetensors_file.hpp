#pragma once

/// @file
/// A safetensors file for reading: on disk or in memory.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/safetensors_header.hpp"
#include "heed/io/tensor_file.hpp"

namespace heed::inline HEED_ISA {

/// A safetensors file with a header that has been read and checked (see read_safetensors_header).
class SafetensorsFile : public TensorFile {
 public:
  /// Reads the whole file. Throws if it cannot be read or is malformed.
  explicit SafetensorsFile(const std::filesystem::path& path);
  /// A view of the caller's bytes, which must outlive this object. `name` is used in messages.
  explicit SafetensorsFile(std::span<const std::byte> bytes, std::string name = "memory");
  /// Takes over the bytes.
  explicit SafetensorsFile(std::vector<std::byte>&& bytes, std::string name = "memory");
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <utility>

#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION TensorFile read_safetensors(std::span<const std::byte> bytes, std::string name,
                                                    std::vector<std::byte>&& owner = {}) {
  SafetensorsHeader header = read_safetensors_header(bytes, name);
  return {std::move(name), std::move(header.metadata), std::move(header.tensors), bytes.subspan(header.data_begin),
          std::move(owner)};
}

}  // namespace detail

HEED_COLD HEED_FUNCTION SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) try
    : SafetensorsFile(read_file(path), path.string()) {
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION SafetensorsFile::SafetensorsFile(std::span<const std::byte> bytes, std::string name)
    : TensorFile(detail::read_safetensors(bytes, std::move(name))) {}

HEED_COLD HEED_FUNCTION SafetensorsFile::SafetensorsFile(std::vector<std::byte>&& bytes, std::string name)
    : TensorFile(detail::read_safetensors(std::span<const std::byte>(bytes), std::move(name), std::move(bytes))) {}

}  // namespace heed::inline HEED_ISA

#endif
