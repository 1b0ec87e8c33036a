#pragma once

/// @file
/// A safetensors file to read from: on disk, or in memory.

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/file.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/io/safetensors_header.hpp"
#include "heed/io/tensor_info.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

/// The i-th element of type `T` of bytes that need not be aligned.
template <class T>
T element(std::span<const std::byte> bytes, std::size_t i) {
  T value;
  std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

/// "(1, 2)": the position of the i-th element in row-major order.
inline std::string index_text(const std::vector<Index>& extents, std::size_t i) {
  std::vector<Index> index(extents.size());
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    const auto n = static_cast<std::size_t>(extents[axis]);
    index[axis] = static_cast<Index>(i % n);
    i /= n;
  }
  return to_text(index);
}

}  // namespace detail

/// A safetensors file, its header read and checked (see read_safetensors_header).
class SafetensorsFile {
 public:
  /// Reads the whole file. Throws where it cannot be read or is malformed.
  explicit SafetensorsFile(const std::filesystem::path& path) : SafetensorsFile(read_file(path), path.string()) {}
  /// Looks at the caller's bytes, without a copy: they must outlive this object. `name` is what messages call them.
  explicit SafetensorsFile(std::span<const std::byte> bytes, std::string name = "memory")
      : name_(std::move(name)),
        header_(read_safetensors_header(bytes, name_)),
        data_(bytes.subspan(header_.data_begin)) {
    index();
  }
  /// Takes the bytes.
  explicit SafetensorsFile(std::vector<std::byte>&& bytes, std::string name = "memory")
      : name_(std::move(name)),
        bytes_(std::move(bytes)),
        header_(read_safetensors_header(bytes_, name_)),
        data_(std::span<const std::byte>(bytes_).subspan(header_.data_begin)) {
    index();
  }
  SafetensorsFile(SafetensorsFile&&) = default;
  SafetensorsFile& operator=(SafetensorsFile&&) = default;

  /// The path, or "memory".
  const std::string& name() const { return name_; }
  /// What stands under `__metadata__`.
  const Metadata& metadata() const { return header_.metadata; }
  /// In the order of their data.
  std::span<const TensorInfo> tensors() const { return header_.tensors; }

  /// The tensor of that name, or null.
  const TensorInfo* find(std::string_view name) const {
    const auto found =
        std::lower_bound(by_name_.begin(), by_name_.end(), name,
                         [&](std::uint32_t i, std::string_view wanted) { return header_.tensors[i].name < wanted; });
    if (found == by_name_.end() || header_.tensors[*found].name != name) return nullptr;
    return &header_.tensors[*found];
  }

  /// The elements of a tensor in row-major order. F16, BF16 and F32 widen exactly, NaN and infinities included; F64 is
  /// rounded to nearest for float.
  /// Throws where there is no such tensor, its type is none of these four, or a finite F64 is too large for float.
  template <std::floating_point S>
  std::vector<S> read(std::string_view name) const {
    const TensorInfo* tensor = find(name);
    require(tensor, [&] { return Fault{"no such tensor", name_ + ": tensor " + detail::quote(name)}; });
    const auto bytes = data_.subspan(tensor->begin, tensor->end - tensor->begin);
    switch (tensor->dtype) {
      case DataType::f64:
        return convert<S, double>(bytes, [&](double value, std::size_t i) { return narrow<S>(value, *tensor, i); });
      case DataType::f32:
        return convert<S, float>(bytes, [](float value, std::size_t) { return S{value}; });
      case DataType::f16:
        return convert<S, std::uint16_t>(bytes, [](std::uint16_t b, std::size_t) { return S{float_from_f16(b)}; });
      case DataType::bf16:
        return convert<S, std::uint16_t>(bytes, [](std::uint16_t b, std::size_t) { return S{float_from_bf16(b)}; });
      default:
        throw Error(Fault{"no floating-point numbers", detail::place(name_, *tensor), "F64, F32, F16 or BF16",
                          std::string(name_of(tensor->dtype))});
    }
  }

 private:
  void index() {
    by_name_.resize(header_.tensors.size());
    for (std::size_t i = 0; i < by_name_.size(); ++i) by_name_[i] = static_cast<std::uint32_t>(i);
    std::sort(by_name_.begin(), by_name_.end(),
              [&](std::uint32_t a, std::uint32_t b) { return header_.tensors[a].name < header_.tensors[b].name; });
  }

  template <class S, class T, class F>
  static std::vector<S> convert(std::span<const std::byte> bytes, F&& f) {
    std::vector<S> values(bytes.size() / sizeof(T));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = f(detail::element<T>(bytes, i), i);
    return values;
  }

  template <class S>
  S narrow(double value, const TensorInfo& tensor, std::size_t i) const {
    // halfway between the largest float and the next power of two, where rounding to nearest goes up to infinity
    constexpr double too_large = 0x1.ffffffp+127;
    require(!std::is_same_v<S, float> || !std::isfinite(value) || std::abs(value) < too_large, [&] {
      return Fault{"too large for float", detail::place(name_, tensor) + " at " + detail::index_text(tensor.extents, i),
                   "at most 3.40282e38", std::to_string(value)};
    });
    return static_cast<S>(value);
  }

  std::string name_;
  std::vector<std::byte> bytes_;  // empty where the caller keeps them
  SafetensorsHeader header_;
  std::span<const std::byte> data_;
  std::vector<std::uint32_t> by_name_;  // positions in header_.tensors
};

}  // namespace heed::inline HEED_ISA
