#pragma once

/// @file
/// A safetensors file for reading: on disk or in memory.

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/safetensors_header.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/io/weight_names.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

/// "(1, 2)": the indices of the i-th element in row-major order.
std::string index_text(const std::vector<Index>& extents, std::size_t i);

/// Throws, with the problems listed below `what`, if there are any.
void refuse_problems(std::string_view what, const std::string& file, const std::vector<std::string>& problems,
                     std::size_t most);

/// Converts unaligned elements of type `T` by f(element, position).
template <class S, class T, class F>
std::vector<S> converted(std::span<const std::byte> bytes, F&& f) {
  std::vector<S> values(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T element;
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = f(element, i);
  }
  return values;
}

/// The elements of a tensor from its bytes; `file` is the name in messages.
template <std::floating_point S>
std::vector<S> read_elements(std::span<const std::byte> bytes, const TensorInfo& tensor, const std::string& file) {
  const auto from_double = [&](double value, std::size_t i) {
    // halfway between the largest float and the next power of two; rounding to nearest gives infinity from here
    constexpr double too_large = 0x1.ffffffp+127;
    require(!std::is_same_v<S, float> || !std::isfinite(value) || std::abs(value) < too_large, [&] {
      return Fault{"too large for float", place(file, tensor) + " at " + index_text(tensor.extents, i),
                   "at most 3.40282e38", text_of(value)};
    });
    return static_cast<S>(value);
  };
  if (tensor.dtype == DataType::f64) return converted<S, double>(bytes, from_double);
  if (tensor.dtype == DataType::f32) {
    return converted<S, float>(bytes, [](float value, std::size_t) { return static_cast<S>(value); });
  }
  if (tensor.dtype == DataType::f16) {
    return converted<S, std::uint16_t>(bytes,
                                       [](std::uint16_t b, std::size_t) { return static_cast<S>(float_from_f16(b)); });
  }
  if (tensor.dtype == DataType::bf16) {
    return converted<S, std::uint16_t>(bytes,
                                       [](std::uint16_t b, std::size_t) { return static_cast<S>(float_from_bf16(b)); });
  }
  abi_detail::throw_error(
      {"no floating-point numbers", place(file, tensor), "F64, F32, F16 or BF16", name_of(tensor.dtype)});
}

}  // namespace detail

/// A safetensors file with a header that has been read and checked (see read_safetensors_header).
class SafetensorsFile {
 public:
  /// Reads the whole file. Throws if it cannot be read or is malformed.
  explicit SafetensorsFile(const std::filesystem::path& path);
  /// A view of the caller's bytes, which must outlive this object. `name` is used in messages.
  explicit SafetensorsFile(std::span<const std::byte> bytes, std::string name = "memory");
  /// Takes over the bytes.
  explicit SafetensorsFile(std::vector<std::byte>&& bytes, std::string name = "memory");
  SafetensorsFile(SafetensorsFile&&) = default;
  SafetensorsFile& operator=(SafetensorsFile&&) = default;

  /// The path, or "memory".
  const std::string& name() const { return name_; }
  /// The entries of `__metadata__`.
  const Metadata& metadata() const& { return header_.metadata; }
  Metadata metadata() && { return std::move(header_.metadata); }
  /// The tensors, in the order of their data.
  std::span<const TensorInfo> tensors() const { return header_.tensors; }

  /// The bytes after the header.
  std::span<const std::byte> data() const { return data_; }

  /// The tensor with this name, or null.
  const TensorInfo* find(std::string_view name) const;

  /// A view of this file with renamed tensors (see `renamed`). This file must outlive it. Throws as `renamed`.
  SafetensorsFile renamed(const WeightsOptions& options) const;

  /// Whether both tensors have the same bytes.
  bool same_bytes(const TensorInfo& a, const TensorInfo& b) const;

  /// The elements of a tensor in row-major order: for a weight (out x in), all inputs of output 0 come first. **A
  /// parameter's `data()` is column-major** (see `Parameter`). Copy by index, `weight(o, i) = values[o * in + i]`, or
  /// use `load_weights`.
  ///
  /// F16, BF16 and F32 are widened exactly, including NaN and infinities. F64 is rounded to nearest for float. Throws
  /// if there is no such tensor, if it has another type, or if a finite F64 is too large for float.
  template <std::floating_point S>
  std::vector<S> read(std::string_view name) const try {
    const TensorInfo& tensor = get(name);
    return detail::read_elements<S>(data_.subspan(tensor.begin, tensor.end - tensor.begin), tensor, name_);
  } catch (...) {
    detail::rethrow_as_error(name_);
  }

 private:
  SafetensorsFile() = default;
  const TensorInfo& get(std::string_view name) const;
  void index();

  std::string name_;
  std::vector<std::byte> bytes_;  // empty if the caller owns them
  SafetensorsHeader header_;
  std::span<const std::byte> data_;
  std::vector<std::uint32_t> by_name_;  // indices into header_.tensors
};

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::read_elements)

#if HEED_BODIES

#include <algorithm>
#include <utility>

#include "heed/core/tensor.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION void detail::refuse_problems(std::string_view what, const std::string& file,
                                                     const std::vector<std::string>& problems, std::size_t most) {
  require(problems.empty(), [&] {
    Fault fault{what, file};
    for (std::size_t i = 0; i < std::min(problems.size(), most); ++i) fault.what += "\n  " + problems[i];
    if (problems.size() > most) fault.what += "\n  and " + text_of(problems.size() - most) + " more";
    return fault;
  });
}

HEED_COLD HEED_FUNCTION std::string detail::index_text(const std::vector<Index>& extents, std::size_t i) {
  std::vector<Index> index(extents.size());
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    const auto n = static_cast<std::size_t>(extents[axis]);
    index[axis] = static_cast<Index>(i % n);
    i /= n;
  }
  return to_text(index);
}

HEED_COLD HEED_FUNCTION SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) try
    : SafetensorsFile(read_file(path), path.string()) {
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION SafetensorsFile::SafetensorsFile(std::span<const std::byte> bytes, std::string name)
    : name_(std::move(name)), header_(read_safetensors_header(bytes, name_)), data_(bytes.subspan(header_.data_begin)) {
  index();
}

HEED_COLD HEED_FUNCTION SafetensorsFile::SafetensorsFile(std::vector<std::byte>&& bytes, std::string name)
    : SafetensorsFile(std::span<const std::byte>(bytes), std::move(name)) {
  bytes_ = std::move(bytes);  // keeps their address
}

HEED_COLD HEED_FUNCTION SafetensorsFile SafetensorsFile::renamed(const WeightsOptions& options) const try {
  SafetensorsFile file;
  file.name_ = name_;
  file.header_.metadata = header_.metadata;
  file.header_.tensors = heed::renamed(tensors(), options, name_);
  file.data_ = data_;
  file.index();
  return file;
} catch (...) {
  detail::rethrow_as_error(name_);
}

HEED_COLD HEED_FUNCTION bool SafetensorsFile::same_bytes(const TensorInfo& a, const TensorInfo& b) const {
  return a.dtype == b.dtype && a.extents == b.extents &&
         std::equal(data_.begin() + static_cast<std::ptrdiff_t>(a.begin),
                    data_.begin() + static_cast<std::ptrdiff_t>(a.end),
                    data_.begin() + static_cast<std::ptrdiff_t>(b.begin));
}

HEED_COLD HEED_FUNCTION void SafetensorsFile::index() try {
  by_name_ = detail::places_in_order(header_.tensors,
                                     [](const TensorInfo& a, const TensorInfo& b) { return a.name < b.name; });
} catch (...) {
  detail::rethrow_as_error(name_);
}

HEED_COLD HEED_FUNCTION const TensorInfo* SafetensorsFile::find(std::string_view name) const {
  const auto found =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [&](std::uint32_t i, std::string_view wanted) { return header_.tensors[i].name < wanted; });
  if (found == by_name_.end() || header_.tensors[*found].name != name) return nullptr;
  return &header_.tensors[*found];
}

HEED_COLD HEED_FUNCTION const TensorInfo& SafetensorsFile::get(std::string_view name) const {
  const TensorInfo* tensor = find(name);
  require(tensor, [&] { return Fault{"no such tensor", name_ + ": tensor " + detail::quote(name)}; });
  return *tensor;
}

}  // namespace heed::inline HEED_ISA

#endif
